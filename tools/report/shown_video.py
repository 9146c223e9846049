"""The video of a report: the file itself, or a copy that browsers play, beside the report or inside it."""

import base64
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.base.prefetch import prefetch
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.sources.frame_source import FrameSource
from siamlink.detectors.sources.video_file import VideoFile
from siamlink.tools.report.browser_video import BrowserVideo, browser_video
from siamlink.tools.report.crops import CropCutter, Crops
from siamlink.tools.report.packing import packed
from siamlink.tracker.drawing.video_writer import VideoWriter
from siamlink.tracker.tracks import Tracks

COPY_SUFFIX = ".report.mp4"
EMBEDDED_BYTES = 30_000_000
"""Size of a video below which it is put into the report, unless it lies beside or below it."""
MOST_EMBEDDED_BYTES = 300_000_000
"""Browsers refuse data URLs of more than 512 million characters."""
COPY_CODING = {"g": "25", "bf": "0", "preset": "superfast", "crf": "25"}
"""Options of the encoder for a copy: a key frame every 25 frames, to jump fast. There are no B-frames: with them an mp4
file states the durations of frames in the order of decoding, and browsers take them for those in the order of time."""
READ, COPY = "cut crops", "copy the video"
"""The stages of the progress."""


@dataclass(frozen=True)
class ShownVideo:
    """A video as a report shows it.

    Attributes:
        part: as the report holds it.
        frame_count: how many frames there are; None where it is not known.
        first_frame: the number of the first.
        size: width and height of the pictures in pixels.
        crops: pictures of the tracks.
        notes: what the reader should know, a line each.
    """

    part: dict[str, Any]
    frame_count: int | None
    first_frame: int
    size: tuple[int, int]
    crops: Crops
    notes: tuple[str, ...]


@dataclass(frozen=True)
class VideoPlace:
    """Where a report finds its video.

    Attributes:
        report: the file of the report.
        staged: the folder for a copy, which is moved beside the report afterwards.
        embed: whether the video is put into the report; None: if it is small and does not lie beside or below it.
    """

    report: Path
    staged: Path
    embed: bool | None = None

    @property
    def copy(self) -> Path:
        """The file of a copy, while it is staged."""
        return self.staged / copy_of(self.report).name

    def source(self, file: Path) -> tuple[str, tuple[str, ...]]:
        """The URL of a video file for the page, and notes; a copy that is embedded is removed.

        Raises:
            ConfigError: it is too large to be embedded.
        """
        is_copy, size = file == self.copy, file.stat().st_size
        target = self.report.parent / file.name if is_copy else file
        is_below = target.resolve().is_relative_to(self.report.parent.resolve())
        embed = size < EMBEDDED_BYTES and (is_copy or not is_below) if self.embed is None else self.embed
        if not embed:
            away = () if is_below else (f"{file.name} is not beside the report: both must stay where they are",)
            return _url(target, self.report.parent), away
        if size > MOST_EMBEDDED_BYTES:
            raise ConfigError(f"the video has {size / 1e6:.0f} MB and is too large to be embedded; give --no-embed")
        kind = "webm" if file.suffix.lower() == ".webm" else "mp4"
        text = base64.b64encode(file.read_bytes()).decode("ascii")
        if is_copy:
            file.unlink()
        return f"data:video/{kind};base64,{text}", ()


def copy_of(report: Path) -> Path:
    """The copy of the video that may be written beside a report."""
    return report.with_name(report.stem + COPY_SUFFIX)


def show_video(frames: FrameSource, tracks: Tracks, place: VideoPlace, progress: Progress) -> ShownVideo:
    """Read a video once: cut crops, and copy it if browsers do not play it, or do not jump in it fast.

    Args:
        frames: the video.
        tracks: of it.
        place: where the report finds it.
        progress: called with the stage, the frame and the last.

    Raises:
        InputError: the video cannot be read.
        ConfigError: it is too large to be embedded.
        OutputError: the copy cannot be written.
    """
    file = frames.files[0] if isinstance(frames, VideoFile) else None
    played = browser_video(file) if file else None
    cutter, notes = CropCutter(tracks, frames.size), []
    if file and played and played.problem is None:
        _cut(frames, cutter, progress)
    else:
        if file:
            notes.append(f"the report shows a copy of {file.name}, which {played.problem if played else 'is unusual'}")
        file, played = place.copy, _copied(frames, cutter, place.copy, played, progress)
    source, away = place.source(file)
    if frames.last_number < cutter.last_frame:
        notes.append(f"the video ends with frame {frames.last_number}: there are no crops of later frames")
    part = {"source": source, **_part(played, frames.first_number)}
    return ShownVideo(part, played.count, frames.first_number, frames.size, cutter.crops(), (*notes, *away))


def _cut(frames: FrameSource, cutter: CropCutter, progress: Progress) -> None:
    """Read the frames up to the last crop."""
    if not cutter.last_frame:
        frames.last_number = 0
        return
    with prefetch(frames) as decoded:
        for frame in decoded:
            cutter.take(frame)
            progress(READ, frame.number, cutter.last_frame)
            if frame.number >= cutter.last_frame:
                break


def _copied(
    frames: FrameSource, cutter: CropCutter, path: Path, played: BrowserVideo | None, progress: Progress
) -> BrowserVideo:
    """Read all frames, and write them to a video with frequent key frames, at the times that they have."""
    varies = played is not None and played.times is not None
    seconds: list[float] = []
    writer = VideoWriter(path, frames.frame_rate, frames.size, coding=COPY_CODING, variable_rate=varies)
    with writer, prefetch(frames) as decoded:
        for frame in decoded:
            cutter.take(frame)
            writer.write(frame.image, seconds=frame.seconds if varies else None)
            seconds.append(frame.seconds)
            progress(COPY, frame.number, frames.frame_count)
    width, height = (side + side % 2 for side in frames.size)
    times = np.array(seconds) if varies else None
    return BrowserVideo((width, height), frames.frame_rate, len(seconds), times, None)


def _part(played: BrowserVideo, first_frame: int) -> dict[str, Any]:
    width, height = played.size
    times = None if played.times is None else packed(played.times, np.float64)
    rate, count = played.rate, played.count
    return {"width": width, "height": height, "rate": rate, "count": count, "first": first_frame, "times": times}


def _url(file: Path, folder: Path) -> str:
    """The URL of a file relative to a folder; absolute on another drive."""
    try:
        return quote(Path(os.path.relpath(file.resolve(), folder.resolve())).as_posix())
    except ValueError:
        return file.resolve().as_uri()
