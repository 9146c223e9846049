"""`Tracks`: detections that know who they are."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.detections import Detections
from siamlink.detectors.mot.text import format_rows


@dataclass(frozen=True, eq=False, repr=False)
class Tracks(Detections):
    """Detections with an identity, sorted by frame.

    Attributes:
        track_id: (N,) int32, from 1 in each video; never reused, at most once in a frame.
        interpolated: (N,) bool, true where no detection was there and the box was filled in.
    """

    track_id: NDArray[np.int32]
    interpolated: NDArray[np.bool_]

    _dtypes: ClassVar[dict[str, type]] = {**Detections._dtypes, "track_id": np.int32, "interpolated": np.bool_}

    @classmethod
    def from_detections(cls, detections: Detections, track_id: NDArray[np.int32]) -> "Tracks":
        """Give each detection its id; a `track_id` below 1 drops the detection."""
        kept = track_id > 0
        part = detections[kept]
        return Tracks(
            frame=part.frame,
            box=part.box,
            score=part.score,
            label=part.label,
            track_id=track_id[kept],
            interpolated=np.zeros(len(part), bool),
        )

    def _supervision_columns(self) -> dict[str, Any]:
        return {**super()._supervision_columns(), "tracker_id": self.track_id.astype(int)}

    def to_mot_text(self) -> str:
        """The rows in MOTChallenge's format of ten columns, the last of them 1 where `interpolated`, else -1."""
        return format_rows(self, self.track_id, self.interpolated)

    @property
    def count(self) -> int:
        """How many identities there are."""
        return len(np.unique(self.track_id))
