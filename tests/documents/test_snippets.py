"""What documents say to type works: shell lines and Python blocks run, in the order of each document.

Each document has a folder of its own with a short video of a street, sequences, boxes and results. Where a line or a
block cannot run here, the program still parses the line, and Python the block; the reasons are below.
"""

import contextlib
import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from siamlink.detectors.base.parameters import apply_override, build
from siamlink.tools.cli import app
from siamlink.tracker.parameters import TrackerParameters

ROOT = Path(__file__).parents[2]
DOCUMENTS = ["README.md", "CONTRIBUTING.md", "association/weights/MODEL_CARD.md"]
DOCUMENTS += sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))

LINES_NOT_RUN = {
    r"\w+://| 0 -o": "needs a camera",
    r"--serve": "ends with Ctrl-C; tests/tools/serving and tests/browser run it",
    r"--runner ray": "takes long to start; tests/tools/runners runs it",
    r"LONG\.mp4|long\.mp4": "needs a detector with a fingerprint; tests/tools/segments runs it",
    r"onnx:|mine.py:detect --classes": "needs a network of the reader's own",
    r"^(train|tune|crossvalidate|study|bench|demo)\b": "takes long; the tests of these commands run it",
    r"DATA|\.\./shared|MOT1[67]|mot_challenge|kitti|OTHER|OUT": "needs public sequences",
    r"siamese:|--ground-truth": "needs a network that was trained by the line before it",
}
BLOCKS_NOT_RUN = {
    r"fiftyone|napari|ultralytics|torchvision|transformers|rfdetr|import supervision": "needs a library of its own",
    r"\.onnx|yolov4-tiny": "needs a network of the reader's own",
}
SNIPPET = re.compile(
    r"^```python\n(?P<block>.*?)^```|^```.*?^```|^ {4}(?:venv/bin/)?siamlink (?P<line>[^\n]*)$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Snippet:
    """A block of Python, or a line of shell without the name of the program."""

    document: str
    number: int
    text: str
    is_line: bool

    @property
    def arguments(self) -> list[str]:
        """What the program is given: without comments, other programs and parts that the reader may leave out."""
        words = shlex.split(re.sub(r"\[[^]]*\]|\bOPTIONS\b", "", self.text), comments=True)
        ends = [words.index(sign) for sign in ("|", ">", "&&") if sign in words]
        return words[: min(ends, default=None)]

    @property
    def not_run(self) -> str | None:
        """Why it is only parsed; None if it runs."""
        text, reasons = (" ".join(self.arguments), LINES_NOT_RUN) if self.is_line else (self.text, BLOCKS_NOT_RUN)
        return next((reason for pattern, reason in reasons.items() if re.search(pattern, text)), None)

    def __str__(self) -> str:
        return f"{self.document}, snippet {self.number}: {self.text.splitlines()[0]}"


def snippets_of(document: str) -> list[Snippet]:
    text = (ROOT / document).read_text(encoding="utf-8")
    found = [match for match in SNIPPET.finditer(text) if match["block"] or match["line"]]
    return [
        Snippet(document, number, match["block"] or match["line"], match["line"] is not None)
        for number, match in enumerate(found, 1)
    ]


LINES = [
    snippet for name in DOCUMENTS for snippet in snippets_of(name) if snippet.is_line and snippet.text != "--version"
]
WITH_SNIPPETS = [name for name in DOCUMENTS if any(not snippet.not_run for snippet in snippets_of(name))]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that documents name."""
    import numpy as np

    from siamlink.tools.synthetic.street import street

    folder = tmp_path_factory.mktemp("prepared")
    for seed, name in enumerate(("street", "walk")):
        scene = street(frame_count=30, seed=seed, width=480, height=270)
        scene.write_sequence(folder / "my_sequences" / name)
        found = scene.detections(0.1)
        size = found.box[:, 2:] - found.box[:, :2]
        rows = np.column_stack([found.frame, 0 * found.frame - 1, found.box[:, :2], size, found.score])
        (folder / "my_sequences" / name / "det").mkdir()
        np.savetxt(folder / "my_sequences" / name / "det" / "det.txt", rows, "%.2f", ",")
    video = folder / "my_sequences" / "street" / "street.mp4"
    for name in ("street.mp4", "a.mp4", "b.mp4", "c.mp4", "new.mp4"):
        shutil.copy(video, folder / name)
    with contextlib.chdir(folder):
        _write_pictures(Path("street.mp4"), Path("frames"))
        run("detect", "street.mp4", "-o", "street.csv", "--detector", "motion")
        run("track", "street.mp4", "-o", "results", "--detections", "street.csv")
        run("export", "results/street.txt", "--to", "cvat", "-o", "corrected.xml")
        run("export", "results/street.txt", "--to", "coco", "-o", "boxes.json")
    (folder / "fix.txt").write_text("tracks results/street.txt\nfalse 1\n")
    shutil.copytree(ROOT / "association" / "weights", folder / "my_model")
    (folder / "tuning").mkdir()
    (folder / "tuning" / "tuned.yaml").write_text("gaps:\n  smooth: false\n")
    return folder


def _write_pictures(video: Path, folder: Path) -> None:
    import cv2

    from siamlink.detectors import open_source

    folder.mkdir()
    for number, frame in enumerate(open_source(video), 1):
        cv2.imwrite(str(folder / f"{number}.jpg"), frame.image)


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0, f"siamlink {shlex.join(arguments)}\n{result.output}"
    return result.output


def with_defaults_of_the_tests(arguments: list[str]) -> list[str]:
    """The same, where earlier results may be replaced, and with a detector that needs no download."""
    command, *rest = arguments
    files = [name for word in rest for name in (sorted(map(str, Path().glob(word))) if "*" in word else [word])]
    added = ["--overwrite"] if "-o" in rest and "-" not in rest else []
    given = {"--detector", "--detections", "--constraints"} & set(rest) or "my_sequences" in rest
    if command in {"track", "detect"} and not given:
        added += ["--detector", "motion"]
    return [command, *files, *added]


@pytest.mark.slow
@pytest.mark.parametrize("document", WITH_SNIPPETS)
def test_the_snippets_run(document: str, prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("siamlink.tracker.runs.track.DEFAULT_DETECTOR", "motion")
    names: dict[str, object] = {"__name__": document}
    for snippet in snippets_of(document):
        if not snippet.not_run:
            _run(snippet, names)


def _run(snippet: Snippet, names: dict[str, object]) -> None:
    if snippet.is_line:
        run(*with_defaults_of_the_tests(snippet.arguments))
    elif named := re.match(r"# (\w+\.py)\n", snippet.text):
        Path(named[1]).write_text(snippet.text)
    else:
        exec(compile(snippet.text, str(snippet), "exec"), names)


@pytest.mark.parametrize("line", LINES, ids=str)
def test_every_line_is_understood_by_the_program(line: Snippet) -> None:
    """No command, option or setting in it is unknown, misspelt or of a wrong type."""
    command, context = parsed(line.arguments)
    if command.name in {"track", "crossvalidate", "matcher", "tune"}:
        values: dict[str, Any] = {}
        for setting in context.params.get("settings") or ():
            apply_override(TrackerParameters, values, setting)
        build(TrackerParameters, values, str(line))


@cache
def program() -> Any:
    return get_command(app)


def parsed(arguments: list[str]) -> tuple[Any, Any]:
    """The command that the arguments name, and its context with the values of its options."""
    command = program()
    context = command.make_context("siamlink", list(arguments))
    while hasattr(command, "resolve_command"):
        name, command, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        context = command.make_context(name, rest, parent=context)
    return command, context


def test_blocks_that_do_not_run_are_valid_and_few() -> None:
    blocks = [snippet for name in DOCUMENTS for snippet in snippets_of(name) if not snippet.is_line]
    not_run = [block for block in blocks if block.not_run]
    for block in not_run:
        compile(block.text, str(block), "exec")
    assert len(not_run) < len(blocks) / 2


def test_the_recipes_for_detectors_are_short() -> None:
    recipes = [block.text for block in snippets_of("docs/plugins.md") if "def detect(image)" in block.text]
    assert len(recipes) >= 5
    for recipe in recipes:
        assert len([line for line in recipe.splitlines() if line.strip()]) <= 14


def _options(command: Any) -> Iterator[str]:
    for parameter in command.params:
        yield from (*parameter.opts, *parameter.secondary_opts)
    for name in getattr(command, "list_commands", lambda _: [])(None):
        yield from _options(command.get_command(None, name))


OF_OTHER_PROGRAMS = {"--no-compile", "--tracker", "--head"}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_option_in_the_text_exists(document: str) -> None:
    """`--option` in running text and tables is an option of some command."""
    text = re.sub(
        r"^```.*?^```|^ {4}[^\n]*$", "", (ROOT / document).read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
    )
    known = {*_options(program()), "--help", *OF_OTHER_PROGRAMS}
    named = {option for code in re.findall(r"`([^`]+)`", text) for option in re.findall(r"(?<!\S)--[a-z][\w-]*", code)}
    assert sorted(named - known) == []
