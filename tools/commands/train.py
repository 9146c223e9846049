"""The commands `siamlink train ...`."""

from pathlib import Path
from typing import Annotated

import typer

from siamlink.tools.commands.train_all import everything
from siamlink.tools.commands.train_siamese import siamese
from siamlink.tools.console.options import Config, Overwrite, Settings

app = typer.Typer(no_args_is_help=True, help="Learn from annotated sequences.")


@app.callback()
def train() -> None:
    """Learn from annotated sequences."""


app.command()(siamese)
app.command(name="all")(everything)


@app.command()
def matcher(
    data: Annotated[
        list[Path], typer.Argument(metavar="DATA...", help="MOT sequences with gt/ and det/, or folders of such.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for the model.")],
    exclude: Annotated[
        list[str] | None, typer.Option(metavar="SEQ", help="Leave out a sequence and every other of the same video.")
    ] = None,
    config: Config = None,
    settings: Settings = None,
    overwrite: Overwrite = False,
) -> None:
    """Train the matching probability and the detection probability on every file in the det/ of each sequence.

    Where sequences have frames, their detections are looked at (--set appearance=none does without).

    Writes XGBoost models that `siamlink track --set model=DIR` uses: DIR/context.json and DIR/detection.json, and for
    the second level DIR/tracklet_link.json and DIR/tracklet_person.json. With --set levels=1 there is no second level,
    but, if an appearance is named, DIR/link.json.
    """
    from siamlink.association.matcher import MODEL_FILES
    from siamlink.association.training.link_training import TrainingParameters
    from siamlink.detectors.mot.sequence import find_sequences
    from siamlink.tools.console.files import check_folder, make_folder, output_errors, publish, staging
    from siamlink.tools.console.terminal import stage_bars
    from siamlink.tools.training.annotated_video import train_on
    from siamlink.tools.training.examples import complete, excluding, look_at_videos, read_videos
    from siamlink.tracker.parameters import load_parameters

    parameters = load_parameters(config, settings or [])
    appearance = parameters.load_appearance()
    sequences = [sequence for folder in data for sequence in find_sequences(folder)]
    check_folder(output, MODEL_FILES, overwrite)
    with stage_bars() as progress:
        training = TrainingParameters(context=parameters.context)
        videos = excluding(read_videos(sequences, parameters, progress), exclude or [])
        make_folder(output)
        with staging(output) as staged, output_errors(output):
            progress("train", 0, None)
            trained = train_on(videos, training)
            if appearance:
                videos = look_at_videos(videos, [trained], appearance, parameters, progress)
            complete(trained, appearance, videos, parameters, training).save(staged)
            publish(staged, output)
    typer.echo(f"trained on {', '.join(video.sequence.name for video in videos)}; model in {output}")
