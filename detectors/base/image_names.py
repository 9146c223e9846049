"""The image files of a folder: their order, and the frame numbers that their names state."""

import re
from collections.abc import Sequence
from pathlib import Path

from siamlink.detectors.base.errors import InputError

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".gif")


def image_files(folder: Path) -> list[Path]:
    """The images directly in a folder, in natural order (frame2 before frame10), without hidden files.

    Of files whose names differ in the suffix only, the one with the suffix that most of such files have, or else that
    comes first in `IMAGE_SUFFIXES`; `repeated_names` says so.

    Raises:
        InputError: the folder cannot be read.
    """
    return [paths[0] for paths in _by_stem(folder)]


def repeated_names(folder: Path) -> str:
    """One line about files whose names differ in the suffix only; empty if there are none.

    Raises:
        InputError: the folder cannot be read.
    """
    repeated = [paths for paths in _by_stem(folder) if len(paths) > 1]
    if not repeated:
        return ""
    used, *others = (path.name for path in repeated[0])
    pictures = "1 picture is" if len(repeated) == 1 else f"{len(repeated)} pictures are"
    return f"{pictures} there more than once, as {' and '.join((used, *others))}: {used} is used, and the like"


def first_number(files: Sequence[Path]) -> int:
    """The frame number of the first image.

    It is the number at the end of its name if all names are the same before such a number, and these numbers rise by
    one from 1 or more. Otherwise images are counted from 1.
    """
    parts = [re.fullmatch(r"(.*?)([0-9]{1,15})", path.stem) for path in files]
    if len(parts) < 2 or not all(parts):
        return 1
    prefixes = {part[1] for part in parts if part}
    numbers = [int(part[2]) for part in parts if part]
    consecutive = numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    return numbers[0] if len(prefixes) == 1 and consecutive and numbers[0] >= 1 else 1


def _by_stem(folder: Path) -> list[list[Path]]:
    """The images of a folder, those of one name without the suffix together, the one to use first."""
    try:
        names = sorted((path.name for path in folder.iterdir()), key=_natural_key)
    except OSError as error:
        raise InputError(f"cannot read the folder {folder}: {error.strerror or error}") from None
    files = [folder / name for name in names if name.lower().endswith(IMAGE_SUFFIXES) and name[0] != "."]
    groups: dict[str, list[Path]] = {}
    for path in files:
        groups.setdefault(path.stem, []).append(path)
    repeated = [path.suffix.lower() for paths in groups.values() if len(paths) > 1 for path in paths]

    def rank(path: Path) -> tuple[int, int]:
        suffix = path.suffix.lower()
        return -repeated.count(suffix), IMAGE_SUFFIXES.index(suffix)

    return [paths if len(paths) == 1 else sorted(paths, key=rank) for paths in groups.values()]


def _natural_key(name: str) -> tuple[list[int | str], str]:
    parts = re.split(r"(\d+)", name)
    return [int(part) if index % 2 else part.casefold() for index, part in enumerate(parts)], name
