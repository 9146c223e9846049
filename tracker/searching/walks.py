"""All walks in one pass over a video; the last images are kept for those that lead back in time."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from siamlink.association.search.correlation import Peak, find_peak, response
from siamlink.association.search.network import SearchNetwork, Template, cut_regions
from siamlink.association.search.walk import Walk
from siamlink.detectors.base.arrays import Float32Array, FloatArray, Image
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.sources.frame_source import Frame
from siamlink.tracker.searching.starts import Start

STEP_SECONDS = 0.1
"""Every so often, and in every frame at most, an image is searched; in between, boxes are interpolated."""
MOST_BYTES = 512 * 2**20
"""Of images that are kept; walks back in time that need older ones end there, as does what tells the background."""
MOST_OUTSIDE = 0.1
"""Part of a box outside of the image from which on nothing is searched: objects leave there."""
ASIDE = 3.0
"""Widths of the box by which a region lies aside in which the object cannot be."""


class Found(NamedTuple):
    """What a walk found in an image.

    Attributes:
        frame: number of the image.
        box: (4,) in pixels.
        peak: of the template.
        absent: peaks that templates have where their object is not: in known walks alone.
    """

    frame: int
    box: FloatArray
    peak: Peak
    absent: tuple[Peak, ...]


def walk_all(
    network: SearchNetwork, starts: Sequence[Start], frames: Iterable[Frame], frame_rate: float, progress: Progress
) -> list[list[Found]]:
    """What the walk from each start found, image by image, in its own direction.

    Args:
        network: of the maps.
        starts: of the walks.
        frames: the video, from its first frame.
        frame_rate: frames per second.
        progress: called with the frames under the stage `search`.
    """
    step = max(1, round(STEP_SECONDS * frame_rate))
    return _Pass(network, starts, step).over(frames, progress)


class _Pass:
    """One pass over the frames.

    Args:
        network: of the maps.
        starts: of the walks.
        step: frames from one that is searched to the next.
    """

    def __init__(self, network: SearchNetwork, starts: Sequence[Start], step: int) -> None:
        self._network, self._starts, self._step = network, starts, step
        self._found: list[list[Found]] = [[] for _ in starts]
        self._forwards: dict[int, Walk] = {}
        self._recent: deque[tuple[int, Image]] = deque()
        self._longest = max((each.frames for each in starts), default=0)
        self._templates: dict[int, Template] = {}

    def over(self, frames: Iterable[Frame], progress: Progress) -> list[list[Found]]:
        """What each walk found."""
        begins = sorted(range(len(self._starts)), key=lambda index: self._starts[index].frame)
        last = max((each.frame + max(0, each.direction) * each.frames for each in self._starts), default=0)
        for frame in _until(frames, last):
            searched = (frame.number - 1) % self._step == 0
            if searched:
                self._step_forwards(frame)
            while begins and self._starts[begins[0]].frame <= frame.number:
                index = begins.pop(0)
                if self._starts[index].frame == frame.number:
                    self._begin(index, frame.image)
            if searched:
                self._remember(frame)
            progress("search", frame.number, last)
        return self._found

    def _begin(self, index: int, image: Image) -> None:
        start = self._starts[index]
        if _outside(start.box, image) > MOST_OUTSIDE:
            return
        earliest = self._recent[0][1] if self._recent else None
        template = self._network.template(image, start.box, earliest)
        if start.known:
            self._templates = {start.track_id: template, **self._templates}
        walk = Walk(self._network, template, start.frame, start.box, start.speed)
        if start.direction > 0:
            self._forwards[index] = walk
            return
        for number, earlier in reversed(self._recent):
            if number < start.frame - start.frames or not self._advance(index, walk, number, earlier):
                break

    def _step_forwards(self, frame: Frame) -> None:
        for index, walk in list(self._forwards.items()):
            start = self._starts[index]
            if frame.number > start.frame + start.frames or not self._advance(index, walk, frame.number, frame.image):
                del self._forwards[index]

    def _advance(self, index: int, walk: Walk, number: int, image: Image) -> bool:
        """One step of a walk; whether it goes on: not once the box has left the image."""
        sighting, start = walk.step(number, image), self._starts[index]
        if _outside(sighting.box, image) > MOST_OUTSIDE:
            return False
        absent = self._absent_peaks(start, walk, sighting.box, sighting.maps, image) if start.known else ()
        self._found[index].append(Found(number, sighting.box, sighting.peak, absent))
        return True

    def _absent_peaks(
        self, start: Start, walk: Walk, box: FloatArray, maps: Float32Array, image: Image
    ) -> tuple[Peak, ...]:
        """The peaks of the template aside of the object, and of another object's template where the object is."""
        width = box[2] - box[0]
        shift = -ASIDE * width if box[0] + box[2] > image.shape[1] else ASIDE * width
        aside = self._network.maps(cut_regions(image, (box + shift * np.array([1, 0, 1, 0]))[None]))[0]
        peaks = [find_peak(response(walk.template, aside))]
        other = next((each for of, each in self._templates.items() if of != start.track_id), None)
        if other is not None:
            peaks.append(find_peak(response(other, maps)))
        return tuple(peaks)

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
