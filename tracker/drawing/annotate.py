"""Tracks drawn on the frames of their video: boxes, identities, trails and the number of the frame."""

from collections import deque
from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.arrays import Image
from siamlink.detectors.class_names import ClassNames
from siamlink.tracker.drawing.plates import ClassTexts, Colour, label_plate, places, rim, text_plate
from siamlink.tracker.tracks import Tracks

_PALETTE = (
    "f4ea84 1e3dff ea0a3d cc99ff 00b799 ff9900 00ffff b70099 007a00 c1ff00 "
    "5184d6 ff707a b78e00 8428cc a33d5b a3d684 cc5bff ff00cc 00cc28 b76699 "
    "285100 ffcccc 7a007a 0000ea 51ea28 ff007a 0099b7 7accff 990051 0028b7 "
    "ffeab7 9951ea 287a7a 99ccb7 cc7a51 990000 512899 ccffea 007ab7 00cccc "
    "cc287a b75100 ffcc51 7ab751 7a99ea 51eab7 99287a b75151 2851b7 cc9999 "
    "51b7ea b7ea99 997aea 519951 515199 5100cc 51b7b7 ccb77a 00eaff 7a0051"
)
"""Far apart in OKLab for normal, deuteranope and protanope vision; close ids most, then ids 20 apart."""
_COLOURS: tuple[Colour, ...] = tuple((int(c[4:], 16), int(c[2:4], 16), int(c[:2], 16)) for c in _PALETTE.split())
_BLACK: Colour = (0, 0, 0)
_TRAIL_POINTS_PER_SECOND = 8
DASH, DOT = 14, 5
"""Line widths from one dash, or dot, of a box to the next."""


def track_colour(track_id: int) -> Colour:
    """The colour of an identity; sixty colours repeat."""
    return _COLOURS[(track_id - 1) % len(_COLOURS)]


