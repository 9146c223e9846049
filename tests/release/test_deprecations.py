"""Every former name that is still accepted is listed in the changelog."""

import re
from pathlib import Path

from siamlink.association import matcher
from siamlink.association.tracklets import matcher as tracklet_matcher
from siamlink.tools.cli import MOVED, MOVED_BENCHMARKS

ROOT = Path(__file__).parents[2]
FOLDERS = ("association", "detectors", "tools", "tracker")


def listed() -> set[str]:
    """The words of the former names in the newest table of deprecations."""
    table = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").partition("### Deprecated")[2].partition("\n## ")[0]
    former = [row.split(" | ")[0] for row in table.splitlines() if row.startswith("| ")]
    return {word for cell in former for name in re.findall(r"`([^`]+)`", cell) for word in re.findall(r"[\w-]+", name)}


def test_every_renamed_setting_is_listed() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
    names = re.findall(r"^ *json_schema_extra=renamed\(former_(?:name|key)=\"([\w.]+)\"\)", code, re.MULTILINE)
    assert len(names) >= 15
    assert {word for name in names for word in name.split(".")} - listed() == set()


def test_every_renamed_command_option_and_feature_is_listed() -> None:
    commands = {*MOVED, *MOVED_BENCHMARKS, "--against"}
    features = {*matcher.FORMER_NAMES, *tracklet_matcher.FORMER_NAMES}
    assert commands - listed() == set()
    assert [name for name in features if not name.startswith(tuple(listed()))] == []
