"""What tells whether a result would come out the same: digests of files, of settings, and of the code at work."""

import hashlib
import json
import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path

PACKAGES = ("av", "numpy", "onnxruntime", "opencv-python", "pillow", "torch")
"""Whose versions decide what is decoded, found and described."""


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def text_digest(text: str) -> str:
    """SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def code_digest(*packages: str) -> str:
    """SHA-256 of all code of these packages and their sub-packages, and of the versions of what it stands on."""
    roots = [(name, Path(str(files(name)))) for name in packages]
    sources = sorted(
        (name, path.relative_to(root).as_posix(), text_digest(path.read_text("utf-8")))
        for name, root in roots
        for path in root.rglob("*.py")
    )
    versions = {name: package_version(name) for name in PACKAGES}
    return text_digest(json.dumps([sources, versions, platform.python_version(), platform.machine()]))


def fingerprint_of(plug_in: object) -> str | None:
    """What the answers of a detector or an appearance depend on, besides what it is shown; None if it does not say."""
    said = getattr(plug_in, "fingerprint", None)
    kind = plug_in if hasattr(plug_in, "__qualname__") else type(plug_in)
    return None if said is None else f"{kind.__module__}.{kind.__qualname__} {said}"


def package_version(package: str) -> str | None:
    """The version of an installed package; None where it is not installed under this name."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
