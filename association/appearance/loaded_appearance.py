"""One appearance model with checked results."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.descriptors import Crops, Descriptors, Features, cosine
from siamlink.detectors.base.arrays import Box, Image
from siamlink.detectors.base.counted import counted
from siamlink.detectors.base.errors import ModelError, explain_where
from siamlink.detectors.base.fingerprint import fingerprint_of

if TYPE_CHECKING:
    from siamlink.association.appearance.optical_flow import FlowField, FlowParameters

RANKS = ("rank_later", "margin_later", "rank_earlier", "margin_earlier")
"""Features added for each appearance: rank and margin of the similarity among the rivals of a pair, on either side."""


class LoadedAppearance:
    """An appearance with a name and checked results; compares by cosine if the appearance itself does not compare.

    Args:
        name: for messages.
        label: prefix of its feature names; it shows whether a trained matcher belongs to this appearance.
        appearance: an object with `describe(image, box)`, or a class of such that can be made without arguments.

    Raises:
        ModelError: `appearance` is neither.
    """

    def __init__(self, name: str, label: str, appearance: object) -> None:
        if isinstance(appearance, type):
            try:
                appearance = appearance()
            except (Exception, SystemExit) as error:
                reason = explain_where(error)
                raise ModelError(f"appearance '{name}' cannot be created without arguments: {reason}") from error
        self.name, self.label, self._appearance = name, label, appearance
        self.needs_flow = bool(getattr(appearance, "needs_flow", False))
        self.flow_parameters: FlowParameters | None = getattr(appearance, "flow_parameters", None)
        self._describe: Any = getattr(appearance, "describe", None)
        self._crop: Any = getattr(appearance, "crop", None)
        self._describe_crops: Any = getattr(appearance, "describe_crops", None)
        self._compare: Any = getattr(appearance, "compare", None) or cosine
        self.reach: int | None = getattr(appearance, "reach", None)
        if not (self.reach is None or (isinstance(self.reach, int) and self.reach >= 0)):
            raise ModelError(f"appearance '{name}' has the reach {self.reach!r:.40}; expected pixels, 0 or more")
        names = ("cosine",) if self._compare is cosine else getattr(appearance, "feature_names", ())
        if not callable(self._describe):
            raise ModelError(
                f"appearance '{name}' is of type {type(appearance).__name__}; expected an object with a method "
                "describe(image, box) that returns (N, D) numbers, or a class of such"
            )
        if not names or isinstance(names, str):
            raise ModelError(f"appearance '{name}' has compare, but no feature_names for the columns it returns")
        self.feature_names = tuple(map(str, names))
        if len({*self.feature_names, *RANKS}) < len(self.feature_names) + len(RANKS):
            raise ModelError(
                f"appearance '{name}' has a name twice in feature_names, or one of {', '.join(RANKS)}: "
                f"{', '.join(self.feature_names)}"
            )

    @property
    def fingerprint(self) -> str | None:
        """Text that changes whenever the descriptors of the same boxes would; None if the appearance has none."""
        return fingerprint_of(self._appearance)

    @property
    def crops(self) -> bool:
        """Whether it describes in two steps, `crop` and `describe_crops`, the second without the image."""
        return callable(self._crop) and callable(self._describe_crops) and not self.needs_flow

    def crop(self, image: Image, box: Box) -> Crops:
        """(N, ...) what `describe` uses of the boxes (N, 4), N at least 1.

        Raises:
            ModelError: the appearance failed, or returned something else.
        """
        crops = self._call(self._crop, image, box)
        if not crops.ndim or len(crops) != len(box):
            raise self._wrong_shape("crop", crops, f"({len(box)}, ...) numbers for {counted(len(box), 'box')}")
        return crops

    def describe_crops(self, crops: Crops) -> Descriptors:
        """(N, D) descriptors of crops, N at least 1.

        Raises:
            ModelError: the appearance failed, or returned something else.
        """
        descriptors = self._call(self._describe_crops, crops)
        if descriptors.ndim != 2 or len(descriptors) != len(crops):
            raise self._wrong_shape(
                "describe_crops", descriptors, f"({len(crops)}, D) numbers for {counted(len(crops), 'crop')}"
            )
        return descriptors

    def describe(self, image: Image, box: Box, flow: "FlowField | None" = None) -> Descriptors:
        """(N, D) descriptors, N at least 1; see `Appearance`.

        Raises:
            ModelError: the appearance failed, or returned something else.
        """
        descriptors = self._call(self._describe, image, box, *([flow] if self.needs_flow else []))
        if descriptors.ndim != 2 or len(descriptors) != len(box):
            raise self._wrong_shape("describe", descriptors, f"({len(box)}, D) numbers for {counted(len(box), 'box')}")
        return descriptors

    def compare(self, earlier: Descriptors, later: Descriptors) -> Features:
        """(P, F) features, P at least 1; see `Appearance`.

        Raises:
            ModelError: the appearance failed, or returned something else.
        """
        features = self._call(self._compare, earlier, later)
        if features.shape != (len(earlier), len(self.feature_names)):
            expected = f"({len(earlier)}, {len(self.feature_names)}) numbers for {counted(len(earlier), 'pair')}"
            raise self._wrong_shape("compare", features, f"{expected}: {', '.join(self.feature_names)}")
        return features.astype(np.float32)

    def _call(self, function: Any, *arguments: Any) -> NDArray[Any]:
        try:
            result = function(*arguments)
            result = np.asarray(result.detach().cpu() if hasattr(result, "detach") else result)
        except ModelError:
            raise
        except (Exception, SystemExit) as error:
            raise ModelError(f"appearance '{self.name}' failed: {explain_where(error)}") from error
        if result.dtype.kind not in "biuf":
            raise ModelError(f"appearance '{self.name}' returned {result.dtype} where numbers were expected")
        return result

    def _wrong_shape(self, method: str, result: NDArray[Any], expected: str) -> ModelError:
        return ModelError(
            f"{method} of appearance '{self.name}' returned an array of shape {result.shape}; expected {expected}"
        )
