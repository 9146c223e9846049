"""A report that is served: a correction gives the tracks of the command, byte for byte, without new work on images."""

import base64
import itertools
import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from siamlink.association.appearance.appearance import Appearances
from siamlink.detectors.base.errors import ConfigError, InputError
from siamlink.detectors.sources.video_file import VideoFile
from siamlink.tools.report.find_inputs import find_report_inputs
from siamlink.tools.results.read import read_results
from siamlink.tools.serving.report_site import ReportSite
from siamlink.tools.serving.serve import opened_site

Run = Callable[..., Any]


@contextmanager
def opened(
    results: str, folder: str = "saved", overwrite: bool = False, cache: Path | None = None
) -> Iterator[ReportSite]:
    inputs = find_report_inputs(Path(results), None, Path("none"))
    with opened_site(inputs, Path(folder), cache, overwrite, lambda *_: None) as site:
        yield site


@pytest.fixture
def tracked(siamlink: Run, sequence: Callable[..., Path]) -> Path:
    """A sequence with a video, tracked with appearance; the results are `out/east.txt`."""
    folder = sequence("east")
    assert siamlink("track", folder, "-o", "out", "--no-video").code == 0
    return folder


@pytest.fixture
def plain(siamlink: Run, sequence: Callable[..., Path]) -> Path:
    """The same without a video."""
    folder = sequence("east", None)
    assert siamlink("track", folder, "-o", "out").code == 0
    return folder


@pytest.fixture
def street(siamlink: Run, streets: Path) -> Path:
    """A sequence of many people without a video, tracked; the results are `out/east.txt`."""
    assert siamlink("track", streets / "east", "-o", "out", "--no-video").code == 0
    return streets / "east"


def longest(path: str) -> list[tuple[int, int]]:
    """The ids of tracks, the longest first, with the frame in the middle of each."""
    tracks = read_results(Path(path)).tracks
    tracks = tracks[~tracks.interpolated]
    ids, counts = np.unique(tracks.track_id, return_counts=True)
    order = ids[np.argsort(-counts, kind="stable")].tolist()
    return [(number, int(np.median(tracks.frame[tracks.track_id == number]))) for number in order]


def check_same_as_command(siamlink: Run, source: Path, saved: str = "saved") -> None:
    """Corrections and tracks in a folder are what the command makes of them, and so is the record."""
    fixed = f"{saved}/east.constraints.txt"
    assert siamlink("track", source, "-o", "again", "--no-video", "--constraints", fixed, "--overwrite").code == 0
    assert Path(saved, "east.corrected.txt").read_bytes() == Path("again/east.txt").read_bytes()
    ours, theirs = (json.loads(Path(each).read_text()) for each in (f"{saved}/east.corrected.json", "again/east.json"))
    for part in ("input", "detector", "counts", "classes", "constraints", "appearance", "matching", "config"):
        assert ours[part] == theirs[part], part


@pytest.mark.slow
def test_corrections_give_the_tracks_of_the_command(siamlink: Run, street: Path) -> None:
    (a, frame), (b, _), (c, middle), (d, _) = longest("out/east.txt")[:4]
    with opened("out/east.txt") as site:
        for lines in ([f"split {frame} {a}", f"false {b}"], [f"split {middle} {c}", f"false {d}"]):
            data = json.loads(site.solve(lines))
            assert data["corrections"] == {"tracks": "east.txt", "lines": lines}
            assert data["seconds"] > 0
            assert site.save(lines) == ["east.constraints.txt", "east.corrected.txt", "east.corrected.json"]
            check_same_as_command(siamlink, street)
            assert Path("saved/east.corrected.txt").read_bytes() != Path("out/east.txt").read_bytes()


def no_image(*_: object) -> Iterator[object]:
    raise AssertionError("an image is read")
    yield


