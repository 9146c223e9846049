"""Tracks as a table in text: CSV, or JSON lines. The columns are those of `Tracks.columns`."""

from collections.abc import Sequence
from pathlib import Path

from siamlink.tools.exporting.options import ExportOptions
from siamlink.tools.exporting.video_tracks import VideoTracks
from siamlink.tracker.table import Columns, csv_text, json_lines


def columns_of(video: VideoTracks) -> Columns:
    """The columns of the table of a video."""
    return video.tracks.columns(video.frame_rate, video.class_names)


def write_csv(path: Path, videos: Sequence[VideoTracks], _: ExportOptions) -> None:
    """Write CSV with a heading."""
    path.write_text(csv_text(columns_of(videos[0])), encoding="utf-8", newline="")


def write_jsonl(path: Path, videos: Sequence[VideoTracks], _: ExportOptions) -> None:
    """Write a JSON object a line: the columns by name; what is not known is null."""
    path.write_text(json_lines(columns_of(videos[0])), encoding="ascii", newline="")
