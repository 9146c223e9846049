"""The trackers of matching calibrated: costs are estimated from boxes, scores and classes, for objects of any kind."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamlink.association.calibrated import CalibratedResult, OnlineLinker, calibrated_links
from siamlink.detectors.base.arrays import Image
from siamlink.detectors.detections import Detections
from siamlink.tracker.linking.protocol import TrackerSetup, read_frame
from siamlink.tracker.tracks import Tracks


class CalibratedOnlineTracker:
    """Links the detections of each new frame to the open tracks, with costs estimated from the latest frames.

    A detection that is more likely a false alarm is in no track of its frame; its track may continue later.

    Args:
        setup: frame rate, image size and settings; models of the matcher and appearance are not used.

    Raises:
        ModelError: the models of the settings cannot be loaded.

    Attributes:
        frame: the number of the present frame.
        last_ids: (N,) the track of each detection of the present frame; 0 for none.
    """

    open_count = compared_count = 0

    def __init__(self, setup: TrackerSetup) -> None:
        self.frame, self.last_ids = 0, np.zeros(0, np.int32)
        self._stopwatch = setup.stopwatch
        self._linker = OnlineLinker(setup.frame_rate, setup.image_size, setup.parameters.load_calibrated_models())

    @property
    def final_frame(self) -> int:
        """The last frame whose tracks are final: the present one."""
        return self.frame

    def update(self, detections: Any, image: Image | None = None, frame_number: int | None = None) -> Tracks:
        """Take in the detections of the next frame and return the tracks of this frame."""
        number, new, _ = read_frame(detections, image, frame_number, self.frame)
        with self._stopwatch.stage("calibrate"):
            linked = self._linker.update(new, number)
        self.frame, self.last_ids = number, linked.track.astype(np.int32)
        tracks = Tracks.from_detections(new, self.last_ids)
        if not len(linked.more_track):
            return tracks
        more = Tracks(
            frame=np.full(len(linked.more_track), number, np.int32),
            box=linked.more_box.astype(np.float32),
            score=linked.more_score.astype(np.float32),
            label=linked.more_label.astype(np.int16),
            track_id=linked.more_track.astype(np.int32),
            interpolated=np.ones(len(linked.more_track), bool),
        )
        return Tracks.concatenate([tracks, more])

    def update_many(self, detections: Detections) -> Iterator[Tracks]:
        """The tracks of later frames, one after another; frames without detections in between are frames too."""
        for number, new in detections.by_frame():
            if self.frame:
                yield from self._frames_without_detections(number)
            yield self.update(new, frame_number=number)

    def _frames_without_detections(self, until: int) -> Iterator[Tracks]:
        """The tracks of the frames before `until`, as long as there are open tracks."""
        while self.frame + 1 < until and self._linker.has_open_tracks:
            yield self.update(Detections.empty(), frame_number=self.frame + 1)

    def finish(self) -> Tracks:
        """An empty result: the tracks of every frame have been returned."""
        return Tracks.empty()


class CalibratedTracker:
    """Collects all detections and links them in `finish`, with costs that are estimated from these detections.

    Args:
        setup: frame rate, image size and settings; models of the matcher and appearance are not used.

    Raises:
        ModelError: the models of the settings cannot be loaded.

    Attributes:
        frame: the number of the present frame.
        last_ids: (N,) 0 for each detection of the present frame: no track is final before `finish`.
    """

    open_count = compared_count = 0

    def __init__(self, setup: TrackerSetup) -> None:
        self.frame, self.last_ids = 0, np.zeros(0, np.int32)
        self._setup, self._final_frame = setup, 0
        self._models = setup.parameters.load_calibrated_models()
        self._waiting: list[Detections] = []

    @property
    def final_frame(self) -> int:
        """The last frame whose tracks are final: the last one after `finish`, none before."""
        return self._final_frame

    def update(self, detections: Any, image: Image | None = None, frame_number: int | None = None) -> Tracks:
        """Take in the detections of the next frame; see `LinearProgramTracker.update`. No tracks are final yet."""
        number, new, _ = read_frame(detections, image, frame_number, self.frame)
        self._waiting.append(new)
        self.frame, self.last_ids = number, np.zeros(len(new), np.int32)
        return Tracks.empty()

    def update_many(self, detections: Detections) -> Iterator[Tracks]:
        """Take in the detections of many later frames at once."""
        self._waiting.append(detections)
        self.frame = int(detections.frame.max(initial=self.frame))
        yield Tracks.empty()

    def finish(self) -> Tracks:
        """The tracks of all frames."""
        detections = Detections.concatenate(self._waiting)
        self._waiting, self._final_frame = [], self.frame
        setup, gaps = self._setup, self._setup.parameters.gaps
        with setup.stopwatch.stage("calibrate"):
            result = calibrated_links(detections, setup.frame_rate, setup.image_size, models=self._models)
        tracks = _tracks(detections, result, gaps.smooth)
        return tracks if gaps.interpolate else tracks[~tracks.interpolated]


def _tracks(detections: Detections, result: CalibratedResult, smooth: bool) -> Tracks:
    """The boxes of a result; an interpolated box has the mean score of its track, every box its most frequent class."""
    if not len(result.frame):
        return Tracks.empty()
    detected, row = result.row >= 0, np.maximum(result.row, 0)
    count = np.bincount(result.track[detected], minlength=int(result.track.max()) + 1)
    total = np.bincount(result.track[detected], detections.score[row[detected]], minlength=len(count))
    mean = (total / np.maximum(count, 1)).astype(np.float32)
    box = result.box if smooth else np.where(detected[:, None], detections.box[row], result.box)
    return Tracks(
        frame=result.frame.astype(np.int32),
        box=box.astype(np.float32),
        score=np.where(detected, detections.score[row], mean[result.track]),
        label=_labels(detections.label[row[detected]], result.track[detected], len(count))[result.track],
        track_id=result.track.astype(np.int32),
        interpolated=~detected,
    )


def _labels(label: NDArray[np.int16], track: NDArray[np.int64], count: int) -> NDArray[np.int16]:
    """(T,) the most frequent class of each of `count` tracks; 0 for tracks without a detection."""
    classes, code = np.unique(label, return_inverse=True)
    votes = np.bincount(track * len(classes) + code, minlength=count * len(classes)).reshape(count, -1)
    most_frequent: NDArray[np.int16] = classes[votes.argmax(axis=1)]
    return most_frequent
