"""The faults that `rival_faults.py` gives the rival: the options of each run, and the files that it makes."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np

FRAMES, SIZE, SECONDS = 100, (128, 96), 60
PROGRAM = [str(Path(sys.executable).with_name("trackers"))]
GOOD = [f"{frame},-1,{10 + frame / 4},20,30,60,0.9,-1,-1,-1" for frame in range(1, FRAMES + 1)]
Make = Callable[[Path], "Case"]
CASES: dict[str, Make] = {}


@dataclass
class Case:
    """One run of the rival: the options after `trackers`, and what is said of the result."""

    options: list[str]
    file_limit: int | None = None
    interrupt: bool = False


def case(row: str) -> Callable[[Make], Make]:
    def register(make: Make) -> Make:
        CASES[row] = make
        return make

    return register


def track(source: Path | str | None, *options: str, detections: Path | None = None) -> list[str]:
    """The options to track a source with good detections of 100 frames."""
    given = Path("good.txt") if detections is None else detections
    named = [] if source is None else ["--source", str(source)]
    return ["track", "--tracker", "sort", *named, "--detections", str(given), "--mot-output", "out.txt", *options]


def picture(number: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    return np.random.default_rng(number).integers(0, 256, (size[1], size[0], 3), np.uint8)


def video(path: Path, frames: int = FRAMES, codec: str = "libx264", size: tuple[int, int] = SIZE, **how: str) -> Path:
    with av.open(str(path), "w", options=how) as container:
        stream = container.add_stream(codec, rate=25, options={"g": "10"})
        stream.width, stream.height = size
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        if not frames:
            container.start_encoding()
        for number in range(1, frames + 1):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture(number, size), "bgr24")))
        container.mux(stream.encode())
    return path


def cut(path: Path, start: float = 0.0, stop: float = 1.0) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[int(len(data) * start) : int(len(data) * stop)])
    return path


def blank(path: Path, start: float, stop: float, filler: int = 0) -> Path:
    data = path.read_bytes()
    first, last = int(len(data) * start), int(len(data) * stop)
    path.write_bytes(data[:first] + bytes([filler]) * (last - first) + data[last:])
    return path


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def sound(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        samples = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), "s16", "mono")
        samples.rate = 8000
        container.mux(stream.encode(samples))
        container.mux(stream.encode())
    return path


def folder_of_images(folder: Path, count: int = 20) -> Path:
    folder.mkdir()
    for number in range(1, count + 1):
        cv2.imwrite(str(folder / f"{number:03d}.png"), picture(number))
    return folder


def with_row(folder: Path, row: str, place: int = 5) -> Path:
    """The good detections with one more row."""
    return written(folder, "bad.txt", "\n".join([*GOOD[:place], row, *GOOD[place:]]) + "\n")


VIDEOS: dict[str, Callable[[Path], Path]] = {
    "cut off (mp4)": lambda f: cut(video(f / "a.mp4", movflags="faststart"), stop=0.5),
    "cut off (mkv)": lambda f: cut(video(f / "a.mkv"), stop=0.5),
    "cut off (avi)": lambda f: cut(video(f / "a.avi", codec="mpeg4"), stop=0.5),
    "cut off (ts)": lambda f: cut(video(f / "a.ts"), stop=0.5),
    "cut off (flv)": lambda f: cut(video(f / "a.flv"), stop=0.5),
    "damage in the middle that the decoder notices": lambda f: blank(
        video(f / "a.mp4", movflags="faststart"), 0.5, 0.55, 0x55
    ),
    "damage that the reader skips silently (mkv, avi, flv, ts)": lambda f: blank(video(f / "a.mkv"), 0.45, 0.58),
    "index (moov) missing": lambda f: cut(video(f / "a.mp4"), stop=0.7),
    "first frames missing in a recorded stream": lambda f: cut(video(f / "a.ts"), start=1 / 3),
    "every frame damaged": lambda f: blank(video(f / "a.mkv"), 0.02, 1.0),
    "no frames": lambda f: video(f / "a.avi", frames=0, codec="mpeg4"),
    "sound only": lambda f: sound(f / "a.wav"),
    "unknown codec": lambda f: written(f, "a.mp4", video(f / "b.mp4").read_bytes().replace(b"avc1", b"zzzq")),
    "missing": lambda f: f / "absent.mp4",
    "empty": lambda f: written(f, "a.mp4", ""),
    "text named as video": lambda f: written(f, "a.mp4", "frames to come\n" * 20),
    "random bytes": lambda f: written(f, "a.mp4", bytes(range(256)) * 20),
    "file name like a URL or a pattern": lambda f: video(f / "a.mp4").rename(f / "a:b%03d#1.mp4"),
    "names with spaces, brackets, other scripts": lambda f: video(f / "a.mp4").rename(f / "a [1] улица.mp4"),
    "a name of 300 characters": lambda f: Path("m" * 300 + ".mp4"),
    "joined transport streams": lambda f: written(f, "c.ts", video(f / "a.ts", 50).read_bytes() * 2),
    "size that changes on the way": lambda f: written(
        f, "c.ts", video(f / "a.ts", 50).read_bytes() + video(f / "b.ts", 50, size=(64, 48)).read_bytes()
    ),
    "no camera": lambda f: Path("97"),
}
URLS = {
    "no server answers, password in the URL": "rtsp://me:secret@127.0.0.1:9/x",
    "URL of something else": "http://127.0.0.1:9/x.mp4",
}
ROWS = {
    "text in place of a number": "3,-1,x,21,30,60,1,-1,-1,-1",
    "empty field": "3,-1,,21,30,60,1,-1,-1,-1",
    "nan": "3,-1,nan,21,30,60,1,-1,-1,-1",
    "inf": "3,-1,inf,21,30,60,1,-1,-1,-1",
    "1e400": "3,-1,1e400,21,30,60,1,-1,-1,-1",
    "1e308": "3,-1,1e308,21,30,60,1,-1,-1,-1",
    "minus zero and frame 0": "-0,-1,11,21,30,60,1,-1,-1,-1",
    "frame 10^9": "1000000000,-1,11,21,30,60,1,-1,-1,-1",
    "fraction as a frame": "3.7,-1,11,21,30,60,1,-1,-1,-1",
    "negative box": "3,-1,11,21,-30,60,1,-1,-1,-1",
    "empty box": "3,-1,11,21,0,0,1,-1,-1,-1",
    "missing columns": "3,-1,11,21",
    "101 columns": ",".join(["3,-1,11,21,30,60,1", *["-1"] * 94]),
    "the same box twice": GOOD[2],
    "semicolons": GOOD[2].replace(",", ";"),
    "hexadecimal": "0x3,-1,11,21,30,60,1,-1,-1,-1",
    "other digits": "\u0663,-1,11,21,30,60,1,-1,-1,-1",
}
TEXTS: dict[str, str | bytes] = {
    "empty file": "",
    "header line": "frame,id,left,top,width,height,score\n" + "\n".join(GOOD),
    "BOM": ("\n".join(GOOD)).encode("utf-8-sig"),
    "CRLF, blank lines, trailing commas": ",\r\n\r\n".join(GOOD),
    "score left out": "\n".join(",".join(row.split(",")[:6]) for row in GOOD),
    "binary file": bytes(range(256)) * 4,
    "a line of 100,000 characters": "9" * 100_000,
    "frames not in order": "\n".join(reversed(GOOD)),
}
UPDATES = {
    "raises": "raise RuntimeError('out of memory')",
    "returns wrong shapes or types": "boxes = 'people'",
    "returns NaN": "boxes[0, 0] = float('nan')",
    "returns boxes of 1e38": "boxes[0] = [-3e38, -3e38, 3e38, 3e38]",
    "returns negative sizes": "boxes[0] = [40, 80, 10, 20]",
}
LOOP = """
import numpy as np
import supervision as sv
from trackers import SORTTracker
tracker, out = SORTTracker(), open("out.txt", "w")
for frame in range(1, 101):
    boxes = np.array([[10 + frame / 4, 20, 40 + frame / 4, 80]])
    if frame == 50:
        {fault}
    found = tracker.update(sv.Detections(xyxy=boxes, confidence=np.ones(1), class_id=np.zeros(1, int)))
    for box, track in zip(found.xyxy, found.tracker_id):
        print(frame, track, *(f"{{value:.2f}}" for value in box), sep=",", file=out, flush=True)
