"""Online linking with the same costs: states, rates and noise parameters are estimated from past frames only.

The state of each open track is kept and continued by every new detection. The parameters are estimated from a window of
recent detections, in growing intervals. The backward state of a new detection is its box with an unknown velocity, so
velocity does not contribute to the ratio of a link.
"""

import os
import time
from collections import deque
from dataclasses import dataclass, replace

import numpy as np

from siamlink.association.calibrated.likelihood import LinkModel, Links
from siamlink.association.calibrated.models import Models, shipped_models
from siamlink.association.calibrated.motion import own_size
from siamlink.association.calibrated.noise import FEWEST, QUICK_SAMPLE
from siamlink.association.calibrated.object_model import ObjectClassifier
from siamlink.association.calibrated.online_extrapolation import extrapolated
from siamlink.association.calibrated.online_statistics import (
    ONLINE_NAMES,
    NewDetections,
    WindowStatistics,
    feature_rows,
)
from siamlink.association.calibrated.online_tracks import (
    ROW,
    OpenTracks,
    follow,
    new_tracks,
    states,
    track_features,
    tracks_of_window,
)
from siamlink.association.calibrated.program import best_links
from siamlink.association.calibrated.rates import Rates, update_rates
from siamlink.association.calibrated.rounds import (
    LONGEST_GAP,
    Estimate,
    calibrate,
    candidate_links,
    first_estimate,
    fit_noise,
    relink,
)
from siamlink.association.calibrated.scene import Scene, make_scene, predecessors, track_numbers
from siamlink.association.calibrated.states import BACKWARD_PRIOR, States, one_sided_states
from siamlink.detectors.base.arrays import FloatArray, IntArray
from siamlink.detectors.detections import Detections

WINDOW = 60
"""Steps in the window; a track without a detection in it has ended."""
ONLINE_PROBABILITY = 0.5
"""Smallest probability of being an object of a detection in the results."""
FEWEST_FRAMES = 3
"""Frames with detections, from which boxes are predicted."""
TIME = [0.0]
YOUNG = 3
"""Tracks up to this number of detections are short because they are new: the larger of both probabilities is used."""
FIRST_FITS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48)
FIT_EVERY = 48
"""The parameters are estimated in these first steps, and then at every multiple of this number of steps."""


@dataclass(frozen=True)
class LinkedFrame:
    """The detections of one frame, the track of each (N,) and the ratio of its link to the one before (N,)."""

    detections: Detections
    track: IntArray
    ratio: FloatArray


