"""The pages of the Python interface: mkdocstrings fills them with the docstrings of the public names."""

from importlib import import_module

PACKAGES = {
    "siamlink.tracker": "Tracking: one call for a whole video, trackers for frames as they come, and their results.",
    "siamlink.detectors": "Detections, detectors and sources of frames; errors.",
    "siamlink.association": "For plug-ins and research: candidate pairs, matching, appearance and solvers.",
    "siamlink.tools.evaluation": "Scores of tracks.",
}
"""What each package with public names is for."""


def public_names(package: str) -> list[str]:
    """The names that a package offers, but for its version."""
    return [name for name in import_module(package).__all__ if not name.startswith("_")]


def api_pages() -> dict[str, str]:
    """The Markdown of each page by its name."""
    parts = ["# Python API\n\nAll public names. What is not here may change without notice.\n"]
    for package, purpose in PACKAGES.items():
        parts.append(f"## {package}\n\n{purpose}\n")
        parts += [f"::: {package}.{name}\n" for name in public_names(package)]
    return {"api.md": "\n".join(parts)}
