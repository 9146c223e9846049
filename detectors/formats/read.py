"""Recognises the format of a file or folder of boxes, and reads it."""

import json
from pathlib import Path

import numpy as np

from siamlink.detectors.class_names import ClassNames
from siamlink.detectors.formats.against_picture import note_outside, to_pixels
from siamlink.detectors.formats.box_file import BoxFile
from siamlink.detectors.formats.checks import FROM_ZERO, check_numbers, check_repeats
from siamlink.detectors.formats.coco import video_names
from siamlink.detectors.formats.csv_text import is_header, is_header_comment, read_csv
from siamlink.detectors.formats.cvat import read_cvat
from siamlink.detectors.formats.frame_numbers import number_frames
from siamlink.detectors.formats.json_text import read_json
from siamlink.detectors.formats.kitti import is_kitti, read_kitti
from siamlink.detectors.formats.mot_text import read_mot_text, rows_of
from siamlink.detectors.formats.pictures import UNKNOWN, Pictures, ReadingOptions
from siamlink.detectors.formats.raw_boxes import BOX, FRAME, RawBoxes
from siamlink.detectors.formats.text_lines import lines_of, read_text
from siamlink.detectors.formats.yolo import label_files, read_yolo

AS_DEFINED = ReadingOptions()
"""The numbers are read as the format defines them."""


def read_boxes(
    path: str | Path,
    pictures: Pictures = UNKNOWN,
    options: ReadingOptions = AS_DEFINED,
    unique_ids: bool = False,
) -> BoxFile:
    """Read detections, tracks or ground truth from a file or folder, in the format that it turns out to have.

    Args:
        path: MOT or KITTI text, CSV with a header, JSON lines, COCO JSON, XML of CVAT, or a folder of YOLO text files.
        pictures: what is known of the pictures, against which frames and boxes are checked.
        options: how the numbers are to be read, where the user says so.
        unique_ids: whether an id that occurs twice in a frame is an error (ground truth and tracks, not detections).

    Returns:
        The boxes in the file's order, in pixels, with frames from 1; `notes` says what was assumed.

    Raises:
        InputError: the file cannot be read.
        FormatError: it is of no known format, a value is missing, not a number or out of range, a box has no area, or
            a row occurs twice. The message names the place.
    """
    path = Path(path)
    raw = _read_raw(path, pictures)
    if options.box_format is not None:
        raw.box_format = options.box_format
    pictures = number_frames(raw, pictures, options)
    check_numbers(raw, pictures, FROM_ZERO)
    to_pixels(raw, pictures, options)
    check_repeats(raw, unique_ids)
    note_outside(raw, pictures)
    return _finished(raw, pictures)


def videos_in(path: Path) -> list[str]:
    """The names of the videos whose boxes a file holds, if it is of a format that names them: COCO JSON.

    Raises:
        InputError: the file cannot be read.
    """
    if path.suffix != ".json":
        return []
    try:
        content = json.loads(read_text(path))
    except (ValueError, RecursionError):  # reading its boxes says so
        return []
    return video_names(content) if isinstance(content, dict) and "annotations" in content else []


def files_of(path: Path) -> list[Path]:
    """The files that hold the boxes of a file or folder.

    Raises:
        InputError: the folder cannot be read, or holds none.
    """
    return label_files(path) if path.is_dir() else [path]


def _read_raw(path: Path, pictures: Pictures) -> RawBoxes:
    if path.is_dir():
        return read_yolo(path, pictures)
    text = read_text(path)
    if text.lstrip().startswith("<"):
        return read_cvat(path, text)
    if text.lstrip()[:1] in ("{", "["):
        return read_json(path, text, pictures)
    lines = lines_of(path, text)
    while lines.content and lines.content[0].lstrip().startswith("#") and not is_header_comment(lines.content[0]):
        lines = lines.from_row(1)
    if lines.content and (is_header(lines.content[0]) or is_header_comment(lines.content[0])):
        return read_csv(lines, pictures)
    if lines.content and is_kitti(lines.content[0]):
        return read_kitti(lines)
    return read_mot_text(lines)


def _finished(raw: RawBoxes, pictures: Pictures) -> BoxFile:
    count = len(raw)
    if raw.label is not None and (raw.label < 0).all():
        raw.label = None
    if raw.columns is not None:
        raw.columns[:, FRAME], raw.columns[:, BOX] = raw.numbers[:, FRAME], raw.numbers[:, BOX]
    return BoxFile(
        path=raw.path,
        format=raw.format,
        rows=rows_of(raw),
        label=np.zeros(count, np.int16) if raw.label is None else raw.label.astype(np.int16),
        has_classes=raw.label is not None,
        class_names=raw.class_names or ClassNames.beside(raw.path),
        interpolated=np.zeros(count, bool) if raw.interpolated is None else raw.interpolated,
        found=np.zeros(count, bool) if raw.found is None else raw.found,
        link_probability=np.full(count, np.nan, np.float32) if raw.link_probability is None else raw.link_probability,
        first_frame=pictures.first_frame,
        notes=tuple(raw.notes),
    )
