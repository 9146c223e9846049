"""How detections are written: MOT text, CSV or JSON lines, by the suffix of the file."""

from collections.abc import Callable
from pathlib import Path

from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.base.output_files import partial_path
from siamlink.detectors.class_names import ClassNames, names_file
from siamlink.detectors.detections import Detections
from siamlink.detectors.mot.exact_text import format_detections
from siamlink.tools.console.files import check_output, output_errors, write_text
from siamlink.tools.console.standard_output import STANDARD_OUTPUT
from siamlink.tracker.table import Columns, box_columns, csv_text, json_lines

Lines = Callable[[Detections], list[str]]
"""The lines of detections; each is there once, as readers refuse repeated boxes."""
MOT_TEXT, CSV, JSON_LINES = "MOT text", "CSV", "JSON lines"
FORMATS = {".txt": MOT_TEXT, "": MOT_TEXT, ".csv": CSV, ".jsonl": JSON_LINES, ".ndjson": JSON_LINES}


def check_detection_file(path: Path, overwrite: bool, source: Path) -> None:
    """Check before the work that a file of detections can be written after it.

    Raises:
        OutputError: as `check_output`.
        ConfigError: its suffix names no format.
    """
    check_output(path, overwrite, [source])
    if path.suffix.lower() not in FORMATS:
        raise ConfigError(f"cannot write {path}: detections are MOT text (.txt), CSV (.csv) or JSON lines (.jsonl)")
    for beside in (partial_path(path), *([names_file(path)] if _format_of(path) == MOT_TEXT else [])):
        check_output(beside, overwrite, [source])


def detection_format(path: Path, frame_rate: float, class_names: ClassNames | None) -> tuple[str, Lines]:
    """The heading of a file of detections, which may be empty, and the format of its lines.

    Every format keeps all digits of boxes and scores. So tracks of detections that were written are those of a run that
    detects by itself.

    Args:
        path: the file; to standard output, JSON lines are written.
        frame_rate: frames per second.
        class_names: names of the classes, if the detector states them.
    """

    def columns(found: Detections) -> Columns:
        return box_columns(found, frame_rate, class_names)

    form = _format_of(path)
    if form == MOT_TEXT:
        return "", lambda found: _once(format_detections(found, class_names is not None))
    if form == CSV:
        heading = csv_text(columns(Detections.empty()))
        return heading, lambda found: _once(csv_text(columns(found), heading=False, exact=True))
    return "", lambda found: _once(json_lines(columns(found), exact=True))


def write_names(path: Path, class_names: ClassNames | None) -> None:
    """Write the names of classes beside MOT text, which has no place for them; without names, an earlier file goes.

    Raises:
        OutputError: the file cannot be written.
    """
    names = names_file(path)
    if _format_of(path) != MOT_TEXT:
        return
    if class_names is not None:
        write_text(names, class_names.to_text(), overwrite=True)
        return
    with output_errors(names):
        names.unlink(missing_ok=True)


def _format_of(path: Path) -> str:
    return JSON_LINES if path == STANDARD_OUTPUT else FORMATS.get(path.suffix.lower(), MOT_TEXT)


def _once(text: str) -> list[str]:
    return list(dict.fromkeys(text.splitlines(keepends=True)))
