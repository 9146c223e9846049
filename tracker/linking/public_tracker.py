"""What the public trackers have in common."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.separation import Judgement
from siamlink.association.matcher import Matcher
from siamlink.association.solvers.constraints import Constraints
from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.base.keywords import checks_keywords
from siamlink.detectors.base.pictures import PictureConverter
from siamlink.detectors.base.stopwatch import Stopwatch
from siamlink.detectors.class_names import ClassNames
from siamlink.detectors.class_numbers import ClassNumbers
from siamlink.tracker.linking.appearance import FrameDescriber
from siamlink.tracker.linking.make_tracker import described_in_passing, make_tracker
from siamlink.tracker.linking.protocol import TrackerSetup, check_frame_number, read_frame
from siamlink.tracker.linking.timeline import Timeline
from siamlink.tracker.parameters import TrackerParameters, given_parameters
from siamlink.tracker.tracks import Tracks

Mode = Literal["offline", "windowed", "online"]


class PublicTracker:
    """A tracker of one video that is given one frame after another."""

    _mode: Mode

    @checks_keywords
    def __init__(
        self,
        frame_rate: float,
        parameters: TrackerParameters | None = None,
        matcher: Matcher | None = None,
        *,
        image_size: tuple[int, int] | None = None,
        constraints: Constraints = (),
        describer: FrameDescriber | None = None,
        stopwatch: Stopwatch | None = None,
    ) -> None:
        """Make a tracker of one video.

        Args:
            frame_rate: frames per second.
            parameters: settings; a `mode` that is not set is the one of this tracker.
            matcher: the models of matching learned, with their appearance; None: those that the parameters name.
            image_size: width and height in pixels, if known.
            constraints: by `must_link` and `cannot_link`, on rows of the detections, counted from 0 over all frames.
            describer: describes detections, shared with other trackers of these frames; None: one of its own.
            stopwatch: counts the stages.

        Raises:
            ConfigError: the frame rate is not a number above 0, or the parameters are for another mode or allow no
                constraints.
            ConstraintError: constraints contradict each other.
            ModelError: no matcher is given, and the one that `parameters` name cannot be loaded.
        """
        self.parameters = _of_mode(given_parameters(parameters), self._mode, type(self).__name__)
        if matcher is not None and self.parameters.fixed_matching is None:
            self.parameters = self.parameters.learned()
        matcher = matcher or self.parameters.load_matcher()
        self._setup = TrackerSetup(frame_rate, self.parameters, matcher, image_size, stopwatch or Stopwatch())
        self._describer, self._constraints = describer, tuple(constraints)
        self._begin()

    def reset(self) -> None:
        """Forget all frames, for another video with the same settings: frames and ids count from 1 again."""
        if self._describer:
            self._describer.reset()
        self._begin()

    def _begin(self) -> None:
        appearance = described_in_passing(self._setup, self._describer)
        self._tracker = make_tracker(self._setup, appearance, self._constraints)
        self._timeline = Timeline(self._setup.frame_rate)
        self._pictures, self._classes = PictureConverter(self._setup.image_size), ClassNumbers()

    def _update(self, detections: Any, image: Any, frame_number: int | None, timestamp: Any) -> Tracks:
        """Check and convert the arguments of `update`, for all trackers here, and track."""
        check_frame_number(frame_number)
        moment = self._timeline.next(frame_number, timestamp)
        number = moment.steady if moment else frame_number
        pixels = None if image is None else self._pictures.converted(image)
        number, new, pixels = read_frame(detections, pixels, number, self._tracker.frame, self._classes)
        tracks = self._tracker.update(None if detections is None else new, pixels, number)
        self._timeline.add(moment)
        return self._timeline.given(tracks, self._tracker.final_frame)

    def finish(self) -> Tracks:
        """The tracks of the frames that are not final yet.

        Raises:
            ConstraintError: constraints name rows that never came.
        """
        return self._timeline.given(self._tracker.finish(), self._tracker.final_frame)

    @property
    def frame(self) -> int:
        """The number of the present frame; 0 before the first."""
        return self._timeline.number(self._tracker.frame)

    @property
    def final_frame(self) -> int:
        """The last frame whose tracks are final."""
        return self._timeline.number(self._tracker.final_frame)

    @property
    def last_ids(self) -> NDArray[np.int32]:
        """(N,) the track of each detection of the present frame; 0 for none, or none as yet."""
        return self._tracker.last_ids

    @property
    def class_names(self) -> ClassNames | None:
        """The names of classes by number, as far as detections have come with names; None if there are none."""
        return self._classes.names

    @property
    def open_count(self) -> int:
        """Number of candidate pairs that geometry leaves undecided; with two levels, of detections to describe."""
        return self._tracker.open_count

    @property
    def compared_count(self) -> int:
        """How many of `open_count` have been compared or described by the appearance model."""
        return self._tracker.compared_count

    @property
    def judgement(self) -> Judgement | None:
        """What the tracklets of the video say of its appearance; None where it is not judged."""
        return self._tracker.judgement


def _of_mode(parameters: TrackerParameters, mode: Mode, tracker: str) -> TrackerParameters:
    """The parameters with this mode.

    Raises:
        ConfigError: they are set to another one.
    """
    if parameters.mode == mode:
        return parameters
    if "mode" in parameters.model_fields_set:
        raise ConfigError(f"{tracker} tracks in mode {mode}, but the parameters say mode={parameters.mode}")
    return parameters.model_copy(update={"mode": mode})