"""


def add_simple_cases() -> None:
    for row, make in VIDEOS.items():
        CASES[row] = lambda f, make=make: Case(track(make(f)))
    for row, url in URLS.items():
        CASES[row] = lambda f, url=url: Case(track(url))
    for row, text in ROWS.items():
        CASES[row] = lambda f, text=text: Case(track(None, detections=with_row(f, text)))
    for row, content in TEXTS.items():
        CASES[row] = lambda f, content=content: Case(track(None, detections=written(f, "bad.txt", content)))
    for row, fault in UPDATES.items():
        CASES[row] = lambda f, fault=fault: Case(["-", str(written(f, "loop.py", LOOP.format(fault=fault)))])


@case("folder without images")
def _(folder: Path) -> Case:
    (folder / "images").mkdir()
    return Case(track(folder / "images"))


@case("mixed sizes")
def _(folder: Path) -> Case:
    cv2.imwrite(str(folder_of_images(folder / "images") / "021.png"), picture(1, (64, 48)))
    return Case(track(folder / "images", "--output", "out.mp4"))


@case("a broken image on the way")
def _(folder: Path) -> Case:
    written(folder_of_images(folder / "images"), "010.png", "no picture")
    return Case(track(folder / "images"))


@case("a broken first image")
def _(folder: Path) -> Case:
    written(folder_of_images(folder / "images"), "001.png", "no picture")
    return Case(track(folder / "images"))


@case("other files beside images")
def _(folder: Path) -> Case:
    written(folder_of_images(folder / "images"), "readme.txt", "no picture")
    return Case(track(folder / "images"))


@case("missing file, folder")
def _(folder: Path) -> Case:
    return Case(track(None, detections=folder / "absent.txt"))


@case("10,000 detections in a frame")
def _(folder: Path) -> Case:
    rows = [f"1,-1,{x * 9},{y * 9},4,8,1,-1,-1,-1" for x in range(100) for y in range(100)]
    return Case(track(None, detections=written(folder, "bad.txt", "\n".join(rows))))


@case("results are there already")
def _(folder: Path) -> Case:
    written(folder, "out.txt", "earlier\n")
    return Case(track(None))


@case("output is the input")
def _(folder: Path) -> Case:
    return Case([*track(None)[:-1], "good.txt", "--overwrite"])


@case("video output is the input")
def _(folder: Path) -> Case:
    video(folder / "a.mp4")
    return Case(track("a.mp4", "--output", "a.mp4", "--overwrite"))


@case("folder that cannot be made")
def _(folder: Path) -> Case:
    return Case([*track(None)[:-1], "good.txt/deep/out.txt"])


@case("disk full")
def _(folder: Path) -> Case:
    return Case(track(video(folder / "a.mp4"), "--output", "out.mp4"), file_limit=6000)


@case("Ctrl-C")
def _(folder: Path) -> Case:
    rows = [f"{frame},-1,{x * 40},20,30,60,0.9,-1,-1,-1" for frame in range(1, 20001) for x in range(20)]
    return Case(track(None, detections=written(folder, "many.txt", "\n".join(rows))), interrupt=True)


@case("ids of -1 in results")
def _(folder: Path) -> Case:
    rows = [f"{frame},{person},{60 * person},20,30,60,1,1,1" for frame in range(1, 21) for person in (1, 2)]
    truth = written(folder, "gt.txt", "\n".join(rows))
    written(folder, "out.txt", "\n".join(row.replace(",1,60", ",-1,60").replace(",2,120", ",-1,120") for row in rows))
    return Case(["eval", "--gt", str(truth), "--tracker", "out.txt"])


@case("an id twice in a frame of truth")
def _(folder: Path) -> Case:
    rows = [f"{frame},1,{60 * person},20,30,60,1,1,1" for frame in range(1, 21) for person in (1, 2)]
    truth = written(folder, "gt.txt", "\n".join(rows))
    written(folder, "out.txt", "\n".join(rows))
    return Case(["eval", "--gt", str(truth), "--tracker", "out.txt"])


@case("a reader of stdout that stops early")
def _(folder: Path) -> Case:
    shell = " ".join([*PROGRAM, "track --help | head -1; exit ${PIPESTATUS[0]}"])
    program = f"import os\nos.execlp('bash', 'bash', '-c', {shell!r})\n"
    return Case(["-", str(written(folder, "pipe.py", program))])
