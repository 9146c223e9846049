"""Check that the tracks of every sequence are the same bytes if it is cut into segments at random.

    python tests/segments.py [--data DIR] [--only NAME ...] [--counts 2 5 17] [--seed S] [OPTIONS OF siamlink track]

Tracks each sequence of DIR (default: SIAMLINK_DATA, else ../shared/data) in one piece, and in so many segments that end
at random frames. Prints a table with the CPU seconds of each run; fails if one file of tracks differs.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from pathlib import Path

from typer.testing import CliRunner

from siamlink.tools.cli import app
from siamlink.tools.segments import segmented
from siamlink.tools.segments.segment import Segment

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def main() -> int:
    """Track and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("SIAMLINK_DATA", SHARED)))
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--counts", type=int, nargs="*", default=[2, 5, 17])
    parser.add_argument("--seed", type=int, default=0)
    asked, options = parser.parse_known_args()
    sequences = [path for path in sorted(asked.data.iterdir()) if (path / "seqinfo.ini").exists()]
    sequences = [path for path in sequences if not asked.only or path.name in asked.only]
    show("sequence", "frames", "bytes of tracks", "one piece", *(f"{count} segments" for count in asked.counts))
    show(*["---"] * (4 + len(asked.counts)))
    differences = 0
    for sequence in sequences:
        whole, seconds, frames = track(sequence, options)
        row = [sequence.name, str(frames), str(len(whole)), f"{seconds:.1f} s"]
        for count in asked.counts:
            segmented.segments_of = cut_at_random(random.Random(f"{asked.seed} {sequence.name} {count}"))
            tracks, seconds, _ = track(sequence, [*options, "--segments", str(count)])
            same = tracks == whole
            differences += not same
            row.append(f"{'same' if same else 'DIFFERENT'}, {seconds:.1f} s")
        show(*row)
    return min(differences, 1)


def show(*cells: str) -> None:
    """Print a row of the table."""
    sys.stdout.write(f"| {' | '.join(cells)} |\n")
    sys.stdout.flush()


def cut_at_random(numbers: random.Random):
    """Segments that end at random frames."""

    def cut(frame_count: int, count: int) -> list[Segment]:
        ends = [0, *sorted(numbers.sample(range(1, frame_count), count - 1)), frame_count]
        return [Segment(k, count, ends[k - 1] + 1, ends[k]) for k in range(1, count + 1)]

    return cut


def track(sequence: Path, options: list[str]) -> tuple[bytes, float, int]:
    """The tracks of a sequence as text, the seconds of CPU, and the number of its frames."""
    start = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        done = CliRunner().invoke(app, ["track", str(sequence), "-o", folder, "--no-video", *options])
        if done.exit_code:
            sys.exit(f"{sequence.name}: {done.stderr}")
        record = json.loads(Path(folder, f"{sequence.name}.json").read_text())
        text = Path(folder, f"{sequence.name}.txt").read_bytes()
    return text, time.process_time() - start, record["input"]["frames"]


if __name__ == "__main__":
    sys.exit(main())
