"""The notebooks of docs/notebooks as pages: their text, their code, and the outputs that are stored in them."""

import json
import re
from base64 import b64decode
from pathlib import Path
from typing import Any

NOTEBOOKS = Path(__file__).parents[1] / "docs" / "notebooks"
SHELL = "%%bash\n"
PICTURES = {"image/png": "png", "image/jpeg": "jpg"}


def notebook_pages() -> dict[str, str | bytes]:
    """The Markdown of each page and the pictures on it, by their names."""
    files: dict[str, str | bytes] = {}
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        files |= _page(path)
    return files


def _page(path: Path) -> dict[str, str | bytes]:
    pictures: dict[str, str | bytes] = {}
    parts = []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(re.sub(r"(\]\([^):]+)\.ipynb", r"\1.md", source))
            continue
        language = "bash" if source.startswith(SHELL) else "python"
        parts.append(f"```{language}\n{source.removeprefix(SHELL)}\n```")
        parts += [_shown(output, path.stem, pictures) for output in cell["outputs"]]
    title, _, rest = "\n\n".join(parts).partition("\n")
    download = f"[Download this notebook]({path.name}){{download}}"
    return {f"notebooks/{path.stem}.md": f"{title}\n\n{download}\n{rest}\n", **pictures}


def _shown(output: dict[str, Any], name: str, pictures: dict[str, str | bytes]) -> str:
    """The Markdown of one output; a picture is added to `pictures`."""
    if output["output_type"] == "stream":
        return f"```text\n{''.join(output['text'])}```"
    data = output["data"]
    for kind, suffix in PICTURES.items():
        if kind in data:
            picture = f"{name}-{len(pictures) + 1}.{suffix}"
            pictures[f"notebooks/{picture}"] = b64decode(data[kind])
            return f"![]({picture})"
    if "text/html" in data:
        return f'<div class="notebook-output">\n{"".join(data["text/html"])}\n</div>'
    return f"```text\n{''.join(data['text/plain'])}\n```"
