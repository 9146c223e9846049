"""The style of the figures: colours that are read on white and on black, and the same bytes for the same figure."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from siamlink.tools.drawing.figures import COLOURS, INK, drawn_figure

WHITE, DARK = (255, 255, 255), (30, 33, 41)
"""Backgrounds of pages; the dark one is that of the documentation site, other dark pages are darker."""


def luminance(colour: tuple[int, ...]) -> float:
    """Relative luminance of sRGB, as in the Web Content Accessibility Guidelines."""
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in np.array(colour) / 255]
    return float(np.dot((0.2126, 0.7152, 0.0722), linear))


def contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colour", [INK, *COLOURS])
def test_every_colour_is_read_on_white_and_on_dark(colour: str) -> None:
    channels = tuple(bytes.fromhex(colour[1:]))
    assert min(contrast(channels, WHITE), contrast(channels, DARK)) > 3.7


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_the_same_figure_is_the_same_file(suffix: str, tmp_path: Path) -> None:
    files = [tmp_path / f"{number}{suffix}" for number in range(2)]
    for file in files:
        with drawn_figure(file, 3, 2) as figure:
            figure.subplots().plot([1, 2, 4], label="line")
    assert all(one.read_bytes() == other.read_bytes() for one, other in pairwise(files))


def test_a_figure_has_no_background(tmp_path: Path) -> None:
    with drawn_figure(tmp_path / "figure.png", 3, 2) as figure:
        figure.subplots().plot([1, 2, 4])
    with Image.open(tmp_path / "figure.png") as picture:
        assert picture.mode == "RGBA"
        assert picture.getpixel((0, 0))[3] == 0
