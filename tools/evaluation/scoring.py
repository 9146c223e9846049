"""Scores of results: which file belongs to which sequence, and the scores of all."""

from collections.abc import Iterable
from pathlib import Path

from siamlink.detectors.base.errors import ConfigError, InputError
from siamlink.detectors.mot.sequence import Sequence, find_detections, find_sequences
from siamlink.detectors.mot.text import read_rows
from siamlink.tools.evaluation.events import IdentitySwitch, identity_switches
from siamlink.tools.evaluation.ground_truth import Rows, pair_up
from siamlink.tools.evaluation.limit import Boxes, Limit, Limits, perfect_links
from siamlink.tools.evaluation.metrics import Counts, Scores, combine, measure
from siamlink.tools.evaluation.report import Evaluation


def evaluate(
    ground_truth: str | Path, results: str | Path, benchmark: str = "auto", detections: str | Path | None = None
) -> Evaluation:
    """Score result files; sequences without one are not scored but listed in `Evaluation.missing`.

    Args:
        ground_truth: a MOT sequence or a folder of sequences; those without `gt/gt.txt` are skipped.
        results: a file (of the only sequence, or of the one it is named after) or a folder of `SEQUENCE.txt`.
        benchmark: `mot15`, `mot16`, `mot17`, `mot20`, or `auto` to recognise it from each ground truth.
        detections: the detections that were tracked, to score perfect links of them: a MOT file, or a path inside each
            sequence's folder.

    Raises:
        InputError: there is no ground truth, no result for any of it, or a file cannot be read.
        FormatError: a file is malformed, or an id occurs twice in a frame.
        ConfigError: there is no such benchmark, or several sequences are to share one detection file.
    """
    files = result_files(ground_truth, results)
    scored = [(sequence, path) for sequence, path in files if path]
    detection_file = None if detections is None else Path(detections)
    if detection_file and detection_file.exists() and len(scored) > 1:
        raise ConfigError(f"the detections {detections} belong to one sequence, but {len(scored)} are scored")
    tracked = ((sequence, read_rows(path, sequence.frame_count, unique_ids=True)) for sequence, path in scored)
    missing = () if Path(results).is_file() else tuple(sequence.name for sequence, path in files if not path)
    return _score(tracked, benchmark, missing, detection_file)


def evaluate_sequences(tracked: Iterable[tuple[Sequence, Rows]], benchmark: str = "auto") -> Evaluation:
    """Score tracks in memory against the ground truth of their sequences.

    Args:
        tracked: sequences, each of its own name, with their results: (N, 6 or more) MOT rows `frame, id, left, top,
            width, height, ...`, an id at most once in a frame.
        benchmark: as for `evaluate`.

    Raises:
        InputError: there is no sequence, one is there twice or has no ground truth, or an id occurs twice in a frame.
        FormatError: a ground truth is malformed.
        ConfigError: there is no such benchmark.
    """
    return _score(tracked, benchmark)


def _score(
    tracked: Iterable[tuple[Sequence, Rows]],
    benchmark: str,
    missing: tuple[str, ...] = (),
    detections: Path | None = None,
) -> Evaluation:
    """Score one sequence after the other, so that only one is held in memory."""
    counts: dict[str, Counts] = {}
    perfect: dict[str, Counts] = {}
    boxes: dict[str, Boxes] = {}
    benchmarks: dict[str, str] = {}
    switches: list[IdentitySwitch] = []
    for sequence, rows in tracked:
        if sequence.name in counts:
            raise InputError(f"two results for one sequence, {sequence.name}")
        truth = read_rows(sequence.truth_file, sequence.frame_count, unique_ids=True)
        pair = pair_up(sequence.name, truth, rows, benchmark)
        counts[pair.name], benchmarks[pair.name] = measure(pair), pair.benchmark
        switches += identity_switches(pair)
        if detections:
            detected = read_rows(find_detections(detections, sequence.folder), sequence.frame_count)
            limit = perfect_links(pair.name, truth, detected, pair.benchmark)
            perfect[pair.name], boxes[pair.name] = measure(limit), Boxes.count(pair, limit)
    if not counts:
        raise InputError("no sequence to score")
    sequences, overall = _scores(counts)
    return Evaluation(
        sequences=sequences,
        overall=overall,
        benchmarks=benchmarks,
        switches=tuple(switches),
        missing=missing,
        limits=_limits(sequences, overall, perfect, boxes) if detections else None,
    )


def _scores(counts: dict[str, Counts]) -> tuple[dict[str, Scores], Scores]:
    """The scores of each sequence, and of all together."""
    return {name: Scores.from_counts(part) for name, part in counts.items()}, Scores.from_counts(combine(counts))


def _limits(
    sequences: dict[str, Scores], overall: Scores, perfect: dict[str, Counts], boxes: dict[str, Boxes]
) -> Limits:
    perfect_sequences, perfect_overall = _scores(perfect)
    return Limits(
        {name: Limit(sequences[name], perfect_sequences[name], boxes[name]) for name in sequences},
        Limit(overall, perfect_overall, Boxes.total(boxes.values())),
    )


def result_files(ground_truth: str | Path, results: str | Path) -> list[tuple[Sequence, Path | None]]:
    """Each sequence with ground truth and its result file, None if it has none; raises as `evaluate` does."""
    annotated = [sequence for sequence in find_sequences(Path(ground_truth)) if sequence.truth_file.exists()]
    if not annotated:
        raise InputError(f"no ground truth in {ground_truth}: expected SEQUENCE/gt/gt.txt")
    files = _files_by_name([sequence.name for sequence in annotated], Path(results))
    return [(sequence, files.get(sequence.name)) for sequence in annotated]


def _files_by_name(names: list[str], results: Path) -> dict[str, Path]:
    """The result file of each sequence that has one."""
    if results.is_file():
        name = names[0] if len(names) == 1 else results.stem
        files = {name: results} if name in names else {}
    elif results.is_dir():
        files = {name: results / f"{name}.txt" for name in names if (results / f"{name}.txt").is_file()}
    else:
        raise InputError(f"no results: {results} does not exist")
    if not files:
        shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
        raise InputError(f"no results in {results} for any of {shown}; expected files such as {names[0]}.txt")
    return files