class Annotator:
    """Draws frame after frame, and stores recent positions for the trails.

    Args:
        frame_rate: frames per second.
        trail_seconds: how far back the trail of the foot point reaches; 0 draws none.
        class_names: names of the classes, which are written beside the ids unless all objects are persons.
        labels: classes that are known to come.
    """

    def __init__(
        self,
        frame_rate: float,
        trail_seconds: float = 1.5,
        class_names: ClassNames | None = None,
        labels: Iterable[int] = (),
    ) -> None:
        self._classes = ClassTexts(class_names, labels)
        self._frame, self._frame_rate = 0, frame_rate
        self._trail_frames = max(1, round(trail_seconds * frame_rate))
        self._stride = max(1, round(frame_rate / _TRAIL_POINTS_PER_SECOND))
        points = round(trail_seconds * frame_rate) // self._stride
        self._past: deque[NDArray[np.float64]] = deque(maxlen=points)

    def draw(self, image: Image, tracks: Tracks, number: int | None = None) -> Image:
        """Draw the tracks of the next frame; call it for every frame, also for frames without tracks.

        Args:
            image: (H, W, 3) uint8 BGR; it is changed.
            tracks: the rows of this frame alone.
            number: of the frame, from 1, drawn with its time in the upper left corner; None draws none.

        Returns:
            The image, with a box, an id and a trail for each track, and its class unless all objects so far are
            persons; the boxes of interpolated rows are dashed, those of found ones are dotted.
        """
        height, width = image.shape[:2]
        thickness = max(2, round(height / 400))
        self._draw_trails(image, tracks, thickness)
        tracks = tracks[np.argsort(tracks.box[:, 3], kind="stable")]
        margin = 4 * thickness
        limit = np.array([width, height, width, height]) + margin
        boxes = np.clip(np.rint(tracks.box), -margin, limit).astype(int).tolist()
        ids = tracks.track_id.tolist()
        for box, track_id, period in zip(boxes, ids, _periods(tracks), strict=True):
            if period:
                draw_dashed_box(image, box, track_colour(track_id), thickness, period)
            else:
                _draw_box(image, box, track_colour(track_id), thickness)
        text_height = max(10, round(height / 60))
        labels, corners = self._labels(tracks, text_height)[::-1], boxes[::-1]
        if number is not None:
            time = f"frame {number}  {(number - 1) / self._frame_rate:.2f} s"
            labels, corners = [text_plate(time, _BLACK, text_height), *labels], [[0, 0, 0, 0], *corners]
        for label, (left, top) in zip(labels, places(corners, labels, width, height), strict=True):
            room = image[top : top + label.shape[0], left : left + label.shape[1]]
            room[:] = label[: room.shape[0], : room.shape[1]]
        return image

    def _labels(self, tracks: Tracks, text_height: int) -> list[Image]:
        """A plate for each track: its id, and its class where that is needed."""
        names, ids = self._classes.of(tracks.label.tolist()), tracks.track_id.tolist()
        return [
            label_plate(f"{each} {name}".strip(), track_colour(each), text_height)
            for each, name in zip(ids, names, strict=True)
        ]

    def _draw_trails(self, image: Image, tracks: Tracks, thickness: int) -> None:
        """Draw the past foot points of these tracks, thinner and fainter with age."""
        now = np.column_stack(
            [tracks.track_id, np.full(len(tracks), self._frame), tracks.centre[:, 0], tracks.box[:, 3]]
        )
        points = np.concatenate([*self._past, now])
        if self._frame % self._stride == 0:
            self._past.append(now)
        self._frame += 1
        points = points[np.isin(points[:, 0], tracks.track_id)]
        points = points[np.argsort(points[:, 0], kind="stable")]
        step = np.diff(points[:, :2], axis=0)
        linked = (step[:, 0] == 0) & (step[:, 1] <= self._stride)
        joined, inner = np.flatnonzero(linked), np.flatnonzero(linked[1:] & linked[:-1]) + 1
        for _ in range(2):
            points[inner, 2:] = (points[inner - 1, 2:] + 2 * points[inner, 2:] + points[inner + 1, 2:]) / 4
        fresh = 1 - (self._frame - 1 - points[joined, 1]) / (self._trail_frames + self._stride)
        ends = points[joined[:, None] + [0, 1], 2:]
        row, column = np.clip(ends.mean(axis=1)[:, ::-1].astype(int), 0, np.array(image.shape[:2]) - 1).T
        colour = np.array(_COLOURS)[(points[joined, 0].astype(int) - 1) % len(_COLOURS)]
        blend = image[row, column] * (1 - fresh[:, None]) + colour * fresh[:, None]
        wide = np.rint(thickness * (0.5 + fresh)).astype(int)
        for (a, b), hue, line in zip(
            np.rint(ends * 16).astype(int).tolist(), blend.tolist(), wide.tolist(), strict=True
        ):
            cv2.line(image, a, b, hue, line, cv2.LINE_AA, 4)


def _draw_box(image: Image, box: list[int], colour: Colour, thickness: int) -> None:
    for hue, line in ((rim(colour), thickness + 2), (colour, thickness)):
        cv2.rectangle(image, box[:2], box[2:], hue, line)


def _periods(tracks: Tracks) -> list[int]:
    """The distance of the dashes of each box in line widths; 0 for a detected one, whose lines are whole."""
    periods: list[int] = np.select([tracks.found, tracks.interpolated], [DOT, DASH], 0).tolist()
    return periods


def draw_dashed_box(image: Image, box: list[int], colour: Colour, thickness: int, period: int = DASH) -> None:
    """Dashes twice as long as the gaps, if `period` line widths have room for them; a dash at each end of an edge."""
    x1, y1, x2, y2 = box
    cap = thickness // 2 + 1
    for start, stop, across in ((x1, x2, False), (y1, y2, True)):
        count = max(1, round((stop - start) / (period * thickness)))
        middle = np.linspace(start, stop, count + 1)
        reach = max(0.0, (stop - start) / count / 3 - cap)
        dashes = np.rint(np.clip(np.stack([middle - reach, middle + reach], axis=1), start, stop)).astype(int)
        for begin, end in dashes.tolist():
            for fixed in (x1, x2) if across else (y1, y2):
                a, b = ((fixed, begin), (fixed, end)) if across else ((begin, fixed), (end, fixed))
                cv2.line(image, a, b, rim(colour), thickness + 2)
                cv2.line(image, a, b, colour, thickness)
