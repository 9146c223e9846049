"""The window of `track --show`."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import cv2

from siamlink.detectors.base.arrays import Image
from siamlink.detectors.base.errors import OutputError
from siamlink.tools.console.processes import in_own_process

TITLE = "siamlink"
CLOSING_KEYS = (ord("q"), 27)
"""q and Esc."""
LARGEST = 1280, 720
"""Width and height in pixels to which larger pictures are scaled down."""
START_SECONDS = 60.0
"""How long the window system may take to show that it works."""


class Window:
    """Shows one picture after the other, recorded ones no faster than they were recorded.

    Attributes:
        open: whether it is shown: not after q, Esc, or a click that closes it.

    Args:
        title: the text in its title bar.
        frame_rate: pictures per second at most; None: no limit, as for a camera.
        interrupts: whether closing it does what Ctrl-C does.
    """

    def __init__(self, title: str, frame_rate: float | None, interrupts: bool) -> None:
        self.open, self.interrupts = True, interrupts
        self._title, self._due = title, time.monotonic()
        self._step = 1 / frame_rate if frame_rate else 0.0
        self._shown = False

    def show(self, image: Image) -> None:
        """Show a picture (H, W, 3) uint8 BGR, unless the window was closed."""
        if not self.open:
            return
        if not self._shown:
            self._make(image)
        cv2.imshow(self._title, image)
        key = cv2.waitKey(max(1, round(1000 * (self._due - time.monotonic())))) & 0xFF
        self._due = max(self._due, time.monotonic()) + self._step
        if key in CLOSING_KEYS or cv2.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) < 1:
            self.close()
            if self.interrupts:
                signal.raise_signal(signal.SIGINT)

    def close(self) -> None:
        """Close the window."""
        if self._shown and self.open:
            with suppress(cv2.error):
                cv2.destroyWindow(self._title)
        self.open = False

    def _make(self, image: Image) -> None:
        height, width = image.shape[:2]
        scale = min(1.0, LARGEST[0] / width, LARGEST[1] / height)
        cv2.namedWindow(self._title, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)
        cv2.resizeWindow(self._title, max(1, round(scale * width)), max(1, round(scale * height)))
        self._shown = True


@contextmanager
def opened_window(title: str, frame_rate: float | None, interrupts: bool) -> Iterator[Window]:
    """A window that is closed at the end of the block."""
    window = Window(title, frame_rate, interrupts)
    try:
        yield window
    finally:
        window.close()


def check_display() -> None:
    """Check before the work that a window can be shown.

    It is tried in a process of its own, because a library that finds no display ends its process.

    Raises:
        OutputError: there is no display.
    """
    named = sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if not named:
        raise OutputError("--show needs a display, and there is none: neither DISPLAY nor WAYLAND_DISPLAY is set")
    try:
        in_own_process(_try_window, time_limit=START_SECONDS)
    except (RuntimeError, TimeoutError):
        raise OutputError(
            "--show needs a display that OpenCV can use: the display does not answer, or opencv-python-headless is "
            "installed, which has no windows"
        ) from None


def _try_window() -> None:
    """Show a window for a moment; a library's messages about a missing display are not shown."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    try:
        cv2.namedWindow(TITLE)
        cv2.waitKey(1)
        cv2.destroyWindow(TITLE)
    except cv2.error as error:
        raise RuntimeError(str(error)) from None
