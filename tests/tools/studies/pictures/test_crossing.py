"""The clips of a crossing: which crossing of a sequence is the closest, and what a clip holds."""

from pathlib import Path

import numpy as np
import pytest

from siamlink.association.training.ground_truth import GroundTruth, identify
from siamlink.detectors.base.errors import InputError
from siamlink.detectors.detections import Detections
from siamlink.tools.studies.pictures.crossing import Clip, closest_crossing, drawn_clips, near_people, sequence_clips
from siamlink.tools.synthetic.street import crossing, reentry, street


def walkers(paths: list[np.ndarray]) -> GroundTruth:
    """People of 40 x 100 pixels; each path is (T, 2), the upper left corners in frames 1 to T."""
    rows = sorted(
        (frame, person, *corner) for person, path in enumerate(paths, 1) for frame, corner in enumerate(path, 1)
    )
    frame, person, x, y = np.array(rows, float).T
    count = len(rows)
    boxes = Detections(
        frame=frame.astype(np.int32),
        box=np.column_stack([x, y, x + 40, y + 100]).astype(np.float32),
        score=np.ones(count, np.float32),
        label=np.zeros(count, np.int16),
    )
    return GroundTruth(boxes, person.astype(np.int64))


def line(start: float, end: float, y: float = 50) -> np.ndarray:
    return np.column_stack([np.linspace(start, end, 41), np.full(41, y)])


def test_of_two_crossings_the_one_with_more_overlap_is_the_closest() -> None:
    near, far = line(0, 400, 50), line(400, 0, 60)
    below = line(0, 400, 140)
    people, frame = closest_crossing(walkers([below, near, far]), 10)
    assert people == (2, 3)
    assert frame == 21


def test_people_who_walk_side_by_side_do_not_cross() -> None:
    with pytest.raises(InputError, match="nobody crosses"):
        closest_crossing(walkers([line(0, 400, 50), line(10, 410, 60)]), 10)


def test_the_drawn_clip_shows_two_people_on_both_sides_and_others_to_learn_from() -> None:
    shown, learning = drawn_clips()
    identity = identify(shown.detections, shown.truth)
    assert set(identity.tolist()) == {-1, *shown.people}
    assert set(shown.detections.frame.tolist()) <= set(shown.frames)
    sides = [shown.truth.boxes.centre[shown.truth.identity == person, 0][[0, -1]].tolist() for person in shown.people]
    assert (sides[0][0] - sides[1][0]) * (sides[0][1] - sides[1][1]) < 0
    assert [len(np.unique(each.truth.identity)) for each in learning] == [9, 9, 9]


def test_detections_far_from_the_two_are_left_out() -> None:
    truth = walkers([line(0, 400), line(400, 0)])
    far = Detections(np.array([1], np.int32), np.array([[900, 50, 940, 150]], np.float32), [0.5], [0])
    clip = Clip("two", {}, 25, Detections.concatenate([truth.boxes, far]), truth, (1, 2))
    assert len(near_people(clip)) == len(truth.boxes)


@pytest.mark.slow
def test_a_sequence_is_learned_from_those_beside_it_that_show_another_video(tmp_path: Path) -> None:
    for name, scene in (("a", crossing(90)), ("b", street(40, seed=3, width=320, height=180)), ("same", crossing(90))):
        sequence = scene.write_sequence(tmp_path / name)
        (sequence.folder / "det").mkdir()
        rows = (scene.detections().frame, scene.detections().box, scene.detections().score)
        lines = [
            f"{frame},-1,{x1},{y1},{x2 - x1},{y2 - y1},{score}"
            for frame, (x1, y1, x2, y2), score in zip(*(row.tolist() for row in rows), strict=True)
        ]
        (sequence.folder / "det" / "det.txt").write_text("\n".join(lines), encoding="ascii")
    shown, learning = sequence_clips(tmp_path / "a")
    assert shown.people == (1, 2)
    assert [each.name for each in learning] == ["b"]
    assert len(shown.frames) == 61


def test_nobody_crosses_alone() -> None:
    boxes = reentry().truth()
    one = boxes[boxes.track_id == 1]
    with pytest.raises(InputError, match="nobody crosses"):
        closest_crossing(GroundTruth(one, one.track_id.astype(np.int64)), 5)
