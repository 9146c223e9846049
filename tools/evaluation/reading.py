"""Ground truth and results of a sequence from their files, with their classes."""

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from siamlink.detectors.base.counted import counted
from siamlink.detectors.base.errors import FormatError, InputError
from siamlink.detectors.class_names import ClassNames
from siamlink.detectors.formats.against_picture import lies_within_a_pixel
from siamlink.detectors.formats.box_file import BoxFile
from siamlink.detectors.formats.kitti import NAME as KITTI_TEXT
from siamlink.detectors.formats.kitti import read_marks
from siamlink.detectors.formats.mot_text import NAME as MOT_TEXT
from siamlink.detectors.formats.mot_text import has_class_numbers
from siamlink.detectors.formats.pictures import UNKNOWN, Pictures, ReadingOptions
from siamlink.detectors.formats.read import AS_DEFINED, read_boxes
from siamlink.tools.evaluation.classes import Annotated, ClassedRows, spelling
from siamlink.tools.evaluation.ground_truth import (
    CLASS,
    FLAG,
    MOT_CLASSES,
    NO_REGIONS,
    PLAIN,
    Rows,
    find_benchmark,
    has_pedestrian_rules,
)
from siamlink.tools.evaluation.kitti import KITTI, OCCLUDED, TRUNCATED, are_types_of_kitti
from siamlink.tools.evaluation.layouts import TruthFile
from siamlink.tracker.tracks import Tracks

LABELS = "labels.txt"
"""The names of classes beside a `gt.txt`, as CVAT writes them; the first is that of class 1."""


def read_truth(file: TruthFile, benchmark: str = "auto", names: ClassNames | None = None) -> Annotated:
    """Read the ground truth of a sequence.

    Args:
        file: where it is.
        benchmark: as for `find_benchmark`; `auto` is `kitti` for KITTI text with the types of the benchmark, and
            `plain` for other formats than MOT text, and where `labels.txt` beside the file names the classes.
        names: of the classes, where neither the benchmark nor the files name them.

    Raises:
        InputError: the file cannot be read, or a class is not one of the benchmark's.
        FormatError: the file is malformed, or has boxes without ids.
        ConfigError: there is no such benchmark.
    """
    pictures = file.pictures
    if file.path.suffix == ".txt":
        pictures = replace(pictures, size=None)  # boxes of ground truth may end far outside the picture
    boxes = read_boxes(file.path, pictures, unique_ids=True)
    if file.pictures.size and lies_within_a_pixel(boxes.rows[:, 2:6]):
        boxes = read_boxes(file.path, file.pictures, unique_ids=True)
    _check_ids(boxes)
    labels = _labels(file.path)
    known = boxes.class_names or labels or ClassNames.beside(file.path)
    rows, regions = boxes.rows, NO_REGIONS
    if boxes.format != MOT_TEXT:
        rows[:, FLAG] = 1
    if boxes.format == KITTI_TEXT:
        regions = _add_marks(rows, file.path)
    if benchmark == "auto" and (boxes.format != MOT_TEXT or labels is not None):
        types = {spelling(name) for name in (known or {}).values()}
        benchmark = KITTI if boxes.format == KITTI_TEXT and are_types_of_kitti(types) else PLAIN
    annotated = classed_truth(file.name, rows, benchmark, known or names)
    truth = replace(annotated.truth, remarks=boxes.notes)
    return replace(annotated, truth=truth, frame_count=pictures.frame_count, regions=regions)


def classed_truth(name: str, rows: Rows, benchmark: str = "auto", names: ClassNames | None = None) -> Annotated:
    """Rows of ground truth with their classes, which MOT15 does not have; raises as `find_benchmark` does."""
    is_assumed = benchmark == "auto" and not name.lower().startswith("mot")
    benchmark = find_benchmark(name, rows, benchmark)
    boxes = ClassedRows(rows)
    if has_pedestrian_rules(benchmark):
        boxes = ClassedRows(rows, rows[:, CLASS].astype(int), MOT_CLASSES)
    elif benchmark in (PLAIN, KITTI) and rows.shape[1] > CLASS and (rows[:, CLASS] != -1).any():
        boxes = ClassedRows(rows, rows[:, CLASS].astype(int), names)
    return Annotated(name, benchmark, boxes, is_assumed)


