"""CVAT for video 1.1: XML with a track for each object."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from siamlink.tools.exporting.keyframes import runs, sparse_keyframes
from siamlink.tools.exporting.options import ExportOptions, Keyframes
from siamlink.tools.exporting.video_tracks import VideoTracks
from siamlink.tracker.tracks import Tracks

ID, SCORE, INTERPOLATED, LINK, FOUND = "siamlink_id", "score", "interpolated", "link_probability", "found"
"""The attributes of a box."""
ATTRIBUTES = (
    (ID, False, "number", "0", "0\n2147483647\n1"),
    (SCORE, True, "number", "1", "-1000000\n1000000\n0.0001"),
    (INTERPOLATED, True, "checkbox", "false", "false"),
    (LINK, True, "number", "-1", "-1\n1\n0.0001"),
    (FOUND, True, "checkbox", "false", "false"),
)
"""Name, whether it changes from box to box, kind of input, default and values (of a number: least, most, step)."""


def write(path: Path, videos: Sequence[VideoTracks], options: ExportOptions) -> None:
    """Write the tracks of one video. Frames count from 0 here, ids of tracks too; ours is an attribute."""
    video = videos[0]
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write('<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n  <version>1.1</version>\n')
        file.writelines(_meta(video))
        for number, (_, track) in enumerate(video.tracks.by_track()):
            file.writelines(_track(number, track, video, options.keyframes is Keyframes.all))
        file.write("</annotations>\n")


def _meta(video: VideoTracks) -> Iterator[str]:
    """What CVAT states of a task; its labels are the classes that occur."""
    width, height = video.size
    yield (
        f"  <meta>\n    <task>\n      <name>{_text(video.name)}</name>\n      <size>{video.frame_count}</size>\n"
        "      <mode>interpolation</mode>\n      <start_frame>0</start_frame>\n"
        f"      <stop_frame>{video.frame_count - 1}</stop_frame>\n      <labels>\n"
    )
    for name in video.classes.values():
        yield f"        <label>\n          <name>{_text(name)}</name>\n          <attributes>\n"
        for attribute, mutable, kind, default, values in ATTRIBUTES:
            yield (
                f"            <attribute>\n              <name>{attribute}</name>\n"
                f"              <mutable>{mutable}</mutable>\n              <input_type>{kind}</input_type>\n"
                f"              <default_value>{default}</default_value>\n              <values>{values}</values>\n"
                "            </attribute>\n"
            )
        yield "          </attributes>\n        </label>\n"
    yield (
        f"      </labels>\n      <original_size>\n        <width>{width}</width>\n        <height>{height}</height>\n"
        f"      </original_size>\n      <source>{_text(video.video)}</source>\n    </task>\n  </meta>\n"
    )


def _track(number: int, track: Tracks, video: VideoTracks, all_keyframes: bool) -> Iterator[str]:
    """A track with all its boxes; after each run without a gap, its last box again, marked as outside."""
    labels, counts = np.unique(track.label, return_counts=True)
    label = video.class_name(int(labels[counts.argmax()]))
    yield f'  <track id="{number}" label={quoteattr(_printable(label))} source="auto">\n'
    for run in runs(track):
        key = np.ones(len(run), bool) if all_keyframes else sparse_keyframes(run)
        places = (run.frame - 1).tolist()
        for frame, is_key, inside in zip(places, key.tolist(), _insides(run), strict=True):
            yield _box(frame, is_key, False, inside)
        if places[-1] + 1 < video.frame_count:
            yield _box(places[-1] + 1, True, True, inside)
    yield "  </track>\n"


Inside = tuple[list[float], str]
"""The corners of a box, and its attributes as XML."""


def _insides(run: Tracks) -> Iterator[Inside]:
    columns = (run.box.astype(np.float64), run.track_id, run.score, run.interpolated, run.link_probability, run.found)
    for box, track_id, score, interpolated, link, found in zip(*(column.tolist() for column in columns), strict=True):
        values = (
            (ID, str(track_id)),
            (SCORE, f"{score:.6g}"),
            (INTERPOLATED, "true" if interpolated else "false"),
            (LINK, "-1" if math.isnan(link) else f"{link:.4f}"),
            (FOUND, "true" if found else "false"),
        )
        yield box, "".join(f'      <attribute name="{name}">{value}</attribute>\n' for name, value in values)


def _box(frame: int, is_key: bool, is_outside: bool, inside: Inside) -> str:
    (left, top, right, bottom), attributes = inside
    return (
        f'    <box frame="{frame}" keyframe="{is_key:d}" outside="{is_outside:d}" occluded="0" xtl="{left:.2f}" '
        f'ytl="{top:.2f}" xbr="{right:.2f}" ybr="{bottom:.2f}" z_order="0">\n{attributes}    </box>\n'
    )


def _text(value: str) -> str:
    return escape(_printable(value))


def _printable(value: str) -> str:
    """A text without the characters that XML does not allow."""
    return "".join(each if each.isprintable() else "?" for each in value)
