"""The command `siamlink tune`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from siamlink.detectors.base.counted import counted
from siamlink.tools.console.options import (
    Address,
    Config,
    Jobs,
    OutputFolder,
    Overwrite,
    RunnerChoice,
    RunnerName,
    Settings,
    choice_of,
    takes,
)
from siamlink.tools.tuning.choices import Models, Objective


@dataclass(frozen=True)
class TuneOptions:
    """The arguments and options of `siamlink tune`."""

    data: Annotated[
        list[Path],
        typer.Argument(
            metavar="DATA", help="MOT sequences with gt/ and det/ of two videos or more, or folders of sequences."
        ),
    ]
    output: OutputFolder
    objective: Annotated[
        Objective,
        typer.Option(
            metavar="NAME",
            parser=choice_of(Objective),
            help="What to maximise: hota, idf1, mota, or mean for the mean of the three.",
        ),
    ] = Objective.HOTA
    trials: Annotated[
        int, typer.Option(metavar="N", min=1, help="Number of sets of settings that each search tries.")
    ] = 60
    seconds: Annotated[
        float | None,
        typer.Option(metavar="S", min=0, help="Time limit in seconds; no further set of settings is tried after it."),
    ] = None
    runner: RunnerChoice = RunnerName.local
    address: Address = None
    jobs: Jobs = None
    models: Annotated[
        Models | None,
        typer.Option(
            metavar="NAME",
            parser=choice_of(Models),
            help="Models to track with: shipped; or crossvalidated, for each video those trained on the others. By "
            "default crossvalidated if the shipped models were trained on one of the videos.",
        ),
    ] = None
    seed: Annotated[
        int, typer.Option(metavar="N", help="Seed of the search; the same seed gives the same settings.")
    ] = 0
    cache: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Cache of 'track --cache' with descriptors. [default: the output folder]"),
    ] = None
    config: Config = None
    settings: Settings = None
    overwrite: Overwrite = False


@takes(TuneOptions)
def tune(options: TuneOptions) -> None:
    """Search the settings that are best on annotated videos, and test them on held-out videos.

    The search begins with the settings of --config and --set, and changes those that need no new pass over the videos.
    For each video, settings are chosen on the other videos and tested on this one; sequences of one video are
    recognised by their ground truth. Finally, settings are chosen on all videos.

    Ctrl-C keeps the best settings so far; the same command continues. Needs Optuna: pip install 'siamlink[tune]'.

    Writes DIR/tuned.yaml for 'siamlink track --config', DIR/tune.json with all results, DIR/trials.jsonl
    with the outcome of every trial, and DIR/models. Prints the tables.
    """
    from siamlink.detectors.base.extras import import_extra

    import_extra("optuna", "tune", "siamlink tune")
    from siamlink.tools.console.exit_codes import EXIT_INTERRUPTED
    from siamlink.tools.console.files import check_folder
    from siamlink.tools.console.terminal import show_note, show_table, stage_bars
    from siamlink.tools.runners.choose import runner_of
    from siamlink.tools.tuning.results import FILES, is_interrupted, write_results
    from siamlink.tools.tuning.run import TuningJob, prepare
    from siamlink.tracker.configuration import load_parameters

    output = options.output
    job = TuningJob(
        tuple(options.data),
        output,
        load_parameters(options.config, options.settings or []),
        options.objective,
        options.models,
        options.seed,
        options.cache,
        options.overwrite,
    )
    overwrite = options.overwrite or is_interrupted(output)
    check_folder(output, FILES, overwrite)
    with stage_bars() as progress, runner_of(options.runner, options.address, options.jobs) as runner:
        run = prepare(job, runner, lambda text: show_note(f"note: {text}"), progress)
        finished = run.search(options.trials, options.seconds, runner, progress, show_note)
        report = run.report()
    write_results(report, output, finished, overwrite)
    show_table(report.table())
    typer.echo(f"\n{report.verdict}\n")
    show_table(report.settings_table())
    if not finished:
        show_note(f"interrupted after {report.trials} of {counted(options.trials, 'trial')}; the same command goes on")
        raise typer.Exit(EXIT_INTERRUPTED)
    keep = "" if report.has_gain else "; without a gain, keep the settings you have, or give more videos"
    typer.echo(f"\nnext:\n  siamlink track VIDEO -o RESULTS --config {output / FILES[0]}    # the tuned settings{keep}")
