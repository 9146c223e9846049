"""The boxes of tracks in the newest frame: smoothed by what came before, or extrapolated."""

import math

import numpy as np

from siamlink.detectors.base.arrays import IntArray
from siamlink.detectors.detections import Detections
from siamlink.tracker.linking.online.last_states import LastStates
from siamlink.tracker.linking.online.window import DetectionWindow
from siamlink.tracker.parameter_groups import GapParameters
from siamlink.tracker.postprocessing.camera_motion import CameraMotion
from siamlink.tracker.postprocessing.gaps import complete_tracks
from siamlink.tracker.postprocessing.smoothing import (
    CANDIDATE_SECONDS,
    Smoothing,
    box_states,
    choose_smoothing,
    state_boxes,
)
from siamlink.tracker.tracks import Tracks

MOST_DETECTIONS = 2000
"""The smoothing strength is chosen by the tracks of so many of the latest detections."""
FIRST_PAUSE, LONGEST_PAUSE, PAUSE_SHARE = 0.5, 3.0, 0.25
"""How long a choice of the smoothing strength is used before it is made again, seconds: a share of the time so far."""


class NewestBoxes:
    """Completes the tracks of a window in its newest frame.

    Args:
        window: the detections.
        frame_rate: frames per second.
        gaps: how tracks are completed.
    """

    def __init__(self, window: DetectionWindow, frame_rate: float, gaps: GapParameters) -> None:
        self._window, self._frame_rate, self._gaps = window, frame_rate, gaps
        self._longest = math.floor(gaps.extrapolate_seconds * frame_rate + 1e-6) if gaps.interpolate else 0
        self._states = LastStates(1 / frame_rate)
        self._smoothing: Smoothing | None = None
        self._strength = np.zeros(4, np.int64)
        self._due = 0
        self._before: list[int] = []
        self._expect_only(Tracks.empty())

    def in_frame(self, frame: int, start: int, camera: CameraMotion | None) -> Tracks:
        """The boxes of tracks in a frame, whose detections begin at the place `start` of the window.

        A track is extrapolated by the strength of smoothing that was chosen when it was lost; with a known motion of
        the camera, all is smoothed anew.
        """
        if self._gaps.smooth and frame >= self._due:
            self._choose(frame, camera)
        if camera is not None:
            return self._completed(frame, camera)
        track = self._window.track[start:]
        rows = start + np.argsort(track, kind="stable")[len(track) - np.count_nonzero(track) :]
        present = self._window.track[rows].tolist()
        lost = sorted({*self._before}.difference(present))
        self._before = present
        if self._longest and lost:
            self._expect(lost, frame)
        detected = self._smoothed(rows)
        if not self._expected_ids.isdisjoint(present):
            self._expect_only(self._expected[~np.isin(self._expected.track_id, present)])
        return Tracks.concatenate([detected, self._expected.in_frame(frame)]) if self._expected_ids else detected

    def forget(self) -> None:
        """Forget the tracks that have left the window, from time to time."""
        if len(self._states) > 2 * len(self._before) + 50:
            self._states.keep(np.unique(self._window.track))

    def _choose(self, frame: int, camera: CameraMotion | None) -> None:
        """Choose how much boxes are smoothed by the latest tracks."""
        rows = np.flatnonzero(self._window.track)
        if len(rows) > MOST_DETECTIONS:
            track = self._window.track[rows]
            shortest = np.sort(track)[-MOST_DETECTIONS]
            rows = rows[track >= shortest]
        self._smoothing = choose_smoothing(self._tracks(rows), self._frame_rate, camera)
        self._strength = np.searchsorted(CANDIDATE_SECONDS, self._smoothing.detected)
        seconds = min(max(PAUSE_SHARE * frame / self._frame_rate, FIRST_PAUSE), LONGEST_PAUSE)
        self._due = frame + math.ceil(seconds * self._frame_rate)

    def _smoothed(self, rows: IntArray) -> Tracks:
        """The detections at some places of the window, with the boxes that their tracks, ascending, give them."""
        detected = self._tracks(rows)
        if not self._gaps.smooth:
            return detected
        ids = detected.track_id
        self._states.advance(ids, box_states(detected.box))
        if not len(rows):
            return detected
        return detected.with_box(state_boxes(self._states.last(ids, self._strength)).astype(np.float32))

    def _expect(self, lost: list[int], frame: int) -> None:
        """Extrapolate tracks from a frame on, the first one without a detection of them."""
        tracks = self._tracks(np.flatnonzero(np.isin(self._window.track, lost)))
        last_frame = frame - 1 + self._longest
        ahead = complete_tracks(tracks, last_frame, self._frame_rate, self._gaps, None, self._smoothing)
        later = [each[each.frame >= frame] for each in (self._expected, ahead)]
        self._expect_only(Tracks.concatenate(later))

    def _expect_only(self, expected: Tracks) -> None:
        """Let these be the boxes that are expected in the next frames."""
        self._expected, self._expected_ids = expected, {*expected.track_id.tolist()}

    def _completed(self, frame: int, camera: CameraMotion) -> Tracks:
        """The boxes in a frame of the tracks with a detection in the last frames, smoothed anew."""
        window = self._window
        present = np.unique(window.track[window.frame >= frame - max(self._longest, 0)])
        tracks = self._tracks(np.flatnonzero(np.isin(window.track, present[present > 0])))
        completed = complete_tracks(tracks, frame, self._frame_rate, self._gaps, camera, self._smoothing)
        return completed.in_frame(frame)

    def _tracks(self, rows: IntArray) -> Tracks:
        """The detections at some places of the window, in their tracks."""
        columns = {name: getattr(self._window, name)[rows] for name in Detections._dtypes}
        columns |= {"track_id": self._window.track[rows], "interpolated": np.zeros(len(rows), bool)}
        columns |= {"link_probability": np.full(len(rows), np.nan, np.float32), "row": self._window.row_in_frame[rows]}
        return Tracks.of_columns({**columns, "found": np.zeros(len(rows), bool)})
