"""What detectors of several libraries return, converted to `Detections` of one frame."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from siamlink.detectors.base.arrays import FloatArray
from siamlink.detectors.base.errors import InputError, explain
from siamlink.detectors.class_numbers import ClassNumbers
from siamlink.detectors.detections import Detections

EXPECTED = (
    "expected siamlink or supervision Detections, Ultralytics Results, a dict of boxes, scores and labels as of "
    "torchvision or Hugging Face, or an (N, 5) or (N, 6) array of rows x1 y1 x2 y2 score [label] in pixels, with no "
    "rows if there are no objects"
)
LABELS = np.iinfo(np.int16)
_CORNERS = ("xmin", "ymin", "xmax", "ymax")


class _Columns(NamedTuple):
    """The detections of one image, not checked yet.

    Attributes:
        box: N corners `x1 y1 x2 y2`.
        score: of each; None: 1.
        label: of each, numbers or names; None: 0.
        names: the names of the numbers in `label`, as the library states them.
    """

    box: Any
    score: Any
    label: Any
    names: Mapping[int, object] = {}


def to_detections(result: object, frame: int, classes: ClassNumbers | None = None) -> Detections:
    """Convert what a detector returned; every row is in frame `frame`.

    Args:
        result: one of these, or a list of one:

            - `Detections`;
            - an object with `xyxy`, `confidence` and `class_id`, the last two may be None, as `supervision.Detections`;
            - an Ultralytics `Results`, or its `boxes`;
            - a dict of `boxes`, `scores` and `labels`, as of torchvision, or of `post_process_object_detection` of
              Hugging Face;
            - a list of dicts of `score`, `label` and `box`, as of a Hugging Face pipeline;
            - an array, tensor or list of rows `x1 y1 x2 y2 score [label]`.
        frame: the frame's number, from 1.
        classes: numbers the classes that are reported by name; None: from 0 in the order in which they occur.

    Raises:
        InputError: it is none of these, or a value is not finite, a box has no area or a label is no int16.
    """
    if isinstance(result, Detections):
        if len(result) and result.frame[0] != result.frame[-1]:
            raise InputError("the rows belong to several frames, but a detector is given one image")
        if type(result) is Detections and (not len(result) or result.frame[0] == frame):
            return result
        return Detections.from_boxes(frame, result.box, result.score, result.label)
    if _is_list_of_results(result):
        if len(result) > 1:  # type: ignore[arg-type]
            raise InputError("the results are of several images, but a detector is given one image")
        return to_detections(result[0], frame, classes)  # type: ignore[index]
    columns = _columns(result)
    box = _numbers(columns.box)
    box = box.reshape(-1, 4) if box.size == 0 else box
    score = np.ones(len(box)) if columns.score is None else _numbers(columns.score)
    label = _label(columns, len(box), ClassNumbers() if classes is None else classes)
    shapes = box.shape, score.shape, label.shape
    if shapes != ((len(box), 4), (len(box),), (len(box),)):
        raise InputError("boxes, scores and labels have the shapes {}, {} and {}".format(*shapes))
    with np.errstate(over="ignore"):
        return Detections.from_boxes(frame, box, score, label)


def detections_by_frame(results: object, classes: ClassNumbers) -> Detections:
    """The detections of a video, from what a detector returned for each frame, from frame 1 on.

    Args:
        results: each as `to_detections` takes it; None: the detector did not process this frame.
        classes: numbers the classes that are reported by name.

    Raises:
        InputError: there is no list of results, or one is of none of these types; names its frame.
    """
    if not isinstance(results, Iterable):
        kind = type(results).__name__
        raise InputError(
            f"detections are of type {kind}; expected a file, Detections, or a list with those of each frame"
        )
    parts = []
    for frame, result in enumerate(results, 1):
        try:
            if result is not None:
                parts.append(to_detections(result, frame, classes))
        except InputError as error:
            raise InputError(f"the detections of frame {frame} are {describe(result)}: {error}; {EXPECTED}") from None
    return Detections.concatenate(parts)


def describe(result: object) -> str:
    """What a detector returned, in a few words for messages."""
    if result is None:
        return "None"
    shape = getattr(result, "shape", None)
    if isinstance(shape, tuple):
        return f"{type(result).__name__} of shape {tuple(shape)}"
    if isinstance(result, dict):
        return f"a dict with the keys {', '.join(map(str, result))[:80]}" if result else "an empty dict"
    if isinstance(result, list | tuple):
        return f"a {type(result).__name__} of {len(result)}"
    return f"a {type(result).__name__}"


def _is_list_of_results(result: object) -> bool:
    """Whether it is a list with the results of each of several images: not of boxes, not of dicts of one box each."""
    if isinstance(result, list | tuple):
        return len(result) > 0 and all(_is_result(each) for each in result)
    return getattr(result, "ndim", 0) == 3 and len(result) == 1  # type: ignore[arg-type]


def _is_result(item: Any) -> bool:
    if isinstance(item, dict):
        return "boxes" in item
    if isinstance(item, list | tuple):
        return not item or isinstance(item[0], dict | list | tuple) or getattr(item[0], "ndim", 0) > 0
    return getattr(item, "ndim", None) in (None, 2) and not isinstance(item, int | float | str) and item is not None


def _columns(result: Any) -> _Columns:
    if isinstance(result, dict):
        return _from_dict(result)
    if all(hasattr(result, name) for name in ("boxes", "names", "orig_shape")):
        return _from_ultralytics(result)
    if all(hasattr(result, name) for name in ("xyxy", "conf", "cls")):
        return _Columns(result.xyxy, result.conf, result.cls)
    if all(hasattr(result, name) for name in ("xyxy", "confidence", "class_id")):
        return _from_supervision(result)
    if isinstance(result, list | tuple) and len(result) and all(isinstance(each, dict) for each in result):
        return _from_pipeline(result)
    return _from_rows(result)


def _from_dict(result: dict[str, Any]) -> _Columns:
    """Of torchvision, or of the `post_process_...` methods of Hugging Face."""
    if "boxes" not in result:
        raise InputError("it has no 'boxes'")
    text = result.get("text_labels")
    return _Columns(result["boxes"], result.get("scores"), result.get("labels") if text is None else text)


def _from_ultralytics(result: Any) -> _Columns:
    boxes = result.boxes if result.boxes is not None else getattr(result, "obb", None)
    if boxes is None:
        raise InputError("it has no boxes; use a model that detects")
    names = result.names if isinstance(result.names, dict) else dict(enumerate(result.names))
    return _Columns(boxes.xyxy, boxes.conf, boxes.cls, names)


def _from_supervision(result: Any) -> _Columns:
    """Names of classes lie in `data`, one a row, where the library knows them."""
    data = getattr(result, "data", None)
    names = data.get("class_name") if isinstance(data, dict) else None
    if names is None or not len(names):
        return _Columns(result.xyxy, result.confidence, result.class_id)
    if result.class_id is None:
        return _Columns(result.xyxy, result.confidence, names)
    named = dict(zip(_numbers(result.class_id).tolist(), names, strict=False))
    return _Columns(result.xyxy, result.confidence, result.class_id, named)


def _from_pipeline(rows: Any) -> _Columns:
    for row in rows:
        if not isinstance(row.get("box"), dict) or not set(_CORNERS) <= row["box"].keys():
            raise InputError("its dicts have no 'box' with xmin, ymin, xmax and ymax")
    scores, labels = [row.get("score", 1.0) for row in rows], [row.get("label", 0) for row in rows]
    return _Columns([[row["box"][name] for name in _CORNERS] for row in rows], scores, labels)


def _from_rows(result: Any) -> _Columns:
    """`x1 y1 x2 y2 score [label]`; in a list of rows the label may be a name."""
    if isinstance(result, list | tuple):
        if result and all(
            isinstance(row, list | tuple) and len(row) == 6 and isinstance(row[5], str) for row in result
        ):
            return _Columns([row[:4] for row in result], [row[4] for row in result], [row[5] for row in result])
        result = [_numbers(row) if hasattr(row, "detach") else row for row in result]
    rows = _numbers(result)
    if rows.ndim <= 2 and rows.size == 0:
        rows = rows.reshape(0, 5)
    if rows.ndim != 2 or rows.shape[1] not in (5, 6):
        raise InputError(f"its shape is {rows.shape}")
    return _Columns(rows[:, :4], rows[:, 4], rows[:, 5] if rows.shape[1] == 6 else None)


def _label(columns: _Columns, count: int, classes: ClassNumbers) -> FloatArray:
    """(N,) class numbers, whole and of 16 bits."""
    values = columns.label
    if values is None:
        return np.zeros(count)
    if _is_text(values):
        return classes.numbers_of(list(values)).astype(np.float64)
    label = _numbers(values)
    wrong = (label != np.round(label)) | ~((label >= LABELS.min) & (label <= LABELS.max))
    if wrong.any():
        raise InputError(f"label {label[wrong][0]:g} is not a whole number of 16 bits")
    return classes.translated(label, columns.names) if columns.names else label


def _is_text(values: Any) -> bool:
    return isinstance(values, list | tuple | np.ndarray) and len(values) > 0 and isinstance(values[0], str)


def _numbers(values: Any) -> FloatArray:
    """Anything array-like as float64, tensors of any type on any device included."""
    try:
        if hasattr(values, "detach"):
            values = values.detach().cpu()
            if "float" in str(getattr(values, "dtype", "")) and hasattr(values, "double"):
                values = values.double()  # NumPy has no bfloat16
        array = np.asarray(values)
        if array.dtype.kind not in "iuf" and array.dtype.name != "bfloat16":
            raise InputError("it does not consist of numbers")
        return array.astype(np.float64)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"it is not an array ({explain(error)})") from error
