"""The command `siamlink demo`."""

from pathlib import Path
from typing import Annotated

import typer

from siamlink.detectors.base.counted import counted
from siamlink.tools.console.options import Overwrite

PLACES = {
    "street/street.mp4": "the scene",
    "street/gt/gt.txt": "its ground truth",
    "street/det/det.txt": "the detections",
    "tracks/street.txt": "the tracks",
    "tracks/street.mp4": "the annotated video",
    "tracks/street.json": "settings, versions and times",
}


def demo(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for the scene and the results.")
    ] = Path("demo"),
    seconds: Annotated[float, typer.Option(metavar="S", min=1, max=600, help="Length of the scene in seconds.")] = 10,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Seed of the random scene.")] = 0,
    overwrite: Overwrite = False,
) -> None:
    """Render a synthetic street, detect motion, track it, score the tracks and draw them, in under a minute.

    Writes DIR/street/ (a MOT sequence: the video, its exact ground truth, the detections) and DIR/tracks/ (street.txt,
    the annotated street.mp4, street.json). Prints the scores and the paths.
    """
    from siamlink.detectors.base.errors import OutputError
    from siamlink.detectors.models.registry import load_detector
    from siamlink.detectors.mot.text import format_rows
    from siamlink.tools.console.files import make_folder, output_errors, publish, staging
    from siamlink.tools.console.terminal import show_table, stage_bars
    from siamlink.tools.evaluation import evaluate
    from siamlink.tools.running.job import Job
    from siamlink.tools.running.run import run
    from siamlink.tools.synthetic.street import street
    from siamlink.tracker.runs.inputs import open_input

    for folder in (output / "street", output / "tracks"):
        if folder.exists() and not overwrite:
            raise OutputError(f"{folder} exists; --overwrite replaces what is in it")
    make_folder(output)
    scene = street(frame_count=round(seconds * 30), seed=seed)
    with staging(output) as staged:
        make_folder(staged / "tracks")
        with stage_bars("street") as progress:
            scene.write_sequence(staged / "street", progress)
            source = open_input(staged / "street", use_public=False)._replace(origin=str(output / "street"))
            job = Job(staged / "tracks")
            outcome = run(source, job, load_detector("motion"), job.parameters.load_matcher(), progress)
        with output_errors(output):
            (staged / "street" / "det").mkdir()
            (staged / "street" / "det" / "det.txt").write_text(format_rows(outcome.result.detections), encoding="ascii")
        evaluation = evaluate(staged / "street", staged / "tracks" / "street.txt")
        publish(staged, output)
    show_table(evaluation.table())
    took = ", ".join(f"{stage} {value:.1f} s" for stage, value in outcome.seconds.items())
    tracks, objects = counted(outcome.result.tracks.count, "track"), counted(len(scene.people), "object")
    frames = counted(outcome.result.frame_count, "frame")
    typer.echo(f"{tracks} of {objects} in {frames} ({took})")
    typer.echo("the detector sees motion only: objects that are close together become one detection")
    width = max(len(str(output / place)) for place in PLACES)
    for place, what in PLACES.items():
        typer.echo(f"  {output / place!s:<{width}}  {what}")
