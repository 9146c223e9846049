"""The pages of the Python interface: mkdocstrings fills them with the docstrings of the public names."""

from importlib import import_module

from markdown_text import table

START = """# Python API

All public names, by package. What is not here may change without notice. The [Python guide](python.md) shows how they
are used.
"""
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
    """The Markdown of each page by its name: a page for each package, and one that lists them."""
    rows = [(f"[{package}]({page_of(package)})", purpose) for package, purpose in PACKAGES.items()]
    pages = {"api.md": "\n".join([START, table(("package", "for"), rows)])}
    for package, purpose in PACKAGES.items():
        names = [f"::: {package}.{name}\n" for name in public_names(package)]
        pages[page_of(package)] = "\n".join([f"# {package}\n\n{purpose}\n", *names])
    return pages


def page_of(package: str) -> str:
    """The name of the page of a package."""
    return f"api-{package.rpartition('.')[2]}.md"
