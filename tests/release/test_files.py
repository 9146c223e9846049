"""Files that others build from and cite: the image, the workflow and the citation; versions that are stated twice."""

import configparser
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SETUP = configparser.ConfigParser()
SETUP.read(ROOT / "setup.cfg", encoding="utf-8")
VERSION = SETUP["metadata"]["version"]
PYTHONS = re.findall(r"Python :: (3\.\d+)", SETUP["metadata"]["classifiers"])
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
WORKFLOW: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
STEPS = [(name, step) for name, job in WORKFLOW["jobs"].items() for step in job["steps"]]


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile, each with its arguments on one line."""
    text = re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE).replace("\\\n", " ")
    split = [line.partition(" ") for line in text.splitlines() if line]
    return [(name, " ".join(rest.split())) for name, _, rest in split]


def last_stage() -> list[tuple[str, str]]:
    """The instructions that make the image itself."""
    found = instructions()
    return found[max(place for place, (name, _) in enumerate(found) if name == "FROM") :]


def test_the_image_starts_from_a_slim_python_that_was_tried() -> None:
    bases = [rest.partition(" ")[0] for name, rest in instructions() if name == "FROM"]
    assert len({*bases}) == 1  # else the environment of the first stage would not fit the second
    (version,) = re.findall(r"^python:(3\.\d+)-slim-[a-z]+$", bases[0])
    assert version in PYTHONS


def test_the_image_runs_without_root_and_ends_by_signals() -> None:
    stage = dict(last_stage())
    assert stage["USER"] not in {"root", "0"}
    assert list(stage)[-3:] == ["USER", "ENTRYPOINT", "CMD"]  # nothing is done as another user after it
    assert stage["ENTRYPOINT"].startswith("[")  # a shell would not pass signals on


def test_the_image_has_no_compiler_and_no_caches() -> None:
    assert "apt" not in " ".join(rest for name, rest in instructions() if name == "RUN")
    assert "RUN pip" not in "\n".join(" ".join(each) for each in last_stage())
    assert any(name == "ENV" and "PIP_NO_CACHE_DIR=1" in rest for name, rest in instructions())
    installs = [
        part for name, rest in instructions() if name == "RUN" for part in re.findall(r"pip install[^&]*", rest)
    ]
    assert len(installs) == 3
    for install in installs:  # what is compiled from source would need a compiler; siamlink itself has no extension
        assert "--only-binary :all:" in install or install.strip().endswith("--no-deps .")
        assert "-c constraints.txt" in install or "--no-deps" in install


def test_what_is_required_is_installed_before_the_code_is_copied() -> None:
    steps = [f"{name} {rest}" for name, rest in instructions()]
    (requirements,) = [place for place, step in enumerate(steps) if "-r requirements.txt" in step]
    assert "COPY constraints.txt setup.cfg ./" in steps[:requirements]
    assert "COPY . ." not in steps[:requirements]


def test_the_context_of_the_image_holds_every_file_of_the_package() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    kept = {line[1:] for line in lines if line.startswith("!")}
    assert "*" in lines
    assert kept == {
        *("association", "configs", "detectors", "tools", "tracker"),
        *("CHANGELOG.md", "LICENSE", "MANIFEST.in", "README.md"),
        *("constraints.txt", "pyproject.toml", "setup.cfg"),
    }


def test_the_workflow_may_only_read_and_pins_its_actions() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert all("timeout-minutes" in job and "permissions" not in job for job in WORKFLOW["jobs"].values())
    used = [(step["uses"], step.get("with", {})) for _, step in STEPS if "uses" in step]
    assert used
    for action, options in used:
        assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", action)
        assert "checkout" not in action or options["persist-credentials"] is False


def test_the_workflow_runs_ci_with_every_python_of_the_classifiers() -> None:
    jobs = [job["strategy"]["matrix"] for job in WORKFLOW["jobs"].values() if "strategy" in job]
    assert sorted(version for matrix in jobs for version in matrix["python"]) == sorted(PYTHONS)
    assert ("all", "bash .ci/run") in [(name, step.get("run")) for name, step in STEPS]
    targets = {target for _, step in STEPS for target in re.findall(r"^make (.*)", step.get("run", ""))}
    known = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in " ".join(targets).split():
        assert f"\n{target}:" in known


def test_the_citation_states_the_version_and_the_date_of_the_changelog() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(citation)  # what the format requires
    assert (citation["cff-version"], citation["type"], citation["title"]) == ("1.2.0", "software", "siamlink")
    assert citation["license"] == SETUP["metadata"]["license_expression"]
    people = [*citation["authors"], *(person for work in citation["references"] for person in work["authors"])]
    assert all({"name"} == set(person) or {"family-names", "given-names"} == set(person) for person in people)
    assert all({"type", "title", "authors"} <= set(work) for work in citation["references"])
    (version, day) = re.findall(r"^## (\d+\.\d+\.\d+) \((\d{4}-\d\d-\d\d)\)$", changelog(), re.MULTILINE)[0]
    assert (citation["version"], citation["date-released"]) == (version, date.fromisoformat(day))
    assert version == VERSION


def changelog() -> str:
    """The text of CHANGELOG.md."""
    return (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("version", PYTHONS)
def test_the_documentation_says_how_each_python_was_tried(version: str) -> None:
    assert re.search(
        rf"^\| {re.escape(version)}\.\d+ \|", (ROOT / "docs" / "install.md").read_text("utf-8"), re.MULTILINE
    )
