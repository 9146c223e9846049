"""From a source and its detections to tracks: the one call behind the command and the Python interface."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from siamlink.association.matcher import Matcher
from siamlink.association.solvers.constraints import Constraints
from siamlink.detectors.base.errors import ConfigError, InputError
from siamlink.detectors.base.stopwatch import Progress, Stopwatch
from siamlink.detectors.detections import Detections
from siamlink.detectors.models.registry import load_detector
from siamlink.tracker.linking.linker import Looks
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.runs.feed import detect_frames, given_frames
from siamlink.tracker.runs.frame_by_frame import OnFinal, OnFrame, track_frame_by_frame
from siamlink.tracker.runs.inputs import TrackingInput, open_input
from siamlink.tracker.runs.offline import track_offline
from siamlink.tracker.runs.run import AppearanceUse, Counts, Run
from siamlink.tracker.tracks import Tracks

DEFAULT_DETECTOR = "yolox-nano"


@dataclass(frozen=True)
class TrackingResult:
    """The tracks of one source and how they came about.

    Attributes:
        tracks: who is where in each frame; none where they were given to `on_final`.
        detections: what was linked; likewise.
        counts: how many there were.
        detector: what made the detections; None if they were given.
        frame_count: how many frames were covered.
        broken: why the input ended before its end; None if all of it was read.
        seconds: by stage, each by the clock; stages overlap, so that together they come to more than has passed.
        appearance: how far the looks of the detections were used; None without an appearance.
    """

    tracks: Tracks
    detections: Detections
    counts: Counts
    detector: str | None
    frame_count: int
    broken: str | None
    seconds: dict[str, float]
    appearance: AppearanceUse | None = None


def track(
    source: str | Path | int,
    detector: Any = None,
    detections: Path | Detections | None = None,
    parameters: TrackerParameters | None = None,
    progress: Progress | None = None,
    constraints: Path | Constraints = (),
) -> TrackingResult:
    """Track one video: detect, unless detections are given, and link.

    Args:
        source: a video file, an image folder, a MOT sequence folder, a camera number or a stream URL.
        detector: a detector's name, `package.module:attribute`, or an object with `detect(image)`; None: the
            detections that are given or lie in the sequence, else `DEFAULT_DETECTOR`.
        detections: a MOT detection file or `Detections`.
        parameters: settings of the tracker.
        progress: called with the stage, the frames done and the frames in all.
        constraints: offline, what is known of rows of the detections, by `must_link` and `cannot_link`; or a file that
            corrects earlier tracks.

    Raises:
        SiamlinkError: something that was given cannot be used; one clear line says what.
    """
    opened = open_input(source, detections, use_public=detector is None, constraints=constraints)
    return track_input(opened, detector, parameters or TrackerParameters(), progress)


def track_input(
    opened: TrackingInput,
    detector: Any,
    parameters: TrackerParameters,
    progress: Progress | None = None,
    matcher: Matcher | None = None,
    on_frame: OnFrame | None = None,
    on_final: OnFinal | None = None,
    looks: Looks | None = None,
) -> TrackingResult:
    """Track an opened input; see `track`.

    Args:
        opened: what to track.
        detector: finds the detections that are not given.
        parameters: settings of the tracker.
        progress: told of every stage.
        matcher: the models with their appearance; None: those that the parameters name.
        on_frame: given each frame with its tracks, once these are final; not by offline tracking.
        on_final: given the tracks as they become final, which are then kept nowhere else; not by offline tracking.
        looks: what is known already; None: the detections are looked at in the frames.

    Raises:
        InputError: a live source is to be tracked offline.
        ConfigError: there are constraints, but not for the solver that obeys them.
        ConstraintError: they contradict each other.
    """
    check_mode(opened, parameters)
    finder = None
    if opened.detections is None and opened.frames is not None:
        finder = load_detector(DEFAULT_DETECTOR if detector is None else detector)
        opened = opened if on_frame else _with_all_seen(opened)
    run = Run(opened, parameters, matcher or parameters.load_matcher(), progress or _silent, Stopwatch())
    feed, frames, looked = given_frames(run, on_frame is not None), opened.frames, opened.detections is None
    if finder and frames and looked:
        feed = detect_frames(frames, finder, run.stopwatch, opened.seen.detections)
    offline = parameters.mode == "offline"
    linked = track_offline(run, feed, looks) if offline else track_frame_by_frame(run, feed, on_frame, on_final)
    return TrackingResult(
        tracks=linked.tracks,
        detections=linked.detections,
        counts=linked.counts,
        detector=finder.name if finder else None,
        frame_count=linked.last_number if looked else opened.last_frame,
        broken=linked.broken if looked else None,
        seconds=run.stopwatch.seconds,
        appearance=linked.appearance,
    )


def check_mode(opened: TrackingInput, parameters: TrackerParameters) -> None:
    """See to it before the work that an input can be tracked in this mode.

    Raises:
        InputError: a live source is to be tracked offline.
        ConfigError: there are constraints, but not for the solver that obeys them.
    """
    if opened.live and parameters.mode == "offline":
        raise InputError(f"{opened.name} is live and has no end to wait for: use --mode online or --mode windowed")
    chosen = parameters.solver if parameters.mode == "offline" else parameters.mode
    if opened.known and chosen != "lp":
        raise ConfigError(f"constraints need mode offline and solver lp, not {chosen}")


def _with_all_seen(opened: TrackingInput) -> TrackingInput:
    """The input with its detections, if those of all frames are known already."""
    whole = opened.seen.detections.whole()
    return opened._replace(detections=whole[0], frame_count=whole[1], counted=True) if whole else opened


def _silent(stage: str, done: int, total: int | None) -> None:
    """Report nothing."""
