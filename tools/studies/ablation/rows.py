"""The rows of an ablation, computed one by one; data and models that several rows need are made once."""

import re
from dataclasses import asdict
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

from siamlink.association.appearance.loading import load_appearance
from siamlink.association.training.link_training import TrainingParameters
from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.mot.sequence import find_sequences
from siamlink.tools.studies.ablation.comparison import (
    Comparison,
    OpenPairs,
    as_appearance,
    find_open,
    pairs_a_second,
    score_pairs,
)
from siamlink.tools.studies.ablation.features import APPEARANCE, BOTH, CONTEXT, make_examples, measure_features
from siamlink.tools.studies.ablation.folds import (
    TRACKS,
    Fold,
    by_context,
    compare_all,
    read_folds,
    testable,
    track,
    videos_of,
    with_appearance,
)
from siamlink.tools.studies.ablation.metric_learning import METRICS, OWN_METRICS
from siamlink.tools.studies.ablation.networks import (
    DESCRIPTOR_LOSS,
    Blind,
    Crops,
    MetricAppearance,
    PatchAppearance,
    Recipe,
    Training,
    recipe_of_loss,
    train_network,
)
from siamlink.tools.studies.ablation.patches import PairSample, SequencePatches, cut_patches, sample_pairs
from siamlink.tools.studies.ablation.study import Row, Study
from siamlink.tools.studies.matching.samples import MatchParameters, load_appearances
from siamlink.tools.training.annotated_video import AnnotatedVideo
from siamlink.tracker.parameters import TrackerParameters

Solver = Literal["lp", "hungarian"]
NONE = "none"
SLOW_PAIRS, SLOW_TRACKLETS = 1000, 200
"""Numbers of pairs of detections and of tracklets per sequence for the slow network of the paper."""


