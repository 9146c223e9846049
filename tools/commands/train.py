"""The commands `siamlink train ...`."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from siamlink.tools.commands.train_options import AllOptions, CalibratedOptions, MatcherOptions, SiameseOptions
from siamlink.tools.console.group import Group
from siamlink.tools.console.options import takes

if TYPE_CHECKING:
    from siamlink.tools.training.annotated_video import AnnotatedVideo

app = typer.Typer(cls=Group, no_args_is_help=True, help="Train models on annotated sequences.")


@app.callback()
def train() -> None:
    """Train models on annotated sequences."""


@app.command()
@takes(SiameseOptions)
def siamese(options: SiameseOptions) -> None:
    """Train the network that describes appearance.

    Without --validate, 5 % of the identities of each folder of crops, or, if there are no crops, of each sequence, are
    used for validation. The same command continues a training that was stopped.

    Needs PyTorch: pip install 'siamlink[train]'. Tracking with the trained network does not.

    Writes DIR/siamese.safetensors, the weights with the best validation; DIR/run.csv and DIR/run.png, loss and
    validation by step; and, until the end, DIR/checkpoint.safetensors.
    """
    _train_siamese(options)


@app.command()
@takes(MatcherOptions)
def matcher(options: MatcherOptions) -> None:
    """Train the matching models on all detection files of sequences.

    These are the files in the det/ of a sequence. The models give the matching probability of a pair and the
    probability that a detection shows an object. With an appearance model (--set appearance=...), the frames of the
    sequences are used too.

    Writes XGBoost models for 'siamlink track --set model=DIR': DIR/context.json and DIR/detection.json, and for the
    second level DIR/tracklet_link.json and DIR/tracklet_object.json. With --set levels=1 there is no second level, but
    with an appearance model DIR/link.json. With --set pair_label=same also DIR/gaps.json.
    """
    _train_matcher(options)


@app.command()
@takes(CalibratedOptions)
def calibrated(options: CalibratedOptions) -> None:
    """Train the models of --config general.

    They estimate which detections are objects, and which links are right.

    From the ground truth, detections of simulated detectors are made, from poor to perfect; files in det/ are used too.
    Objects of every class count. Takes about ten minutes for a hundred sequences of 500 frames.

    Writes DIR/alone.json, DIR/in_track.json, DIR/links.json and DIR/online.json, XGBoost models.
    """
    _train_calibrated(options)


@app.command(name="all")
@takes(AllOptions)
def everything(options: AllOptions) -> None:
    """Train the network, then the matching models with it.

    The folder is one for 'siamlink track --set model=DIR'. Writes the files of 'train siamese' and 'train matcher'. The
    same command continues a training that was stopped.
    """
    from siamlink.detectors.base.extras import import_extra

    import_extra("torch", "train", "training a network")
    from siamlink.association.appearance.loading import SIAMESE_FILE
    from siamlink.association.training.siamese_trainer import CHECKPOINT
    from siamlink.detectors.mot.sequence import is_sequence
    from siamlink.tools.commands.train_ending import show_comparison

    output, weights = options.output, options.output / SIAMESE_FILE
    if options.overwrite or not weights.is_file() or (output / CHECKPOINT).is_file():
        _train_siamese(
            SiameseOptions(
                options.data, output, options.exclude, settings=options.settings, overwrite=options.overwrite
            )
        )
    sequences = [child for folder in options.data for child in sorted(folder.iterdir()) if is_sequence(child)]
    sequences += [folder for folder in options.data if is_sequence(folder)]
    test = options.test and bool(options.exclude)
    _train_matcher(
        MatcherOptions(
            sequences,
            output,
            options.exclude,
            settings=[f"appearance=siamese:{weights}"],
            test=test,
            runner=options.runner,
            address=options.address,
            jobs=options.jobs,
            overwrite=options.overwrite,
        )
    )
    if options.test and not test:
        show_comparison(None, "the network has learned from all of them; leave some out with --exclude SEQ")


def _train_siamese(options: SiameseOptions) -> None:
    from siamlink.detectors.base.extras import import_extra

    import_extra("torch", "train", "training a network")
    from siamlink.association.training.siamese_parameters import SiameseTrainingParameters
    from siamlink.association.training.siamese_trainer import SiameseTrainer, check_settings
    from siamlink.detectors.base.parameters import apply_override, build
    from siamlink.tools.console.files import make_folder, output_errors
    from siamlink.tools.console.terminal import show_table, stage_bars
    from siamlink.tools.training.siamese_data import read_training_data
    from siamlink.tools.training.siamese_run import check_run, compare_networks, compare_retrieval, finish_run

    values: dict[str, object] = {}
    parameters = SiameseTrainingParameters()
    for setting in options.settings or []:
        apply_override(SiameseTrainingParameters, values, setting)
        parameters = build(SiameseTrainingParameters, values, f"--set {setting}")
    check_settings(parameters, options.start)
    output = options.output
    make_folder(output)
    with stage_bars() as progress, output_errors(output):
        check_run(output, options.overwrite)
        data = read_training_data(options.data, options.exclude or [], options.validate or [], parameters, progress)
        network = SiameseTrainer(data.crops, data.validation, parameters, output, options.start).run(progress)
        finish_run(output)
    typer.echo(f"trained on {', '.join(each.name for each in data.crops)}; weights in {output}\n")
    show_table(compare_networks(data.validation, network))
    if data.held_out:
        show_table(compare_retrieval(data.held_out, network))


def _train_calibrated(options: CalibratedOptions) -> None:
    from contextlib import closing
    from shutil import copy

    from siamlink.association.calibrated.models import CALIBRATED_FILES
    from siamlink.association.training.calibrated_training import CalibratedTrainingParameters
    from siamlink.detectors.base.parameters import apply_override, build
    from siamlink.detectors.mot.sequence import find_sequences
    from siamlink.tools.commands.train_ending import show_comparison, show_next_steps
    from siamlink.tools.console.files import check_folder, make_folder, output_errors, publish, staging
    from siamlink.tools.console.terminal import show_note, stage_bars
    from siamlink.tools.runners.choose import runner_of
    from siamlink.tools.runners.runner import in_order
    from siamlink.tools.training.calibrated_run import CalibratedWork, read_annotated
    from siamlink.tools.training.examples import excluding
    from siamlink.tools.training.held_out import compare_calibrated, pairs_to_test

    values: dict[str, object] = {}
    for setting in options.settings or []:
        apply_override(CalibratedTrainingParameters, values, setting)
    parameters, output = build(CalibratedTrainingParameters, values, "--set"), options.output
    sequences = [sequence for folder in options.data for sequence in find_sequences(folder)]
    check_folder(output, CALIBRATED_FILES, options.overwrite)
    with stage_bars() as progress, runner_of(options.runner, options.address, options.jobs) as runner:
        every = read_annotated(sequences, parameters.frames)
        videos = excluding(every, options.exclude or [])
        pairs = pairs_to_test(every, videos, fewest=2, folds=2) if options.test else []
        groups = {_names(each): each for each in (videos, *(others for _, others in pairs))}
        make_folder(output)
        with staging(output) as folder, output_errors(output):
            work, tasks = CalibratedWork([*groups.values()], parameters, folder), list(range(len(groups)))
            folders: dict[tuple[str, ...], Path] = {}
            with closing(in_order(tasks, runner.run(work, tasks, progress, show_note))) as trained:
                for task, models in trained:
                    folders[[*groups][task]] = models
                    if task == 0:
                        with staging(output) as staged:
                            for path in models.iterdir():
                                copy(path, staged)
                            publish(staged, output)
            comparison = compare_calibrated(pairs, lambda each: folders[_names(each)], progress) if pairs else None
    typer.echo(f"trained on {', '.join(video.sequence.name for video in videos)}; models in {output}")
    if options.test:
        show_comparison(
            comparison, "there are too few videos with det/det.txt; give four, or leave one out (--exclude)"
        )
    show_next_steps(output, options.data, ["--config", "general"], can_tune=False)


def _names(videos: "list[AnnotatedVideo]") -> tuple[str, ...]:
    return tuple(video.sequence.name for video in videos)


def _train_matcher(options: MatcherOptions) -> None:
    from siamlink.association.matcher import MODEL_FILES
    from siamlink.detectors.mot.sequence import find_sequences
    from siamlink.tools.commands.train_ending import TOO_FEW, given_settings, show_comparison, show_next_steps
    from siamlink.tools.console.files import check_folder, make_folder
    from siamlink.tools.console.terminal import show_note, stage_bars
    from siamlink.tools.runners.choose import runner_of
    from siamlink.tools.training.examples import excluding, read_videos
    from siamlink.tools.training.fold_work import over_folds
    from siamlink.tools.training.held_out import SaveOrTrack, compare_tracks, pairs_to_test
    from siamlink.tracker.configuration import load_parameters

    parameters = load_parameters(options.config, options.settings or [])
    output = options.output
    sequences = [sequence for folder in options.data for sequence in find_sequences(folder)]
    check_folder(output, MODEL_FILES, options.overwrite)
    with stage_bars() as progress, runner_of(options.runner, options.address, options.jobs) as runner:
        every = read_videos(sequences, parameters, progress)
        videos = excluding(every, options.exclude or [])
        make_folder(output)
        pairs = pairs_to_test(every, videos, fewest=parameters.level_count) if options.test else []
        use, trained = SaveOrTrack(output, parameters), [(videos[0], videos), *pairs]
        tracked = over_folds(trained, parameters, use, output, runner, progress, show_note)
        comparison = compare_tracks([video for video, _ in trained], tracked) if pairs else None
    typer.echo(f"trained on {', '.join(video.sequence.name for video in videos)}; model in {output}")
    if options.test:
        show_comparison(comparison, TOO_FEW)
    show_next_steps(output, options.data, given_settings(options.config, options.settings))
