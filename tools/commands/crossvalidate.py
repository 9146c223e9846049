"""The command `siamlink crossvalidate`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from siamlink.tools.console.options import (
    Address,
    Config,
    Jobs,
    OutputFolder,
    Overwrite,
    RunnerChoice,
    RunnerName,
    Settings,
    takes,
)


@dataclass(frozen=True)
class CrossvalidateOptions:
    """The arguments and options of `siamlink crossvalidate`."""

    data: Annotated[Path, typer.Argument(metavar="DATA", help="Folder of MOT sequences with gt/ and det/.")]
    output: OutputFolder
    sequences: Annotated[
        str | None, typer.Option(metavar="A,B,...", help="Test only these sequences; training still uses all others.")
    ] = None
    config: Config = None
    settings: Settings = None
    runner: RunnerChoice = RunnerName.local
    address: Address = None
    jobs: Jobs = None
    overwrite: Overwrite = False


@takes(CrossvalidateOptions)
def crossvalidate(options: CrossvalidateOptions) -> None:
    """Leave-one-video-out cross-validation: track each sequence with a model trained on the other videos, and score.

    Each sequence is tracked from its det/det.txt. Sequences of one video are recognised by their ground truth, and left
    out of training together. An appearance model (--set appearance=...) must not be trained on these videos.

    Writes DIR/SEQ.txt, DIR/scores.json, the models DIR/models/SEQ, and the calibration and feature importance of the
    models: DIR/matching.json and DIR/reliability.png. Prints the table of scores.
    """
    from siamlink.detectors.mot.sequence import find_sequences
    from siamlink.detectors.mot.text import read_rows
    from siamlink.tools.console.files import check_folder, make_folder, output_errors, publish, staging
    from siamlink.tools.console.terminal import show_note, show_table, stage_bars
    from siamlink.tools.evaluation import evaluate_sequences
    from siamlink.tools.runners.choose import runner_of
    from siamlink.tools.training.calibration import PICTURE_FILE, REPORT_FILE, MatchingReport
    from siamlink.tools.training.crossvalidated import TrackHeldOut
    from siamlink.tools.training.examples import folds, read_videos
    from siamlink.tools.training.fold_work import over_folds
    from siamlink.tracker.configuration import load_parameters

    output = options.output
    parameters = load_parameters(options.config, options.settings or []).learned()
    found = find_sequences(options.data)
    check_folder(output, ["scores.json", REPORT_FILE, PICTURE_FILE], options.overwrite)
    report = MatchingReport(parameters.pair_label)
    with stage_bars() as progress, runner_of(options.runner, options.address, options.jobs) as runner:
        pairs = folds(
            read_videos(found, parameters, progress), options.sequences.split(",") if options.sequences else None
        )
        check_folder(output, [f"{tested.sequence.name}.txt" for tested, _ in pairs], options.overwrite)
        make_folder(output)
        use = TrackHeldOut(output, parameters)
        for each in over_folds(pairs, parameters, use, output, runner, progress, show_note):
            report.merge(each)
    tracked = [(tested.sequence, read_rows(output / f"{tested.sequence.name}.txt")) for tested, _ in pairs]
    with staging(output) as staged, output_errors(output):
        report.save(staged)
        publish(staged, output)
    evaluation = evaluate_sequences(tracked)
    evaluation.to_json(output / "scores.json", options.overwrite)
    show_table(evaluation.table())
