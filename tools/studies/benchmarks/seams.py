"""How far the seams of programs in segments reach, on real sequences."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from siamlink.association.explanation.program import Program
from siamlink.association.matcher import Matcher
from siamlink.association.solvers.problem import LinkProblem
from siamlink.association.solvers.seams import Seam, solve_in_segments
from siamlink.association.solvers.solvers import solve_lp
from siamlink.detectors.base.errors import InputError
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.detections import Detections
from siamlink.detectors.mot.sequence import find_sequences
from siamlink.tools.console.tables import Table, table
from siamlink.tracker.linking.calibrated_tracker import CalibratedTracker
from siamlink.tracker.linking.linear_program import LinearProgramTracker
from siamlink.tracker.linking.protocol import TrackerSetup
from siamlink.tracker.parameters import Matching, TrackerParameters
from siamlink.tracker.runs.inputs import open_input

KINDS: dict[str, tuple[Matching, int, int]] = {
    "first level of two": ("learned", 2, 0),
    "second level": ("learned", 2, 1),
    "one level": ("learned", 1, 0),
    "calibrated": ("calibrated", 1, 0),
}
"""The matching, the number of levels, and which of their programs."""
HALO_SECONDS = {"second level": (1.0, 2.5, 5.0, 15.0)}
OTHER_HALO_SECONDS = (0.1, 0.25, 0.5, 1.0, 2.0)
CUTS = 7
"""Cuts of a program at a time."""
REPEATS = 4
"""How often each program is cut at random."""


@dataclass(frozen=True)
class Reach:
    """The seams of programs of one kind, with one halo.

    Attributes:
        program: one of `KINDS`.
        halo: in seconds.
        seams: how many there were.
        widened: those where the neighbours did not agree within the halo.
        violated: those where the potentials did not prove the optimum at once.
        cancelled: circles of negative cost that were cancelled.
        seconds: the longest window that was solved or in which potentials were computed.
        different: links that are not those of the one program, of optima of the same cost.
    """

    program: str
    halo: float
    seams: int
    widened: int
    violated: int
    cancelled: int
    seconds: float
    different: int


@dataclass(frozen=True)
class SeamsBenchmark:
    """Programs of all kinds with all halos."""

    reaches: tuple[Reach, ...]

    def table(self) -> Table:
        """The figures for a terminal."""
        columns = ("program", "halo, s", "seams", "widened", "violated", "cancelled", "window, s", "different")
        rows = [
            (
                *(reach.program, f"{reach.halo:g}", f"{reach.seams:,}", f"{reach.widened}", f"{reach.violated}"),
                *(f"{reach.cancelled}", f"{reach.seconds:.1f}", f"{reach.different}"),
            )
            for reach in self.reaches
        ]
        return table(columns, rows)

    def json(self) -> str:
        """The figures for a program."""
        return json.dumps(asdict(self), indent=2) + "\n"


def measure(data: Path, progress: Progress) -> SeamsBenchmark:
    """Cut the programs of all sequences of a folder at random frames, and join them.

    Raises:
        InputError: there are no sequences with detections.
        RuntimeError: segments cost more than the one program.
    """
    sequences = [each for each in find_sequences(data) if each.detection_file.is_file()]
    if not sequences:
        raise InputError(f"no MOT sequences with det/det.txt in {data}")
    problems: dict[str, list[tuple[LinkProblem, float]]] = {name: [] for name in KINDS}
    for done, sequence in enumerate(sequences):
        progress("track", done, len(sequences))
        source = open_input(sequence.folder)
        assert source.detections is not None
        for name, (matching, levels, which) in KINDS.items():
            made = programs(source.detections, source.frame_rate, matching, levels)
            problems[name].append((made[which].problem, source.frame_rate))
    halos = [(name, halo) for name in KINDS for halo in HALO_SECONDS.get(name, OTHER_HALO_SECONDS)]
    reaches = []
    for done, (name, halo) in enumerate(halos):
        progress("cut", done, len(halos))
        reaches.append(_reach(name, halo, problems[name]))
    return SeamsBenchmark(tuple(reaches))


def programs(detections: Detections, rate: float, matching: Matching, levels: int) -> tuple[Program, ...]:
    """The programs of a recording without appearance: of detections and, with two levels, of tracklets."""
    parameters = TrackerParameters(matching=matching, levels=levels, appearance="none")
    setup = TrackerSetup(rate, parameters, Matcher.load(levels=levels), explains=True)
    tracker = (CalibratedTracker if matching == "calibrated" else LinearProgramTracker)(setup)
    for _ in tracker.update_many(detections):
        pass
    tracker.finish()
    assert tracker.explained is not None
    return tracker.explained.programs


def _reach(name: str, halo: float, problems: Sequence[tuple[LinkProblem, float]]) -> Reach:
    """The seams of all problems, each with its frame rate, with a halo in seconds."""
    seams, seconds, different = list[Seam](), 0.0, 0
    for problem, rate in problems:
        whole = solve_lp(problem)
        for cuts in _random_cuts(problem):
            solution, some = solve_in_segments(problem, cuts, max(1, round(halo * rate)))
            if solution.objective > whole.objective + 1e-6 * len(problem):
                raise RuntimeError("the program in segments costs more than the one program")
            different += int((solution.successor != whole.successor).sum())
            longest = max(max(seam.frames, seam.certificate.frames) for seam in some)
            seams, seconds = [*seams, *some], max(seconds, longest / rate)
    return Reach(
        program=name,
        halo=halo,
        seams=len(seams),
        widened=sum(seam.widened > 0 for seam in seams),
        violated=sum(seam.certificate.violated > 0 for seam in seams),
        cancelled=sum(seam.certificate.cancelled for seam in seams),
        seconds=seconds,
        different=different,
    )


def _random_cuts(problem: LinkProblem) -> Iterator[list[int]]:
    rng, frames = np.random.default_rng(0), np.unique(problem.frame)[:-1]
    for _ in range(REPEATS):
        yield rng.choice(frames, min(CUTS, len(frames)), replace=False).tolist()
