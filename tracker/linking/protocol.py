"""What every tracker has in common: what it is made of, what `update` takes, and the methods that a run calls."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.separation import Judgement
from siamlink.association.matcher import Matcher
from siamlink.detectors.base.arrays import Image
from siamlink.detectors.base.errors import InputError
from siamlink.detectors.base.stopwatch import Stopwatch
from siamlink.detectors.boxes import suppress_non_maxima
from siamlink.detectors.class_numbers import ClassNumbers
from siamlink.detectors.conversion import EXPECTED, to_detections
from siamlink.detectors.detections import Detections
from siamlink.detectors.sources.frame_source import Frame, check_frame_rate
from siamlink.tracker.linking.explained import Explained
from siamlink.tracker.linking.left_out import LeftOutCollector
from siamlink.tracker.linking.link_probability import LateLinkCollector
from siamlink.tracker.linking.memory import Memory
from siamlink.tracker.linking.row_constraints import RowConstraints
from siamlink.tracker.parameters import Matching, TrackerParameters
from siamlink.tracker.tracks import Tracks


@dataclass(frozen=True)
class TrackerSetup:
    """What a tracker of one video works with.

    Attributes:
        frame_rate: frames per second.
        parameters: settings of the tracker.
        matcher: the models with their appearance.
        image_size: width and height in pixels, if known.
        stopwatch: counts the stages.
        stride: frames from one frame that the detector processed to the next; None: recognised by the frames given.
        collects_left_out: whether the tracker collects the detections that it leaves out, and late links, for someone
            who takes them.
        explains: whether the tracker keeps what explains its links; offline only.
        memory: what earlier trackers of the same video and settings computed; None: nothing is kept.

    Raises:
        ConfigError: the frame rate is not above 0.
    """

    frame_rate: float
    parameters: TrackerParameters
    matcher: Matcher
    image_size: tuple[int, int] | None = None
    stopwatch: Stopwatch = field(default_factory=Stopwatch)
    stride: int | None = None
    collects_left_out: bool = False
    explains: bool = False
    memory: Memory | None = None

    def __post_init__(self) -> None:
        check_frame_rate(self.frame_rate)

    @property
    def separates_classes(self) -> bool:
        """Whether the classes of the detector count as evidence."""
        return self.parameters.link_classes == "separate"

    def with_matching(self, matching: Matching) -> "TrackerSetup":
        """The same with this matching and its appearance."""
        matcher = self.matcher.calibrated() if matching == "calibrated" else self.matcher
        return replace(self, parameters=self.parameters.model_copy(update={"matching": matching}), matcher=matcher)

    def compared_label(self, detections: Detections) -> NDArray[np.int16]:
        """(N,) the classes of detections; all 0 if classes do not count."""
        return detections.label if self.separates_classes else np.zeros(len(detections), np.int16)

    def without_duplicates(self, detections: Detections) -> NDArray[np.intp]:
        """The rows that remain after non-maximum suppression in every frame."""
        limit, label = self.parameters.overlap_limit, self.compared_label(detections)
        return suppress_non_maxima(detections.box, detections.score, limit, detections.frame, label)


class Tracker(Protocol):
    """A tracker of one video, which is given one frame after another."""

    @property
    def left_out(self) -> LeftOutCollector:
        """The detections of final frames that are in no track."""
        ...

    @property
    def late_links(self) -> LateLinkCollector:
        """Links from boxes that were final before to boxes that became final later."""
        ...

    @property
    def explained(self) -> Explained | None:
        """Why the links were chosen, after `finish`; None unless the setup says so."""
        ...

    @property
    def matching(self) -> Matching:
        """Which matching it uses."""
        ...

    @property
    def frame(self) -> int:
        """The number of the present frame; 0 before the first."""
        ...

    @property
    def last_ids(self) -> NDArray[np.int32]:
        """(N,) the track of each detection of the present frame; 0 for none, or none as yet."""
        ...

    @property
    def final_frame(self) -> int:
        """The last frame whose tracks are final."""
        ...

    @property
    def open_count(self) -> int:
        """Number of candidate pairs that geometry leaves undecided; with two levels, of detections to describe."""
        ...

    @property
    def compared_count(self) -> int:
        """How many of `open_count` have been compared or described by the appearance model."""
        ...

    @property
    def judgement(self) -> Judgement | None:
        """What the tracklets of the video say of its appearance; None where it is not judged."""
        ...

    def update(self, detections: Any, image: Image | None = None, frame_number: int | None = None) -> Tracks:
        """Take in the detections of the next frame and return the tracks of the frames that are final with it."""
        ...

    def update_many(self, detections: Detections) -> Iterator[Tracks]:
        """The tracks that `update` would return for the frames of these detections without images, but faster."""
        ...

    def finish(self) -> Tracks:
        """The tracks of the frames that are not final yet."""
        ...


class Constrainable(Protocol):
    """A tracker of a window, which obeys constraints."""

    @property
    def constraints(self) -> RowConstraints:
        """Those that it obeys."""
        ...


class FrameInput(NamedTuple):
    """One frame as `update` takes it: its number, its detections, and its image if there is one."""

    number: int
    detections: Detections
    image: Image | None


def read_frame(
    detections: Any, image: Image | None, frame_number: int | None, last: int, classes: ClassNumbers | None = None
) -> FrameInput:
    """Check the arguments of `update`.

    Args:
        detections: of a single frame, as `to_detections` takes them; None: the detector did not process this frame.
        image: (H, W, 3) uint8 BGR, or None.
        frame_number: of the frame; None: the one after the last.
        last: the number of the frame before.
        classes: numbers the classes that are given by name.

    Raises:
        InputError: the frame number does not grow, or an argument is of none of these types.
    """
    check_frame_number(frame_number)
    number = last + 1 if frame_number is None else int(frame_number)
    if number <= last:
        raise InputError(f"tracking frame by frame needs growing frame numbers: {number} after {last}")
    if detections is None:
        return FrameInput(number, Detections.empty(), image)
    try:
        return FrameInput(number, to_detections(detections, number, classes), image)
    except InputError as error:
        raise InputError(f"cannot track the detections of frame {number}: {error}; {EXPECTED}") from None


def check_frame_number(frame_number: Any) -> None:
    """Raise an error unless it is a whole number or None.

    Raises:
        InputError: it is neither.
    """
    if not isinstance(frame_number, int | np.integer | None):
        raise InputError(f"expected a whole frame number, not {type(frame_number).__name__} {frame_number!r:.40}")


def image_and_number(image: Any, frame_number: int | None, frame: Any) -> tuple[Image | None, int | None]:
    """The image and the frame number, given as such or, as in earlier releases, by a `frame` that is either or both.

    Args:
        image: (H, W, 3) uint8 BGR, or None; formerly also a `Frame` or a number.
        frame_number: of the frame, or None.
        frame: the former keyword: a `Frame`, an image or a number.
    """
    former = image if frame is None else frame
    if frame is None and not isinstance(image, Frame | int | np.integer):
        return image, frame_number
    message = "update(detections, frame) is the former way: use update(detections, image=..., frame_number=...)"
    warnings.warn(message, FutureWarning, stacklevel=4)  # over `checks_keywords`
    if isinstance(former, Frame):
        return former.image, former.number
    return (None, int(former)) if isinstance(former, int | np.integer) else (former, frame_number)
