"""A long synthetic stream in windowed mode: speed, memory over time, and identity switches."""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from siamlink.association.matcher import Matcher
from siamlink.detectors.base.counted import counted
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.boxes import iou_matrix
from siamlink.detectors.detections import Detections
from siamlink.tools.console.tables import Table, table
from siamlink.tools.drawing.figures import BLUE, ORANGE, drawn_figure
from siamlink.tracker.linking.linear_program import LinearProgramTracker
from siamlink.tracker.linking.protocol import TrackerSetup
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.tracks import Tracks

FALSE = -1
FEET = 0.2, 0.95
"""The range of the feet, as shares of the image height."""
SAMPLES = 200
"""Number of measurements of the memory in a run."""


@dataclass(frozen=True)
class Walkers:
    """People who walk left and right without end on parallel paths, behind a pillar in the middle; the camera is high.

    Attributes:
        people: number of people, numbered from 0.
        width, height: pixels.
        frame_rate: frames per second.
        pillar: its width in pixels; there are no detections behind it.
        miss_rate: probability that a visible person is not detected.
        false_rate: mean number of false boxes in a frame.
        jitter: standard deviation of a box's centre and size, relative to its height.
        seed: seed of all random numbers.
    """

    people: int = 10
    width: int = 1920
    height: int = 1080
    frame_rate: float = 30.0
    pillar: float = 80.0
    miss_rate: float = 0.1
    false_rate: float = 0.5
    jitter: float = 0.03
    seed: int = 0

    def frames(self, count: int) -> Iterator[tuple[Detections, NDArray[np.int64]]]:
        """The detections of each frame, and (N,) the person of each; `FALSE` for false detections."""
        rng = np.random.default_rng(self.seed)
        foot = np.linspace(*FEET, self.people) * self.height
        tall = self._tall(foot)
        way = self.width - 0.4 * tall
        speed = rng.uniform(0.7, 0.95, self.people) * tall / self.frame_rate
        start = rng.uniform(0, 2 * way)
        for frame in range(1, count + 1):
            x = 0.2 * tall + way - np.abs((start + speed * frame) % (2 * way) - way)
            hidden = np.abs(x - self.width / 2) < self.pillar / 2
            detected = np.flatnonzero(~hidden & (rng.random(self.people) >= self.miss_rate))
            false_foot = rng.uniform(*FEET, rng.poisson(self.false_rate)) * self.height
            false_x = rng.uniform(0, self.width, len(false_foot))
            box = self._boxes(np.append(x[detected], false_x), np.append(foot[detected], false_foot), rng)
            score = np.append(rng.normal(0.72, 0.14, len(detected)), rng.normal(0.45, 0.14, len(false_foot)))
            person = np.append(detected, np.full(len(false_foot), FALSE))
            yield Detections.from_boxes(frame, box, np.clip(score, 0.01, 0.99)), person

    def _tall(self, foot: NDArray[np.float64]) -> NDArray[np.float64]:
        return 0.12 * (foot + 0.3 * self.height)

    def _boxes(
        self, x: NDArray[np.float64], foot: NDArray[np.float64], rng: np.random.Generator
    ) -> NDArray[np.float64]:
        """(N, 4) jittered boxes of people at (x, foot)."""
        tall = self._tall(foot)[:, None]
        middle = np.column_stack([x, foot - tall[:, 0] / 2]) + rng.normal(0, self.jitter, (len(x), 2)) * tall
        size = tall * [0.4, 1.0] * np.exp(rng.normal(0, self.jitter, (len(x), 2)))
        return np.hstack([middle - size / 2, middle + size / 2])


@dataclass(frozen=True)
class Sample:
    """After a frame: detections in the window, and megabytes of the process in memory."""

    frame: int
    detections: int
    resident_mb: float


