"""From a source and its detections to tracks: the one call behind the command and the Python interface."""

import inspect
import warnings
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from siamlink.detectors.base.errors import ConfigError, InputError
from siamlink.detectors.base.hints import nearest
from siamlink.detectors.base.parameters import build
from siamlink.detectors.base.progress_bars import progress_bars
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.detections import Detections
from siamlink.detectors.detector_options import DetectorOptions
from siamlink.detectors.formats.against_picture import lies_within_a_pixel
from siamlink.detectors.models.registry import load_detector
from siamlink.detectors.sources.open import live_title
from siamlink.tracker.linking.explained import check_explanation_possible
from siamlink.tracker.linking.make_tracker import check_calibration_possible, check_constraints_possible
from siamlink.tracker.parameters import TrackerParameters, given_parameters
from siamlink.tracker.runs.corrections import AnyConstraints, Corrections
from siamlink.tracker.runs.inputs import WITHIN_A_PIXEL, TrackingInput, open_input
from siamlink.tracker.runs.options import DEFAULT_DETECTOR, TrackingOptions, no_progress
from siamlink.tracker.runs.result import TrackingResult
from siamlink.tracker.runs.run import TrackingRun
from siamlink.tracker.runs.score_note import score_note


def track(  # noqa: PLR0913 - one call for all
    source: Any,
    detector: Any = None,
    detections: Path | Detections | Iterable[Any] | None = None,
    parameters: TrackerParameters | None = None,
    progress: Progress | bool | None = None,
    constraints: AnyConstraints = (),
    *,
    frame_rate: float | None = None,
    name: str | None = None,
    timestamps: Sequence[float] | None = None,
    explain: bool = False,
    **settings: Any,
) -> TrackingResult:
    """Track one video: detect, unless detections are given, and link.

    Args:
        source: a video file, an image folder, a MOT sequence folder, a camera number, a stream URL, a list, iterator or
            array (T, H, W, 3) of images, a list of image files, or a `cv2.VideoCapture`.
        detector: any text that --detector accepts, such as "yolox-nano", "onnx:FILE" or "file.py:attribute", or an
            object with `detect(image)`; None: the detections that are given or lie in the sequence, else
            `DEFAULT_DETECTOR`.
        detections: a MOT detection file, `Detections`, or a list with what a detector returns for each frame.
        parameters: settings of the tracker.
        progress: True shows bars, in a terminal or a notebook; or a function that is called with the stage, the frames
            done and the frames in all.
        constraints: `Corrections` of earlier tracks, a file or lines of them, or constraints on rows of the
            detections by `must_link` and `cannot_link`.
        frame_rate: frames per second; None: that of the source, else 30.
        name: names the results; None: the name of the file or folder, else "frames".
        timestamps: the time of each frame in seconds, for a variable frame rate; None: a video's own, or by the frame
            rate.
        explain: whether the result has `explanations` of all links; in mode offline with solver lp.
        settings: settings by name, such as `mode="online"` or `gaps={"smooth": False}`; they win over `parameters`.
            Options of the detector by name too, such as `classes=["car", "bus"]` or `confidence=0.3`; see
            `DetectorOptions`. Classes and scores are selected from given detections as well.

    Raises:
        SiamlinkError: an argument cannot be used; the message is one line that says which.
    """
    if detector is not None and detections is not None:
        raise ConfigError("give detector or detections, not both")
    chosen = DetectorOptions.of({name: settings.pop(name) for name in DetectorOptions.names() if name in settings})
    parameters = _with_settings(given_parameters(parameters), settings)
    check_live_mode(source, parameters)
    if explain:
        check_explanation_possible(parameters)
    recorded = parameters.mode == "offline"
    opened = open_input(source, detections, frame_rate, detector is None, constraints, recorded=recorded)
    opened = (opened if name is None else opened.named(name)).selected(chosen)
    if timestamps is not None:
        if frame_rate is not None:
            raise ConfigError("give either frame_rate or timestamps: the frame rate follows from the time stamps")
        opened = opened.timed(timestamps)
    for note in opened.notes:
        warnings.warn(note, UserWarning, stacklevel=2)
    with progress_bars(opened.name) if progress is True else nullcontext(progress or no_progress) as report:
        options = TrackingOptions(parameters, detector, progress=report, detector_options=chosen, explain=explain)
        result = track_input(opened, options)
    if result.detector and lies_within_a_pixel(result.detections.box):
        warnings.warn(WITHIN_A_PIXEL, UserWarning, stacklevel=2)
    if note := score_note(result, chosen.confidence):
        warnings.warn(note, UserWarning, stacklevel=2)
    return result


