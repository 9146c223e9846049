"""Links of documents that are read in the repository and on the site."""

import re

PAGE_OF = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security-policy.md",
    "association/weights/MODEL_CARD.md": "model-card.md",
}
"""The page of each document outside of docs/."""
LINK = re.compile(r"(\]\()(?!\w+:)([^)#\s]+)((?:#[^)\s]*)?\))")


def inside_the_site(markdown: str) -> str:
    """The text with each relative link as the site needs it: docs/track.md is track.md, ../README.md is index.md."""
    return LINK.sub(lambda link: link[1] + _place(link[2]) + link[3], markdown)


def _place(path: str) -> str:
    bare = re.sub(r"^(\.\./)+", "", path)
    return PAGE_OF.get(bare) or re.sub(r"\.ipynb$", ".md", bare.removeprefix("docs/"))
