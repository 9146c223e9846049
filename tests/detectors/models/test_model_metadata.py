"""Metadata of ONNX files: names of classes by several exporters, and values that cannot be read."""

import json

import pytest

from siamlink.detectors.models.model_metadata import ModelMetadata, parse_metadata

ULTRALYTICS = {
    "description": "Ultralytics YOLO11n-pose model trained on coco-pose.yaml",
    "task": "pose",
    "imgsz": "[480, 640]",
    "names": "{0: 'person'}",
    "kpt_shape": "[17, 3]",
}


def test_what_ultralytics_states() -> None:
    metadata = parse_metadata(ULTRALYTICS)
    assert dict(metadata.class_names or {}) == {0: "person"}
    assert (metadata.task, metadata.keypoint_values, metadata.image_size) == ("pose", 51, (480, 640))
    assert metadata.description.startswith("Ultralytics")


@pytest.mark.parametrize(
    "metadata",
    [
        {"names": "{0: 'ant', 1: 'bee'}"},
        {"names": '["ant", "bee"]'},
        {"class_names": "['ant', 'bee']"},
        {"id2label": '{"0": "ant", "1": "bee"}'},
        {"names": "not a list", "classes": '["ant", "bee"]'},
        {"rfdetr_inference": json.dumps({"class_id_to_name": {"0": "ant", "1": "bee"}, "means": [1, 2, 3]})},
    ],
)
def test_names_of_classes(metadata: dict[str, str]) -> None:
    assert dict(parse_metadata(metadata).class_names or {}) == {0: "ant", 1: "bee"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ant",
        "[]",
        "{}",
        "3",
        "{'a': 'ant'}",
        "[1, 0.5]",
        "{-1: 'ant'}",
        "[" * 5000,
        "__import__('os')",
        "['', 'bee']",
    ],
)
def test_values_that_cannot_be_read_count_as_not_stated(text: str) -> None:
    assert parse_metadata({"names": text, "imgsz": text, "kpt_shape": text}) == ModelMetadata()