@pytest.mark.slow
def test_no_image_is_read_for_a_correction(siamlink: Run, tracked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened("out/east.txt") as site, monkeypatch.context() as patched:
        for kind, name in ((VideoFile, "__iter__"), (Appearances, "describe")):
            patched.setattr(kind, name, no_image)
        for lines in (["split 12 1"], ["false 3 2 8"], []):
            assert json.loads(site.solve(lines))["corrections"]["lines"] == lines
        site.save(["split 12 1", "false 3 2 8"])
    check_same_as_command(siamlink, tracked)


def test_nothing_is_searched_again_and_found_boxes_stay_at_their_ends(searched: Path, searches: list[int]) -> None:
    with opened("out/east.txt") as site:
        (note,) = site.notes
        assert note.startswith("boxes that gaps.search found stay where the ends of their tracks stay")
        data = json.loads(site.solve([]))
        assert column(data, "interpolated", "u1").tolist() == [2, *[0] * 17, 2] * 2
        data = json.loads(site.solve(["split 12 1"]))
        found = column(data, "frame", "<i4")[column(data, "interpolated", "u1") == 2]
        assert [len(data["tracks"]), found.tolist()] == [3, [3, 3, 21, 21]]
        site.save(["split 12 1"])
    assert json.loads(Path("saved/east.corrected.json").read_text())["counts"]["found"] == 4
    assert len(searches) == 1


def column(data: dict[str, Any], name: str, kind: str) -> Any:
    return np.frombuffer(base64.b64decode(data["boxes"][name]), kind)


def test_boxes_keep_the_ids_that_corrections_name(street: Path) -> None:
    (a, frame), (b, _) = longest("out/east.txt")[:2]
    with opened("out/east.txt") as site:
        assert json.loads(site.solve([]))["boxes"]["original"] is None
        data = json.loads(site.solve([f"split {frame} {a}", f"false {b}"]))
    ids, frames, filled = (
        column(data, *each) for each in (("original", "<i4"), ("frame", "<i4"), ("interpolated", "u1"))
    )
    left, top, width, height = column(data, "box", "<i2").reshape(-1, 4).T * data["boxes"]["unit"]
    assert b not in ids
    assert not ids[filled > 0].any()
    parts = [{*ids[each["start"] : each["stop"]].tolist()} - {0} for each in data["tracks"]]
    assert parts.count({a}) == 2, "both parts of the track"
    before = read_results(Path("out/east.txt")).tracks
    of = {key: row for row, key in enumerate(zip(before.frame.tolist(), before.track_id.tolist(), strict=True))}
    known = np.flatnonzero(ids)
    assert len(known) > 0.9 * (~before.interpolated).sum() * (1 - (before.track_id == b).mean())
    same = before.box[[of[key] for key in zip(frames[known].tolist(), ids[known].tolist(), strict=True)]]
    box = np.column_stack([left, top, left + width, top + height])[known]
    assert np.abs(box - same).max() < 0.1 * height.max(), "the boxes are smoothed by other neighbours"


WRONG = {
    "split 12 99": "line 1: there is no id 99 in saved/../out/east.txt",
    "\nswop 12 1 2": "line 2: expected 'tracks FILE', ",
    "must 5 1 9 1\ncannot 5 1 9 1": "line 1 and line 2: two detections must, and",
    "tracks /etc/passwd": "line 1: corrections here are always of the tracks that are shown",
}


def test_wrong_corrections_are_one_line(plain: Path) -> None:
    with opened("out/east.txt") as site:
        for (lines, error), act in itertools.product(WRONG.items(), (site.solve, site.save)):
            with pytest.raises(InputError) as raised:
                act(lines.splitlines())
            assert str(raised.value).startswith(error)
            assert len(str(raised.value).splitlines()) == 1
        with pytest.raises(ConfigError, match="there are no corrections to save"):
            site.save([" ", "# nothing"])
        assert json.loads(site.solve(["split 12 1"]))["corrections"]["lines"] == ["split 12 1"]
    assert not Path("saved").exists(), "nothing was saved"


@pytest.mark.slow
def test_corrected_tracks_are_corrected_again(siamlink: Run, plain: Path) -> None:
    Path("fix.txt").write_text("tracks out/east.txt\nsplit 12 1\n")
    asked = ("-o", "first", "--no-video", "--constraints", "fix.txt")
    assert siamlink("track", plain, *asked).code == 0
    with opened("first/east.txt", "first") as site:
        assert not [note for note in site.notes if "corrected by" in note], "the file begins with them by itself"
        site.save(["split 18 2"])
    expected = "tracks ../out/east.txt\nsplit 12 1\ntracks east.txt\nsplit 18 2\n"
    assert Path("first/east.constraints.txt").read_text() == expected
    check_same_as_command(siamlink, plain, "first")


@pytest.mark.slow
def test_saved_corrections_are_there_in_the_next_session(plain: Path) -> None:
    with opened("out/east.txt", "out") as site:
        site.save(["split 12 1"])
    with opened("out/east.txt", "out") as site:
        assert '"lines":["split 12 1"]' in site.page().replace(": ", ":")
        site.save(["split 12 2"])
    assert Path("out/east.constraints.txt").read_text() == "tracks east.txt\nsplit 12 2\n"


def test_the_page_is_told_the_token_and_plays_the_video_of_the_server(tracked: Path) -> None:
    with opened("out/east.txt") as site:
        page = site.page()
        assert site.video == tracked / "east.mp4"
    assert f"video?token={site.token}" in page
    assert "connect-src 'self'" in page


@pytest.mark.parametrize(
    ("break_it", "reason"),
    [
        (lambda: Path("out/east.json").unlink(), "there is no record of a run beside the tracks"),
        (lambda: Path("out/east.txt").write_text("1,1,5,5,9,9,1,-1,-1,-1\n"), "linking again gives other tracks"),
    ],
)
def test_results_that_cannot_be_solved_again_are_one_line(
    siamlink: Run, plain: Path, break_it: Callable[[], Any], reason: str
) -> None:
    break_it()
    result = siamlink("report", "out/east.txt", "--serve")
    assert (result.code, result.out) == (2, "")
    assert result.err.splitlines()[-1].startswith(f"siamlink: out/east.txt cannot be solved again: {reason}")


@pytest.mark.slow
def test_ctrl_c_ends_the_server(plain: Path) -> None:
    program = "import sys; from siamlink.tools.cli import main; sys.argv[0] = 'siamlink'; main()"
    command = [sys.executable, "-c", program, "report", "out/east.txt", "--serve", "-o", "saved"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with urllib.request.urlopen(url, timeout=60) as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stdout, stderr.splitlines()[-1]) == (130, "", "siamlink: interrupted")
    assert "Traceback" not in stderr
    assert not Path("saved").exists()


def test_online_results_cannot_be_corrected(siamlink: Run, sequence: Callable[..., Path]) -> None:
    folder = sequence("east")
    assert (
        siamlink("track", folder, "-o", "out", "--no-video", "--mode", "online", "--set", "appearance=none").code == 0
    )
    result = siamlink("report", "out/east.txt", "--serve")
    assert result.code == 2
    assert "constraints need mode offline or windowed and solver lp, not mode online" in result.err


def test_windowed_tracks_are_corrected(siamlink: Run, plain: Path) -> None:
    asked = ("-o", "out", "--overwrite", "--mode", "windowed")
    assert siamlink("track", plain, *asked).code == 0
    with opened("out/east.txt") as site:
        site.save(["split 12 1", "false 3 2 8"])
    fixed = ("--mode", "windowed", "--constraints", "saved/east.constraints.txt")
    assert siamlink("track", plain, "-o", "again", *fixed).code == 0
    assert Path("saved/east.corrected.txt").read_bytes() == Path("again/east.txt").read_bytes()


def test_results_of_a_detector_need_the_cache(siamlink: Run, here: Path) -> None:
    asked = ("--no-video", "--detector", "mine.py:Sees", "--set", "appearance=none", "--cache", "kept")
    assert siamlink("track", "walk.mp4", "-o", "out", *asked).code == 0
    with pytest.raises(InputError, match="give the --cache"), opened("out/walk.txt"):
        pass
    looked = Path("looked.txt").read_text()
    with opened("out/walk.txt", cache=Path("kept")) as site:
        site.save(["split 12 1"])
    assert Path("looked.txt").read_text() == looked, "the detector is not used again"
    record = json.loads(Path("saved/walk.corrected.json").read_text())
    assert record["detector"] == json.loads(Path("out/walk.json").read_text())["detector"]
    fixed = ("--overwrite", "--constraints", "saved/walk.constraints.txt")
    assert siamlink("track", "walk.mp4", "-o", "again", *asked, *fixed).code == 0
    assert Path("saved/walk.corrected.txt").read_bytes() == Path("again/walk.txt").read_bytes()
