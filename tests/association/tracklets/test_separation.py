"""Whether descriptors tell the tracklets of a video apart."""

from collections.abc import Callable

import numpy as np
import pytest

from siamlink.association.appearance.descriptors import unit
from siamlink.association.tracklets.separation import FEWEST, LEAST, MOST_TRACKLETS, Separation
from siamlink.association.tracklets.tracklets import Tracklets
from siamlink.detectors.detections import Detections

COUNT, SIZE = 8, 32


@pytest.fixture
def tracklets(walk: Callable, tracklets_of: Callable) -> Tracklets:
    """Eight tracklets of three seconds that coexist."""
    return tracklets_of(*(walk(1, 30, x=200.0 * number) for number in range(COUNT)))


def described(tracklets: Tracklets, separation: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    rows = np.flatnonzero(tracklets.owner >= 0)
    own = random.normal(size=(len(tracklets), SIZE))[tracklets.owner[rows]]
    return rows, unit(separation * own + random.normal(size=(len(rows), SIZE)))


def test_descriptors_of_objects_are_used_and_noise_is_not(tracklets: Tracklets) -> None:
    good, noise = Separation(), Separation()
    assert good.judgement is None
    assert good.judge(tracklets, *described(tracklets, 2.0))
    assert not noise.judge(tracklets, *described(tracklets, 0.0))
    assert good.judgement is not None
    assert noise.judgement is not None
    assert good.judgement.information > 0.8
    assert good.judgement.ignored == 0
    assert noise.judgement.information < 0.1
    assert noise.judgement.ignored == 1


def test_equal_descriptors_and_those_of_the_place_are_not_used(tracklets: Tracklets) -> None:
    rows = np.flatnonzero(tracklets.owner >= 0)
    assert not Separation().judge(tracklets, rows, np.tile(unit(np.ones((1, SIZE))), (len(rows), 1)))
    random = np.random.default_rng(0)
    by_time = random.normal(size=(31, SIZE))[tracklets.detections.frame[rows]]  # what is behind all of them
    assert not Separation().judge(tracklets, rows, unit(by_time))


@pytest.mark.parametrize(
    ("separation", "information", "error", "used"), [(0.2, 0.40, 0.11, True), (0.15, 0.21, 0.11, False)]
)
def test_an_estimate_may_be_below_the_limit_by_its_standard_error(
    tracklets: Tracklets, separation: float, information: float, error: float, used: bool
) -> None:
    weak = Separation()
    assert weak.judge(tracklets, *described(tracklets, separation)) == used
    assert weak.judgement is not None
    assert weak.judgement.information == pytest.approx(information, abs=0.01)
    assert (information + error >= LEAST) == used
    assert information + 2 * error > LEAST, "two standard errors would not refuse either"


def test_few_tracklets_leave_the_benefit_of_the_doubt(walk: Callable, tracklets_of: Callable) -> None:
    few = tracklets_of(*(walk(1, 30, x=200.0 * number) for number in range(FEWEST - 1)))
    separation = Separation()
    assert separation.judge(few, *described(few, 0.0))
    assert separation.judgement is not None
    assert separation.judgement.information is None


def test_tracklets_that_never_coexist_say_nothing(walk: Callable, tracklets_of: Callable) -> None:
    apart = tracklets_of(*(walk(1 + 40 * number, 30 + 40 * number) for number in range(COUNT)))
    separation = Separation()
    assert separation.judge(apart, *described(apart, 0.0))
    assert separation.judgement is not None
    assert separation.judgement.information is None


def test_the_parts_of_a_track_with_a_gap_are_judged_by_themselves(walk: Callable, tracklets_of: Callable) -> None:
    parts = [(walk(1, 20, x=200.0 * number), walk(40, 60, x=200.0 * number)) for number in range(COUNT)]
    joined = tracklets_of(*(Detections.concatenate(each) for each in parts))
    rows = np.flatnonzero(joined.owner >= 0)
    random = np.random.default_rng(0)
    late = joined.detections.frame[rows] >= 40  # the second part of each is another object
    own = random.normal(size=(2, COUNT, SIZE))[late.astype(int), joined.owner[rows]]
    separation = Separation()
    assert separation.judge(joined, rows, unit(2 * own + random.normal(size=own.shape)))
    assert separation.judgement is not None
    assert separation.judgement.information > 0.8
    assert len(separation._evidence) == 2 * COUNT


def test_what_was_learned_before_counts_and_the_latest_most_of_all(tracklets: Tracklets) -> None:
    separation = Separation()
    separation.judge(tracklets, *described(tracklets, 0.0))
    again = separation.judge(tracklets, *described(tracklets, 0.0, seed=1))
    assert not again, "the same tracklets once more"
    assert separation.judgement is not None
    assert separation.judgement.ignored == 1
    assert len(separation._evidence) == COUNT <= MOST_TRACKLETS


@pytest.mark.parametrize("value", [np.nan, None])
def test_without_images_nothing_is_known(value: float | None, tracklets: Tracklets) -> None:
    rows = np.flatnonzero(tracklets.owner >= 0)
    descriptor = np.zeros((len(rows), 0)) if value is None else np.full((len(rows), SIZE), value)
    separation = Separation()
    assert separation.judge(tracklets, rows, descriptor)
    assert separation.judgement is not None
    assert separation.judgement.information is None
