"""Tracks drawn on the frames of their video: boxes, identities, trails and the number of the frame."""

from collections import deque
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.arrays import Image
from siamlink.tracker.tracks import Tracks

Colour = tuple[int, int, int]
"""Blue, green, red."""

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


def track_colour(track_id: int) -> Colour:
    """The colour of an identity; sixty colours repeat."""
    return _COLOURS[(track_id - 1) % len(_COLOURS)]


def _rim(colour: Colour) -> Colour:
    """A dark shade of a colour, for the rim of lines on a background of that colour."""
    return colour[0] // 4, colour[1] // 4, colour[2] // 4


class Annotator:
    """Draws frame after frame, and stores recent positions for the trails.

    Args:
        frame_rate: frames per second.
        trail_seconds: how far back the trail of the foot point reaches; 0 draws none.
    """

    def __init__(self, frame_rate: float, trail_seconds: float = 1.5) -> None:
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
            The image, with a box, an id and a trail for each track; the boxes of interpolated rows are dashed.
        """
        height, width = image.shape[:2]
        thickness = max(2, round(height / 400))
        self._draw_trails(image, tracks, thickness)
        tracks = tracks[np.argsort(tracks.box[:, 3], kind="stable")]
        margin = 4 * thickness
        limit = np.array([width, height, width, height]) + margin
        boxes = np.clip(np.rint(tracks.box), -margin, limit).astype(int).tolist()
        ids = tracks.track_id.tolist()
        for box, track_id, dashed in zip(boxes, ids, tracks.interpolated.tolist(), strict=True):
            draw_box = draw_dashed_box if dashed else _draw_box
            draw_box(image, box, track_colour(track_id), thickness)
        text_height = max(10, round(height / 60))
        labels, corners = [_label(track_id, text_height) for track_id in ids[::-1]], boxes[::-1]
        if number is not None:
            time = f"frame {number}  {(number - 1) / self._frame_rate:.2f} s"
            labels, corners = [_plate(time, _BLACK, text_height), *labels], [[0, 0, 0, 0], *corners]
        for label, (left, top) in zip(labels, _places(corners, labels, width, height), strict=True):
            room = image[top : top + label.shape[0], left : left + label.shape[1]]
            room[:] = label[: room.shape[0], : room.shape[1]]
        return image

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
    for hue, line in ((_rim(colour), thickness + 2), (colour, thickness)):
        cv2.rectangle(image, box[:2], box[2:], hue, line)


def draw_dashed_box(image: Image, box: list[int], colour: Colour, thickness: int) -> None:
    """Dashes twice as long as the gaps; a dash at each end of an edge, half as long."""
    x1, y1, x2, y2 = box
    cap = thickness // 2 + 1
    for start, stop, across in ((x1, x2, False), (y1, y2, True)):
        count = max(1, round((stop - start) / (14 * thickness)))
        middle = np.linspace(start, stop, count + 1)
        reach = (stop - start) / count / 3 - cap
        dashes = np.rint(np.clip(np.stack([middle - reach, middle + reach], axis=1), start, stop)).astype(int)
        for begin, end in dashes.tolist():
            for fixed in (x1, x2) if across else (y1, y2):
                a, b = ((fixed, begin), (fixed, end)) if across else ((begin, fixed), (end, fixed))
                cv2.line(image, a, b, _rim(colour), thickness + 2)
                cv2.line(image, a, b, colour, thickness)


@lru_cache(maxsize=1024)
def _label(track_id: int, text_height: int) -> Image:
    """The id (h, w, 3) on the colour of its track."""
    label = _plate(str(track_id), track_colour(track_id), text_height)
    label.flags.writeable = False
    return label


def _plate(text: str, colour: Colour, text_height: int) -> Image:
    """A text (h, w, 3) in black or white, whichever has more contrast, on a colour."""
    fine, font = 4, cv2.FONT_HERSHEY_DUPLEX
    stroke = max(1, round(fine * text_height / 7))
    scale = cv2.getFontScaleFromHeight(font, fine * text_height, stroke)
    (width, _), _ = cv2.getTextSize(text, font, scale, stroke)
    pad = round(text_height * 0.35)
    ink = np.zeros((fine * (text_height + 2 * pad), fine * (-(-width // fine) + 2 * pad)), np.uint8)
    cv2.putText(ink, text, (fine * pad, fine * (text_height + pad)), font, scale, 255, stroke, cv2.LINE_AA)
    cover = cv2.resize(ink, None, fx=1 / fine, fy=1 / fine, interpolation=cv2.INTER_AREA)[..., None] / 255
    luminance = float(np.dot((0.0722, 0.7152, 0.2126), (np.array(colour) / 255) ** 2.2))
    writing = 0 if luminance > 0.2 else 255
    label = np.rint(writing * cover + np.array(colour) * (1 - cover)).astype(np.uint8)
    return np.asarray(cv2.copyMakeBorder(label, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=_rim(colour)), np.uint8)


def _places(boxes: list[list[int]], labels: list[Image], width: int, height: int) -> list[tuple[int, int]]:
    """Upper left corner of each label: above its box, or where it overlaps earlier labels least."""
    taken: list[tuple[int, int, int, int]] = []
    for (x1, y1, x2, y2), label in zip(boxes, labels, strict=True):
        h, w = label.shape[:2]
        spots: list[tuple[int, int, tuple[int, int, int, int]]] = []
        for x, y in ((x1, y1 - h), (x2 - w, y1 - h), (x1, y1), (x2 - w, y1), (x1, y2), (x2 - w, y2)):
            left, top = max(0, min(x, width - w)), max(0, min(y, height - h))
            hidden = sum(_shared_area((left, top, left + w, top + h), other) for other in taken)
            spots.append((hidden, len(spots), (left, top, left + w, top + h)))
            if not hidden:
                break
        taken.append(min(spots)[2])
    return [(left, top) for left, top, _, _ in taken]


def _shared_area(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> int:
    return max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(0, min(a[3], b[3]) - max(a[1], b[1]))
