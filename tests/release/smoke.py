"""siamlink as installed from a file: every module, the help of every command, and from a video to a report.

Runs in the environment that it tests, with nothing of the repository at hand; prints what was done.
"""

import importlib
import json
import pkgutil
import subprocess
import sys
import sysconfig
import time
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

OF_EXTRAS = {"geff", "metric_learn", "numba", "optuna", "pyarrow", "ray", "sklearn", "torch", "trackers"}
PROGRAM = Path(sysconfig.get_path("scripts")) / "siamlink"


def siamlink(*arguments: str) -> str:
    """Run the program; returns what it printed, and ends the check if it fails or prints warnings."""
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False)
    if done.returncode or "Traceback" in done.stderr or "Warning" in done.stderr:
        sys.exit(f"siamlink {' '.join(arguments)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def import_modules() -> int:
    """Import every module; what is missing may only be a package of an extra.

    Returns:
        how many were imported.
    """
    import siamlink  # a namespace: it has a path, but no file

    site = Path(sysconfig.get_path("purelib"))
    assert [Path(place) for place in siamlink.__path__] == [site / "siamlink"], siamlink.__path__
    count = 0
    for module in pkgutil.walk_packages(siamlink.__path__, "siamlink."):
        try:
            importlib.import_module(module.name)
            count += 1
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] not in OF_EXTRAS:
                raise
    return count


def help_of_every_command(*command: str) -> int:
    """Show the help of a command, and of those below it.

    Returns:
        how many commands there are.
    """
    text = siamlink(*command, "--help")
    assert text.startswith("Usage: siamlink"), text
    _, _, listed = text.partition("Commands:\n")
    return 1 + sum(help_of_every_command(*command, line.split()[0]) for line in listed.splitlines() if line[2] != " ")


def from_video_to_report(folder: Path) -> str:
    """Render a street, track it by all shipped models, score the tracks, export them and write the report.

    Returns:
        the scores in percent, in words.
    """
    street, tracks = folder / "demo" / "street", folder / "tracks" / "street.txt"
    siamlink("demo", "--seconds", "3", "--output", str(folder / "demo"))
    siamlink("track", str(street), "--output", str(folder / "paper"), "--config", "paper", "--no-video")
    siamlink("track", str(street), "--output", str(folder / "general"), "--config", "general", "--no-video")
    siamlink("track", str(street), "--output", str(folder / "tracks"), "--set", "matching=learned", "--export", "cvat")
    siamlink("evaluate", str(street), str(tracks), "--json", str(folder / "scores.json"))
    siamlink("report", str(tracks), "--output", str(folder / "report.html"))
    assert (folder / "report.html").read_text(encoding="utf-8").rstrip().endswith("</html>")
    scores = json.loads((folder / "scores.json").read_text(encoding="utf-8"))["overall"]
    assert scores["HOTA"] > 30, scores
    return "HOTA {HOTA:.1f}, IDF1 {IDF1:.1f}".format(**scores)


def main() -> None:
    """Check all, and say how long each part took."""
    started = time.monotonic()

    def done(what: str) -> None:
        print(f"{time.monotonic() - started:6.1f} s  {what}", flush=True)  # noqa: T201

    assert siamlink("--version") == f"siamlink {version('siamlink')}\n"
    done(f"siamlink {version('siamlink')}, Python {sys.version.split()[0]}")
    done(f"{help_of_every_command() - 1} commands show their help")
    with TemporaryDirectory() as folder:
        done(f"rendered, tracked by all models, scored, exported and reported: {from_video_to_report(Path(folder))}")
    done(f"{import_modules()} modules can be imported")


if __name__ == "__main__":
    main()
