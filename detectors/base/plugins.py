"""Objects of the user's own, found by `package.module:attribute` or `file.py:attribute`."""

import difflib
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import reduce
from pathlib import Path
from types import ModuleType

from siamlink.detectors.base.errors import SiamlinkError
from siamlink.detectors.detector import explain_where


def load_attribute(spec: str, help_text: str, error: type[SiamlinkError]) -> object:
    """Import what `package.module:attribute`, searched in the current folder too, or `file.py:attribute` names.

    Args:
        spec: where it is.
        help_text: how such a thing is named, said where it is not found.
        error: what is raised.

    Raises:
        SiamlinkError: of the kind `error`: there is no such module, file or attribute, or it cannot be imported.
    """
    place, _, attribute = spec.rpartition(":")
    with _import_path(place):
        try:
            return _attribute_of(_import(place), attribute, spec)
        except LookupError as missing:
            raise error(f"{missing.args[0]} ({help_text})") from missing
        except ImportError as broken:
            raise error(str(broken)) from broken


@contextmanager
def _import_path(place: str) -> Iterator[None]:
    """Search the current folder, or that of a file, first, as Python does for a script; afterwards no longer."""
    folder = str(Path(place).resolve().parent if place.endswith(".py") else Path.cwd())
    sys.path.insert(0, folder)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        if folder in sys.path:
            sys.path.remove(folder)


def _import(place: str) -> ModuleType:
    """Import a dotted module or the Python file `place`; LookupError: there is none."""
    if place.endswith(".py") and not Path(place).is_file():
        raise LookupError(f"there is no file {place}")
    try:
        return _run_file(Path(place)) if place.endswith(".py") else importlib.import_module(place)
    except (Exception, SystemExit) as error:
        if isinstance(error, ModuleNotFoundError) and f"{place}.".startswith(f"{error.name}."):
            raise LookupError(f"there is no module '{error.name}' in {Path.cwd()} or installed") from error
        raise ImportError(f"cannot import {place}: {explain_where(error)}") from error


def _run_file(path: Path) -> ModuleType:
    name = f"siamlink_plugin_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path.resolve())
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _attribute_of(module: ModuleType, attribute: str, spec: str) -> object:
    try:
        found: object = reduce(getattr, attribute.split("."), module)
    except AttributeError:
        near = difflib.get_close_matches(attribute, [name for name in vars(module) if name[0] != "_"], n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        raise ImportError(f"no '{attribute}' in {module.__file__}, asked for by '{spec}'{hint}") from None
    return found
