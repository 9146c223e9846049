"""Simulated detectors: what they miss, how far their boxes are off, what their scores tell."""

from dataclasses import replace

import numpy as np
import pytest

from siamlink.association.training.ground_truth import NO_OBJECT, NOT_COUNTED, GroundTruth, identify
from siamlink.detectors.detections import Detections
from siamlink.tools.training.simulated_detections import Faults, detect, simulate

SIZE = (1000.0, 600.0)
FRAMES, OBJECTS = 300, 6


@pytest.fixture(scope="module")
def truth() -> GroundTruth:
    """Six objects that walk side by side through 300 frames."""
    frame, number = (each.ravel() for each in np.mgrid[1 : FRAMES + 1, :OBJECTS])
    left, top = 50 + 140 * number + 0.2 * frame, 200 + 0 * frame
    box = np.column_stack([left, top, left + 40, top + 100])
    boxes = Detections(frame, box, np.ones(len(frame)), np.zeros(len(frame)))  # type: ignore[arg-type]
    return GroundTruth(boxes, number.astype(np.int64))


def seen(truth: GroundTruth, seed: int = 0, **faults: float) -> tuple[Detections, np.ndarray]:
    """Detections by a detector with these faults, and their identities."""
    detections = detect(truth, SIZE, replace(Faults(), **faults), np.random.default_rng(seed))  # type: ignore[arg-type]
    return detections, identify(detections, truth)


def runs(there: np.ndarray) -> float:
    """Mean length of the runs of missing frames of each row (objects, frames)."""
    missing = ~there
    starts = missing & ~np.pad(missing, ((0, 0), (1, 0)))[:, :-1]
    return float(missing.sum() / starts.sum())


def presence(detections: Detections, identity: np.ndarray) -> np.ndarray:
    there = np.zeros((OBJECTS, FRAMES), bool)
    there[identity[identity >= 0], detections.frame[identity >= 0] - 1] = True
    return there


def test_a_detector_without_faults_sees_the_annotated_boxes(truth: GroundTruth) -> None:
    detections, identity = seen(truth, constant_score=True)
    assert detections.box == pytest.approx(truth.boxes.box, abs=1e-3)
    assert identity.tolist() == truth.identity.tolist()
    assert (detections.score == 1).all()


def test_objects_that_are_not_counted_are_not_detected(truth: GroundTruth) -> None:
    ignored = GroundTruth(truth.boxes, np.where(truth.identity == 2, NOT_COUNTED, truth.identity))
    _, identity = seen(ignored)
    assert {*identity.tolist()} == {0, 1, 3, 4, 5}
    assert len(seen(GroundTruth(truth.boxes, np.full(len(truth.identity), NOT_COUNTED)))[0]) == 0


def test_misses_come_in_runs(truth: GroundTruth) -> None:
    alone, lasting = (presence(*seen(truth, recall=0.7, run=run)) for run in (0.0, 0.9))
    assert 0.5 < alone.mean() < 0.9
    assert 0.5 < lasting.mean() < 0.9
    assert runs(alone) < 2.5
    assert runs(lasting) > 5


def test_errors_of_boxes_last(truth: GroundTruth) -> None:
    def change(memory: float) -> tuple[float, float]:
        error = seen(truth, jitter=0.05, memory=memory)[0].box - truth.boxes.box
        left = error[:, 0].reshape(FRAMES, OBJECTS)
        return float(left.std()), float(np.diff(left, axis=0).std())

    (spread, step), (lasting_spread, lasting_step) = change(0.0), change(0.8)
    assert spread == pytest.approx(0.05 * 40, rel=0.4)
    assert lasting_spread == pytest.approx(spread, rel=0.4)
    assert lasting_step < 0.7 * step


@pytest.mark.parametrize("single", [0.0, 1.0])
def test_there_are_as_many_false_alarms_as_requested(truth: GroundTruth, single: float) -> None:
    detections, identity = seen(truth, false_alarms=0.5, single=single)
    false = int((identity == NO_OBJECT).sum())
    assert (identity >= 0).sum() == len(truth.identity)
    assert 0.2 * len(truth.identity) < false <= 0.5 * len(truth.identity)
    centre = (detections.box[:, :2] + detections.box[:, 2:]) / 2
    places = len(np.unique(np.round(centre[identity == NO_OBJECT]), axis=0))
    assert places > 0.9 * false if single else places < 0.3 * false


def test_second_and_half_boxes_are_added(truth: GroundTruth) -> None:
    assert len(seen(truth, doubled=1.0)[0]) > 1.05 * len(truth.identity)
    half, _ = seen(truth, halved=1.0)
    assert np.isclose(half.box[:, 3] - half.box[:, 1], 50).sum() > 0.05 * len(truth.identity)
    assert np.isclose(half.box[:, 3] - half.box[:, 1], 100).sum() == len(truth.identity)


def test_scores_tell_as_much_as_requested(truth: GroundTruth) -> None:
    def gap(informative: float) -> float:
        detections, identity = seen(truth, false_alarms=1.0, single=0.5, jitter=0.05, informative=informative)
        return float(detections.score[identity >= 0].mean() - detections.score[identity < 0].mean())

    assert abs(gap(0.0)) < 0.1
    assert gap(2.0) > 0.4


def test_random_detectors_are_poor_and_good_and_the_seed_decides(truth: GroundTruth) -> None:
    made = [simulate(truth, SIZE, 25.0, np.random.default_rng(seed)) for seed in range(40)]
    again = simulate(truth, None, 25.0, np.random.default_rng(0))
    assert len(again.detections)
    assert (
        simulate(truth, SIZE, 25.0, np.random.default_rng(3)).detections.box.tolist() == made[3].detections.box.tolist()
    )
    rates = [(identify(each.detections, each.truth) >= 0).sum() / len(each.truth.identity) for each in made]
    assert min(rates) < 0.5
    assert max(rates) > 0.95
    assert {each.frame_rate for each in made} == {25.0, 5.0}


def test_a_slow_video_has_a_fifth_of_the_frames(truth: GroundTruth) -> None:
    made = [simulate(truth, SIZE, 25.0, np.random.default_rng(seed)) for seed in range(40)]
    slow = next(each for each in made if each.frame_rate == 5.0)
    assert slow.truth.boxes.frame.max() == FRAMES / 5
    assert slow.detections.frame.max() <= FRAMES / 5
    assert len(slow.truth.identity) == OBJECTS * FRAMES / 5
    assert (identify(slow.detections, slow.truth) >= 0).any()
    assert all(
        each.frame_rate == 9.0 for each in (simulate(truth, SIZE, 9.0, np.random.default_rng(s)) for s in range(40))
    )


def test_some_detectors_run_on_every_n_th_frame_only(truth: GroundTruth) -> None:
    made = [simulate(truth, SIZE, 25.0, np.random.default_rng(seed)) for seed in range(40)]
    strides = {
        int(np.gcd.reduce(np.diff(np.unique(each.detections.frame)))) for each in made if each.frame_rate == 25.0
    }
    assert 1 in strides
    assert len(strides) > 1
