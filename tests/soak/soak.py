"""A night with a network camera, to see whether the memory of `siamlink track` stays flat.

The camera is played faster than it would be, over HTTP on this machine, and cut now and then.

    python tests/soak/soak.py --frames 90000 --picture docs/live.png --json live.json
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

HERE = Path(__file__).parent
PROGRAM = "from siamlink.tools.cli import main; main()"
RATE, WIDTH, HEIGHT, PEOPLE = 25, 320, 180, 4
CYCLE = 3000
"""Frames after which everybody is where he was."""
SAMPLES = 200


def paint(frame: int) -> NDArray[np.uint8]:
    """People who walk to and fro on parallel ways, each at a speed of his own."""
    image = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    for person in range(PEOPLE):
        way = (frame / CYCLE * (4 + person)) % 1
        x, y = round((WIDTH - 24) * (1 - abs(2 * way - 1))), 6 + 44 * person
        image[y : y + 36, x : x + 14] = (20, 20, 230)
    return image


def find(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The detector: one box for each of them."""
    _, _, found, _ = cv2.connectedComponentsWithStats((image[..., 2] > 160).astype(np.uint8))
    left, top, width, height, area = found[1:].T
    boxes = np.column_stack([left, top, left + width, top + height, np.full(len(area), 0.9)])
    return boxes[area > 100]


def play(parts: list[bytes], frames: int, speed: float, played: list[int]) -> Iterator[bytes]:
    """So many frames, at a multiple of their rate, counted in the one entry of `played`."""
    start = time.monotonic()
    for number in range(frames):
        time.sleep(max(0.0, start + number / RATE / speed - time.monotonic()))
        yield parts[played[0] % CYCLE]
        played[0] += 1


def soak(frames: int, speed: float, cuts: int, folder: Path) -> dict[str, Any]:
    """Track the camera in a process of its own until it has shown all frames; what came of it, and the memory."""
    sys.path.insert(0, str(HERE))
    from network_camera import NetworkCamera

    parts = list(NetworkCamera.parts(paint(number) for number in range(min(frames, CYCLE))))
    parts, played, samples = (parts * CYCLE)[:CYCLE], [0], []
    connections = [lambda: play(parts, frames // (cuts + 1), speed, played)] * (cuts + 1)
    options = ["--mode", "windowed", "--set", "latency_seconds=2", "--set", "appearance=none"]
    options += ["--detector", f"{HERE / 'soak.py'}:find"]
    with NetworkCamera(*connections) as camera:
        command = [sys.executable, "-c", PROGRAM, "track", camera.url, "-o", str(folder), *options]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            while process.poll() is None and camera.calls <= cuts + 1:
                if played[0] >= len(samples) * frames / SAMPLES and (folder / "gate.partial.txt").exists():
                    samples.append((played[0], resident_mb(process.pid)))
                time.sleep(0.01)
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=60)
    if process.returncode:
        sys.exit(f"exit code {process.returncode}: {err}")
    record = json.loads((folder / "gate.json").read_text(encoding="utf-8"))
    return {
        "frames": played[0],
        "last_frame": record["input"]["frames"],
        "dropped": record["live"]["dropped"],
        "gaps": len(record["live"]["gaps"]),
        **record["counts"],
        "seconds": record["seconds"],
        "text_mb": (folder / "gate.txt").stat().st_size / 2**20,
        "video_mb": (folder / "gate.mp4").stat().st_size / 2**20,
        "samples": samples,
        **growth(np.array(samples)),
    }


def growth(samples: NDArray[np.float64]) -> dict[str, float]:
    """Resident megabytes after a tenth and a half of the frames and at the end, the most of them, and an hour's growth.

    The growth is the slope by least squares over the second half.
    """
    frame, resident = samples.T
    late = len(frame) // 2
    slope = float(np.polyfit(frame[late:], resident[late:], 1)[0])
    return {
        "start_mb": float(resident[len(resident) // 10]),
        "half_mb": float(resident[late]),
        "end_mb": float(resident[-1]),
        "most_mb": float(resident.max()),
        "mb_an_hour": slope * 3600 * RATE,
    }


def resident_mb(process_id: int) -> float:
    """Megabytes of a process in memory (Linux)."""
    pages = int(Path(f"/proc/{process_id}/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 2**20


def draw(result: dict[str, Any], path: Path) -> None:
    """Resident memory by frame."""
    from siamlink.tools.drawing.figures import drawn_figure

    frame, resident = np.array(result["samples"]).T
    with drawn_figure(path, 7, 2.6) as figure:
        axes = figure.subplots()
        axes.plot(frame, resident)
        axes.set(xlabel="frame", ylabel="resident MB", ylim=(0, None))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=90_000)
    parser.add_argument("--speed", type=float, default=8.0, help="times faster than 25 frames per second")
    parser.add_argument("--cuts", type=int, default=20, help="how often the camera is cut")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--picture", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = soak(given.frames, given.speed, given.cuts, Path(folder))
    shown = {key: value for key, value in result.items() if key != "samples"}
    print(json.dumps(shown, indent=2))  # noqa: T201
    if given.json:
        given.json.write_text(json.dumps(result) + "\n", encoding="utf-8")
    if given.picture:
        draw(result, given.picture)


if __name__ == "__main__":
    main()
