"""How a source is tracked."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from siamlink.association.matcher import Matcher
from siamlink.detectors.base.arrays import IntArray
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.detections import Detections
from siamlink.detectors.detector_options import DetectorOptions
from siamlink.tracker.linking.appearance_source import AppearanceSource
from siamlink.tracker.linking.memory import Memory
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.runs.frame_numbers import FrameNumbers
from siamlink.tracker.runs.sinks import Sink

DEFAULT_DETECTOR = "yolox-nano"


class ToDescribe(NamedTuple):
    """What a run needs from the images of its source once it knows its detections.

    Attributes:
        detections: of the whole source, in frames as the tracker numbers them.
        rows: (K,) those to describe, ascending.
        appearance: the label of the one that describes them.
        frame_rate: of the tracker.
        numbers: of the frames, as the tracker numbers them and counted one by one.
        camera: whether the camera's motion is needed too.
    """

    detections: Detections
    rows: IntArray
    appearance: str
    frame_rate: float
    numbers: FrameNumbers
    camera: bool


def no_progress(stage: str, done: int, total: int | None) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class TrackingOptions:
    """How a source is tracked.

    Attributes:
        parameters: settings of the tracker.
        detector: finds the detections that are not given; None: `DEFAULT_DETECTOR`.
        detector_options: of a detector that is not loaded yet.
        matcher: the models with their appearance; None: those that the parameters name.
        progress: called with the stage, the steps done and the steps in all; while weights of a detector are fetched,
            with the file and its bytes.
        sinks: where tracks go as they become final.
        keeps_tracks: whether the result holds detections and tracks; if not, memory does not grow with the video.
        appearance: descriptors that were made before; None: they are made from the frames.
        memory: what earlier runs over the same video with the same settings computed; None: nothing is kept.
        explain: whether the result says why links were chosen; in mode offline with solver lp.
        searches: whether objects are searched for, where the settings ask for it; false for a run that repeats another.
        describe_ahead: describes detections elsewhere, and puts that into the cache of the source; in mode offline.
    """

    parameters: TrackerParameters = field(default_factory=TrackerParameters)
    detector: Any = None
    matcher: Matcher | None = None
    progress: Progress = no_progress
    sinks: tuple[Sink, ...] = ()
    keeps_tracks: bool = True
    appearance: AppearanceSource | None = None
    detector_options: DetectorOptions = field(default_factory=DetectorOptions)
    explain: bool = False
    memory: Memory | None = None
    searches: bool = True
    describe_ahead: Callable[[ToDescribe], None] | None = None

    @property
    def offline(self) -> bool:
        """Whether no track is final before all frames have come."""
        return self.parameters.mode == "offline"

    @property
    def draws(self) -> bool:
        """Whether a sink gets the frames with their tracks; never offline, where all frames would have to wait."""
        return not self.offline and any(each.needs_frames for each in self.sinks)
