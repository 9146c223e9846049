"""What a line of corrections says: boxes that must be, or cannot be, in one track, and boxes that are false alarms."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from itertools import pairwise
from typing import NamedTuple

from siamlink.detectors.base.errors import ConstraintError
from siamlink.tracker.runs.earlier_tracks import EarlierTracks, FramesOf, nearest_frames

SHAPES = {
    "must": ("FRAME ID FRAME ID",),
    "cannot": ("FRAME ID FRAME ID",),
    "swap": ("FRAME ID ID",),
    "split": ("FRAME ID",),
    "merge": ("ID ID",),
    "false": ("ID", "FRAME ID", "FRAME ID FRAME"),
    "true": ("FRAME ID",),
}
"""The words, and the numbers that may follow each."""


class Box(NamedTuple):
    """A box of earlier tracks."""

    frame: int
    number: int


class Pair(NamedTuple):
    """Two boxes that must be in one track, or cannot be; a box with itself must be in a track."""

    a: Box
    b: Box
    together: bool


Cuts = dict[tuple[EarlierTracks, int], set[int]]
"""By the tracks and the id of one: frames from which on, as lines say, it may show another object than before."""


@dataclass(frozen=True)
class Correction:
    """A line of the file.

    Attributes:
        line: its number.
        word: one of `SHAPES`.
        tracks: those whose frames and ids it names.
        frames, ids: the numbers after the word, in order.
    """

    line: int
    word: str
    tracks: EarlierTracks = attribute(repr=False)
    frames: tuple[int, ...]
    ids: tuple[int, ...]

    def check(self) -> None:
        """Check that the tracks hold what the line names, before there are detections.

        Raises:
            ConstraintError: an id or a box does not exist or is interpolated, or the line can never be satisfied.
        """
        for box in self._named():
            self.tracks.check_box(*box)
        self.false_frames(self.tracks.frames)
        self.pairs(self.tracks.frames, {})

    def add_cuts(self, cuts: Cuts) -> None:
        """Add the frames in which the line ends what it says, or what others say, of a whole track."""
        if self.word in ("swap", "split"):
            for number in self.ids:
                cuts[self.tracks, number].add(self.frames[0])
        elif self.word in ("must", "cannot") and (self.word == "must") == (self.ids[0] != self.ids[1]):
            first, last = sorted(self._named())
            cuts[self.tracks, first.number].add(first.frame + 1)
            cuts[self.tracks, last.number].add(last.frame)

    def false_frames(self, frames_of: FramesOf) -> list[int]:
        """The frames in which the track is a false alarm; none if this is no line `false`.

        Raises:
            ConstraintError: the track was not detected in these frames.
        """
        if self.word != "false":
            return []
        frames = frames_of(self.ids[0])
        if not frames:
            raise ConstraintError(f"id {self.ids[0]} was detected in no frame")
        first, last = (self.frames[0], self.frames[-1]) if self.frames else (frames[0], frames[-1])
        within = [frame for frame in frames if first <= frame <= last]
        if within:
            return within
        where = f"frame {first}" if first == last else f"frames {first} to {last}"
        near = nearest_frames(frames, first)
        raise ConstraintError(f"id {self.ids[0]} was not detected in {where}; it was detected in {near}")

    def pairs(self, frames_of: FramesOf, cuts: Cuts) -> list[Pair]:
        """What the line says about pairs of boxes, each of which was detected.

        `swap` and `split` speak of all boxes of their tracks up to the next frame in which a line cuts these.

        Raises:
            ConstraintError: no tracks satisfy it.
        """
        if self.word in ("must", "cannot"):
            a, b = self._named()
            if a == b:
                raise ConstraintError("both boxes are the same")
            return [Pair(a, b, self.word == "must")]
        if self.word == "true":
            return _one_track(self._named())
        if self.word == "merge":
            return self._merged(frames_of)
        if self.word == "split":
            before, after = self._parts(self.ids[0], frames_of, cuts)
            if not before or not after:
                raise ConstraintError(f"id {self.ids[0]} was not detected {self._missing(before)}")
            earlier = self._firsts(frames_of, cuts)
            return [*_two_tracks(before, after), *(Pair(box, after[0], False) for box in earlier)]
        return self._swapped(frames_of, cuts) if self.word == "swap" else []

    def _merged(self, frames_of: FramesOf) -> list[Pair]:
        parts = [[Box(frame, number) for frame in frames_of(number)] for number in self.ids]
        for number, part in zip(self.ids, parts, strict=True):
            if not part:
                raise ConstraintError(f"id {number} was detected in no frame")
        both = sorted(box for part in parts for box in part)
        for a, b in pairwise(both):
            if a.frame == b.frame:
                raise ConstraintError(f"ids {self.ids[0]} and {self.ids[1]} were both detected in frame {a.frame}")
        return _one_track(both)

    def _swapped(self, frames_of: FramesOf, cuts: Cuts) -> list[Pair]:
        (first, first_after), (second, second_after) = (self._parts(each, frames_of, cuts) for each in self.ids)
        if not (first or second) or not (first_after or second_after):
            missing = self._missing([*first, *second])
            raise ConstraintError(f"neither id {self.ids[0]} nor id {self.ids[1]} was detected {missing}")
        return _two_tracks([*first, *second_after], [*second, *first_after])

    def _parts(self, number: int, frames_of: FramesOf, cuts: Cuts) -> tuple[list[Box], list[Box]]:
        """The detected boxes of a track before the frame, since the last cut, and from it on, up to the next one."""
        frame, own = self.frames[0], cuts.get((self.tracks, number), set())
        start = max((each for each in own if each < frame), default=0)
        end = min((each for each in own if each > frame), default=None)
        boxes = [Box(each, number) for each in frames_of(number) if start <= each and (end is None or each < end)]
        return [box for box in boxes if box.frame < frame], [box for box in boxes if box.frame >= frame]

    def _firsts(self, frames_of: FramesOf, cuts: Cuts) -> list[Box]:
        """The first detected box of each part of a track that ended with a cut before the frame."""
        (number,), (until,) = self.ids, self.frames
        frames, own = frames_of(number), cuts.get((self.tracks, number), set())
        starts = sorted({0, *(cut for cut in own if cut < until)})
        firsts = [[f for f in frames if start <= f < end] for start, end in pairwise(starts)]
        return [Box(part[0], number) for part in firsts if part]

    def _missing(self, before: Sequence[Box]) -> str:
        return f"from frame {self.frames[0]} on" if before else f"before frame {self.frames[0]}"

    def _named(self) -> list[Box]:
        """The boxes that the line names one by one."""
        if self.word in ("must", "cannot", "true") or (self.word == "false" and len(self.frames) == 1):
            return [Box(frame, number) for frame, number in zip(self.frames, self.ids, strict=True)]
        return []


def parse_correction(line: int, word: str, fields: list[str], tracks: EarlierTracks | None) -> Correction:
    """A line by its word, one of `SHAPES`, and the fields after it.

    Raises:
        ConstraintError: they are not what may follow the word, or the tracks do not hold what they name.
    """
    if tracks is None:
        raise ConstraintError("the earlier tracks are not named: begin with a line such as 'tracks results/street.txt'")
    shape = next((each.split() for each in SHAPES[word] if len(each.split()) == len(fields)), None)
    if shape is None:
        raise ConstraintError(f"expected {' or '.join(SHAPES[word])}, found {' '.join(fields)[:40]!r}")
    for field in fields:
        if not (field.isascii() and field.isdecimal() and len(field) < 10):
            raise ConstraintError(f"{field[:40]!r} is not a whole number")
    numbers = list(zip(shape, map(int, fields), strict=True))
    frames, ids = (tuple(number for name, number in numbers if name == kind) for kind in ("FRAME", "ID"))
    if word in ("swap", "merge") and ids[0] == ids[1]:
        raise ConstraintError(f"expected two different ids, found {ids[0]} twice")
    if frames != tuple(sorted(frames)) and word == "false":
        raise ConstraintError(f"frame {frames[1]} is before frame {frames[0]}")
    correction = Correction(line, word, tracks, frames, ids)
    correction.check()
    return correction


def cuts_of(lines: Iterable[Correction]) -> Cuts:
    """The frames in which lines cut tracks."""
    cuts: Cuts = defaultdict(set)
    for each in lines:
        each.add_cuts(cuts)
    return cuts


def _one_track(boxes: Sequence[Box]) -> list[Pair]:
    """All boxes in one track."""
    return [Pair(boxes[0], box, True) for box in boxes[1:] or boxes]


def _two_tracks(boxes: Sequence[Box], others: Sequence[Box]) -> list[Pair]:
    """All of the one in one track, all of the others in another one."""
    apart = [Pair(boxes[0], others[0], False)] if boxes and others else []
    return [*apart, *(pair for part in (boxes, others) if part for pair in _one_track(part))]
