"""A fast online tracker: a Kalman filter for each track and the Hungarian method, on the same link probabilities."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamlink.association.candidates import Pairs, candidate_pairs
from siamlink.association.context import Motion, pair_features
from siamlink.association.matcher import Matcher, detection_features
from siamlink.detectors.boxes import iou_matrix, suppress_non_maxima
from siamlink.detectors.detections import Detections
from siamlink.detectors.frame_source import Frame, Image
from siamlink.tracker.frame_by_frame import check_frame_rate, read_frame
from siamlink.tracker.kalman import BoxFilter
from siamlink.tracker.looking import Onlooker, RecentLooks
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.scene_history import SceneHistory
from siamlink.tracker.stopwatch import Stopwatch
from siamlink.tracker.tracks import Tracks

FloatArray = NDArray[np.float64]


@dataclass
class _Track:
    """A track that is still open: its motion, its last detection and the evidence for it.

    The last detection is a row of the window, negative once it has left the window.
    """

    motion: BoxFilter
    row: int
    last_frame: int
    evidence: float
    track_id: int = 0


@dataclass
class _Window:
    """The recent detections that new ones can be linked to, with what is known of them."""

    detections: Detections = field(default_factory=Detections.empty)
    motion: Motion = field(default_factory=Motion.none)
    looks: RecentLooks = field(default_factory=RecentLooks)


class KalmanTracker:
    """Links the detections of each new frame to the open tracks, by Kalman gate and Hungarian method.

    A track is reported from the frame on in which the evidence for it exceeds `online.entry`; its id counts from 1 in
    the order of these frames and is never used again.

    Args:
        frame_rate: frames a second.
        parameters: settings of the tracker.
        matcher: the models with their appearance; None: those that the parameters name.
        stopwatch: counts the stages.
        onlooker: describes detections; None: one of its own, by the appearance of the matcher.

    Attributes:
        newest: (N,) the track of each detection that the present frame was given with, 0 where it is not reported.

    Raises:
        ConfigError: the frame rate is not above 0.
        ModelError: no matcher is given, and the one that `parameters` name cannot be loaded.
    """

    def __init__(
        self,
        frame_rate: float,
        parameters: TrackerParameters | None = None,
        matcher: Matcher | None = None,
        stopwatch: Stopwatch | None = None,
        onlooker: Onlooker | None = None,
    ) -> None:
        self.frame_rate = check_frame_rate(frame_rate)
        self.parameters = parameters or TrackerParameters(mode="online", solver="hungarian")
        self.matcher = matcher or self.parameters.load_matcher()
        self.frame = self.open_count = self.compared_count = 0
        self._watch = stopwatch or Stopwatch()
        self._onlooker = onlooker or Onlooker(self.matcher.appearance, self.parameters.flow, frame_rate, self._watch)
        self._window = _Window()
        self._scene = SceneHistory()
        self._tracks: list[_Track] = []
        self._next_id = 1
        self.newest = np.zeros(0, np.int32)

    def update(self, detections: Any, frame: Frame | Image | int | None = None) -> Tracks:
        """Take in the detections of the next frame and return the tracks seen in it; see `OnlineTracker.update`."""
        number, new, image = read_frame(detections, frame, self.frame)
        kept = suppress_non_maxima(new.box, new.score, self.parameters.overlap_limit)
        ids = self._update(new[kept], number, image)
        self.newest = np.zeros(len(new), np.int32)
        self.newest[kept] = ids
        return Tracks.from_detections(new[kept], ids)

    def finish(self) -> Tracks:
        """Nothing: the tracks of every frame have been given."""
        return Tracks.empty()

    @property
    def final_frame(self) -> int:
        """The last frame whose tracks have been given: the present one."""
        return self.frame

    def _update(self, new: Detections, frame: int, image: Image | None) -> NDArray[np.int32]:
        """(N,) the track of each detection of a frame, 0 where it is not reported."""
        described = self._onlooker.describe(image, frame, new.box)
        seconds = (frame - self.frame) / self.frame_rate
        self.frame = frame
        self._scene.learn(new)
        self._forget(frame)
        for track in self._tracks:
            track.motion.predict(seconds)
        known = len(self._window.detections)
        self._window.looks.add(len(new), described)
        link, person = self._probabilities(new)
        assigned = self._assign(link, known, new)
        self._extend(new, assigned, person, known)
        return np.array([track.track_id for track in assigned], np.int32)

    def _forget(self, frame: int) -> None:
        """Close tracks that were not seen for too long and drop detections that nothing can be linked to any more."""
        longest = self.parameters.gate.gap_frames(self.frame_rate)
        patience = max(longest, self.parameters.online.max_lost_seconds * self.frame_rate)
        self._tracks = [
            track for track in self._tracks if frame - track.last_frame <= (patience if track.track_id else longest)
        ]
        first = int(np.searchsorted(self._window.detections.frame, frame - longest))
        looks = self._window.looks
        looks.forget(first)
        self._window = _Window(self._window.detections[first:], self._window.motion[first:], looks)
        for track in self._tracks:
            track.row -= first

    def _probabilities(self, new: Detections) -> tuple[dict[tuple[int, int], float], FloatArray]:
        """The link probability by (row in the window, row in `new`), and how likely each new one is a person.

        The new detections join the window.
        """
        known = len(self._window.detections)
        window = Detections.concatenate([self._window.detections, new])
        scene = self._scene.statistics
        pairs = candidate_pairs(window, self.frame_rate, self.parameters.gate, since_frame=self.frame)
        rank = scene.score_rank(window)
        features, motion = pair_features(window, pairs, rank, self.frame_rate, known_motion=self._window.motion)
        self._window = _Window(window, motion, self._window.looks)
        link = self.matcher.context_probability(features)
        shifted = Pairs(np.zeros_like(pairs.earlier), pairs.later - known)
        person = self.matcher.detection_probability(detection_features(new, scene, shifted, link, future=False))
        link = self._revise(link, features, pairs)
        keys = zip(pairs.earlier.tolist(), (pairs.later - known).tolist(), strict=True)
        return dict(zip(keys, link.tolist(), strict=True)), person

    def _revise(self, link: FloatArray, features: NDArray[np.float32], pairs: Pairs) -> FloatArray:
        """Ask the appearance about the pairs that geometry leaves open."""
        if self.matcher.appearance is None:
            return link
        asked = np.flatnonzero(self.parameters.appearance_gate.leaves_open(link))
        with self._watch.stage("appearance"):
            compared = self._window.looks.compare(pairs[asked], self.matcher.appearance)
        self.open_count += len(asked)
        self.compared_count += int(compared.known.sum())
        return self.matcher.revise(link, features, pairs, asked, compared)

    def _assign(self, link: dict[tuple[int, int], float], known: int, new: Detections) -> list[_Track]:
        """The track of each new detection: an open one, or a new one.

        First by link probability and motion together; then what is left of both sides by the overlap of the predicted
        box alone, so that tracks come back after gaps that the link model does not know.
        """
        assigned: list[_Track | None] = [None] * len(new)
        for index, column in _best_assignment(self._link_gain(link, new)):
            track = self._tracks[index]
            track.evidence += np.log(link[track.row, column])
            assigned[column] = track
        taken = {id(track) for track in assigned}
        lost = [track for track in self._tracks if track.track_id and id(track) not in taken]
        free = np.array([column for column, track in enumerate(assigned) if track is None], np.intp)
        predicted = np.array([track.motion.box for track in lost]).reshape(-1, 4)
        overlap = iou_matrix(predicted, new.box[free])
        overlap[overlap < self.parameters.online.smallest_overlap] = 0
        for index, place in _best_assignment(overlap):
            assigned[free[place]] = lost[index]
        return [self._take_up(track, new.box[column], known + column) for column, track in enumerate(assigned)]

    def _take_up(self, track: _Track | None, box: NDArray[np.float32], row: int) -> _Track:
        """Correct an open track's motion by its new box, or open a track with it."""
        if track is None:
            return _Track(BoxFilter(box), row, self.frame, 0.0)
        track.motion.update(box)
        return track

    def _link_gain(self, link: dict[tuple[int, int], float], new: Detections) -> FloatArray:
        """(T, N) nats by which linking beats the least likely link that is made; 0 where none is to be made.

        The likelihood of a link is the link probability times the Gaussian of the distance from the predicted place.
        """
        online = self.parameters.online
        gain = np.zeros((len(self._tracks), len(new)))
        for index, track in enumerate(self._tracks):
            deviations = track.motion.deviations(new.centre)
            for column in np.flatnonzero(deviations < online.gate_deviations):
                probability = link.get((track.row, int(column)), 0.0)
                if probability >= online.smallest_link_probability:
                    gain[index, column] = np.log(probability) - deviations[column] ** 2 / 2
        worst = np.log(online.smallest_link_probability) - online.gate_deviations**2 / 2
        return np.where(gain < 0, gain - worst, 0.0)

    def _extend(self, new: Detections, assigned: list[_Track], person: FloatArray, known: int) -> None:
        """Write the new detections into their tracks; a track whose evidence suffices gets its id."""
        costs, open_tracks = self.parameters.costs, set(map(id, self._tracks))
        q = np.clip(person, costs.probability_floor, 1 - costs.probability_floor)
        for row, track in enumerate(assigned):
            track.row, track.last_frame = known + row, self.frame
            track.evidence += float(np.log(q[row] / (1 - q[row]))) - costs.detection_bias
            if id(track) not in open_tracks:
                self._tracks.append(track)
            if not track.track_id and track.evidence > self.parameters.online.entry:
                track.track_id, self._next_id = self._next_id, self._next_id + 1


def _best_assignment(gain: FloatArray) -> list[tuple[int, int]]:
    """The one-to-one pairs of rows and columns of largest total gain, those without gain left out."""
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(gain, maximize=True)
    made = gain[rows, columns] > 0
    return list(zip(rows[made].tolist(), columns[made].tolist(), strict=True))
