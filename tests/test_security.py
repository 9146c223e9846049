"""The claims of docs/security.md that no other test shows."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted(
    path for package in ("detectors", "association", "tracker", "tools") for path in (ROOT / package).rglob("*.py")
)
FORBIDDEN_MODULES = {"pickle", "subprocess", "shelve", "marshal", "socketserver", "http.server"}
SERVES = {ROOT / "tools" / "serving" / "server.py"}
"""The report is served to this machine."""
STARTS_PROGRAMS = {
    ROOT / "tools" / "studies" / "benchmarks" / "evaluate.py",
    ROOT / "tools" / "studies" / "scale" / "measure.py",
}
"""siamlink itself and TrackEval, to be timed as whole programs."""
CLUSTER = {ROOT / "tools" / "runners" / name for name in ("ray_runner.py", "ray_worker.py", "messages.py")}
"""Tasks are pickled by the first machine of a cluster, and unpickled by its workers, which trust it as Ray does; errors
are pickled to see whether they can be sent. A socket is opened to see whether something listens at an address."""
FORBIDDEN_CALLS = {"eval", "exec", "system", "popen", "unsafe_load", "full_load", "bind", "listen"}
LISTENS = {"bind", "listen", "HTTPServer", "ThreadingHTTPServer", "create_server"}


def _names(path: Path) -> tuple[set[str], set[str]]:
    """The modules that a file imports, and the names of what it calls."""
    imported, called = set(), set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module or "")
        elif isinstance(node, ast.Call):
            called.add(getattr(node.func, "attr", getattr(node.func, "id", "")))
    return imported, called


def test_no_code_calls_a_shell_evaluates_text_or_unpickles() -> None:
    assert len(MODULES) > 50
    for path in MODULES:
        imported, called = _names(path)
        forbidden = FORBIDDEN_MODULES - ({"subprocess"} if path in STARTS_PROGRAMS else set())
        forbidden -= {"http.server"} if path in SERVES else set()
        forbidden -= {"pickle"} if path in CLUSTER else set()
        assert not imported & forbidden, path
        assert "shell=" not in path.read_text(encoding="utf-8"), path
        # a network is put in its mode of use by a method called eval
        assert not called & (FORBIDDEN_CALLS - {"eval"}), path
        assert "torch.load" not in path.read_text(encoding="utf-8"), path


def test_nothing_listens_but_the_served_report() -> None:
    for path in MODULES:
        imported, called = _names(path)
        servers = imported & {"http.server", "socketserver", "socket"} | called & LISTENS
        servers -= {"socket"} if path in CLUSTER else set()
        assert path in SERVES or not servers, path


@pytest.mark.parametrize("name", ["../../escaped", "/tmp/escaped", "a\\b; touch made", "$(touch made)"])
def test_names_from_data_never_leave_the_output_folder(tmp_path: Path, name: str) -> None:
    from siamlink.detectors.mot.sequence import open_sequence
    from siamlink.detectors.sources.stream_url import name_of

    folder = tmp_path / "SEQ"
    (folder / "det").mkdir(parents=True)
    (folder / "seqinfo.ini").write_text(f"[Sequence]\nname={name}\n")
    assert open_sequence(folder).name == "SEQ"
    assert set(name_of(f"http://host/{name}.mp4")).isdisjoint("/\\$(); ")


def test_plug_ins_of_the_folder_are_imported_only_when_named(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from pathlib import Path\nPath('imported').touch()\ndef find(image): return []\n"
    )
    program = "from siamlink.tools.cli import main; import sys; sys.argv = ['siamlink', *sys.argv[1:]]; main()"
    command = [sys.executable, "-c", program, "parameters"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert not (tmp_path / "imported").exists()
