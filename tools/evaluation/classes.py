"""Which boxes are scored together: those of one class, of several classes each for itself, or all."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.class_names import ClassNames
from siamlink.tools.evaluation import kitti
from siamlink.tools.evaluation.ground_truth import FLAG, NO_REGIONS, PEDESTRIAN, PLAIN, Rows, has_pedestrian_rules
from siamlink.tools.evaluation.notes import Notes

ANY = "any"
"""The selection of all classes as one."""
SYNONYMS = {"pedestrian": "person", "motorbike": "motorcycle", "aeroplane": "airplane", "tvmonitor": "tv"}
"""Names of one class in several data sets."""


@dataclass(frozen=True, eq=False)
class ClassedRows:
    """Boxes of a sequence with their classes.

    Attributes:
        rows: (N, C) MOT rows.
        classes: (N,) the number of the class of each row; None if the file holds no classes.
        names: the names of the classes; None if they are not known.
        remarks: what was assumed when the file was read, a sentence each.
    """

    rows: Rows
    classes: NDArray[np.int_] | None = None
    names: ClassNames | None = None
    remarks: tuple[str, ...] = ()

    @property
    def present(self) -> list[int]:
        """The numbers of the classes that occur, in ascending order."""
        return [] if self.classes is None else np.unique(self.classes).tolist()

    def name_of(self, number: int) -> str:
        """The name of a class, or its number as text."""
        return self.names.name_of(number) if self.names else str(number)

    def numbers_of(self, name: str) -> set[int]:
        """The numbers of the classes of a name, else of a name of the same meaning; or the number that the name is."""
        if name.isdecimal():
            return {int(name)}
        named = (self.names or {}).items()
        exact = {number for number, each in named if spelling(each) == spelling(name)}
        return exact or {number for number, each in named if _meaning(each) == _meaning(name)}

    def of(self, numbers: Iterable[int]) -> Rows:
        """The rows of these classes; all rows if the file holds no classes."""
        return self.rows if self.classes is None else self.rows[np.isin(self.classes, list(numbers))]

    def listed(self) -> str:
        """The classes that occur, for a message."""
        return ", ".join(self.name_of(number) for number in self.present)


@dataclass(frozen=True)
class Annotated:
    """The ground truth of a sequence.

    Attributes:
        name: of the sequence.
        benchmark: by whose rules it is scored.
        truth: the boxes.
        is_assumed: whether the benchmark was told by the boxes alone, not by the user or the name.
        frame_count: the length of the sequence; None if it is not known.
        regions: (K, 5) frame, left, top, right and bottom of regions without annotations.
    """

    name: str
    benchmark: str
    truth: ClassedRows
    is_assumed: bool = False
    frame_count: int | None = None
    regions: Rows = field(default_factory=lambda: NO_REGIONS)

    @property
    def has_pedestrian_rules(self) -> bool:
        """Whether the benchmark scores pedestrians, by the rules of MOT16 and later."""
        return has_pedestrian_rules(self.benchmark)

    @property
    def scored_by_default(self) -> list[int]:
        """The numbers of the classes that are scored where none are chosen: those of the benchmark, or all."""
        if self.has_pedestrian_rules:
            return [PEDESTRIAN]
        present = self.truth.present
        of_kitti = [each for each in present if spelling(self.truth.name_of(each)) in kitti.DISTRACTORS]
        return of_kitti if self.benchmark == kitti.KITTI and of_kitti else present


@dataclass(frozen=True, eq=False)
class Group:
    """Rows that are scored together.

    Attributes:
        class_name: the class; empty for all.
        benchmark: whose rules apply, for `pair_up`.
        truth: rows of ground truth.
        tracks: rows of results.
        regions: as in `Annotated`.
    """

    class_name: str
    benchmark: str
    truth: Rows
    tracks: Rows
    regions: Rows = field(default_factory=lambda: NO_REGIONS)


@dataclass
class ClassChoice:
    """The classes that are scored, the same in all sequences.

    Attributes:
        selection: names or numbers; None for those of the benchmark, and without rules for every class of the ground
            truth; `any` for all classes as one.
        wanted: the classes, by name where they have one.
        notes: what is not as expected.
    """

    selection: Sequence[str] | None
    wanted: list[str]
    notes: Notes = field(default_factory=Notes)

    @classmethod
    def of(cls, truths: Iterable[Annotated], selection: Sequence[str] | None) -> "ClassChoice":
        """Choose among the classes of all sequences.

        Raises:
            ConfigError: the ground truth names its classes, and one of the selection is not among them.
        """
        truths = list(truths)
        names: dict[str, str] = {}
        for each in truths:
            for number in (each.truth.names or each.truth.present) if selection else each.scored_by_default:
                names.setdefault(spelling(each.truth.name_of(number)), each.truth.name_of(number))
        if selection is None or list(selection) == [ANY]:
            return cls(selection, list(names.values()))
        return cls(selection, list(dict.fromkeys(_resolve(each.strip(), truths, names) for each in selection)))

    def groups(self, annotated: Annotated, tracks: ClassedRows) -> list[Group]:
        """Divide a sequence into what is scored together; says in `notes` what is not as expected."""
        truth = annotated.truth
        if truth.classes is None:
            return [Group("", annotated.benchmark, truth.rows, self._tracks_alone(annotated, tracks))]
        if self.selection and list(self.selection) == [ANY]:
            return [self._group("", annotated, truth.rows, tracks.rows)]
        numbers = {name: self._numbers(name, truth, tracks) for name in self.wanted}
        merged = set().union(*numbers.values())
        if len(self.wanted) == 1:
            results = self._of_one_class(annotated, tracks, self.wanted[0])
            return [self._group(self.wanted[0], annotated, truth.of(merged), results)]
        if tracks.classes is None:
            if len(tracks.rows):
                known = ", ".join(self.wanted)
                self._note(annotated.name, f"the results have no classes: {known} are scored as one class")
            return [self._group("", annotated, truth.of(merged), tracks.rows)]
        return self._by_class(annotated, tracks, numbers)

    def of_group(self, group: Group, annotated: Annotated, detections: ClassedRows) -> Rows:
        """The detections of a group; all where it has no class of its own, or they have no classes."""
        if not group.class_name or detections.classes is None:
            return detections.rows
        return detections.of(self._same_class(group.class_name, annotated.truth, detections))

    def _by_class(self, annotated: Annotated, tracks: ClassedRows, numbers: dict[str, set[int]]) -> list[Group]:
        truth, name = annotated.truth, annotated.name
        theirs = {each: self._same_class(each, truth, tracks) for each in self.wanted}
        known = set().union(*theirs.values())
        if tracks.present and known.isdisjoint(tracks.present):
            wanted = ", ".join(self.wanted)
            self._note(name, f"the results have classes {tracks.listed()}, not {wanted}: all are scored as one class")
            return [self._group("", annotated, truth.of(set().union(*numbers.values())), tracks.rows)]
        self._note_left_out(annotated, tracks, known)
        return [self._group(each, annotated, truth.of(numbers[each]), tracks.of(theirs[each])) for each in self.wanted]

    def _of_one_class(self, annotated: Annotated, tracks: ClassedRows, wanted: str) -> Rows:
        """The results of the only class that is scored; those of a tracker of one class are taken for it."""
        same = self._same_class(wanted, annotated.truth, tracks)
        named = annotated.truth.names is not None and tracks.names is not None
        if len(tracks.present) <= 1 and not (named and self.selection):
            if named and not same.issuperset(tracks.present):
                self._note(annotated.name, f"all results are of class {tracks.listed()}, and are scored as {wanted}")
            return tracks.rows
        if not named and annotated.has_pedestrian_rules and self.selection is None:
            found = f"the results have classes {tracks.listed()} without names"
            self._note(annotated.name, f"{found}: all are scored as {wanted}; name them with --class-names")
            return tracks.rows
        if tracks.present and same.isdisjoint(tracks.present):
            self._note(annotated.name, f"no results of class {wanted}, only of {tracks.listed()}")
        else:
            self._note_left_out(annotated, tracks, same)
        return tracks.of(same)

    def _tracks_alone(self, annotated: Annotated, tracks: ClassedRows) -> Rows:
        """The results that are scored against ground truth without classes."""
        name = annotated.name
        if self.selection and list(self.selection) != [ANY]:
            if tracks.classes is None:
                self._note(name, "neither the ground truth nor the results have classes: all are scored")
                return tracks.rows
            numbers = set().union(*(self._numbers(each, annotated.truth, tracks) for each in self.wanted))
            if not numbers.intersection(tracks.present):
                self._note(name, f"no results of class {', '.join(self.wanted)}, only of {tracks.listed()}")
            return tracks.of(numbers)
        if len(tracks.present) > 1 and self.selection is None:
            found = f"the results have classes {tracks.listed()}, the ground truth none"
            self._note(name, f"{found}: all are scored as one class; choose with --classes")
        return tracks.rows

    def _group(self, class_name: str, annotated: Annotated, truth: Rows, tracks: Rows) -> Group:
        """Rows of one class, or of several as one, with the rows that the rules of the benchmark need."""
        if annotated.benchmark == kitti.KITTI:
            return _kitti_group(class_name, annotated, truth, tracks)
        if not annotated.has_pedestrian_rules:
            return Group(class_name, annotated.benchmark, truth, tracks)
        if class_name and annotated.truth.numbers_of(class_name) == {PEDESTRIAN}:
            shown = class_name if self.selection and len(self.wanted) > 1 else ""
            return Group(shown, annotated.benchmark, annotated.truth.rows, tracks)
        counted = truth.copy()
        counted[:, FLAG] = 1
        return Group(class_name, PLAIN, counted, tracks)

    def _numbers(self, name: str, truth: ClassedRows, tracks: ClassedRows) -> set[int]:
        """The numbers of the ground truth's classes of a name; those of the results where only they have names.

        Raises:
            ConfigError: the user chose the name, and neither has names.
        """
        if self.selection and not name.isdecimal() and truth.names is None and tracks.names is None:
            raise ConfigError(f"the classes have numbers but no names: give the number of '{name}', or --class-names")
        return (truth if truth.names or name.isdecimal() else tracks).numbers_of(name)

    def _same_class(self, name: str, truth: ClassedRows, tracks: ClassedRows) -> set[int]:
        """The numbers of the results' classes that mean a class of the ground truth: by name, else by number."""
        if truth.names is None or tracks.names is None:
            return truth.numbers_of(name) or self._numbers(name, truth, tracks)
        others = {spelling(each) for each in self.wanted if each != name}
        named = {number for number in tracks.numbers_of(name) if spelling(tracks.name_of(number)) not in others}
        return {number for number in named if not (name.isdecimal() and number in tracks.names)}

    def _note_left_out(self, annotated: Annotated, tracks: ClassedRows, known: set[int]) -> None:
        """Say which results have no ground truth of their class, unless user or benchmark chose the classes."""
        lacking = [number for number in tracks.present if number not in known]
        if lacking and self.selection is None and annotated.benchmark == PLAIN:
            shown = ", ".join(tracks.name_of(number) for number in lacking)
            self._note(annotated.name, f"results of class {shown} are not scored: the ground truth has none of it")

    def _note(self, sequence: str, text: str) -> None:
        self.notes.add(sequence, text)


