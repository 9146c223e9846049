"""Identity switches: where the track of an object changes, by the matching of CLEAR."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siamlink.tools.evaluation.ground_truth import MATCH_IOU, SequencePair

Box = tuple[float, float, float, float]
"""Left, top, width, height in pixels."""
CONTINUITY = 1000
"""What CLEAR adds to the IoU of a pair that was matched in the frame before."""


@dataclass(frozen=True)
class IdentitySwitch:
    """A frame in which an object is matched to another track than at its last match.

    Attributes:
        sequence: its name.
        frame: the first with the new track.
        truth_id: the object, as in the ground truth.
        previous_track_id: the track that was matched before, as in the results.
        track_id: the track that is matched now.
        truth_box: the object in this frame.
        track_box: the new track in this frame.
        previous_frame: the last with the old track.
        boxes_before: consecutive boxes of the object on the old track, up to the switch.
        boxes_after: consecutive boxes of the object on the new track, from this frame on.
        class_name: of object and tracks; empty where classes are not scored for themselves.
    """

    sequence: str
    frame: int
    truth_id: int
    previous_track_id: int
    track_id: int
    truth_box: Box
    track_box: Box
    previous_frame: int
    boxes_before: int
    boxes_after: int
    class_name: str = ""

    @property
    def wrong_boxes(self) -> int:
        """The number of boxes that are wrong whichever track is right: those of the shorter side."""
        return min(self.boxes_before, self.boxes_after)


def clear_matches(pair: SequencePair) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Match ground truth and tracks frame by frame as TrackEval's CLEAR does.

    Among pairs with an IoU of at least one half, those matched in the frame before are preferred, then the sum of IoU
    is maximal. A frame without ground truth or without tracks is skipped.

    Returns:
        For each of `pair.frames` the matched rows of `pair.truth` and, in the same order, of `pair.tracks`.
    """
    from scipy.optimize import linear_sum_assignment

    truth_label, track_label = pair.truth_label, pair.track_label
    before = np.full(len(pair.truth), -1)
    matches = []
    for truth, tracks, similarity in pair.by_frame():
        objects, tracked = truth_label[truth], track_label[tracks]
        score = CONTINUITY * (tracked == before[objects][:, None]) + similarity
        score[similarity < MATCH_IOU] = 0
        rows, columns = linear_sum_assignment(score, maximize=True)
        matched = score[rows, columns] > 0
        rows, columns = rows[matched], columns[matched]
        if similarity.size:
            before[:] = -1
            before[objects[rows]] = tracked[columns]
        matches.append((rows + truth.start, columns + tracks.start))
    return matches


def identity_switches(pair: SequencePair) -> list[IdentitySwitch]:
    """Every identity switch of a sequence in the order of frames; their number is IDSW of CLEAR."""
    matches = clear_matches(pair)
    if not matches:
        return []
    truth, tracks = (np.concatenate(rows) for rows in zip(*matches, strict=True))
    by_object = np.argsort(pair.truth_label[truth], kind="stable")
    truth_object, track = pair.truth_label[truth][by_object], pair.track_label[tracks][by_object]
    begins = np.flatnonzero((np.diff(truth_object, prepend=-1) != 0) | (np.diff(track, prepend=-1) != 0))
    boxes = np.diff(begins, append=len(truth_object))
    switched = 1 + np.flatnonzero(truth_object[begins[1:]] == truth_object[begins[:-1]])
    in_time = switched[np.argsort(by_object[begins[switched]])]
    sides = by_object[begins[in_time][:, None] + [-1, 0]]
    return [
        _switch(pair, truth[side], tracks[side], boxes[run - 1 : run + 1].tolist())
        for run, side in zip(in_time, sides, strict=True)
    ]


def _switch(pair: SequencePair, truth: NDArray[np.intp], tracks: NDArray[np.intp], boxes: list[int]) -> IdentitySwitch:
    """The switch between two rows of the ground truth, with the two rows of the tracks on them."""
    (before, at_switch), (previous, now) = pair.truth[truth].tolist(), pair.tracks[tracks].tolist()
    return IdentitySwitch(
        sequence=pair.name,
        frame=int(at_switch[0]),
        truth_id=int(at_switch[1]),
        previous_track_id=int(previous[1]),
        track_id=int(now[1]),
        truth_box=(at_switch[2], at_switch[3], at_switch[4], at_switch[5]),
        track_box=(now[2], now[3], now[4], now[5]),
        previous_frame=int(before[0]),
        boxes_before=boxes[0],
        boxes_after=boxes[1],
        class_name=pair.class_name,
    )
