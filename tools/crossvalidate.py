"""The command `siamlink crossvalidate`."""

from pathlib import Path
from typing import Annotated

import typer

from siamlink.tools.options import Config, OutputFolder, Overwrite, Settings


def crossvalidate(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="Folder of MOT sequences with gt/ and det/.")],
    output: OutputFolder,
    sequences: Annotated[
        str | None, typer.Option(metavar="A,B,...", help="Test these only; training still uses all others.")
    ] = None,
    config: Config = None,
    settings: Settings = None,
    overwrite: Overwrite = False,
) -> None:
    """Track every sequence by a model that never saw its video, and score them all.

    Each is tracked from its det/det.txt. Sequences that show one video under several names are left out of training
    together; they are recognised by their ground truth.

    Writes DIR/SEQ.txt, DIR/scores.json and the models DIR/models/SEQ; prints the table of scores.
    """
    from rich.console import Console

    from siamlink.association.training import TrainingParameters
    from siamlink.detectors.errors import ConfigError
    from siamlink.detectors.sequence import find_sequences
    from siamlink.tools.evaluation import evaluate
    from siamlink.tools.files import check_output, make_folder, publish, staging, write_text
    from siamlink.tools.terminal import stage_bars
    from siamlink.tools.training import read_videos, train_on, without
    from siamlink.tracker.inputs import open_input
    from siamlink.tracker.parameters import load_parameters
    from siamlink.tracker.pipeline import track_input

    parameters = load_parameters(config, settings or [])
    make_folder(output)
    check_output(output / "scores.json", overwrite)
    log = Console(stderr=True)
    with stage_bars(log) as progress:
        videos = read_videos(find_sequences(data), parameters, progress)
        known = {video.sequence.name: video for video in videos}
        names = sequences.split(",") if sequences else list(known)
        if unknown := [name for name in names if name not in known]:
            raise ConfigError(f"--sequences: {unknown[0]} is not in {data}, or has no ground truth or detections")
        for done, name in enumerate(names):
            progress("train and track", done, len(names))
            matcher = train_on(without(videos, known[name]), TrainingParameters())
            tracked = track_input(open_input(known[name].sequence.folder), None, parameters, matcher=matcher)
            write_text(output / f"{name}.txt", tracked.tracks.to_mot_text(), overwrite)
            make_folder(output / "models" / name)
            with staging(output / "models" / name) as staged:
                matcher.save(staged)
                publish(staged, output / "models" / name)
    evaluation = evaluate(data, output)
    evaluation.to_json(output / "scores.json", overwrite)
    Console(width=max(120, log.width)).print(evaluation.table())
