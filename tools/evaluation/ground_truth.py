"""Ground truth and results of a sequence after the preprocessing of a benchmark, frame by frame."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.errors import ConfigError, InputError
from siamlink.detectors.boxes import iou_matrix
from siamlink.detectors.class_names import HIGHEST, ClassNames
from siamlink.detectors.formats.mot_text import has_class_numbers
from siamlink.detectors.mot.text import has_classes
from siamlink.tools.evaluation import kitti
from siamlink.tools.evaluation.kitti import KITTI

PLAIN = "plain"
"""No rules but the flag: every class counts, and none is a distractor."""
BENCHMARKS = ("auto", "mot15", "mot16", "mot17", "mot20", KITTI, PLAIN)
FLAG, CLASS = 6, 7
LAST_CLASS, PEDESTRIAN = 13, 1
MOT_CLASSES = ClassNames(
    {
        1: "pedestrian",
        2: "person on vehicle",
        3: "car",
        4: "bicycle",
        5: "motorbike",
        6: "non-MOT vehicle",
        7: "static person",
        8: "distractor",
        9: "occluder",
        10: "occluder on the ground",
        11: "full occluder",
        12: "reflection",
        13: "crowd",
    }
)
"""Of MOT16, MOT17 and MOT20."""
DISTRACTORS = (2, 7, 8, 12)
"""Person on vehicle, static person, distractor, reflection."""
MOT20_DISTRACTORS = (*DISTRACTORS, 6)
"""MOT20 also ignores non-MOT vehicles."""
MATCH_IOU = 0.5 - np.finfo(np.float64).eps
"""The least overlap of a match, with TrackEval's margin for rounding."""

NO_REGIONS = np.zeros((0, 5))
Rows = NDArray[np.float64]
"""(N, 7 or more) `frame, id, left, top, width, height, score or flag, ...`, as `read_rows` gives them."""


@dataclass(frozen=True, eq=False)
class SequencePair:
    """Ground truth and results of one sequence after the benchmark's preprocessing.

    Attributes:
        name: of the sequence.
        benchmark: whose rules were applied, never `auto`.
        truth: (N, C) the rows that count, sorted by frame.
        tracks: (M, C) the rows that are scored, sorted by frame.
        frames: (T,) the numbers of the frames in which there is any row; no other frame changes a score.
        similarity: T matrices: the IoU of the frame's ground truth (rows) with its tracks (columns).
        class_name: of the only class; empty for all.
    """

    name: str
    benchmark: str
    truth: Rows
    tracks: Rows
    frames: NDArray[np.float64]
    similarity: list[NDArray[np.float64]]
    class_name: str = ""

    def by_frame(self) -> Iterator[tuple[slice, slice, NDArray[np.float64]]]:
        """For each of `frames` its rows in `truth`, its rows in `tracks` and their IoU."""
        return zip(_slices(self.truth, self.frames), _slices(self.tracks, self.frames), self.similarity, strict=True)

    @property
    def truth_label(self) -> NDArray[np.intp]:
        """(N,) the ground-truth identities, numbered from 0 without gaps in the order of their ids."""
        return _labels(self.truth)

    @property
    def track_label(self) -> NDArray[np.intp]:
        """(M,) the tracks, numbered from 0 without gaps in the order of their ids."""
        return _labels(self.tracks)


def pair_up(
    name: str,
    truth: Rows,
    tracks: Rows,
    benchmark: str = "auto",
    class_name: str = "",
    regions: Rows = NO_REGIONS,
) -> SequencePair:
    """Pair ground truth and results of one sequence, by the rules of the benchmark.

    Ground truth counts where its flag (column 7) is not 0 and, for MOT16, MOT17 and MOT20, its class (column 8) is 1,
    pedestrian; for these, result boxes matched to a distractor are removed. For KITTI, rows of flag 0 are distractors,
    and small results and those in `regions` are removed, too. Classes and scores of results are ignored.

    Args:
        name: the sequence's; with `auto`, a name that begins with `MOT20` also ignores non-MOT vehicles.
        truth: rows of `gt.txt`.
        tracks: rows of the results.
        benchmark: one of `BENCHMARKS`; `auto` recognises it, see `find_benchmark`.
        class_name: of the rows, if they are of one class.
        regions: (K, 5) frame, left, top, right and bottom of regions without annotations.

    Raises:
        ConfigError: there is no such benchmark.
        InputError: a class is not one of the benchmark's, or an id occurs twice in a frame.
    """
    benchmark = find_benchmark(name, truth, benchmark)
    truth, tracks = _sorted(name, truth), _sorted(name, tracks)
    frames = np.union1d(truth[:, 0], tracks[:, 0])
    truth_rows, track_rows = _slices(truth, frames), _slices(tracks, frames)
    truth_box, track_box = _corners(truth), _corners(tracks)
    similarity = [_similarity(truth_box[a], track_box[b]) for a, b in zip(truth_rows, track_rows, strict=True)]

    counted, scored = truth[:, FLAG].astype(int) != 0, np.ones(len(tracks), bool)
    if has_pedestrian_rules(benchmark):
        counted &= _classes(truth) == PEDESTRIAN
        distractor = np.isin(_classes(truth), MOT20_DISTRACTORS if benchmark == "mot20" else DISTRACTORS)
        for a, b, overlap in zip(truth_rows, track_rows, similarity, strict=True):
            scored[b] = ~_on_distractor(overlap, distractor[a])
    elif benchmark == KITTI:
        for frame, a, b, overlap in zip(frames, truth_rows, track_rows, similarity, strict=True):
            score = np.where(overlap < MATCH_IOU, 0.0, overlap)
            scored[b] = ~kitti.removed(score, ~counted[a], tracks[b], regions[regions[:, 0] == frame, 1:])
    return SequencePair(
        name=name,
        benchmark=benchmark,
        truth=truth[counted],
        tracks=tracks[scored],
        frames=frames,
        similarity=[
            overlap[counted[a]][:, scored[b]] for a, b, overlap in zip(truth_rows, track_rows, similarity, strict=True)
        ],
        class_name=class_name,
    )


