"""The command `siamlink study latency`."""

from pathlib import Path
from typing import Annotated

import typer

from siamlink.tools.console.options import Config, OutputFolder, Overwrite, Settings


def latency(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="Folder of MOT sequences with gt/ and det/.")],
    output: OutputFolder,
    models: Annotated[
        Path,
        typer.Option(metavar="DIR", help="Folder with a model for each sequence: models/ of 'siamlink crossvalidate'."),
    ],
    latencies: Annotated[
        str, typer.Option(metavar="S,S,...", help="Latencies to compare, in seconds.")
    ] = "0.5,1,2,5,10",
    config: Config = None,
    settings: Settings = None,
    overwrite: Overwrite = False,
) -> None:
    """Measure the cost of a bounded delay: scores of offline, windowed and online tracking.

    Each sequence that has ground truth and a model in --models is tracked offline, windowed with each latency, and
    online, from its det/det.txt. The models of 'siamlink
    crossvalidate' were not trained on the video of their sequence.

    Writes the tracks, DIR/MODE/SEQ.txt, and the scores: DIR/latency.json, DIR/latency.md and DIR/latency.png. Prints a
    table.
    """
    from siamlink.detectors.mot.text import read_rows
    from siamlink.tools.console.files import check_folder, make_folder, output_errors, publish, staging
    from siamlink.tools.console.terminal import show_table, stage_bars
    from siamlink.tools.evaluation import evaluate_sequences
    from siamlink.tools.studies.latency.report import FILES, LatencyReport
    from siamlink.tools.studies.latency.run import find_tested, track_in_all_ways, ways_to_track

    ways = ways_to_track(latencies, config, settings or [])
    tested = find_tested(data, models)
    files = {(way, each.name): output / way / f"{each.name}.txt" for way in ways for each in tested}
    check_folder(output, [*FILES, *(str(path.relative_to(output)) for path in files.values())], overwrite)
    for way in ways:
        make_folder(output / way)
    with stage_bars() as progress:
        for done, sequence in enumerate(tested):
            progress("sequences", done, len(tested))
            tracked = track_in_all_ways(sequence, models / sequence.name, ways, progress)
            with staging(output) as staged, output_errors(output):
                for way, tracks in tracked.items():
                    (staged / way).mkdir()
                    (staged / way / f"{sequence.name}.txt").write_text(tracks.to_mot_text(), encoding="ascii")
                publish(staged, output)
    report = LatencyReport(
        {way: evaluate_sequences((each, read_rows(files[way, each.name])) for each in tested) for way in ways}
    )
    with staging(output) as staged, output_errors(output):
        report.save(staged)
        publish(staged, output)
    show_table(report.table())