def track_input(source: TrackingInput, options: TrackingOptions) -> TrackingResult:
    """Track a source that is open; see `track`.

    Raises:
        InputError: a live source is to be tracked offline.
        ConfigError: there are constraints, and the tracker cannot obey them.
        ConstraintError: they contradict each other.
        Interrupted: by something that is no error, such as Ctrl-C, where tracks are kept.
    """
    check_mode(source, options.parameters)
    if options.explain:
        check_explanation_possible(options.parameters)
    detector = None
    if source.detections is None and source.frames is not None:
        name = DEFAULT_DETECTOR if options.detector is None else options.detector
        detector = load_detector(name, options.progress, **options.detector_options.given)
        source = source if options.draws else with_cached_detections(source)
    return TrackingRun(source, detector, options).result()


def check_live_mode(source: object, parameters: TrackerParameters) -> None:
    """Check before a camera or stream is opened that it can be tracked in this mode.

    Raises:
        InputError: it is to be tracked offline, or its URL is not that of a stream.
    """
    title = live_title(str(source) if isinstance(source, int) else source)
    if title and parameters.mode == "offline":
        raise InputError(f"{title} needs --mode online or --mode windowed")


def check_mode(source: TrackingInput, parameters: TrackerParameters) -> None:
    """Check before the work that a source can be tracked in this mode.

    Raises:
        InputError: a live source is to be tracked offline.
        ConfigError: there are constraints and the tracker cannot obey them, or settings exclude each other.
    """
    if source.live and parameters.mode == "offline":
        raise InputError(f"{source.name} is live and needs --mode online or --mode windowed")
    check_calibration_possible(parameters)
    if source.known:
        check_constraints_possible(parameters)
        read_once = source.live or (source.frames is not None and source.frames.single_pass)
        if isinstance(source.known, Corrections) and source.detections is None and read_once:
            raise ConfigError(
                "corrections of images that can be read once only need the detections they speak of: give them, "
                "instead of a detector"
            )


def with_cached_detections(source: TrackingInput) -> TrackingInput:
    """The source with its detections, if the cache has those of all frames."""
    whole = source.cache.detections.whole()
    if not whole:
        return source
    return source._replace(detections=whole[0].later(source.first_frame - 1), frame_count=whole[1], counted=True)


def _with_settings(parameters: TrackerParameters, settings: dict[str, Any]) -> TrackerParameters:
    """The parameters with some settings replaced.

    Raises:
        ConfigError: there is no such setting, or a value is wrong.
    """
    if not settings:
        return parameters
    for name in settings.keys() - TrackerParameters.model_fields:
        arguments = (*inspect.signature(track).parameters, *DetectorOptions.names())
        near = nearest(name, [*arguments, *TrackerParameters.model_fields])
        if near and near not in TrackerParameters.model_fields:
            raise ConfigError(f"track(): unknown argument '{name}'; did you mean '{near}'?")
    values = parameters.model_dump(exclude_unset=True)
    for name, value in settings.items():
        old = values.get(name)
        values[name] = {**old, **value} if isinstance(old, dict) and isinstance(value, dict) else value
    return build(TrackerParameters, values, "track()")
