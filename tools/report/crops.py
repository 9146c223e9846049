"""Crops of the tracks in a report: small pictures, cut out of the video once and found again for other tracks of it."""

import base64
from dataclasses import dataclass
from typing import Any, NamedTuple

import cv2
import numpy as np

from siamlink.detectors.base.arrays import Float32Array, FloatArray, Image, IntArray
from siamlink.detectors.boxes import iou_matrix
from siamlink.detectors.sources.frame_source import Frame
from siamlink.tools.drawing.crops import crop_values, cut_out
from siamlink.tools.report.track_rows import TrackRows
from siamlink.tracker.tracks import Tracks

PER_TRACK = 6
"""First, best and last box, and others between them, at equal distances."""
IN_ALL = 6000
"""Crops of all tracks; each takes about 3 kB."""
LARGEST = 64, 128
"""Width and height in pixels of the frame that each crop is shrunk into; a wide object has the same area in it."""
QUALITY = 70
LEAST_OVERLAP = 0.5
"""Least IoU of a crop with the box of the track that it shows."""


class Crop(NamedTuple):
    """A picture (JPEG as a data URL) of what a box (4,) `x1 y1 x2 y2` in a frame shows."""

    frame: int
    box: Float32Array
    image: str


@dataclass(frozen=True)
class Crops:
    """Crops of one video, in order of their frames.

    Attributes:
        crops: the pictures.
        notes: what is left out, a line each.
    """

    crops: tuple[Crop, ...] = ()
    notes: tuple[str, ...] = ()

    def by_track(self, rows: TrackRows) -> dict[int, list[dict[str, Any]]]:
        """The crops of each track, by its index: each crop belongs to the track whose box overlaps it most.

        So the tracks may be others than those that the crops were made for.
        """
        by_frame = np.argsort(rows.frame, kind="stable")
        frames = rows.frame[by_frame]
        found: dict[int, list[dict[str, Any]]] = {}
        for crop in self.crops:
            here = by_frame[slice(*np.searchsorted(frames, [crop.frame, crop.frame + 1]))]
            if not len(here):
                continue
            overlap = iou_matrix(crop.box[None].astype(np.float64), rows.box[here])[0]
            best = int(overlap.argmax())
            if overlap[best] >= LEAST_OVERLAP:
                entry = {"frame": crop.frame, "image": crop.image}
                found.setdefault(int(rows.track[here[best]]), []).append(entry)
        return found


class CropCutter:
    """Cuts crops of all tracks out of the frames of their video, which come in order.

    If there are too many tracks, each has fewer crops, and beyond `IN_ALL` only the longest have one.

    Args:
        tracks: of the video.
        size: width and height of the picture in pixels.

    Attributes:
        last_frame: the last frame that is needed; 0 for none.
    """

    def __init__(self, tracks: Tracks, size: tuple[int, int]) -> None:
        rows = TrackRows(tracks)
        value = crop_values(tracks, size)[rows.order]
        per_track = max(1, min(PER_TRACK, IN_ALL // max(1, len(rows.ids))))
        shown = np.sort(np.argsort(rows.start - rows.stop, kind="stable")[:IN_ALL])
        chosen = [_chosen(value[rows.start[each] : rows.stop[each]], per_track) + rows.start[each] for each in shown]
        picked = np.concatenate(chosen) if chosen else np.zeros(0, np.int64)
        picked = picked[np.argsort(rows.frame[picked], kind="stable")]
        self._frame, self._box = rows.frame[picked], rows.box[picked].astype(np.float32)
        self._crops: list[Crop] = []
        self._notes = []
        if len(shown) < len(rows.ids):
            self._notes.append(f"there are crops of the {len(shown)} longest of {len(rows.ids)} tracks only")
        self.last_frame = int(self._frame.max(initial=0))

    def take(self, frame: Frame) -> None:
        """Cut the crops of the next frame."""
        here = slice(*np.searchsorted(self._frame, [frame.number, frame.number + 1]))
        self._crops += [Crop(frame.number, box, _picture(frame.image, box)) for box in self._box[here]]

    def crops(self) -> Crops:
        """All crops of the frames so far."""
        return Crops(tuple(self._crops), tuple(self._notes))


def _chosen(value: FloatArray, count: int) -> IntArray:
    """The rows of one track of which crops are made, ascending: the first, the best and the last, and others between.

    Args:
        value: (N,) how good a picture each box promises; none is made where it is 0.
        count: how many, at most.
    """
    good = np.flatnonzero(value > 0)
    if not len(good):
        return good
    best = int(good[value[good].argmax()])
    spread = good[np.rint(np.linspace(0, len(good) - 1, count - 1)).astype(int)]
    return np.array(sorted({best, *spread.tolist()}))


def _picture(image: Image, box: Float32Array) -> str:
    """The part of an image in a box, as a JPEG data URL of the box's shape."""
    crop = cut_out(image, box)
    height, width = crop.shape[:2]
    scale = min(1.0, (LARGEST[0] * LARGEST[1] / (width * height)) ** 0.5)
    if scale < 1:
        size = [max(1, round(scale * side)) for side in (width, height)]
        crop = np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_AREA), np.uint8)
    encoded, data = cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    assert encoded, "an image in memory can be encoded"
    return "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode("ascii")
