"""Ground truth and results of a sequence from their files, with their classes."""

import json
from dataclasses import replace
from pathlib import Path

from siamlink.detectors.base.errors import InputError
from siamlink.detectors.class_names import COCO, HIGHEST, ClassNames
from siamlink.detectors.mot.text import read_rows
from siamlink.tools.evaluation.classes import Annotated, ClassedRows
from siamlink.tools.evaluation.ground_truth import (
    CLASS,
    MOT_CLASSES,
    PLAIN,
    Rows,
    find_benchmark,
    has_pedestrian_rules,
)
from siamlink.tools.evaluation.layouts import TruthFile

LABELS = "labels.txt"
"""The names of classes beside a `gt.txt`, as CVAT writes them; the first is that of class 1."""


def read_truth(file: TruthFile, benchmark: str = "auto", names: ClassNames | None = None) -> Annotated:
    """Read the ground truth of a sequence.

    Args:
        file: where it is.
        benchmark: as for `find_benchmark`; `auto` is `plain` where `labels.txt` beside the file names the classes.
        names: of the classes, where neither the benchmark nor `labels.txt` names them.

    Raises:
        InputError: the file cannot be read, or a class is not one of the benchmark's.
        FormatError: the file is malformed.
        ConfigError: there is no such benchmark.
    """
    rows = read_rows(file.path, file.frame_count, unique_ids=True)
    labels = _labels(file.path)
    rules = PLAIN if labels and benchmark == "auto" else benchmark
    return replace(classed_truth(file.name, rows, rules, labels or names), frame_count=file.frame_count)


def classed_truth(name: str, rows: Rows, benchmark: str = "auto", names: ClassNames | None = None) -> Annotated:
    """Rows of ground truth with their classes, which MOT15 does not have; raises as `find_benchmark` does."""
    is_assumed = benchmark == "auto" and not name.lower().startswith("mot")
    benchmark = find_benchmark(name, rows, benchmark)
    boxes = ClassedRows(rows)
    if has_pedestrian_rules(benchmark):
        boxes = ClassedRows(rows, rows[:, CLASS].astype(int), MOT_CLASSES)
    elif benchmark == PLAIN and rows.shape[1] > CLASS and (rows[:, CLASS] != -1).any():
        boxes = ClassedRows(rows, rows[:, CLASS].astype(int), names)
    return Annotated(name, benchmark, boxes, is_assumed)


def read_tracks(path: Path, frame_count: int | None, names: ClassNames | None = None) -> ClassedRows:
    """Read results of a sequence; raises as `read_rows` does.

    Args:
        path: a MOT file; its 8th column holds classes if all values are whole numbers and one is not -1.
        frame_count: the length of the sequence; None if it is not known.
        names: of the classes, where neither a file of names nor the record of the run, both beside `path`, names them.
    """
    rows = read_rows(path, frame_count, unique_ids=True)
    return classed_tracks(rows, ClassNames.beside(path) or _names_of_run(path) or names)


def classed_tracks(rows: Rows, names: ClassNames | None = None) -> ClassedRows:
    """Rows of results with the classes in their 8th column, if there are any."""
    if rows.shape[1] <= CLASS:
        return ClassedRows(rows)
    classes = rows[:, CLASS]
    whole = (classes % 1 == 0) & (classes >= -1) & (classes <= HIGHEST)
    if not whole.all() or (classes == -1).all():
        return ClassedRows(rows)
    return ClassedRows(rows, classes.astype(int), names)


def read_class_names(given: str) -> ClassNames:
    """The names of classes: `coco`, or a text file of one name a line, the first that of class 0.

    Raises:
        InputError: the file cannot be read.
        FormatError: it is not text, or a line is empty.
    """
    return COCO if given.lower() == "coco" else ClassNames.read(given)


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
