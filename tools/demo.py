"""The command `siamlink demo`."""

from pathlib import Path
from typing import Annotated

import typer

from siamlink.tools.options import Overwrite


def demo(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for the scene and the results.")
    ] = Path("demo"),
    seconds: Annotated[float, typer.Option(min=1, max=600, help="Length of the scene.")] = 10,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another street.")] = 0,
    overwrite: Overwrite = False,
) -> None:
    """Render a street, detect what moves, track it, score it and draw it: everything once, in under a minute.

    Writes DIR/street/ (a MOT sequence: the video and its exact ground truth) and DIR/tracks/ (street.txt, the annotated
    street.mp4, street.json); prints the scores and where things are.
    """
    import shutil

    from rich.console import Console

    from siamlink.detectors.errors import OutputError
    from siamlink.tools.evaluation import evaluate
    from siamlink.tools.files import make_folder, output_errors
    from siamlink.tools.scene import street
    from siamlink.tools.terminal import stage_bars
    from siamlink.tools.tracking import Job, run

    scene_folder, tracks_folder = output / "street", output / "tracks"
    for folder in (scene_folder, tracks_folder):
        if folder.exists() and not overwrite:
            raise OutputError(f"{folder} exists; --overwrite replaces it")
        with output_errors(folder):
            shutil.rmtree(folder, ignore_errors=True)
    make_folder(tracks_folder)
    log, console = Console(stderr=True), Console(soft_wrap=True, highlight=False)
    scene = street(frame_count=round(seconds * 30), seed=seed)
    with stage_bars(log, "street") as progress:
        sequence = scene.write_sequence(scene_folder, progress)
        outcome = run(str(sequence.folder), Job(tracks_folder, detector="motion"), progress)
    evaluation = evaluate(scene_folder, tracks_folder / "street.txt")
    Console(width=max(120, log.width)).print(evaluation.table())
    took = ", ".join(f"{stage} {value:.1f} s" for stage, value in outcome.seconds.items())
    console.print(f"{outcome.result.tracks.count} tracks in {outcome.result.frame_count} frames ({took})")
    places = {
        "the scene": scene_folder / "street.mp4",
        "its ground truth": scene_folder / "gt" / "gt.txt",
        "the tracks": tracks_folder / "street.txt",
        "the annotated video, to be looked at": tracks_folder / "street.mp4",
        "settings, versions and seconds": tracks_folder / "street.json",
    }
    for what, path in places.items():
        console.print(f"  {path!s:<28} {what}", markup=False)
