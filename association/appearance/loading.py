"""Appearance models by name: the network shipped with siamlink, files of weights, and plug-ins."""

import re
import zlib
from importlib.resources import files
from pathlib import Path

from siamlink.association.appearance.appearance import Appearances
from siamlink.association.appearance.loaded_appearance import LoadedAppearance
from siamlink.detectors.base.errors import ModelError
from siamlink.detectors.base.plugins import load_attribute

NONE, SIAMESE, GENERAL, ONNX = "none", "siamese", "siamese-general", "onnx"
SIAMESE_FILE = "siamese.safetensors"
"""Name of the file with the weights of a Siamese network in the folder of a model."""
SHIPPED = Path(str(files("siamlink.association") / "weights" / SIAMESE_FILE))
"""The weights of `siamese`, which learned from people, and which the shipped models of the second level know."""
SHIPPED_GENERAL = SHIPPED.with_name("siamese_general.safetensors")
"""The weights of `siamese-general`, which learned from people, vehicles and animals."""
_SHIPPED_FILES = {SIAMESE: SHIPPED, GENERAL: SHIPPED_GENERAL}
EXPECTED = (
    "an appearance is none, siamese, siamese-general, siamese:FILE, onnx:FILE, package.module:attribute or "
    "file.py:attribute"
)


def load_appearance(spec: object) -> Appearances | None:
    """Load one or more appearance models.

    Args:
        spec: `none`; `siamese` or `siamese-general`, the networks shipped with siamlink; `siamese:FILE`; `onnx:FILE`,
            any re-identification network; `package.module:attribute`, searched in the current folder too, or
            `file.py:attribute`; several of them, separated by commas; or an object or class that satisfies
            `Appearance`.

    Returns:
        The appearances; None for `none` or an empty text.

    Raises:
        ModelError: there is no such appearance, or it cannot be loaded.
    """
    if not isinstance(spec, str):
        name = getattr(spec, "__qualname__", type(spec).__qualname__)
        return Appearances([LoadedAppearance(name, _label(name), spec)])
    names = [name for name in map(str.strip, spec.split(",")) if name not in ("", NONE)]
    return Appearances([_load_by_name(name) for name in names]) if names else None


def siamese_weights(spec: str) -> Path | None:
    """The file of weights of a Siamese network by the name of its appearance; None for an appearance of another kind.

    Args:
        spec: the name of one appearance, such as `siamese-general` or `siamese:FILE`.
    """
    kind, _, rest = spec.partition(":")
    return Path(rest).expanduser() if kind == SIAMESE and rest else _SHIPPED_FILES.get(spec)


def _load_by_name(spec: str) -> LoadedAppearance:
    kind, colon, rest = spec.partition(":")
    if kind in (SIAMESE, ONNX) and colon and not rest:
        raise ModelError(f"'{spec}' names no file; expected {kind}:FILE")
    if weights := siamese_weights(spec):
        from siamlink.association.appearance.siamese.inference import Siamese

        return LoadedAppearance(spec, _file_label(weights), Siamese.load(weights))
    if kind == ONNX and rest:
        from siamlink.association.appearance.onnx_reid import ReidNetwork

        path = Path(rest).expanduser()
        network = ReidNetwork(path)
        return LoadedAppearance(spec, _file_label(path), network)
    if colon:
        attribute = load_attribute(spec, EXPECTED, ModelError)
        return LoadedAppearance(spec, _label(spec.rpartition(":")[2]), attribute)
    hints = {".onnx": f"{ONNX}:{spec}", ".safetensors": f"{SIAMESE}:{spec}", ".py": f"{spec}:ATTRIBUTE"}
    hint = hints.get(Path(spec).suffix)
    raise ModelError(f"there is no appearance '{spec}'" + (f"; did you mean '{hint}'?" if hint else f"; {EXPECTED}"))


def _file_label(path: Path) -> str:
    """The file's name and a checksum of its content, so that a matcher trained with other weights is recognised."""
    return f"{_label(path.stem)}-{zlib.crc32(path.read_bytes()):08x}"


def _label(name: str) -> str:
    """A name with only characters that XGBoost allows in feature names."""
    return re.sub(r"[^\w.-]", "_", name)
