"""Detectors by name: built in, from an ONNX file, from a module or file of the user's, or from an installed plug-in."""

import difflib
import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType

from siamlink.detectors.detector import LoadedDetector, explain_where
from siamlink.detectors.download import WEIGHTS, Progress, fetch
from siamlink.detectors.errors import DetectorError

ENTRY_POINT_GROUP = "siamlink.detectors"
ONNX_PREFIX = "onnx:"
HELP = (
    "'siamlink detectors' lists what there is; a detector of your own is package.module:attribute or file.py:attribute"
)


@dataclass(frozen=True)
class DetectorInfo:
    """A detector that can be asked for by name.

    Attributes:
        name: what to ask for.
        available: whether it can be used at once.
        note: what it is, or why it is not available.
        origin: `built-in`, or the distribution that brings it.
    """

    name: str
    available: bool
    note: str
    origin: str


def load_detector(spec: object, progress: Progress | None = None) -> LoadedDetector:
    """Make a detector ready.

    Args:
        spec: a built-in name (`hog`, `motion`, `yolox-nano`, `yolox-tiny`, `yolox-s`); `onnx:FILE`;
            `package.module:attribute`, searched in the current folder too, or `file.py:attribute`; the name of an
            entry point in the group `siamlink.detectors`; or an object, function or class itself.
        progress: told how far weights are fetched.

    Raises:
        DetectorError: there is no such detector, or it is broken.
        DownloadError: its weights could not be fetched.
    """
    if isinstance(spec, LoadedDetector):
        return spec
    if isinstance(spec, str):
        return _load_by_name(spec, progress)
    return LoadedDetector(getattr(spec, "__qualname__", type(spec).__qualname__), spec)


def _load_by_name(spec: str, progress: Progress | None) -> LoadedDetector:
    if spec in WEIGHTS:
        weights = WEIGHTS[spec]
        return LoadedDetector(spec, _onnx(fetch(weights.url, weights.sha256, weights.cached, progress)))
    if spec in BUILT_INS:
        return LoadedDetector(spec, BUILT_INS[spec].make())
    if spec.startswith(ONNX_PREFIX):
        if spec == ONNX_PREFIX:
            raise DetectorError("'onnx:' names no file; give one as onnx:FILE")
        return LoadedDetector(spec, _onnx(Path(spec.removeprefix(ONNX_PREFIX)).expanduser()))
    if ":" in spec:
        place, _, attribute = spec.rpartition(":")
        with _import_path(place):
            return LoadedDetector(spec, _attribute_of(_import(place), attribute, spec))
    for plugin in _plugins():
        if plugin.name == spec:
            return LoadedDetector(spec, _load_plugin(plugin))
    raise DetectorError(f"there is no detector '{spec}'{_nearest(spec)} ({HELP})")


def _nearest(spec: str) -> str:
    suffix = Path(spec).suffix
    if suffix == ".onnx":
        return f"; did you mean '{ONNX_PREFIX}{spec}'?"
    if suffix == ".py":
        return f"; did you mean '{spec}:ATTRIBUTE'?"
    names = [*BUILT_INS, *WEIGHTS, *(plugin.name for plugin in _plugins())]
    near = difflib.get_close_matches(spec, names, n=1, cutoff=0.4)
    return f"; did you mean '{near[0]}'?" if near else ""


def available_detectors() -> list[DetectorInfo]:
    """Every detector that can be asked for by name: the built-in ones, then those of installed plug-ins by name."""
    built_in = [
        DetectorInfo(name, not (fault := each.fault()), fault or each.note, "built-in")
        for name, each in BUILT_INS.items()
    ]
    return [*built_in, *map(_weights_info, WEIGHTS), *map(_plugin_info, _plugins())]


@dataclass(frozen=True)
class _BuiltIn:
    note: str
    make: Callable[[], object]
    fault: Callable[[], str | None]


def _hog() -> object:
    from siamlink.detectors.hog import HogDetector

    return HogDetector()


def _hog_fault() -> str | None:
    import cv2

    return None if hasattr(cv2, "HOGDescriptor") else f"OpenCV {cv2.__version__} has none; install 'opencv-python<5'"


def _motion() -> object:
    from siamlink.detectors.motion import MotionDetector

    return MotionDetector()


def _onnx(path: Path) -> object:
    from siamlink.detectors.onnx import OnnxDetector

    return OnnxDetector(path)


BUILT_INS = {
    "hog": _BuiltIn("upright people of 50 pixels and more; slow, needs no weights", _hog, _hog_fault),
    "motion": _BuiltIn("whatever moves before a static camera; needs no weights", _motion, lambda: None),
}


def _weights_info(name: str) -> DetectorInfo:
    weights = WEIGHTS[name]
    if weights.is_cached():
        return DetectorInfo(name, True, f"people; weights in {weights.cached}", "built-in")
    megabytes = f"{weights.size / 1e6:.1f} MB"
    return DetectorInfo(name, False, f"weights not downloaded yet: fetched on first use ({megabytes})", "built-in")


def _plugins() -> list[EntryPoint]:
    return sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda plugin: plugin.name)


def _load_plugin(plugin: EntryPoint) -> object:
    try:
        return plugin.load()
    except (Exception, SystemExit) as error:
        raise DetectorError(
            f"plug-in '{plugin.name}' ({plugin.value}) cannot be imported: {explain_where(error)}"
        ) from error


def _plugin_info(plugin: EntryPoint) -> DetectorInfo:
    origin = f"{plugin.dist.name} {plugin.dist.version}" if plugin.dist else plugin.value
    try:
        _load_plugin(plugin)
    except DetectorError as error:
        return DetectorInfo(plugin.name, False, str(error), origin)
    return DetectorInfo(plugin.name, True, plugin.value, origin)


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
    """Import a dotted module or the Python file `place`."""
    if place.endswith(".py") and not Path(place).is_file():
        raise DetectorError(f"there is no file {place} ({HELP})")
    try:
        return _run_file(Path(place)) if place.endswith(".py") else importlib.import_module(place)
    except (Exception, SystemExit) as error:
        if isinstance(error, ModuleNotFoundError) and f"{place}.".startswith(f"{error.name}."):
            raise DetectorError(f"there is no module '{error.name}' in {Path.cwd()} or installed ({HELP})") from error
        raise DetectorError(f"cannot import {place}: {explain_where(error)}") from error


def _run_file(path: Path) -> ModuleType:
    name = f"siamlink_detector_{path.stem}"
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
        raise DetectorError(f"no '{attribute}' in {module.__file__}, asked for by '{spec}'{hint}") from None
    return found
