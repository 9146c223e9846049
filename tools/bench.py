"""The commands `siamlink bench ...`."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Measure how fast siamlink is on this machine.")


@app.callback()
def bench() -> None:
    """Measure how fast siamlink is on this machine."""


@app.command()
def match(
    weights: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A joint-input network; one with random weights unless given.")
    ] = None,
    patches: Annotated[int, typer.Option(min=2, max=10_000, help="Detections to compare.")] = 200,
    pairs: Annotated[int, typer.Option(min=1, max=1_000_000, help="Pairs of them.")] = 4000,
    repeats: Annotated[int, typer.Option(min=1, max=100, help="Runs of each; the median counts.")] = 5,
    json: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the figures down.")] = None,
) -> None:
    """Compare ways of asking a network about pairs of detections: pairs a second, as ratios in one run.

    The plain way gives each pair's patches to the network. The split way computes the first layer once for each
    detection and role; its answers are the same but for rounding, which is shown. An embedding network describes each
    detection once.
    """
    from siamlink.tools.bench_match import measure
    from siamlink.tools.files import write_text
    from siamlink.tools.terminal import show_table, stage_bars

    with stage_bars() as progress:
        benchmark = measure(weights, patches, pairs, repeats, progress)
    show_table(benchmark.table())
    if json is not None:
        write_text(json, benchmark.json(), overwrite=True)
