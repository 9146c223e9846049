"""Detectors in ONNX files, run by onnxruntime."""

from collections.abc import Sequence
from copy import copy
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from siamlink.detectors.base.arrays import Float32Array, Image, IntArray
from siamlink.detectors.base.counted import counted
from siamlink.detectors.base.errors import ConfigError, DetectorError, explain
from siamlink.detectors.base.fingerprint import file_digest
from siamlink.detectors.base.threads import core_count
from siamlink.detectors.boxes import suppress_non_maxima
from siamlink.detectors.class_names import COCO, COCO_CATEGORIES, ClassNames
from siamlink.detectors.detections import Detections
from siamlink.detectors.detector_options import DetectorOptions
from siamlink.detectors.models.heads.detr import COCO_NUMBERS, SIZE_INPUT
from siamlink.detectors.models.heads.head import Candidates, Head, Outputs, Probe
from siamlink.detectors.models.heads.recognise import SUPPORTED, recognise
from siamlink.detectors.models.model_metadata import ModelMetadata, parse_metadata
from siamlink.detectors.models.preprocessing import PADDING
from siamlink.detectors.models.session import device_of, open_session

MAX_CANDIDATES = 1000
"""Boxes of a class that enter the non-maximum suppression, best first; more are noise and take time."""
SAME_OBJECT = 0.8
"""IoU above which boxes of different classes are one object: of 72 pairs of a car, truck or bus that two real networks
reported twice, most have more; a rider and the bicycle have less."""
DEFAULT_SIDE = 640
"""Pixels; the input of a network that takes images of any size and does not state for which it was trained."""


