"""The process of a worker on a Ray cluster."""

import os
import pickle
import platform
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic, sleep
from typing import Any

from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.base.fingerprint import code_digest, package_version
from siamlink.detectors.base.threads import limit_cores
from siamlink.tools.console.files import MACHINE
from siamlink.tools.runners.messages import Failed, Message, Note, Ready, Step, answer_of, as_expected, unsendable
from siamlink.tools.runners.work import Report

PARTS = ("siamlink.detectors", "siamlink.association", "siamlink.tracker", "siamlink.tools")
SHARED_SECONDS = 5.0
"""How long a network file system may take to show a new folder to other machines."""
EVERY_SECONDS, HEARTBEAT_SECONDS = 0.2, 10.0
"""Between messages of a worker at least; and at most."""


@dataclass(frozen=True)
class WorkerSetup:
    """What a worker needs to know of the first machine.

    Attributes:
        work: the pickled work.
        folder: in which the command runs, and which paths are relative to.
        token: a folder that exists in the folder of the results while the command runs; None if there are none.
        cores: that the worker may use.
        version: of siamlink.
        code: the digest of its code and of the packages it needs.
    """

    work: bytes
    folder: str
    token: str | None
    cores: int
    version: str | None
    code: str

    @classmethod
    def of(cls, work: Any, token: Path | None, cores: int) -> "WorkerSetup":
        """What workers need for a piece of work from this machine."""
        here = str(Path.cwd())
        return cls(
            pickle.dumps(work),
            here,
            None if token is None else str(token),
            cores,
            package_version("siamlink"),
            own_code(),
        )

    def check(self) -> None:
        """Check that this machine can do the work, and go to the folder.

        Raises:
            ConfigError: it cannot; says why.
        """
        host = platform.node()
        if package_version("siamlink") != self.version:
            raise ConfigError(
                f"siamlink {package_version('siamlink')} on {host}, but {self.version} here: install the same version"
            )
        if own_code() != self.code:
            raise ConfigError(
                f"siamlink on {host} has other code or other packages than here: install the same on all machines"
            )
        try:
            os.chdir(self.folder)
        except OSError as error:
            raise ConfigError(
                f"{host} cannot open {self.folder}, where this command runs ({error.strerror}): "
                "all machines must share it under the same path"
            ) from None
        if self.token is not None and not _appears(Path(self.token)):
            raise ConfigError(
                f"{host} does not see the results in {Path(self.token).parent}: "
                "all machines must share the output folder under the same path"
            )


def own_code() -> str:
    """The digest of this installation."""
    return code_digest(*PARTS)


class RayWorker:
    """An actor that does tasks in one thread, and says in another how far it is.

    Everything it has to say comes from `next_messages`, in order; `prepare` and `do` return nothing.
    """

    def __init__(self) -> None:
        self._messages: SimpleQueue[Message] = SimpleQueue()
        self._do: Callable[[Any, Report], Any] | None = None

    def place(self) -> tuple[str, int]:
        """The machine, as `clear_staging` knows it, and the process id."""
        return MACHINE, os.getpid()

    def prepare(self, setup: WorkerSetup) -> None:
        """Get ready for tasks."""
        try:
            setup.check()
            limit_cores(setup.cores)
            self._do = pickle.loads(setup.work).prepare()  # noqa: S301 - from the first machine
            self._messages.put(Ready())
        except Exception as error:
            self._messages.put(Failed(as_expected(error)))

    def do(self, task: bytes, attempt: int) -> None:
        """Do a pickled task."""
        assert self._do is not None
        report = Report(
            lambda *step: self._messages.put(Step(*step)), lambda text: self._messages.put(Note(text)), attempt
        )
        answer = answer_of(self._do, pickle.loads(task), report)  # noqa: S301 - from the first machine
        try:
            pickle.loads(pickle.dumps(answer))  # noqa: S301 - of this process
        except Exception as error:
            answer = unsendable(error)
        self._messages.put(answer)

    def next_messages(self) -> list[Message]:
        """Wait until there is something to say; of many steps of a stage, only the last is returned."""
        start = monotonic()
        try:
            messages = [self._messages.get(timeout=HEARTBEAT_SECONDS)]
        except Empty:
            return []
        if isinstance(messages[0], Step):
            sleep(max(0.0, EVERY_SECONDS - (monotonic() - start)))
        while not self._messages.empty():
            messages.append(self._messages.get())
        last = {message.stage: index for index, message in enumerate(messages) if isinstance(message, Step)}
        return [
            message
            for index, message in enumerate(messages)
            if not isinstance(message, Step) or last[message.stage] == index
        ]


def _appears(path: Path) -> bool:
    """Whether a folder is there, or comes soon."""
    end = monotonic() + SHARED_SECONDS
    while not path.is_dir():
        if monotonic() > end:
            return False
        sleep(0.2)
    return True
