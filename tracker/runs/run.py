"""One run: the loop over the frames of a source, or over blocks of detections that are known already."""

from dataclasses import replace
from functools import partial

import numpy as np

from siamlink.association.appearance.separation import Judgement
from siamlink.detectors.base.arrays import IntArray
from siamlink.detectors.base.machine_code import Foresight
from siamlink.detectors.base.prefetch import DEPTH, prefetch
from siamlink.detectors.base.stopwatch import Stopwatch
from siamlink.detectors.detections import Detections
from siamlink.detectors.detector import LoadedDetector
from siamlink.detectors.sources.frame_source import Frame
from siamlink.tracker.linking.appearance import FrameDescriber
from siamlink.tracker.linking.appearance_source import AppearanceSource, DecodedAgain
from siamlink.tracker.linking.kept_pixels import KeptPixels
from siamlink.tracker.linking.link_probability import LateLinks
from siamlink.tracker.linking.make_tracker import described_in_passing, make_tracker
from siamlink.tracker.linking.matching_choice import choose_matching
from siamlink.tracker.linking.processed_frames import recognised_stride
from siamlink.tracker.linking.protocol import TrackerSetup
from siamlink.tracker.postprocessing.camera_motion import camera_for
from siamlink.tracker.runs.corrections import Corrections, constraints_on
from siamlink.tracker.runs.explanations import Explanations
from siamlink.tracker.runs.feed import Feed, detect_frames, given_frames
from siamlink.tracker.runs.frame_numbers import timing_of
from siamlink.tracker.runs.inputs import TrackingInput
from siamlink.tracker.runs.interrupted import Interrupted
from siamlink.tracker.runs.options import ToDescribe, TrackingOptions
from siamlink.tracker.runs.result import AppearanceUse, TrackingResult
from siamlink.tracker.runs.search import search_missed, search_network
from siamlink.tracker.runs.sinks import Recorder

LONGEST_EXTRAPOLATION_SECONDS = 10.0
"""No track is extrapolated further after its last detection."""


