"""Paths: the boxes of one walk in all frames, and which of them remain where several walks claim one object."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from siamlink.association.search.presence import Presence
from siamlink.detectors.base.arrays import FloatArray, IntArray
from siamlink.tracker.searching.calibration import LEAST_PROBABILITY, probability
from siamlink.tracker.searching.occupied import Occupied
from siamlink.tracker.searching.starts import Start
from siamlink.tracker.searching.walks import Found


class Path(NamedTuple):
    """K boxes in consecutive frames, away from a detection.

    Attributes:
        track_id: of the detection.
        frame: (K,) in order of the walk, so descending where it leads back in time.
        box: (K, 4) in pixels; interpolated between the frames that were searched.
        probability: (K,) that the object is there.
    """

    track_id: int
    frame: IntArray
    box: FloatArray
    probability: FloatArray


def path_of(start: Start, walk: Sequence[Found], presence: Presence) -> Path:
    """The boxes of a walk up to the first improbable one."""
    probable = probability(presence, [each.peak for each in walk])
    count = int(np.append(probable < LEAST_PROBABILITY, True).argmax())
    steps = np.array([0, *(abs(each.frame - start.frame) for each in walk[:count])])
    given = np.array([start.box, *(each.box for each in walk[:count])])
    every = np.arange(1, steps[-1] + 1)
    box = np.column_stack([np.interp(every, steps, given[:, side]) for side in range(4)])
    chance = np.interp(every, steps, np.append(1.0, probable[:count]))
    return Path(start.track_id, start.frame + start.direction * every, box, chance)


def without_conflicts(paths: Sequence[Path], occupied: Occupied) -> list[Path]:
    """The paths up to where another track has the object.

    Boxes are taken in order of their probability, those of a path in their order, and none that shows the same object
    as a box of another track that is there or was taken before. So of two walks that meet, each has the part in which
    it is the surer one.

    Args:
        paths: of walks.
        occupied: by the boxes that are there; those taken are added.
    """
    chance = [np.minimum.accumulate(path.probability) for path in paths]
    order = sorted(
        (-value, index, step) for index, each in enumerate(chance) for step, value in enumerate(each.tolist())
    )
    length = [0] * len(paths)
    for _, index, step in order:
        path = paths[index]
        frame, box = int(path.frame[step]), path.box[step]
        if step == length[index] and not occupied.by_other(frame, path.track_id, box):
            occupied.add(frame, path.track_id, box)
            length[index] += 1
    return [
        Path(path.track_id, path.frame[:count], path.box[:count], path.probability[:count])
        for path, count in zip(paths, length, strict=True)
    ]
