"""Scores of results: the files are read, divided into classes, and measured, one sequence after the other."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from siamlink.detectors.base.errors import ConfigError, InputError
from siamlink.detectors.class_names import ClassNames
from siamlink.detectors.formats.pictures import ReadingOptions
from siamlink.detectors.formats.read import AS_DEFINED
from siamlink.detectors.mot.sequence import Sequence as MotSequence
from siamlink.detectors.mot.sequence import find_detections
from siamlink.tools.evaluation.classes import Annotated, ClassChoice, ClassedRows, Group
from siamlink.tools.evaluation.events import IdentitySwitch, identity_switches
from siamlink.tools.evaluation.ground_truth import Rows, SequencePair, pair_up
from siamlink.tools.evaluation.layouts import Inputs, TruthFile, find_inputs
from siamlink.tools.evaluation.limit import Boxes, Limit, Limits, perfect_links
from siamlink.tools.evaluation.metrics import Counts, Scores, combine, measure
from siamlink.tools.evaluation.notes import Notes, frames_differ, nothing_overlaps, other_classes, why_none_counts
from siamlink.tools.evaluation.reading import classed_tracks, read_detections, read_tracks, read_truth
from siamlink.tools.evaluation.report import ClassScores, Evaluation

NO_CLASS = "no class"
"""The class of sequences without classes beside others with classes."""


@dataclass(frozen=True)
class ScoredFiles:
    """Files of ground truth and results, and how they are scored.

    Attributes:
        inputs: the files.
        benchmark: one of `BENCHMARKS`; `auto` recognises it from each ground truth.
        classes: names or numbers of the classes to score, `any` alone for all as one; None for those of
            the benchmark, and without rules for every class of the ground truth.
        class_names: the names of classes that their files do not name.
        reading: how the numbers in the results are to be read.
    """

    inputs: Inputs
    benchmark: str = "auto"
    classes: Sequence[str] | None = None
    class_names: ClassNames | None = None
    reading: ReadingOptions = AS_DEFINED

    def evaluate(self, detections: Path | None = None) -> Evaluation:
        """Score all sequences; see the function `evaluate`."""
        scored = self.inputs.scored
        if detections and detections.exists() and len(scored) > 1:
            raise ConfigError(f"the detections {detections} belong to one sequence, but {len(scored)} are scored")
        truths = self._truths()
        choice = ClassChoice.of(truths.values(), self.classes)
        if self.inputs.unknown:
            choice.notes.add("", self.inputs.unknown)
        tracked = ((truths[truth.name], self._tracks(truth, path)) for truth, path in scored)
        detected = (self._detections(truth, detections) for truth, _ in scored) if detections else None
        return _score(tracked, choice, self.inputs.missing, detected)

    def pairs(self) -> Iterator[SequencePair]:
        """What is scored: for each sequence its classes, or all as one."""
        truths = self._truths()
        choice = ClassChoice.of(truths.values(), self.classes)
        for truth, path in self.inputs.scored:
            for group in choice.groups(truths[truth.name], self._tracks(truth, path)):
                yield pair_of(truth.name, group)

    def _truths(self) -> dict[str, Annotated]:
        return {truth.name: read_truth(truth, self.benchmark, self.class_names) for truth, _ in self.inputs.scored}

    def _tracks(self, truth: TruthFile, path: Path) -> ClassedRows:
        return read_tracks(path, truth.pictures, self.class_names, self.reading)

    def _detections(self, truth: TruthFile, path: Path) -> ClassedRows:
        """The detections in a file, or in that file inside the folder of the sequence."""
        folder = truth.sequence.folder if truth.sequence else truth.path.parent
        return read_detections(find_detections(path, folder), truth.pictures, self.class_names)


def evaluate(
    ground_truth: str | Path,
    results: str | Path,
    benchmark: str = "auto",
    detections: str | Path | None = None,
    *,
    sequences: Sequence[str] = (),
    classes: Sequence[str] | None = None,
    class_names: ClassNames | None = None,
) -> Evaluation:
    """Score result files; sequences without one are not scored but listed in `Evaluation.missing`.

    Args:
        ground_truth: a MOT sequence, a folder of sequences or of one folder of sequences, a file, or a folder of
            `SEQUENCE.txt`; files are of any format that `read_boxes` reads.
        results: a file (of the only sequence, of the one it is named after, or of videos that it names), or a folder of
            `SEQUENCE.txt`, of `data/SEQUENCE.txt`, or of one tracker's folder with either.
        benchmark: one of `BENCHMARKS`; `auto` recognises it from each ground truth.
        detections: the detections that were tracked, to score perfect links of them: a MOT file, or a path inside each
            sequence's folder.
        sequences: names of sequences, or patterns such as `*-FRCNN`; empty for all.
        classes: names or numbers of the classes to score, each for itself; `any` alone scores all as one. None:
            those of the benchmark, and without rules every class of the ground truth.
        class_names: the names of classes that their files do not name.

    Raises:
        InputError: there is no ground truth, no result for any of it, or a file cannot be read.
        FormatError: a file is malformed, or an id occurs twice in a frame.
        ConfigError: there is no such benchmark, sequence or class, or several sequences are to share one detection
            file.
    """
    inputs = find_inputs(Path(ground_truth), Path(results), sequences)
    files = ScoredFiles(inputs, benchmark, classes, class_names)
    return files.evaluate(None if detections is None else Path(detections))


def evaluate_sequences(tracked: Iterable[tuple[MotSequence, Rows]], benchmark: str = "auto") -> Evaluation:
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
    read = [
        (read_truth(TruthFile(sequence.name, sequence.truth_file, sequence), benchmark), classed_tracks(rows))
        for sequence, rows in tracked
    ]
    return _score(read, ClassChoice.of((truth for truth, _ in read), None))


def sequence_pairs(annotated: Annotated, tracks: ClassedRows) -> tuple[list[SequencePair], tuple[str, ...]]:
    """What is scored of one sequence by default: its classes, or all as one; and what is not as expected."""
    choice = ClassChoice.of([annotated], None)
    pairs = [pair_of(annotated.name, group) for group in choice.groups(annotated, tracks)]
    _note_rows(choice, annotated, tracks, pairs)
    return pairs, choice.notes.lines()


def _score(
    tracked: Iterable[tuple[Annotated, ClassedRows]],
    choice: ClassChoice,
    missing: tuple[str, ...] = (),
    detected: Iterator[ClassedRows] | None = None,
) -> Evaluation:
    """Score one sequence after the other, so that only one is compared at a time."""
    counts: dict[str, dict[str, Counts]] = {}
    perfect: dict[str, Counts] = {}
    boxes: dict[str, Boxes] = {}
    benchmarks: dict[str, str] = {}
    switches: list[IdentitySwitch] = []
    remarks = Notes()
    for annotated, tracks in tracked:
        name = annotated.name
        if name in counts:
            raise InputError(f"two results for one sequence, {name}")
        groups = choice.groups(annotated, tracks)
        pairs = [pair_of(name, group) for group in groups]
        counts[name] = {pair.class_name: measure(pair) for pair in pairs}
        benchmarks[name] = annotated.benchmark
        _note_rows(choice, annotated, tracks, pairs)
        for what, each in (("ground truth", annotated.truth), ("results", tracks)):
            for remark in each.remarks:
                remarks.add(name, f"{what}: {remark}")
        for pair in pairs:
            switches += identity_switches(pair)
        if detected:
            detections = next(detected)
            limits = {
                group.class_name: perfect_links(
                    name, group.truth, choice.of_group(group, annotated, detections), group.benchmark, group.regions
                )
                for group in groups
            }
            perfect[name] = combine({each: measure(limit) for each, limit in limits.items()})
            boxes[name] = Boxes.total(Boxes.count(pair, limits[pair.class_name]) for pair in pairs)
    if not counts:
        raise InputError("no sequence to score")
    sequences = {name: combine(parts) for name, parts in counts.items()}
    scores, overall = _scores(sequences)
    return Evaluation(
        sequences=scores,
        overall=overall,
        benchmarks=benchmarks,
        switches=tuple(switches),
        missing=missing,
        limits=_limits(scores, overall, perfect, boxes) if detected else None,
        classes=_by_class(counts),
        notes=choice.notes.lines(),
        remarks=remarks.lines(),
    )


def pair_of(name: str, group: Group) -> SequencePair:
    """What is scored of one class of a sequence, or of all as one."""
    return pair_up(name, group.truth, group.tracks, group.benchmark, group.class_name, group.regions)


def _note_rows(choice: ClassChoice, annotated: Annotated, tracks: ClassedRows, pairs: list[SequencePair]) -> None:
    """Say what cannot be right about the rows of a sequence."""
    name, truth, notes = annotated.name, annotated.truth, choice.notes
    if not any(len(pair.truth) for pair in pairs):
        chosen = ", ".join(choice.wanted) if choice.selection and truth.classes is not None else ""
        notes.add(name, why_none_counts(truth.rows, annotated.benchmark, chosen))
        return
    if annotated.is_assumed and not choice.selection and (text := other_classes(truth.rows, annotated.benchmark)):
        notes.add(name, text)
    if not len(tracks.rows):
        notes.add(name, "the results are empty")
    elif text := frames_differ(truth.rows, tracks.rows, annotated.frame_count) or nothing_overlaps(pairs):
        notes.add(name, text)


def _scores(counts: dict[str, Counts]) -> tuple[dict[str, Scores], Scores]:
    """The scores of each sequence, and of all together."""
    return {name: Scores.from_counts(part) for name, part in counts.items()}, Scores.from_counts(combine(counts))


def _by_class(counts: dict[str, dict[str, Counts]]) -> dict[str, ClassScores]:
    """The scores of each class, if there are several."""
    names = dict.fromkeys(name for parts in counts.values() for name in parts)
    if len(names) < 2:
        return {}
    parts = {name: {sequence: each[name] for sequence, each in counts.items() if name in each} for name in names}
    return {name or NO_CLASS: ClassScores(*_scores(each)) for name, each in parts.items()}


def _limits(
    sequences: dict[str, Scores], overall: Scores, perfect: dict[str, Counts], boxes: dict[str, Boxes]
) -> Limits:
    perfect_sequences, perfect_overall = _scores(perfect)
    return Limits(
        {name: Limit(sequences[name], perfect_sequences[name], boxes[name]) for name in sequences},
        Limit(overall, perfect_overall, Boxes.total(boxes.values())),
    )
