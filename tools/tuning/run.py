"""A whole search: from the videos to the report."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from time import monotonic

import numpy as np

from siamlink.detectors.base.errors import InputError
from siamlink.detectors.base.fingerprint import code_digest, file_digest, text_digest
from siamlink.detectors.base.stopwatch import Progress
from siamlink.tools.console.files import make_folder
from siamlink.tools.runners.local import LocalRunner
from siamlink.tools.runners.runner import Runner
from siamlink.tools.runners.work import ShowNote, no_note
from siamlink.tools.tuning.choices import Models, Objective
from siamlink.tools.tuning.evaluating import evaluating
from siamlink.tools.tuning.evaluation import Evaluator, Outcome, Task, load_matcher
from siamlink.tools.tuning.models import choose_models, crossvalidated_models
from siamlink.tools.tuning.report import HeldOut, Report
from siamlink.tools.tuning.search import Search, importance, make_searches, run_searches
from siamlink.tools.tuning.space import SearchSpace, search_space
from siamlink.tools.tuning.store import TRIALS_FILE, OutcomeStore
from siamlink.tools.tuning.videos import Video, check_appearance, described, read_videos
from siamlink.tracker.parameters import TrackerParameters

NO_SEARCH = "gaps.search stays in the settings, but the trials do without it: each would read the videos again"
CODE = ("siamlink.detectors", "siamlink.association", "siamlink.tracker", "siamlink.tools.evaluation")
"""The packages that outcomes depend on."""


@dataclass(frozen=True)
class TuningJob:
    """What is to be searched.

    Attributes:
        data: sequences, or folders of sequences.
        output: the folder of the results.
        parameters: the configuration that the search begins with.
        objective: what is maximised.
        models: where models come from; None: as `choose_models` chooses.
        seed: of the suggestions.
        cache: a folder with descriptors of the videos; None: the output.
        overwrite: whether outcomes of other data, or of another configuration, are discarded.
    """

    data: tuple[Path, ...]
    output: Path
    parameters: TrackerParameters
    objective: Objective = Objective.HOTA
    models: Models | None = None
    seed: int = 0
    cache: Path | None = None
    overwrite: bool = False


@dataclass
class TuningRun:
    """A search that is prepared.

    Attributes:
        job: what is searched.
        evaluator: tracks and scores the videos.
        store: the outcomes so far.
        searches: one without each video, and one on all.
    """

    job: TuningJob
    evaluator: Evaluator
    store: OutcomeStore
    searches: list[Search]

    @property
    def space(self) -> SearchSpace:
        """The settings that are searched."""
        return self.evaluator.space

    def search(self, trials: int, seconds: float | None, runner: Runner, progress: Progress, note: ShowNote) -> bool:
        """Try sets of settings; returns whether this was not interrupted.

        Args:
            trials: how many sets each search tries.
            seconds: no more are tried after this time; None: there is no limit. At least one is tried.
            runner: where videos are tracked.
            progress: of the trials.
            note: takes lines of the runner.
        """
        end = float("inf") if seconds is None else monotonic() + seconds
        rounds: Iterator[int] = takewhile(lambda number: number == 0 or monotonic() < end, range(trials))
        progress("tune", 0, trials)
        try:
            with evaluating(self.evaluator, self.store, runner, note) as evaluate:
                for done in run_searches(self.searches, self.space, self.job.objective, evaluate, rounds):
                    progress("tune", done, trials)
        except KeyboardInterrupt:
            if not self.searches[-1].finished:
                raise
            return False
        return True

    def report(self) -> Report:
        """What has been found so far; the settings of each fold are tested on its video now."""
        *folds, overall = self.searches
        chosen = [fold.best(self.space).changes for fold in folds]
        tasks = [Task(changes, video) for video, chosen_for in enumerate(chosen) for changes in ((), chosen_for)]
        with evaluating(self.evaluator, self.store, LocalRunner(), no_note) as evaluate:
            outcomes = evaluate(list(dict.fromkeys(tasks)))
        best = overall.best(self.space)
        return Report(
            space=self.space,
            objective=self.job.objective,
            held_out=tuple(
                HeldOut(video.name, outcomes[Task((), index)].figures, outcomes[Task(changes, index)].figures, changes)
                for index, (video, changes) in enumerate(zip(self.evaluator.videos, chosen, strict=True))
            ),
            changes=best.changes,
            default=overall.finished[0].value,
            tuned=best.value,
            importance=importance(overall),
            trials=overall.count,
        )


def prepare(job: TuningJob, runner: Runner, note: ShowNote, progress: Progress) -> TuningRun:
    """Read the videos, train models where that is to be done, and find out which settings matter.

    Raises:
        SiamlinkError: something cannot be used, or the folder holds another search.
    """
    check_appearance(job.parameters)
    if job.parameters.searches:
        note(NO_SEARCH)
    videos = read_videos(job.data, note, progress)
    models, parameters = choose_models(job.models, job.parameters, videos, note), job.parameters
    if models is Models.CROSSVALIDATED:
        parameters = parameters.learned()
    identity = _identity(videos, parameters, models)
    make_folder(job.output)
    store = OutcomeStore(job.output / TRIALS_FILE, identity, job.overwrite)
    folders: tuple[Path, ...] | None = None
    if models is Models.CROSSVALIDATED:
        folder = job.output / "models" / text_digest(json.dumps(identity))[:12]
        folders = crossvalidated_models(videos, parameters, folder, runner, progress, note)
    videos = described(videos, parameters, job.cache or job.output, progress)
    by_default = Evaluator(tuple(videos), SearchSpace(parameters, ()), folders)
    with evaluating(by_default, store, LocalRunner(), note) as evaluate:
        outcomes: list[Outcome] = []
        for index in range(len(videos)):
            progress("default", index, len(videos))
            outcomes += evaluate([Task((), index)]).values()
    _check(videos, outcomes, note)
    chosen = frozenset().union(*(each.matchings for each in outcomes))
    matcher = load_matcher(parameters, folders[0] if folders else None)
    space = search_space(parameters, matcher, chosen)
    return TuningRun(job, Evaluator(tuple(videos), space, folders), store, make_searches(len(videos), space, job.seed))


def _identity(videos: list[Video], parameters: TrackerParameters, models: Models) -> dict[str, str]:
    """What outcomes depend on, beside the settings that are tried."""
    appearance = parameters.load_appearance()
    files = [file_digest(path) for path in parameters.model_files]
    return {
        "data": text_digest(" ".join(f"{each.name} {each.digest}" for video in videos for each in video.sequences)),
        "settings": text_digest(parameters.model_dump_json()),
        "models": text_digest(f"{models} {files} {appearance and (appearance.fingerprint or appearance.name)}"),
        "version of siamlink": code_digest(*CODE),
    }


def _check(videos: list[Video], outcomes: list[Outcome], note: ShowNote) -> None:
    """Raise an error if a video cannot be scored; note where tracks and ground truth do not fit."""
    for video, outcome in zip(videos, outcomes, strict=True):
        if np.isnan(outcome.figures).any():
            raise InputError(f"{video.name}: no object in the ground truth counts; leave it out")
        if not outcome.figures.hota:
            note(f"{video.name}: by default, no track overlaps the ground truth; see 'siamlink evaluate'")
