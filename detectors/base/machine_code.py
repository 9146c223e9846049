"""Loops over arrays that Numba compiles to machine code, where it is installed and the work is large enough.

Whatever is compiled has a counterpart in NumPy with the same results bit by bit: Numba neither reorders nor fuses
operations. Functions whose last bits depend on the library, such as logarithms, are left to NumPy.

To import Numba and to load what it compiled takes `LOADING_SECONDS`. So NumPy works until the loops would have saved as
much, or until it is foreseen that they will save as much in the rest of a run: Numba does not delay a short one.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

LOADING_SECONDS = 0.9
"""CPU time to import Numba and to load the loops."""
SECONDS_PER_CALL = 8e-5
"""What a compiled function saves in each call, by measurement."""
SECONDS_PER_ROW = 1.5e-7
"""What it saves for each row, such as a detection or a pair."""
LEAST_FRAMES = 20
"""From so many on it is foreseen what the loops will save in the rest of a run."""
COMPILING = "note: loops are compiled once for this installation; this takes about half a minute"


class Savings:
    """How many seconds the loops would have saved in this process so far, or more if they are to be loaded."""

    seconds = 0.0


class Foresight:
    """Lets the loops be loaded in a run in which they will save more than that takes.

    Args:
        live: it has no known end, and its frames do not wait: the loops are loaded at its start, not in its middle.
    """

    def __init__(self, live: bool = False) -> None:
        self._before = Savings.seconds
        if live:
            Savings.seconds = max(self._before, LOADING_SECONDS)

    def reached(self, frame: int, last: int) -> None:
        """The run has done the work on a frame; `last` is the last one, 0 where that is not known."""
        saved, rest = Savings.seconds - self._before, last - frame
        if frame >= LEAST_FRAMES and saved * rest / frame >= LOADING_SECONDS:
            Savings.seconds = LOADING_SECONDS


def machine_code(*arguments: str) -> Callable[[Function], Function]:
    """A decorator: compile a function of loops at its definition, or load what was compiled before.

    Args:
        arguments: the types of its arguments: `int`, `float`, `single` (float32), or arrays in C order: `ints` (N,)
            int64, `frames` (N,) int32, `floats` (N,) float64, `table` (M, N) float64, `boxes` and `values` (N, F)
            float32, `nodes` (N, M) uint32, `flags` (N,) bool; those named with a `*` are written to;
            several in brackets are a tuple. None: the function is called by compiled functions alone.
    """
    from numba import njit, types

    def array(dtype: Any, dimensions: int = 1) -> Any:
        return types.Array(dtype, dimensions, "C", readonly=True)

    known = {
        "int": types.int64,
        "float": types.float64,
        "ints": array(types.int64),
        "frames": array(types.int32),
        "floats": array(types.float64),
        "table": array(types.float64, 2),
        "boxes": array(types.float32, 2),
        "single": types.float32,
        "values": array(types.float32, 2),
        "nodes": array(types.uint32, 2),
        "flags": array(types.boolean),
    }
    known |= {f"*{name}": kind.copy(readonly=False) for name, kind in known.items() if hasattr(kind, "ndim")}

    def kind_of(name: str) -> Any:
        several: Any = types.Tuple
        return several([known[each] for each in name[1:-1].split()]) if name[0] == "(" else known[name]

    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
    if arguments:
        options |= {"signature_or_function": tuple(map(kind_of, arguments)), "cache": True}
    else:
        options |= {"no_cpython_wrapper": True}
    decorator: Any = njit
    compile_function: Callable[[Function], Function] = decorator(**options)
    return compile_function


def compiled(module: str, rows: int) -> ModuleType | None:
    """A module of compiled functions, for work on some rows; None where NumPy is to do it.

    That is so where the loops have not saved enough yet, without Numba, and where it cannot be used.
    """
    if Savings.seconds < LOADING_SECONDS:
        Savings.seconds += SECONDS_PER_CALL + rows * SECONDS_PER_ROW
        if Savings.seconds < LOADING_SECONDS:
            return None
    return load(module)


@cache
def load(module: str) -> ModuleType | None:
    """A module of compiled functions; None without Numba, or without a folder to keep what it compiled."""
    if find_spec("numba") is None:
        return None
    try:
        with _compiling_announced():
            return import_module(module)
    except Exception:  # another version of NumPy, no folder that can be written, or a damaged file in it
        return None


@contextmanager
def _compiling_announced() -> Iterator[None]:
    """Say so on stderr, once in a process, if anything has to be compiled."""
    from numba.core import event

    class Announcement(event.Listener):
        def on_start(self, _: Any) -> None:
            _announce()

        def on_end(self, _: Any) -> None:
            pass

    with event.install_listener("numba:compile", Announcement()):
        yield


@cache
def _announce() -> None:
    if sys.stderr:
        sys.stderr.write(f"{COMPILING}\n")
