"""Are the tracks still the same bytes? SHA-256 of the MOT text of every sequence under every way to track it.

    python tests/same.py write LIST [--siamlink PROGRAM] [--data DIR] [--only NAME ...]
    python tests/same.py compare BEFORE AFTER

The digest is of the text with -1 in the columns 8 and 9: lists were written before these held the class and the
probability of the link, and both may become better known without a change of the tracks.

`write` tracks the sequences of DIR (default: SIAMLINK_DATA, else ../shared/data) by the program and writes a line
`WAY SEQUENCE SHA-256` for each; a way that is in LIST already is not tracked again. `compare` prints the lines that
differ and fails if there are any, or if the lists do not name the same lines.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

LEARNED = ["--set", "matching=learned"]
FAST = ["--config", "fast", *LEARNED]
WAYS = {
    "default": LEARNED,
    "fast": FAST,
    "windowed": ["--mode", "windowed", *LEARNED],
    "online": ["--mode", "online", *LEARNED],
    "online-hungarian": ["--mode", "online", "--solver", "hungarian"],
    "hungarian": ["--solver", "hungarian"],
    "jobs": ["--jobs", "2", *LEARNED],
    "fast-hungarian": ["--config", "fast", "--solver", "hungarian"],
    "fast-online": [*FAST, "--mode", "online"],
    "fast-online-hungarian": ["--config", "fast", "--mode", "online", "--solver", "hungarian"],
    "fast-windowed": [*FAST, "--mode", "windowed"],
    "one-level": ["--config", "fast", "--set", "levels=1"],
    "one-level-windowed": ["--config", "fast", "--set", "levels=1", "--mode", "windowed"],
    "paper": ["--config", "paper"],
    "general": ["--config", "general", "--set", "appearance=none"],
    "general-windowed": ["--config", "general", "--mode", "windowed"],
    "general-online": ["--config", "general", "--mode", "online"],
    "auto": ["--config", "fast"],
}
PAPER_SEQUENCES = ("TUD-Campus", "KITTI-17")
"""The joint-input network asks about every pair: two short sequences show as much as ten."""


def main() -> int:
    """Write a list, or compare two."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    write = commands.add_parser("write")
    write.add_argument("list", type=Path)
    write.add_argument("--siamlink", default=str(Path(sys.executable).with_name("siamlink")))
    shared = Path(__file__).resolve().parents[2] / "shared" / "data"
    write.add_argument("--data", type=Path, default=Path(os.environ.get("SIAMLINK_DATA", shared)))
    write.add_argument("--only", nargs="*", default=[*WAYS, "constraints"])
    compare = commands.add_parser("compare")
    compare.add_argument("before", type=Path)
    compare.add_argument("after", type=Path)
    asked = parser.parse_args()
    if asked.command == "compare":
        return compare_lists(asked.before, asked.after)
    write_list(asked.list, asked.siamlink, asked.data, asked.only)
    return 0


def write_list(target: Path, program: str, data: Path, ways: list[str]) -> None:
    """Track by each way that the list does not have, and add its lines."""
    done = read_list(target) if target.exists() else {}
    sequences = sorted(path for path in data.iterdir() if (path / "seqinfo.ini").exists())
    if not sequences:
        sys.exit(f"no sequences in {data}")
    for way in ways:
        if any(name == way for name, _ in done):
            continue
        with tempfile.TemporaryDirectory() as folder:
            digests = track_constrained(program, sequences, Path(folder)) if way == "constraints" else {}
            if way != "constraints":
                chosen = [path for path in sequences if way != "paper" or path.name in PAPER_SEQUENCES]
                digests = track(program, chosen, Path(folder), WAYS[way])
        with target.open("a") as file:
            file.writelines(f"{way} {name} {digest}\n" for name, digest in digests.items())


def track(program: str, sources: list[Path], output: Path, options: list[str]) -> dict[str, str]:
    """SHA-256 of each result."""
    command = [program, "track", *map(str, sources), "-o", str(output), "--no-video", *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return {path.stem: digest(path) for path in sorted(output.glob("*.txt"))}


def digest(path: Path) -> str:
    """SHA-256 of tracks, with -1 in place of the class and of the probability of the link."""
    rows = [line.split(",") for line in path.read_text().splitlines()]
    text = "".join(",".join([*row[:7], "-1", "-1", row[9]]) + "\n" for row in rows)
    return hashlib.sha256(text.encode()).hexdigest()


def track_constrained(program: str, sequences: list[Path], folder: Path) -> dict[str, str]:
    """Each sequence tracked again under two constraints against its own tracks."""
    digests = {}
    for sequence in sequences:
        track(program, [sequence], folder / "before" / sequence.name, FAST)
        text = folder / "before" / sequence.name / f"{sequence.name}.txt"
        corrections = folder / f"{sequence.name}.corrections"
        corrections.write_text(f"tracks {text}\n{contradict(text)}")
        options = [*FAST, "--constraints", str(corrections)]
        digests |= track(program, [sequence], folder / "after" / sequence.name, options)
    return digests


def contradict(text: Path) -> str:
    """Two lines that the tracks break: the longest track is split, and the two next longest are one where they can."""
    boxes: dict[int, list[int]] = {}
    for line in text.read_text().splitlines():
        frame, track_id, *_, interpolated = line.split(",")
        if float(interpolated) < 0:
            boxes.setdefault(int(track_id), []).append(int(frame))
    longest, *others = sorted(boxes, key=lambda each: -len(boxes[each]))
    middle = len(boxes[longest]) // 2
    before, after = boxes[longest][middle - 1 : middle + 1]
    lines = [f"cannot {before} {longest} {after} {longest}"]
    joined = next(((one, two) for one in others for two in others if boxes[one][-1] < boxes[two][0]), None)
    if joined:
        one, two = joined
        lines.append(f"must {boxes[one][-1]} {one} {boxes[two][0]} {two}")
    return "\n".join(lines) + "\n"


def read_list(path: Path) -> dict[tuple[str, str], str]:
    """The digest of each way and sequence."""
    rows = [line.split() for line in path.read_text().splitlines()]
    return {(way, name): digest for way, name, digest in rows}


def compare_lists(before: Path, after: Path) -> int:
    """Print what differs; 1 if anything does."""
    one, two = read_list(before), read_list(after)
    different = [key for key in sorted(one.keys() | two.keys()) if one.get(key) != two.get(key)]
    for key in different:
        state = "differs" if key in one and key in two else "is in one list only"
        print(*key, state)  # noqa: T201
    print(f"{len(one.keys() | two.keys()) - len(different)} the same, {len(different)} not")  # noqa: T201
    return int(bool(different) or not one)


if __name__ == "__main__":
    sys.exit(main())
