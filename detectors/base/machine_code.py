"""Loops over arrays that Numba compiles to machine code, where it is installed.

Whatever is compiled has a counterpart in NumPy with the same results bit by bit: Numba neither reorders nor fuses
operations. Functions whose last bits depend on the library, such as logarithms, are left to NumPy.
"""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


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

    signature: Any = tuple(map(kind_of, arguments)) if arguments else None
    decorator: Any = njit(signature, cache=True, nogil=True, error_model="numpy")
    compile_function: Callable[[Function], Function] = decorator
    return compile_function


@cache
def compiled(module: str) -> ModuleType | None:
    """A module of compiled functions; None without Numba, or without a folder to keep what it compiled."""
    if find_spec("numba") is None:
        return None
    try:
        return import_module(module)
    except (ImportError, RuntimeError):  # another version of NumPy is installed, or no folder can be written
        return None