class OnnxDetector:
    """A detector in an ONNX file; its family is recognised from its inputs, outputs and metadata.

    The default scores of YOLOX and NanoDet were chosen on frames of PETS09-S2L1, TUD-Campus, KITTI-17 and MOT16-09: the
    lowest that still add recall, and the highest overlap at which there are more objects than duplicates.

    Args:
        path: the ONNX file.
        threads: for one image; None: one for each core that this process may use, four at most.
        options: those of `DetectorOptions` by name, such as `classes=["car"]`. By default, all classes are reported,
            scores and non-maximum suppression are those of the family, images have the size that the metadata state,
            else 640, and classes have the names in the metadata, else those of COCO where there are 80, else none.

    Attributes:
        class_names: the names of all classes by number; None where they have none.

    Raises:
        DetectorError: the file is missing or not an ONNX file, its family is unknown, or the device cannot be used.
        ConfigError: an option is wrong, or does not fit the network.
    """

    def __init__(self, path: str | Path, *, threads: int | None = None, **options: Any) -> None:
        chosen = DetectorOptions.of(options)
        self._path, self._device = Path(path), chosen.device or "auto"
        self._session = open_session(self._path, threads or min(4, core_count()), device=self._device)
        metadata = parse_metadata(self._session.get_modelmeta().custom_metadata_map)
        self._input, self._size = self._find_input(chosen.image_size, metadata)
        self._head = self._recognise(metadata)
        self._preprocessing = self._head.preprocessing
        if chosen.preprocessing:
            self._preprocessing = self._preprocessing.changed(chosen.preprocessing)
        self._confidence = self._head.score_threshold if chosen.confidence is None else chosen.confidence
        if not 0 <= self._confidence <= 1:
            raise ConfigError(f"confidence is {self._confidence:g}; expected 0 to 1")
        self._nms_iou = self._head.iou_limit if chosen.nms_iou is None else chosen.nms_iou
        self.class_names = self._names(chosen.class_names or metadata.class_names)
        self._selected = None if chosen.selected is None else self._numbers_of(chosen.selected)

    @property
    def fingerprint(self) -> str:
        """Digest of the weights, and the settings."""
        selected = "all" if self._selected is None else self._selected.tolist()
        settings = self._confidence, self._nms_iou, selected, self._size, self._preprocessing, device_of(self._session)
        return f"{file_digest(self._path)} {' '.join(map(str, settings))}"

    @property
    def description(self) -> dict[str, Any]:
        """Family, classes and settings, for the record of a run."""
        names, selected = self.class_names or ClassNames({}), self._selected
        reported = None if selected is None else [names.name_of(int(number)) for number in selected]
        return {
            "family": self._head.family,
            "classes": "all" if reported is None else reported,
            "known_classes": self._head.class_count or len(names) or None,
            "confidence": self._confidence,
            "nms_iou": self._nms_iou,
            "image_size": [self._size[1], self._size[0]],
            "preprocessing": str(self._preprocessing),
            "device": device_of(self._session),
        }

    def replicas(self, count: int) -> "list[OnnxDetector]":
        """`count` detectors of one thread each, which together are faster than all threads on one image.

        All are the same object: several threads may use one onnxruntime session at the same time.
        """
        replica = copy(self)
        replica._session = open_session(self._path, 1, device=self._device)
        return [replica] * count

    def detect(self, image: Image) -> Detections:
        """Objects of the selected classes in `image` (H, W, 3) uint8 BGR; scores are in 0-1."""
        fitted = self._preprocessing.fitted(image, self._size)
        candidates = self._head.decode(self._run(self._preprocessing.network_input(fitted.canvas)))
        box = fitted.to_image(candidates.box)
        score, label = best_class(candidates, self._selected)
        row = np.flatnonzero((box[:, 2:] - box[:, :2] >= 1).all(axis=1) & (score >= self._confidence))
        row = row[np.argsort(-score[row], kind="stable")]
        row = row[rank_in_class(label[row]) < MAX_CANDIDATES]
        if self._nms_iou is not None:
            row = row[suppress_non_maxima(box[row], score[row], self._nms_iou, label=label[row], same_box=SAME_OBJECT)]
        return Detections.from_boxes(1, box[row], score[row], label[row])

    def _run(self, pixels: Float32Array) -> Outputs:
        half = self._input.type == "tensor(float16)"
        feed: Outputs = {self._input.name: pixels.astype(np.float16) if half else pixels}
        for each in self._session.get_inputs():
            if each.name == SIZE_INPUT:
                kind = np.float32 if each.type == "tensor(float)" else np.int32 if "int32" in each.type else np.int64
                feed[SIZE_INPUT] = np.array([self._size[::-1]], kind)
        names = [each.name for each in self._session.get_outputs()]
        return dict(zip(names, self._session.run(names, feed), strict=True))

    def _recognise(self, metadata: ModelMetadata) -> Head:
        """The head that fits the network's output for a grey image."""
        grey = np.full((1, 3, *self._size), PADDING / 255, np.float32)
        try:
            outputs = self._run(grey)
        except Exception as error:
            width, height = self._size[::-1]
            raise DetectorError(
                f"{self._path} cannot be run with an image of {width} x {height}: {explain(error)}"
            ) from error
        inputs = tuple(each.name for each in self._session.get_inputs())
        if all(isinstance(each, np.ndarray) and each.dtype.kind in "fiu" for each in outputs.values()):
            head = recognise(Probe(self._size, outputs, inputs, metadata))
            if head is not None:
                return head
        shapes = ", ".join(f"{name} {getattr(each, 'shape', type(each).__name__)}" for name, each in outputs.items())
        task = f"its task is {metadata.task}, " if metadata.task not in ("", "detect") else ""
        raise DetectorError(f"{self._path} is not a supported detector: {task}its outputs are {shapes}; {SUPPORTED}")

    def _find_input(
        self, image_size: tuple[int, int] | None, metadata: ModelMetadata
    ) -> tuple[onnxruntime.NodeArg, tuple[int, int]]:
        """The input for the image, and its height and width."""
        inputs = self._session.get_inputs()
        images = [each for each in inputs if each.name != SIZE_INPUT]
        shape = images[0].shape if len(images) == 1 and images[0].type in ("tensor(float)", "tensor(float16)") else []
        fixed = [side if isinstance(side, int) else None for side in shape]
        if len(shape) != 4 or fixed[1] != 3 or fixed[0] not in (1, None):
            declared = ", ".join(f"{each.name} {each.type} {each.shape}" for each in inputs)
            raise DetectorError(
                f"{self._path} is not a supported detector: its inputs are {declared}; expected one image, "
                "tensor(float) [1, 3, height, width]"
            )
        wanted = image_size[::-1] if image_size else metadata.image_size or (DEFAULT_SIDE, DEFAULT_SIDE)
        height, width = (side or wish for side, wish in zip(fixed[2:], wanted, strict=True))
        if image_size and image_size != (width, height):
            only = f"{width} x {height} only, not of {image_size[0]} x {image_size[1]}"
            raise ConfigError(f"{self._path} takes images of {only}")
        return images[0], (height, width)

    def _names(self, names: ClassNames | None) -> ClassNames | None:
        """The names of all classes, or their numbers where only some have names; None if none has."""
        count = self._head.class_count
        if names is None:
            return {len(COCO): COCO, COCO_NUMBERS: COCO_CATEGORIES}.get(count or 0)
        if count is None:
            return names
        if max(names) >= count:
            raise ConfigError(
                f"{self._path} knows {counted(count, 'class')}, but there is a name for class {max(names)}"
            )
        return ClassNames({number: names.name_of(number) for number in range(count)})

    def _numbers_of(self, classes: Sequence[str | int]) -> IntArray:
        count = self._head.class_count
        names = self.class_names or ClassNames([str(number) for number in range(count or 0)])
        try:
            return np.array(names.numbers_of(classes), np.int64)
        except ConfigError as error:
            raise ConfigError(f"{self._path}: {error}") from None


def best_class(candidates: Candidates, selected: IntArray | None) -> tuple[Float32Array, IntArray]:
    """Score and class (A,) of each box: of the classes `selected`, or of all, that with the highest score.

    A box of a class that is not selected has a score of -1.
    """
    box, score, label = candidates
    if label is not None:
        outside = np.zeros(len(box), bool) if selected is None else ~np.isin(label, selected)
        return np.where(outside, np.float32(-1), score), label
    if selected is not None:
        score = score[:, selected]
    best = score.argmax(axis=1)
    return score[np.arange(len(score)), best], best if selected is None else selected[best]


def rank_in_class(label: IntArray) -> IntArray:
    """For each of the rows (N,), the number of earlier rows of its class."""
    order = np.argsort(label, kind="stable")
    _, first, count = np.unique(label[order], return_index=True, return_counts=True)
    rank = np.empty(len(label), np.int64)
    rank[order] = np.arange(len(label)) - np.repeat(first, count)
    return rank
