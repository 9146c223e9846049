"""The command `siamlink crossvalidate`."""

from pathlib import Path
from typing import Annotated

import typer

from siamlink.tools.console.options import Config, OutputFolder, Overwrite, Settings


def crossvalidate(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="Folder of MOT sequences with gt/ and det/.")],
    output: OutputFolder,
    sequences: Annotated[
        str | None, typer.Option(metavar="A,B,...", help="Test only these sequences; training still uses all others.")
    ] = None,
    config: Config = None,
    settings: Settings = None,
    overwrite: Overwrite = False,
) -> None:
    """Leave-one-video-out cross-validation: track each sequence with a model trained on the other videos, and score.

    Each sequence is tracked from its det/det.txt. Sequences of one video are recognised by their ground truth, and left
    out of training together. An appearance model (--set appearance=...) must not be trained on these videos.

    Writes DIR/SEQ.txt, DIR/scores.json, the models DIR/models/SEQ, and the calibration and feature importance of the
    models: DIR/matching.json and DIR/reliability.png. Prints the table of scores.
    """
    from siamlink.association.training.link_training import TrainingParameters
    from siamlink.detectors.mot.sequence import find_sequences
    from siamlink.detectors.mot.text import read_rows
    from siamlink.tools.console.files import check_folder, make_folder, output_errors, publish, staging
    from siamlink.tools.console.terminal import show_table, stage_bars
    from siamlink.tools.evaluation import evaluate_sequences
    from siamlink.tools.training.calibration import PICTURE_FILE, REPORT_FILE, MatchingReport
    from siamlink.tools.training.examples import folds, look_up, read_videos, train_folds
    from siamlink.tracker.configuration import load_parameters
    from siamlink.tracker.runs.inputs import open_input
    from siamlink.tracker.runs.options import TrackingOptions
    from siamlink.tracker.runs.track import track_input

    parameters = load_parameters(config, settings or []).learned()
    appearance = parameters.load_appearance()
    found = find_sequences(data)
    check_folder(output, ["scores.json", REPORT_FILE, PICTURE_FILE], overwrite)
    report = MatchingReport(parameters.pair_label)
    with stage_bars() as progress:
        pairs = folds(read_videos(found, parameters, progress), sequences.split(",") if sequences else None)
        check_folder(output, [f"{tested.sequence.name}.txt" for tested, _ in pairs], overwrite)
        make_folder(output)
        training = TrainingParameters(context=parameters.context, pair_label=parameters.pair_label)
        for tested, matcher in train_folds(pairs, appearance, parameters, training, progress):
            sequence = tested.sequence
            source = open_input(sequence.folder, sequence.detection_file)
            options = TrackingOptions(parameters, matcher=matcher, appearance=look_up(tested.public))
            tracks = track_input(source, options).tracks
            report.add(matcher, tested.public, parameters.appearance_gate)
            with staging(output) as staged, output_errors(output):
                matcher.save(staged / "models" / sequence.name)
                (staged / f"{sequence.name}.txt").write_text(tracks.to_mot_text(), encoding="ascii")
                publish(staged, output)
    tracked = [(tested.sequence, read_rows(output / f"{tested.sequence.name}.txt")) for tested, _ in pairs]
    with staging(output) as staged, output_errors(output):
        report.save(staged)
        publish(staged, output)
    evaluation = evaluate_sequences(tracked)
    evaluation.to_json(output / "scores.json", overwrite)
    show_table(evaluation.table())