class TrackingRun:
    """Tracks one source once.

    Args:
        source: what to track.
        detector: finds the detections of a source that has none.
        options: how.
    """

    def __init__(self, source: TrackingInput, detector: LoadedDetector | None, options: TrackingOptions) -> None:
        self._options, self._detector, self._stopwatch = options, detector, Stopwatch()
        self._foresight = Foresight(source.live)
        self._first_frame, source = source.first_frame, source.from_one()
        self._detects = source.detections is None and detector is not None
        self._broken: str | None = None
        self._search_unused = ""
        timing, self._mean_rate = timing_of(source.frames, source.frame_rate, source.timestamps), source.frame_rate
        source, self._numbers = source.at_constant_rate(timing), timing.numbers.beginning_with(self._first_frame)
        self._in_passing = not options.offline or (source.frames is not None and source.frames.single_pass)
        # corrections name detections, so these are found before anything is linked
        self._detects_in_passing = self._detects and self._in_passing and not isinstance(source.known, Corrections)
        matcher = options.matcher or options.parameters.load_matcher()
        if options.appearance is not None:
            matcher = replace(matcher, calibrated_appearance=None)
        self._search = search_network(options.parameters, source) if options.searches else None
        whole_images = options.parameters.fixed_matching == "learned" and options.parameters.gaps.follows_camera
        keeps_pixels = self._detects and not self._in_passing and not whole_images
        self._kept = KeptPixels.seen_by(matcher.appearances.values()) if keeps_pixels else None
        self._source = self._detect_all(source) if self._detects and not self._detects_in_passing else source
        known = self._numbers.given(self._source.detections or Detections.empty())
        constraints, false_alarm = constraints_on(known, self._source.known)
        given = self._source.detections
        if given is not None and false_alarm.any():
            self._source = self._source._replace(detections=given[~false_alarm], frame_count=self._source.last_frame)
        self._setup = self._chosen(
            TrackerSetup(
                source.frame_rate,
                options.parameters,
                matcher,
                source.image_size,
                self._stopwatch,
                stride=1 if source.detections is None or detector else recognised_stride(source.detections.frame),
                collects_left_out=True,
                explains=options.explain,
                memory=options.memory,
            )
        )
        self._tracker = make_tracker(self._setup, self._appearance_source(), constraints)
        late_links = None if options.offline else self._take_late_links
        self._recorder = Recorder(
            options.sinks, options.keeps_tracks, self._stopwatch, self._tracker.left_out, self._numbers, late_links
        )
        if given is not None:
            self._recorder.add_false_alarms(given[false_alarm])

    def _explanations(self, detections: Detections) -> Explanations | None:
        """Why the links were chosen, if that is wanted and there are tracks; `detections` are those of the result."""
        explained = self._tracker.explained if self._options.keeps_tracks else None
        return Explanations(explained, self._numbers, detections) if explained else None

    def _take_late_links(self) -> LateLinks:
        return self._tracker.late_links.take()

    def describe_all(self) -> None:
        """Fill the cache of the source with all that later runs, under any constraints, need from its images.

        That is the descriptors of all detections and the camera's motion; offline alone, where the tracker reads the
        video again, and not for descriptors that depend on the other boxes of their frame.
        """
        source, detections = self._appearance_source(), self._source.detections
        appearance = self._setup.matcher.appearance
        if isinstance(source, DecodedAgain) and detections and appearance and not appearance.needs_flow:
            source.describe(detections, np.arange(len(detections)))
            source.camera_motion(detections)

    def result(self) -> TrackingResult:
        """Track, and return what came of it.

        Raises:
            Interrupted: by something that is no error, such as Ctrl-C, where tracks are kept.
        """
        tracker, recorder, source = self._tracker, self._recorder, self._source
        try:
            if source.detections is not None and not self._needs_images:
                self._track_known(source.detections)
            else:
                self._track_frames()
            self._finish()
        except Exception:
            raise
        except BaseException as cause:
            if not self._options.keeps_tracks:
                raise
            raise Interrupted(recorder.tracks, self._numbers.of_source(tracker.final_frame)) from cause
        detections = (
            recorder.detections
            if source.detections is None or not self._options.keeps_tracks
            else self._numbers.given(source.detections)
        )
        return TrackingResult(
            name=source.name,
            tracks=recorder.tracks,
            detections=detections,
            counts=recorder.counts,
            detector=self._detector.name if self._detector else None,
            frame_count=self._numbers.count_up_to(tracker.frame if self._detects else source.last_frame),
            broken=self._broken or (source.frames.broken if self._detects and source.frames else None),
            seconds=self._stopwatch.seconds,
            appearance=self._appearance_use(),
            left_out=recorder.left_out,
            stride=self._setup.stride or 1,
            matching=tracker.matching,
            detector_record=self._detector.description if self._detector else None,
            class_names=source.class_names if self._detector is None else self._detector.class_names,
            frame_rate=self._mean_rate,
            first_frame=self._first_frame,
            explanations=self._explanations(detections),
            search_unused=self._search_unused,
        )

    def _chosen(self, setup: TrackerSetup) -> TrackerSetup:
        """The setup with the matching that suits the detections, if that is to be chosen and they are known.

        Offline without appearance, the tracker chooses at the end: it links with both anyway. In the other modes it
        chooses by the first frame, if a detector finds the detections.
        """
        detections, parameters = self._source.detections, setup.parameters
        describes = setup.matcher.appearance is not None and self._source.frames is not None
        tracker_chooses = not describes if parameters.mode == "offline" else self._detects
        if parameters.fixed_matching or detections is None or tracker_chooses:
            return setup
        setup = setup.with_matching(choose_matching(detections, setup))
        if setup.parameters.uses_appearance:
            return setup
        return replace(setup, matcher=replace(setup.matcher, appearance=None))

    def _detect_all(self, source: TrackingInput) -> TrackingInput:
        """The source with the detections of all its frames, for a tracker that needs all of them anyway."""
        assert source.frames is not None
        parts, last = [], 0
        for last, image, detections in self._detected(source):
            parts.append(detections)
            if self._kept and image is not None:
                self._kept.add(last, image, detections.box)
            self._options.progress("detect", last, source.frames.frame_count)
        self._broken = source.frames.broken  # the video may be decoded again, and not to its end
        return source._replace(detections=Detections.concatenate(parts), frame_count=last, counted=True)

    def _detected(self, source: TrackingInput) -> Feed:
        assert source.frames is not None
        assert self._detector is not None
        return detect_frames(source.frames, self._detector, self._stopwatch, source.cache.detections)

    def _track_known(self, detections: Detections) -> None:
        """Give the tracker the detections, in blocks of many frames."""
        tracker, last_frame, done = self._tracker, self._source.last_frame, 0
        for tracks in self._stopwatch.over("link", tracker.update_many(detections)):
            first, done = done, detections.count_until(tracker.frame)
            self._recorder.add_detections(detections[first:done])
            self._recorder.add_tracks(tracks, tracker.final_frame)
            self._report(tracker.frame)
        for number in self._frames_without_detections():
            with self._stopwatch.stage("link"):
                tracks = tracker.update([], frame_number=number)
            self._recorder.add_tracks(tracks, tracker.final_frame)
        if last_frame > tracker.frame:
            with self._stopwatch.stage("link"):
                tracks = tracker.update(None, frame_number=last_frame)
            self._recorder.add_tracks(tracks, tracker.final_frame)
            self._report(last_frame)

    def _frames_without_detections(self) -> range:
        """The frames after the last detection in which calibrated online tracking may still extrapolate a track."""
        tracker, parameters = self._tracker, self._options.parameters
        if tracker.matching != "calibrated" or parameters.mode != "online" or not tracker.frame:
            return range(0)
        end = tracker.frame + round(LONGEST_EXTRAPOLATION_SECONDS * self._setup.frame_rate)
        return range(tracker.frame + 1, min(self._source.last_frame, end) + 1)

    def _track_frames(self) -> None:
        """Give the tracker one frame after another, while the next ones are decoded and detected.

        A live source is one frame ahead at most: it must not wait for its turn.
        """
        source, tracker = self._source, self._tracker
        feed = (
            self._detected(source)
            if self._detects_in_passing
            else given_frames(source, self._setup, self._options.draws, self._numbers)
        )
        with prefetch(feed, 1 if source.live else DEPTH) as frames:
            for number, image, detections in frames:
                with self._stopwatch.stage("link"):
                    tracks = tracker.update(detections, image, number)
                frame = None if image is None else Frame(number, (number - 1) / source.frame_rate, image)
                self._recorder.add_detections(detections, frame)
                self._recorder.add_tracks(tracks, tracker.final_frame)
                self._report(number)

    def _finish(self) -> None:
        if self._options.offline:
            self._options.progress("link", 0, None)
        with self._stopwatch.stage("link"):
            tracks = self._tracker.finish()
        if self._search:
            searched = search_missed(tracks, self._search, self._source, self._setup, self._options.progress)
            tracks, self._search_unused = searched
        self._recorder.add_tracks(tracks, self._tracker.final_frame)
        if self._options.offline:
            self._options.progress("link", 1, 1)

    def _report(self, frame: int) -> None:
        """Report that a frame has been tracked."""
        self._foresight.reached(frame, self._source.last_frame)
        if self._detects_in_passing and self._source.frames:
            self._options.progress("detect", frame, self._source.frames.frame_count)
        elif not self._options.offline:
            self._options.progress("link", frame, self._source.last_frame)

    @property
    def _needs_images(self) -> bool:
        describes = self._setup.matcher.appearance is not None and self._in_passing
        return self._source.frames is not None and (describes or self._options.draws)

    def _appearance_source(self) -> AppearanceSource | None:
        """What the options say, or, offline, the video decoded again if it can be, else the frames in passing."""
        setup, source, options = self._setup, self._source, self._options
        if options.appearance is not None or setup.matcher.appearance is None:
            return options.appearance
        flow, gaps = setup.parameters.flow, setup.parameters.gaps
        describer = FrameDescriber(setup.matcher.appearance, flow, setup.frame_rate, setup.stopwatch, source.cache)
        if self._in_passing:
            return described_in_passing(setup, describer)
        if source.frames is None:
            return None
        # tracks by calibrated matching are smoothed without the camera's motion
        calibrated = setup.parameters.fixed_matching == "calibrated"
        known = source.cache.background
        camera = None if calibrated else camera_for(setup.matcher, gaps, setup.frame_rate, setup.stopwatch, known)
        ahead = partial(self._describe_ahead, camera is not None) if options.describe_ahead else None
        if camera:
            self._kept = None  # its motion is estimated from whole images
        frames = self._kept.frames if self._kept and self._kept.complete else source.frames.from_one
        return DecodedAgain(frames, describer, camera, options.progress, ahead)

    def _describe_ahead(self, camera: bool, detections: Detections, rows: IntArray) -> None:
        assert self._options.describe_ahead is not None
        assert self._setup.matcher.appearance is not None
        rate, label = self._setup.frame_rate, self._setup.matcher.appearance.label
        self._options.describe_ahead(ToDescribe(detections, rows, label, rate, self._numbers, camera))

    def _appearance_use(self) -> AppearanceUse | None:
        """How far the appearance was used, if there is one."""
        appearance, frames, missing = self._setup.matcher.appearance, self._source.frames, None
        if appearance is None:
            return None
        requested, described = self._tracker.open_count, self._tracker.compared_count
        if described < requested or (frames is None and self._options.appearance is None):
            missing = frames.broken or f"ends with frame {frames.last_number}" if frames else "has no frames"
        judgement = self._tracker.judgement or Judgement(None, 0.0)
        return AppearanceUse(appearance.name, requested, described, missing, judgement.information, judgement.ignored)
