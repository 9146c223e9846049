"""Boxes that a search found, as rows of tracks."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from siamlink.association.search.correlation import Peak
from siamlink.association.search.network import SearchNetwork
from siamlink.association.search.presence import Presence
from siamlink.detectors.base.arrays import BoolArray, FloatArray
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.boxes import iou_matrix
from siamlink.detectors.sources.frame_source import Frame
from siamlink.tracker.searching.starts import Start, known_starts, open_ends
from siamlink.tracker.searching.walks import Found, walk_all
from siamlink.tracker.tracks import Tracks

LEAST_PROBABILITY = 0.5
"""A walk ends before the first box that is less probable."""
FEWEST_EXAMPLES = 20
"""Examples of either kind without which nothing is searched."""
LEAST_PRECISION = 0.8
"""Share of known boxes among those of the known examples that are probable, without which nothing is searched."""
SAME = 0.5
"""IoU from which on two boxes show the same object."""


def find_missed(
    tracks: Tracks,
    network: SearchNetwork,
    frames: Callable[[], Iterator[Frame]],
    frame_rate: float,
    last_frame: int,
    progress: Progress,
) -> Tracks:
    """The tracks with the boxes that a search found before their first and after their last detections.

    Walks over frames in which the object is detected say how probable it is, by the score of a template, that the
    object is there.

    Args:
        tracks: of a whole video.
        network: searches.
        frames: begins to read the video.
        frame_rate: frames per second.
        last_frame: number of the last frame.
        progress: called with the frames under the stage `search`.

    Returns:
        The tracks; all of them as they were if the search does not find what is known.
    """
    known, unknown = known_starts(tracks, frame_rate), open_ends(tracks, frame_rate, last_frame)
    if not known or not unknown:
        return tracks
    found = walk_all(network, [*known, *unknown], frames(), frame_rate, progress)
    presence = calibrate(tracks, known, found[: len(known)])
    if presence is None:
        return tracks
    parts = [tracks]
    for start, walk in zip(unknown, found[len(known) :], strict=True):
        rows = _accepted(tracks, start, walk, presence)
        if rows is not None:
            parts.append(rows)
    return _replaced(parts)


def calibrate(tracks: Tracks, known: Sequence[Start], found: Sequence[Sequence[Found]]) -> Presence | None:
    """The probability that the object is there, from walks over known frames; None if these do not find it."""
    features, present = [], []
    for start, walk in zip(known, found, strict=True):
        detected = tracks.of(start.track_id)
        detected = detected[~detected.interpolated]
        for each in walk:
            true_box = detected.in_frame(each.frame).box
            if not len(true_box):
                continue
            features.append(_features(each.peak))
            present.append(bool(iou_matrix(each.box[None], true_box)[0, 0] >= SAME))
            features += [_features(peak) for peak in each.absent]
            present += [False] * len(each.absent)
    is_present = np.array(present, bool)
    if min(is_present.sum(), (~is_present).sum()) < FEWEST_EXAMPLES:
        return None
    rows = np.array(features)
    presence = Presence.fit(rows, is_present)
    return presence if _pays(presence.probability(rows), is_present) else None


def _pays(probability: FloatArray, present: BoolArray) -> bool:
    """Whether what is probable is mostly present, both kinds of examples counting the same."""
    probable = probability >= LEAST_PROBABILITY
    right, wrong = probable[present].mean(), probable[~present].mean()
    return bool(right / max(right + wrong, 1e-9) >= LEAST_PRECISION)


def _features(peak: Peak) -> list[float]:
    return [peak.score, peak.margin]


def _accepted(tracks: Tracks, start: Start, walk: Sequence[Found], presence: Presence) -> Tracks | None:
    """The rows of a walk up to the first improbable box, or one that shows another track's object; None without."""
    frames, boxes, scores = [start.frame], [start.box], [1.0]
    for each in walk:
        probability = float(presence.probability(np.array([_features(each.peak)]))[0])
        others = tracks.in_frame(each.frame)
        others = others[others.track_id != start.track_id]
        taken = len(others) and iou_matrix(each.box[None], others.box).max() >= SAME
        if probability < LEAST_PROBABILITY or taken:
            break
        frames.append(each.frame)
        boxes.append(each.box)
        scores.append(probability)
    if len(frames) == 1:
        return None
    order = np.argsort(frames)
    every = np.arange(min(frames), max(frames) + 1)
    every = every[every != start.frame]
    given = np.array(frames)[order]
    box = np.column_stack([np.interp(every, given, np.array(boxes)[order, side]) for side in range(4)])
    count = len(every)
    label = tracks.of(start.track_id).label[0]
    return Tracks(
        frame=every.astype(np.int32),
        box=box.astype(np.float32),
        score=np.interp(every, given, np.array(scores)[order]).astype(np.float32),
        label=np.full(count, label, np.int16),
        track_id=np.full(count, start.track_id, np.int32),
        interpolated=np.ones(count, bool),
        found=np.ones(count, bool),
    )


def _replaced(parts: Sequence[Tracks]) -> Tracks:
    """All rows, without those interpolated ones in whose place another one was found."""
    joined = Tracks.concatenate(parts)
    key = joined.track_id.astype(np.int64) << 32 | joined.frame
    found = key[joined.found]
    return joined[joined.found | ~np.isin(key, found)]
