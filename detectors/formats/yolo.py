"""Reads a folder of YOLO text files, one a frame: `class cx cy w h [score] [id]`, as parts of the picture."""

from pathlib import Path

import numpy as np
import yaml

from siamlink.detectors.base.arrays import FloatArray
from siamlink.detectors.base.errors import FormatError, InputError
from siamlink.detectors.class_names import ClassNames
from siamlink.detectors.formats.named_columns import number_at_end
from siamlink.detectors.formats.pictures import BoxFormat, Pictures
from siamlink.detectors.formats.raw_boxes import BOX, FRAME, ID, SCORE, Place, RawBoxes, no_boxes
from siamlink.detectors.formats.text_lines import lines_of, number_of, read_text

NAME = "YOLO folder"
LABELS = "labels"
NAME_FILES = ("classes.txt", "obj.names", "predefined_classes.txt", "data.yaml", "dataset.yaml")
COLUMNS = ("class", "centre x", "centre y", "width", "height")


def label_files(folder: Path) -> list[Path]:
    """The text files of a YOLO folder or of its folder `labels`, by name.

    Raises:
        InputError: the folder cannot be read, or there are none with a number in the name.
    """
    try:
        for place in (folder, folder / LABELS):
            files = [path for path in place.glob("*.txt") if path.name not in NAME_FILES and path.name[0] != "."]
            if any(number_at_end(path.name) is not None for path in files):
                return sorted(files)
    except OSError as error:
        raise InputError(f"cannot read the folder {folder}: {error.strerror or error}") from None
    raise InputError(
        f"no detections in the folder {folder}: expected text files of YOLO, one a frame, with its number in the name"
    )


def read_yolo(folder: Path, pictures: Pictures) -> RawBoxes:
    """Read boxes from a folder; the frames are those of the pictures of the same names, else the numbers in the names.

    Raises:
        InputError: the folder or a file cannot be read.
        FormatError: a file has no number in its name, or a line is malformed.
    """
    files = label_files(folder)
    frames, counts_from, notes = _frames(files, pictures)
    rows: list[list[float]] = []
    places: list[tuple[Path, int]] = []
    frame_of_row: list[int] = []
    for path, frame in zip(files, frames, strict=True):
        lines = lines_of(path, read_text(path))
        for number, line in zip(lines.number.tolist(), lines.content, strict=True):
            rows.append(_row(path, number, line))
            places.append((path, number))
            frame_of_row.append(frame)
    if not rows:
        return no_boxes(folder, NAME)
    numbers = np.full((len(rows), 7), -1.0)
    numbers[:, FRAME], numbers[:, BOX] = frame_of_row, np.array([row[1:5] for row in rows])
    numbers[:, SCORE], numbers[:, ID] = _scores_and_ids(rows)
    columns = (None, 7, 2, 3, 4, 5, 6)

    def place(row: int, column: int | None) -> Place:
        return Place(*places[row], None if column is None else columns[column])

    return RawBoxes(
        path=folder,
        format=NAME,
        numbers=numbers,
        place=place,
        box_format=BoxFormat.cxcywh,
        counts_from=counts_from,
        label=np.array([row[0] for row in rows]),
        class_names=_class_names(folder),
        normalised=True,
        notes=notes,
    )


def _frames(files: list[Path], pictures: Pictures) -> tuple[list[int], int | None, list[str]]:
    known = pictures.frame_of_stem
    if known and all(path.stem in known for path in files):
        return [known[path.stem] for path in files], 1, []
    frames = []
    for path in files:
        number = number_at_end(path.name)
        if number is None:
            raise FormatError(path, "there is no frame number in the name of the file")
        frames.append(number)
    if len(set(frames)) < len(frames):
        second = next(path for path, frame in zip(files, frames, strict=True) if frames.count(frame) > 1)
        raise FormatError(second, f"another file in the folder is of frame {number_at_end(second.name)} too")
    return frames, 0 if 0 in frames else 1, []


def _row(path: Path, number: int, line: str) -> list[float]:
    fields = line.split()
    if len(fields) > 7:
        raise FormatError(path, f"expected 5 to 7 fields, found {len(fields)}: polygons cannot be tracked", number)
    if len(fields) < 5:
        raise FormatError(path, f"expected 5 to 7 fields (class, box, score, id), found {len(fields)}", number)
    row = []
    for column, field in enumerate(fields, 1):
        try:
            row.append(number_of(field))
        except ValueError:
            name = f" ({COLUMNS[column - 1]})" if column <= len(COLUMNS) else ""
            raise FormatError(path, f"{field[:40]!r}{name} is not a number", number, column) from None
    return row


def _scores_and_ids(rows: list[list[float]]) -> tuple[FloatArray, FloatArray]:
    """Scores (N,) and ids (N,); a sixth number alone is an id if such numbers are whole and one exceeds 1."""
    sixth = np.array([row[5] for row in rows if len(row) == 6])
    with np.errstate(invalid="ignore"):
        is_id = bool(len(sixth)) and not any(len(row) == 7 for row in rows)
        is_id = is_id and bool((sixth % 1 == 0).all()) and bool((sixth > 1).any())
    score, identity = np.ones(len(rows)), np.full(len(rows), -1.0)
    for index, row in enumerate(rows):
        if len(row) == 6 and is_id:
            identity[index] = row[5]
        elif len(row) >= 6:
            score[index] = row[5]
        if len(row) == 7:
            identity[index] = row[6]
    return score, identity


def _class_names(folder: Path) -> ClassNames | None:
    """The names that lie with the files, in their folder or the one above."""
    for path in (place / name for place in (folder, folder.parent) for name in NAME_FILES):
        if not path.is_file():
            continue
        if path.suffix != ".yaml":
            return ClassNames.read(path)
        names = _yaml_names(path)
        if names is not None:
            return names
    return None


def _yaml_names(path: Path) -> ClassNames | None:
    """The entry `names` of a data set's YAML file; None if it has none."""
    try:
        content = yaml.safe_load(read_text(path))
    except (yaml.YAMLError, RecursionError):
        return None
    names = content.get("names") if isinstance(content, dict) else None
    if not isinstance(names, dict | list):
        return None
    try:
        return ClassNames(names)
    except (InputError, TypeError) as error:
        raise FormatError(path, f"names: {error}") from None
