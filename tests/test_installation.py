"""What is installed: all packages, and no more than tracking needs; what messages and documents say of extras."""

import configparser
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ("detectors", "association", "tracker", "tools", "configs")
SETUP = configparser.ConfigParser()
SETUP.read(ROOT / "setup.cfg", encoding="utf-8")
EXTRAS = SETUP["options.extras_require"]


def packages_of(requirements: str) -> set[str]:
    """The names in a list of requirements, those of extras of siamlink left out."""
    names = (re.match(r"[\w.-]+", line.strip()) for line in requirements.splitlines())
    return {name.group().lower().replace("_", "-") for name in names if name} - {"siamlink"}


def test_every_package_is_installed() -> None:
    modules = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    found = {".".join(("siamlink", *path.parent.relative_to(ROOT).parts)) for path in modules}
    assert found == set(SETUP["options"]["packages"].split())


def test_tracking_requires_neither_pytorch_nor_cuda() -> None:
    required = packages_of(SETUP["options"]["install_requires"])
    assert required >= {"motmetrics", "onnxruntime", "ortools", "trackeval", "xgboost-cpu"}
    assert not required & {"torch", "filterpy", "onnx", "pyarrow", "geff", "trackers", "scikit-learn"}


def test_every_requirement_has_an_exact_version_in_the_constraints() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").split()
    pinned = packages_of("\n".join(lines))
    required = packages_of(SETUP["options"]["install_requires"]).union(*map(packages_of, EXTRAS.values()))
    assert required - pinned == set()


def test_every_extra_that_is_named_exists_and_all_has_those_for_users() -> None:
    files = [
        path for folder in (*FOLDERS, "docs") for path in (ROOT / folder).rglob("*") if path.suffix in {".py", ".md"}
    ]
    texts = "\n".join(path.read_text(encoding="utf-8") for path in [*files, ROOT / "README.md"])
    named = set(re.findall(r"'(?:siamlink|\.)\[([a-z]+)\]'", texts))
    assert {"train", "metric"} <= named <= set(EXTRAS)
    (everything,) = re.findall(r"siamlink\[([\w,]+)\]", EXTRAS["all"])
    assert set(everything.split(",")) == set(EXTRAS) - {"all", "docs", "dev", "coverage", "fuzz", "audit"}
    listed = set(
        re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "install.md").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert listed == set(EXTRAS) - {"coverage", "fuzz", "audit"}
