"""COCO JSON with videos, tracks and a track id for each box."""

import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from siamlink.tools.exporting.options import ExportOptions
from siamlink.tools.exporting.video_tracks import VideoTracks
from siamlink.tracker.tracks import Tracks

FIRST_CATEGORY = 1
"""The category of class 0: to some readers, category 0 is no object."""


def write(path: Path, videos: Sequence[VideoTracks], _: ExportOptions) -> None:
    """Write one file for all videos; ids of images, annotations and tracks are unique over all of them."""
    content: dict[str, Any] = {
        "info": {"description": "tracks by siamlink"},
        "videos": [],
        "images": [],
        "tracks": [],
        "annotations": [],
        "categories": _categories(videos),
    }
    for video_id, video in enumerate(videos, 1):
        width, height = video.size
        first_image, first_track = len(content["images"]), max((one["id"] for one in content["tracks"]), default=0)
        content["videos"].append(
            {
                "id": video_id,
                "name": video.name,
                "file_name": video.video or video.name,
                "width": width,
                "height": height,
                "length": video.frame_count,
                "fps": video.frame_rate,
            }
        )
        content["images"] += [
            {
                "id": first_image + frame,
                "file_name": video.file_name(frame),
                "width": width,
                "height": height,
                "video_id": video_id,
                "frame_id": frame - 1,
            }
            for frame in range(1, video.frame_count + 1)
        ]
        content["tracks"] += [
            {
                "id": first_track + track_id,
                "category_id": FIRST_CATEGORY + Counter(track.label.tolist()).most_common(1)[0][0],
                "video_id": video_id,
                "siamlink_id": track_id,
            }
            for track_id, track in video.tracks.by_track()
        ]
        for annotation in _annotations(video.tracks, first_image, first_track):
            content["annotations"].append({"id": len(content["annotations"]) + 1, **annotation, "video_id": video_id})
    path.write_text(json.dumps(content), encoding="utf-8")


def _categories(videos: Sequence[VideoTracks]) -> list[dict[str, Any]]:
    """The classes that occur."""
    names: dict[int, str] = {}
    for video in videos:
        for number, name in video.classes.items():
            names.setdefault(number, name)
    return [
        {"id": FIRST_CATEGORY + number, "name": name, "supercategory": ""} for number, name in sorted(names.items())
    ]


def _annotations(tracks: Tracks, first_image: int, first_track: int) -> Iterator[dict[str, Any]]:
    """The annotations of the boxes of a video, without their ids."""
    columns = (tracks.frame, tracks.box, tracks.score, tracks.label, tracks.track_id)
    more = (tracks.interpolated, tracks.found, tracks.link_probability)
    rows = zip(*(column.tolist() for column in (*columns, *more)), strict=True)
    for frame, (left, top, right, bottom), score, label, track_id, interpolated, found, link in rows:
        x, y, width, height = (round(value, 2) for value in (left, top, right - left, bottom - top))
        attributes: dict[str, Any] = {"interpolated": interpolated, "found": found}
        if not math.isnan(link):
            attributes["link_probability"] = round(link, 4)
        yield {
            "image_id": first_image + frame,
            "category_id": FIRST_CATEGORY + label,
            "bbox": [x, y, width, height],
            "area": round(width * height, 2),
            "segmentation": [],
            "iscrowd": 0,
            "track_id": first_track + track_id,
            "score": round(score, 6),
            "attributes": attributes,
        }
