"""Documents outside of docs/, as pages."""

from pathlib import Path

from links import PAGE_OF

ROOT = Path(__file__).parents[1]


def project_pages() -> dict[str, str]:
    """The Markdown of each page by its name; the README has a page of its own, docs/index.md."""
    return {
        page: (ROOT / document).read_text(encoding="utf-8")
        for document, page in PAGE_OF.items()
        if document != "README.md"
    }
