"""One line about the detections that end in no track: how many, of which kind, and why."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.counted import counted
from siamlink.detectors.class_names import ClassNames
from siamlink.detectors.detections import Detections
from siamlink.tracker.linking.left_out import CORRECTION, REASONS, LeftOut
from siamlink.tracker.runs.result import TrackingResult

LEAST_SHARE_IN_TRACKS = 1 / 3
"""Of the detections; if fewer are in tracks, the line says so, whatever their scores."""
FEWEST, LEAST_SHARE = 10, 0.05
"""Confident detections in no track, and their share of all confident ones, from which on the line speaks of them."""
TYPICAL = 0.8
"""Share of the detections in no track that a kind must describe."""
UNUSUAL = 0.2
"""Largest share of the detections in tracks that it may describe."""
WORDS = {
    "duplicate": "suppressed as duplicates of better boxes",
    "false_alarm": "taken for false alarms",
    "short_track": "seen in too few frames",
    "unconfirmed": "in tracks that were not certain yet",
}
REMEDY = "the shipped models know pedestrians: for other objects use --config general"
FIND_MORE = "if they are objects, more of them must be found: try another detector, or a lower --confidence"


def left_out_note(result: TrackingResult) -> str:
    """What to say where many detections, many confident ones or whole classes are in no track; else nothing.

    A detection is confident if its score is at least the median score of the detections in tracks.

    Detections that corrections leave out do not count.

    Args:
        result: with its tracks and what was left out; of a live source only counts are known.
    """
    counts, remedy = result.counts, f"; {REMEDY}" if result.matching == "learned" else ""
    in_track = counts.boxes - counts.interpolated
    linked = counts.detections - counts.left_out.get(REASONS[CORRECTION], 0)
    if in_track < LEAST_SHARE_IN_TRACKS * linked:
        why = _reasons(counts.left_out) or "the others were not linked"
        if not remedy and why.partition(",")[0].endswith(WORDS["false_alarm"]):
            remedy = f"; {FIND_MORE}"
        return (
            f"{in_track} of {counted(linked, 'detection')} {'is' if in_track == 1 else 'are'} in tracks: {why}{remedy}"
        )
    tracked = result.tracks[~result.tracks.interpolated]
    if not len(tracked):
        return ""
    least = float(np.median(tracked.score))
    confident = (result.left_out.detections.score >= least) & (result.left_out.reason != CORRECTION)
    number, known = int(confident.sum()), int((tracked.score >= least).sum())
    names = result.class_names or ClassNames({})
    if number < max(FEWEST, LEAST_SHARE * (number + known)):
        return _classes_without_tracks(result.left_out, tracked, names)
    out = result.left_out.where(confident)
    kind = _kind(out.detections, tracked, names)
    of_kind = f" ({kind})" if kind else ""
    return f"{number} confident detections{of_kind} are in no track: {_reasons(out.counts)}{remedy if kind else ''}"


def _classes_without_tracks(left_out: LeftOut, tracked: Detections, names: ClassNames) -> str:
    """What to say where many detections are of classes that no track has; nothing where that is not so."""
    label = left_out.detections.label
    fewest = max(FEWEST, LEAST_SHARE * (len(left_out.detections) + len(tracked)))
    counts = {each: int((label == each).sum()) for each in np.unique(label).tolist() if each not in tracked.label}
    missing = {each: count for each, count in counts.items() if count >= fewest}
    if not missing:
        return ""
    ordered = sorted(missing, key=lambda each: -missing[each])
    classes = ", ".join(f"{names.name_of(each)} ({missing[each]} detections)" for each in ordered)
    reasons = _reasons(left_out.where(np.isin(label, list(missing))).counts)
    return f"no track is of class {classes}: {reasons}; --classes selects what is tracked"


def stride_note(result: TrackingResult) -> str:
    """What to say where the detector processed some frames only."""
    if result.stride == 1:
        return ""
    return f"detections lie in every {_ordinal(result.stride)} frame only: the others count as not processed"


def _ordinal(number: int) -> str:
    teen = number % 100 in (11, 12, 13)
    return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def _reasons(counts: dict[str, int]) -> str:
    """Why detections are left out, the most frequent reason first."""
    ordered = sorted((name for name in WORDS if counts.get(name)), key=lambda name: -counts[name])
    return ", ".join(f"{counts[name]} {WORDS[name]}" for name in ordered)


def _kind(out: Detections, tracked: Detections, names: ClassNames) -> str:
    """The first kind that most detections in no track are of, and few of those in tracks; empty without one."""
    for name, out_share, in_share in _kinds(out, tracked, names):
        if out_share >= TYPICAL and in_share <= UNUSUAL:
            return f"all {name}" if out_share == 1 else f"most {name}"
    return ""


def _kinds(out: Detections, tracked: Detections, names: ClassNames) -> Iterator[tuple[str, float, float]]:
    """Kinds of detections, and the shares of those in no track and of those in tracks that they describe."""
    labels = np.unique(out.label)
    for label in labels[np.argsort([-np.count_nonzero(out.label == each) for each in labels], kind="stable")].tolist():
        yield f"of class {names.name_of(label)}", *_shares(out.label == label, tracked.label == label)
    sizes = [np.sqrt(each.width.astype(np.float64) * each.height) for each in (out, tracked)]
    small, large = np.quantile(sizes[1], [0.02, 0.98])
    yield f"smaller than {small:.0f} pixels", *_shares(*(size < small for size in sizes))
    yield f"larger than {large:.0f} pixels", *_shares(*(size > large for size in sizes))
    yield "wider than tall", *_shares(*(each.width > each.height for each in (out, tracked)))
    everything = np.concatenate([out.box, tracked.box])
    low, high = everything[:, :2].min(0), everything[:, 2:].max(0)
    near = 0.1 * (high - low)
    for axis, (before, after) in enumerate((("left", "right"), ("top", "bottom"))):
        centres = [each.centre[:, axis] for each in (out, tracked)]
        yield f"near the {before} border", *_shares(*(centre < (low + near)[axis] for centre in centres))
        yield f"near the {after} border", *_shares(*(centre > (high - near)[axis] for centre in centres))


def _shares(out: NDArray[np.bool_], tracked: NDArray[np.bool_]) -> tuple[float, float]:
    return float(out.mean()), float(tracked.mean())
