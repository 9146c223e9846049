"""The program run inside the test process, on a small video of two walkers and MOT sequences made of it."""

import http.server
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

from siamlink.tools.cli import app
from siamlink.tracker.runs import search
from siamlink.tracker.searching.found_boxes import Searched, with_paths
from siamlink.tracker.searching.occupied import Occupied
from siamlink.tracker.searching.paths import Path as FoundPath
from siamlink.tracker.tracks import Tracks

FRAMES, SIZE = 24, (160, 120)
FOLDER = Path(__file__).parent


def walkers(frame: int) -> list[tuple[int, int, int, int]]:
    """Left, top, width and height of the two walkers: one goes right above, one left below."""
    return [(4 * frame, 20, 14, 40), (150 - 4 * frame, 70, 14, 40)]


def mot_text(frames: int = FRAMES, with_id: bool = False, first: int = 1) -> str:
    """Detections, or ground truth, of the two walkers."""
    return "".join(
        f"{frame},{person if with_id else -1},{x},{y},{w},{h},1,-1,-1,-1\n"
        for frame in range(first, frames + 1)
        for person, (x, y, w, h) in enumerate(walkers(frame), 1)
    )


def paint(frame: int) -> NDArray[np.uint8]:
    """One frame of the two walkers on grey noise."""
    width, height = SIZE
    image = np.random.default_rng(0).integers(90, 120, (height, width, 3), np.uint8)
    for hue, (x, y, w, h) in zip(((20, 20, 230), (230, 230, 20)), walkers(frame), strict=True):
        image[y : y + h, max(x, 0) : max(x + w, 0)] = hue
    return image


def write_video(path: Path, frames: int = FRAMES) -> Path:
    """The walkers as a video, with a key frame every six frames."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=12, options={"g": "6"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for number in range(1, frames + 1):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(paint(number), "bgr24")))
        container.mux(stream.encode())
    return path


@pytest.fixture(scope="session")
def walk_bytes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The video of the walkers in several containers, by suffix."""
    folder = tmp_path_factory.mktemp("walk")
    return {suffix: write_video(folder / f"walk{suffix}").read_bytes() for suffix in (".mp4", ".mkv", ".ts")}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, walk_bytes: dict[str, bytes]) -> Path:
    """The current folder of a test: `walk.mp4`, `det.txt` and `mine.py` with detectors lie in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    (tmp_path / "walk.mp4").write_bytes(walk_bytes[".mp4"])
    (tmp_path / "det.txt").write_text(mot_text())
    shutil.copyfile(FOLDER / "walker_detectors.py", tmp_path / "mine.py")
    return tmp_path


@dataclass(frozen=True)
class Done:
    """What a command came to: its exit code, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def line(self) -> str:
        """The only line on stderr."""
        (line,) = self.err.splitlines()
        return line


