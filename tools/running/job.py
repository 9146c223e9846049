"""What to do with each source of a run, and which files are written."""

from dataclasses import dataclass, field
from pathlib import Path

from siamlink.detectors.base.output_files import partial_path
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.detector import LoadedDetector
from siamlink.detectors.detector_options import DetectorOptions
from siamlink.detectors.formats.pictures import ReadingOptions
from siamlink.detectors.models.registry import load_detector
from siamlink.tools.console.standard_output import STANDARD_OUTPUT
from siamlink.tools.exporting.formats import Format
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.runs.inputs import TrackingInput
from siamlink.tracker.runs.options import DEFAULT_DETECTOR

GIGABYTE = 10**9


@dataclass(frozen=True)
class Job:
    """What to do with each source.

    Attributes:
        output: the folder for the results; `-` prints the tracks instead.
        parameters: settings of the tracker.
        detector: the name of a detector; None: given or public detections, else the default detector.
        detections: a file or folder of detections, or a path inside each sequence's folder.
        frame_rate: frames per second, instead of the frame rate of the source.
        video: whether an annotated video is written.
        overwrite: whether earlier results may be replaced, and an earlier video removed if none is drawn.
        constraints: corrections of earlier tracks of the one source.
        patience_seconds: how long to reconnect a lost live source; 0 does not reconnect; None: the default.
        cache: the folder of detections and descriptors for later runs.
        cache_limit: the largest size of the cache in bytes.
        resume: whether frames are recorded, and the records of an interrupted run are used.
        show: whether a window shows the annotated frames.
        reading: how the numbers in the file of detections are to be read.
        exports: the formats of other tools in which tracks are written too.
        detector_options: what the detector reports, or what is selected from given detections.
        report: whether a report is written.
        segments: how many segments each source is cut into; 0: as were done by hand; None: it is tracked in one piece.
    """

    output: Path
    parameters: TrackerParameters = field(default_factory=TrackerParameters)
    detector: str | None = None
    detections: Path | None = None
    frame_rate: float | None = None
    video: bool = True
    overwrite: bool = False
    constraints: Path | None = None
    patience_seconds: float | None = None
    cache: Path | None = None
    cache_limit: int = 10 * GIGABYTE
    resume: bool = False
    show: bool = False
    reading: ReadingOptions = field(default_factory=ReadingOptions)
    exports: tuple[Format, ...] = ()
    detector_options: DetectorOptions = field(default_factory=DetectorOptions)
    report: bool = False
    segments: int | None = None

    @property
    def prints(self) -> bool:
        """Whether tracks are printed as JSON lines, and no files are written."""
        return self.output == STANDARD_OUTPUT

    def load_detector(self, progress: Progress | None = None) -> LoadedDetector:
        """A detector for one source without detections, as a detector may remember earlier frames.

        Args:
            progress: called while weights are downloaded.

        Raises:
            SiamlinkError: it cannot be loaded.
        """
        name = DEFAULT_DETECTOR if self.detector is None else self.detector
        return load_detector(name, progress, **self.detector_options.given)

    def results(self, source: TrackingInput) -> list[Path]:
        """The files that are written for an input: tracks, record, video, report, and those of other formats."""
        if self.prints:
            return []
        suffixes = [".txt", ".json", *([".mp4"] if self.draws(source) else []), *([".html"] if self.report else [])]
        written = [self.output / f"{source.name}{suffix}" for suffix in suffixes]
        files = [each for each in self.exports if not each.is_folder]
        return written + [path for each in files for path in each.paths(self.output / f"{source.name}{each.suffix}")]

    def resume_folder(self, source: TrackingInput) -> Path:
        """The folder for the records of an input; it exists while the input is tracked, and after an interruption."""
        return self.output / f".{source.name}.resume"

    def may_replace(self, source: TrackingInput) -> bool:
        """Whether results may be replaced: with `overwrite`, or those that a resumed run had begun to write."""
        return self.overwrite or (self.resume and self.resume_folder(source).is_dir())

    def partial(self, source: TrackingInput) -> Path:
        """The file for the final tracks of an interrupted run."""
        return partial_path(self.output / f"{source.name}.txt")

    def draws(self, source: TrackingInput) -> bool:
        """Whether there will be an annotated video of an input."""
        return self.video and not self.prints and source.frames is not None

    def decodes(self, source: TrackingInput) -> bool:
        """Whether the images of an input are needed: to detect, for appearance or to draw."""
        needed = source.detections is None or self.parameters.uses_appearance or self.show or self.draws(source)
        return source.frames is not None and needed

    def stale_video(self, source: TrackingInput) -> Path | None:
        """An earlier video, not the input itself, that would not belong to the new tracks of an input without video."""
        video, path = self.output / f"{source.name}.mp4", Path(source.origin)
        if self.prints or self.draws(source) or not video.is_file():
            return None
        is_input = any(each.exists() and video.samefile(each) for each in (path, path / video.name))
        return None if is_input else video
