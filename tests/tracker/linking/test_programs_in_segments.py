"""The programs of real and synthetic videos, solved in segments and at once."""

from pathlib import Path

import numpy as np
import pytest

from siamlink.association.explanation.program import Program
from siamlink.association.solvers.pieces import BeyondPieceError, pieces_of, solve_piece
from siamlink.association.solvers.problem import LinkProblem, Solution
from siamlink.association.solvers.seams import Seam, join_pieces, solve_in_segments
from siamlink.association.solvers.solvers import solve_lp
from siamlink.association.tracklets.linking import TRACKLETS
from siamlink.detectors.detections import Detections
from siamlink.tools.studies.benchmarks.seams import programs
from siamlink.tools.studies.benchmarks.stream import Walkers
from siamlink.tracker.runs.inputs import open_input

SEQUENCES = (
    *("ADL-Rundle-6", "ETH-Sunnyday", "KITTI-17", "MOT16-09", "MOT17-02-FRCNN", "MOT17-04-FRCNN", "MOT17-09-FRCNN"),
    *("MOT17-10-FRCNN", "PETS09-S2L1", "TUD-Campus"),
)
HALO_SECONDS = 1.0, 5.0
"""Of detections, and of tracklets."""


def check_stream(problem: LinkProblem, whole: Solution, cuts: list[int], halo: int) -> bool:
    """Join pieces as they come; whether that was possible: a seam can reach back by more than a piece."""
    try:
        finals = list(join_pieces(map(solve_piece, pieces_of(problem, cuts, halo))))
    except BeyondPieceError:
        return False
    assert np.concatenate([final.successor for final in finals]).tolist() == whole.successor.tolist()
    assert sum(final.cost for final in finals) == pytest.approx(whole.objective, abs=1e-6 * len(problem))
    return True


def check(made: tuple[Program, ...], rate: float) -> list[Seam]:
    """Solve each program in segments cut at random; the seams of all."""
    rng, seams = np.random.default_rng(0), list[Seam]()
    for program, halo in zip(made, HALO_SECONDS, strict=False):
        problem = program.problem
        whole, frames = solve_lp(problem), np.unique(problem.frame)[:-1]
        thirds = [int(frames[len(frames) // 3]), int(frames[2 * len(frames) // 3])]
        streamed = check_stream(problem, whole, thirds, round(halo * rate))
        assert streamed or program.name == TRACKLETS
        for count in (2, 5, 17):
            cuts = rng.choice(frames, min(count - 1, len(frames)), replace=False)
            for width in (1, round(halo * rate)):
                solution, joined = solve_in_segments(problem, cuts.tolist(), width)
                assert solution.objective == pytest.approx(whole.objective, rel=1e-12)
                assert solution.successor.tolist() == whole.successor.tolist()
                seams += joined
    return seams


@pytest.mark.slow
@pytest.mark.parametrize("matching", ["learned", "calibrated"])
@pytest.mark.parametrize("sequence", SEQUENCES)
def test_a_real_sequence(data: Path, sequence: str, matching: str) -> None:
    source = open_input(data / sequence)
    assert source.detections is not None
    made = programs(source.detections, source.frame_rate, matching, levels=2)
    assert len(check(made, source.frame_rate)) >= 2 * (1 + 4 + 16)


@pytest.mark.parametrize("matching", ["learned", "calibrated"])
def test_a_synthetic_street(matching: str) -> None:
    walkers = Walkers(people=10, frame_rate=25.0)
    detections = Detections.concatenate([found for found, _ in walkers.frames(300)])
    seams = check(programs(detections, walkers.frame_rate, matching, levels=2), walkers.frame_rate)
    assert any(seam.widened for seam in seams)
    assert any(seam.certificate.violated for seam in seams)
