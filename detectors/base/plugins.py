"""Plug-ins: objects of the user, loaded by `package.module:attribute` or `file.py:attribute`."""

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import reduce
from pathlib import Path
from types import ModuleType

from siamlink.detectors.base.errors import SiamlinkError, explain_where
from siamlink.detectors.base.hints import did_you_mean


def load_attribute(spec: str, help_text: str, error: type[SiamlinkError]) -> object:
    """Import the object that `package.module:attribute` or `file.py:attribute` names.

    Args:
        spec: the name; modules are searched in the current folder first, then among the installed ones.
        help_text: how such an object is named; part of the message if there is none.
        error: the class of the errors raised here.

    Raises:
        SiamlinkError: of the class `error`: there is no such module, file or attribute, or the import fails.
    """
    module, _, attribute = spec.rpartition(":")
    with _import_path(module):
        try:
            return _attribute_of(_import(module), attribute, spec)
        except LookupError as missing:
            raise error(f"{missing.args[0]} ({help_text})") from missing
        except ImportError as broken:
            raise error(str(broken)) from broken


@contextmanager
def _import_path(module: str) -> Iterator[None]:
    """Inside the block, imports search the current folder, or the folder of the file `module`, first."""
    folder = str(Path(module).resolve().parent if module.endswith(".py") else Path.cwd())
    sys.path.insert(0, folder)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        if folder in sys.path:
            sys.path.remove(folder)


def _import(module: str) -> ModuleType:
    """Import a dotted module or a Python file.

    Raises:
        LookupError: there is none.
        ImportError: its code raises an exception.
    """
    is_file = module.endswith(".py")
    if is_file and not Path(module).is_file():
        raise LookupError(f"there is no file {module}")
    try:
        return _run_file(Path(module)) if is_file else importlib.import_module(module)
    except (Exception, SystemExit) as error:
        if isinstance(error, ModuleNotFoundError) and f"{module}.".startswith(f"{error.name}."):
            raise LookupError(f"there is no module '{error.name}' in {Path.cwd()} or installed") from error
        raise ImportError(f"cannot import {module}: {explain_where(error)}") from error


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
        value: object = reduce(getattr, attribute.split("."), module)
    except AttributeError:
        hint = did_you_mean(attribute, (name for name in vars(module) if name[0] != "_"))
        raise ImportError(f"there is no '{attribute}' in {module.__file__}, as named by '{spec}'{hint}") from None
    return value
