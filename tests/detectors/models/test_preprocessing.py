"""Images are fitted to the network's input, and its values are those that the network was trained with."""

import numpy as np
import pytest

from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.models.preprocessing import Preprocessing, letterbox

SHAPES = [(370, 1224), (1080, 1920), (480, 640), (1920, 1080), (416, 416), (20, 10), (1, 999)]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_letterbox_keeps_the_aspect_ratio_and_returns_the_exact_scale(shape: tuple[int, int]) -> None:
    image = np.random.default_rng(1).integers(0, 100, (*shape, 3), np.uint8)
    canvas, scale, offset = letterbox(image, (416, 416))
    fitted = np.array([shape[1], shape[0]]) * scale
    ratio = min(416 / shape[0], 416 / shape[1])
    assert canvas.shape == (416, 416, 3)
    np.testing.assert_allclose(fitted, np.maximum(np.array(shape[::-1]) * ratio, 1), atol=0.5)
    np.testing.assert_allclose(fitted, np.round(fitted), atol=1e-9)
    assert fitted.max() == 416
    width, height = np.round(fitted).astype(int)
    assert (canvas[:height, :width] < 100).all()
    assert (canvas[height:] == 114).all()
    assert (canvas[:, width:] == 114).all()
    assert offset.tolist() == [0, 0]


def test_a_centred_letterbox_has_padding_on_both_sides() -> None:
    image = np.full((50, 100, 3), 7, np.uint8)
    canvas, scale, offset = letterbox(image, (101, 100), centred=True)
    assert (scale.tolist(), offset.tolist()) == ([1, 1], [0, 25])
    assert (canvas[25:75] == 7).all()
    assert (canvas[:25] == 114).all()
    assert (canvas[75:] == 114).all()


def test_an_image_of_the_right_size_is_not_touched() -> None:
    image = np.random.default_rng(2).integers(0, 256, (64, 96, 3), np.uint8)
    for fit in ("letterbox", "centred", "stretch"):
        canvas, scale, offset = Preprocessing("letterbox", "bgr", "0-255").changed(fit).fitted(image, (64, 96))
        np.testing.assert_array_equal(canvas, image)
        assert scale.tolist() == [1, 1]
        assert offset.tolist() == [0, 0]


def test_stretching_fills_the_canvas() -> None:
    fitted = Preprocessing("stretch", "rgb", "0-1").fitted(np.full((50, 100, 3), 7, np.uint8), (64, 96))
    assert (fitted.canvas == 7).all()
    assert fitted.scale.tolist() == [0.96, 1.28]


@pytest.mark.parametrize("fit", ["letterbox", "centred", "stretch"])
def test_boxes_come_back_in_pixels_of_the_image(fit: str) -> None:
    image = np.zeros((50, 100, 3), np.uint8)
    image[10:20, 30:60] = 255
    fitted = Preprocessing("letterbox", "bgr", "0-255").changed(fit).fitted(image, (200, 200))
    rows, columns = np.nonzero(fitted.canvas[..., 0] > 127)
    found = np.array([[columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]], np.float32)
    np.testing.assert_allclose(fitted.to_image(found), [[30, 10, 60, 20]], atol=0.5)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("bgr,0-255", [0, 128, 255]),
        ("rgb,0-255", [255, 128, 0]),
        ("rgb,0-1", [1, 128 / 255, 0]),
        ("bgr,-1-1", [-127 / 128, 1 / 128, 1]),
        ("bgr,imagenet", [-103.53 / 57.375, (128 - 116.28) / 57.12, (255 - 123.675) / 58.395]),
        ("rgb,imagenet", [(255 - 123.675) / 58.395, (128 - 116.28) / 57.12, -103.53 / 57.375]),
    ],
)
def test_order_and_range_of_the_values(words: str, expected: list[float]) -> None:
    pixel = np.array([[[0, 128, 255]]], np.uint8)
    values = Preprocessing("letterbox", "bgr", "0-255").changed(words).network_input(pixel)
    assert (values.dtype, values.shape) == (np.float32, (1, 3, 1, 1))
    np.testing.assert_allclose(values.ravel(), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("", "unknown word ''"),
        ("rgb,hsv", "unknown word 'hsv'; known are fit: letterbox, centred, stretch; colour: bgr, rgb; values: 0-255"),
        ("rgb,bgr", "'rgb' and 'bgr' exclude each other"),
    ],
)
def test_unknown_and_contradicting_words_are_refused(words: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Preprocessing("letterbox", "bgr", "0-255").changed(words)
    assert message in str(caught.value)
