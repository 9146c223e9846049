"""The commands `siamlink study ...`, which the program imports when they are used."""

import typer

from siamlink.tools.console.group import Group
from siamlink.tools.studies.ablation import command as ablation
from siamlink.tools.studies.benchmarks import command as benchmarks
from siamlink.tools.studies.latency import command as latency
from siamlink.tools.studies.matching import command as matching
from siamlink.tools.studies.pictures import command as pictures
from siamlink.tools.studies.retrieval import command as retrieval
from siamlink.tools.studies.scale import command as scale

app = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None)
app.add_typer(ablation.app, name="ablate")
app.command(short_help="Measure how well appearance models tell identities apart.")(matching.match)
app.command(short_help="Measure how well appearance models find objects again.")(retrieval.retrieve)
app.command(short_help="Measure the cost of a bounded delay.")(latency.latency)
app.command(short_help="Draw the pictures of the documents.")(pictures.pictures)
app.command(short_help="Measure and predict what many videos and long streams cost.")(scale.scale)
app.add_typer(benchmarks.app, name="bench")


@app.callback()
def study() -> None:
    """Research: ablations, matching, latency and speed studies."""
