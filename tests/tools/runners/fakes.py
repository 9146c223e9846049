"""Work that does what its tasks say, for processes of their own."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from siamlink.detectors.base.errors import InputError, ModelError, SiamlinkError
from siamlink.detectors.base.threads import core_count
from siamlink.tools.console.files import staging
from siamlink.tools.runners.work import Report


@dataclass(frozen=True)
class Fake:
    """Does a task by its first word, and answers with the task.

    Attributes:
        folder: of the results, and of marks that survive a process.
        fails: how no task can be prepared: by an error, by the death of each process, or once by a death; else empty.
    """

    folder: Path
    fails: str = ""
    unit = "fakes"

    def name_of(self, task: str) -> str:
        return task

    def prepare(self) -> Callable[[str, Report], object]:
        (self.folder / f"worker {os.getpid()}").touch()
        if self.fails == "error":
            raise ModelError("no model")
        if self.fails == "bug":
            raise ValueError("no number")
        if self.fails == "dies" or (self.fails == "dies once" and first_time(self.folder / "prepared")):
            os._exit(3)
        return self.do

    def do(self, task: str, report: Report) -> object:
        report.progress("work", 1, 2)
        match task.split():
            case ["raises", *_]:
                raise InputError(f"no file {task}")
            case ["bug", *_]:
                raise ZeroDivisionError("by nothing")
            case ["dies", "once"]:
                if first_time(self.folder / task):
                    os.kill(os.getpid(), 9)
                return report.attempt
            case ["dies", "staged"]:
                if first_time(self.folder / task):
                    with staging(self.folder):
                        os.kill(os.getpid(), 9)
            case ["dies", *_]:
                os._exit(3)
            case ["slow", *_]:
                with staging(self.folder):
                    report.note(str(os.getpid()))
                    time.sleep(60)
            case ["notes", *_]:
                report.note(f"from {task}")
            case ["answers", kind]:
                return UNUSUAL[kind]()
            case ["cores"]:
                return core_count(), os.environ["OMP_NUM_THREADS"]
        report.progress("work", 2, 2)
        return task


class PlugInError(SiamlinkError):
    """Pickling it works, unpickling it does not."""

    def __init__(self, what: str, where: str) -> None:
        super().__init__(f"{what} {where}")


class Unreadable:
    """Pickling it works, unpickling it does not."""

    def __reduce__(self) -> tuple[object, ...]:
        return int, ("no number",)


def _fail() -> None:
    raise PlugInError("nothing", "here")


UNUSUAL = {"unsendable": lambda: lambda: None, "unreadable": Unreadable, "failing": _fail}
"""Answers, and an error, that cannot be sent to another process."""


def first_time(mark: Path) -> bool:
    """Whether this is called for the first time, by any process."""
    try:
        mark.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True
