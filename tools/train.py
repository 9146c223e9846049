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

    Writes DIR/link.ubj and DIR/detection.ubj, XGBoost models that `siamlink track --set model=DIR` uses.
    """
    from rich.console import Console

    from siamlink.association.matcher import DETECTION_FILE, LINK_FILE
    from siamlink.association.training import TrainingParameters
    from siamlink.detectors.errors import ConfigError
    from siamlink.detectors.sequence import find_sequences
    from siamlink.tools.files import check_output, make_folder, publish, staging
    from siamlink.tools.terminal import stage_bars
    from siamlink.tools.training import read_videos, train_on, without
    from siamlink.tracker.parameters import load_parameters

    parameters = load_parameters(config, settings or [])
    make_folder(output)
    for name in (LINK_FILE, DETECTION_FILE):
        check_output(output / name, overwrite)
    log = Console(stderr=True)
    sequences = [sequence for folder in data for sequence in find_sequences(folder)]
    with stage_bars(log) as progress:
        videos = read_videos(sequences, parameters, progress)
        for name in exclude or []:
            tested = [video for video in videos if video.sequence.name == name]
            if not tested:
                raise ConfigError(f"--exclude {name}: no such sequence left in {', '.join(map(str, data))}")
            videos = without(videos, tested[0])
        progress("train", 0, None)
        trained = train_on(videos, TrainingParameters())
    with staging(output) as staged:
        trained.save(staged)
        publish(staged, output)
    names = ", ".join(video.sequence.name for video in videos)
    Console(soft_wrap=True, highlight=False, markup=False).print(f"trained on {names}; model in {output}")
