"""The inputs of the browser tests: synthetic scenes whose pictures carry their frame number, tracked by siamlink.

Usage: python tests/browser/inputs.py DIR
"""

import csv
import shutil
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
from typer.testing import CliRunner

from siamlink.detectors.base.arrays import Image
from siamlink.detectors.mot.text import format_rows
from siamlink.tools.cli import app
from siamlink.tools.synthetic.scene import Person, Prop, Scene
from siamlink.tools.synthetic.street import crossing, street
from siamlink.tracker.drawing.video_writer import VideoWriter

BLOCK, BITS = 16, 10
WHITE, BLACK = 235, 16
HOSTILE_NAME = """a&b "#1?%41' <img src=x onerror=alert(1)>.mp4"""
HOSTILE_CLASSES = ("</script><script>alert(2)</script>", """"'><img src=x onerror=alert(3)>&lt;""")


class CodedScene(Scene):
    """A scene whose frames show their number, in blocks at the top left: white, black, then its bits, highest first."""

    def render(self, frame_number: int) -> Image:
        """One frame (H, W, 3) BGR; frames are counted from 1."""
        image = super().render(frame_number)
        for place, bit in enumerate((1, 0, *map(int, f"{frame_number:0{BITS}b}"))):
            image[:BLOCK, place * BLOCK : (place + 1) * BLOCK] = WHITE if bit else BLACK
        return image


def coded(scene: Scene) -> CodedScene:
    """The same scene with coded frames."""
    return CodedScene(**{field.name: getattr(scene, field.name) for field in fields(scene)})


def turning_back(frame_count: int = 90) -> CodedScene:
    """Two people in equal clothes who walk behind a kiosk from both sides, turn round there and walk back.

    They cannot be told from two people who pass each other: the tracks exchange their identities, and only a user can
    put that right.
    """
    speed, turn, end, clothes = 2.2, 0.1, 6.5, crossing().people[0].clothes
    halfway = -speed * frame_count / 60
    people = [
        Person(((side * turn, z), (side * end, z)), speed, halfway, 1.75, clothes) for side, z in ((-1, 8.6), (1, 8.7))
    ]
    return CodedScene(480, 270, 30.0, frame_count, 0, tuple(people), (Prop("kiosk", 0.0, 8.0),))


def write_sequence(scene: Scene, folder: Path, false_rate: float = 0.0) -> None:
    """A MOT sequence of a scene: video, ground truth and the detections of a simulated detector."""
    scene.write_sequence(folder)
    (folder / "det").mkdir()
    detections = scene.detections(miss_rate=0.05, false_rate=false_rate, jitter=0.02)
    (folder / "det" / "det.txt").write_text(format_rows(detections), encoding="ascii")


def write_variable(scene: Scene, path: Path) -> None:
    """A video whose frames stay for one to three thirtieths of a second, with detections beside it."""
    rng = np.random.default_rng(1)
    shown = np.cumsum(rng.integers(1, 4, scene.frame_count))
    with VideoWriter(path, scene.frame_rate, (scene.width, scene.height)) as video:
        for frame_number, _, image in scene:
            video.write(image, int(shown[frame_number - 1]))
    path.with_suffix(".txt").write_text(format_rows(scene.detections(false_rate=0)), encoding="ascii")


def write_hostile(scene: Scene, folder: Path) -> None:
    """A video under a name that is a program for a careless page, with class names of that kind; browsers play it."""
    folder.mkdir()
    with VideoWriter(folder / HOSTILE_NAME, scene.frame_rate, (scene.width, scene.height), coding={"g": "25"}) as video:
        for _, _, image in scene:
            video.write(image)
    rows = scene.detections(false_rate=0)
    with (folder / "boxes.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["frame", "x_min", "y_min", "x_max", "y_max", "score", "class_name"])
        for frame, box, score in zip(rows.frame.tolist(), rows.box.tolist(), rows.score.tolist(), strict=True):
            table.writerow([frame, *box, score, HOSTILE_CLASSES[int(box[0] > 240)]])


def siamlink(*arguments: str | Path) -> None:
    """Run a command of siamlink; its output is shown only if it fails."""
    done = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    if done.exit_code:
        sys.exit(f"siamlink {' '.join(map(str, arguments))}\n{done.output}")


def write_tracks(folder: Path) -> None:
    """All scenes, and their tracks in the folder `tracks`."""
    write_sequence(turning_back(), folder / "kiosk")
    write_sequence(coded(street(120, width=480, height=270)), folder / "street", false_rate=0.3)
    write_variable(coded(crossing(60)), folder / "variable.mp4")
    write_hostile(turning_back(60), folder / "hostile")
    to_tracks = ("-o", folder / "tracks", "--no-video")
    siamlink("track", folder / "kiosk", folder / "street", *to_tracks)
    siamlink("track", folder / "variable.mp4", "--detections", folder / "variable.txt", *to_tracks)
    siamlink("track", folder / "hostile" / HOSTILE_NAME, "--detections", folder / "hostile" / "boxes.csv", *to_tracks)


def write_reports(folder: Path) -> None:
    """The reports: with the video beside or inside them, with one that is not there, and without any."""
    tracks = folder / "tracks"
    hostile = tracks / Path(HOSTILE_NAME).with_suffix(".txt")
    siamlink("report", tracks / "kiosk.txt", "-o", folder / "kiosk.html", "--no-embed")
    siamlink("report", tracks / "variable.txt", "-o", folder / "variable.html", "--no-embed")
    siamlink("report", tracks / "street.txt", "-o", folder / "street.html", "--embed")
    siamlink("report", hostile, "-o", folder / "hostile" / "hostile.html", "--no-embed")
    for name, file in (("away", folder / "kiosk.html"), ("alone", tracks / "kiosk.txt")):
        (folder / name).mkdir()
        shutil.copyfile(file, folder / name / file.name)
    siamlink("report", folder / "alone" / "kiosk.txt")


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    write_tracks(target)
    write_reports(target)
