"""What is not as expected in the files that are scored: one sentence each, with the sequences it is true of."""

import numpy as np

from siamlink.detectors.base.counted import counted
from siamlink.tools.evaluation.ground_truth import (
    CLASS,
    FLAG,
    MATCH_IOU,
    MOT_CLASSES,
    PEDESTRIAN,
    Rows,
    SequencePair,
    has_pedestrian_rules,
)
from siamlink.tools.evaluation.kitti import KITTI
from siamlink.tools.evaluation.layouts import listed

OUTSIDE = 0.25
"""Share of frames."""
MANY = 10
"""Boxes."""


class Notes:
    """Sentences about sequences; the same sentence about several is one line."""

    def __init__(self) -> None:
        self._sequences: dict[str, list[str]] = {}

    def add(self, sequence: str, text: str) -> None:
        """Add a sentence about a sequence, or about all if its name is empty."""
        self._sequences.setdefault(text, []).append(sequence)

    def lines(self) -> tuple[str, ...]:
        """One line for each sentence."""
        return tuple(f"{listed(names)}: {text}" if any(names) else text for text, names in self._sequences.items())


def frames_differ(truth: Rows, tracks: Rows, frame_count: int | None = None) -> str:
    """A sentence if results and ground truth, neither empty, are of other frames; empty if they are not.

    They are if more than `OUTSIDE` of the frames of the ground truth are before the first or after the last frame of
    the results; and, where the number of frames is not known, the other way round.
    """
    ours, theirs = np.unique(truth[:, 0]), np.unique(tracks[:, 0])
    compared = [(ours, theirs)] if frame_count else [(ours, theirs), (theirs, ours)]
    if all(((one < other[0]) | (one > other[-1])).mean() <= OUTSIDE for one, other in compared):
        return ""
    return (
        f"results are of frames {theirs[0]:g} to {theirs[-1]:g}, "
        f"the ground truth is of frames {ours[0]:g} to {ours[-1]:g}"
    )


def nothing_overlaps(pairs: list[SequencePair]) -> str:
    """A sentence if no box of many overlaps ground truth by half, with the pixels that both reach; else empty."""
    truth = np.vstack([pair.truth[:, 2:6] for pair in pairs])
    tracks = np.vstack([pair.tracks[:, 2:6] for pair in pairs])
    overlaps = any((overlap >= MATCH_IOU).any() for pair in pairs for overlap in pair.similarity)
    if overlaps or min(len(truth), len(tracks)) < MANY:
        return ""
    (truth_right, truth_bottom), (right, bottom) = ((box[:, :2] + box[:, 2:]).max(axis=0) for box in (truth, tracks))
    return (
        f"no result overlaps ground truth by half: results reach to {right:.6g}, {bottom:.6g} pixels, "
        f"the ground truth to {truth_right:.6g}, {truth_bottom:.6g}"
    )


def why_none_counts(truth: Rows, benchmark: str, wanted: str) -> str:
    """Why no row of ground truth counts.

    Args:
        truth: all rows.
        benchmark: whose rules apply.
        wanted: the classes that are scored, for the sentence; empty if all are, or the pedestrians of a benchmark.
    """
    if not len(truth):
        return "the ground truth is empty"
    if wanted:
        return f"no row of the ground truth counts: none is of class {wanted}"
    if benchmark == KITTI:
        return "no row of the ground truth counts: none is a car or pedestrian without truncation or large occlusion"
    flagged = truth[:, FLAG].astype(int) != 0
    if not has_pedestrian_rules(benchmark) or not flagged.any():
        return f"no row of the ground truth counts: all {len(truth)} have flag 0 in column 7"
    classes = np.unique(truth[flagged, CLASS]).astype(int).tolist()
    found = ", ".join(f"{MOT_CLASSES.name_of(number)} ({number})" for number in classes)
    return (
        f"no row of the ground truth counts: none is a pedestrian (class 1), but {found}; choose with --classes, "
        "or --benchmark plain if these are not the classes of MOT"
    )


def other_classes(truth: Rows, benchmark: str) -> str:
    """A sentence if another reading of the ground truth's classes would count other rows; else empty.

    In the files of MOT16, MOT17 and MOT20 all classes but the pedestrians have flag 0. In those of MOT15, the columns 8
    to 10 are world coordinates, or -1.
    """
    if benchmark == "mot15":
        last = truth[:, CLASS : CLASS + 3]
        if last.shape[1] < 3 or not ((last >= 0) & (last % 1 == 0)).all():
            return ""
        found = "columns 8 to 10 of the ground truth hold whole numbers, and are not read"
        return f"{found}; if column 8 is a class, give --benchmark plain, else --benchmark mot15"
    if not has_pedestrian_rules(benchmark):
        return ""
    left_out = int(((truth[:, CLASS] != PEDESTRIAN) & (truth[:, FLAG].astype(int) != 0)).sum())
    if not left_out:
        return ""
    rows = counted(left_out, "row of the ground truth does", "rows of the ground truth do")
    return (
        f"{rows} not count: column 8 is read as a class of {benchmark.upper()}, and "
        f"only class 1, pedestrian, is scored; if that is right, give --benchmark {benchmark}, else --benchmark plain"
    )