@dataclass(frozen=True)
class OnlineFrame:
    """The tracks of a frame with N detections, and M boxes of objects that were not detected in it.

    Attributes:
        track: (N,) the track of each detection, from 1; 0 if it is more likely a false alarm.
        probability: (N,) that each is an object.
        more_track: (M,) the tracks of the predicted boxes.
        more_box: (M, 4) x1 y1 x2 y2 in pixels.
        more_score: (M,) score of the last detection of each track.
        more_label: (M,) its class.
    """

    track: IntArray
    probability: FloatArray
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
        self._estimate: Estimate | None = None
        self._tracks: OpenTracks = np.zeros(0, ROW)
        self._next_id, self._updates = 1, 0

    def update(self, detections: Detections, frame: int) -> OnlineFrame:
        """Link the detections of the next frame.

        Args:
            detections: N boxes, all of this frame; a frame that the detector did not process has none.
            frame: its number, above that of the last call.
        """
        self._shift_window(frame)
        statistics = self._statistics
        if len(detections):
            statistics = self._current_statistics(detections, frame)
            rows, probability = self._take_in(detections, statistics, frame)
        else:
            rows, probability = np.zeros(0, np.int64), np.zeros(0)
        tracks = self._tracks
        is_output = probability >= ONLINE_PROBABILITY
        box = np.zeros((0, 4))
        if statistics is not None and len(self._window) >= FEWEST_FRAMES:
            young = tracks["count"][rows[is_output]] <= YOUNG
            boxes = detections.box[is_output].astype(np.float64)
            more = extrapolated(tracks, frame, statistics, boxes, young)
            tracks["extrapolated"][more.row] += (
                frame % statistics.stride == tracks["last_frame"][more.row] % statistics.stride
            )
            box, more_rows = more.box, more.row
        else:
            more_rows = np.zeros(0, np.int64)
        return OnlineFrame(
            track=np.where(is_output, tracks["id"][rows], 0),
            probability=probability,
            more_track=tracks["id"][more_rows],
            more_box=box,
            more_score=tracks["score"][more_rows],
            more_label=tracks["label"][more_rows],
        )

    @property
    def has_open_tracks(self) -> bool:
        """Whether there are tracks that may go on."""
        return len(self._tracks) > 0

    def _take_in(self, detections: Detections, statistics: WindowStatistics, frame: int) -> tuple[IntArray, FloatArray]:
        """Link new detections; returns the row of each one's track (N,) and the probability of being an object (N,)."""
        self._updates += 1
        new = statistics.describe(make_scene(detections, self._size), detections.label)
        rows, ratio = self._link(new, statistics, frame)
        tracks = self._tracks[rows]
        self._window.append(LinkedFrame(detections, tracks["id"].copy(), ratio))
        features = new.features | track_features(tracks, statistics, self._rate)
        features["steps"] = np.full(len(detections), np.log(self._updates))
        probability = self._models.online.probability(feature_rows(features, len(detections), ONLINE_NAMES))
        self._tracks["probability"][rows] = probability
        self._tracks["shown"][rows] = probability >= ONLINE_PROBABILITY
        return rows, probability

    def _shift_window(self, frame: int) -> None:
        """Drop the frames that leave the window, and the tracks that have ended."""
        stride = self._statistics.stride if self._statistics else 1
        oldest = frame - WINDOW * stride
        while self._window and self._window[0].detections.frame[0] < oldest:
            self._window.popleft()
        if self._statistics:
            self._tracks = self._tracks[frame - self._tracks["last_frame"] <= self._statistics.longest * stride]

    def _current_statistics(self, detections: Detections, frame: int) -> WindowStatistics:
        """The statistics, estimated anew where that is due."""
        statistics = self._statistics
        due = self._updates in FIRST_FITS or self._updates % int(os.environ.get("HEVERY", FIT_EVERY)) == 0
        if not due and statistics and self._window:
            due = (frame - int(self._window[-1].detections.frame[0])) % statistics.stride != 0
        if statistics is None or due:
            statistics = self._statistics = self._calibrate(detections)
        return statistics

    def _calibrate(self, detections: Detections) -> WindowStatistics:
        """Estimate the parameters from the window and the new detections, which are not linked yet."""
        window = self._window
        everything = Detections.concatenate([*(frame.detections for frame in window), detections])
        scene = make_scene(everything, self._size)
        track = np.concatenate([*(frame.track for frame in window), -1 - np.arange(len(detections))])
        order = np.lexsort((np.arange(len(track)), track))
        same = track[order[:-1]] == track[order[1:]]
        successor, before = np.full(len(track), -1, np.int64), np.full(len(track), -1, np.int64)
        successor[order[:-1][same]], before[order[1:][same]] = order[1:][same], order[:-1][same]
        linked = np.flatnonzero(successor >= 0)
        ratio = np.zeros(len(track))
        to_each = np.concatenate([*(frame.ratio for frame in window), np.zeros(len(detections))])
        ratio[linked] = to_each[successor[linked]]
        estimate = replace(first_estimate(scene, np.zeros(len(scene))), successor=successor, ratio=ratio)
        if self._estimate is not None:
            estimate = replace(estimate, motion=self._estimate.motion)
        if len(linked) >= FEWEST:
            estimate = self._estimate = fit_noise(scene, estimate, QUICK_SAMPLE)
        newest = scene.steps - 3
        if (
            os.environ.get("THOROUGH")
            and self._updates in [int(x) for x in os.environ["THOROUGH"].split(",")]
            or (os.environ.get("TEVERY") and self._updates % int(os.environ["TEVERY"]) == 0)
        ):
            found = calibrate(
                scene,
                np.zeros(len(scene)),
                ObjectClassifier(scene, self._rate, self._models.alone, self._models.in_track),
                self._models.links,
            )
            self._estimate = found
            newest = scene.steps - 2
            statistics = WindowStatistics(scene, everything.label, found, self._models.alone, newest)
            if os.environ.get("HIND"):
                successor, ratio, track = self._hindsight(found, track, len(detections))
            state = one_sided_states(scene, found.motion, found.noise_factor, successor)
            tracks = tracks_of_window(statistics.describe(scene, everything.label), successor, ratio, state, track)
            tracks = tracks[tracks["id"] > 0]
            _take_over(self._tracks, tracks)
            self._tracks = tracks
            return statistics
        if len(linked):
            rates = update_rates(scene, estimate.rates, successor, estimate.active, newest=newest)
            estimate = replace(estimate, rates=rates)
        if (
            os.environ.get("HEVERY")
            and (self._updates % int(os.environ["HEVERY"]) == 0 or self._updates in FIRST_FITS)
            and self._updates > 3
        ):
            tic = time.process_time()
            found = estimate
            for _ in range(int(os.environ.get("HR", "2"))):
                found = relink(scene, found, candidate_links(scene, found, LONGEST_GAP))
                found = replace(
                    found, rates=update_rates(scene, found.rates, found.successor, found.active, by_age=True)
                )
            successor, ratio, track = self._hindsight(found, track, len(detections))
            estimate = replace(found, successor=successor, ratio=ratio, motion=estimate.motion)
            TIME[0] += time.process_time() - tic
        statistics = WindowStatistics(scene, everything.label, estimate, self._models.alone, newest)
        state = one_sided_states(scene, estimate.motion, estimate.noise_factor, successor)
        tracks = tracks_of_window(statistics.describe(scene, everything.label), successor, ratio, state, track)
        tracks = tracks[tracks["id"] > 0]
        _take_over(self._tracks, tracks)
        self._tracks = tracks
        return statistics

    def _hindsight(self, found: Estimate, track: IntArray, count: int) -> tuple[IntArray, FloatArray, IntArray]:
        """Links, ratios and track numbers of the window as they look in hindsight; each track gets the number that most
        of its detections had."""
        old = len(track) - count
        successor = np.where(found.successor >= old, -1, found.successor)
        ratio = np.where(successor >= 0, found.ratio, 0)
        number = track_numbers(successor)
        pairs, votes = np.unique(np.column_stack([number[:old], track[:old]]), axis=0, return_counts=True)
        chosen: dict[int, int] = {}
        used: set[int] = set()
        for n in np.argsort(-votes, kind="stable"):
            a, b = int(pairs[n, 0]), int(pairs[n, 1])
            if a not in chosen and b not in used:
                chosen[a] = b
                used.add(b)
        out = track.copy()
        for a in range(int(number[:old].max(initial=-1)) + 1):
            if a not in chosen:
                chosen[a] = self._next_id
                self._next_id += 1
            out[:old][number[:old] == a] = chosen[a]
        start = 0
        for n, frame in enumerate(self._window):
            stop = start + len(frame.track)
            to = ratio[np.maximum(predecessors(successor)[start:stop], 0)] * (predecessors(successor)[start:stop] >= 0)
            self._window[n] = LinkedFrame(frame.detections, out[start:stop], to)
            start = stop
        return successor, ratio, out

    def _link(self, new: NewDetections, statistics: WindowStatistics, frame: int) -> tuple[IntArray, FloatArray]:
        """Continue tracks by the N new detections, and begin new ones.

        Returns:
            (N,) the row of each detection's track, and (N,) the ratio of its link, 0 for new tracks.
        """
        count = len(new.scene)
        track, ratio = np.full(count, -1, np.int64), np.zeros(count)
        if len(self._tracks):
            scene, links = self._candidates(new, statistics, frame)
            successor, best = best_links(scene, links)
            linked = np.flatnonzero(successor >= 0)
            chosen = successor[linked] - len(self._tracks)
            track[chosen], ratio[chosen] = linked, best[linked]
            continued = self._tracks[linked]
            follow(continued, new, chosen, best[linked], statistics)
            self._tracks[linked] = continued
        first = np.flatnonzero(track < 0)
        track[first] = len(self._tracks) + np.arange(len(first))
        self._tracks = np.concatenate([self._tracks, new_tracks(new, first, self._next_id, statistics)])
        self._next_id += len(first)
        return track, ratio

    def _candidates(self, new: NewDetections, statistics: WindowStatistics, frame: int) -> tuple[Scene, Links]:
        """A scene of the T open tracks and then the N new detections, and the links between them."""
        tracks, old = self._tracks, len(self._tracks)
        gap = (frame - tracks["last_frame"]) // statistics.stride
        joint = joint_scene(new, tracks, gap, statistics.longest)
        exit_rate = np.concatenate(
            [statistics.exit_rate(tracks["group"], tracks["count"]), np.full(len(new.scene), 0.5)]
        )
        rates = Rates(
            exit=exit_rate,
            log_entry=np.concatenate([np.zeros(old), new.log_entry]),
            log_gap=statistics.log_gap,
            mean_gap=statistics.mean_gap,
            log_density=exit_rate,
            classes=statistics.classes,
        )
        forward, backward = joint_states(states(tracks), new, statistics)
        model = LinkModel(joint, statistics.motion, rates, forward, backward, statistics.longest, statistics.table)
        i, j = np.divmod(np.arange(old * len(new.scene)), len(new.scene))
        return joint, model.links(*model.near(i, j + old))


