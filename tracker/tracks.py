"""`Tracks`: detections with an identity."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.errors import FormatError, InputError
from siamlink.detectors.base.output_files import whole_file
from siamlink.detectors.class_names import ClassNames
from siamlink.detectors.detections import Detections
from siamlink.detectors.mot.text import corners, format_rows, is_interpolated, link_probabilities, read_rows
from siamlink.tracker.table import CORNERS, Columns, csv_text, data_frame


@dataclass(frozen=True, eq=False, repr=False)
class Tracks(Detections):
    """Detections with an identity, sorted by frame.

    Attributes:
        track_id: (N,) int32, from 1 in each video; never reused, at most once in a frame.
        interpolated: (N,) bool, true where the box was interpolated or extrapolated, and not detected.
        link_probability: (N,) float32, the probability that the next box of the track shows the same object, by the
            model that linked them; an interpolated box has that of the link across the gap. NaN where it is not known,
            and at the end of a track. All NaN by default.
    """

    track_id: NDArray[np.int32]
    interpolated: NDArray[np.bool_]
    link_probability: NDArray[np.float32] = None  # type: ignore[assignment]

    _dtypes: ClassVar[dict[str, type]] = {
        **Detections._dtypes,
        "track_id": np.int32,
        "interpolated": np.bool_,
        "link_probability": np.float32,
    }

    def __post_init__(self) -> None:
        if self.link_probability is None:
            object.__setattr__(self, "link_probability", np.full(np.shape(self.frame), np.nan, np.float32))
        super().__post_init__()

    def __repr__(self) -> str:
        span = f", frames {self.frame[0]}-{self.frame[-1]}" if len(self) else ""
        return f"Tracks({self.count} tracks, {len(self)} boxes{span})"

    @classmethod
    def from_detections(
        cls,
        detections: Detections,
        track_id: NDArray[np.int32],
        link_probability: NDArray[np.float32] | None = None,
    ) -> "Tracks":
        """Give each detection its id, and the probability of its link; a `track_id` below 1 drops the detection."""
        in_track = track_id > 0
        part = detections[in_track]
        unknown = np.full(len(part), np.nan, np.float32)
        return Tracks(
            frame=part.frame,
            box=part.box,
            score=part.score,
            label=part.label,
            track_id=track_id[in_track],
            interpolated=np.zeros(len(part), bool),
            link_probability=unknown if link_probability is None else link_probability[in_track],
        )

    @classmethod
    def from_mot(cls, path: str | Path) -> "Tracks":
        """Read tracks from MOT text, as `save` writes it; labels are 0, as the format has none.

        Raises:
            InputError: the file cannot be read.
            FormatError: it is not MOT text, an id is below 1, or is in a frame twice.
        """
        rows = read_rows(Path(path), unique_ids=True)
        if len(rows) and rows[:, 1].min() < 1:
            raise FormatError(path, f"id {rows[:, 1].min():g} is below 1: these are detections, not tracks")
        try:
            return cls(
                frame=rows[:, 0].astype(np.int32),
                box=corners(rows),
                score=rows[:, 6].astype(np.float32),
                label=np.zeros(len(rows), np.int16),
                track_id=rows[:, 1].astype(np.int32),
                interpolated=is_interpolated(rows),
                link_probability=link_probabilities(rows),
            )
        except InputError as error:  # a box so thin that its corners are one in float32
            raise FormatError(path, str(error)) from None

    def save(self, path: str | Path) -> Path:
        """Write the tracks as MOT text, whole or not at all, and return the path; an earlier file is replaced.

        Raises:
            OutputError: the file cannot be written.
        """
        with whole_file(path) as temporary:
            temporary.write_text(self.to_mot_text(), encoding="ascii")
        return Path(path)

    def columns(self, frame_rate: float | None = None, class_names: ClassNames | None = None) -> Columns:
        """The columns of a table with a row for each box, by name and in order; the first seven are supervision's.

        Args:
            frame_rate: frames per second; None: the times are not known.
            class_names: names of the classes; None: they are not known.

        Returns:
            Arrays (N,): `x_min`, `y_min`, `x_max`, `y_max` in pixels, float32; `class_id`, int16; `confidence`,
            float32; `tracker_id`, int32; `frame`, int32, from 1; `time` in seconds from the first frame, float64, NaN
            if not known; `class_name`, text, empty if not known; `interpolated`, bool; `link_probability`, float32,
            NaN if not known.
        """
        count, labels = len(self), self.label.tolist()
        names = {label: class_names.name_of(label) for label in set(labels)} if class_names else {}
        return {
            **dict(zip(CORNERS, self.box.T, strict=True)),
            "class_id": self.label,
            "confidence": self.score,
            "tracker_id": self.track_id,
            "frame": self.frame,
            "time": np.full(count, np.nan) if frame_rate is None else (self.frame - 1) / frame_rate,
            "class_name": np.array([names.get(label, "") for label in labels], object),
            "interpolated": self.interpolated,
            "link_probability": self.link_probability,
        }

    def to_csv(self, path: str | Path, frame_rate: float | None = None, class_names: ClassNames | None = None) -> Path:
        """Write the `columns` as CSV, whole or not at all, and return the path; an earlier file is replaced.

        Raises:
            OutputError: the file cannot be written.
        """
        with whole_file(path) as temporary:
            temporary.write_text(csv_text(self.columns(frame_rate, class_names)), encoding="utf-8", newline="")
        return Path(path)

    def to_dataframe(self, frame_rate: float | None = None, class_names: ClassNames | None = None) -> Any:
        """The `columns` as a `pandas.DataFrame`.

        Raises:
            InputError: the package pandas is not installed.
        """
        return data_frame(self.columns(frame_rate, class_names))

    def to_mot_text(self) -> str:
        """The rows in MOTChallenge's format of ten columns.

        The ninth is the `link_probability`, -1 for NaN; the tenth is 1 where `interpolated`, else -1.
        """
        return format_rows(self, self.track_id, self.interpolated, self.link_probability)

    def of(self, track_id: int) -> "Tracks":
        """The boxes of one track."""
        return self[self.track_id == track_id]

    def by_track(self) -> Iterator[tuple[int, "Tracks"]]:
        """Each track's id with its boxes, in order of the ids."""
        order = np.lexsort((self.frame, self.track_id))
        ids, starts = np.unique(self.track_id[order], return_index=True)
        bounds = np.append(starts, len(self)).tolist()
        for track_id, start, stop in zip(ids.tolist(), bounds[:-1], bounds[1:], strict=True):
            yield track_id, self[order[start:stop]]

    @property
    def count(self) -> int:
        """How many tracks there are."""
        return len(np.unique(self.track_id))

    @property
    def lengths(self) -> dict[int, int]:
        """How many boxes each track has, by its id."""
        ids, counts = np.unique_counts(self.track_id)
        return dict(zip(ids.tolist(), counts.tolist(), strict=True))

    def _supervision_columns(self) -> dict[str, Any]:
        return {**super()._supervision_columns(), "tracker_id": self.track_id.astype(int)}