def read_tracks(
    path: Path,
    pictures: Pictures = UNKNOWN,
    names: ClassNames | None = None,
    reading: ReadingOptions = AS_DEFINED,
) -> ClassedRows:
    """Read results of a sequence.

    Args:
        path: a file of any format. The 8th column of MOT text holds classes as `has_class_numbers` says.
        pictures: what is known of the pictures of the sequence.
        names: of the classes, where neither the file, nor a file of names or the record of the run beside it, names
            them.
        reading: how the numbers are to be read.

    Raises:
        InputError: the file cannot be read.
        FormatError: the file is malformed, or has boxes without ids.
    """
    boxes = read_boxes(path, pictures, reading, unique_ids=True)
    _check_ids(boxes)
    return _classed(boxes, boxes.class_names or ClassNames.beside(path) or _names_of_run(path) or names)


def read_detections(path: Path, pictures: Pictures, names: ClassNames | None = None) -> ClassedRows:
    """Read detections of a sequence; raises as `read_boxes` does. Arguments as for `read_tracks`."""
    boxes = read_boxes(path, pictures)
    return _classed(boxes, boxes.class_names or ClassNames.beside(path) or names)


def classed_tracks(rows: Rows, names: ClassNames | None = None) -> ClassedRows:
    """Rows of results with the classes in their 8th column, if there are any."""
    return ClassedRows(rows, rows[:, CLASS].astype(int), names) if has_class_numbers(rows) else ClassedRows(rows)


def written_rows(tracks: Tracks, names: ClassNames | None = None) -> Rows:
    """Tracks as the rows (N, 10) of the file that they are written to."""
    text = tracks.to_mot_text(names)
    return np.loadtxt(io.StringIO(text), delimiter=",", ndmin=2) if text else np.zeros((0, 10))


def _classed(boxes: BoxFile, names: ClassNames | None) -> ClassedRows:
    if not boxes.has_classes:
        return ClassedRows(boxes.rows, remarks=boxes.notes)
    return ClassedRows(boxes.rows, boxes.label.astype(int), names, boxes.notes)


def _add_marks(rows: Rows, path: Path) -> Rows:
    """Write the marks of KITTI text into the last columns of its rows; returns the regions without annotations."""
    marks = read_marks(path)
    rows[:, TRUNCATED], rows[:, OCCLUDED] = marks.truncated, marks.occluded
    regions = marks.regions.copy()
    regions[:, 0] += rows[0, 0] - marks.frame[0] if len(rows) else 1
    return regions


def _check_ids(boxes: BoxFile) -> None:
    """Raise an error if boxes have no ids; in MOT text, where any number is one, if none is above -1."""
    missing = int((boxes.track_id < 0).sum())
    if missing and (boxes.format != MOT_TEXT or missing == len(boxes)):
        raise FormatError(
            boxes.path,
            f"{missing} of {counted(len(boxes), 'box')} without a track id: these are detections",
        )


def _names_of_run(path: Path) -> ClassNames | None:
    """The names of classes in the record that `siamlink track` writes beside its tracks; None without such a record."""
    try:
        record = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        return ClassNames({each["number"]: each["name"] for each in record["classes"] if each["name"]}) or None
    except (OSError, ValueError, LookupError, TypeError, InputError):
        return None


def _labels(truth: Path) -> ClassNames | None:
    path = truth.parent / LABELS
    if not path.is_file():
        return None
    return ClassNames({number + 1: name for number, name in ClassNames.read(path).items()})
