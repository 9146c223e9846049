"""Options of detectors are given in several forms; wrong ones are refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from siamlink.detectors.base.errors import ConfigError, InputError
from siamlink.detectors.class_names import COCO, ClassNames
from siamlink.detectors.detector_options import DetectorOptions


@pytest.mark.parametrize(
    ("given", "classes", "selected"),
    [
        ("person, car", ("person", "car"), ("person", "car")),
        (["person", 2], ("person", 2), ("person", 2)),
        (2, (2,), (2,)),
        (np.array([2, 7]), (2, 7), (2, 7)),
        ({"car"}, ("car",), ("car",)),
        ("all", ("all",), None),
        (["All"], ("all",), None),
        (None, None, None),
    ],
)
def test_classes(given: Any, classes: object, selected: object) -> None:
    options = DetectorOptions(classes=given)
    assert (options.classes, options.selected) == (classes, selected)


@pytest.mark.parametrize(
    ("given", "size"), [(640, (640, 640)), ("640", (640, 640)), ("640x384", (640, 384)), ([640, 384], (640, 384))]
)
def test_image_sizes(given: Any, size: tuple[int, int]) -> None:
    assert DetectorOptions(image_size=given).image_size == size


def test_names_of_classes(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("ant\nbee\n")
    for given in (tmp_path / "names.txt", str(tmp_path / "names.txt"), ["ant", "bee"], {0: "ant", 1: "bee"}):
        assert DetectorOptions(class_names=given).class_names == ClassNames(["ant", "bee"])  # type: ignore[arg-type]
    assert DetectorOptions(class_names="COCO").class_names is COCO  # type: ignore[arg-type]
    with pytest.raises(InputError, match="cannot read nowhere"):
        DetectorOptions(class_names="nowhere")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"classes": ""}, "classes are ''; expected names or numbers, or 'all'"),
        ({"classes": "person,"}, "expected names or numbers"),
        ({"classes": []}, "expected names or numbers"),
        ({"classes": [1.5]}, "expected names or numbers"),
        ({"image_size": "big"}, "image_size is 'big'; expected one number of pixels, or WIDTHxHEIGHT"),
        ({"image_size": 0}, "image_size is 0"),
        ({"image_size": "640x384x3"}, "image_size is '640x384x3'"),
        ({"image_size": 99999}, "of 1 to 8192 each"),
        ({"nms_iou": 1.1}, "nms_iou is 1.1; expected 0 to 1"),
        ({"device": "tpu"}, "there is no device 'tpu'; known are auto, cpu, cuda"),
        ({"confidence": "high"}, "confidence is 'high'; expected a number"),
        ({"nms_iou": float("nan")}, "nms_iou is nan; expected a number"),
        ({"confidense": 0.5}, "detectors have no option 'confidense'; did you mean 'confidence'?"),
        ({"zzz": 1}, "detectors have no option 'zzz'; known are classes, confidence"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        DetectorOptions.of(options)
    assert message in str(caught.value)


def test_only_what_is_given_is_passed_on() -> None:
    assert DetectorOptions().given == {}
    assert DetectorOptions(classes="car", confidence=0).given == {"classes": ("car",), "confidence": 0}  # type: ignore[arg-type]
