"""Online linking with the same costs: states, rates and noise parameters are estimated from past frames only.

The state of each open track is kept and continued by every new detection. The parameters are estimated from a window of
recent detections, in growing intervals. The backward state of a new detection is its box with an unknown velocity, so
velocity does not contribute to the ratio of a link.
"""

from collections import deque
from dataclasses import dataclass, replace

import numpy as np

from siamlink.association.calibrated.estimate import Estimate, fit_noise, link_probability
from siamlink.association.calibrated.models import Models, shipped_models
from siamlink.association.calibrated.motion import Motion
from siamlink.association.calibrated.noise import FEWEST, QUICK_SAMPLE
from siamlink.association.calibrated.object_features import Features
from siamlink.association.calibrated.online_extrapolation import extrapolated
from siamlink.association.calibrated.online_links import best_continuations
from siamlink.association.calibrated.online_statistics import NewDetections, WindowStatistics, joined
from siamlink.association.calibrated.online_tracks import (
    ONLINE_NAMES,
    ROW,
    OpenTracks,
    follow,
    new_tracks,
    take_over,
    track_features,
    tracks_of_window,
)
from siamlink.association.calibrated.online_window import (
    LinkedFrame,
    WindowLinks,
    in_hindsight,
    jump_probability_of,
    past_links,
    renumbered,
    window_estimate,
    window_links,
)
from siamlink.association.calibrated.scene import Scene, make_scene
from siamlink.association.calibrated.states import one_sided_states
from siamlink.detectors.base.arrays import FloatArray, IntArray
from siamlink.detectors.detections import Detections

WINDOW = 60
"""Steps in the window; a track without a detection in it has ended."""
ONLINE_PROBABILITY = 0.5
"""Smallest probability of being an object of a detection in the results."""
FEWEST_FRAMES = 3
"""Frames with detections, from which boxes are predicted."""
YOUNG = 3
"""Largest number of detections of a young track, which may be an old one under a new number."""
FITS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48)
FIT_EVERY = 48
"""The parameters are estimated at these numbers of frames with detections, and then at multiples of this number."""
FIRST_LOOK_BACK = 3
"""Frames with detections before the first look back."""
LOOK_BACK_AFTER = 3
"""Frames with detections from a link in doubt until the window is linked again, by what has been seen since."""
LOOK_BACK_EVERY = 4
"""Fewest frames with detections from one look back to the next."""
LOOK_BACK_SHARE = 0.01
"""Frames from one relinking of the window to the next, for each detection in it, so that crowds are not slower."""


@dataclass(frozen=True)
class OnlineFrame:
    """The tracks of a frame with N detections, and M boxes of objects that were not detected in it.

    Attributes:
        track: (N,) the track of each detection, from 1; 0 if it is more likely a false alarm.
        probability: (N,) that each is an object.
        features: (N, 28) float32, the features `ONLINE_NAMES` that this probability was estimated from.
        link_frame: (N,) the frame of the detection before in the same track, 0 for none.
        link_probability: (N,) that both show one object.
        more_track: (M,) the tracks of the predicted boxes.
        more_box: (M, 4) x1 y1 x2 y2 in pixels.
        more_score: (M,) score of the last detection of each track.
        more_label: (M,) its class.
    """

    track: IntArray
    probability: FloatArray
    features: Features
    link_frame: IntArray
    link_probability: FloatArray
    more_track: IntArray
    more_box: FloatArray
    more_score: FloatArray
    more_label: IntArray


