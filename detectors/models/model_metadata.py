"""What an ONNX file says of itself beside its inputs and outputs: names of classes, task, size of the images."""

import ast
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from siamlink.detectors.base.errors import InputError
from siamlink.detectors.class_names import ClassNames

NAME_KEYS = ("names", "class_names", "classes", "labels", "id2label")
"""Keys under which exporters store the names of classes; `names` is that of Ultralytics."""
RFDETR_KEY = "rfdetr_inference"
LONGEST = 1_000_000
"""Characters of a value that is read."""


@dataclass(frozen=True)
class ModelMetadata:
    """What the metadata of an ONNX file say.

    Attributes:
        class_names: None if they name no classes.
        task: of Ultralytics: detect, segment, pose, obb or classify; empty if not stated.
        keypoint_values: numbers that describe the key points of an object in the output; 0 without key points.
        image_size: height and width that the network was exported for; None if not stated.
        description: of the model.
    """

    class_names: ClassNames | None = None
    task: str = ""
    keypoint_values: int = 0
    image_size: tuple[int, int] | None = None
    description: str = ""


def parse_metadata(metadata: Mapping[str, str]) -> ModelMetadata:
    """Read the metadata of a file; values that cannot be read count as not stated."""
    rfdetr = _parse(metadata.get(RFDETR_KEY, ""))
    named = [_parse(metadata.get(key, "")) for key in NAME_KEYS]
    named += [rfdetr.get("class_id_to_name")] if isinstance(rfdetr, dict) else []
    size = _parse(metadata.get("imgsz", ""))
    points = _parse(metadata.get("kpt_shape", ""))
    return ModelMetadata(
        next((names for names in map(_class_names, named) if names), None),
        metadata.get("task", ""),
        math.prod(points) if _are_sizes(points) else 0,
        (size[0], size[1]) if _are_sizes(size) and len(size) == 2 else None,
        metadata.get("description", ""),
    )


def _parse(text: str) -> Any:
    """The value of a Python literal or of JSON; None if it is neither."""
    if not text or len(text) > LONGEST:
        return None
    for parse in (json.loads, ast.literal_eval):
        try:
            return parse(text)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            continue
    return None


def _class_names(names: Any) -> ClassNames | None:
    if not isinstance(names, dict | list | tuple) or not names:
        return None
    try:
        return ClassNames({int(key): value for key, value in names.items()} if isinstance(names, dict) else names)
    except (ValueError, TypeError, InputError):
        return None


def _are_sizes(values: Any) -> bool:
    if not isinstance(values, list | tuple) or not values:
        return False
    return all(isinstance(value, int) and 0 < value < 100_000 for value in values)
