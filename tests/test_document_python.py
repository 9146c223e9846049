"""The Python blocks of documents run, one after the other."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks_of(name: str) -> list[str]:
    return BLOCK.findall((ROOT / "docs" / name).read_text(encoding="utf-8"))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["python.md"])
def test_the_blocks_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    """In a folder with a video of a street, `street.mp4`."""
    from siamlink.tools.synthetic.street import street

    street(frame_count=60).write_sequence(tmp_path / "street")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "street" / "street.mp4").rename("street.mp4")
    names: dict[str, object] = {"__name__": name}
    for number, block in enumerate(blocks_of(name), 1):
        exec(compile(block, f"{name}, block {number}", "exec"), names)
    assert "TrackingResult('street'" in capsys.readouterr().out
    assert {path.name for path in Path("results").iterdir()} >= {"street.txt", "street.csv", "annotated.mp4"}


def test_the_recipes_for_detectors_are_short_and_valid() -> None:
    recipes = [block for block in blocks_of("plugins.md") if "def detect(image)" in block]
    assert len(recipes) >= 5
    for recipe in recipes:
        compile(recipe, "recipe", "exec")
        assert len([line for line in recipe.splitlines() if line.strip()]) <= 14
