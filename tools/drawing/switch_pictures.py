"""The worst identity switches as strips of images: before, at and after each, with tracks and ground truth."""

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.arrays import Image
from siamlink.detectors.base.counted import counted
from siamlink.detectors.base.errors import OutputError
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.mot.sequence import Sequence
from siamlink.detectors.mot.text import corners
from siamlink.detectors.sources.frame_source import DEFAULT_FRAME_RATE
from siamlink.detectors.sources.open import open_sequence_frames
from siamlink.tools.console.files import output_errors, publish, results_folder, staging
from siamlink.tools.evaluation.events import IdentitySwitch
from siamlink.tools.evaluation.ground_truth import Rows, SequencePair
from siamlink.tracker.drawing.annotate import Annotator, draw_dashed_box
from siamlink.tracker.tracks import Tracks

WORST = 10
PICTURE_NAMES = tuple(f"switch-{rank:02}.jpg" for rank in range(1, WORST + 1))
MARGIN_SECONDS = 0.5
"""Time of the outer images before and after the switch."""
TILE_HEIGHT = 480
NARROWEST, WIDEST, MARGIN = 0.7, 4.0, 0.5
"""Least and greatest width of an image, in heights; and the margin around the object, in heights of the object."""
BAR = 26
"""Height of a line of text in pixels."""
WHITE, DARK = (255, 255, 255), (40, 40, 40)


def worst_switches(switches: Iterable[IdentitySwitch], drawable: Iterable[str]) -> list[IdentitySwitch]:
    """Up to ten switches of these sequences, sorted by wrong boxes, then by boxes."""
    names = set(drawable)
    candidates = [switch for switch in switches if switch.sequence in names]
    candidates.sort(key=lambda s: (-s.wrong_boxes, -s.boxes_before - s.boxes_after, s.sequence, s.frame))
    return candidates[:WORST]


def draw_switches(
    switches: tuple[IdentitySwitch, ...],
    sequences: Iterable[Sequence],
    scored: Iterable[SequencePair],
    folder: Path,
    progress: Progress,
) -> dict[str, IdentitySwitch]:
    """Write a picture of each of the worst switches, `switch-01.jpg` the worst; sequences need frames for it.

    Args:
        switches: as `evaluate` found them.
        sequences: those that may have frames.
        scored: what was scored.
        folder: for the pictures; created if it is missing.
        progress: receives the progress.

    Returns:
        The switch that each picture shows, by the picture's name; a switch after the end of a broken video is left out.

    Raises:
        InputError: a video cannot be read.
        OutputError: a picture cannot be written.
    """
    drawable = {sequence.name: sequence for sequence in sequences if sequence.frames}
    worst = worst_switches(switches, drawable)
    shown = {(switch.sequence, switch.class_name) for switch in worst}
    drawn = {}
    with results_folder(folder), staging(folder) as staged:
        for pair in scored:
            if (pair.name, pair.class_name) not in shown:
                continue
            strips = _Strips(drawable[pair.name], pair, worst)
            strips.read(progress)
            for rank, picture in strips.pictures():
                _write(staged / PICTURE_NAMES[rank], picture)
                drawn[PICTURE_NAMES[rank]] = worst[rank]
        publish(staged, folder)
    return dict(sorted(drawn.items()))


class _Strips:
    """The strips of one sequence, made in one pass over its frames."""

    def __init__(self, sequence: Sequence, pair: SequencePair, worst: list[IdentitySwitch]) -> None:
        self._sequence, self._pair = sequence, pair
        self._rate = sequence.frame_rate or DEFAULT_FRAME_RATE
        own = (sequence.name, pair.class_name)
        self._switches = {rank: each for rank, each in enumerate(worst) if (each.sequence, each.class_name) == own}
        self._frames = {rank: shown_frames(switch, self._rate) for rank, switch in self._switches.items()}
        self._tiles: dict[int, list[Image]] = {rank: [] for rank in self._switches}

    def read(self, progress: Progress) -> None:
        """Read the frames, and cut the images of the strips."""
        source = open_sequence_frames(self._sequence)
        last = max(frames[-1] for frames in self._frames.values())
        for frame in source or ():
            for rank, frames in self._frames.items():
                if frame.number in frames:
                    self._tiles[rank].append(self._tile(frame.image, frame.number, self._switches[rank], frames))
            progress(f"draw {self._sequence.name}", frame.number, last)
            if frame.number >= last:
                break

    def pictures(self) -> Iterable[tuple[int, Image]]:
        """The rank of each switch, from 0, with its strip below a caption."""
        for rank, tiles in self._tiles.items():
            if tiles:
                strip = np.hstack([cv2.copyMakeBorder(tile, 0, 0, 0, 4, cv2.BORDER_CONSTANT) for tile in tiles])
                yield rank, np.vstack([_text(caption(self._switches[rank]), strip.shape[1]), strip])

    def _tile(self, image: Image, number: int, switch: IdentitySwitch, frames: list[int]) -> Image:
        left, top, right, bottom = view(self._pair.truth, switch, frames, image.shape[1], image.shape[0])
        scale = TILE_HEIGHT / max(bottom - top, (right - left) / WIDEST)
        part = image[top:bottom, left:right]
        tile = np.asarray(cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), np.uint8)
        truth, tracks = (rows[rows[:, 0] == number] for rows in (self._pair.truth, self._pair.tracks))
        truth_boxes = _placed(truth[truth[:, 1] == switch.truth_id], (left, top), scale, tile)
        for box in np.rint(truth_boxes.box).astype(int).tolist():
            draw_dashed_box(tile, box, WHITE, 3)
        Annotator(self._rate, trail_seconds=0).draw(tile, _placed(tracks, (left, top), scale, tile))
        name = {switch.previous_frame: " (last before)", switch.frame: " (switch)"}.get(number, "")
        return np.vstack([tile, _text(f"frame {number}{name}", tile.shape[1])])


