"""The command `siamlink study latency`."""

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
class LatencyOptions:
    """The arguments and options of `siamlink study latency`."""

    data: Annotated[Path, typer.Argument(metavar="DATA", help="Folder of MOT sequences with gt/ and det/.")]
    output: OutputFolder
    models: Annotated[
        Path,
        typer.Option(metavar="DIR", help="Folder with a model for each sequence: models/ of 'siamlink crossvalidate'."),
    ]
    latencies: Annotated[str, typer.Option(metavar="S,S,...", help="Latencies to compare, in seconds.")] = (
        "0.5,1,2,5,10"
    )
    config: Config = None
    settings: Settings = None
    runner: RunnerChoice = RunnerName.local
    address: Address = None
    jobs: Jobs = None
    overwrite: Overwrite = False


@takes(LatencyOptions)
def latency(options: LatencyOptions) -> None:
    """Measure the cost of a bounded delay: scores of offline, windowed and online tracking.

    Each sequence that has ground truth and a model in --models is tracked offline, windowed with each latency, and
    online, from its det/det.txt. The models of 'siamlink crossvalidate' were not trained on the video of their
    sequence.

    Writes the tracks, DIR/MODE/SEQ.txt, and the scores: DIR/latency.json, DIR/latency.md and DIR/latency.png. Prints a
    table.
    """
    from siamlink.detectors.mot.text import read_rows
    from siamlink.tools.console.files import check_folder, make_folder, output_errors, publish, staging
    from siamlink.tools.console.terminal import show_note, show_table, stage_bars
    from siamlink.tools.evaluation import evaluate_sequences
    from siamlink.tools.runners.choose import runner_of
    from siamlink.tools.studies.latency.report import FILES, LatencyReport
    from siamlink.tools.studies.latency.run import LatencyWork, find_tested, ways_to_track

    output = options.output
    ways = ways_to_track(options.latencies, options.config, options.settings or [])
    tested = find_tested(options.data, options.models)
    files = {(way, each.name): output / way / f"{each.name}.txt" for way in ways for each in tested}
    check_folder(output, [*FILES, *(str(path.relative_to(output)) for path in files.values())], options.overwrite)
    for way in ways:
        make_folder(output / way)
    with stage_bars() as progress, runner_of(options.runner, options.address, options.jobs) as runner:
        runner.answers(LatencyWork(options.models, ways, output), tested, progress, show_note)
    report = LatencyReport(
        {way: evaluate_sequences((each, read_rows(files[way, each.name])) for each in tested) for way in ways}
    )
    with staging(output) as staged, output_errors(output):
        report.save(staged)
        publish(staged, output)
    show_table(report.table())
