"""Time and memory of the exact solvers, each in its own process, so that peak memory can be measured."""

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from siamlink.association.solvers.problem import LinkProblem
from siamlink.association.solvers.solvers import solve_lp
from siamlink.detectors.base.errors import InputError
from siamlink.detectors.base.stopwatch import Progress
from siamlink.tools.console.processes import in_own_process, peak_megabytes
from siamlink.tools.console.tables import Table, table
from siamlink.tools.studies.benchmarks.problems import crowd_problem, load_problem, read_problem, save_problem
from siamlink.tools.studies.benchmarks.reference_solvers import solve_by_highs, solve_by_sparse_assignment

SIZES = (1000, 3000, 10_000, 30_000, 100_000)
SMALLEST = 100
LARGEST_DIFFERENCE = 1e-5
"""Of two optima, relative to them; siamlink rounds costs to millionths of a nat."""
OURS = "siamlink"
COLUMNS = ("problem", "solver", "links", "seconds", "CPU s", "ratio", "peak MB", "cost in nats", "difference")
Outcome = tuple[float, float, float | None, float]
"""Seconds, CPU seconds, peak megabytes, cost."""


def solve_to_tracks(problem: LinkProblem) -> float:
    """Solve as `siamlink track` does, from arrays to the track of each detection; returns the cost in nats."""
    solution = solve_lp(problem)
    solution.track_ids()
    return solution.objective


SOLVERS: dict[str, Callable[[LinkProblem], float]] = {
    OURS: solve_to_tracks,
    "HiGHS": solve_by_highs,
    "scipy assignment": solve_by_sparse_assignment,
}


@dataclass(frozen=True)
class Run:
    """One solver on one problem; the figures are None if it did not finish.

    Attributes:
        problem: its name.
        detections: number of detections.
        links: number of candidate links.
        solver: one of `SOLVERS`.
        seconds: by the clock, from the arrays to the tracks.
        cpu_seconds: CPU time, which other programs on the machine hardly change.
        peak_megabytes: the largest memory that the process held, Python, libraries and the problem included.
        cost: of the optimum in nats.
        difference: of the cost from siamlink's, relative.
        failure: why it did not finish.
    """

    problem: str
    detections: int
    links: int
    solver: str
    seconds: float | None = None
    cpu_seconds: float | None = None
    peak_megabytes: float | None = None
    cost: float | None = None
    difference: float | None = None
    failure: str | None = None


@dataclass(frozen=True)
class SolveBenchmark:
    """All runs.

    Attributes:
        runs: by problem, siamlink's solver first.
        growth: for each solver that solved three or more crowds, the exponent of the CPU time over the links.
        time_limit: seconds for a solver and a problem.
    """

    runs: tuple[Run, ...]
    growth: dict[str, float]
    time_limit: float

    @property
    def equal(self) -> bool:
        """Whether all solvers found the same optimum of each problem."""
        return all((run.difference or 0) <= LARGEST_DIFFERENCE for run in self.runs)

    def table(self) -> Table:
        """The figures for a terminal."""
        rows, ours = [], None
        for run in self.runs:
            ours = run if run.solver == OURS else ours
            first = (run.problem, run.solver, f"{run.links:,}") if run.solver == OURS else ("", run.solver, "")
            rows.append((*first, *_cells(run, ours)))
        growth = ", ".join(f"{solver} {exponent:.2f}" for solver, exponent in self.growth.items())
        limit = f"> {self.time_limit:g} s: stopped; a solver that fails is not tried on larger problems"
        caption = f"CPU seconds grow with links to the power of: {growth}\n{limit}" if growth else limit
        return table(COLUMNS, rows, caption=caption, texts=2)

    def json(self) -> str:
        """The figures for a program."""
        figures = {"runs": [asdict(run) for run in self.runs], "growth": self.growth, "time_limit": self.time_limit}
        return json.dumps({**figures, "equal": self.equal}, indent=2) + "\n"