def _take_over(former: OpenTracks, tracks: OpenTracks) -> None:
    """Set what a window does not tell about tracks to what is known of those of the same number."""
    if not len(former):
        return
    former = former[np.argsort(former["id"])]
    at = np.minimum(np.searchsorted(former["id"], tracks["id"]), len(former) - 1)
    known = former["id"][at] == tracks["id"]
    for name in ("extrapolated", "probability", "shown"):
        tracks[name][known] = former[name][at[known]]


def joint_scene(new: NewDetections, tracks: OpenTracks, gap: IntArray, now: int) -> Scene:
    """A scene of T tracks, some steps (T,) before the step `now`, and the N new detections; only what links need."""
    return replace(
        new.scene,
        step=np.concatenate([now - gap, np.full(len(new.scene), now)]),
        unit=np.concatenate([tracks["unit"], new.scene.unit]),
        code=np.concatenate([tracks["code"], new.code]),
    )


def joint_states(tracks: States, new: NewDetections, statistics: WindowStatistics) -> tuple[States, States]:
    """Forward and backward states of T tracks and then N new detections.

    The backward state of a new detection is its box, with an unknown velocity.
    """
    count, old = len(new.scene), len(tracks.place)
    zero = np.zeros((count, 4))
    spread = statistics.motion.velocity_spread**2 * own_size(new.scene) * BACKWARD_PRIOR
    back = new.scene.place, zero, new.variance, zero, spread
    names = "place", "velocity", "place_variance", "covariance", "velocity_variance"
    blank = np.zeros((old, 4))
    forward = States(*(np.concatenate([getattr(tracks, name), zero]) for name in names))
    return forward, States(*(np.concatenate([blank, column]) for column in back))
