"""Label Studio: a task with a rectangle in the video for each track, and the labelling configuration that shows it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np

from siamlink.tools.exporting.companion import companion_of
from siamlink.tools.exporting.keyframes import runs, sparse_keyframes
from siamlink.tools.exporting.options import ExportOptions, Keyframes
from siamlink.tools.exporting.video_tracks import VideoTracks
from siamlink.tracker.tracks import Tracks

FROM_NAME, TO_NAME, LABELS_NAME = "box", "video", "videoLabels"
"""The names of the tags in the configuration."""

VARIABLE_RATE = (
    "the video has a variable frame rate, but Label Studio finds frames by time at a constant one: boxes will be "
    "shifted; convert the video to a constant rate, and track that"
)


def has_constant_rate(video: Path) -> bool:
    """Whether the frames of a video file, folder or MOT sequence, if there are any, come at a constant rate."""
    from siamlink.detectors.mot.sequence import is_sequence, open_sequence
    from siamlink.detectors.sources.open import open_source
    from siamlink.tracker.runs.frame_numbers import timing_of

    if is_sequence(video) and open_sequence(video).frames is None:
        return True
    frames = open_source(str(video))
    return timing_of(frames, frames.frame_rate, None).numbers.is_constant


def write(path: Path, videos: Sequence[VideoTracks], options: ExportOptions) -> None:
    """Write the task of one video, and its configuration beside it."""
    video = videos[0]
    regions = [
        _region(track_id, track, video, options.keyframes is Keyframes.all)
        for track_id, track in video.tracks.by_track()
    ]
    if options.predictions:
        score = float(video.tracks.score.mean()) if len(video.tracks) else 0.0
        results = {"predictions": [{"model_version": "siamlink", "score": round(score, 4), "result": regions}]}
    else:
        results = {"annotations": [{"result": regions}]}
    task = {"data": {TO_NAME: options.video_url or video.video or video.name}, **results}
    path.write_text(json.dumps([task]), encoding="utf-8")
    companion_of(path, ".config.xml").write_text(configuration(video), encoding="utf-8")


def configuration(video: VideoTracks) -> str:
    """The labelling configuration: Label Studio finds frames by the frame rate that it states."""
    labels = "".join(f"    <Label value={quoteattr(name)}/>\n" for name in video.classes.values())
    return (
        f'<View>\n  <Labels name="{LABELS_NAME}" toName="{TO_NAME}" allowEmpty="true">\n{labels}  </Labels>\n'
        f'  <Video name="{TO_NAME}" value="${TO_NAME}" framerate="{video.frame_rate:.10g}"/>\n'
        f'  <VideoRectangle name="{FROM_NAME}" toName="{TO_NAME}"/>\n</View>\n'
    )


def _region(track_id: int, track: Tracks, video: VideoTracks, all_keyframes: bool) -> dict[str, Any]:
    """A track. A key frame is enabled if the rectangle goes on after it, so the last of each run is not."""
    sequence: list[dict[str, Any]] = []
    for run in runs(track):
        key = np.ones(len(run), bool) if all_keyframes else sparse_keyframes(run)
        sequence += _key_frames(run[key], video)
        sequence[-1]["enabled"] = False
    labels, counts = np.unique(track.label, return_counts=True)
    return {
        "id": f"track{track_id}",
        "type": "videorectangle",
        "from_name": FROM_NAME,
        "to_name": TO_NAME,
        "score": round(float(track.score.mean()), 4),
        "meta": {"text": [f"siamlink id {track_id}"]},
        "value": {
            "framesCount": video.frame_count,
            "duration": round(video.frame_count / video.frame_rate, 4),
            "labels": [video.class_name(int(labels[counts.argmax()]))],
            "sequence": sequence,
        },
    }


def _key_frames(boxes: Tracks, video: VideoTracks) -> list[dict[str, Any]]:
    """Boxes as parts of the picture in percent; frames count from 1."""
    corner, side = boxes.box[:, :2].astype(np.float64), boxes.box[:, 2:].astype(np.float64) - boxes.box[:, :2]
    percent = (np.hstack([corner, side]) * 100 / np.tile(video.size, 2)).round(4)
    return [
        {
            "frame": frame,
            "enabled": True,
            "x": x,
            "y": y,
            "width": width,
            "height": height,
            "rotation": 0,
            "time": round(frame / video.frame_rate, 4),
        }
        for frame, (x, y, width, height) in zip(boxes.frame.tolist(), percent.tolist(), strict=True)
    ]
