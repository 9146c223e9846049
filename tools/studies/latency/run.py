"""One sequence tracked offline, online, and with several latencies in one pass over its frames."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from siamlink.detectors.base.arrays import Image
from siamlink.detectors.base.errors import ConfigError, InputError
from siamlink.detectors.base.stopwatch import Progress, Stopwatch
from siamlink.detectors.detections import Detections
from siamlink.detectors.mot.sequence import Sequence, find_sequences
from siamlink.detectors.sources.frame_source import Frame
from siamlink.tools.console.files import output_errors, publish, staging
from siamlink.tools.runners.work import Report
from siamlink.tracker.configuration import load_parameters
from siamlink.tracker.linking.appearance import FrameDescriber
from siamlink.tracker.linking.trackers import WindowedTracker
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.runs.inputs import TrackingInput, open_input
from siamlink.tracker.runs.options import TrackingOptions
from siamlink.tracker.runs.track import track_input
from siamlink.tracker.tracks import Tracks

OFFLINE, ONLINE = "offline", "online"
Ways = dict[str, TrackerParameters]
"""Settings by the name of the way of tracking."""


def ways_to_track(latencies: str, config: str | None, settings: list[str]) -> Ways:
    """Offline, windowed with each of the comma-separated latencies, the longest first, and online.

    Raises:
        ConfigError: a latency or a setting cannot be used.
    """
    try:
        seconds = sorted({float(part) for part in latencies.split(",")}, reverse=True)
    except ValueError:
        raise ConfigError(f"--latencies {latencies}: expected seconds joined by commas, such as 0.5,1,2") from None
    windowed = {f"windowed {each:g} s": ["mode=windowed", f"latency_seconds={each}"] for each in seconds}
    ways = {OFFLINE: ["mode=offline"], **windowed, ONLINE: ["mode=online"]}
    return {way: load_parameters(config, [*settings, *chosen]) for way, chosen in ways.items()}


def find_tested(data: Path, models: Path) -> list[Sequence]:
    """The annotated sequences with detections and a model.

    Raises:
        InputError: there are none.
    """
    tested = [
        each
        for each in find_sequences(data)
        if each.truth_file.is_file() and each.detection_file.is_file() and (models / each.name).is_dir()
    ]
    if not tested:
        raise InputError(
            f"{models} holds no model named after a sequence of {data} with gt/ and det/det.txt: give the models/ that "
            f"'siamlink crossvalidate {data}' writes"
        )
    return tested


@dataclass(frozen=True)
class LatencyWork:
    """Tracks sequences in all ways, and writes the tracks, as tasks of a runner.

    Attributes:
        models: holds a folder of models for each sequence.
        ways: of tracking; there is a folder for each in the output.
        folder: of the output.
    """

    models: Path
    ways: Ways
    folder: Path
    unit = "sequences"

    def name_of(self, task: Sequence) -> str:
        """See `Work`."""
        return task.name

    def prepare(self) -> Callable[[Sequence, Report], None]:
        """See `Work`."""
        return self._track

    def _track(self, sequence: Sequence, report: Report) -> None:
        tracked = track_in_all_ways(sequence, self.models / sequence.name, self.ways, report.progress)
        with staging(self.folder) as staged, output_errors(self.folder):
            for way, tracks in tracked.items():
                (staged / way).mkdir()
                (staged / way / f"{sequence.name}.txt").write_text(tracks.to_mot_text(), encoding="ascii")
            publish(staged, self.folder)


def track_in_all_ways(sequence: Sequence, model: Path, ways: Ways, progress: Progress) -> dict[str, Tracks]:
    """The tracks of a sequence by each way of tracking, all with the same model.

    Raises:
        ModelError: the model cannot be loaded.
        InputError: the sequence cannot be read.
    """

    def open_source() -> TrackingInput:
        return open_input(sequence.folder, sequence.detection_file)

    ways = {way: each.model_copy(update={"model": str(model)}) for way, each in ways.items()}
    windowed = {way: each for way, each in ways.items() if each.mode == "windowed"}
    tracked = _track_windowed(open_source(), windowed, progress)
    for way in ways.keys() - windowed.keys():
        tracked[way] = track_input(open_source(), TrackingOptions(ways[way])).tracks
    return {way: tracked[way] for way in ways}


def _track_windowed(source: TrackingInput, ways: Ways, progress: Progress) -> dict[str, Tracks]:
    """Give each frame to a tracker of each way; it is decoded and described once."""
    any_way = next(iter(ways.values()))
    matcher, frames = any_way.load_matcher(), source.frames
    describer = FrameDescriber(matcher.appearance, any_way.flow, source.frame_rate, Stopwatch())
    size = frames.size if frames else None
    trackers = {
        way: WindowedTracker(source.frame_rate, each, matcher, image_size=size, describer=describer)
        for way, each in ways.items()
    }
    parts: dict[str, list[Tracks]] = {way: [] for way in ways}
    for number, image, detections in _feed(source, frames if frames and matcher.appearance else ()):
        for way, tracker in trackers.items():
            parts[way].append(tracker.update(detections, image, number))
        progress("track", number, source.last_frame)
    return {way: Tracks.concatenate([*parts[way], tracker.finish()]) for way, tracker in trackers.items()}


def _feed(source: TrackingInput, frames: Iterable[Frame]) -> Iterator[tuple[int, Image | None, Detections]]:
    """Each frame's number, its image if there is one, and its detections."""
    images, detections = iter(frames), source.detections or Detections.empty()
    for number in range(1, source.last_frame + 1):
        frame = next(images, None)
        yield number, frame.image if frame else None, detections.in_frame(number)
