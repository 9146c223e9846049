"""Each track in numbers: when it is there, how far it moves, how fast, and how certain its boxes are."""

from dataclasses import dataclass

import numpy as np

from siamlink.detectors.class_names import ClassNames
from siamlink.tracker.summary.geometry import Anchor, anchor_points
from siamlink.tracker.tracks import Tracks


@dataclass(frozen=True)
class TrackSummary:
    """One track in numbers; times and speeds are None where the frame rate is not known, or there is one box only.

    Attributes:
        track_id: its id.
        class_id: its class, that of most of its boxes.
        class_name: the name of this class; empty if the names are not known.
        first_frame: the frame of its first box, from 1.
        last_frame: that of its last box.
        first_time: when its first box is shown, in seconds from the first frame of the video.
        last_time: likewise its last box.
        seconds: how long it lasts, from the first box to the end of the last frame.
        boxes: how many boxes it has.
        interpolated_share: the share of these that were interpolated or extrapolated, 0 to 1.
        mean_score: of its detections; of all boxes if none was detected.
        path_pixels: the length of the path of its anchor point.
        speed_pixels: mean speed in pixels per second.
        speed_heights: mean speed in heights of its box per second; it depends less on the distance to the camera.
    """

    track_id: int
    class_id: int
    class_name: str
    first_frame: int
    last_frame: int
    first_time: float | None
    last_time: float | None
    seconds: float | None
    boxes: int
    interpolated_share: float
    mean_score: float
    path_pixels: float
    speed_pixels: float | None
    speed_heights: float | None


def summarise_track(
    track_id: int, boxes: Tracks, frame_rate: float | None, class_names: ClassNames | None, anchor: Anchor
) -> TrackSummary:
    """The numbers of one track, given its N boxes in order, at least one."""
    first, last = int(boxes.frame[0]), int(boxes.frame[-1])
    labels, counts = np.unique(boxes.label, return_counts=True)
    label = int(labels[counts.argmax()])
    detected = boxes.score[~boxes.interpolated] if not boxes.interpolated.all() else boxes.score
    steps = np.linalg.norm(np.diff(anchor_points(boxes.box, anchor), axis=0), axis=1)
    heights = boxes.height.astype(np.float64)
    path, path_in_heights = float(steps.sum()), float((2 * steps / (heights[:-1] + heights[1:])).sum())
    moving = (last - first) / frame_rate if frame_rate and last > first else None
    return TrackSummary(
        track_id=track_id,
        class_id=label,
        class_name=class_names.name_of(label) if class_names else "",
        first_frame=first,
        last_frame=last,
        first_time=time_of(first, frame_rate),
        last_time=time_of(last, frame_rate),
        seconds=(last - first + 1) / frame_rate if frame_rate else None,
        boxes=len(boxes),
        interpolated_share=float(boxes.interpolated.mean()),
        mean_score=float(detected.mean(dtype=np.float64)),
        path_pixels=path,
        speed_pixels=path / moving if moving else None,
        speed_heights=path_in_heights / moving if moving else None,
    )


def time_of(frame: int, frame_rate: float | None) -> float | None:
    """When a frame is shown, in seconds from the first frame; None where the frame rate is not known."""
    return (frame - 1) / frame_rate if frame_rate else None
