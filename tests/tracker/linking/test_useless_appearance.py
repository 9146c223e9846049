"""An appearance model that does not tell the objects of a video apart leaves the tracks as they are without it."""

from functools import cache

import numpy as np
import pytest

from siamlink.association.appearance.descriptors import unit
from siamlink.association.calibrated.appearance import USELESS
from siamlink.association.matcher import Matcher
from siamlink.association.tracklets.separation import LEAST
from siamlink.detectors.boxes import iou_pairs
from siamlink.detectors.detections import Detections
from siamlink.tools.synthetic.street import street
from siamlink.tools.training.known_appearance import known_appearance
from siamlink.tracker.linking.make_tracker import make_tracker
from siamlink.tracker.linking.protocol import Tracker, TrackerSetup
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.tracks import Tracks

FRAMES, SIZE = 240, 64
KINDS = ("noise", "alike", "shuffled")
WAYS = [("learned", "offline"), ("calibrated", "offline"), ("learned", "windowed"), ("learned", "online")]


@cache
def scene() -> tuple[Detections, np.ndarray]:
    """Detections of a street, and the person that each shows; -1 for none."""
    made = street(FRAMES)
    found, truth = made.detections(), made.truth()
    person = np.full(len(found), -1)
    for row, (frame, box) in enumerate(zip(found.frame, found.box, strict=True)):
        there = np.flatnonzero(truth.frame == frame)
        overlap = iou_pairs(np.tile(box, (len(there), 1)), truth.box[there])
        if overlap.max() > 0.5:
            person[row] = truth.track_id[there[overlap.argmax()]]
    return found, person


def descriptors(kind: str) -> np.ndarray:
    """(N, D) of the detections of the scene."""
    found, person = scene()
    random = np.random.default_rng(0)
    noise = random.normal(size=(len(found), SIZE))
    good = 2 * random.normal(size=(10, SIZE))[person] + noise
    every = {
        "good": good,
        "noise": noise,
        "alike": 1 + 1e-4 * noise,
        "shuffled": good[random.permutation(len(good))],
    }
    return unit(every[kind].astype(np.float32))


@pytest.fixture(scope="module")
def shipped() -> Matcher:
    return TrackerParameters(appearance="siamese").load_matcher()


def run(matching: str, mode: str, matcher: Matcher, kind: str | None) -> tuple[Tracks, Tracker]:
    found, _ = scene()
    source = None if kind is None else known_appearance(found, descriptors(kind))
    parameters = TrackerParameters(matching=matching, mode=mode, appearance="siamese")
    tracker = make_tracker(TrackerSetup(30, parameters, matcher, (960, 540)), source, ())
    return Tracks.concatenate([*tracker.update_many(found), tracker.finish()]), tracker


def agreement(one: Tracks, other: Tracks) -> float:
    """The share of the detections that are in corresponding tracks: each of one, and the most similar of the other."""
    one, other = (tracks[tracks.row >= 0] for tracks in (one, other))
    of_one = {(frame, row): track for frame, row, track in zip(one.frame, one.row, one.track_id, strict=True)}
    keys = zip(other.frame, other.row, strict=True)
    both = [(of_one[key], track) for key, track in zip(keys, other.track_id, strict=True) if key in of_one]
    pairs, count = np.unique(both, axis=0, return_counts=True)
    most = [count[pairs[:, 0] == track].max() for track in np.unique(pairs[:, 0])]
    return 2 * sum(most) / (len(one) + len(other))


@pytest.mark.parametrize(("matching", "mode"), WAYS[:2])
@pytest.mark.parametrize("kind", KINDS)
def test_offline_the_tracks_are_those_without(matching: str, mode: str, kind: str, shipped: Matcher) -> None:
    tracks, tracker = run(matching, mode, shipped, kind)
    without, _ = run(matching, mode, shipped, None)
    assert tracks.to_mot_text() == without.to_mot_text()
    assert tracker.judgement is not None
    assert tracker.judgement.information < 0.05
    assert tracker.judgement.ignored == 1


@pytest.mark.slow
@pytest.mark.parametrize(("matching", "mode"), WAYS[2:])
@pytest.mark.parametrize("kind", KINDS)
def test_with_a_delay_and_online_they_are_nearly_those_without(
    matching: str, mode: str, kind: str, shipped: Matcher
) -> None:
    tracks, tracker = run(matching, mode, shipped, kind)
    without, _ = run(matching, mode, shipped, None)
    assert agreement(tracks, without) > 0.9
    assert tracker.judgement is not None
    assert tracker.judgement.ignored > 0.8, "but for the first tracklets, of which nothing is known"


@pytest.mark.parametrize(("matching", "mode"), WAYS)
def test_a_good_appearance_is_always_used(matching: str, mode: str, shipped: Matcher) -> None:
    _, tracker = run(matching, mode, shipped, "good")
    assert tracker.judgement is not None
    assert tracker.judgement.information > (LEAST if matching == "learned" else USELESS)
    assert tracker.judgement.ignored == 0


@pytest.mark.parametrize(("matching", "mode"), WAYS)
def test_without_descriptors_nothing_is_judged(matching: str, mode: str, shipped: Matcher) -> None:
    _, tracker = run(matching, mode, shipped, None)
    assert tracker.judgement is None
