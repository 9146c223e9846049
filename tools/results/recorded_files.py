"""The files that the record of a run names."""

from pathlib import Path
from typing import Any


def recorded_file(stated: object, results: Path, record: dict[str, Any]) -> Path | None:
    """A file or folder that a record names, by its path from the present folder or from that of the results.

    The annotated video of the run lies beside its tracks, under the name that the source has in its own folder: it is
    never meant.

    Args:
        stated: the path in the record.
        results: the tracks beside the record.
        record: the record.

    Returns:
        Where it is; None if it is not there, or the record does not name one.
    """
    if not isinstance(stated, str) or not stated:
        return None
    video = results.with_suffix(".mp4")
    drawn = "draw" in part_of(record, "seconds") and video.exists()
    for path in (Path(stated), results.parent / stated):
        if path.exists() and not (drawn and path.samefile(video)):
            return path
    return None


def part_of(record: dict[str, Any], name: str) -> dict[str, Any]:
    """A part of a record; empty if it is none."""
    part = record.get(name)
    return part if isinstance(part, dict) else {}