def find_benchmark(name: str, truth: Rows, benchmark: str = "auto") -> str:
    """Check the name of the benchmark, or recognise it from the ground truth.

    With `auto`, 8 or 9 columns with a class of 1 to 13 in the 8th mean MOT16, MOT17 or MOT20; which of them is read
    from the name and only matters for MOT20. Other classes mean `plain`, unless the name is one of these benchmarks.
    Ten columns as `siamlink import` writes them, with classes in the 8th, mean `plain` as well. Every other number of
    columns means MOT15 (it has 10), and so does an 8th column of -1 throughout.

    Returns:
        One of `BENCHMARKS`, but `auto`.

    Raises:
        ConfigError: there is no such benchmark.
        InputError: a class is not one of the benchmark's.
    """
    benchmark = benchmark.lower()
    if benchmark not in BENCHMARKS:
        raise ConfigError(f"unknown benchmark '{benchmark}': expected one of {', '.join(BENCHMARKS)}")
    if benchmark == "auto":
        if not has_classes(truth):
            return PLAIN if _as_imported(truth) else "mot15"
        named = name[:5].lower()
        others = np.setdiff1d(_classes(truth), np.arange(1, LAST_CLASS + 1))
        if len(others) and not named.startswith(("mot16", "mot17", "mot20")):
            benchmark = PLAIN
        else:
            benchmark = named if named in ("mot16", "mot20") else "mot17"
    if benchmark != "mot15":
        _check_classes(name, truth, benchmark)
    return benchmark


def _as_imported(truth: Rows) -> bool:
    """Whether the last of ten columns are as `siamlink import` writes ground truth: a class, -1 and -1."""
    return truth.shape[1] == 10 and has_class_numbers(truth) and bool((truth[:, 8:] == -1).all())


def has_pedestrian_rules(benchmark: str) -> bool:
    """Whether a benchmark scores pedestrians, among other classes."""
    return benchmark in ("mot16", "mot17", "mot20")


def _check_classes(name: str, truth: Rows, benchmark: str) -> None:
    any_class = not has_pedestrian_rules(benchmark)
    first, last = (0, HIGHEST) if any_class else (1, LAST_CLASS)
    classes = _classes(truth)
    if any_class and (classes == -1).all():
        return
    wrong = np.flatnonzero((classes < first) | (classes > last) | (classes % 1 != 0))
    if len(wrong):
        frame, identity = truth[wrong[0], :2]
        whose = "a class" if any_class else f"a class of {benchmark}"
        raise InputError(
            f"{name}: ground truth of frame {frame:g}, id {identity:g}: column 8 is missing or not {whose} "
            f"({first} to {last}); if it is another benchmark, name it"
        )


def _classes(truth: Rows) -> NDArray[np.float64]:
    return truth[:, CLASS] if truth.shape[1] > CLASS else np.full(len(truth), -1.0)


def _sorted(name: str, rows: Rows) -> Rows:
    """The rows by frame, those of one frame in their order."""
    keys = rows[np.lexsort((rows[:, 1], rows[:, 0])), :2]
    repeated = np.flatnonzero((keys[1:] == keys[:-1]).all(axis=1))
    if len(repeated):
        frame, identity = keys[repeated[0]]
        raise InputError(f"{name}: id {identity:g} occurs twice in frame {frame:g}")
    return rows[np.argsort(rows[:, 0], kind="stable")]


def _slices(rows: Rows, frames: NDArray[np.float64]) -> list[slice]:
    bounds = np.searchsorted(rows[:, 0], np.append(frames, np.inf)).tolist()
    return [slice(start, stop) for start, stop in pairwise(bounds)]


def _corners(rows: Rows) -> NDArray[np.float64]:
    """Boxes as `x1 y1 x2 y2`, in float64, so that their IoU equals that of TrackEval."""
    return np.hstack([rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6]])


def _similarity(truth_box: NDArray[np.float64], track_box: NDArray[np.float64]) -> NDArray[np.float64]:
    """IoU of every pair; 0 if both boxes are so thin that their corners are equal."""
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(iou_matrix(truth_box, track_box), copy=False)


def _on_distractor(overlap: NDArray[np.float64], distractor: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The columns that the best matching of the frame, with IoU of at least one half, assigns to distractors."""
    from scipy.optimize import linear_sum_assignment

    removed = np.zeros(overlap.shape[1], bool)
    score = np.where(overlap < MATCH_IOU, 0.0, overlap)
    if score[distractor].any():
        rows, columns = linear_sum_assignment(score, maximize=True)
        removed[columns] = distractor[rows] & (score[rows, columns] > 0)
    return removed


def _labels(rows: Rows) -> NDArray[np.intp]:
    labels: NDArray[np.intp] = np.unique(rows[:, 1], return_inverse=True)[1]
    return labels
