"""The commands `siamlink study bench ...`."""

from pathlib import Path
from typing import Annotated

import typer

from siamlink.tools.console.group import Group
from siamlink.tools.console.options import Config, JsonFile, Repeat, Settings

app = typer.Typer(cls=Group, no_args_is_help=True, help="Measure the speed of single parts on this machine.")


@app.callback()
def bench() -> None:
    """Measure the speed of single parts on this machine."""


@app.command()
def evaluate(
    ground_truth: Annotated[
        Path, typer.Argument(metavar="GT", help="A MOT sequence (gt/gt.txt inside) or a folder of sequences.")
    ],
    results: Annotated[
        Path, typer.Argument(metavar="RESULTS", help="Tracks in MOT format: a file, or a folder of SEQUENCE.txt.")
    ],
    repeat: Repeat = 3,
    json: JsonFile = None,
) -> None:
    """Time 'siamlink evaluate' beside TrackEval.

    Both score the same files, and the scores are compared. Both run as whole programs, start included, and compute
    HOTA, CLEAR and Identity. 'ratio' is the time divided by that of siamlink. The exit code is 1 if a score differs by
    more than 1e-9. Sequences without results are left out.
    """
    from siamlink.tools.console.files import write_text
    from siamlink.tools.console.terminal import show_error, show_table, stage_bars
    from siamlink.tools.studies.benchmarks.evaluate import measure

    with stage_bars() as progress:
        benchmark = measure(ground_truth, results, repeat, progress)
    show_table(benchmark.table())
    if json is not None:
        write_text(json, benchmark.json(), overwrite=True)
    if not benchmark.equal:
        show_error(f"{benchmark.figure} differs by {benchmark.difference:g}")
        raise typer.Exit(1)


@app.command()
def match(
    weights: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Weights of a joint-input network; by default the shipped one.")
    ] = None,
    patches: Annotated[int, typer.Option(metavar="N", min=2, max=10_000, help="Number of detections.")] = 200,
    pairs: Annotated[
        int, typer.Option(metavar="N", min=1, max=1_000_000, help="Number of pairs of detections.")
    ] = 4000,
    repeats: Annotated[
        int, typer.Option(metavar="N", min=1, max=100, help="Number of runs; the median is reported.")
    ] = 5,
    json: JsonFile = None,
) -> None:
    """Time the comparison of pairs by a network.

    Measures pairs of detections per second, in several ways. The plain way gives the patches of each pair to the
    network. The split way computes the first layer once for each detection; its results are equal except for rounding,
    which is shown. An embedding network describes each detection once.
    """
    from siamlink.tools.console.files import write_text
    from siamlink.tools.console.terminal import show_table, stage_bars
    from siamlink.tools.studies.benchmarks.match import measure

    with stage_bars() as progress:
        benchmark = measure(weights, patches, pairs, repeats, progress)
    show_table(benchmark.table())
    if json is not None:
        write_text(json, benchmark.json(), overwrite=True)


@app.command()
def solve(
    largest: Annotated[
        int, typer.Option(metavar="N", min=100, max=10_000_000, help="Number of detections of the largest problem.")
    ] = 100_000,
    problems: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Also solve the min-cost flow instances in this folder (DIMACS format)."),
    ] = None,
    time_limit: Annotated[
        float,
        typer.Option(
            metavar="S", min=0.1, max=86_400, help="Time limit in seconds per solver and problem, start included."
        ),
    ] = 60.0,
    json: JsonFile = None,
) -> None:
    """Time the exact solvers.

    Measures the time and memory from the costs to the tracks. The problems are synthetic crowds of 1,000, 3,000,
    10,000, ... detections, 20 objects per frame and 6.5 candidate links per detection. siamlink's solver is compared
    with HiGHS on the linear program and with scipy's sparse assignment; the exit code is 1 if the optima differ. Each
    solver runs in its own process. 'ratio' is the CPU time divided by that of siamlink.
    """
    from siamlink.tools.console.files import write_text
    from siamlink.tools.console.terminal import show_error, show_table, stage_bars
    from siamlink.tools.studies.benchmarks.solve import measure

    with stage_bars() as progress:
        benchmark = measure(largest, problems, time_limit, progress)
    show_table(benchmark.table())
    if json is not None:
        write_text(json, benchmark.json(), overwrite=True)
    if not benchmark.equal:
        show_error("the solvers do not agree on the optimum")
        raise typer.Exit(1)


@app.command()
def stream(
    frames: Annotated[int, typer.Option(metavar="N", min=1, max=100_000_000, help="Number of frames.")] = 100_000,
    people: Annotated[int, typer.Option(metavar="N", min=1, max=1000, help="Number of objects in the stream.")] = 10,
    settings: Settings = None,
    json: JsonFile = None,
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw memory and detections in memory by frame, as PNG or SVG.")
    ] = None,
) -> None:
    """Time the tracking of a long synthetic stream.

    Measures frames per second, memory and identity switches in windowed mode. People walk left and right at 30 frames
    per second. 10 % of their boxes are missing, and every second frame has a false box. There are no images: tracking
    uses geometry alone.
    """
    from siamlink.tools.console.files import output_errors, write_text
    from siamlink.tools.console.terminal import show_table, stage_bars
    from siamlink.tools.studies.benchmarks.stream import Walkers, measure
    from siamlink.tracker.configuration import load_parameters

    parameters = load_parameters(None, ["mode=windowed", "appearance=none", *(settings or [])])
    with stage_bars() as progress:
        benchmark = measure(Walkers(people=people), frames, parameters, progress)
    show_table(benchmark.table())
    if json is not None:
        write_text(json, benchmark.json(), overwrite=True)
    if picture is not None:
        with output_errors(picture):
            benchmark.draw(picture)


