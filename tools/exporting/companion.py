"""The name of a second file that belongs to an exported one."""

from pathlib import Path


def companion_of(path: Path, suffix: str) -> Path:
    """A second file of the same name with another suffix."""
    return path.with_name(path.name.removesuffix(path.suffix) + suffix)
