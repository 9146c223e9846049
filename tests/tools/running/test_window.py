"""The window of --show: what it shows, how fast, and how it is closed; a fake plays OpenCV, so no display is needed."""

import signal
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from siamlink.detectors.base.errors import OutputError
from siamlink.tools.running import window as module
from siamlink.tools.running.window import check_display, opened_window


class Screen:
    """Stands for OpenCV's windows: what is shown, how long each picture was waited for, and the keys that come."""

    def __init__(self) -> None:
        self.shown: list[int] = []
        self.waits: list[int] = []
        self.size: tuple[int, int] | None = None
        self.key, self.visible, self.windows, self.now = -1, 1.0, 0, 0.0

    def wait(self, milliseconds: int) -> int:
        self.waits.append(milliseconds)
        self.now += milliseconds / 1000
        return self.key


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    screen = Screen()

    def count(change: int) -> None:
        screen.windows += change

    def resize(_: str, width: int, height: int) -> None:
        screen.size = width, height

    monkeypatch.setattr(cv2, "namedWindow", lambda *_: count(1))
    monkeypatch.setattr(cv2, "destroyWindow", lambda *_: count(-1))
    monkeypatch.setattr(cv2, "resizeWindow", resize)
    monkeypatch.setattr(cv2, "imshow", lambda _, image: screen.shown.append(int(image[0, 0, 0])))
    monkeypatch.setattr(cv2, "waitKey", screen.wait)
    monkeypatch.setattr(cv2, "getWindowProperty", lambda *_: screen.visible)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: screen.now))
    return screen


def picture(value: int, width: int = 640, height: int = 360) -> np.ndarray:
    return np.full((height, width, 3), value, np.uint8)


def test_pictures_are_shown_no_faster_than_they_were_recorded(screen: Screen) -> None:
    with opened_window("street", 25, interrupts=False) as window:
        for value in range(4):
            window.show(picture(value))
            screen.now += 0.01
        screen.now += 1  # a slow frame is not made up for
        window.show(picture(4))
        window.show(picture(5))
    assert screen.shown == [0, 1, 2, 3, 4, 5]
    assert screen.waits == [1, 30, 30, 30, 1, 40]
    assert (screen.windows, screen.size) == (0, (640, 360))


def test_a_large_picture_is_scaled_to_the_screen_and_a_camera_is_not_waited_for(screen: Screen) -> None:
    with opened_window("camera0", None, interrupts=True) as window:
        window.show(picture(1, 3840, 2160))
        window.show(picture(2, 3840, 2160))
    assert screen.size == (1280, 720)
    assert screen.waits == [1, 1]


@pytest.mark.parametrize("key", [ord("q"), 27, None])
def test_a_key_or_a_click_closes_the_window_and_the_rest_is_not_shown(screen: Screen, key: int | None) -> None:
    screen.key, screen.visible = (-1, 0.0) if key is None else (key, 1.0)
    with opened_window("street", 25, interrupts=False) as window:
        window.show(picture(1))
        assert not window.open
        window.show(picture(2))
    assert screen.shown == [1]


def test_closing_it_while_tracking_is_ctrl_c(screen: Screen) -> None:
    screen.key = ord("q")
    earlier = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt), opened_window("street", 25, interrupts=True) as window:
            window.show(picture(1))
    finally:
        signal.signal(signal.SIGINT, earlier)
    assert screen.windows == 0


def test_without_a_display_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(OutputError, match="--show needs a display, and there is none"):
        check_display()


@pytest.mark.slow
def test_a_display_that_does_not_answer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", "nowhere:9")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(OutputError, match="--show needs a display that OpenCV can use"):
        check_display()
