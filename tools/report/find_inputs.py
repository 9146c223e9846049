"""What a report is made of: the results, their video and their ground truth, found by the record of the run."""

from dataclasses import dataclass, replace
from pathlib import Path

from siamlink.detectors.base.errors import InputError
from siamlink.detectors.mot.sequence import is_sequence, open_sequence
from siamlink.tools.report.truth import Truth
from siamlink.tools.results.read import Results, read_with_source
from siamlink.tools.results.recorded_files import part_of

NO_TRUTH = "none"
"""Instead of the path of a ground truth: not that of the source either."""


@dataclass(frozen=True)
class ReportInputs:
    """What a report is made of.

    Attributes:
        results: the tracks with their record.
        source: the video file, image folder or MOT sequence; None where it was not found.
        has_video: whether it has frames.
        truth: the ground truth; None without one.
        truth_path: its file or folder.
        notes: what the reader should know, a line each.
    """

    results: Results
    source: Path | None
    has_video: bool
    truth: Truth | None
    truth_path: Path | None
    notes: tuple[str, ...] = ()

    @property
    def earlier_corrections(self) -> str:
        """What a file of new corrections must not forget; empty for tracks that were not corrected."""
        file = part_of(self.results.record, "constraints").get("file")
        return f"these tracks are corrected by {file}: begin the file of new corrections with its lines" if file else ""

    def noted(self, note: str) -> "ReportInputs":
        """The same with one note more, if it is not empty."""
        return replace(self, notes=(*self.notes, note)) if note else self

    @property
    def files(self) -> list[Path]:
        """The files that are read, so that no output replaces them."""
        read = [self.results.path, self.results.path.with_suffix(".json"), self.source, self.truth_path]
        return [each for each in read if each is not None]


def find_report_inputs(
    results: Path,
    video: Path | None = None,
    ground_truth: Path | None = None,
    frame_rate: float | None = None,
) -> ReportInputs:
    """Read results, and find their video and their ground truth.

    Args:
        results: tracks in any format that `read_boxes` reads, with the record of their run beside them if there is one.
        video: the video, image folder or MOT sequence; None: the source that the record names.
        ground_truth: a file, a MOT sequence or a folder; None: that in the source, if it is a MOT sequence; `none`: no
            ground truth.
        frame_rate: frames per second; None: by the record, else the video.

    Raises:
        InputError: a file cannot be read or is malformed.
        ConfigError: the video is another one.
    """
    if results.is_dir() and (runs := [each for each in results.glob("*.txt") if each.with_suffix(".json").is_file()]):
        raise InputError(f"{results} is a folder of results: name one of them, such as {min(runs)}")
    read, source, problem = read_with_source(results, video, frame_rate)
    sequence = open_sequence(source) if source is not None and is_sequence(source) else None
    if sequence and sequence.frames is None:
        problem = f"{sequence.name} has no video: the boxes are shown alone"
    if ground_truth is None and sequence and sequence.truth_file.is_file():
        ground_truth = source
    truth = None
    if ground_truth is not None and str(ground_truth) != NO_TRUTH:
        truth = Truth.read(ground_truth, sequence.name if sequence else results.stem)
    notes = (*read.notes, *([problem] if problem else []))
    has_video = source is not None and not (sequence and sequence.frames is None)
    return ReportInputs(read, source, has_video, truth, ground_truth if truth else None, notes)
