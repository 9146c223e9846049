"""What tracks say about constraints."""

import numpy as np
import pytest
from hypothesis import assume
from hypothesis import strategies as st

from siamlink.association.solvers.constraints import Constraint, cannot_link, group_detections, must_link
from siamlink.detectors.base.errors import ConstraintError
from siamlink.detectors.detections import Detections
from siamlink.tracker.tracks import Tracks


class Judge:
    """Draws constraints, and tells whether tracks obey them; the boxes of tracks are those of their detections."""

    @staticmethod
    def draw(drawn: st.DataObject, detections: Detections) -> list[Constraint]:
        """Constraints that do not contradict each other."""
        row = st.integers(0, len(detections) - 1)
        kinds = st.sampled_from([must_link, cannot_link])
        constraints = [kind(a, b) for a, b, kind in drawn.draw(st.lists(st.tuples(row, row, kinds), max_size=6))]
        try:
            group_detections(detections.frame, constraints)
        except ConstraintError:
            assume(False)
        return constraints

    @staticmethod
    def identity(tracks: Tracks, detections: Detections, row: int) -> int:
        """The track of a detection, 0 for none."""
        same = (tracks.frame == detections.frame[row]) & (tracks.box == detections.box[row]).all(axis=1)
        return int(tracks.track_id[same & ~tracks.interpolated].max(initial=0))

    def holds(self, constraint: Constraint, tracks: Tracks, detections: Detections) -> bool:
        """Whether the tracks obey a constraint."""
        a, b = (self.identity(tracks, detections, row) for row in (constraint.a, constraint.b))
        return 0 < a == b if constraint.together else a != b or a == 0

    def check(self, constraints: list[Constraint], tracks: Tracks, detections: Detections) -> None:
        """All constraints hold, no id is twice in a frame, and ids count from 1."""
        assert [each.origin for each in constraints if not self.holds(each, tracks, detections)] == []
        pairs = np.column_stack([tracks.frame, tracks.track_id])
        assert len(np.unique(pairs, axis=0)) == len(pairs)
        assert np.unique(tracks.track_id).tolist() == list(range(1, tracks.count + 1))


@pytest.fixture(scope="session")
def judge() -> Judge:
    return Judge()
