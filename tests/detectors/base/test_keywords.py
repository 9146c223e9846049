"""An unknown keyword argument is an error that names the right one."""

import inspect

import pytest

from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.base.keywords import checks_keywords


class Camera:
    """With a constructor and a method."""

    @checks_keywords
    def __init__(self, frame_rate: float = 30.0) -> None:
        self.frame_rate = frame_rate

    @checks_keywords
    def read(self, image: str, *, timestamp: float = 0.0) -> tuple[str, float]:
        """An image with its time."""
        return image, timestamp


class Stereo(Camera):
    """Is called by its own name."""


@checks_keywords
def draw(tracks: str, output: str = "a.mp4") -> str:
    """Both."""
    return tracks + output


def test_known_arguments_are_passed_on() -> None:
    assert Camera(frame_rate=5.0).frame_rate == Camera(5.0).frame_rate == 5.0
    assert Camera().read("a", timestamp=0.5) == ("a", 0.5)
    assert draw("a", output="b") == "ab"


def test_the_signature_and_the_help_stay() -> None:
    assert str(inspect.signature(draw)) == "(tracks: str, output: str = 'a.mp4') -> str"
    assert draw.__doc__ == "Both."


def test_the_right_name_is_named() -> None:
    with pytest.raises(ConfigError) as of_class:
        Stereo(fps=25)  # type: ignore[call-arg]
    assert str(of_class.value) == "Stereo(): unknown argument 'fps'; did you mean 'frame_rate'?"
    with pytest.raises(ConfigError) as of_method:
        Stereo().read("a", time=1.0)  # type: ignore[call-arg]
    assert str(of_method.value) == "Stereo.read(): unknown argument 'time'; did you mean 'timestamp'?"
    with pytest.raises(ConfigError) as of_function:
        draw("a", ouput="b")  # type: ignore[call-arg]
    assert str(of_function.value) == "draw(): unknown argument 'ouput'; did you mean 'output'?"


def test_without_a_similar_name_all_are_listed() -> None:
    with pytest.raises(ConfigError) as caught:
        draw("a", zoom=2)  # type: ignore[call-arg]
    assert str(caught.value) == "draw(): unknown argument 'zoom'; the arguments are tracks, output"


def test_what_else_is_wrong_is_an_error_of_python() -> None:
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'tracks'"):
        draw(output="a.mp4")  # type: ignore[call-arg]


def test_a_function_inside_of_another_has_no_class() -> None:
    @checks_keywords
    def crop(image: str) -> str:
        return image

    with pytest.raises(ConfigError, match=r"^crop\(\): unknown argument 'img'; did you mean 'image'\?$"):
        crop(img="a")  # type: ignore[call-arg]
