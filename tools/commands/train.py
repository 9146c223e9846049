"""The commands `siamlink train ...`."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from siamlink.tools.console.options import Config, Overwrite, Settings, takes

app = typer.Typer(no_args_is_help=True, help="Train models on annotated sequences.")

Output = Annotated[
    Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for the models; created if it is missing.")
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(metavar="SEQ", help="Leave out this sequence and all others of the same video; repeatable."),
]


TrainingSettings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change one training setting, such as steps=3000; repeatable; docs/train.md lists all.",
    ),
]


@dataclass(frozen=True)
class MatcherOptions:
    """The arguments and options of `siamlink train matcher`."""

    data: Annotated[
        list[Path], typer.Argument(metavar="DATA", help="MOT sequences with gt/ and det/, or folders of sequences.")
    ]
    output: Output
    exclude: Exclude = None
    config: Config = None
    settings: Settings = None
    overwrite: Overwrite = False


@dataclass(frozen=True)
class CalibratedOptions:
    """The arguments and options of `siamlink train calibrated`."""

    data: Annotated[
        list[Path],
        typer.Argument(
            metavar="SEQUENCES...", help="MOT sequences with gt/, or folders of sequences; det/ is used too."
        ),
    ]
    output: Output
    exclude: Exclude = None
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Change one setting of the training; repeatable; see docs/train.md."
        ),
    ] = None
    overwrite: Overwrite = False


@dataclass(frozen=True)
class SiameseOptions:
    """The arguments and options of `siamlink train siamese`."""

    data: Annotated[
        list[Path],
        typer.Argument(
            metavar="DATA",
            help="MOT sequences with gt/ and frames, folders of crops named ID_*.jpg, or folders of either.",
        ),
    ]
    output: Output
    exclude: Exclude = None
    validate: Annotated[
        list[str] | None,
        typer.Option(metavar="SEQ", help="Use this sequence for validation instead of training; repeatable."),
    ] = None
    start: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Start from these weights instead of random weights.")
    ] = None
    settings: TrainingSettings = None
    overwrite: Overwrite = False


@dataclass(frozen=True)
class AllOptions:
    """The arguments and options of `siamlink train all`."""

    data: Annotated[
        list[Path],
        typer.Argument(
            metavar="DATA", help="As for 'train siamese'; the matching models learn from the MOT sequences."
        ),
    ]
    output: Output
    exclude: Exclude = None
    settings: TrainingSettings = None
    overwrite: Overwrite = False


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

    output, weights = options.output, options.output / SIAMESE_FILE
    if options.overwrite or not weights.is_file() or (output / CHECKPOINT).is_file():
        _train_siamese(
            SiameseOptions(
                options.data, output, options.exclude, settings=options.settings, overwrite=options.overwrite
            )
        )
    sequences = [child for folder in options.data for child in sorted(folder.iterdir()) if is_sequence(child)]
    sequences += [folder for folder in options.data if is_sequence(folder)]
    matcher_options = MatcherOptions(sequences, output, options.exclude, overwrite=options.overwrite)
    _train_matcher(replace(matcher_options, settings=[f"appearance=siamese:{weights}"]))


def _train_siamese(options: SiameseOptions) -> None:
    from siamlink.detectors.base.extras import import_extra

    import_extra("torch", "train", "training a network")
    from siamlink.association.training.siamese_parameters import SiameseTrainingParameters
    from siamlink.association.training.siamese_trainer import SiameseTrainer, check_settings
    from siamlink.detectors.base.parameters import apply_override, build
    from siamlink.tools.console.files import make_folder, output_errors
    from siamlink.tools.console.terminal import stage_bars
    from siamlink.tools.training.siamese_data import read_training_data
    from siamlink.tools.training.siamese_run import check_run, finish_run

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
        crops, validation = read_training_data(
            options.data, options.exclude or [], options.validate or [], parameters, progress
        )
        SiameseTrainer(crops, validation, parameters, output, options.start).run(progress)
        finish_run(output)
    typer.echo(f"trained on {', '.join(each.name for each in crops)}; weights in {output}")


def _train_calibrated(options: CalibratedOptions) -> None:
    from siamlink.association.calibrated.models import CALIBRATED_FILES
    from siamlink.association.training.calibrated_training import CalibratedTrainingParameters
    from siamlink.detectors.base.parameters import apply_override, build
    from siamlink.detectors.mot.sequence import find_sequences
    from siamlink.tools.console.files import check_folder, make_folder, output_errors, publish, staging
    from siamlink.tools.console.terminal import stage_bars
    from siamlink.tools.training.calibrated_run import read_annotated, save_models, train_calibrated
    from siamlink.tools.training.examples import excluding

    values: dict[str, object] = {}
    for setting in options.settings or []:
        apply_override(CalibratedTrainingParameters, values, setting)
    parameters, output = build(CalibratedTrainingParameters, values, "--set"), options.output
    sequences = [sequence for folder in options.data for sequence in find_sequences(folder)]
    check_folder(output, CALIBRATED_FILES, options.overwrite)
    with stage_bars() as progress:
        videos = excluding(read_annotated(sequences, parameters.frames), options.exclude or [])
        make_folder(output)
        with staging(output) as staged, output_errors(output):
            save_models(train_calibrated(videos, parameters, progress), staged)
            publish(staged, output)
    typer.echo(f"trained on {', '.join(video.sequence.name for video in videos)}; models in {output}")


def _train_matcher(options: MatcherOptions) -> None:
    from siamlink.association.matcher import MODEL_FILES
    from siamlink.association.training.link_training import TrainingParameters
    from siamlink.detectors.mot.sequence import find_sequences
    from siamlink.tools.console.files import check_folder, make_folder, output_errors, publish, staging
    from siamlink.tools.console.terminal import stage_bars
    from siamlink.tools.training.annotated_video import train_on
    from siamlink.tools.training.examples import complete, describe_videos, excluding, read_videos
    from siamlink.tracker.configuration import load_parameters

    parameters = load_parameters(options.config, options.settings or [])
    appearance, output = parameters.load_appearance(), options.output
    sequences = [sequence for folder in options.data for sequence in find_sequences(folder)]
    check_folder(output, MODEL_FILES, options.overwrite)
    with stage_bars() as progress:
        training = TrainingParameters(context=parameters.context, pair_label=parameters.pair_label)
        videos = excluding(read_videos(sequences, parameters, progress), options.exclude or [])
        make_folder(output)
        with staging(output) as staged, output_errors(output):
            progress("train", 0, None)
            trained = train_on(videos, training)
            if appearance:
                videos = describe_videos(videos, [trained], appearance, parameters, progress)
            complete(trained, appearance, videos, parameters, training).save(staged)
            publish(staged, output)
    typer.echo(f"trained on {', '.join(video.sequence.name for video in videos)}; model in {output}")
