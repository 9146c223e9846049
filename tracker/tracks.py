"""`Tracks`: detections with an identity."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.arrays import Box
from siamlink.detectors.base.counted import counted
from siamlink.detectors.base.errors import FormatError, InputError
from siamlink.detectors.base.output_files import whole_file
from siamlink.detectors.class_names import ClassNames
from siamlink.detectors.detections import Detections
from siamlink.detectors.formats.box_file import BoxFile
from siamlink.detectors.formats.mot_text import NAME as MOT_TEXT
from siamlink.detectors.formats.read import read_boxes
from siamlink.detectors.mot.text import format_rows
from siamlink.tracker.html import html_table
from siamlink.tracker.table import Columns, box_columns, csv_text, data_frame


@dataclass(frozen=True, eq=False, repr=False)
class Tracks(Detections):
    """Detections with an identity, sorted by frame.

    Attributes:
        track_id: (N,) int32, from 1 in each video; never reused, at most once in a frame.
        interpolated: (N,) bool, true where the box was interpolated or extrapolated, and not detected.
        link_probability: (N,) float32, the probability that the next box of the track shows the same object, by the
            model that linked them; an interpolated box has that of the link across the gap. NaN where it is not known,
            and at the end of a track. All NaN by default.
        row: (N,) int32, the detection that the box was made from: its row among all those that the tracker was given
            for the frame, from 0. -1 where the box was not detected, and in tracks from a file; all -1 by default.
        found: (N,) bool, true where an interpolated box was found by a search in the image; all false by default.
    """

    track_id: NDArray[np.int32]
    interpolated: NDArray[np.bool_]
    link_probability: NDArray[np.float32] = None  # type: ignore[assignment]
    row: NDArray[np.int32] = None  # type: ignore[assignment]
    found: NDArray[np.bool_] = None  # type: ignore[assignment]

    _dtypes: ClassVar[dict[str, type]] = {
        **Detections._dtypes,
        "track_id": np.int32,
        "interpolated": np.bool_,
        "link_probability": np.float32,
        "row": np.int32,
        "found": np.bool_,
    }
    _unknown: ClassVar[dict[str, float]] = {"link_probability": np.nan, "row": -1, "found": False}

    def __post_init__(self) -> None:
        for name, unknown in self._unknown.items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, np.full(np.shape(self.frame), unknown, self._dtypes[name]))
        super().__post_init__()

    def __repr__(self) -> str:
        span = f", frames {self.frame[0]}-{self.frame[-1]}" if len(self) else ""
        return f"Tracks({counted(self.count, 'track')}, {counted(len(self), 'box')}{span})"

    def _repr_html_(self) -> str:
        return html_table(self.columns(), repr(self))

    @classmethod
    def from_detections(
        cls,
        detections: Detections,
        track_id: NDArray[np.int32],
        link_probability: NDArray[np.float32] | None = None,
        row: NDArray[np.int32] | None = None,
    ) -> "Tracks":
        """Give each of N detections its id, the probability of its link, and its row.

        Args:
            detections: N of them.
            track_id: (N,) the ids; one below 1 drops the detection.
            link_probability: (N,) of the link to the next detection of the track; None: not known.
            row: (N,) the row of each in its frame; None: these are all detections of their frames, in order.
        """
        in_track = track_id > 0
        part = detections[in_track]
        unknown = np.full(len(part), np.nan, np.float32)
        columns = {
            **vars(part),
            "track_id": track_id[in_track],
            "interpolated": np.zeros(len(part), bool),
            "link_probability": unknown if link_probability is None else link_probability[in_track],
            "row": (detections.row_in_frame if row is None else row)[in_track],
            "found": np.zeros(len(part), bool),
        }
        return Tracks.of_columns({name: np.asarray(columns[name], dtype) for name, dtype in Tracks._dtypes.items()})

    @classmethod
    def read(cls, path: str | Path) -> "Tracks":
        """Read tracks from a file of any format that `read_boxes` reads.

        For the names of classes, read the file by `siamlink.detectors.formats.read.read_boxes(path, unique_ids=True)`:
        its result has `class_names`, and `from_box_file` takes it.

        Raises:
            InputError: the file cannot be read.
            FormatError: it is of no known format, an id is below 1, or is in a frame twice.
        """
        return cls.from_box_file(read_boxes(path, unique_ids=True))

    @classmethod
    def from_box_file(cls, boxes: BoxFile) -> "Tracks":
        """Tracks from a file that was read; ids that begin at 0 begin at 1 then, except in MOT text.

        Raises:
            FormatError: an id is below 1, or a box is too thin for float32.
        """
        track_id = boxes.track_id + (boxes.format != MOT_TEXT and boxes.track_id.min(initial=1) == 0)
        if len(boxes) and track_id.min() < 1:
            raise FormatError(boxes.path, f"id {track_id.min()} is below 1: these are detections, not tracks")
        try:
            return cls(
                frame=boxes.frame.astype(np.int32),
                box=boxes.corners.astype(np.float32),
                score=boxes.score.astype(np.float32),
                label=boxes.label,
                track_id=track_id.astype(np.int32),
                interpolated=boxes.interpolated,
                link_probability=boxes.link_probability,
                found=boxes.found,
            )
        except InputError as error:  # a box so thin that its corners are one in float32
            raise FormatError(boxes.path, str(error)) from None

    @classmethod
    def from_mot(cls, path: str | Path) -> "Tracks":
        """Read tracks from MOT text, as `save` writes it; `read` reads every format.

        Raises:
            InputError: the file cannot be read.
            FormatError: it is not MOT text, an id is below 1, or is in a frame twice.
        """
        return cls.read(path)

    def save(self, path: str | Path, class_names: ClassNames | None = None) -> Path:
        """Write `to_mot_text`, whole or not at all, and return the path; an earlier file is replaced.

        Raises:
            OutputError: the file cannot be written.
        """
        with whole_file(path) as temporary:
            temporary.write_text(self.to_mot_text(class_names), encoding="ascii")
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
            NaN if not known; `found`, bool.
        """
        return {
            **box_columns(self, frame_rate, class_names, {"tracker_id": self.track_id}),
            "interpolated": self.interpolated,
            "link_probability": self.link_probability,
            "found": self.found,
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

    def to_mot_text(self, class_names: ClassNames | None = None) -> str:
        """The rows in MOTChallenge's format of ten columns.

        The eighth is the class, the ninth the `link_probability`, -1 for NaN; the tenth is 2 where `found`, 1 where
        `interpolated` otherwise, else -1.

        Args:
            class_names: names of the classes; if they are not known and all classes are 0, -1 is written for them.
        """
        known = class_names is not None
        return format_rows(self, self.track_id, self.interpolated, self.link_probability, known, self.found)

    def row_ids(self, count: int) -> NDArray[np.int32]:
        """(count,) the track of each row that the tracker was given for a frame; -1 for none.

        Args:
            count: how many rows it was given.

        Raises:
            InputError: the boxes are of several frames (pick those of one by `in_frame`), or there were more rows.
        """
        if len(self) and self.frame[0] != self.frame[-1]:
            raise InputError("row_ids is for the boxes of one frame: use in_frame(number).row_ids(count)")
        if self.row.max(initial=-1) >= count:
            raise InputError(
                f"row {self.row.max()} is in a track, but only {counted(count, 'row was', 'rows were')} given"
            )
        ids, detected = np.full(count, -1, np.int32), self.row >= 0
        ids[self.row[detected]] = self.track_id[detected]
        return ids

    def with_boxes_of(self, detections: Detections) -> "Tracks":
        """The same tracks with the boxes of the detections themselves, as they were before they were smoothed.

        Interpolated boxes stay as they are.

        Args:
            detections: those that the tracker was given; of each frame all, in the same order.

        Raises:
            InputError: a frame has fewer detections than the tracker was given.
        """
        detected = self.row >= 0
        frame, row = self.frame[detected], self.row[detected]
        first, stop = (np.searchsorted(detections.frame, frame, side) for side in ("left", "right"))
        missing = np.flatnonzero(first + row >= stop)
        if len(missing):
            raise InputError(f"there is no detection {row[missing[0]]} in frame {frame[missing[0]]}: these are others")
        box = self.box.copy()
        box[detected] = detections.box[first + row]
        return self.with_box(box)

    def with_box(self, box: Box) -> "Tracks":
        """The same tracks with other boxes (N, 4)."""
        return self._with("box", box)

    def with_link_probability(self, link_probability: NDArray[np.float32]) -> "Tracks":
        """The same boxes with other probabilities of their links (N,)."""
        return self._with("link_probability", link_probability)

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