@pytest.fixture
def siamlink(here: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Runs a command; a traceback, a temporary file left behind or a library's chatter fails the test."""

    def run(*arguments: object) -> Done:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
        left = [path.name for path in here.rglob(".*")]
        assert left == [], "temporary files were left behind"
        assert capfd.readouterr() == ("", ""), "a library wrote past the program"
        return Done(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def interruptible(here: Path) -> Callable[..., Done]:
    """Runs a command that may leave hidden files."""

    def run(*arguments: object) -> Done:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
        return Done(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def check_two_tracks() -> Callable[..., Any]:
    """Checks two tracks over nearly all frames, but for some missing boxes, in MOT format; returns the run's record."""

    def check(folder: str | Path, name: str, frames: int = FRAMES, missing: int = 4) -> Any:
        lines = Path(folder, f"{name}.txt").read_text().splitlines()
        tracks = [[float(field) for field in line.split(",")] for line in lines]
        assert {len(row) for row in tracks} == {10}
        assert sorted({row[1] for row in tracks}) == [1, 2]
        assert max(row[0] for row in tracks) == frames
        assert len(tracks) >= 2 * frames - missing
        assert all(row[9] == -1 and (row[8] == -1 or 0 <= row[8] <= 1) for row in tracks)
        return json.loads(Path(folder, f"{name}.json").read_text())

    return check


@pytest.fixture
def video_facts() -> Callable[[str | Path], tuple[str, str | None, tuple[int, int], int]]:
    """Codec, pixel format, size and number of frames of a video."""

    def facts(path: str | Path) -> tuple[str, str | None, tuple[int, int], int]:
        with av.open(str(path)) as container:
            codec = container.streams.video[0].codec_context
            count = sum(1 for _ in container.decode(video=0))
            return codec.name, codec.pix_fmt, (codec.width, codec.height), count

    return facts


@pytest.fixture
def sequence(here: Path, walk_bytes: dict[str, bytes]) -> Callable[..., Path]:
    """Makes a MOT sequence of the walkers below `sequences/`."""

    def make(name: str, frames: str | None = "video", detections: str | None = None, info: str | None = None) -> Path:
        folder = here / "sequences" / name
        for part in ("det", "gt"):
            (folder / part).mkdir(parents=True)
        (folder / "det" / "det.txt").write_text(mot_text() if detections is None else detections)
        (folder / "gt" / "gt.txt").write_text(mot_text(with_id=True))
        (folder / "seqinfo.ini").write_text(info or f"[Sequence]\nname={name}\nframeRate=12\nseqLength={FRAMES}\n")
        if frames == "video":
            (folder / f"{name}.mp4").write_bytes(walk_bytes[".mp4"])
        if frames == "images":
            write_images(folder / "img1")
        return folder

    return make


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A search that finds each object one frame before and after its track; how many boxes each search found."""
    counts: list[int] = []

    def find_missed(tracks: Tracks, _network: Any, _frames: Any, _rate: float, last: int, *_: Any) -> Searched:
        ends = [
            (own.track_id[row], own.frame[row] + step, own.box[row])
            for _, own in tracks.by_track()
            for row, step in ((0, -1), (-1, 1))
        ]
        paths = [
            FoundPath(int(number), np.array([frame]), box[None], np.array([0.75]))
            for number, frame, box in ends
            if 1 <= frame <= last
        ]
        searched = with_paths(tracks, paths, Occupied(tracks))
        counts.append(int(searched.found.sum()))
        return Searched(searched)

    monkeypatch.setattr(search, "find_missed", find_missed)
    return counts


@pytest.fixture
def searched(siamlink: Callable[..., Done], sequence: Callable[..., Path], searches: list[int]) -> Path:
    """A sequence whose walkers are detected in frames 4 to 20, tracked with a search into `out/east.txt`."""
    folder = sequence("east", detections=mot_text(20, first=4))
    assert siamlink("track", folder, "-o", "out", "--no-video", "--set", "gaps.search=true").code == 0
    assert searches == [4]
    return folder


@pytest.fixture
def images(here: Path) -> Path:
    """The walkers as an image folder whose natural order is not the alphabetic one."""
    return write_images(here / "pictures", "frame{}.png")


def write_images(folder: Path, pattern: str = "{:06d}.png") -> Path:
    from PIL import Image

    folder.mkdir()
    for number in range(1, FRAMES + 1):
        Image.fromarray(np.ascontiguousarray(paint(number)[..., ::-1])).save(folder / pattern.format(number))
    return folder


@pytest.fixture(scope="session")
def streets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two annotated sequences with detections and without frames, and one of the first street's video."""
    from siamlink.detectors.mot.text import format_rows
    from siamlink.tools.synthetic.street import street

    folder = tmp_path_factory.mktemp("streets")
    for name, seed, width, height in (("east", 200, 960, 540), ("east-again", 200, 960, 540), ("west", 201, 640, 360)):
        scene = street(90, seed, width, height)
        texts = {"gt": scene.truth().to_mot_text(), "det": format_rows(scene.detections())}
        for part, text in texts.items():
            (folder / name / part).mkdir(parents=True)
            (folder / name / part / f"{part}.txt").write_text(text)
        (folder / name / "seqinfo.ini").write_text("[Sequence]\nframeRate=30\nseqLength=90\n")
    return folder


@pytest.fixture
def crops(here: Path) -> Path:
    """Crops of forty people who differ in colour."""
    import cv2

    folder = here / "crops"
    folder.mkdir()
    random = np.random.default_rng(0)
    for person in range(40):
        colour = random.integers(0, 256, 3)
        for view in range(4):
            image = np.clip(colour + random.integers(-20, 21, (64, 32, 3)), 0, 255).astype(np.uint8)
            cv2.imwrite(str(folder / f"{person:03d}_c{view}.png"), image)
    return folder


@pytest.fixture
def painted_streets(here: Path, streets_with_frames: Path) -> Path:
    """Two annotated sequences of people in grey values of their own; `model.py` with an appearance lies beside them."""
    shutil.copyfile(FOLDER / "grey_appearance.py", here / "model.py")
    return streets_with_frames


@pytest.fixture(scope="session")
def streets_with_frames(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import cv2

    from siamlink.detectors.mot.text import format_rows
    from siamlink.tools.synthetic.street import street

    folder = tmp_path_factory.mktemp("painted")
    for number, (name, seed, width, height) in enumerate((("east", 200, 640, 360), ("west", 201, 480, 270)), 1):
        scene = street(40, seed, width, height)
        truth = scene.truth()
        for part in ("gt", "det", "img1"):
            (folder / name / part).mkdir(parents=True)
        (folder / name / "gt" / "gt.txt").write_text(truth.to_mot_text())
        (folder / name / "det" / "det.txt").write_text(format_rows(scene.detections(0.3)))
        (folder / name / "seqinfo.ini").write_text("[Sequence]\nframeRate=30\nseqLength=40\n")
        for frame in range(1, 41):
            image, people = np.zeros((height, width, 3), np.uint8), truth.in_frame(frame)
            for (x1, y1, x2, y2), person in zip(people.box.round().astype(int), people.track_id, strict=True):
                image[max(y1, 0) : max(y2, 0), max(x1, 0) : max(x2, 0)] = 7 * person % 250
            image[0, :2, 0] = number, frame
            cv2.imwrite(str(folder / name / "img1" / f"{frame:06d}.png"), image)
    return folder


@pytest.fixture
def stream(walk_bytes: dict[str, bytes]) -> Iterator[str]:
    """The URL of the walkers as a live stream on this machine."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "video/mp2t")
            self.send_header("Content-Length", str(len(walk_bytes[".ts"])))
            self.end_headers()
            self.wfile.write(walk_bytes[".ts"])

        def log_message(self, *_: object) -> None:
            """No chatter."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://me:secret@127.0.0.1:{server.server_port}/gate.ts?token=hidden"
        server.shutdown()
        thread.join()
