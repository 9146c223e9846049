"""All walks in one pass over a video; the last images are kept for those that lead back in time."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np

from siamlink.association.search.correlation import Peak, find_peak, response
from siamlink.association.search.network import SearchNetwork, Template, cut_regions
from siamlink.association.search.walk import Walk
from siamlink.detectors.base.arrays import Float32Array, FloatArray, Image
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.sources.frame_source import Frame
from siamlink.tracker.searching.calibration import Calibration
from siamlink.tracker.searching.occupied import Occupied
from siamlink.tracker.searching.starts import Start

STEP_SECONDS = 0.1
"""Every so often, and in every frame at most, an image is searched; in between, boxes are interpolated."""
MOST_BYTES = 512 * 2**20
"""Of images that are kept; walks back in time that need older ones end there, as does what tells the background."""
MOST_OUTSIDE = 0.1
"""Part of a box outside of the image from which on nothing is searched: objects leave there."""
MOVED = 0.5
"""Part of its side by which an object has moved where an earlier image shows the background in place of it."""
ASIDE = 3.0
"""Widths of the box by which a region lies aside in which the object cannot be."""
ASIDE_EVERY = 3
"""Of the images of a known walk, every so many-th is searched there as well."""


class Found(NamedTuple):
    """What a walk found in an image.

    Attributes:
        frame: number of the image.
        box: (4,) in pixels.
        peak: of the template.
    """

    frame: int
    box: FloatArray
    peak: Peak


def walk_all(
    network: SearchNetwork,
    starts: Sequence[Start],
    frames: Iterable[Frame],
    frame_rate: float,
    calibration: Calibration,
    occupied: Occupied,
    progress: Progress,
) -> list[list[Found]]:
    """What the walk from each start found, image by image, in its own direction.

    A walk of unknown frames ends early where its object is certainly not, or where another track has it.

    Args:
        network: of the maps.
        starts: of the walks.
        frames: the video, from its first frame.
        frame_rate: frames per second.
        calibration: takes the examples of known walks.
        occupied: by the boxes of tracks.
        progress: called with the frames under the stage `search`.
    """
    step = max(1, round(STEP_SECONDS * frame_rate))
    return _Pass(network, starts, step, calibration, occupied).over(frames, progress)


class _Pass:
    """One pass over the frames.

    Args:
        network: of the maps.
        starts: of the walks.
        step: frames from one that is searched to the next.
        calibration: takes the examples of known walks.
        occupied: by the boxes of tracks.
    """

    def __init__(
        self,
        network: SearchNetwork,
        starts: Sequence[Start],
        step: int,
        calibration: Calibration,
        occupied: Occupied,
    ) -> None:
        self._network, self._starts, self._step = network, starts, step
        self._calibration, self._occupied = calibration, occupied
        self._found: list[list[Found]] = [[] for _ in starts]
        self._forwards: dict[int, Walk] = {}
        self._recent: deque[tuple[int, Image]] = deque()
        self._longest = max((each.frames for each in starts), default=0)
        self._templates: dict[int, Template] = {}

    def over(self, frames: Iterable[Frame], progress: Progress) -> list[list[Found]]:
        """What each walk found."""
        begins = deque(sorted(range(len(self._starts)), key=lambda index: self._starts[index].frame))
        last = max((each.frame + max(0, each.direction) * each.frames for each in self._starts), default=0)
        for frame in _until(frames, last):
            searched = (frame.number - 1) % self._step == 0
            if searched:
                self._step_forwards(frame)
            while begins and self._starts[begins[0]].frame <= frame.number:
                index = begins.popleft()
                if self._starts[index].frame == frame.number:
                    self._begin(index, frame.image)
            if searched:
                self._remember(frame)
            progress("search", frame.number, last)
        return self._found

    def _begin(self, index: int, image: Image) -> None:
        start = self._starts[index]
        template = self._network.template(image, start.box, self._background(start))
        if start.others is not None:
            self._templates.pop(start.track_id, None)
            self._templates[start.track_id] = template  # the newest is the last
        walk = Walk(self._network, template, start.frame, start.box, start.speed)
        if start.direction > 0:
            self._forwards[index] = walk
            return
        for number, earlier in reversed(self._recent):
            if number < start.frame - start.frames or not self._advance(index, walk, number, earlier):
                break

    def _background(self, start: Start) -> Image | None:
        """An earlier image in which the object is elsewhere, by its speed; None if there is none."""
        side = start.box[2:] - start.box[:2]
        for number, image in self._recent:
            moved = np.abs(start.speed * (start.frame - number)) / side
            if moved.max() >= MOVED:
                return image
        return None

    def _step_forwards(self, frame: Frame) -> None:
        for index, walk in list(self._forwards.items()):
            start = self._starts[index]
            if frame.number > start.frame + start.frames or not self._advance(index, walk, frame.number, frame.image):
                del self._forwards[index]

    def _advance(self, index: int, walk: Walk, number: int, image: Image) -> bool:
        """One step of a walk; whether it goes on: not once the box has left the image."""
        sighting, start = walk.step(number, image), self._starts[index]
        box, peak = sighting.box, sighting.peak
        if _outside(box, image) > MOST_OUTSIDE:
            return False
        self._found[index].append(Found(number, box, peak))
        if start.others is None:
            return not (self._calibration.is_hopeless(peak) or self._occupied.by_other(number, start.track_id, box))
        is_aside = len(self._found[index]) % ASIDE_EVERY == 1
        absent = self._absent_peaks(start.others, walk, box, sighting.maps, image if is_aside else None)
        self._calibration.add(start, number, box, peak, absent)
        return True

    def _absent_peaks(
        self, others: frozenset[int], walk: Walk, box: FloatArray, maps: Float32Array, image: Image | None
    ) -> list[Peak]:
        """The peaks of another object's template where the object is, and of its template aside of it in an image."""
        newest = (self._templates[each] for each in reversed(self._templates) if each in others)
        peaks = [find_peak(response(other, maps)) for other in islice(newest, 1)]
        if image is not None:
            width = box[2] - box[0]
            shift = -ASIDE * width if box[0] + box[2] > image.shape[1] else ASIDE * width
            aside = self._network.maps(cut_regions(image, (box + shift * np.array([1, 0, 1, 0]))[None]))[0]
            peaks.append(find_peak(response(walk.template, aside)))
        return peaks

    def _remember(self, frame: Frame) -> None:
        self._recent.append((frame.number, frame.image))
        room = max(1, MOST_BYTES // frame.image.nbytes)
        while self._recent and (self._recent[0][0] <= frame.number - self._longest or len(self._recent) > room):
            self._recent.popleft()


def _outside(box: FloatArray, image: Image) -> float:
    """The part of a box (4,) that lies outside of an image."""
    size = np.array(image.shape[1::-1])
    inside = np.clip(np.minimum(box[2:], size) - np.maximum(box[:2], 0), 0, None)
    return float(1 - (inside / (box[2:] - box[:2])).prod())


def _until(frames: Iterable[Frame], last: int) -> Iterator[Frame]:
    for frame in frames:
        yield frame
        if frame.number >= last:
            return
