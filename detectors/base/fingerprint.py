"""Digests of files, settings and code: where a fingerprint is the same, a result would be the same."""

import hashlib
import json
import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path

PACKAGES = ("av", "numpy", "onnxruntime", "opencv-python", "pillow")
"""Packages whose version can change decoded images, detections and descriptors."""

OTHER_BUILDS = {
    "onnxruntime": ("onnxruntime-gpu", "onnxruntime-directml", "onnxruntime-openvino"),
    "opencv-python": ("opencv-python-headless", "opencv-contrib-python", "opencv-contrib-python-headless"),
    "xgboost": ("xgboost-cpu",),
}
"""Packages that hold the same module in another build."""


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def text_digest(text: str) -> str:
    """SHA-256 of a text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def code_digest(*packages: str) -> str:
    """SHA-256 over the code of `packages` with all sub-packages, the versions of `PACKAGES`, Python and the machine."""
    roots = [(name, Path(str(files(name)))) for name in packages]
    sources = sorted(
        (name, path.relative_to(root).as_posix(), text_digest(path.read_text("utf-8")))
        for name, root in roots
        for path in root.rglob("*.py")
    )
    versions = {name: package_version(name) for name in PACKAGES}
    return text_digest(json.dumps([sources, versions, platform.python_version(), platform.machine()]))


def fingerprint_of(plug_in: object) -> str | None:
    """The class of a detector or an appearance with its attribute `fingerprint`; None if it has none."""
    settings = getattr(plug_in, "fingerprint", None)
    kind = plug_in if hasattr(plug_in, "__qualname__") else type(plug_in)
    return None if settings is None else f"{kind.__module__}.{kind.__qualname__} {settings}"


def package_version(package: str) -> str | None:
    """The version of an installed package, or of another build of it; None if there is none."""
    for name in (package, *OTHER_BUILDS.get(package, ())):
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return None
