"""Transformers that find a fixed number of boxes: RT-DETR, D-FINE, RF-DETR, DETR and their relatives."""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from siamlink.detectors.base.arrays import Float32Array
from siamlink.detectors.models.heads.head import Candidates, Outputs, Probe, are_probabilities, corners, rows_of
from siamlink.detectors.models.preprocessing import Preprocessing

SIZE_INPUT = "orig_target_sizes"
"""The second input of RT-DETR and D-FINE: width and height to which boxes are scaled."""
STRETCHED, IMAGENET = Preprocessing("stretch", "rgb", "0-1"), Preprocessing("stretch", "rgb", "imagenet")
BOX_NAMES, LOGIT_NAMES = ("pred_boxes", "dets", "boxes"), ("pred_logits", "logits", "labels")
DETR_QUERIES, DETR_COLUMNS, COCO_NUMBERS = 100, 92, 91
"""Boxes and columns of DETR and YOLOS; columns of a network whose classes are the category numbers of COCO."""


@dataclass(frozen=True)
class LabelledBoxesHead:
    """RT-DETR, D-FINE and DEIM with their last step: outputs `labels`, `boxes` (`x1 y1 x2 y2`) and `scores`.

    Attributes:
        scale: (4,) pixels of the input a unit of a box: 1, or width and height where boxes are in 0-1.
    """

    family: ClassVar[str] = "RT-DETR or D-FINE"
    score_threshold: ClassVar[float] = 0.3
    iou_limit: ClassVar[float | None] = None
    preprocessing: ClassVar[Preprocessing] = STRETCHED
    class_count: ClassVar[int | None] = None
    scale: Float32Array

    @classmethod
    def recognise(cls, probe: Probe) -> Self | None:
        """Recognise (1, N) labels, (1, N, 4) boxes and (1, N) scores by their names, with one input or two."""
        outputs = probe.outputs
        if not {"labels", "boxes", "scores"} <= outputs.keys():
            return None
        labels, boxes, scores = outputs["labels"], outputs["boxes"], outputs["scores"]
        shapes_fit = boxes.shape == (*labels.shape, 4) and scores.shape == labels.shape and len(labels) == 1
        whole = shapes_fit and labels.ndim == 2 and (labels == np.round(labels.astype(np.float64))).all()
        if not whole or not are_probabilities(scores):
            return None
        in_parts = SIZE_INPUT not in probe.inputs and np.abs(boxes.astype(np.float64)).max(initial=0) <= 2
        scale = np.tile(probe.size[::-1], 2) if in_parts else np.ones(4)
        return cls(scale.astype(np.float32))

    def decode(self, outputs: Outputs) -> Candidates:
        """Boxes, scores and classes."""
        box, score, label = outputs["boxes"][0], outputs["scores"][0], outputs["labels"][0]
        return Candidates(
            box.astype(np.float32) * self.scale,
            score.astype(np.float32),
            np.round(label.astype(np.float64)).astype(int),
        )


@dataclass(frozen=True)
class QueryHead:
    """RF-DETR, and RT-DETR, D-FINE and DETR without their last step: logits of classes, and boxes `x y width height`.

    Attributes:
        boxes, logits: names of the outputs (1, N, 4), in parts of the input, and (1, N, classes).
        size: width and height of the input.
        class_count: how many classes it knows.
        softmax: whether the classes exclude each other and the last column stands for no object, as of DETR.
    """

    score_threshold: ClassVar[float] = 0.3
    iou_limit: ClassVar[float | None] = None
    boxes: str
    logits: str
    size: tuple[int, int]
    class_count: int
    softmax: bool

    @property
    def family(self) -> str:
        """The name of the family, as far as the outputs tell."""
        return "RF-DETR" if self.boxes == "dets" else "DETR"

    @property
    def preprocessing(self) -> Preprocessing:
        """RT-DETR and D-FINE, which know 80 classes of COCO, take values in 0-1; RF-DETR and DETR do not."""
        normalised = self.softmax or self.boxes == "dets" or self.class_count == COCO_NUMBERS
        return IMAGENET if normalised else STRETCHED

    @classmethod
    def recognise(cls, probe: Probe) -> Self | None:
        """Recognise the two outputs by their names and shapes; others, such as masks, are ignored."""
        outputs = probe.outputs
        boxes = next((name for name in BOX_NAMES if name in outputs), None)
        logits = next((name for name in LOGIT_NAMES if name in outputs), None)
        if boxes is None or logits is None or "scores" in outputs:
            return None
        box, logit = outputs[boxes], outputs[logits]
        fits = box.ndim == logit.ndim == 3 and box.shape == (1, logit.shape[1], 4) and logit.dtype.kind == "f"
        if not fits or np.mean((box >= -0.5) & (box <= 1.5)) < 0.9:  # those of RF-DETR may exceed the image a little
            return None
        count = logit.shape[2]
        softmax = logit.shape[1] == DETR_QUERIES or count == DETR_COLUMNS
        return cls(boxes, logits, probe.size[::-1], count - softmax, softmax) if count > softmax else None

    def decode(self, outputs: Outputs) -> Candidates:
        """Boxes and scores."""
        box, logit = outputs[self.boxes][0].astype(np.float32), outputs[self.logits][0].astype(np.float32)
        sides = np.array(self.size, np.float32)
        if self.softmax:
            weight = np.exp(logit - logit.max(axis=1, keepdims=True))
            score = (weight / weight.sum(axis=1, keepdims=True))[:, :-1]
        else:
            score = 1 / (1 + np.exp(-np.clip(logit, -60, 60)))
        return Candidates(corners(box[:, :2] * sides, box[:, 2:] * sides), score)


@dataclass(frozen=True)
class UltralyticsDetrHead:
    """RT-DETR of Ultralytics: rows `x y width height` in parts of the input, then `class...` or `score class`.

    Attributes:
        size: width and height of the input.
        class_count: how many classes it knows; None where a row has a score and a class.
    """

    family: ClassVar[str] = "RT-DETR of Ultralytics"
    score_threshold: ClassVar[float] = 0.3
    iou_limit: ClassVar[float | None] = None
    preprocessing: ClassVar[Preprocessing] = STRETCHED
    size: tuple[int, int]
    class_count: int | None
    queries: ClassVar[int] = 300

    @classmethod
    def recognise(cls, probe: Probe) -> Self | None:
        """Recognise (1, 300, 4 + classes) or (1, 300, 6), by the description of the network or by its boxes."""
        rows = probe.only_rows
        if rows is None or rows.shape[1] < 5 or not are_probabilities(rows[:, :5]):
            return None
        named = "rtdetr" in probe.metadata.description.lower().replace("-", "")
        if not named and (len(rows) != cls.queries or not rows[:, :4].any()):
            return None
        final = rows.shape[1] == 6 and bool((rows[:, 5] == np.round(rows[:, 5])).all())
        if not final and not are_probabilities(rows[:, 5:]):
            return None
        return cls(probe.size[::-1], None if final else rows.shape[1] - 4)

    def decode(self, outputs: Outputs) -> Candidates:
        """Boxes and scores, and classes where the rows have them."""
        rows, sides = rows_of(outputs), np.array(self.size, np.float32)
        box = corners(rows[:, :2] * sides, rows[:, 2:4] * sides)
        if self.class_count is None:
            return Candidates(box, rows[:, 4], rows[:, 5].astype(np.int64))
        return Candidates(box, rows[:, 4:])
