"""Detectors in ONNX files, run by onnxruntime on the CPU."""

from copy import copy
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

from siamlink.detectors.base.arrays import Float32Array, FloatArray, Image
from siamlink.detectors.base.errors import DetectorError, SiamlinkError, explain
from siamlink.detectors.base.fingerprint import file_digest
from siamlink.detectors.base.threads import core_count
from siamlink.detectors.boxes import suppress_non_maxima
from siamlink.detectors.detections import Detections
from siamlink.detectors.models.onnx_heads import HEADS, SUPPORTED, Head

PADDING = 114
"""Grey value around the image."""
MAX_CANDIDATES = 1000
"""Boxes of a class that enter the non-maximum suppression, best first; more are noise and take time."""


class OnnxDetector:
    """A YOLOX or NanoDet network; which of them is recognised from the inputs and outputs in the file.

    The defaults were chosen on frames of PETS09-S2L1, TUD-Campus, KITTI-17 and MOT16-09: the lowest scores that still
    add recall, and the highest overlap at which there are more objects than duplicates.

    Args:
        path: the ONNX file, which fixes the input size.
        score_threshold: the lowest score to report; None: 0.2 for YOLOX and 0.3 for NanoDet.
        iou_limit: of two boxes of a class with a higher intersection over union, that of the lower score is dropped.
        labels: the classes to report; 0 is a person in COCO.
        threads: for one image; None: one for each core that this process may use, four at most.

    Raises:
        DetectorError: the file is missing or not an ONNX file, or its head is not supported.
    """

    def __init__(
        self,
        path: Path,
        *,
        score_threshold: float | None = None,
        iou_limit: float = 0.5,
        labels: tuple[int, ...] = (0,),
        threads: int | None = None,
    ) -> None:
        self._path = path
        self._session = open_session(path, threads or min(4, core_count()))
        self._input, self._size = _find_input(path, self._session)
        self._head, classes = self._recognise(path)
        if not labels or max(labels) >= classes or min(labels) < 0:
            raise DetectorError(f"{path} knows the classes 0-{classes - 1}, not {labels}")
        self._score_threshold = self._head.score_threshold if score_threshold is None else score_threshold
        self._iou_limit = iou_limit
        self._labels = labels

    @property
    def fingerprint(self) -> str:
        """Digest of the weights, and the settings."""
        return f"{file_digest(self._path)} {self._score_threshold} {self._iou_limit} {self._labels}"

    def replicas(self, count: int) -> "list[OnnxDetector]":
        """`count` detectors of one thread each, which together are faster than all threads on one image.

        All are the same object: several threads may use one onnxruntime session at the same time.
        """
        replica = copy(self)
        replica._session = open_session(self._path, 1)
        return [replica] * count

    def detect(self, image: Image) -> Detections:
        """Objects of the classes `labels` in `image` (H, W, 3) uint8 BGR; scores are in 0-1."""
        canvas, scale = letterbox(image, self._size)
        box, score = self._head.decode(self._run(self._head.normalise(canvas)))
        box = np.divide(box, np.tile(scale, 2), dtype=np.float32)
        visible = (box[:, 2:] - box[:, :2] >= 1).all(axis=1)
        kept = []
        for label in self._labels:
            candidates = np.flatnonzero(visible & (score[:, label] >= self._score_threshold))
            best_first = np.argsort(-score[candidates, label], kind="stable")[:MAX_CANDIDATES]
            candidates = candidates[best_first]
            kept.append(candidates[suppress_non_maxima(box[candidates], score[candidates, label], self._iou_limit)])
        row = np.concatenate(kept)
        column = np.repeat(self._labels, [len(part) for part in kept])
        return Detections.from_boxes(1, box[row], score[row, column], column)

    def _run(self, pixels: Float32Array) -> list[Float32Array]:
        batch = np.ascontiguousarray(pixels.transpose(2, 0, 1)[None])
        outputs: list[Float32Array] = self._session.run(None, {self._input: batch})
        return outputs

    def _recognise(self, path: Path) -> tuple[Head, int]:
        """The head that fits the network's output for a grey image, and its number of classes."""
        grey = np.full((*self._size, 3), PADDING, np.float32)
        try:
            outputs = self._run(grey)
        except Exception as error:
            raise DetectorError(f"{path} cannot be run: {explain(error)}") from error
        if all(getattr(output, "dtype", None) == np.float32 for output in outputs):
            for kind in HEADS:
                head = kind.recognise(self._size, outputs)
                if head is not None:
                    return head, head.decode(outputs)[1].shape[1]
        shapes = ", ".join(
            f"{declared.name} {getattr(output, 'shape', type(output).__name__)}"
            for declared, output in zip(self._session.get_outputs(), outputs, strict=True)
        )
        raise DetectorError(f"{path} is not a supported detector: its outputs are {shapes}; {SUPPORTED}")


def letterbox(image: Image, size: tuple[int, int]) -> tuple[Image, FloatArray]:
    """Scale `image` to fit `size` (height, width), keeping its aspect ratio, at the top left of a grey canvas.

    Returns:
        The canvas (height, width, 3), and the exact scale (2,) of x and y after rounding to whole pixels.
    """
    height, width = image.shape[:2]
    ratio = min(size[0] / height, size[1] / width)
    fitted = max(1, round(width * ratio)), max(1, round(height * ratio))
    canvas = np.full((*size, 3), PADDING, np.uint8)
    canvas[: fitted[1], : fitted[0]] = cv2.resize(image, fitted, interpolation=cv2.INTER_LINEAR)
    return canvas, np.divide(fitted, (width, height))


def open_session(
    path: Path, threads: int, error_type: type[SiamlinkError] = DetectorError
) -> onnxruntime.InferenceSession:
    """Load an ONNX file to run on `threads` threads of the CPU.

    Raises:
        SiamlinkError: of the class `error_type`: the file is missing or cannot be run.
    """
    if not path.is_file():
        raise error_type(f"there is no file {path}; give an ONNX file as onnx:FILE")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = threads
    # Waiting threads sleep instead of spinning: decoding and tracking need the cores between two images.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise error_type(f"{path} is not an ONNX file that can be run: {explain(error)}") from error


def _find_input(path: Path, session: onnxruntime.InferenceSession) -> tuple[str, tuple[int, int]]:
    """The name of the only input, and its height and width."""
    inputs = session.get_inputs()
    declared = ", ".join(f"{each.name} {each.type} {each.shape}" for each in inputs)
    shape = inputs[0].shape if len(inputs) == 1 and inputs[0].type == "tensor(float)" else []
    if len(shape) != 4 or shape[1] != 3 or not all(isinstance(side, int) and side % 32 == 0 for side in shape[2:]):
        raise DetectorError(
            f"{path} is not a supported detector: its inputs are {declared}; expected one image, tensor(float) "
            "[1, 3, height, width] with fixed sides that are multiples of 32"
        )
    return inputs[0].name, (shape[2], shape[3])
