"""Smoothing of boxes: of the frames with a detection, and of the gaps between them.

Each track's boxes are replaced by the penalised least
squares of Whittaker 1923 and Eilers 2003,

    min_y  sum_k (y_k - x_k)^2 dt  +  t^4 sum_k [(D^2 y_k / dt^2)^2 + (D y_k / dt)^2 / T^2] dt,

over the centre and the logarithms of width and height; the first sum goes over the frames with a detection x_k, the
other over all from a track's first to its last. The tension T makes long gaps nearly straight. Where the camera's
motion is known, it is subtracted from the centre before and added again after. All tracks are solved at once, as one
banded system.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.arrays import FloatArray, IntArray
from siamlink.detectors.base.compiled_modules import compiled_module
from siamlink.detectors.base.threads import on_all_cores
from siamlink.tracker.postprocessing.camera_motion import CameraMotion
from siamlink.tracker.tracks import Tracks

CANDIDATE_SECONDS = (0.02, 0.04, 0.07, 0.1, 0.14, 0.2, 0.3, 0.45)
"""The values of t to choose from, seconds: motion is smoothed over about so much time."""
USUAL_SECONDS, ENOUGH = 0.1, 30
"""The t that is used, and the number of detections below which none is chosen."""
TENSION_SECONDS = 1.0
BLOCK_SECONDS = 0.8
"""Detections are left out for cross-validation in blocks of so many seconds, so that errors are nearly independent."""
MOST_NOISE = 2.5
"""The largest median change of detections by smoothing, relative to the noise estimated from neighbouring frames. It is
above 1 because the errors of a detector in neighbouring frames are correlated."""
THIRD_DIFFERENCE_GAIN = 20**0.5
"""The standard deviation of (-1, 3, -3, 1) applied to white noise of deviation 1."""
LITTLE = 1e-3
"""The weight of left-out detections relative to the penalty; above 0, so that no system is singular."""


FEW_MOMENTS = 5000
"""Up to so many boxes, threads take longer to start than they save."""


class Smoothing(NamedTuple):
    """How much the tracks of a video are smoothed.

    Attributes:
        gap: (4,) the t for x and y of the centre, width and height in frames without a detection.
        detected: (4,) the same in frames with one.
    """

    gap: FloatArray
    detected: FloatArray


def choose_smoothing(tracks: Tracks, frame_rate: float, camera: CameraMotion | None = None) -> Smoothing:
    """The smoothing strength of a video, chosen by cross-validation on its tracks; see `smooth_tracks`."""
    if not len(tracks):
        return Smoothing(np.full(4, USUAL_SECONDS), np.full(4, USUAL_SECONDS))
    return _Course.of(tracks, 1 / frame_rate, camera).choose_smoothing()


def smooth_tracks(
    tracks: Tracks, frame_rate: float, camera: CameraMotion | None = None, smoothing: Smoothing | None = None
) -> Tracks:
    """Smooth the boxes of tracks, and interpolate their gaps.

    The strength t is chosen for each video, and for each component of centre and size, by cross-validation: detections
    of every other 0.8 seconds are predicted from the rest. In gaps this t is used. Detections are smoothed with it too,
    or with the largest smaller one that changes them by no more than their noise: what cannot be predicted over 0.8 s,
    such as a gait, may still be real motion.

    Args:
        tracks: the detections of tracks.
        frame_rate: frames per second.
        camera: the camera's motion; None: it stands still.
        smoothing: the strength; None: chosen by these tracks.

    Returns:
        The tracks with a box in every frame from their first to their last; new rows are marked interpolated, their
        scores lie on the line between those of the detections on either side, and they have the link probability of
        the detection before.
    """
    if not len(tracks):
        return tracks
    course = _Course.of(tracks, 1 / frame_rate, camera)
    chosen = smoothing or course.choose_smoothing()
    state = course.smooth(chosen)
    score = np.interp(np.arange(len(course.track)), course.detected, tracks.score[course.order])
    last_detected = np.searchsorted(course.detected, np.arange(len(course.track)), side="right") - 1
    interpolated = np.ones(len(course.track), bool)
    interpolated[course.detected] = False
    row = np.full(len(course.track), -1, np.int32)
    row[course.detected] = tracks.row[course.order]
    return Tracks(
        frame=course.frame.astype(np.int32),
        box=state_boxes(state + course.drift).astype(np.float32),
        score=score.astype(np.float32),
        label=tracks.label[course.order][last_detected],
        track_id=tracks.track_id[course.order][last_detected],
        interpolated=interpolated,
        link_probability=tracks.link_probability[course.order][last_detected],
        row=row,
    )


@dataclass(frozen=True)
class _Course:
    """The frames of all tracks, one track after the other: M moments, N of them with a detection.

    Attributes:
        order: (N,) the detections by track and time.
        detected: (N,) the moments of these detections.
        state: (N, 4) centre in pixels, less its drift, and logarithms of width and height of these detections.
        drift: (M, 4) the camera's motion since a track's first moment, in units of the state.
        track: (M,) the track of each moment, numbered from 0.
        frame: (M,) its frame.
        step: seconds from one frame to the next.
    """

    order: NDArray[np.intp]
    detected: IntArray
    state: FloatArray
    drift: FloatArray
    track: IntArray
    frame: IntArray
    step: float

    @classmethod
    def of(cls, tracks: Tracks, step: float, camera: CameraMotion | None = None) -> "_Course":
        order = np.lexsort((tracks.frame, tracks.track_id))
        frame, track_id = tracks.frame[order].astype(np.int64), tracks.track_id[order]
        number = np.cumsum(np.r_[False, np.diff(track_id) != 0])
        start = np.flatnonzero(np.r_[True, np.diff(number) != 0])
        first, length = frame[start], frame[np.r_[start[1:], len(order)] - 1] - frame[start] + 1
        offset = np.cumsum(length) - length
        track = np.repeat(np.arange(len(start)), length)
        every = np.arange(length.sum()) - offset[track] + first[track]
        state = box_states(tracks.box[order])
        detected = offset[number] + frame - first[number]
        drift = np.zeros((len(track), 4))
        if camera is not None:
            centre = np.column_stack([np.interp(np.arange(len(track)), detected, state[:, axis]) for axis in (0, 1)])
            drift[1:, :2] = np.cumsum(camera.shift(every, centre), axis=0)[:-1]
            drift -= drift[offset][track]
        return cls(order, detected, state - drift[detected], drift, track, every, step)

    def choose_smoothing(self) -> Smoothing:
        """The smoothing strength that suits these tracks."""
        seconds = self._choose_seconds()
        return Smoothing(seconds, self._limit_to_noise(seconds))

    def _choose_seconds(self) -> FloatArray:
        """(4,) for each component of the state the t that predicts best what was left out."""
        part = ((self.frame[self.detected] - 1) * self.step / BLOCK_SECONDS).astype(np.int64) % 2
        parts = [part == left_out for left_out in (0, 1)]
        tested = [np.flatnonzero(self._between(~out) & out) for out in parts]
        if sum(map(len, tested)) < ENOUGH:
            return np.full(4, USUAL_SECONDS)
        truth = [(self.state[rows], self._unit[rows]) for rows in tested]

        def error_of(seconds: float) -> FloatArray:
            errors = []
            for out, rows, (state, unit) in zip(parts, tested, truth, strict=True):
                weight = np.where(out, LITTLE * min(1.0, self._tension(seconds)), 1.0)
                predicted = self._solve(weight, self.state, seconds)[self.detected[rows]]
                errors.append(np.abs(predicted - state) / unit)
            mean: FloatArray = np.concatenate(errors).mean(axis=0)
            return mean

        work = on_all_cores if len(self.track) > FEW_MOMENTS else map
        chosen: FloatArray = np.array(CANDIDATE_SECONDS)[np.argmin(list(work(error_of, CANDIDATE_SECONDS)), axis=0)]
        return chosen

    def _limit_to_noise(self, seconds: FloatArray) -> FloatArray:
        """(4,) the largest t up to `seconds` (4,) that takes no more from the detections than can be noise.

        What moves smoothly hardly shows in third differences of frames that follow each other, but noise does.
        """
        begin, end = self.detected[:-3], self.detected[3:]
        first = np.flatnonzero((end - begin == 3) & (self.track[end] == self.track[begin]))
        if len(first) < ENOUGH:
            return seconds
        difference = np.diff(self.state, 3, axis=0)[first] / self._unit[first]
        noise = np.median(np.abs(difference), axis=0) / THIRD_DIFFERENCE_GAIN
        limited, undecided = np.full(4, CANDIDATE_SECONDS[0]), np.ones(4, bool)
        for tried in CANDIDATE_SECONDS[:0:-1]:
            some = np.flatnonzero(undecided & (tried <= seconds))
            if len(some):
                state = self.state[:, some]
                taken = self._solve(np.ones(len(self.detected)), state, tried)[self.detected] - state
                is_noise = np.median(np.abs(taken) / self._unit[:, some], axis=0) <= MOST_NOISE * noise[some]
                limited[some[is_noise]], undecided[some[is_noise]] = tried, False
        return limited

    @cached_property
    def _unit(self) -> FloatArray:
        """(N, 4) what errors of the state are measured in: the centre's in heights of the box."""
        unit = np.ones((len(self.state), 4))
        unit[:, :2] = np.exp(self.state[:, 3:])
        return unit

    def _between(self, known: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(N,) whether a track has a known detection both before and after each of its detections."""
        track, place = self.track[self.detected], np.arange(len(self.detected))
        before = np.maximum.accumulate(np.where(known, place, 0))
        after = np.minimum.accumulate(np.where(known, place, place[-1])[::-1])[::-1]
        between: NDArray[np.bool_] = known[before] & known[after] & (track[before] == track) & (track[after] == track)
        return between

    def smooth(self, chosen: Smoothing) -> FloatArray:
        """(M, 4) the state at every moment, each component smoothed over its time."""
        weight, smoothed, detected = np.ones(len(self.detected)), np.empty((len(self.track), 4)), self.state.copy()
        for each in {*chosen.gap.tolist(), *chosen.detected.tolist()}:
            in_gap, in_detected = chosen.gap == each, chosen.detected == each
            some = np.flatnonzero(in_gap | in_detected)
            solved = self._solve(weight, self.state[:, some], each)
            smoothed[:, in_gap] = solved[:, in_gap[some]]
            detected[:, in_detected] = solved[self.detected][:, in_detected[some]]
        smoothed[self.detected] = detected
        return smoothed

    def _solve(self, weight: FloatArray, state: FloatArray, seconds: float) -> FloatArray:
        """(M, K) the smoothed components of a state (N, K) whose detections count as `weight` (N,) says."""
        bend, slope = self._penalties
        matrix = (seconds / self.step) ** 4 * bend + self._tension(seconds) * slope
        matrix[0, self.detected] += weight
        right_side = np.zeros((len(self.track), state.shape[1]), order="F")
        right_side[self.detected] = weight[:, None] * state
        lapack = compiled_module("scipy.linalg._flapack", "scipy.linalg.lapack")
        _, solved, info = lapack.dpbsv(matrix, right_side, lower=1, overwrite_ab=1, overwrite_b=1)
        assert info == 0, "the weights and the tension make the matrix positive definite"
        smoothed: FloatArray = solved
        return smoothed

    def _tension(self, seconds: float) -> float:
        return seconds**4 / (TENSION_SECONDS * self.step) ** 2

    @cached_property
    def _penalties(self) -> tuple[FloatArray, FloatArray]:
        """(3, M) the matrices of both penalties in LAPACK's lower banded form; none reaches from a track to another."""
        return self._squared_difference((1, -2, 1)), self._squared_difference((-1, 1))

    def _squared_difference(self, difference: tuple[int, ...]) -> FloatArray:
        matrix = np.zeros((3, len(self.track)), order="F")
        reach = len(difference) - 1
        rows = np.flatnonzero(self.track[reach:] == self.track[: len(self.track) - reach])
        for i, one in enumerate(difference):
            for j, other in enumerate(difference[: i + 1]):
                matrix[i - j, rows + j] += one * other
        return matrix


def box_states(box: NDArray[np.float32]) -> FloatArray:
    """(N, 4) centre in pixels and logarithms of width and height of boxes (N, 4)."""
    corners = box.astype(np.float64)
    size = corners[:, 2:] - corners[:, :2]
    return np.hstack([corners[:, :2] + size / 2, np.log(size)])


def state_boxes(state: FloatArray) -> FloatArray:
    """(N, 4) the boxes of states (N, 4); each has some area in 32 bits."""
    least = np.spacing(np.abs(state[:, :2]).astype(np.float32))  # far away, tiny boxes would have no size in 32 bits
    half = np.maximum(np.exp(state[:, 2:]) / 2, least)
    return np.hstack([state[:, :2] - half, state[:, :2] + half])
