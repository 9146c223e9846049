"""The best pictures of each track: large, sharp, certain, and of one object alone."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.arrays import BoolArray, Float32Array, FloatArray, Image, IntArray
from siamlink.detectors.base.errors import ConfigError, OutputError
from siamlink.detectors.base.prefetch import prefetch
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.sources.frame_source import FrameSource
from siamlink.tools.console.files import output_errors, publish, results_folder, staging
from siamlink.tracker.tracks import Tracks

NAME = re.compile(r"\d{4,}-\d{6,}\.jpg")
"""The name of a crop: its track and its frame."""
COMPARED = 8
"""Boxes that are cut out of the video and compared, for each crop that is written."""
GOLDEN_RATIO = (5**0.5 - 1) / 2
SHARPNESS_HEIGHT = 64
"""Pixels; larger crops are shrunk to this height before their sharpness is measured."""
QUALITY = 95
SMALLEST_SIDE = 2
"""Pixels of a box inside the picture; smaller ones are never cut out."""


@dataclass(frozen=True)
class CropCounts:
    """What came of cutting out.

    Attributes:
        crops: how many were written.
        tracks: of how many tracks.
        last_frame: the last frame of the video that was read.
        wanted_frame: the last one that should have been.
    """

    crops: int
    tracks: int
    last_frame: int
    wanted_frame: int


@dataclass(frozen=True)
class _Crop:
    frame: int
    value: float
    sharpness: float
    picture: bytes


def check_crops_folder(folder: Path, overwrite: bool) -> None:
    """Check before the work that crops can be written to a folder, which may be missing.

    Raises:
        OutputError: it is a file, or holds earlier crops that may not be replaced.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"cannot write {folder}: it is a file; name a folder for the crops")
    if not overwrite and next(_earlier(folder), None):
        raise OutputError(f"{folder} holds earlier crops; --overwrite replaces them")


def write_crops(tracks: Tracks, frames: FrameSource, folder: Path, per_track: int, progress: Progress) -> CropCounts:
    """Cut the best boxes of each track out of a video, as `TRACK-FRAME.jpg`; earlier crops in the folder are replaced.

    Args:
        tracks: of the video.
        frames: the video.
        folder: for the crops; created if it is missing.
        per_track: how many crops of each track, at most.
        progress: called with the stage `crop` and the frames.

    Raises:
        InputError: no frame of the video can be read.
        ConfigError: most boxes lie outside the picture: the video is another one.
        OutputError: the folder cannot be written.
    """
    width, height = frames.size
    value = crop_values(tracks, (width, height))
    if len(tracks) and (value == 0).mean() > 0.5 and _outside(tracks, (width, height)).mean() > 0.5:
        raise ConfigError(
            f"most boxes lie outside the pictures of {frames.name}, {width}x{height} pixels: it is another video"
        )
    is_compared = np.zeros(len(tracks), bool)
    for rows in _rows_of_tracks(tracks):
        is_compared[rows[_best(value[rows], tracks.frame[rows], COMPARED * per_track)]] = True
    chosen = tracks[is_compared]
    last = int(chosen.frame.max(initial=0))
    crops: dict[int, list[_Crop]] = {}
    with prefetch(frames) as decoded:
        for frame in decoded if last else ():
            rows = np.flatnonzero(is_compared & (tracks.frame == frame.number))
            for row in rows.tolist():
                crop = _cut(frame.image, tracks.box[row], frame.number, float(value[row]))
                crops.setdefault(int(tracks.track_id[row]), []).append(crop)
            progress("crop", frame.number, last)
            if frame.number >= last:
                break
    count = _write(crops, folder, per_track)
    return CropCounts(count, len(crops), min(last, frames.last_number), last)


def crop_values(tracks: Tracks, size: tuple[int, int]) -> FloatArray:
    """(N,) how good a picture each box promises, compared with the others of its track; 0 if it must not be used.

    The value grows with the size of the box and with the rank of its score in the track. It falls with the share of the
    box that lies outside the picture or is covered by another box. Interpolated boxes count where nothing else does.

    Args:
        tracks: N boxes.
        size: width and height of the picture in pixels.
    """
    box = tracks.box.astype(np.float64)
    area = (box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1])
    left_top, right_bottom = np.clip(box[:, :2], 0, size), np.clip(box[:, 2:], 0, size)
    sides = right_bottom - left_top
    inside = np.where(sides.min(axis=1, initial=np.inf) >= SMALLEST_SIDE, sides.prod(axis=1), 0) / area
    value = np.sqrt(area) * (inside * (1 - _covered(tracks))) ** 2
    for rows in _rows_of_tracks(tracks):
        rank = np.searchsorted(np.sort(tracks.score[rows]), tracks.score[rows], side="right")
        value[rows] *= 1 + rank / len(rows)
        detected = ~tracks.interpolated[rows]
        if (value[rows] * detected).any():
            value[rows] *= detected
    return value