def _kitti_group(class_name: str, annotated: Annotated, truth: Rows, tracks: Rows) -> Group:
    """Cars or pedestrians with their distractors, whose flag is 0 then; other classes by no rules."""
    resembling = kitti.DISTRACTORS.get(spelling(class_name))
    if resembling is None:
        return Group(class_name, PLAIN, truth, tracks)
    numbers = [each for each in annotated.truth.present if spelling(annotated.truth.name_of(each)) in resembling]
    distractors = annotated.truth.of(numbers)
    rows = np.vstack([truth, distractors])
    rows[:, FLAG] = np.append(kitti.is_clear(truth), np.zeros(len(distractors), bool))
    return Group(class_name, kitti.KITTI, rows, tracks, annotated.regions)


def _resolve(given: str, truths: Sequence[Annotated], names: dict[str, str]) -> str:
    """The name of a class that is given by name or number."""
    if given.isdecimal():
        named = next((each.truth.names for each in truths if each.truth.names), None)
        return named.name_of(int(given)) if named else given
    alike = (shown for shown in names.values() if _meaning(shown) == _meaning(given))
    found = names.get(spelling(given)) or next(alike, None)
    if found or not any(each.truth.names for each in truths):
        return found or given
    raise ConfigError(f"there is no class '{given}' in the ground truth; known are {', '.join(names.values())}")


def spelling(name: str) -> str:
    """A name without differences of case, hyphens and underscores."""
    return re.sub(r"[\s_-]+", " ", name.strip().casefold())


def _meaning(name: str) -> str:
    """One name of those that mean the same."""
    return SYNONYMS.get(spelling(name), spelling(name))
