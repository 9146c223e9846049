"""Why the links of tracks were chosen: columns over all links, and details of some."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from siamlink.association.explanation.program import Alternatives, Program
from siamlink.association.explanation.terms import Feature
from siamlink.detectors.base.arrays import BoolArray, Float32Array, FloatArray, IntArray
from siamlink.detectors.base.counted import counted
from siamlink.detectors.detections import Detections
from siamlink.tracker.linking.explained import Explained
from siamlink.tracker.linking.link_probability import next_in_track
from siamlink.tracker.runs.frame_numbers import FrameNumbers

MOST_ALTERNATIVES = 3
"""Alternatives at each end of a link."""
CLOSE = 1.0
"""Nats; a link of a smaller loss has a competitor."""
LEAST_SURE = 0.05
"""Share of the links that are among the least sure."""


class Alternative(NamedTuple):
    """Another box that one end of a link could have been linked to.

    Attributes:
        frame: of the box.
        row: of `TrackingResult.detections`.
        box: (4,) x1 y1 x2 y2 in pixels.
        track_id: the track that it is in; None for none.
        probability: of the link to it.
        loss: nats that the objective loses if this link is demanded; NaN where it is not known.
    """

    frame: int
    row: int
    box: NDArray[np.float32]
    track_id: int | None
    probability: float
    loss: float


@dataclass(frozen=True)
class LinkDetail:
    """What spoke for and against one link.

    Attributes:
        base: log-odds without features; NaN where they are not known.
        features: the strongest first. Base and contributions add up to the log-odds.
        after: the best other boxes that the first box could have been linked to.
        before: the best other boxes that could have been linked to the second box.
    """

    base: float
    features: tuple[Feature, ...]
    after: tuple[Alternative, ...]
    before: tuple[Alternative, ...]


class Explanations:
    """The M links of tracks: two consecutive detected boxes of one track each, also across a gap.

    All columns are sorted by track, then by frame.

    Args:
        explained: what the tracker has kept, of N detections.
        numbers: of its frames.
        detections: of the whole result, with frames numbered as in their source.

    Attributes:
        track_id: (M,) int32.
        frame: (M, 2) int32, of both ends, numbered as in the source.
        row: (M, 2) int64, rows of the whole result's detections.
        probability: (M,) float32, as the tracks say; NaN where it is not known.
        program: (M,) int8, the place in `programs` of the one that has chosen the link; -1 for none.
        programs: names of the programs.
    """

    def __init__(self, explained: Explained, numbers: FrameNumbers, detections: Detections) -> None:
        following = next_in_track(explained.track_id)
        self._earlier = np.flatnonzero(following >= 0)
        self._earlier = self._earlier[np.argsort(explained.track_id[self._earlier], kind="stable")]
        self._later = following[self._earlier]
        self._explained = explained
        self._frame = numbers.in_source(explained.detections.frame)
        self._row = np.searchsorted(detections.frame, self._frame) + explained.row_in_frame
        self.track_id: NDArray[np.int32] = explained.track_id[self._earlier]
        ends = np.column_stack([self._earlier, self._later])
        self.frame: NDArray[np.int32] = self._frame[ends]
        self.row: IntArray = self._row[ends]
        self.probability: Float32Array = explained.link_probability[self._earlier]
        self.programs: tuple[str, ...] = tuple(each.name for each in explained.programs)
        self.program, self._candidate = self._chosen_by()

    def __len__(self) -> int:
        return len(self._earlier)

    def __repr__(self) -> str:
        return f"Explanations({counted(len(self), 'link')})"

    def of(self, track_id: int) -> IntArray:
        """(K,) the links of one track."""
        return np.flatnonzero(self.track_id == track_id)

    @cached_property
    def log_odds(self) -> FloatArray:
        """(M,) log-odds of each link in nats, from its features; NaN where they are not known."""
        return self._column(lambda program, rows: program.evidence.log_odds(rows))

    @cached_property
    def loss(self) -> FloatArray:
        """(M,) nats that the objective of its program loses if a link is forbidden; NaN where it is not known."""
        return self._column(lambda program, rows: program.loss[rows])

    @cached_property
    def similarity(self) -> FloatArray:
        """(M,) the similarity of appearance; NaN where it was not used."""
        return self._column(lambda program, rows: program.evidence.similarity(rows))

    @cached_property
    def doubtful(self) -> BoolArray:
        """(M,) which links cross a gap, have a competitor or a probability below 0.5, or are among the least sure."""
        known = np.where(np.isnan(self.probability), -1, self.probability)
        gap = self.frame[:, 1] - self.frame[:, 0] > self._explained.stride
        least = np.argsort(np.argsort(known, kind="stable"), kind="stable") < LEAST_SURE * len(self)
        doubtful: BoolArray = gap | least | (known < 0.5) | (self.loss < CLOSE)
        return doubtful

    @property
    def notes(self) -> tuple[str, ...]:
        """What is not known of some links and why, one line each."""
        chosen = self.program >= 0
        counts = {
            "links not explained, as corrections demand them or they join two tracks of one object": ~chosen,
            "links without a known loss, as corrections name their tracks": chosen & np.isnan(self.loss),
        }
        return tuple(f"{what}: {which.sum()}" for what, which in counts.items() if which.any())

    def detail(self, link: int) -> LinkDetail:
        """What spoke for and against one link."""
        return self.details([link])[0]

    def details(self, links: ArrayLike) -> list[LinkDetail]:
        """The same for some links (K,), or by a mask (M,); all at once is faster than one by one."""
        rows = np.arange(len(self))[np.asarray(links)]
        found: dict[int, LinkDetail] = {}
        for place, program in enumerate(self._explained.programs):
            own = rows[self.program[rows] == place]
            terms = program.evidence.terms(self._candidate[own])
            for number, link in enumerate(own.tolist()):
                candidate = int(self._candidate[link])
                after = self._alternatives(program.after(candidate, MOST_ALTERNATIVES), program.links.later)
                before = self._alternatives(program.before(candidate, MOST_ALTERNATIVES), program.links.earlier)
                found[link] = LinkDetail(*terms.of(number), after, before)
        return [found.get(link, LinkDetail(np.nan, (), (), ())) for link in rows.tolist()]

    def _alternatives(self, others: Alternatives, end: IntArray) -> tuple[Alternative, ...]:
        """The other boxes of some candidates, at their `end` (P,)."""
        explained = self._explained
        return tuple(
            Alternative(
                int(self._frame[row]),
                int(self._row[row]),
                explained.detections.box[row],
                int(explained.track_id[row]) or None,
                float(probability),
                float(loss),
            )
            for row, probability, loss in zip(
                end[others.candidate].tolist(), others.probability, others.loss, strict=True
            )
        )

    def _chosen_by(self) -> tuple[NDArray[np.int8], IntArray]:
        """(M,) the program that has chosen each link, the last one of several, and (M,) its candidate; -1 for none."""
        number, candidate = np.full(len(self), -1, np.int8), np.full(len(self), -1, np.int64)
        for place, program in enumerate(self._explained.programs):
            of_detection = np.full(len(self._explained.track_id) + 1, -1)
            chosen = np.flatnonzero(program.chosen)
            of_detection[program.links.earlier[chosen]] = chosen
            own = of_detection[self._earlier]
            same = np.flatnonzero(own >= 0)
            same = same[program.links.later[own[same]] == self._later[same]]
            number[same], candidate[same] = place, own[same]
        return number, candidate

    def _column(self, values: Callable[[Program, IntArray], FloatArray]) -> FloatArray:
        """(M,) `values` of candidates, each link by the program that has chosen it; NaN where there is none."""
        column = np.full(len(self), np.nan)
        for place, program in enumerate(self._explained.programs):
            own = self.program == place
            column[own] = values(program, self._candidate[own])
        return column