def measure(largest: int, folder: Path | None, time_limit: float, progress: Progress) -> SolveBenchmark:
    """Time all solvers on crowds of growing size, and on the published instances in a folder.

    Args:
        largest: detections of the largest crowd.
        folder: of instances in the DIMACS format, see `read_problem`; None: none.
        time_limit: seconds for a solver and a problem; one that takes longer is not tried on larger crowds.
        progress: receives the progress.

    Raises:
        InputError: the folder has no files, or one cannot be read.
    """
    sizes = [*(size for size in SIZES if size < largest), largest]
    files = _files(folder) if folder else []
    problems = [(path.stem, read_problem(path)) for path in files]
    steps = (len(sizes) + len(problems)) * len(SOLVERS)
    runs: list[Run] = []
    failed: set[str] = set()
    progress("solve", 0, steps)
    for size in sizes:
        for run in _solve_all(f"{size:,} detections", crowd_problem(size), time_limit, failed):
            runs.append(run)
            failed |= {run.solver} if run.failure else set()
            progress("solve", len(runs), steps)
    growth = _growth(runs)
    for name, problem in problems:
        for run in _solve_all(name, problem, time_limit):
            runs.append(run)
            progress("solve", len(runs), steps)
    return SolveBenchmark(tuple(runs), growth, time_limit)


def _solve_all(name: str, problem: LinkProblem, time_limit: float, failed: set[str] | None = None) -> Iterator[Run]:
    """Run each solver that has not failed before, siamlink's first."""
    best: float | None = None
    facts = (name, len(problem), len(problem.pairs))
    with tempfile.TemporaryDirectory(prefix="siamlink-") as folder:
        path = Path(folder, "problem.npz")
        save_problem(path, problem)
        for solver in SOLVERS:
            if solver in (failed or ()):
                yield Run(*facts, solver, failure="not tried")
                continue
            try:
                outcome: Outcome = in_own_process(_solve, solver, path, time_limit=time_limit)
            except (MemoryError, RuntimeError, TimeoutError) as error:
                yield Run(*facts, solver, failure=str(error) or "out of memory")
                continue
            cost = outcome[-1]
            best = cost if solver == OURS else best
            difference = None if best is None or solver == OURS else abs(cost - best) / max(1.0, abs(best))
            yield Run(*facts, solver, *outcome, difference)


def _solve(solver: str, path: Path) -> Outcome:
    """Solve in a fresh process, after a small problem that loads the libraries."""
    solve, problem = SOLVERS[solver], load_problem(path)
    solve(crowd_problem(SMALLEST))
    start, cpu_start = time.perf_counter(), time.process_time()
    cost = solve(problem)
    return time.perf_counter() - start, time.process_time() - cpu_start, peak_megabytes(), cost


def _growth(runs: list[Run]) -> dict[str, float]:
    growth = {}
    for solver in SOLVERS:
        points = [(run.links, run.cpu_seconds) for run in runs if run.solver == solver and run.cpu_seconds]
        if len(points) >= 3:
            links, seconds = np.log(np.array(points).T)
            growth[solver] = float(np.polyfit(links, seconds, 1)[0])
    return growth


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; expected min-cost flow instances in it")
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    if not files:
        raise InputError(f"{folder} has no files; expected min-cost flow instances")
    return files


def _cells(run: Run, ours: Run | None) -> list[str]:
    if run.failure or run.seconds is None or run.cpu_seconds is None:
        return [run.failure or "", *[""] * 5]
    ratio = run.cpu_seconds / ours.cpu_seconds if ours and ours.cpu_seconds else None
    difference = "" if run.difference is None else f"{run.difference:.0e}"
    return [
        f"{run.seconds:.2f}",
        f"{run.cpu_seconds:.2f}",
        f"{ratio:.1f}" if ratio else "",
        f"{run.peak_megabytes:,.0f}" if run.peak_megabytes else "",
        f"{run.cost:,.3f}",
        difference,
    ]
