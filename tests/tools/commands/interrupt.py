"""Kills `siamlink track` at random moments, and resumes it, until it comes to its end: the results must be the same.

    python tests/tools/commands/interrupt.py FOLDER KILLS SEED SOURCE... [options of siamlink track]

tracks once undisturbed and then, again and again, with interruptions, until so many processes were killed, and prints
what came of it. `test_track_resume.py` does the same for a few seconds.
"""

import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from typing import IO, Any

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
CODES = {signal.SIGINT: (130,), signal.SIGTERM: (143, -signal.SIGTERM), signal.SIGKILL: (-signal.SIGKILL,)}
"""The exit code after a signal; SIGTERM may come before the program listens."""
LONGEST_SECONDS = 600
# imports siamlink once; each line that it reads makes a process of its own that is one run of the program
NURSERY = """
import json, os, signal, sys
import siamlink.tools.running.resume
import siamlink.tools.runners.local
import siamlink.tracker.drawing.annotate
import siamlink.tracker.drawing.video_writer
import siamlink.association.appearance.siamese.inference
import siamlink.detectors.models.onnx
import siamlink.tracker.linking.linear_program
import xgboost
import scipy.optimize
from siamlink.tools.cli import main

print(0, flush=True)
for line in sys.stdin:
    output, arguments = json.loads(line)
    process_id = os.fork()
    if not process_id:
        os.setpgid(0, 0)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number in (1, 2):
            os.dup2(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
        sys.argv = ["siamlink", *arguments]
        try:
            main()
        except BaseException as end:  # no locks of threads that did not come along are waited for
            os._exit(end.code or 0 if isinstance(end, SystemExit) else 130 if isinstance(end, KeyboardInterrupt) else 1)
    print(process_id, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(process_id, 0)[1]), flush=True)
"""


class Programs:
    """Runs of the program, one at a time."""

    def __init__(self, nursery: "subprocess.Popen[str]", output: Path) -> None:
        assert nursery.stdin is not None
        assert nursery.stdout is not None
        self._orders: IO[str] = nursery.stdin
        self._answers: IO[str] = nursery.stdout
        self.output = output
        self._answers.readline()

    def start(self, *arguments: object) -> int:
        """Start `siamlink` with these arguments; returns its process id."""
        print(json.dumps([str(self.output), list(map(str, arguments))]), file=self._orders, flush=True)
        return int(self._answers.readline())

    def end_within(self, seconds: float) -> int | None:
        """The exit code, below 0 for a signal; None if it still runs after so many seconds."""
        ended = select.select([self._answers], [], [], seconds)[0]
        return int(self._answers.readline()) if ended else None

    def run(self, *arguments: object) -> int:
        """Run `siamlink` with these arguments to its end; returns its exit code."""
        self.start(*arguments)
        code = self.end_within(LONGEST_SECONDS)
        assert code is not None, "it hangs"
        return code


@contextmanager
def programs(output: Path) -> Iterator[Programs]:
    """Runs of the program whose output is added to a file."""
    with subprocess.Popen(
        [sys.executable, "-c", NURSERY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as nursery:
        yield Programs(nursery, output)
        assert nursery.stdin is not None
        nursery.stdin.close()


def track_through_kills(runs: Programs, arguments: list[object], random: Random, seconds: float) -> list[str]:
    """Track, killed and resumed at random moments, to the end; returns the signals that came before it.

    Args:
        runs: starts the program.
        arguments: of `siamlink track`.
        random: chooses moments and signals.
        seconds: within which the first run is killed; later ones get longer and longer.
    """
    kills: list[str] = []
    while True:
        process_id = runs.start("track", *arguments, "--resume")
        code = runs.end_within(random.uniform(0, seconds * (1 + len(kills) / 4)))
        if code is None:
            number = random.choice(SIGNALS)
            # SIGKILL of the first process alone leaves those of --jobs to themselves
            with suppress(ProcessLookupError):
                (random.choice([os.kill, os.killpg]) if number == signal.SIGKILL else os.kill)(process_id, number)
            code = runs.end_within(LONGEST_SECONDS)
            assert code in (*CODES[number], 0), f"{code} after {number.name}: {runs.output.read_text()}"
            kills.append(number.name)
        elif kills and runs.output.read_text().endswith("exists; --overwrite replaces it\n"):
            return kills  # the last one came after the results, before the end of the program
        elif code:
            raise AssertionError(f"{code}: {runs.output.read_text()}")
        if code == 0:
            return kills


def results(folder: Path) -> dict[str, Any]:
    """What a run has left in a folder, by name; of a record all but the times."""
    found: dict[str, Any] = {}
    for path in folder.iterdir():
        if path.suffix == ".json":
            record = json.loads(path.read_text("utf-8"))
            assert sum(record.pop("seconds").values()) > 0
            assert record.pop("wall_seconds") > 0
            found[path.name] = record
        else:
            found[path.name] = path.read_bytes() if path.is_file() else "a folder"
    return found


def main() -> None:
    """Interrupt until there were enough kills, and print figures."""
    folder, wanted, random, arguments = Path(sys.argv[1]), int(sys.argv[2]), Random(int(sys.argv[3])), sys.argv[4:]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    kills: list[str] = []
    with programs(folder / "output.txt") as runs:
        start = time.monotonic()
        assert runs.run("track", *arguments, "-o", folder / "whole") == 0, runs.output.read_text()
        seconds = time.monotonic() - start
        expected = results(folder / "whole")
        while len(kills) < wanted:
            shutil.rmtree(folder / "resumed", ignore_errors=True)
            kills += track_through_kills(runs, [*arguments, "-o", folder / "resumed"], random, seconds / 2)
            assert results(folder / "resumed") == expected
        records = [record for name, record in expected.items() if name.endswith(".json")]
    recorded = re.findall(r"from the cache: (\w+) of (\d+)", runs.output.read_text())
    frames = sum(int(record["input"]["frames"]) for record in records) / len(records)
    shares = [int(count) / frames for _, count in recorded]
    sys.stdout.write(
        f"{len(kills)} kills {dict(Counter(kills))}; a resumed run had records of "
        f"{sum(shares) / max(len(shares), 1):.0%} of the frames on average ({len(shares)} runs): all results the same\n"
    )


if __name__ == "__main__":
    main()
