"""What comes of tracking one source."""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from siamlink.detectors.base.counted import counted
from siamlink.detectors.base.errors import OutputError
from siamlink.detectors.base.output_files import whole_file
from siamlink.detectors.base.progress_bars import progress_bars
from siamlink.detectors.class_names import ClassNames, names_file
from siamlink.detectors.detections import Detections
from siamlink.tracker.html import html_table
from siamlink.tracker.linking.left_out import LeftOut
from siamlink.tracker.parameters import Matching
from siamlink.tracker.runs.explanations import Explanations
from siamlink.tracker.summary.geometry import Anchor, Line, Zone
from siamlink.tracker.summary.summary import Summary, summarise
from siamlink.tracker.tracks import Tracks


@dataclass(frozen=True)
class AppearanceUse:
    """How far appearance was used.

    Attributes:
        name: of the appearance.
        requested: the candidate pairs that geometry left open, or, with two levels, the chosen detections of tracklets;
            all detections if these are chosen only later, in a window.
        described: how many of these were compared or described; the others were judged by geometry alone.
        missing: why some were not; None if all were.
        separation: how far the descriptors tell the video's own tracklets apart, from 0 to 1; None if not known.
        ignored: the share of the run, from 0 to 1, in which they were not used because of that.
    """

    name: str
    requested: int
    described: int
    missing: str | None
    separation: float | None = None
    ignored: float = 0.0


class ClassCount(NamedTuple):
    """How many tracks there are of a class, and how many boxes."""

    tracks: int
    boxes: int


@dataclass
class Counts:
    """How many detections there were, and how many tracks of how many boxes came of them.

    Attributes:
        detections: all, before non-maximum suppression.
        tracks: how many.
        boxes: of all tracks.
        interpolated: how many of the boxes were interpolated, extrapolated or found by a search.
        found: how many of these were found by a search.
        left_out: how many detections are in no track, by reason; see `left_out.REASONS`.
        classes: tracks and boxes by the number of their class. A track that changes its class online counts for its
            last one.
    """

    detections: int = 0
    tracks: int = 0
    boxes: int = 0
    interpolated: int = 0
    found: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    classes: dict[int, ClassCount] = field(default_factory=dict)


@dataclass(frozen=True, repr=False)
class TrackingResult:
    """The tracks of one source and how they were made.

    Attributes:
        name: of the source.
        tracks: of all frames; empty if `TrackingOptions` says not to keep them.
        detections: those that were linked, before non-maximum suppression; empty likewise.
        counts: how many there were.
        detector: the name of the detector; None if the detections were given.
        frame_count: how many frames were covered.
        broken: why the source ended before its end; None if all of it was read.
        seconds: by stage, by the clock; stages overlap, so their sum may be more than the time that has passed.
        appearance: how far appearance was used; None without one.
        left_out: the detections that are in no track, and why; empty as `tracks` is.
        stride: frames from one frame that the detector processed to the next, as recognised from given detections.
        matching: learned or calibrated, as the settings say or as it was chosen for the video.
        class_names: the names of classes, as the detector or the file of detections states them; None if neither does.
        frame_rate: frames per second of the source; None if it is not known.
        first_frame: the number of the first frame: 1, except for images that are numbered by their names.
        detector_record: what the detector reports, see `LoadedDetector.description`; None if the detections were given.
        explanations: why the links were chosen; None unless `track` was told to explain.
        search_unused: why what a search found was not used; empty if it was, or if nothing was searched.
    """

    name: str
    tracks: Tracks
    detections: Detections
    counts: Counts
    detector: str | None
    frame_count: int
    broken: str | None
    seconds: dict[str, float]
    appearance: AppearanceUse | None = None
    left_out: LeftOut = field(default_factory=LeftOut.none)
    stride: int = 1
    matching: Matching = "learned"
    class_names: ClassNames | None = None
    frame_rate: float | None = None
    first_frame: int = 1
    detector_record: dict[str, Any] | None = None
    explanations: Explanations | None = None
    search_unused: str = ""

    def __repr__(self) -> str:
        counts = self.counts
        tracks, boxes = counted(counts.tracks, "track"), counted(counts.boxes, "box")
        return f"TrackingResult({self.name!r}: {tracks}, {boxes}, {counted(self.frame_count, 'frame')})"

    def _repr_html_(self) -> str:
        return html_table(self.summary().columns(), repr(self))

    def of(self, track_id: int) -> Tracks:
        """The boxes of one track."""
        return self.tracks.of(track_id)

    def by_frame(self) -> Iterator[tuple[int, Tracks]]:
        """Each frame that has boxes, with these, in order."""
        return self.tracks.by_frame()

    def by_track(self) -> Iterator[tuple[int, Tracks]]:
        """Each track's id with its boxes, in order of the ids."""
        return self.tracks.by_track()

    def unsmoothed(self) -> Tracks:
        """The tracks with the boxes of the detections themselves; interpolated boxes stay as they are."""
        return self.tracks.with_boxes_of(self.detections)

    def to_dataframe(self) -> Any:
        """A `pandas.DataFrame` with a row for each box; see `Tracks.columns`.

        Raises:
            InputError: the package pandas is not installed.
        """
        return self.tracks.to_dataframe(self.frame_rate, self.class_names)

    def to_csv(self, path: str | Path) -> Path:
        """Write a table with a row for each box, and return the path; an earlier file is replaced.

        Raises:
            OutputError: the file cannot be written.
        """
        return self.tracks.to_csv(path, self.frame_rate, self.class_names)

    def summary(
        self,
        lines: Sequence[Line | str] | Line | str = (),
        zones: Sequence[Zone | str] | Zone | str = (),
        anchor: Anchor = "bottom",
        margin: float = 0.0,
    ) -> Summary:
        """The tracks in numbers; see `summarise` for the arguments.

        Raises:
            ConfigError: an argument cannot be used.
        """
        return summarise(self.tracks, self.frame_rate, self.class_names, lines, zones, anchor, margin)

    def render(self, video: Any, output: str | Path, progress: bool = False) -> Path:
        """Draw the tracks on the frames of their video, and write an mp4 file; an earlier file is replaced.

        Args:
            video: a video file, an image folder, a MOT sequence, or a list of images.
            output: the file to write.
            progress: whether a bar shows the progress.

        Raises:
            InputError: the video cannot be read, or ends before the tracks do.
            OutputError: the file cannot be written, or is the video itself.
        """
        from siamlink.tracker.drawing.render import render

        with progress_bars(self.name) if progress else nullcontext() as report:
            return render(self.tracks, video, output, self.frame_rate, self.class_names, report)

    def save(self, folder: str | Path) -> Path:
        """Write the tracks as MOT text to `folder/NAME.txt`, and return this path; an earlier file is replaced.

        The names of the classes, if they are known, are written to `folder/NAME.classes.txt`.

        Raises:
            OutputError: it cannot be written.
        """
        try:
            Path(folder).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot make {folder}: {error.strerror or error}") from None
        path = Path(folder) / f"{self.name}.txt"
        if self.class_names is not None:
            with whole_file(names_file(path)) as temporary:
                temporary.write_text(self.class_names.to_text(), encoding="utf-8")
        return self.tracks.save(path, self.class_names)