@dataclass(frozen=True)
class StreamBenchmark:
    """The measures of a stream.

    Attributes:
        frames: number of frames.
        people: number of people.
        cpu_seconds: CPU time of the tracker.
        tracks: number of track ids.
        switches: how often the next detection of a person had another id than the one before.
        wrong_boxes: detections of a track that are not of its most frequent person, false detections included.
        boxes: detections in tracks.
        samples: memory and detections over time.
    """

    frames: int
    people: int
    cpu_seconds: float
    tracks: int
    switches: int
    wrong_boxes: int
    boxes: int
    samples: tuple[Sample, ...]

    def table(self) -> Table:
        """The figures for a terminal."""
        middle, last = self.samples[len(self.samples) // 2], self.samples[-1]
        rows = {
            "frames / CPU second": f"{self.frames / max(self.cpu_seconds, 1e-9):,.0f}",
            "tracks / people": f"{self.tracks} / {self.people}",
            "identity switches": f"{self.switches}",
            "boxes of another person": f"{self.wrong_boxes} of {self.boxes}",
            "most detections in memory": f"{max(sample.detections for sample in self.samples)}",
            f"resident MB at {middle.frame} / {last.frame}": f"{middle.resident_mb:.0f} / {last.resident_mb:.0f}",
        }
        return table(("stream", ""), rows.items(), title=counted(self.frames, "frame"))

    def json(self) -> str:
        """The figures for a program."""
        return json.dumps(asdict(self), indent=2) + "\n"

    def draw(self, path: Path) -> None:
        """Draw memory and detections by frame."""
        with drawn_figure(path, 9, 3.4) as figure:
            left, right = figure.subplots(1, 2)
            frame = [sample.frame for sample in self.samples]
            left.plot(frame, [sample.resident_mb for sample in self.samples], color=BLUE)
            right.plot(frame, [sample.detections for sample in self.samples], color=ORANGE, linewidth=0.8)
            left.set(xlabel="frame", ylabel="resident MB")
            right.set(xlabel="frame", ylabel="detections in memory")
            for axes in (left, right):
                axes.margins(y=0.2)
                axes.set_ylim(bottom=0)


def measure(
    walkers: Walkers, frames: int, parameters: TrackerParameters, progress: Progress, matcher: Matcher | None = None
) -> StreamBenchmark:
    """Track people without images, and measure speed, memory and ids.

    Args:
        walkers: the scene.
        frames: number of frames.
        parameters: settings of the windowed tracker.
        progress: receives the progress.
        matcher: the models; None: those that the parameters name.
    """
    size = walkers.width, walkers.height
    setup = TrackerSetup(walkers.frame_rate, parameters, matcher or parameters.load_matcher(), size)
    tracker = LinearProgramTracker(setup)
    count, samples, cpu_seconds = _IdentityCount(), [], 0.0
    for frame, (detections, person) in enumerate(walkers.frames(frames), 1):
        count.expect(frame, detections, person)
        begin = time.process_time()
        final = tracker.update(detections, frame_number=frame)
        cpu_seconds += time.process_time() - begin
        count.compare(final, tracker.final_frame)
        if frame % max(frames // SAMPLES, 1) == 0:
            samples.append(Sample(frame, tracker.window_count, _resident_mb()))
            progress("stream", frame, frames)
    count.compare(tracker.finish(), tracker.final_frame)
    return StreamBenchmark(
        frames=frames,
        people=walkers.people,
        cpu_seconds=cpu_seconds,
        tracks=len(count.persons),
        switches=count.switches,
        wrong_boxes=sum(sum(people.values()) - max(people.values()) for people in count.persons.values()),
        boxes=sum(sum(people.values()) for people in count.persons.values()),
        samples=tuple(samples),
    )


class _IdentityCount:
    """Counts the persons of each track; stores the truth of the frames that are not final yet.

    Attributes:
        switches: how often the id of a person changed.
        persons: for each track, the number of boxes of each person.
    """

    def __init__(self) -> None:
        self.switches = 0
        self.persons: dict[int, dict[int, int]] = {}
        self._expected: dict[int, tuple[Detections, NDArray[np.int64]]] = {}
        self._last_id: dict[int, int] = {}

    def expect(self, frame: int, detections: Detections, person: NDArray[np.int64]) -> None:
        self._expected[frame] = detections, person

    def compare(self, final: Tracks, final_frame: int) -> None:
        for frame, tracks in final[~final.interpolated].by_frame():
            detections, person = self._expected[frame]
            row = iou_matrix(tracks.box, detections.box).argmax(axis=1)
            for track, each in zip(tracks.track_id.tolist(), person[row].tolist(), strict=True):
                self._count(track, each)
        for frame in [each for each in self._expected if each <= final_frame]:
            del self._expected[frame]

    def _count(self, track: int, person: int) -> None:
        people = self.persons.setdefault(track, {})
        people[person] = people.get(person, 0) + 1
        if person != FALSE:
            self.switches += self._last_id.setdefault(person, track) != track
            self._last_id[person] = track


def _resident_mb() -> float:
    """Megabytes of this process in memory; NaN if the system does not report it."""
    import resource

    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return float("nan")
    return pages * resource.getpagesize() / 2**20