class OnlineLinker:
    """Links the detections of one frame after the other.

    Args:
        frame_rate: frames a second.
        image_size: width and height in pixels, if known.
        models: models trained on other videos; by default the shipped ones.
    """

    def __init__(
        self, frame_rate: float, image_size: tuple[float, float] | None = None, models: Models | None = None
    ) -> None:
        self._rate, self._size = frame_rate, image_size
        self._models = models or shipped_models()
        self._window: deque[LinkedFrame] = deque()
        self._statistics: WindowStatistics | None = None
        self._motion: Motion | None = None
        self._tracks: OpenTracks = np.zeros(0, ROW)
        self._next_number, self._updates = 1, 0
        self._in_doubt, self._next_look_back = 0, 0

    @property
    def has_open_tracks(self) -> bool:
        """Whether there are tracks that may go on."""
        return len(self._tracks) > 0

    def update(self, detections: Detections, frame: int) -> OnlineFrame:
        """Link the detections of the next frame.

        Args:
            detections: N boxes, all of this frame; a frame that the detector did not process has none.
            frame: its number, above that of the last call.
        """
        self._shift_window(frame)
        rows, features = np.zeros(0, np.int64), np.zeros((0, len(ONLINE_NAMES)), np.float32)
        link_frame, link = np.zeros(0, np.int64), np.zeros(0)
        if len(detections):
            rows, features, link_frame, link = self._take_in(detections, frame)
        probability = self._models.online.probability(features)
        self._tracks["probability"][rows] = probability
        self._tracks["shown"][rows] = probability >= ONLINE_PROBABILITY
        if (self._tracks["shown"][rows] & (self._tracks["count"][rows] == YOUNG + 1)).any():
            self._doubt()
        is_output = probability >= ONLINE_PROBABILITY
        more, box = self._predict(detections.box[is_output].astype(np.float64), rows[is_output], frame)
        return OnlineFrame(
            track=np.where(is_output, self._tracks["id"][rows], 0),
            probability=probability,
            features=features,
            link_frame=link_frame,
            link_probability=link,
            more_track=self._tracks["id"][more],
            more_box=box,
            more_score=self._tracks["score"][more],
            more_label=self._tracks["label"][more],
        )

    def _shift_window(self, frame: int) -> None:
        """Drop the frames that leave the window, and the tracks that have ended."""
        if self._statistics is None:
            return
        stride = self._statistics.stride
        while self._window and self._window[0].detections.frame[0] < frame - WINDOW * stride:
            self._window.popleft()
        self._end_tracks(frame, self._statistics)

    def _end_tracks(self, frame: int, statistics: WindowStatistics) -> None:
        """Drop the tracks whose last detection is too long before a frame for any link."""
        elapsed, longest = frame - self._tracks["last_frame"], statistics.longest * statistics.stride
        if elapsed.max(initial=0) > longest:
            self._tracks = self._tracks[elapsed <= longest]

    def _take_in(self, detections: Detections, frame: int) -> tuple[IntArray, Features, IntArray, FloatArray]:
        """Link new detections; returns the row of each one's track (N,), and the online features (N, F).

        Also the frame of the detection before (N,), 0 for none, and the probability of the link to it (N,).
        """
        self._updates += 1
        scene = make_scene(detections, self._size)
        statistics = self._current_statistics(detections, frame)
        self._end_tracks(frame, statistics)  # new statistics may have a shorter stride
        new = statistics.describe(scene, detections.label)
        found = best_continuations(self._tracks, new, frame, statistics)
        if found.in_doubt:
            self._doubt()
        linked_to = np.append(self._tracks["last_frame"], 0)[found.row]
        rows = self._continue(new, found.row, found.ratio, statistics)
        tracks = self._tracks[rows]
        self._window.append(LinkedFrame(detections, new, tracks["id"].copy(), found.ratio, found.jumped))
        of_track = track_features(tracks, statistics.stride, self._rate)
        steps = np.full(len(rows), np.log(self._updates))
        features = np.column_stack([new.features, of_track, steps]).astype(np.float32)
        return rows, features, linked_to, link_probability(found.ratio, found.rival)

    def _doubt(self) -> None:
        """Have the window linked again in some frames."""
        self._in_doubt = self._in_doubt or self._updates

    def _continue(
        self, new: NewDetections, rows: IntArray, ratio: FloatArray, statistics: WindowStatistics
    ) -> IntArray:
        """Continue tracks, (N,) rows or -1, by new detections, and begin new ones; returns the rows of all (N,)."""
        linked, first = np.flatnonzero(rows >= 0), np.flatnonzero(rows < 0)
        continued = self._tracks[rows[linked]]
        follow(continued, new, linked, ratio[linked], statistics)
        self._tracks[rows[linked]] = continued
        if len(first):
            begun = new_tracks(new, first, self._next_number, statistics)
            rows = rows.copy()
            rows[first] = len(self._tracks) + np.arange(len(first))
            self._tracks = np.concatenate([self._tracks, begun])
            self._next_number += len(first)
        return rows

    def _predict(self, box: FloatArray, rows: IntArray, frame: int) -> tuple[IntArray, FloatArray]:
        """The tracks (M,) that are probably in a frame in which they were not detected, and their boxes (M, 4).

        Args:
            box: (N, 4) x1 y1 x2 y2 of the detections in the results.
            rows: (N,) their tracks.
            frame: the number of the frame.
        """
        if self._statistics is None or len(self._window) < FEWEST_FRAMES:
            return np.zeros(0, np.int64), np.zeros((0, 4))
        young = self._tracks["count"][rows] <= YOUNG
        more = extrapolated(self._tracks, frame, self._statistics, box, young)
        on_step = (frame - self._tracks["last_frame"][more.row]) % self._statistics.stride == 0
        self._tracks["extrapolated"][more.row] += on_step
        return more.row, more.box

    def _current_statistics(self, detections: Detections, frame: int) -> WindowStatistics:
        """The statistics, estimated anew where that is due; where links were doubtful, they are made anew too."""
        statistics = self._statistics
        due = self._updates in FITS or self._updates % FIT_EVERY == 0
        if statistics and self._window:
            due |= (frame - int(self._window[-1].detections.frame[0])) % statistics.stride != 0
        look_back = self._in_doubt and self._updates >= max(self._in_doubt + LOOK_BACK_AFTER, self._next_look_back)
        if statistics is None or due or look_back:
            statistics = self._statistics = self._look_back(detections, due)
        return statistics

    def _look_back(self, detections: Detections, due: bool) -> WindowStatistics:
        """Link the window again, by the new detections too, and estimate the parameters if that is `due`."""
        window, old = self._window, sum(len(frame.track) for frame in self._window)
        everything = Detections.concatenate([*(frame.detections for frame in window), detections])
        scene = make_scene(everything, self._size)
        links = window_links(window, len(detections))
        estimate = self._estimated(scene, links, due)
        if self._updates > FIRST_LOOK_BACK:
            estimate = in_hindsight(scene, estimate, scene.steps - 2)
            links = past_links(estimate, old, links.track, self._next_number)
            self._next_number = max(self._next_number, int(links.track.max(initial=0)) + 1)
            self._window = window = renumbered(window, links)
            self._in_doubt = 0
            self._next_look_back = self._updates + max(LOOK_BACK_EVERY, int(LOOK_BACK_SHARE * old))
        statistics = self._statistics
        if due or statistics is None:
            estimate = replace(estimate, successor=links.successor, ratio=links.ratio)
            statistics = WindowStatistics(scene, everything.label, estimate, self._models.alone, scene.steps - 3)
        described = (
            statistics.describe(scene, everything.label) if due else self._described(scene, detections, statistics)
        )
        state = one_sided_states(scene, estimate.motion, estimate.noise_factor, links.successor)
        tracks = tracks_of_window(described, links.successor, links.ratio, state, links.track)
        tracks = tracks[tracks["id"] > 0]
        take_over(self._tracks, tracks)
        self._tracks = tracks
        return statistics

    def _estimated(self, scene: Scene, links: WindowLinks, due: bool) -> Estimate:
        """The parameters of the window by its present links: those of the noise are estimated if that is `due`."""
        estimate = window_estimate(scene, links, scene.steps - 3)
        if self._motion is not None:
            motion = replace(self._motion, jump_probability=jump_probability_of(self._window))
            estimate = replace(estimate, motion=motion)
        if due and (links.successor >= 0).sum() >= FEWEST:
            estimate = fit_noise(scene, estimate, QUICK_SAMPLE)
            self._motion = estimate.motion
        elif self._statistics is not None:
            estimate = replace(estimate, noise_factor=self._statistics.noise_factor(scene))
        return estimate

    def _described(self, scene: Scene, detections: Detections, statistics: WindowStatistics) -> NewDetections:
        """The window, as its frames were described, with the new detections."""
        new = statistics.describe(make_scene(detections, self._size), detections.label)
        return joined([*(frame.new for frame in self._window), new], scene, statistics)
