"""Small videos whose frames carry their number, for the tests of frame sources."""

from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

BITS = 8


def paint_number(number: int, size: tuple[int, int] = (128, 96)) -> NDArray[np.uint8]:
    """Noise below; above, the number's bits from left to right as white and black stripes that survive compression."""
    width, height = size
    image = np.random.default_rng(number).integers(0, 256, (height, width, 3), np.uint8)
    bit = np.arange(width) * BITS // width
    image[: height // 2] = (number >> bit & 1)[None, :, None] * 255
    return image


def read_painted_number(image: NDArray[np.uint8]) -> int:
    """The number that `paint_number` wrote."""
    above = image[: len(image) // 2 - 2]
    stripes = np.array_split(above.mean(axis=(0, 2)), BITS)
    return sum(1 << bit for bit, stripe in enumerate(stripes) if stripe[len(stripe) // 2] > 127)


@pytest.fixture(scope="session")
def paint() -> Callable[..., NDArray[np.uint8]]:
    return paint_number


@pytest.fixture(scope="session")
def read_number() -> Callable[[NDArray[np.uint8]], int]:
    return read_painted_number


@pytest.fixture
def make_video(tmp_path: Path) -> Callable[..., Path]:
    """Write numbered frames, or given images, with PyAV; `times` are milliseconds, `shift` moves what was encoded."""

    def make(
        name: str,
        images: int | Iterable[NDArray[np.uint8]] = 30,
        codec: str = "libx264",
        pix_fmt: str = "yuv420p",
        times: list[int] | None = None,
        rate: int | Fraction = 25,
        setup: Callable[[Any, Any], None] | None = None,
        container_options: dict[str, str] | None = None,
        **options: str,
    ) -> Path:
        path = tmp_path / name
        pictures = [paint_number(k + 1) for k in range(images)] if isinstance(images, int) else list(images)
        with av.open(str(path), "w", options=container_options or {}) as container:
            stream = container.add_stream(codec, rate=rate, options=options)
            stream.height, stream.width = pictures[0].shape[:2]
            stream.pix_fmt = pix_fmt
            if times:
                stream.codec_context.time_base = Fraction(1, 1000)
            if setup:
                setup(container, stream)
            for index, picture in enumerate(pictures):
                frame = av.VideoFrame.from_ndarray(picture, "bgr24")
                if times:
                    frame.pts, frame.time_base = times[index], Fraction(1, 1000)
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path

    return make