def shown_frames(switch: IdentitySwitch, frame_rate: float) -> list[int]:
    """Half a second before the last frame of the old track, that frame, midway, the switch, half a second after it."""
    margin = max(1, round(MARGIN_SECONDS * frame_rate))
    before, now = switch.previous_frame, switch.frame
    return sorted({max(1, before - margin), before, (before + now) // 2, now, now + margin})


def view(truth: Rows, switch: IdentitySwitch, frames: list[int], width: int, height: int) -> tuple[int, int, int, int]:
    """The part of the image, left, top, right and bottom, that shows the object in all of these frames."""
    rows = truth[(truth[:, 1] == switch.truth_id) & np.isin(truth[:, 0], frames)]
    box = corners(rows).astype(np.float64)
    margin = MARGIN * (box[:, 3] - box[:, 1]).max()
    low, high = box[:, :2].min(axis=0) - margin, box[:, 2:].max(axis=0) + margin
    missing = max(0.0, NARROWEST * (high[1] - low[1]) - (high[0] - low[0]))
    low[0], high[0] = low[0] - missing / 2, high[0] + missing / 2
    left, top = np.clip(np.floor(low), 0, (width - 2, height - 2)).astype(int).tolist()
    right, bottom = np.clip(np.ceil(high), (left + 2, top + 2), (width, height)).astype(int).tolist()
    return left, top, right, bottom


def caption(switch: IdentitySwitch) -> str:
    """A line of text about the switch."""
    return (
        f"{switch.sequence} frame {switch.frame}: object {switch.truth_id} (white dashes), "
        f"track {switch.previous_track_id} ({counted(switch.boxes_before, 'box')}) -> "
        f"{switch.track_id} ({counted(switch.boxes_after, 'box')})"
    )


def _placed(rows: Rows, origin: tuple[int, int], scale: float, tile: Image) -> Tracks:
    """The boxes of a frame in the coordinates of a tile, without those outside it."""
    box = (corners(rows).astype(np.float64) - (*origin, *origin)) * scale
    box[:, 2:] = np.maximum(box[:, 2:], box[:, :2] + 1)
    inside = (box[:, 2:] > 0).all(axis=1) & (box[:, :2] < (tile.shape[1], tile.shape[0])).all(axis=1)
    count = int(inside.sum())
    return Tracks(
        frame=rows[inside, 0].astype(np.int32),
        box=box[inside].astype(np.float32),
        score=np.ones(count, np.float32),
        label=np.zeros(count, np.int16),
        track_id=rows[inside, 1].astype(np.int32),
        interpolated=np.zeros(count, bool),
    )


def _text(line: str, width: int) -> NDArray[np.uint8]:
    """A bar with a line of text, in smaller type if it is too long."""
    font, bar = cv2.FONT_HERSHEY_SIMPLEX, np.full((BAR, width, 3), DARK, np.uint8)
    scale = min(0.6, 0.6 * (width - 12) / cv2.getTextSize(line, font, 0.6, 1)[0][0])
    cv2.putText(bar, line, (6, BAR - 8), font, scale, WHITE, 1, cv2.LINE_AA)
    return bar


def _write(path: Path, picture: Image) -> None:
    with output_errors(path):
        encoded, data = cv2.imencode(".jpg", picture)
        if not encoded:
            raise OutputError(f"cannot write {path}")
        path.write_bytes(data.tobytes())
