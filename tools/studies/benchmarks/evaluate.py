"""How long `siamlink evaluate` takes beside TrackEval on the same files, and whether they say the same."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from siamlink.detectors.base.counted import counted
from siamlink.detectors.base.errors import ConfigError, InputError
from siamlink.detectors.base.stopwatch import Progress
from siamlink.tools.console.tables import Table, table
from siamlink.tools.evaluation.metrics import OVERALL

PROGRAM = "from siamlink.tools.cli import main; main()"
REFERENCE = "from siamlink.tools.studies.benchmarks.reference_trackeval import main; main()"
OURS, THEIRS = "siamlink", "TrackEval"
LARGEST_DIFFERENCE = 1e-9
"""Of two figures; ratios are in percent."""
Scores = dict[str, dict[str, float]]
"""The figures of each sequence, and of all together, by their names."""


@dataclass(frozen=True)
class Timing:
    """The time of a whole program, start included.

    Attributes:
        program: `OURS` or `THEIRS`.
        seconds: by the clock, the median.
        cpu_seconds: CPU time, the median; 0 if the system does not report it.
    """

    program: str
    seconds: float
    cpu_seconds: float


@dataclass(frozen=True)
class EvaluateBenchmark:
    """Both programs on the same input.

    Attributes:
        sequences: number of sequences.
        repeats: number of runs.
        ours: siamlink.
        theirs: TrackEval.
        difference: the largest difference of any figure.
        figure: that figure, as `SEQUENCE METRIC`; None if all are equal.
    """

    sequences: int
    repeats: int
    ours: Timing
    theirs: Timing
    difference: float
    figure: str | None

    @property
    def equal(self) -> bool:
        """Whether both programs give the same figures."""
        return self.difference <= LARGEST_DIFFERENCE

    @property
    def ratio(self) -> float:
        """The time of TrackEval divided by that of siamlink."""
        return self.theirs.seconds / self.ours.seconds

    def table(self) -> Table:
        """The figures for a terminal."""
        rows = [
            (each.program, f"{each.seconds:.2f}", f"{each.cpu_seconds:.2f}", f"{ratio:.2f}")
            for each, ratio in ((self.ours, 1.0), (self.theirs, self.ratio))
        ]
        place = f" ({self.figure})" if self.figure else ""
        runs = f"{counted(self.sequences, 'sequence')}, medians of {counted(self.repeats, 'run')}"
        caption = f"{runs}; largest difference {self.difference:.0e}{place}"
        return table(("program", "seconds", "CPU s", "ratio"), rows, caption=caption)

    def json(self) -> str:
        """The figures for a program."""
        return json.dumps({**asdict(self), "ratio": self.ratio, "equal": self.equal}, indent=2) + "\n"


def measure(ground_truth: Path, results: Path, repeats: int, progress: Progress) -> EvaluateBenchmark:
    """Score results with both programs, in turn.

    Args:
        ground_truth: as for `siamlink evaluate`.
        results: as for `siamlink evaluate`.
        repeats: number of runs; the medians are reported.
        progress: receives the progress.

    Raises:
        InputError: one of the programs cannot score them.
        ConfigError: the sequences are of several benchmarks, which TrackEval does not combine.
    """
    with _staged(ground_truth, results) as inputs:
        folder = Path(inputs["truth"]).parent
        scores_file = folder / "scores.json"
        arguments = ["evaluate", inputs["truth"], inputs["results"], "--json", str(scores_file), "--overwrite"]
        commands = {OURS: [PROGRAM, *arguments, "--benchmark", inputs["benchmark"]], THEIRS: [REFERENCE]}
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        output = ""
        for turn in range(repeats):
            for done, (name, command) in enumerate(commands.items(), turn * len(commands)):
                progress("measure", done, repeats * len(commands))
                output, *seconds = _run(name, command, json.dumps(inputs))
                taken[name].append((seconds[0], seconds[1]))
        theirs: Scores = json.loads(output)
        ours = json.loads(scores_file.read_text())
    difference, figure = _largest_difference({**ours["sequences"], OVERALL: ours[OVERALL]}, theirs)
    ours_taken, theirs_taken = (
        Timing(name, *map(statistics.median, zip(*taken[name], strict=True))) for name in (OURS, THEIRS)
    )
    return EvaluateBenchmark(len(inputs["lengths"]), repeats, ours_taken, theirs_taken, difference, figure)


@contextmanager
def _staged(ground_truth: Path, results: Path) -> Iterator[dict[str, Any]]:
    """Copy the files into the layout of TrackEval; yields the arguments of `trackeval_scores`."""
    from siamlink.detectors.mot.text import read_rows
    from siamlink.tools.evaluation.ground_truth import find_benchmark
    from siamlink.tools.evaluation.layouts import find_inputs

    benchmarks, lengths = set(), {}
    with TemporaryDirectory(prefix="siamlink-") as folder:
        truth_folder, tracks = Path(folder, "truth"), Path(folder, "tracks", "results")
        tracks.mkdir(parents=True)
        for sequence, path in find_inputs(ground_truth, results).scored:
            count = sequence.pictures.frame_count
            truth, rows = (read_rows(file, count) for file in (sequence.path, path))
            benchmarks.add(find_benchmark(sequence.name, truth))
            last = max(truth[:, 0].max(initial=1), rows[:, 0].max(initial=1))
            lengths[sequence.name] = count or int(last)
            (truth_folder / sequence.name / "gt").mkdir(parents=True)
            shutil.copyfile(sequence.path, truth_folder / sequence.name / "gt" / "gt.txt")
            _copy_without_classes(path, tracks / f"{sequence.name}.txt")
        if len(benchmarks) > 1:
            raise ConfigError(f"the sequences are of {', '.join(sorted(benchmarks))}: measure one benchmark at a time")
        yield {"truth": str(truth_folder), "results": str(tracks), "lengths": lengths, "benchmark": benchmarks.pop()}


def _copy_without_classes(results: Path, target: Path) -> None:
    """Copy results with only their first seven columns: TrackEval refuses classes other than pedestrians."""
    lines = (",".join(line.split(",")[:7]) for line in results.read_text().splitlines())
    target.write_text("".join(f"{line}\n" for line in lines))


def _run(name: str, command: list[str], text: str) -> tuple[str, float, float]:
    """Run a program on `text`; returns its output, seconds and CPU seconds."""
    start, before = time.perf_counter(), os.times()
    done = subprocess.run(  # noqa: S603 - this interpreter on code of ours
        [sys.executable, "-c", *command], input=text, capture_output=True, text=True, check=False
    )
    seconds, after = time.perf_counter() - start, os.times()
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise InputError(f"{name} cannot score this: {reason.removeprefix('siamlink: ')}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return done.stdout, seconds, cpu


def _largest_difference(ours: Scores, theirs: Scores) -> tuple[float, str | None]:
    """The largest difference of any figure, and its name; raises `KeyError` if one lacks a figure of the other."""
    differences = {
        f"{sequence} {metric}": abs(value - theirs[sequence][metric])
        for sequence, figures in ours.items()
        for metric, value in figures.items()
    }
    figure = max(differences, key=differences.__getitem__)
    return differences[figure], figure if differences[figure] else None
