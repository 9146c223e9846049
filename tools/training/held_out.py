"""How good models are on videos that they were not trained on, beside the shipped ones."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from siamlink.association.appearance.appearance import Appearances
from siamlink.association.matcher import Matcher
from siamlink.detectors.base.stopwatch import Progress
from siamlink.tools.console.files import output_errors, publish, staging
from siamlink.tools.console.tables import Table
from siamlink.tools.evaluation.ground_truth import Rows
from siamlink.tools.evaluation.metrics import Scores
from siamlink.tools.evaluation.reading import written_rows
from siamlink.tools.evaluation.scoring import evaluate_sequences
from siamlink.tools.training.annotated_video import AnnotatedVideo, group_by_video
from siamlink.tools.training.examples import look_up
from siamlink.tools.training.fold_work import Fold, Pair
from siamlink.tools.training.known_appearance import known_appearance
from siamlink.tools.training.shipped_models import is_known_to_shipped_models
from siamlink.tracker.linking.appearance_source import AppearanceSource
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.runs.inputs import open_input
from siamlink.tracker.runs.options import TrackingOptions
from siamlink.tracker.runs.track import track_input

FolderOf = Callable[[list[AnnotatedVideo]], Path]
FOLDS = 3
"""More folds take longer; fewer leave more out of the training."""
KNOWN = " *"
"""Marks a sequence of a video that the shipped models were trained on."""


@dataclass(frozen=True)
class Comparison:
    """The scores of sequences by new models that were not trained on their video, and by the shipped ones.

    Attributes:
        shipped: the scores by the name of the sequence.
        new: the same by the new models.
    """

    shipped: dict[str, Scores]
    new: dict[str, Scores]

    @property
    def gains(self) -> list[float]:
        """The differences of HOTA."""
        return [self.new[name].HOTA - scores.HOTA for name, scores in self.shipped.items()]

    @property
    def verdict(self) -> str:
        """One sentence on the gain."""
        mean = float(np.mean(self.gains))
        spread = f", spread {np.std(self.gains, ddof=1):.1f}" if len(self.gains) > 1 else ""
        gain = f"{mean:+.1f} HOTA on average{spread}"
        if mean > 0:
            return f"the new models are better than the shipped ones here: {gain}"
        return f"the new models are not better than the shipped ones here: {gain}; keep these, or train on more videos"

    def table(self) -> Table:
        """A row for each sequence, and the means."""
        known = [name for name in self.shipped if is_known_to_shipped_models(name)]
        rows = [
            (f"{name}{KNOWN if name in known else ''}", *_figures(scores, self.new[name]))
            for name, scores in self.shipped.items()
        ]
        means = _figures(Scores.mean(self.shipped.values()), Scores.mean(self.new.values()))
        return Table(
            ("sequence", "HOTA, shipped models", "new models", "IDF1, shipped models", "new models"),
            (*rows, ("mean", *means)),
            title="Videos that the new models were not trained on",
            caption="* the shipped models were trained on this video" if known else "",
            sections=frozenset([len(rows)]),
            bold=1,
        )


def _figures(shipped: Scores, new: Scores) -> tuple[str, ...]:
    return tuple(f"{value:.1f}" for value in (shipped.HOTA, new.HOTA, shipped.IDF1, new.IDF1))


def compare(tested: list[tuple[AnnotatedVideo, Rows]], shipped: list[tuple[AnnotatedVideo, Rows]]) -> Comparison:
    """Score tracks of the same sequences by new and by shipped models."""
    new, old = (
        evaluate_sequences((video.sequence, rows) for video, rows in each).sequences for each in (tested, shipped)
    )
    return Comparison(old, new)


def pairs_to_test(
    every: list[AnnotatedVideo], videos: list[AnnotatedVideo], fewest: int, folds: int = FOLDS
) -> list[Pair]:
    """The sequences to test models on, each with those to train on: the ones left out, else all of them, in folds.

    Args:
        every: all sequences.
        videos: those that models are trained on.
        fewest: the videos that a training needs; if there are too few, nothing is tested.
        folds: how many models are trained for the test at most, if no sequence was left out.
    """
    names = {video.sequence.name for video in videos}
    left_out = [video for video in every if video.sequence.name not in names]
    if left_out:
        return [(video, videos) for video in left_out if _is_testable(video)]
    groups = group_by_video(videos, lambda video: video.truth)
    count = min(folds, len(groups))
    parts = [[video for group in groups[first::count] for video in group] for first in range(count)]
    if count < 2 or len(groups) - -(-len(groups) // count) < fewest:
        return []
    return [
        (video, [each for other in parts if other is not part for each in other])
        for part in parts
        for video in part
        if _is_testable(video)
    ]


@dataclass(frozen=True)
class SaveOrTrack:
    """Writes the model that learned from all sequences; by the others, tracks the sequence that each is tested on.

    Attributes:
        output: the folder of the model.
        parameters: of the tracker.
    """

    output: Path
    parameters: TrackerParameters

    def __call__(self, fold: Fold, tested: AnnotatedVideo, matcher: Matcher) -> tuple[Rows, Rows] | None:
        """The tracks by the model, and those by the shipped models; None of the model that is written."""
        if not fold.learns_from(tested):
            new = track_rows(tested, self.parameters.learned(), look_up(tested.public), matcher)
            [(_, shipped)] = track_shipped([tested], self.parameters.load_appearance(), "auto", lambda *_: None)
            return new, shipped
        with staging(self.output) as staged, output_errors(self.output):
            matcher.save(staged)
            publish(staged, self.output)
        return None


def compare_tracks(videos: list[AnnotatedVideo], tracked: Iterable[tuple[Rows, Rows] | None]) -> Comparison:
    """Score what `SaveOrTrack` has answered for videos."""
    known = [(video, both) for video, both in zip(videos, tracked, strict=True) if both is not None]
    return compare([(video, new) for video, (new, _) in known], [(video, shipped) for video, (_, shipped) in known])


def compare_calibrated(pairs: list[Pair], trained: FolderOf, progress: Progress) -> Comparison:
    """Track each sequence with models of calibrated matching that were trained on other videos, and the shipped ones.

    Args:
        pairs: from `pairs_to_test`.
        trained: gives the folder of models that were trained on some videos.
        progress: of the shipped models.
    """
    new = []
    for video, others in pairs:
        model = str(trained(others))
        parameters = TrackerParameters(matching="calibrated", appearance="none", model=model)
        new.append((video, track_rows(video, parameters)))
    return compare(new, track_shipped([video for video, _ in pairs], None, "calibrated", progress))


def _is_testable(video: AnnotatedVideo) -> bool:
    return video.sequence.detection_file.is_file()


def track_shipped(
    videos: Iterable[AnnotatedVideo], appearance: Appearances | None, matching: str, progress: Progress
) -> list[tuple[AnnotatedVideo, Rows]]:
    """Track sequences by the shipped models.

    Args:
        videos: with descriptors by `appearance`, which are used if it is the shipped one.
        appearance: of the new models; without one, the shipped models do without, too.
        matching: as the setting of this name.
        progress: of the sequences.
    """
    parameters = TrackerParameters.model_validate(
        {"matching": matching, "appearance": "none" if appearance is None else "auto"}
    )
    own = parameters.load_appearance()
    is_same = own is not None and appearance is not None and own.fingerprint == appearance.fingerprint
    videos, tracked = list(videos), []
    for done, video in enumerate(videos):
        progress("test the shipped models", done, len(videos))
        described = is_same and video.public.descriptor is not None
        tracked.append((video, track_rows(video, parameters, _descriptors(video) if described else None)))
    return tracked


def track_rows(
    video: AnnotatedVideo,
    parameters: TrackerParameters,
    appearance: AppearanceSource | None = None,
    matcher: Matcher | None = None,
) -> Rows:
    """Track a sequence from its `det/det.txt`."""
    source = open_input(video.sequence.folder, video.sequence.detection_file)
    options = TrackingOptions(parameters, matcher=matcher, appearance=appearance)
    return written_rows(track_input(source, options).tracks, source.class_names)


def _descriptors(video: AnnotatedVideo) -> AppearanceSource:
    assert video.public.descriptor is not None
    return known_appearance(video.public.detections, video.public.descriptor)
