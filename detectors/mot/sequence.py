"""The MOTChallenge layout: `SEQ/seqinfo.ini`, `SEQ/img1/` or `SEQ/SEQ.mp4`, `SEQ/det/det.txt`, `SEQ/gt/gt.txt`."""

import configparser
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from siamlink.detectors.base.errors import FormatError, InputError
from siamlink.detectors.base.image_names import first_number, image_files
from siamlink.detectors.class_names import NAMES_SUFFIX
from siamlink.detectors.detections import Detections
from siamlink.detectors.formats.checks import MAX_FRAME, MAX_PIXEL
from siamlink.detectors.formats.pictures import Pictures
from siamlink.detectors.formats.read import read_boxes

VIDEO_SUFFIXES = (".mp4", ".mkv", ".avi", ".mov", ".webm", ".m4v", ".mpg", ".ts")
MAX_LINK_BYTES = 4096
"""Bytes; a larger file is not a link."""
MAX_NAME_LENGTH = 255
"""Characters of a folder's name."""
MAX_FRAME_RATE = 1e6
"""Frames per second; no camera is faster."""


@dataclass(frozen=True)
class Sequence:
    """One MOT sequence on disk.

    Attributes:
        name: the folder's name, also used for its results.
        folder: its folder.
        frame_rate: frames per second, from `seqinfo.ini`; None without one.
        frame_count: from `seqinfo.ini`; None without one.
        size: width and height in pixels, from `seqinfo.ini`; None without one.
        frames: the image folder or the video file; None when the sequence has detections only.
    """

    name: str
    folder: Path
    frame_rate: float | None
    frame_count: int | None
    size: tuple[int, int] | None
    frames: Path | None

    @property
    def detection_file(self) -> Path:
        """Path of the public detections, whether they exist or not."""
        return self.folder / "det" / "det.txt"

    @property
    def detection_files(self) -> list[Path]:
        """All text files of detections, by name; those with the names of classes are none."""
        return sorted(path for path in self.folder.glob("det/*.txt") if not path.name.endswith(NAMES_SUFFIX))

    @property
    def truth_file(self) -> Path:
        """Path of the ground truth, whether it exists or not."""
        return self.folder / "gt" / "gt.txt"

    @cached_property
    def pictures(self) -> Pictures:
        """What is known of its pictures without reading them, to check boxes against.

        Raises:
            InputError: the folder of its images cannot be read.
        """
        files = image_files(self.frames) if self.frames and self.frames.is_dir() else []
        first = first_number(files)
        names = {path.name: number for number, path in enumerate(files, first)}
        return Pictures(self.name, self.size, first, self.frame_count, names)

    def read_detections(self, path: Path | None = None) -> Detections:
        """Read the public detections, or another detection file of this sequence, in any format."""
        return read_boxes(path or self.detection_file, self.pictures).detections()


def is_sequence(folder: Path) -> bool:
    """Whether a folder has the layout of a MOT sequence: one of `seqinfo.ini`, `det/`, `gt/` or `img1/`."""
    return folder.is_dir() and any((folder / part).exists() for part in ("seqinfo.ini", "det", "gt", "img1"))


def find_sequences(folder: Path) -> list[Sequence]:
    """The sequence in `folder`, or all sequences directly below it, in order of their names.

    Raises:
        InputError: there is no sequence.
    """
    if is_sequence(folder):
        return [open_sequence(folder)]
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; expected a MOT sequence or a folder of sequences")
    sequences = [open_sequence(child) for child in sorted(folder.iterdir()) if is_sequence(child)]
    if not sequences:
        raise InputError(f"no MOT sequence in {folder}: none of its folders has seqinfo.ini, img1/, det/ or gt/")
    return sequences


def open_sequence(folder: Path) -> Sequence:
    """Read a sequence's `seqinfo.ini` and find its frames.

    Raises:
        InputError: the folder is not a MOT sequence.
        FormatError: `seqinfo.ini` is malformed.
    """
    if not is_sequence(folder):
        raise InputError(f"{folder} is not a MOT sequence: it has no seqinfo.ini, img1/, det/ or gt/")
    folder = folder.resolve()
    info = _read_info(folder / "seqinfo.ini")
    images = folder / _image_folder(folder, info)
    videos = [folder / f"{folder.name}{suffix}" for suffix in VIDEO_SUFFIXES]
    width, height = (_positive(folder, info, key, MAX_PIXEL, whole=True) for key in ("imwidth", "imheight"))
    length = _positive(folder, info, "seqlength", MAX_FRAME, whole=True)
    return Sequence(
        name=folder.name,
        folder=folder,
        frame_rate=_positive(folder, info, "framerate", MAX_FRAME_RATE),
        frame_count=int(length) if length else None,
        size=(int(width), int(height)) if width and height else None,
        frames=next((_follow_link(path) for path in [images, *videos] if path.exists()), None),
    )


def find_detections(path: Path, folder: Path) -> Path:
    """The detection file `path`, or `path` inside the folder of a sequence.

    Raises:
        InputError: neither file exists.
    """
    inside = folder / path
    if not path.exists() and not inside.exists():
        raise InputError(f"no detections {path}: no such file here or in {folder}")
    return path if path.exists() else inside


def _follow_link(path: Path) -> Path:
    """The target of a link that is a text file, as git writes links on systems without them; otherwise `path`."""
    if path.is_dir() or path.stat().st_size > MAX_LINK_BYTES:
        return path
    target = path.parent / path.read_bytes().decode("utf-8", "replace").strip("\n\0")
    return target.resolve() if target.suffix == path.suffix and target.is_file() else path


def _read_info(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(path.read_text(encoding="utf-8-sig"), source=path.name)
        return dict(parser["Sequence"])
    except configparser.MissingSectionHeaderError as error:
        raise FormatError(path, "expected the line [Sequence] first", error.lineno) from None
    except configparser.ParsingError as error:
        raise FormatError(path, "expected 'key=value'", error.errors[0][0]) from None
    except configparser.Error as error:  # a section or a key that occurs twice
        raise FormatError(path, error.message.partition(": ")[2], getattr(error, "lineno", None)) from None
    except KeyError:
        raise FormatError(path, "no section [Sequence]") from None
    except UnicodeDecodeError:
        raise FormatError(path, "not a text file") from None
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from None


def _image_folder(folder: Path, info: dict[str, str]) -> str:
    """The name of the image folder; a name that leads out of the sequence is an error."""
    name = info.get("imdir") or "img1"
    if Path(name).is_absolute() or ".." in Path(name).parts or len(name) > MAX_NAME_LENGTH or not name.isprintable():
        raise FormatError(folder / "seqinfo.ini", f"imdir must be a folder inside the sequence, not {name[:80]!r}")
    return name


def _positive(folder: Path, info: dict[str, str], key: str, most: float, whole: bool = False) -> float | None:
    if key not in info:
        return None
    try:
        value = float(info[key])
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise FormatError(folder / "seqinfo.ini", f"{key} must be a number above 0, not {info[key][:80]!r}")
    if value > most or (whole and value % 1):
        expected = f"a whole number up to {most:.0f}" if whole else f"at most {most:.0f}"
        raise FormatError(folder / "seqinfo.ini", f"{key} must be {expected}, not {info[key][:80]!r}")
    return value