def _covered(tracks: Tracks) -> FloatArray:
    """(N,) the largest share of each box that one other box of its frame covers."""
    covered = np.zeros(len(tracks))
    start = 0
    for _, here in tracks.by_frame():
        box = here.box.astype(np.float64)
        overlap = np.minimum(box[:, None, 2:], box[None, :, 2:]) - np.maximum(box[:, None, :2], box[None, :, :2])
        shared = np.clip(overlap, 0, None).prod(axis=2)
        area = np.diag(shared).copy()
        np.fill_diagonal(shared, 0)
        covered[start : start + len(here)] = shared.max(axis=1) / area
        start += len(here)
    return covered


def _outside(tracks: Tracks, size: tuple[int, int]) -> BoolArray:
    """(N,) which boxes lie wholly outside the picture."""
    beyond = np.hstack([tracks.box[:, 2:] <= 0, tracks.box[:, :2] >= np.array(size)])
    return np.asarray(beyond.any(axis=1))


def _rows_of_tracks(tracks: Tracks) -> Iterator[IntArray]:
    """The rows of each track, in order of time."""
    order = np.lexsort((tracks.frame, tracks.track_id))
    starts = np.flatnonzero(np.diff(tracks.track_id[order], prepend=0))
    yield from np.split(order, starts[1:]) if len(order) else ()


def _best(value: FloatArray, frame: NDArray[np.integer], count: int) -> IntArray:
    """Up to `count` of N boxes of a track with the largest values above 0, spread over the track if that is possible.

    Boxes that are nearer in time than half of an even distribution are taken last. Those of equal value are taken in an
    order that spreads them.

    Args:
        value: (N,) of each box.
        frame: (N,) its frame.
        count: how many.
    """
    distance = (int(frame.max()) - int(frame.min()) + 1) / (2 * count)
    best, near = list[int](), list[int]()
    for row in np.lexsort((np.arange(len(value)) * GOLDEN_RATIO % 1, -value)).tolist():
        if value[row] > 0:
            is_near = any(abs(int(frame[row]) - int(frame[other])) < distance for other in best)
            (near if is_near else best).append(row)
        if len(best) == count:
            break
    return np.array([*best, *near][:count], np.int64)


def cut_out(image: Image, box: Float32Array) -> Image:
    """The pixels of an image in a box (4,) `x1 y1 x2 y2`, at least one of them."""
    height, width = image.shape[:2]
    left, top = np.floor(np.clip(box[:2], 0, (width - 1, height - 1))).astype(int).tolist()
    right, bottom = np.ceil(np.clip(box[2:], (left + 1, top + 1), (width, height))).astype(int).tolist()
    return image[top:bottom, left:right]


def _cut(image: Image, box: Float32Array, frame: int, value: float) -> _Crop:
    """The part of an image in a box, with its sharpness: the variance of the Laplacian."""
    crop = cut_out(image, box)
    grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    scale = min(1.0, SHARPNESS_HEIGHT / len(grey))
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else grey
    encoded, data = cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    assert encoded, "an image in memory can be encoded"
    return _Crop(frame, value, float(cv2.Laplacian(small, cv2.CV_64F).var()), data.tobytes())


def _write(crops: dict[int, list[_Crop]], folder: Path, per_track: int) -> int:
    """Write the best crops of each track, and return their number; earlier crops are removed."""
    count = 0
    with results_folder(folder), staging(folder) as staged:
        for track_id, is_compared in crops.items():
            sharpness = np.array([each.sharpness for each in is_compared])
            value = np.array([each.value for each in is_compared]) * (1 + sharpness / max(sharpness.max(), 1e-9))
            for index in _best(value, np.array([each.frame for each in is_compared]), per_track).tolist():
                path = staged / f"{track_id:04d}-{is_compared[index].frame:06d}.jpg"
                with output_errors(path):
                    path.write_bytes(is_compared[index].picture)
                count += 1
        with output_errors(folder):
            for path in _earlier(folder):
                path.unlink()
        publish(staged, folder)
    return count


def _earlier(folder: Path) -> Iterator[Path]:
    """The crops in a folder."""
    return (path for path in folder.glob("*.jpg") if NAME.fullmatch(path.name))
