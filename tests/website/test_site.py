"""The site as it is built: complete, and readable without a network."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from siamlink.detectors.base.parameters import describe
from siamlink.tools.cli import app
from siamlink.tracker.parameters import TrackerParameters

ROOT = Path(__file__).parents[2]
FETCHED = {
    ("script", "src"),
    ("img", "src"),
    ("source", "src"),
    ("video", "src"),
    ("iframe", "src"),
    ("object", "data"),
}
"""Attributes whose address a browser fetches by itself; those of link elements are told apart by `rel`."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder],
        check=False,
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


class _Addresses(HTMLParser):
    """The addresses that a page fetches by itself."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "link" and values.get("rel") not in {"prev", "next", "canonical"}:
            self.found.append(values["href"] or "")
        self.found += [value or "" for name, value in attrs if (tag, name) in FETCHED]


def test_no_page_fetches_anything_from_elsewhere(site: Path) -> None:
    pages = sorted(site.glob("**/*.html"))
    assert len(pages) > 20
    for page in pages:
        for address in _Addresses(page).found:
            assert not re.match(r"\w+:|//", address), f"{page.name} fetches {address}"
            target = site / address.lstrip("/") if address.startswith("/") else page.parent / address
            assert target.is_file(), f"{page.name} fetches {address}, which is not there"


def test_no_style_fetches_anything_from_elsewhere(site: Path) -> None:
    styles = "\n".join(path.read_text(encoding="utf-8") for path in site.glob("**/*.css"))
    assert "@import" not in styles
    assert not re.search(r"url\([\"']?(https?:)?//", styles)


def _commands(name: str, command: Any, context: Any) -> Iterator[tuple[str, Any]]:
    yield name, command
    for child in getattr(command, "list_commands", lambda _: [])(context):
        found = command.get_command(context, child)
        yield from _commands(f"{name} {child}", found, found.context_class(found, info_name=child, parent=context))


def test_every_command_and_option_is_listed(site: Path) -> None:
    """Each in the section of its command."""
    page = (site / "command-line.html").read_text(encoding="utf-8")
    parts = re.split(r'<h\d id="([^"]+)">', page)
    sections = {
        name: unescape(re.sub(r"<[^>]+>", "", text)) for name, text in zip(parts[1::2], parts[2::2], strict=True)
    }
    program = get_command(app)
    commands = dict(_commands("siamlink", program, program.context_class(program, info_name="siamlink")))
    assert {"siamlink track", "siamlink train siamese", "siamlink study bench solve"} <= commands.keys()
    for name, command in commands.items():
        section = sections[name.replace(" ", "-")]
        for parameter in command.params:
            if parameter.param_type_name == "option" and not parameter.hidden:
                for option in (*parameter.opts, *parameter.secondary_opts):
                    assert re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", section), f"{name} lacks {option}"


def test_every_setting_is_listed_with_its_default(site: Path) -> None:
    page = unescape(re.sub(r"<[^>]+>", " ", (site / "settings.html").read_text(encoding="utf-8")))
    keys = [key for key, _, _ in describe(TrackerParameters)]
    assert len(keys) > 40
    assert [key for key in keys if not re.search(rf"(?<![\w.]){re.escape(key)}(?![\w.])", page)] == []


@pytest.mark.parametrize("package", ["tracker", "detectors", "association", "tools.evaluation"])
def test_every_public_name_is_described(site: Path, package: str) -> None:
    from importlib import import_module

    page = (site / f"api-{package.rpartition('.')[2]}.html").read_text(encoding="utf-8")
    for name in import_module(f"siamlink.{package}").__all__:
        if not name.startswith("_"):
            assert f'id="siamlink.{package}.{name}"' in page, name


def test_the_search_finds_text_of_every_page(site: Path) -> None:
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    found = {entry["location"].partition("#")[0] for entry in index["docs"] if entry["text"]}
    assert found >= {page.name for page in site.glob("*.html")} - {"404.html"}
    assert any("Hungarian" in entry["text"] for entry in index["docs"])
