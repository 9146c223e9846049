"""How good settings are on a video: it is tracked with them, and scored against its ground truth."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from siamlink.association.matcher import Matcher
from siamlink.tools.evaluation.classes import ClassChoice
from siamlink.tools.evaluation.metrics import Counts, Scores, combine, measure
from siamlink.tools.evaluation.reading import classed_tracks, written_rows
from siamlink.tools.evaluation.scoring import pair_of
from siamlink.tools.tuning.choices import Objective
from siamlink.tools.tuning.space import Changes, SearchSpace
from siamlink.tools.tuning.videos import TunedSequence, Video
from siamlink.tracker.parameters import Matching, TrackerParameters
from siamlink.tracker.runs.options import TrackingOptions
from siamlink.tracker.runs.track import track_input
from siamlink.tracker.tracks import Tracks


class Figures(NamedTuple):
    """The figures of a video in percent, all its sequences together."""

    hota: float
    idf1: float
    mota: float

    def objective(self, kind: Objective) -> float:
        """The one to maximise."""
        return float(np.mean(self)) if kind is Objective.MEAN else float(getattr(self, kind))


class Task(NamedTuple):
    """Settings to try on the video of an index."""

    changes: Changes
    video: int


class Outcome(NamedTuple):
    """The figures of a task, and the matchings that the sequences were linked with."""

    figures: Figures
    matchings: frozenset[Matching]


@dataclass(frozen=True)
class Evaluator:
    """Tracks and scores videos; it can be sent to another process.

    Attributes:
        videos: that are tracked.
        space: what is searched.
        models: a folder of models for each video; None: those of the configuration.
    """

    videos: tuple[Video, ...]
    space: SearchSpace
    models: tuple[Path, ...] | None = None

    def outcome(self, task: Task) -> Outcome:
        """Track the sequences of a video with some settings, and score them together.

        Raises:
            ConfigError: the settings exclude each other.
            ModelError: models cannot be loaded.
        """
        parameters = self.space.parameters(task.changes)
        matcher = load_matcher(self.space.base, self.models[task.video] if self.models else None)
        choice = ClassChoice.of((each.truth for video in self.videos for each in video.sequences), None)
        counts: dict[str, Counts] = {}
        matchings: set[Matching] = set()
        for sequence in self.videos[task.video].sequences:
            options = TrackingOptions(parameters, matcher=matcher, appearance=sequence.appearance(), searches=False)
            result = track_input(sequence.source, options)
            matchings.add(result.matching)
            counts[sequence.name] = _counts(sequence, result.tracks, choice)
        scores = Scores.from_counts(combine(counts))
        return Outcome(Figures(scores.HOTA, scores.IDF1, scores.MOTA), frozenset(matchings))


@cache
def load_matcher(base: TrackerParameters, folder: Path | None = None) -> Matcher:
    """The models of a folder for a configuration, or those that it names; they are loaded once.

    Raises:
        ModelError: they cannot be loaded.
    """
    if folder is None:
        return base.load_matcher()
    return Matcher.load(folder, base.load_appearance(), base.level_count)


def _counts(sequence: TunedSequence, tracks: Tracks, choice: ClassChoice) -> Counts:
    """What is counted of a sequence, from the boxes as they are written to a file."""
    names = sequence.source.class_names
    groups = choice.groups(sequence.truth, classed_tracks(written_rows(tracks, names), names))
    return combine({group.class_name: measure(pair_of(sequence.name, group)) for group in groups})
