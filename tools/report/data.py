"""The data of a report, from results in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.arrays import FloatArray
from siamlink.detectors.base.fingerprint import package_version
from siamlink.detectors.class_names import ClassNames
from siamlink.tools.report.columns import box_columns, class_entries, track_entries
from siamlink.tools.report.crops import Crops
from siamlink.tools.report.links import link_facts
from siamlink.tools.report.review import review
from siamlink.tools.report.track_rows import TrackRows
from siamlink.tools.report.truth import Truth
from siamlink.tracker.runs.explanations import Explanations
from siamlink.tracker.tracks import Tracks

FORMAT = 1


@dataclass(frozen=True)
class Scene:
    """What stays the same when the tracks of a video are solved again.

    Attributes:
        name: of the video.
        frame_rate: frames per second; None where it is not known.
        frame_count: how many frames there are.
        first_frame: the number of the first.
        size: width and height of the picture in pixels; None where it is not known.
        class_names: the names of classes, if they are known.
        video: how the page finds the video, as the report holds it; None without one.
        crops: pictures of the tracks.
        truth: the ground truth, if there is one.
        tracks_file: the file name of the original tracks, for corrections of them.
        notes: what the reader should know, a line each.
    """

    name: str
    frame_rate: float | None
    frame_count: int
    first_frame: int = 1
    size: tuple[int, int] | None = None
    class_names: ClassNames | None = None
    video: dict[str, Any] | None = None
    crops: Crops = field(default_factory=Crops)
    truth: Truth | None = None
    tracks_file: str = ""
    notes: tuple[str, ...] = ()

    @property
    def last_frame(self) -> int:
        """The number of the last frame."""
        return self.first_frame + self.frame_count - 1

    def frames(self, box: FloatArray) -> dict[str, Any]:
        """The frames, as the report holds them; where the size is not known, the ends of the boxes (N, 4) are it."""
        width, height = self.size or np.ceil(box[:, 2:].max(axis=0, initial=1)).astype(int).tolist()
        return {
            "width": width,
            "height": height,
            "rate": self.frame_rate,
            "count": self.frame_count,
            "first": self.first_frame,
        }


def build_report_data(
    scene: Scene,
    tracks: Tracks,
    explanations: Explanations | None = None,
    *,
    original: NDArray[np.int32] | None = None,
    lines: Sequence[str] = (),
    notes: Sequence[str] = (),
    served: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The data of a report, in format 1, which the page reads; no file is read, and no video.

    Args:
        scene: the video with its crops and its ground truth.
        tracks: N boxes.
        explanations: why their links were chosen; None where that is not known.
        original: (N,) the id of the same detection in the original tracks, 0 for none; None where `tracks` are these.
        lines: corrections so far.
        notes: what else the reader should know, a line each.
        served: what the page needs to reach the server; None for a page in a file.
    """
    rows = TrackRows(tracks)
    links = link_facts(rows, explanations)
    frames = scene.first_frame, scene.last_frame
    known = links.probability, links.loss, links.appearance
    items, left_out = review(rows, *known, frames, scene.size, scene.frame_rate)
    compared = scene.truth.compare(tracks, scene.class_names) if scene.truth else None
    return {
        "format": FORMAT,
        "siamlink": package_version("siamlink"),
        "name": scene.name,
        "video": scene.video,
        "frames": scene.frames(rows.box),
        "classes": class_entries(rows.classes, scene.class_names),
        "boxes": box_columns(rows, original),
        "tracks": track_entries(rows, scene.frame_rate, scene.crops.by_track(rows)),
        "links": links.columns(rows),
        "details": links.details,
        "review": [item.entry() for item in items],
        "truth": compared.entry if compared else None,
        "corrections": {"tracks": scene.tracks_file, "lines": list(lines)},
        "notes": [
            *scene.notes,
            *scene.crops.notes,
            *links.notes,
            *left_out,
            *(compared.notes if compared else ()),
            *notes,
        ],
        "served": served,
    }
