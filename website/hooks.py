"""What mkdocs calls: pages that are made of the program itself join the site, and links out of docs/ lead into it."""

from pathlib import Path
from typing import Any

from api_pages import api_pages
from command_line import command_line_page
from links import inside_the_site
from mkdocs.structure.files import File
from notebook_pages import NOTEBOOKS, notebook_pages
from project_pages import project_pages
from settings import settings_page

ASSETS = Path(__file__).parent / "assets"


def on_files(files: Any, config: Any) -> Any:
    """Add the generated pages and the style."""
    pages = {"settings.md": settings_page(), "command-line.md": command_line_page(), **api_pages(), **project_pages()}
    for name, text in pages.items():
        files.append(File.generated(config, name, content=text))
    for name, content in notebook_pages().items():
        files.append(File.generated(config, name, content=content))
    for path in sorted(ASSETS.iterdir()):
        files.append(File.generated(config, f"assets/{path.name}", abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Links to the README and other files outside of docs/ lead to their pages."""
    return markdown if page.file.src_uri.startswith(f"{NOTEBOOKS.name}/") else inside_the_site(markdown)
