"""Detectors by name: built-in, an ONNX file, an object in a module or file of the user, or an installed plug-in."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Literal

from siamlink.detectors.base.errors import ConfigError, DetectorError, explain_where
from siamlink.detectors.base.hints import did_you_mean
from siamlink.detectors.base.plugins import load_attribute
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.class_names import ClassNames
from siamlink.detectors.detector import LoadedDetector
from siamlink.detectors.detector_options import DetectorOptions
from siamlink.detectors.models.download import WEIGHTS, fetch

ENTRY_POINT_GROUP = "siamlink.detectors"
ONNX_PREFIX = "onnx:"
NAMED_WEIGHTS_REPORT = ("person",)
"""What the detectors with published weights report by default; a file of the user reports all its classes."""
HELP = (
    "'siamlink detectors' lists all names; name a detector of your own as package.module:attribute or file.py:attribute"
)


@dataclass(frozen=True)
class DetectorInfo:
    """A detector that can be loaded by name.

    Attributes:
        name: the name.
        ready: "yes"; "on first use": its weights are downloaded then; "no".
        note: what it finds, and the size of the download or why it is not ready.
        origin: `built-in`, or the distribution of the plug-in.
    """

    name: str
    ready: Literal["yes", "on first use", "no"]
    note: str
    origin: str

    @property
    def available(self) -> bool:
        """Whether it can be used without a download or installation."""
        return self.ready == "yes"


def load_detector(spec: object, progress: Progress | None = None, **options: Any) -> LoadedDetector:
    """Load a detector, and download its weights if they are missing.

    Args:
        spec: a built-in name (`hog`, `motion`, `yolox-nano`, `yolox-tiny`, `yolox-s`); `onnx:FILE`;
            `package.module:attribute`, searched in the current folder first, or `file.py:attribute`; the name of an
            entry point in the group `siamlink.detectors`; or an object, function or class itself.
        progress: called while weights are downloaded.
        options: those of `DetectorOptions` by name, such as `classes=["car", "bus"]`. A detector in an ONNX file has
            all of them; of others, `classes` and `confidence` select among the results, and `class_names` names them.

    Raises:
        DetectorError: there is no such detector, or it cannot be loaded.
        DownloadError: its weights could not be downloaded.
        ConfigError: an option is wrong, or the detector cannot follow it.
    """
    chosen = DetectorOptions.of(options)
    if isinstance(spec, LoadedDetector):
        if options:
            raise ConfigError(f"detector '{spec.name}' is loaded already; give {', '.join(options)} to load_detector")
        return spec
    if isinstance(spec, str):
        return _load_by_name(spec, progress, chosen)
    return LoadedDetector(getattr(spec, "__qualname__", type(spec).__qualname__), spec, None, chosen)


def _load_by_name(spec: str, progress: Progress | None, options: DetectorOptions) -> LoadedDetector:
    if spec in WEIGHTS:
        weights = WEIGHTS[spec]
        chosen = options if options.classes else replace(options, classes=NAMED_WEIGHTS_REPORT)
        return LoadedDetector(spec, _onnx(fetch(weights.url, weights.sha256, weights.cached, progress), chosen))
    if spec in BUILT_INS:
        return LoadedDetector(spec, BUILT_INS[spec].make(), None, options, BUILT_INS[spec].classes)
    if spec.startswith(ONNX_PREFIX):
        if spec == ONNX_PREFIX:
            raise DetectorError("'onnx:' names no file; expected onnx:FILE")
        return LoadedDetector(spec, _onnx(Path(spec.removeprefix(ONNX_PREFIX)).expanduser(), options))
    if ":" in spec:
        return LoadedDetector(spec, load_attribute(spec, HELP, DetectorError), None, options)
    for plugin in _plugins():
        if plugin.name == spec:
            return LoadedDetector(spec, _load_plugin(plugin), None, options)
    raise DetectorError(f"there is no detector '{spec}'{_nearest(spec)} ({HELP})")


def _nearest(spec: str) -> str:
    suffix = Path(spec).suffix
    if suffix == ".onnx":
        return f"; did you mean '{ONNX_PREFIX}{spec}'?"
    if suffix == ".py":
        return f"; did you mean '{spec}:ATTRIBUTE'?"
    names = [*BUILT_INS, *WEIGHTS, *(plugin.name for plugin in _plugins())]
    return did_you_mean(spec, names, cutoff=0.4)


def available_detectors() -> list[DetectorInfo]:
    """All detectors that can be loaded by name: the built-in ones, then installed plug-ins in order of their names."""
    return [*map(_built_in_info, BUILT_INS), *map(_weights_info, WEIGHTS), *map(_plugin_info, _plugins())]


@dataclass(frozen=True)
class _BuiltIn:
    note: str
    make: Callable[[], object]
    fault: Callable[[], str | None]
    classes: ClassNames


def _hog() -> object:
    from siamlink.detectors.models.hog import HogDetector

    return HogDetector()


def _hog_fault() -> str | None:
    import cv2

    if hasattr(cv2, "HOGDescriptor"):
        return None
    return f"OpenCV {cv2.__version__} has no HOG detector: install 'opencv-python<5'"


def _motion() -> object:
    from siamlink.detectors.models.motion import MotionDetector

    return MotionDetector()


def _onnx(path: Path, options: DetectorOptions) -> object:
    from siamlink.detectors.models.onnx import OnnxDetector

    return OnnxDetector(path, **options.given)


BUILT_INS = {
    "hog": _BuiltIn(
        "upright people, 50 pixels high or more; slow, needs no weights", _hog, _hog_fault, ClassNames(["person"])
    ),
    "motion": _BuiltIn(
        "moving objects before a static camera; needs no weights", _motion, lambda: None, ClassNames({})
    ),
}


def _built_in_info(name: str) -> DetectorInfo:
    note, fault = BUILT_INS[name].note, BUILT_INS[name].fault()
    if fault:
        return DetectorInfo(name, "no", f"{note}; {fault}", "built-in")
    return DetectorInfo(name, "yes", note, "built-in")


REPORTS = "people; with --classes, any of the 80 classes of COCO"


def _weights_info(name: str) -> DetectorInfo:
    weights = WEIGHTS[name]
    if weights.is_cached():
        return DetectorInfo(name, "yes", REPORTS, "built-in")
    note = f"{REPORTS}; downloads {weights.size / 1e6:.1f} MB of weights"
    return DetectorInfo(name, "on first use", note, "built-in")


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
        return DetectorInfo(plugin.name, "no", str(error), origin)
    return DetectorInfo(plugin.name, "yes", plugin.value, origin)
