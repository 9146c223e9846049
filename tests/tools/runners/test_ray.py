"""Tasks on a Ray cluster: what a machine is checked for, and real runs on a cluster of two workers."""

import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from siamlink.detectors.base.errors import ConfigError, SiamlinkError
from siamlink.tools.runners.choose import runner_of
from siamlink.tools.runners.ray_runner import RayRunner, RayWorkers, _Actor
from siamlink.tools.runners.ray_worker import RayWorker, WorkerSetup

pytestmark = pytest.mark.alone

Run = Callable[..., Any]
FAULTY = Path(__file__).parents[1] / "faulty_detectors.py"
SHORT = Path("/tmp")
WAITING = "waiting for free cores of the Ray cluster\n"
"""Said on a busy machine, where a worker takes long to start."""


@pytest.fixture
def worker_setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WorkerSetup:
    """The setup of this machine, with results in the folder of the test."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "token").mkdir()
    return WorkerSetup.of(None, tmp_path / "token", 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": "0.0.1"}, "but 0.0.1 here: install the same version"),
        ({"code": "other"}, "has other code or other packages than here: install the same on all machines"),
        ({"folder": "/nowhere"}, "cannot open /nowhere, where this command runs .* under the same path"),
        (
            {"token": "/nowhere/token"},
            "does not see the results in /nowhere: all machines must share the output folder",
        ),
    ],
)
def test_a_machine_that_cannot_do_the_work_says_why(
    worker_setup: WorkerSetup, change: dict[str, str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker_setup.check()
    monkeypatch.setattr("siamlink.tools.runners.ray_worker.SHARED_SECONDS", 0.0)
    with pytest.raises(ConfigError, match=message):
        replace(worker_setup, **change).check()


def test_a_worker_says_in_order_what_happens_and_of_many_steps_the_last(worker_setup: WorkerSetup, work: Run) -> None:
    from siamlink.tools.runners.messages import Finished, Note, Ready, Step

    worker = RayWorker()
    worker.prepare(replace(worker_setup, work=pickle.dumps(work())))
    worker.do(pickle.dumps("notes a"), 1)
    assert worker.next_messages() == [Ready(), Note("from notes a"), Step("work", 2, 2), Finished("notes a")]


@pytest.mark.parametrize("task", ["answers unsendable", "answers unreadable", "answers failing"])
def test_a_worker_says_that_an_answer_cannot_be_sent(worker_setup: WorkerSetup, work: Run, task: str) -> None:
    worker = RayWorker()
    worker.prepare(replace(worker_setup, work=pickle.dumps(work())))
    worker.do(pickle.dumps(task), 1)
    answer = pickle.loads(pickle.dumps(worker.next_messages()))[-1].answer
    assert type(answer) is SiamlinkError
    assert str(answer).startswith("nothing here" if task == "answers failing" else "its answer cannot be sent")


class FakeRay:
    """A cluster on which each answer is an error."""

    class exceptions:  # noqa: N801 - as in Ray
        class RayActorError(Exception):
            pass

        class RayTaskError(Exception):
            cause = TypeError("cannot pickle")

    def wait(self, answers: list[str], **_: object) -> tuple[list[str], list[str]]:
        return answers, []

    def get(self, _: str) -> None:
        raise self.exceptions.RayTaskError("many\nlines")


def test_an_error_of_ray_itself_is_one_line(worker_setup: WorkerSetup) -> None:
    workers = RayWorkers(FakeRay(), worker_setup, None, 1, False)
    with pytest.raises(SiamlinkError, match=r"^unexpected TypeError: cannot pickle; please report this$"):
        list(workers.messages([_Actor("actor", "place", "answer")]))


def test_addresses_that_lead_nowhere_are_one_line() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    for given, message in (
        ("ray://host:10001", "give auto, or HOST:PORT"),
        ("host", "give auto, or HOST:PORT"),
        (address, f"cannot connect to a Ray cluster at {address}: "),
    ):
        with pytest.raises(ConfigError, match=message):
            RayRunner(given)._connected()
    with pytest.raises(ConfigError, match="--address is that of a Ray cluster: give --runner ray too"):
        runner_of("local", "auto")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a cluster of two cores on this machine."""
    pytest.importorskip("ray")
    import tempfile

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (
        tempfile.TemporaryDirectory(prefix="ray-", dir=SHORT, ignore_cleanup_errors=True) as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("RAY_AUTH_MODE", "token")
        patch.setenv("RAY_AUTH_TOKEN", "0" * 64)
        program = "import sys; from ray.scripts.scripts import main; sys.exit(main())"
        options = ["--head", "--block", "--num-cpus=2", f"--port={port}", "--include-dashboard=false"]
        options += ["--disable-usage-stats", f"--temp-dir={folder}", f"--object-store-memory={100 * 2**20}"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        with subprocess.Popen([sys.executable, "-c", program, "start", *options], **quiet) as head:  # type: ignore[call-overload]
            try:
                deadline = time.monotonic() + 120
                while not list(Path(folder).glob("*/sockets/raylet")) and time.monotonic() < deadline:
                    time.sleep(0.1)
                yield f"127.0.0.1:{port}"
            finally:
                head.terminate()


def siamlink(*arguments: str, **options: Any) -> "subprocess.Popen[str]":
    """Start the program, as Ray connects a process only once."""
    command = [sys.executable, "-c", "from siamlink.tools.cli import main; main()", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


@pytest.mark.slow
def test_a_worker_that_is_killed_is_replaced_and_the_results_are_the_same(here: Path, cluster: str) -> None:
    (here / "again.mp4").write_bytes((here / "walk.mp4").read_bytes())
    shutil.copy(FAULTY, here)
    (here / "broken.mp4").write_bytes((here / "walk.mp4").read_bytes()[:2000])
    videos = ("walk.mp4", "again.mp4", "broken.mp4")
    alone = siamlink("track", *videos, "-o", "one", "--detector", "mine.py:Walkers")
    ray = siamlink(
        "track",
        *videos,
        "-o",
        "many",
        "--runner",
        "ray",
        "--address",
        cluster,
        "--detector",
        "faulty_detectors.py:Killed",
    )
    (out, err), (ray_out, ray_err) = alone.communicate(timeout=300), ray.communicate(timeout=300)
    assert (alone.returncode, ray.returncode) == (2, 2), err + ray_err
    again = [line for line in ray_err.splitlines() if line not in err.splitlines()]
    assert [line.partition(": ")[2] for line in again] == ["its process died; it is done again"]
    assert [line.split()[:6] for line in out.splitlines()[:-1]] == [
        line.split()[:6] for line in ray_out.splitlines()[:-1]
    ]
    assert {path.name for path in Path("one").iterdir()} == {path.name for path in Path("many").iterdir()}
    for path in Path("one").iterdir():
        if path.suffix != ".json":
            assert path.read_bytes() == (here / "many" / path.name).read_bytes()


@pytest.mark.slow
def test_ctrl_c_ends_the_workers_and_leaves_no_temporary_file(here: Path, cluster: str) -> None:
    shutil.copy(FAULTY, here)
    (here / "again.mp4").write_bytes((here / "walk.mp4").read_bytes())
    command = [
        "track",
        "walk.mp4",
        "again.mp4",
        "-o",
        "out",
        "--detector",
        "faulty_detectors.py:slow",
        "--runner",
        "ray",
    ]
    process = siamlink(*command, "--address", cluster, start_new_session=True)
    deadline = time.monotonic() + 120
    while len(list(here.glob("started-*"))) < 2 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=120)
    note = "start with --resume to be able to continue after an interruption\n"
    assert (process.returncode, out, err.removeprefix(WAITING)) == (130, "", note + "siamlink: interrupted\n")
    assert not (here / "out").exists()
    for started in here.glob("started-*"):
        with pytest.raises(ProcessLookupError):
            os.kill(int(started.name.split("-")[1]), 0)


@pytest.mark.slow
def test_ray_that_is_started_here_is_stopped_and_leaves_nothing(here: Path) -> None:
    pytest.importorskip("ray")
    before = set(SHORT.glob("ray-*"))
    process = siamlink(
        "track", "walk.mp4", "-o", "out", "--detector", "mine.py:Walkers", "--runner", "ray", "--jobs", "1"
    )
    out, err = process.communicate(timeout=300)
    assert (process.returncode, err.removeprefix(WAITING)) == (0, "")
    assert out.splitlines()[-1] == "results in out"
    assert set(SHORT.glob("ray-*")) == before
