"""What a cross-validation writes of a video that its model has not learned from."""

from dataclasses import dataclass
from pathlib import Path

from siamlink.association.matcher import Matcher
from siamlink.tools.console.files import output_errors, publish, staging
from siamlink.tools.training.annotated_video import AnnotatedVideo
from siamlink.tools.training.calibration import MatchingReport
from siamlink.tools.training.examples import look_up
from siamlink.tools.training.fold_work import Fold
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.runs.inputs import open_input
from siamlink.tracker.runs.options import TrackingOptions
from siamlink.tracker.runs.track import track_input


@dataclass(frozen=True)
class TrackHeldOut:
    """Tracks a sequence, and writes its tracks and its model.

    Attributes:
        output: the folder.
        parameters: of the tracker.
    """

    output: Path
    parameters: TrackerParameters

    def __call__(self, fold: Fold, tested: AnnotatedVideo, matcher: Matcher) -> MatchingReport:
        """The calibration of the model on the sequence."""
        sequence, output = tested.sequence, self.output
        source = open_input(sequence.folder, sequence.detection_file)
        options = TrackingOptions(self.parameters, matcher=matcher, appearance=look_up(tested.public))
        tracks = track_input(source, options).tracks
        report = MatchingReport(self.parameters.pair_label)
        report.add(matcher, tested.public, self.parameters.appearance_gate)
        with staging(output) as staged, output_errors(output):
            matcher.save(staged / "models" / sequence.name)
            (staged / f"{sequence.name}.txt").write_text(tracks.to_mot_text(), encoding="ascii")
            publish(staged, output)
        return report