@app.command()
def scaling(
    frames: Annotated[str, typer.Option(metavar="LIST", help="Numbers of frames to compare.")] = "1000,10000,100000",
    people: Annotated[str, typer.Option(metavar="LIST", help="Numbers of objects to compare.")] = "5,20,50,100,200,500",
    crowd_frames: Annotated[
        int, typer.Option(metavar="N", min=1, max=1_000_000, help="Number of frames with each number of objects.")
    ] = 300,
    only: Annotated[
        str, typer.Option(metavar="LIST", help="The ways to compare, out of these four.")
    ] = "offline,windowed,online,Hungarian",
    config: Config = "fast",
    settings: Settings = None,
    json: JsonFile = None,
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw the figures as PNG or SVG, on logarithmic axes.")
    ] = None,
) -> None:
    """Time per frame by length and by number of objects.

    Measures offline, windowed and online tracking, and online tracking with the Hungarian method. The videos are those
    of 'siamlink study bench stream': ten people for each length, and --crowd-frames frames for each number of people.
    'none' leaves that part out. Times are CPU times from the detections to the tracks.
    """
    from siamlink.detectors.base.errors import ConfigError
    from siamlink.tools.console.files import output_errors, write_text
    from siamlink.tools.console.terminal import show_table, stage_bars
    from siamlink.tools.studies.benchmarks.scaling import measure
    from siamlink.tracker.configuration import load_parameters

    common = ["appearance=none", *(settings or [])]
    ways = {mode: load_parameters(config, [*common, f"mode={mode}"]) for mode in ("offline", "windowed", "online")}
    ways["Hungarian"] = load_parameters(config, [*common, "mode=online", "solver=hungarian"])
    chosen = only.split(",")
    if not set(chosen) <= set(ways):
        raise ConfigError(f"--only {only}: expected some of {','.join(ways)}, joined by commas")
    ways = {name: parameters for name, parameters in ways.items() if name in chosen}
    lengths, crowds = _numbers("--frames", frames, 100_000_000), _numbers("--people", people, 1000)
    with stage_bars() as progress:
        benchmark = measure(lengths, crowds, ways, progress, crowd_frames)
    for table in benchmark.tables():
        show_table(table)
    if json is not None:
        write_text(json, benchmark.json(), overwrite=True)
    if picture is not None:
        with output_errors(picture):
            benchmark.draw(picture)


@app.command()
def segments(
    frames: Annotated[str, typer.Option(metavar="LIST", help="Numbers of frames to compare.")] = "15000,90000",
    segment: Annotated[
        int, typer.Option(metavar="N", min=100, max=10_000_000, help="Frames of each segment.")
    ] = 15_000,
    people: Annotated[int, typer.Option(metavar="N", min=1, max=1000, help="Number of objects in the recording.")] = 10,
    json: JsonFile = None,
) -> None:
    """Time and memory of long recordings linked in segments.

    The detections of a synthetic recording at 25 frames per second are linked offline by learned matching: the first
    level in segments, whose seams are certified, and the second level in one program. 'widened' are the seams where
    neighbours did not agree within the first halo. Times are CPU times per frame. Memory is that before linking, after
    the first level and in all. There are no images. 2,160,000 frames are a day.
    """
    from siamlink.tools.console.files import write_text
    from siamlink.tools.console.terminal import show_table, stage_bars
    from siamlink.tools.studies.benchmarks.segments import measure

    with stage_bars() as progress:
        benchmark = measure(_numbers("--frames", frames, 100_000_000), segment, people, progress)
    show_table(benchmark.table())
    if json is not None:
        write_text(json, benchmark.json(), overwrite=True)


@app.command()
def seams(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="Folder of MOT sequences with det/.")],
    json: JsonFile = None,
) -> None:
    """How far the seams reach between segments of a linear program.

    Solves the programs of real sequences, without appearance, in segments that are cut at random frames, each with some
    seconds of its neighbours, its halo. Counts the seams where the neighbours did not agree within the halo, those
    where the potentials of the segments did not prove the optimum at once, and the circles of negative cost that had to
    be cancelled. 'different' are links that are not those of the program solved at once, at the same cost.
    """
    from siamlink.tools.console.files import write_text
    from siamlink.tools.console.terminal import show_table, stage_bars
    from siamlink.tools.studies.benchmarks.seams import measure

    with stage_bars() as progress:
        benchmark = measure(data, progress)
    show_table(benchmark.table())
    if json is not None:
        write_text(json, benchmark.json(), overwrite=True)


def _numbers(option: str, text: str, largest: int) -> list[int]:
    """Whole numbers from 1, joined by commas, each once and ascending; or "none"."""
    from siamlink.detectors.base.errors import ConfigError

    parts = [] if text == "none" else text.split(",")
    if not all(part.strip().isdecimal() and 0 < int(part) <= largest for part in parts):
        raise ConfigError(f"{option} {text}: expected whole numbers from 1 to {largest}, joined by commas")
    return sorted(set(map(int, parts)))
