"""Where tracks go as they become final, and what is counted and kept of them."""

from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from siamlink.detectors.base.stopwatch import Stopwatch
from siamlink.detectors.detections import Detections
from siamlink.detectors.sources.frame_source import Frame
from siamlink.tracker.linking.left_out import CORRECTION, LeftOut, LeftOutCollector
from siamlink.tracker.linking.link_probability import LateLinks
from siamlink.tracker.runs.frame_numbers import FrameNumbers
from siamlink.tracker.runs.result import ClassCount, Counts
from siamlink.tracker.tracks import Tracks


class Sink(Protocol):
    """Takes tracks as they become final.

    Attributes:
        needs_frames: whether it draws on the frames, which wait for their tracks then.
    """

    needs_frames: bool

    def add(self, tracks: Tracks, frames: Sequence[Frame]) -> None:
        """Take the tracks of frames that are final now, and these frames if it needs them."""
        ...


class AppendTracks:
    """Writes tracks as text as soon as they are final.

    Args:
        write: appends text to a file.
        text_of: the text of tracks; by default MOT text without names of classes.
    """

    needs_frames = False

    def __init__(self, write: Callable[[str], object], text_of: Callable[[Tracks], str] = Tracks.to_mot_text) -> None:
        self._write, self._text_of = write, text_of

    def add(self, tracks: Tracks, _: Sequence[Frame]) -> None:
        """Write the tracks."""
        self._write(self._text_of(tracks))


class DrawTracks:
    """Draws each frame with its tracks.

    Args:
        draw: called with a frame and its tracks, frame by frame.
    """

    needs_frames = True

    def __init__(self, draw: Callable[[Frame, Tracks], object]) -> None:
        self._draw = draw

    def add(self, tracks: Tracks, frames: Sequence[Frame]) -> None:
        """Draw the frames."""
        for frame in frames:
            self._draw(frame, tracks.in_frame(frame.number))


class Recorder:
    """Counts detections and final tracks, keeps them if wanted, and passes them on to sinks.

    Args:
        sinks: where tracks go.
        keeps: whether they are kept too.
        stopwatch: counts the sinks' time as the stage `draw`.
        left_out: the detections that the tracker leaves out; they are counted too.
        numbers: of the frames, as the tracker numbers them and as the source does; what is kept and passed on has the
            latter.
        late_links: takes the links that the tracker found since the last call, from boxes that were final before.
    """

    def __init__(
        self,
        sinks: Sequence[Sink],
        keeps: bool,
        stopwatch: Stopwatch,
        left_out: LeftOutCollector | None = None,
        numbers: FrameNumbers = FrameNumbers(),  # noqa: B008
        late_links: Callable[[], LateLinks] | None = None,
    ) -> None:
        self._left_out, self._left_out_parts = left_out, list[LeftOut]()
        self._late_links, self._late_parts = late_links, list[LateLinks]()
        self._sinks, self._keeps, self._stopwatch = sinks, keeps, stopwatch
        self._numbers = numbers
        self._needs_frames = any(each.needs_frames for each in sinks)
        self._counts, self._class_of = Counts(), dict[int, int]()
        self._boxes_of_class = Counter[int]()
        self._detections: list[Detections] = []
        self._tracks: list[Tracks] = []
        self._waiting: deque[Frame] = deque()

    def add_detections(self, detections: Detections, frame: Frame | None = None) -> None:
        """Take in what goes into the tracker: detections, and their frame if there is one."""
        self._counts.detections += len(detections)
        if self._keeps:
            self._detections.append(self._numbers.given(detections))
        if frame and self._needs_frames:
            self._waiting.append(frame._replace(number=self._numbers.of_source(frame.number)))

    def add_false_alarms(self, detections: Detections) -> None:
        """Take in detections that corrections leave out, so that they do not go into the tracker."""
        self._counts.detections += len(detections)
        self._add_left_out(LeftOut(detections, np.full(len(detections), CORRECTION, np.uint8)))

    def add_tracks(self, tracks: Tracks, final_frame: int) -> None:
        """Take in what comes out of it: tracks that are final now, up to a frame."""
        tracks, final_frame = self._numbers.given(tracks), self._numbers.of_source(final_frame)
        self._counts.boxes += len(tracks)
        self._counts.interpolated += int(tracks.interpolated.sum())
        self._counts.found += int(tracks.found.sum())
        labels = tracks.label.tolist()
        self._class_of.update(zip(tracks.track_id.tolist(), labels, strict=True))
        self._boxes_of_class.update(labels)
        if self._keeps:
            self._tracks.append(tracks)
        if self._left_out:
            self._add_left_out(self._left_out.take())
        if self._late_links:
            late = self._late_links()
            self._late_parts += [late._replace(frame=self._numbers.in_source(late.frame))] if self._keeps else []
        frames = []
        while self._waiting and self._waiting[0].number <= final_frame:
            frames.append(self._waiting.popleft())
        for sink in self._sinks:
            with self._stopwatch.stage("draw"):
                sink.add(tracks, frames)

    def _add_left_out(self, left_out: LeftOut) -> None:
        if not len(left_out.reason):
            return
        for reason, number in left_out.counts.items():
            self._counts.left_out[reason] = self._counts.left_out.get(reason, 0) + number
        if self._keeps:
            self._left_out_parts.append(left_out._replace(detections=self._numbers.given(left_out.detections)))

    @property
    def left_out(self) -> LeftOut:
        """The detections that are in no track, if they are kept."""
        return LeftOut.joined(self._left_out_parts)

    @property
    def counts(self) -> Counts:
        """How many detections and final tracks have come."""
        self._counts.tracks = len(self._class_of)
        tracks = Counter(self._class_of.values())
        self._counts.classes = {
            label: ClassCount(tracks[label], boxes) for label, boxes in sorted(self._boxes_of_class.items())
        }
        return self._counts

    @property
    def detections(self) -> Detections:
        """Those that are kept."""
        return Detections.concatenate(self._detections)

    @property
    def tracks(self) -> Tracks:
        """Those that are kept, with the probabilities of links that became known later."""
        tracks = Tracks.concatenate(self._tracks)
        return LateLinks.joined(self._late_parts).set_in(tracks) if self._late_links else tracks
