"""The commands `siamlink train ...`."""

from pathlib import Path
from typing import Annotated

import typer

from siamlink.tools.options import Config, Overwrite, Settings

app = typer.Typer(no_args_is_help=True, help="Learn from annotated sequences.")


@app.callback()
def train() -> None:
    """Learn from annotated sequences."""


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

    Writes DIR/link.json and DIR/detection.json, XGBoost models that `siamlink track --set model=DIR` uses.
    """
    from siamlink.association.matcher import DETECTION_FILE, LINK_FILE
    from siamlink.association.training import TrainingParameters
    from siamlink.detectors.sequence import find_sequences
    from siamlink.tools.files import check_folder, make_folder, output_errors, publish, staging
    from siamlink.tools.terminal import stage_bars
    from siamlink.tools.training import excluding, read_videos, train_on
    from siamlink.tracker.parameters import load_parameters

    parameters = load_parameters(config, settings or [])
    sequences = [sequence for folder in data for sequence in find_sequences(folder)]
    check_folder(output, (LINK_FILE, DETECTION_FILE), overwrite)
    with stage_bars() as progress:
        videos = excluding(read_videos(sequences, parameters, progress), exclude or [])
        make_folder(output)
        with staging(output) as staged, output_errors(output):
            progress("train", 0, None)
            train_on(videos, TrainingParameters()).save(staged)
            publish(staged, output)
    typer.echo(f"trained on {', '.join(video.sequence.name for video in videos)}; model in {output}")