class Ablation:
    """Computes rows, or reads those that are finished.

    Args:
        data: folder of MOT sequences.
        output: the folder of the ablation.
        tested: sequences to test; None: all with frames. Models still learn from all others.
        crops: folders of crops that networks are trained on.
        progress: receives every step.
        tracks: whether networks are measured in tracking, too.

    Raises:
        ConfigError: there is no sequence of a name, or the folder holds another ablation.
        InputError: there is nothing to test.
    """

    def __init__(
        self,
        data: Path,
        output: Path,
        tested: list[str] | None,
        crops: list[Path],
        progress: Progress,
        tracks: bool = True,
    ) -> None:
        self._sequences = {sequence.name: sequence for sequence in find_sequences(data)}
        there = testable(self._sequences.values())
        if unknown := [name for name in tested or [] if name not in there]:
            raise ConfigError(f"--sequences: no '{unknown[0]}' with frames, gt/ and det/det.txt: {', '.join(there)}")
        self._data, self._there, self.tested, self.tracks = data, there, tested or there, tracks
        self.study = Study(output, data, self.tested)
        self._parameters = TrackerParameters()
        self._crop_names = sorted(folder.name for folder in crops)
        self._crops = Crops(crops, progress)
        self._progress = progress

    def features(self, appearance: str) -> dict[str, Row]:
        """Context alone, an appearance alone, and both, on pairs of detections."""
        loaded = load_appearances([appearance])
        settings = {"appearance": loaded.feature_names, "tested": self.tested}
        settings = {name: [*value] for name, value in settings.items()}
        names = {way: f"pairs-{_file_name(appearance)}-{_file_name(way)}" for way in (CONTEXT, APPEARANCE, BOTH)}
        found = {way: self.study.finished(name, settings) for way, name in names.items()}
        if any(row is None for row in found.values()):
            sequences = [self._sequences[name] for name in self._there]
            examples = make_examples(sequences, loaded, MatchParameters(trials=1), self._progress)
            made = measure_features(examples, self.tested, TrainingParameters(), self._progress)
            return {way: self.study.row(names[way], settings, partial(made.__getitem__, way)) for way in names}
        return {way: row for way, row in found.items() if row is not None}

    def tracking(self, solver: Solver, appearance: str = NONE) -> Row:
        """Tracking with a solver and an appearance."""
        loaded = load_appearance(appearance)
        settings = {"solver": solver, "appearance": [*loaded.feature_names] if loaded else []}
        name = f"tracks-{solver}-{_file_name(appearance)}"
        parameters = self._parameters.model_copy(update={"solver": solver})

        def make() -> Row:
            tested = by_context(self._folds)
            if loaded:
                tested = with_appearance(self._folds, self._compared(appearance), loaded, parameters)
            return track(tested, parameters, self.study.folder / TRACKS / name, self._progress)

        return self.study.row(name, settings, make)

    def network(self, recipe: Recipe) -> Row:
        """A network trained on crops."""
        training = recipe.training

        def make() -> Row:
            siamese, seconds = train_network(recipe, self._crops, self.study.folder, self._progress)
            facts = {"loss": recipe.loss, "steps": training.steps, "minutes": seconds / 60}
            return self._measure(recipe.name, siamese, facts, slow=training.size == "paper")

        return self.study.row(recipe.name, self._settings(training), make)

    def metric(self, name: str, training: Training) -> Row:
        """A metric learned on the descriptors of the network of the paper's contrastive loss."""
        recipe = recipe_of_loss(DESCRIPTOR_LOSS, training)

        def make() -> Row:
            siamese, _ = train_network(recipe, self._crops, self.study.folder, self._progress)
            self._progress(f"learn {name}", 0, None)
            appearance = MetricAppearance.learn(name, siamese, self._crops)
            return self._measure(f"metric-{name}", appearance, {"loss": name, "steps": training.steps})

        return self.study.row(f"metric-{name}", self._settings(training), make)

    def _settings(self, training: Training) -> dict[str, Any]:
        return {**asdict(training), "crops": self._crop_names, "tracks": self.tracks}

    def blind(self) -> Row:
        """The baseline: a network whose features are always 0."""
        return self.study.row("blind", {}, lambda: self._measure("blind", Blind(), {}))

    def loss(self, name: str, training: Training) -> Row:
        """A loss with the network that it fits, or a metric on the descriptors of one."""
        is_metric = name in {*METRICS, *OWN_METRICS}
        return self.metric(name, training) if is_metric else self.network(recipe_of_loss(name, training))

    def _measure(self, name: str, appearance: PatchAppearance, facts: dict[str, Any], slow: bool = False) -> Row:
        """Measure a network on pairs of detections and of tracklets, and in tracking."""
        if facts:
            facts = {**facts, "pairs/s": pairs_a_second(appearance, self._patches[self.tested[0]])}
        samples = [subsample(each) for each in self._samples] if slow else self._samples
        comparisons = {
            video: Comparison(appearance, cut.patches(slice(None)))
            for video, cut in self._patches.items()
            if self.tracks or video in self.tested
        }
        self._progress(f"score {name}", 0, None)
        measures = score_pairs(comparisons, samples)
        if self.tracks:
            measures |= self._track(name, appearance, comparisons).measures
        return Row(facts, measures)

    def _track(self, name: str, appearance: PatchAppearance, comparisons: dict[str, Comparison]) -> Row:
        """Tracking with a network."""
        videos = dict(videos_of(self._folds))
        for done, (video, open_pairs) in enumerate(self._open.items(), 1):
            videos[video] = open_pairs.compared(comparisons[video])
            self._progress(f"compare by {name}", done, len(self._open))
        tested = with_appearance(self._folds, videos, as_appearance(name, appearance), self._parameters)
        return track(tested, self._parameters, self.study.folder / TRACKS / name, self._progress)

    def _compared(self, appearance: str) -> dict[str, AnnotatedVideo]:
        if appearance not in self._compared_videos:
            loaded = load_appearances([appearance])
            self._compared_videos[appearance] = compare_all(self._folds, loaded, self._parameters, self._progress)
        return self._compared_videos[appearance]

    @cached_property
    def _compared_videos(self) -> dict[str, dict[str, AnnotatedVideo]]:
        return {}

    @cached_property
    def _folds(self) -> list[Fold]:
        return read_folds(self._data, self.tested, self.study.folder, self._parameters, self._progress)

    @cached_property
    def _patches(self) -> dict[str, SequencePatches]:
        return {name: cut_patches(self._sequences[name], self.study.folder, self._progress) for name in self._there}

    @cached_property
    def _samples(self) -> list[PairSample]:
        return [sample_pairs(self._sequences[name], self._patches[name]) for name in self.tested]

    @cached_property
    def _open(self) -> dict[str, OpenPairs]:
        videos = videos_of(self._folds)
        return {
            name: find_open(videos[name], patches, self._folds, self._parameters)
            for name, patches in self._patches.items()
            if name in videos
        }


def subsample(sample: PairSample) -> PairSample:
    """A random part of the pairs."""
    random = np.random.default_rng(0)
    rows = random.permutation(len(sample.pairs))[:SLOW_PAIRS]
    tracklets = np.sort(random.permutation(len(sample.same_tracklet))[:SLOW_TRACKLETS])
    crops = np.flatnonzero(np.isin(sample.owner, tracklets))
    owner = np.searchsorted(tracklets, sample.owner[crops])
    same = sample.same_tracklet[tracklets]
    return PairSample(sample.name, sample.pairs[rows], sample.same[rows], sample.crops[crops], owner, same)


def _file_name(name: str) -> str:
    return re.sub(r"[^\w.-]+", "_", name)
