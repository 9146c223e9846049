"""The video of a report: linked, embedded, or copied where browsers would not play it well."""

import base64
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.sources.open import open_source
from siamlink.tools.report import shown_video
from siamlink.tools.report.browser_video import browser_video
from siamlink.tools.report.packing import unpacked
from siamlink.tools.report.shown_video import ShownVideo, VideoPlace, show_video
from siamlink.tracker.tracks import Tracks

SIZE, FRAMES = (64, 48), 20


def write(
    path: Path,
    codec: str = "libx264",
    key_distance: int = 6,
    times: Any = None,
    options: dict[str, str] | None = None,
    start: float = 0.0,
    frames: int = FRAMES,
) -> Path:
    """A video at 10 frames per second, or at given times; each frame has a grey of its own."""
    base = {"g": str(key_distance), "sc_threshold": "0"}
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10, options={**base, **(options or {"bf": "0"})})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.codec_context.time_base = clock = Fraction(1, 1000)
        for index in range(frames):
            frame = av.VideoFrame.from_ndarray(np.full((*SIZE[::-1], 3), 10 * index % 250, np.uint8), "bgr24")
            frame.pts, frame.time_base = round(1000 * (start + (index / 10 if times is None else times[index]))), clock
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def show(video: Path, report: Path, embed: bool | None = None, tracks: Tracks | None = None) -> ShownVideo:
    staged = report.parent / "staged"
    staged.mkdir(exist_ok=True)
    shown = show_video(
        open_source(str(video)), tracks or Tracks.empty(), VideoPlace(report, staged, embed), lambda *_: None
    )
    for file in staged.iterdir():
        file.rename(report.parent / file.name)
    return shown


def test_a_video_beside_or_below_the_report_is_linked(tmp_path: Path) -> None:
    folder = tmp_path / "a #1 50%"
    folder.mkdir()
    shown = show(write(folder / "<b>&?.mp4"), tmp_path / "report.html")
    source = "a%20%231%2050%25/%3Cb%3E%26%3F.mp4"
    assert shown.part == {
        "source": source,
        "width": 64,
        "height": 48,
        "rate": 10.0,
        "count": FRAMES,
        "first": 1,
        "times": None,
    }
    assert list(tmp_path.glob("*.mp4")) == []


def test_a_small_video_elsewhere_is_embedded(tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    video = write(tmp_path / "v.mp4")
    source = show(video, tmp_path / "reports" / "report.html").part["source"]
    assert base64.b64decode(source.removeprefix("data:video/mp4;base64,")) == video.read_bytes()
    linked = show(video, tmp_path / "reports" / "report.html", embed=False)
    assert linked.part["source"] == "../v.mp4"
    assert linked.notes == ("v.mp4 is not beside the report: both must stay where they are",)


def test_what_is_too_large_to_be_embedded_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shown_video, "MOST_EMBEDDED_BYTES", 100)
    with pytest.raises(ConfigError, match="too large to be embedded; give --no-embed"):
        show(write(tmp_path / "v.mp4"), tmp_path / "report.html", embed=True)


@pytest.mark.parametrize(
    ("name", "arguments", "problem"),
    [
        ("v.mp4", {"codec": "mpeg4"}, "is coded as mpeg4, which browsers do not play"),
        ("v.mkv", {}, "is a .mkv file, which browsers do not read"),
        ("v.mp4", {"key_distance": 250, "frames": 70}, "has a key frame every 70 frames only, too few to jump fast"),
        ("v.mp4", {"start": 0.5}, "does not start at time 0"),
    ],
)
def test_what_browsers_do_not_play_well_is_copied(
    tmp_path: Path, name: str, arguments: dict[str, Any], problem: str
) -> None:
    shown = show(write(tmp_path / name, **arguments), tmp_path / "report.html", embed=False)
    assert shown.notes == (f"the report shows a copy of {name}, which {problem}",)
    assert shown.part["source"] == "report.report.mp4"
    copy = browser_video(tmp_path / "report.report.mp4")
    assert copy is not None
    assert (copy.problem, copy.rate, copy.count) == (None, 10, arguments.get("frames", FRAMES))


def test_a_variable_frame_rate_comes_with_its_times(tmp_path: Path) -> None:
    times = np.cumsum(np.r_[0, np.tile([0.1, 0.1, 0.3, 0.1], 5)[: FRAMES - 1]]).round(3)
    linked = show(write(tmp_path / "v.mp4", times=times), tmp_path / "report.html").part
    assert unpacked(linked["times"], np.float64) == pytest.approx(times)
    copied = show(write(tmp_path / "v.mkv", times=times), tmp_path / "report.html", embed=False).part
    assert unpacked(copied["times"], np.float64) == pytest.approx(times, abs=0.002)
    copy = browser_video(tmp_path / "report.report.mp4")
    assert copy is not None
    assert copy.times is not None
    assert copy.times == pytest.approx(times, abs=0.002)


def test_wrong_durations_of_frames_are_a_reason_to_copy(tmp_path: Path) -> None:
    times = np.cumsum(np.r_[0, np.tile([0.1, 0.4, 0.1, 0.2], 5)[: FRAMES - 1]]).round(3)
    shown = show(write(tmp_path / "v.mp4", times=times, options={"bf": "3"}), tmp_path / "report.html", embed=False)
    assert shown.notes == ("the report shows a copy of v.mp4, which states wrong durations of its frames",)
    copy = browser_video(tmp_path / "report.report.mp4")
    assert copy is not None
    assert copy.problem is None


def test_images_become_a_video(images: Path, tmp_path: Path) -> None:
    shown = show(images, tmp_path / "report.html")
    assert shown.part["source"].startswith("data:video/mp4;base64,")
    assert (shown.part["count"], shown.size, shown.notes) == (24, (160, 120), ())


def test_crops_show_first_best_and_last_box_in_its_shape(tmp_path: Path, tracks_on: Callable[..., Tracks]) -> None:
    path = [(frame, 20.0 + frame, 24.0) for frame in range(1, FRAMES + 1)]
    score = np.full(FRAMES, 0.5)
    score[7] = 0.9
    shown = show(write(tmp_path / "v.mp4"), tmp_path / "report.html", tracks=tracks_on({1: path}, 8, score=score))
    frames = [crop.frame for crop in shown.crops.crops]
    assert {1, 8, FRAMES} <= set(frames)
    assert len(frames) <= 6
    assert all(crop.image.startswith("data:image/jpeg;base64,") for crop in shown.crops.crops)


def test_tracks_beyond_the_end_of_the_video_are_noted(tmp_path: Path, tracks_on: Callable[..., Tracks]) -> None:
    tracks = tracks_on({1: [(1, 30, 24), (40, 30, 24)]}, 8)
    shown = show(write(tmp_path / "v.mp4"), tmp_path / "report.html", tracks=tracks)
    assert shown.notes == (f"the video ends with frame {FRAMES}: there are no crops of later frames",)
