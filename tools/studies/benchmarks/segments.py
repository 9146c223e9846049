"""Long recordings of detections alone, linked in segments: time and memory by length."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from siamlink.association.pairs.scene_statistics import SceneStatistics
from siamlink.association.pairs.video_info import VideoInfo
from siamlink.association.solvers.pieces import Piece, part_of, solve_piece
from siamlink.association.solvers.problem import chain_starts
from siamlink.association.solvers.seams import Seam, join_pieces
from siamlink.association.solvers.solvers import solve_lp
from siamlink.association.tracklets.linking import link_tracklets
from siamlink.association.tracklets.tracklets import make_tracklets
from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.detections import Detections
from siamlink.tools.console.processes import in_own_process, peak_megabytes
from siamlink.tools.console.tables import Table, table
from siamlink.tools.studies.benchmarks.stream import Walkers
from siamlink.tracker.linking.protocol import TrackerSetup
from siamlink.tracker.linking.scored_pairs import ScoredPairs
from siamlink.tracker.parameters import TrackerParameters

HALO_SECONDS = 2.0
"""How much of its neighbours a segment is solved with."""
WARM_UP = 50
"""Frames that are linked before a measurement."""


@dataclass(frozen=True)
class Linked:
    """The first level of a recording of N detections.

    Attributes:
        successor: (N,) the next detection of the same tracklet, -1 for none.
        used: (N,) whether a detection is in a tracklet.
        probability: (N,) that it shows an object.
        cost: of the links, in nats.
        seams: where segments were joined.
    """

    successor: IntArray
    used: BoolArray
    probability: FloatArray
    cost: float
    seams: tuple[Seam, ...]

    def track_ids(self) -> NDArray[np.int32]:
        """(N,) the tracklet of each detection, as `Solution.track_ids` numbers them."""
        start = chain_starts(self.successor)
        begins = self.used & (start == np.arange(len(start)))
        ids: NDArray[np.int32] = np.where(self.used, np.cumsum(begins)[start], 0).astype(np.int32)
        return ids


def link_in_segments(detections: Detections, setup: TrackerSetup, segment_frames: int, progress: Progress) -> Linked:
    """The first level of two, as the tracker solves it for the whole recording.

    Pairs and their features are those of a segment at a time, with the frames around it that they depend on.

    Args:
        detections: of a whole recording.
        setup: frame rate, settings and models of learned matching, without appearance.
        segment_frames: frames of each segment.
        progress: receives the segments that are done.
    """
    scene, probability = SceneStatistics.of(detections, setup.separates_classes), np.zeros(len(detections))
    last = int(detections.frame[-1])
    bounds = [0, *range(segment_frames, last, segment_frames), last]

    def pieces() -> Iterator[Piece]:
        for done, (before, until) in enumerate(pairwise(bounds)):
            progress("link", done, len(bounds) - 1)
            yield _piece(detections, setup, scene, before + 1, until, probability)

    finals, seams, cost = [], list[Seam](), 0.0
    for final in join_pieces(map(solve_piece, pieces())):
        finals.append((final.successor, final.used))
        cost += final.cost
        seams += [final.seam] if final.seam else []
    successor, used = (np.concatenate(columns) for columns in zip(*finals, strict=True))
    return Linked(successor, used, probability, cost, tuple(seams))


def _piece(
    detections: Detections, setup: TrackerSetup, scene: SceneStatistics, first: int, last: int, probability: FloatArray
) -> Piece:
    """The program of some frames and their halo; writes the probabilities (N,) of the detections of these frames."""
    gap, halo = setup.parameters.gate.gap_frames(setup.frame_rate), round(HALO_SECONDS * setup.frame_rate)
    begin, end = max(first - halo, int(detections.frame[0])), min(last + halo, int(detections.frame[-1]))
    start, stop = np.searchsorted(detections.frame, [begin - 3 * gap, end + 3 * gap + 1])
    scored = ScoredPairs.empty().extended(detections[start:stop], scene, setup)
    problem = scored.link_problem(setup.parameters.second_level.safe, setup.matcher.gaps)
    own = slice(*np.searchsorted(scored.detections.frame, [first, last + 1]))
    probability[start + own.start : start + own.stop] = scored.detection_probability[own]
    later = problem.frame[problem.pairs.later]
    piece = part_of(problem, begin, end, np.flatnonzero((later >= begin) & (later <= end)))
    return Piece(begin, end, start + piece.node, piece.problem)


@dataclass(frozen=True)
class Measured:
    """One recording.

    Attributes:
        frames: its frames.
        detections: its detections.
        segments: how many segments it was cut into.
        first_level: CPU seconds of the first level, in segments.
        second_level: CPU seconds of the tracklets and their links, in one program.
        tracklets: number of tracklets.
        tracks: number of tracks.
        widened: seams where the neighbours did not agree within the first halo.
        violated: seams where the potentials did not prove the optimum at once.
        cancelled: circles of negative cost that were cancelled.
        held_megabytes: peak memory before linking: the detections and the program.
        first_megabytes: peak memory after the first level.
        peak_megabytes: peak memory in all.
    """

    frames: int
    detections: int
    segments: int
    first_level: float
    second_level: float
    tracklets: int
    tracks: int
    widened: int
    violated: int
    cancelled: int
    held_megabytes: float | None
    first_megabytes: float | None
    peak_megabytes: float | None


@dataclass(frozen=True)
class SegmentsBenchmark:
    """Recordings of several lengths."""

    runs: tuple[Measured, ...]

    def table(self) -> Table:
        """The figures for a terminal."""
        columns = (
            "frames",
            "segments",
            "level 1, ms",
            "level 2, ms",
            "tracklets",
            "widened",
            "MB",
            "MB, level 1",
            "MB, peak",
        )
        rows = [
            (
                *(f"{number:,}" for number in (run.frames, run.segments)),
                *(f"{1000 * seconds / run.frames:.3f}" for seconds in (run.first_level, run.second_level)),
                *(f"{number:,}" for number in (run.tracklets, run.widened)),
                *(
                    f"{peak:,.0f}" if peak else ""
                    for peak in (run.held_megabytes, run.first_megabytes, run.peak_megabytes)
                ),
            )
            for run in self.runs
        ]
        return table(columns, rows)

    def json(self) -> str:
        """The figures for a program."""
        return json.dumps(asdict(self), indent=2) + "\n"


def measure(lengths: Sequence[int], segment_frames: int, people: int, progress: Progress) -> SegmentsBenchmark:
    """Link recordings of walkers at 25 frames a second, each in its own process.

    Args:
        lengths: numbers of frames.
        segment_frames: frames of each segment.
        people: number of people.
        progress: receives the progress.
    """
    runs = []
    for done, frames in enumerate(lengths):
        progress("measure", done, len(lengths))
        runs.append(in_own_process(measure_one, frames, segment_frames, people))
    return SegmentsBenchmark(tuple(runs))


def measure_one(frames: int, segment_frames: int, people: int) -> Measured:
    """Link one recording, in this process."""
    walkers = Walkers(people=people, frame_rate=25.0)
    parameters = TrackerParameters(matching="learned", appearance="none")
    setup = TrackerSetup(walkers.frame_rate, parameters, parameters.load_matcher(), (walkers.width, walkers.height))
    few = _recording(walkers, WARM_UP)
    _second_level(few, link_in_segments(few, setup, WARM_UP, _silent), setup)  # loads the libraries
    detections = _recording(walkers, frames)
    detections = detections[setup.without_duplicates(detections)]
    held, clock = peak_megabytes(), _clock()
    linked = link_in_segments(detections, setup, segment_frames, _silent)
    first_level, first = clock(), peak_megabytes()
    tracklets, tracks = _second_level(detections, linked, setup)
    return Measured(
        frames=frames,
        detections=len(detections),
        segments=len(linked.seams) + 1,
        first_level=first_level,
        second_level=clock(),
        tracklets=tracklets,
        tracks=tracks,
        widened=sum(seam.widened > 0 for seam in linked.seams),
        violated=sum(seam.certificate.violated > 0 for seam in linked.seams),
        cancelled=sum(seam.certificate.cancelled for seam in linked.seams),
        held_megabytes=held,
        first_megabytes=first,
        peak_megabytes=peak_megabytes(),
    )


def _silent(_: str, __: int, ___: int | None) -> None:
    pass


def _clock() -> Callable[[], float]:
    """Returns the CPU seconds since it was called last."""
    before = [time.process_time()]

    def passed() -> float:
        before.append(time.process_time())
        return before[-1] - before[-2]

    return passed


def _recording(walkers: Walkers, frames: int) -> Detections:
    """The detections of all frames; they are put together in parts, as single frames take more memory."""
    parts, some = [], []
    for found, _ in walkers.frames(frames):
        some.append(found)
        if len(some) == 1000:
            parts.append(Detections.concatenate(some))
            some = []
    return Detections.concatenate([*parts, *some])


def _second_level(detections: Detections, linked: Linked, setup: TrackerSetup) -> tuple[int, int]:
    """The number of tracklets, and of tracks in the optimum of their program."""
    second, scene = setup.parameters.second_level, SceneStatistics.of(detections, setup.separates_classes)
    matcher, rate = setup.matcher.tracklets, setup.frame_rate
    assert matcher is not None
    probability, classes = linked.probability, scene.classes
    tracklets = make_tracklets(detections, linked.track_ids(), probability, rate, second.summary, classes=classes)
    video = VideoInfo(rate, int(detections.frame[-1]), setup.image_size)
    tracks = link_tracklets(tracklets, scene, video, matcher, second, solve_lp)
    return len(tracklets), int(tracks.track_id.max(initial=0))
