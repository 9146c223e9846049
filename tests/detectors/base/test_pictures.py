"""PictureConverter given as arrays: what is converted, and what is an error of one line."""

from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from siamlink.detectors.base.errors import InputError
from siamlink.detectors.base.pictures import PictureConverter

BGR = np.random.default_rng(0).integers(0, 256, (6, 8, 3)).astype(np.uint8)
BGR[0, 0] = 255  # so that the types below show what is white
GREY = BGR[..., 0]
ALPHA = np.full((6, 8, 1), 128, np.uint8)


def test_a_picture_that_is_right_is_not_copied() -> None:
    assert PictureConverter().converted(BGR) is BGR


@pytest.mark.parametrize(
    "picture",
    [
        np.concatenate([BGR, ALPHA], axis=2),
        np.asfortranarray(BGR),
        BGR[..., ::-1].copy()[..., ::-1],
        BGR.astype(np.uint16) * 257,
        BGR / 255,
        (BGR / 255).astype(np.float32),
        (BGR / 255).astype(np.float16),
        BGR.astype(np.float32),
        BGR.astype(np.float64),
        BGR.astype(np.int32),
        BGR.astype(np.int64),
        np.concatenate([BGR, ALPHA], axis=2) / 255,
        Pillow.fromarray(BGR[..., ::-1].copy()),
    ],
    ids=[
        *("alpha", "fortran", "reversed", "uint16", "float64", "float32", "float16"),
        *("float32-whole", "float64-whole", "int32", "int64", "alpha-float", "pillow"),
    ],
)
def test_colour_pictures_become_the_same_pixels(picture: Any) -> None:
    converted = PictureConverter().converted(picture)
    np.testing.assert_array_equal(converted, BGR)
    assert converted.dtype == np.uint8
    assert converted.flags.c_contiguous


@pytest.mark.parametrize("picture", [GREY, GREY[..., None], GREY / 255, GREY.astype(np.uint16) * 257])
def test_grey_is_repeated(picture: Any) -> None:
    np.testing.assert_array_equal(PictureConverter().converted(picture), np.repeat(GREY[..., None], 3, axis=2))


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        (
            BGR.transpose(2, 0, 1),
            r"shape \(3, 6, 8\) and the type uint8, with the channels first: give image.transpose",
        ),
        (BGR[None], r"shape \(1, 6, 8, 3\) and the type uint8, a batch: give one image"),
        (np.zeros((6, 8, 2), np.uint8), r"shape \(6, 8, 2\) and the type uint8; expected"),
        (np.zeros((0, 8, 3), np.uint8), r"shape \(0, 8, 3\)"),
        (np.zeros(8, np.uint8), r"shape \(8,\)"),
        (BGR > 100, "type bool"),
        (BGR.astype(object), "type object"),
        (BGR.astype(np.uint16) * 16, "type uint16, with values from .* to 4080"),
        (BGR.astype(np.uint16), "type uint16, with values from .* to 255"),
        (BGR.astype(np.float32) / 2 + 0.25, "type float32, with values from .* to 127.75"),
        (BGR / 127.5 - 1, "type float64, with values from -1 to 1"),
        (BGR.astype(np.int8), "type int8, with values from -128 to 124"),
        (BGR * 2.0, "type float64, with values from .* to 510"),
        (np.where(BGR == 255, np.nan, BGR), "not finite"),
        ([[1, 2], [3, 4]], "the image is a list, not a NumPy array"),
        ("street.jpg", "the image is a str, not a NumPy array"),
    ],
)
def test_other_pictures_are_one_line_with_shape_and_type(picture: Any, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        PictureConverter().converted(picture)
    assert "expected (height, width, 3) blue green red" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_all_pictures_of_a_video_have_one_range() -> None:
    deep = PictureConverter()
    deep.converted(np.zeros((6, 8), np.uint16))  # black says nothing
    deep.converted(BGR.astype(np.uint16) * 257)
    assert deep.converted(np.full((6, 8), 3 * 257, np.uint16)).max() == 3
    floating = PictureConverter()
    floating.converted(BGR.astype(np.float32))
    assert floating.converted(np.ones((6, 8), np.float32)).max() == 1
    unit = PictureConverter()
    unit.converted(BGR / 255)
    assert unit.converted(BGR / 255 * 1.003).max() == 255
    with pytest.raises(InputError, match=r"values from .* to 255, but earlier ones from 0 to 1"):
        unit.converted(BGR.astype(np.float64))


def test_a_picture_of_another_size_is_an_error() -> None:
    pictures = PictureConverter()
    pictures.converted(BGR)
    for _ in range(2):
        with pytest.raises(InputError, match="the image is 6x8 pixels; expected 8x6, as the images before"):
            pictures.converted(BGR.transpose(1, 0, 2))
    with pytest.raises(InputError, match=r"the image is 8x6 pixels; expected 6x8, .* image_size"):
        PictureConverter((6, 8)).converted(BGR)
