"""The commands `siamlink bench ...`."""

from pathlib import Path
from typing import Annotated

import typer

from siamlink.tools.console.options import Config, Detector, Settings

app = typer.Typer(no_args_is_help=True, help="Measure how fast siamlink is on this machine.")


@app.callback()
def bench() -> None:
    """Measure how fast siamlink is on this machine."""


@app.command()
def track(
    sources: Annotated[list[str], typer.Argument(metavar="DATA...", help="What to track, as for 'siamlink track'.")],
    config: Config = None,
    settings: Settings = None,
    detector: Detector = None,
    video: Annotated[bool, typer.Option("--video/--no-video", help="Draw the annotated video as well.")] = False,
    repeat: Annotated[int, typer.Option(metavar="N", min=1, max=100, help="Runs; the medians count.")] = 3,
    against: Annotated[
        bool, typer.Option("--against", help="Also SORT, ByteTrack, OC-SORT and BoT-SORT of the package trackers.")
    ] = False,
    json: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the figures down.")] = None,
) -> None:
    """Time tracking stage by stage: seconds, share, frames a second, and the memory it takes.

    All that is given is tracked in one process, as 'siamlink track' does it, and that in a fresh one each time; results
    are thrown away. The stage load is the start of the program with libraries, models and opening; write is what
    remains to be done beside the stages. A library that only one stage needs is loaded in that stage. Stages overlap:
    each counts its own time, and together they may come to more than the total. The row tracking is the time that
    passes from the detections, or from the frames if there are none, to the tracks.

    --against runs other trackers in the same way, in turn with siamlink, at their defaults on the same detections, and
    compares the seconds from the detections to the tracks. The ratio is that to siamlink's. The input must have
    detections; scores that are no probabilities are given to them as ranks. It needs
    pip install 'trackers>=2.6.1,<3'.
    """
    from siamlink.tools.benchmark.track import measure
    from siamlink.tools.console.files import write_text
    from siamlink.tools.console.terminal import show_table, stage_bars
    from siamlink.tracker.parameters import load_parameters

    parameters = load_parameters(config, settings or [])
    with stage_bars() as progress:
        benchmark = measure(sources, parameters, detector, video, repeat, against, progress)
    for table in benchmark.tables():
        show_table(table)
    if json is not None:
        write_text(json, benchmark.json(), overwrite=True)


@app.command()
def evaluate(
    ground_truth: Annotated[
        Path, typer.Argument(metavar="GT", help="A MOT sequence (gt/gt.txt inside) or a folder of sequences.")
    ],
    results: Annotated[
        Path, typer.Argument(metavar="RESULTS", help="MOT text: one sequence's file, or a folder of SEQUENCE.txt.")
    ],
    repeat: Annotated[int, typer.Option(metavar="N", min=1, max=100, help="Runs of each; the medians count.")] = 3,
    json: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the figures down.")] = None,
) -> None:
    """Time 'siamlink evaluate' beside TrackEval on the same files, and compare their figures.

    Both are whole programs, start included, that compute HOTA, CLEAR and Identity. The ratio is that of the seconds to
    siamlink's. Should a figure differ by more than 1e-9, the exit code is 1. Sequences without results are left out.
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
        int, typer.Option(metavar="N", min=100, max=10_000_000, help="Detections of the largest crowd.")
    ] = 100_000,
    problems: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Also time the min-cost flow instances in this folder (DIMACS, as muSSP's)."),
    ] = None,
    time_limit: Annotated[
        float,
        typer.Option(metavar="S", min=0.1, max=86_400, help="Seconds for a solver and a problem, start included."),
    ] = 60.0,
    json: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the figures down.")] = None,
) -> None:
    """Time the exact solvers: from costs to tracks, and the memory it takes.

    The problems are synthetic crowds of 1,000, 3,000, 10,000, 30,000, ... detections with 6.5 candidate links each,
    twenty people in a frame. siamlink's solver is compared with the linear program solved by HiGHS and with scipy's
    sparse assignment; all three must find the same optimum, else the exit code is 1. Each runs in a process of its own,
    and its peak memory is that of the whole process. The ratio is that of CPU seconds to siamlink's.
    """
    from siamlink.tools.console.files import write_text
    from siamlink.tools.console.terminal import show_error, show_table, stage_bars
    from siamlink.tools.studies.benchmarks.solve import measure

    with stage_bars() as progress:
        benchmark = measure(largest, problems, time_limit, progress)
    show_table(benchmark.table(), width=110)
    if json is not None:
        write_text(json, benchmark.json(), overwrite=True)
    if not benchmark.equal:
        show_error("the solvers do not agree on the optimum")
        raise typer.Exit(1)


@app.command()
def stream(
    frames: Annotated[int, typer.Option(min=1, max=100_000_000, help="How long the stream is.")] = 100_000,
    people: Annotated[int, typer.Option(min=1, max=1000, help="How many walk in it.")] = 10,
    settings: Settings = None,
    json: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the figures down.")] = None,
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw memory and detections held by frame, as PNG or SVG.")
    ] = None,
) -> None:
    """Track a synthetic stream in a window: frames a second, memory, and whether ids stay with people.

    People walk to and fro at 30 frames a second; a tenth of their boxes is missed, and there is a false one in every
    second frame. There are no images: geometry alone decides.
    """
    from siamlink.tools.console.files import output_errors, write_text
    from siamlink.tools.console.terminal import show_table, stage_bars
    from siamlink.tools.studies.benchmarks.stream import Walkers, measure
    from siamlink.tracker.parameters import load_parameters

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
    frames: Annotated[str, typer.Option(metavar="LIST", help="Lengths to compare.")] = "1000,10000,100000",
    people: Annotated[str, typer.Option(metavar="LIST", help="Crowds to compare.")] = "5,20,50,100,200,500",
    config: Config = "fast",
    settings: Settings = None,
    json: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the figures down.")] = None,
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw them, as PNG or SVG, on logarithmic axes.")
    ] = None,
) -> None:
    """Time a frame by the length of the video and by the people in it: offline, in a window, and online in two ways.

    The videos are those of 'siamlink bench stream', ten people for each length and 300 frames for each crowd; they are
    tracked from their detections alone. Seconds are of computing, from the detections to the tracks.
    """
    from siamlink.tools.console.files import output_errors, write_text
    from siamlink.tools.console.terminal import show_table, stage_bars
    from siamlink.tools.studies.benchmarks.scaling import measure
    from siamlink.tracker.parameters import load_parameters

    common = ["appearance=none", *(settings or [])]
    ways = {mode: load_parameters(config, [*common, f"mode={mode}"]) for mode in ("offline", "windowed", "online")}
    ways["Hungarian"] = load_parameters(config, [*common, "mode=online", "solver=hungarian"])
    lengths, crowds = _numbers("--frames", frames, 100_000_000), _numbers("--people", people, 1000)
    with stage_bars() as progress:
        benchmark = measure(lengths, crowds, ways, progress)
    for table in benchmark.tables():
        show_table(table, width=80)
    if json is not None:
        write_text(json, benchmark.json(), overwrite=True)
    if picture is not None:
        with output_errors(picture):
            benchmark.draw(picture)


def _numbers(option: str, text: str, largest: int) -> list[int]:
    """Whole numbers from 1, joined by commas, each once and ascending."""
    from siamlink.detectors.base.errors import ConfigError

    parts = text.split(",")
    if not all(part.strip().isdecimal() and 0 < int(part) <= largest for part in parts):
        raise ConfigError(f"{option} {text}: expected whole numbers from 1 to {largest}, joined by commas")
    return sorted(set(map(int, parts)))
