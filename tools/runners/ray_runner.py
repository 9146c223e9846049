"""Tasks on a Ray cluster, or in workers of a Ray that is started on this machine."""

import logging
import os
import pickle
import secrets
import shutil
import socket
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.base.extras import import_extra
from siamlink.detectors.base.threads import core_count
from siamlink.tools.console.files import clear_staging, staging
from siamlink.tools.runners.crew import ProcessCrew
from siamlink.tools.runners.messages import Died, Message, Note, as_expected
from siamlink.tools.runners.ray_worker import RayWorker, WorkerSetup
from siamlink.tools.runners.runner import Answer, Crew, Runner, Task
from siamlink.tools.runners.work import Work

ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
"""Ray neither reports its use to its makers nor prints lines of its own."""
STORE_BYTES = 100 * 2**20
"""Of the object store of a Ray on this machine: only tasks and answers pass through it."""
TOKEN_FILE = Path.home() / ".ray" / "auth_token"
"""Where Ray keeps the token of a user."""
CONNECT_SECONDS = 5.0
WAIT_SECONDS = 20.0
"""After which a note says that the cluster has no free cores."""
KILL_SECONDS = 2.0
"""For workers that are killed, to be gone."""


class RayRunner(Runner):
    """Does tasks in workers of a Ray cluster; see `Runner`.

    Each worker has a share of the cores: those of the cluster divided by the number of workers.

    Args:
        address: `auto` or HOST:PORT of a running cluster; None: Ray is started on this machine, and stopped at the end.
        jobs: how many tasks are done at once; None: one for each core, or with `gpus` one for each graphics card.
        gpus: whether each task needs a graphics card.
    """

    option = "--runner ray"

    def __init__(self, address: str | None = None, jobs: int | None = None, gpus: bool = False) -> None:
        self._address, self._jobs, self._gpus = address, jobs, gpus
        self._ray: Any = None
        self._logs: Path | None = None

    @contextmanager
    def crew(self, work: Work[Task, Answer]) -> Iterator[Crew[Task, Answer]]:
        """See `Runner`."""
        ray = self._connected()
        jobs, cores = self._shares(ray)
        with staging(work.folder) if work.folder is not None else nullcontext() as token:
            setup = WorkerSetup.of(work, token and token.resolve(), cores)
            crew = ProcessCrew(
                RayWorkers(ray, setup, work.folder, 1 if self._address is None else cores, self._gpus), jobs, work
            )
            try:
                yield crew
            finally:
                crew.end()

    def close(self) -> None:
        """Leave the cluster; a Ray that was started here is stopped, and its logs are removed."""
        if self._ray is not None:
            self._ray.shutdown()
            self._ray = None
        if self._logs is not None:
            shutil.rmtree(self._logs, ignore_errors=True)
            self._logs = None

    def _connected(self) -> Any:
        """The module ray, connected to the cluster.

        Raises:
            ConfigError: Ray is not installed, or there is no cluster to connect to.
        """
        if self._ray is not None:
            return self._ray
        for name, value in ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        if self._address not in (None, "auto"):
            _check_address(self._address or "")
        _set_token(is_own=self._address is None)
        ray = import_extra("ray", "cluster", "--runner ray")
        options: dict[str, Any] = {"address": self._address}
        if self._address is None:
            short = "/tmp" if Path("/tmp").is_dir() else None  # noqa: S108 - paths of sockets must be short
            self._logs = Path(tempfile.mkdtemp(prefix="ray-", dir=short))
            jobs = self._jobs or core_count()
            options = {
                "address": "local",
                "num_cpus": jobs,
                "object_store_memory": STORE_BYTES,
                "_temp_dir": str(self._logs),
            }
        try:
            ray.init(include_dashboard=False, log_to_driver=False, logging_level=logging.CRITICAL, **options)
        except BaseException as error:
            self._ray = ray
            self.close()
            if not isinstance(error, Exception):
                raise
            where = "start Ray here" if self._address is None else f"connect to a Ray cluster at {self._address}"
            raise ConfigError(f"cannot {where}: {' '.join(str(error).split())}") from None
        self._ray = ray
        return ray

    def _shares(self, ray: Any) -> tuple[int, int]:
        """How many workers there are, and how many cores each may use.

        Raises:
            ConfigError: no machine has a graphics card.
        """
        machines = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        cpus = [int(each.get("CPU", 0)) for each in machines]
        gpus = sum(int(each.get("GPU", 0)) for each in machines)
        if self._gpus and not gpus:
            raise ConfigError("--device cuda: no machine of the Ray cluster has a graphics card")
        jobs = self._jobs or (gpus if self._gpus else max(1, sum(cpus)))
        if self._address is None:
            return jobs, max(1, core_count() // jobs)
        return jobs, max(1, min(sum(cpus) // jobs, min((each for each in cpus if each), default=1)))


@dataclass
class RayWorkers:
    """Actors for a piece of work.

    Attributes:
        ray: the module.
        setup: what each gets first.
        folder: of the results.
        cpus: that each takes from those of the cluster.
        gpus: whether each has a graphics card.
    """

    ray: Any
    setup: WorkerSetup
    folder: Path | None
    cpus: int
    gpus: bool
    _waiting_since: float = field(default_factory=monotonic)
    _is_waiting: bool = True

    def start(self) -> "_Actor":
        """See `Workers`."""
        kind = self.ray.remote(RayWorker)
        actor = kind.options(num_cpus=self.cpus, num_gpus=int(self.gpus), max_concurrency=2, max_restarts=0).remote()
        worker = _Actor(actor, actor.place.remote(), actor.next_messages.remote())
        actor.prepare.remote(self.setup)
        return worker

    def give(self, worker: "_Actor", task: Any, attempt: int) -> None:
        """See `Workers`."""
        worker.actor.do.remote(pickle.dumps(task), attempt)

    def messages(self, workers: Sequence["_Actor"]) -> Iterable[tuple["_Actor", Message]]:
        """See `Workers`."""
        by_answer = {worker.answer: worker for worker in workers}
        ready, _ = self.ray.wait(list(by_answer), num_returns=1, timeout=1.0)
        if self._is_waiting and not ready and monotonic() - self._waiting_since > WAIT_SECONDS:
            self._is_waiting = False
            yield workers[0], Note("waiting for free cores of the Ray cluster")
        for answer in ready:
            worker = by_answer[answer]
            try:
                messages = self.ray.get(answer)
            except self.ray.exceptions.RayTaskError as error:  # no fault of a task: these are messages
                raise as_expected(error.cause) from None
            except self.ray.exceptions.RayActorError as error:
                yield worker, self._death(worker, str(error))
                continue
            self._is_waiting = False
            worker.answer = worker.actor.next_messages.remote()
            for message in messages:
                yield worker, message

    def end(self, workers: Sequence["_Actor"]) -> None:
        """See `Workers`."""
        places = [self._place(worker) for worker in workers]
        for worker in workers:
            self.ray.kill(worker.actor)
        if workers:
            self.ray.wait([each.answer for each in workers], num_returns=len(workers), timeout=KILL_SECONDS)
        for place in places:
            self._clear(place)

    def _death(self, worker: "_Actor", text: str) -> Died:
        """What to say of a worker that died, whose temporary files are removed.

        Raises:
            ConfigError: siamlink is not installed there, so that no other worker can do better.
        """
        self.ray.kill(worker.actor)  # if only the connection was lost, it would go on
        self._clear(self._place(worker))
        if "No module named 'siamlink" in text:
            raise ConfigError("siamlink is not installed on a machine of the Ray cluster: install the same version")
        memory = "out of memory" in text.lower() or "OutOfMemory" in text
        return Died("its process died" + (" (out of memory)" if memory else ""))

    def _place(self, worker: "_Actor") -> tuple[str, int] | None:
        """The machine and the process id of a worker; None if it was never alive."""
        with suppress(Exception):
            place: tuple[str, int] = self.ray.get(worker.place, timeout=0)
            return place
        return None

    def _clear(self, place: tuple[str, int] | None) -> None:
        if place and self.folder is not None:
            clear_staging(self.folder, place[1], place[0])


@dataclass(eq=False)
class _Actor:
    """A worker.

    Attributes:
        actor: the handle of its process.
        place: the coming answer of `place`.
        answer: the coming answer of `next_messages`.
    """

    actor: Any
    place: Any
    answer: Any


def _set_token(is_own: bool) -> None:
    """Choose how processes of a cluster prove to each other that they may speak, unless the user has chosen.

    A Ray of our own has a token that lives as long as it; otherwise, Ray would write one into the home folder. A
    cluster that runs asks for the token of the user, if there is one.
    """
    if "RAY_AUTH_MODE" in os.environ:
        return
    has_token = "RAY_AUTH_TOKEN" in os.environ or "RAY_AUTH_TOKEN_PATH" in os.environ or TOKEN_FILE.is_file()
    if is_own and not has_token:
        os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
    if is_own or has_token:
        os.environ["RAY_AUTH_MODE"] = "token"


def _check_address(address: str) -> None:
    """Check that something listens at an address; Ray itself would try for minutes, and print lines.

    Raises:
        ConfigError: nothing does.
    """
    host, _, port = address.rpartition(":")
    if not host or "/" in host or not port.isdecimal():
        raise ConfigError(f"--address {address}: give auto, or HOST:PORT of the head of a Ray cluster, as host:6379")
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise ConfigError(f"cannot connect to a Ray cluster at {address}: {error}") from None
