"""The commands `siamlink bench ...`."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from siamlink.association.appearance.siamese.architecture import NetworkParameters
from siamlink.association.appearance.siamese.checkpoint import save_siamese
from siamlink.association.appearance.siamese.losses.registry import make_loss
from siamlink.association.appearance.siamese.networks import build_network
from siamlink.tools.studies.benchmarks.solve import OURS, Run, SolveBenchmark


@pytest.mark.slow
def test_match_compares_ways_with_the_same_results(siamlink: Callable) -> None:
    done = siamlink("study", "bench", "match", "--patches", 4, "--pairs", 8, "--repeats", 1, "--json", "match.json")
    assert done.code == 0
    figures = json.loads(Path("match.json").read_text())
    plain, split, embedding = figures["ways"]
    assert plain["ratio"] == 1
    assert plain["difference"] is None
    assert split["difference"] < 1e-4
    assert embedding["difference"] is None
    assert all(way["pairs_per_second"] > 0 and way["name"] in done.out for way in figures["ways"])


def test_only_a_compact_joint_network_can_be_measured(siamlink: Callable, here: Path) -> None:
    torch.manual_seed(0)
    for topology, code in (("joint", 0), ("in-network", 2)):
        network = build_network(NetworkParameters(topology=topology, size="compact"))
        path = here / f"{topology}.safetensors"
        save_siamese(path, network, make_loss("softmax", 32), {"loss": "softmax"})
        done = siamlink("study", "bench", "match", "--weights", path, "--patches", 4, "--pairs", 8, "--repeats", 1)
        assert done.code == code
    assert "is not a compact joint-input network" in done.line


FORK = "p min 8 10\na 1 2 2\na 2 3 -3\na 3 8 2\na 1 4 2\na 4 5 -3\na 5 8 2\na 1 6 2\na 6 7 -3\na 7 8 2\na 3 4 0.5\n"
"""Three detections of cost -3 and one link: the two that it joins are a track that costs -1.5."""


@pytest.mark.slow
def test_solve_times_three_solvers_that_find_one_optimum(siamlink: Callable, here: Path) -> None:
    (here / "instances").mkdir()
    (here / "instances" / "fork.txt").write_text(FORK)
    done = siamlink("study", "bench", "solve", "--largest", 100, "--problems", "instances", "--json", "solve.json")
    assert (done.code, done.err) == (0, "")
    figures = json.loads(Path("solve.json").read_text())
    assert figures["equal"]
    crowd, fork = figures["runs"][:3], figures["runs"][3:]
    assert [run["solver"] for run in crowd] == [run["solver"] for run in fork]
    assert [run["cost"] for run in fork] == pytest.approx([-1.5] * 3)
    assert {(run["detections"], run["links"]) for run in crowd} == {(100, 650)}
    assert all(run["cpu_seconds"] >= 0 and run["failure"] is None for run in figures["runs"])
    assert all(run["peak_megabytes"] is None or run["peak_megabytes"] > 10 for run in figures["runs"])
    assert all(name in done.out for name in ("100 detections", "fork", "siamlink", "HiGHS", "scipy"))


def test_a_solver_that_takes_too_long_is_ended(siamlink: Callable) -> None:
    done = siamlink("study", "bench", "solve", "--largest", 100, "--time-limit", 0.1, "--json", "solve.json")
    runs = json.loads(Path("solve.json").read_text())["runs"]
    assert done.code == 0
    assert {run["failure"] for run in runs} == {"> 0.1 s"}
    assert {run["cost"] for run in runs} == {None}


def test_different_optima_are_detected() -> None:
    ours = Run("crowd", 2, 1, OURS, 1.0, 1.0, 1.0, -5.0)
    for difference, equal in ((1e-9, True), (1e-3, False)):
        other = Run("crowd", 2, 1, "HiGHS", 1.0, 1.0, 1.0, -5.0, difference)
        assert SolveBenchmark((ours, other), {}, 1).equal is equal


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no min-cost flow problem"),
        ("p min x 2\n", "line 1: expected 'p min NODES ARCS' or 'a TAIL HEAD COST'"),
        (FORK.replace("a 3 4 0.5", "a 3 4 cheap"), "line 11: expected 'p min NODES ARCS' or 'a TAIL HEAD COST'"),
        (FORK.replace("a 3 4 0.5", "a 2 5 0.5"), "line 11: an arc that is no entry, detection, link or exit"),
        (FORK.replace("a 7 8 2\n", ""), "expected one exit arc for each of 3 detections"),
        (FORK.replace("a 3 4 0.5", "a 3 4 nan"), "no min-cost flow problem"),
        ("a caf\N{LATIN SMALL LETTER E WITH ACUTE}", "not a text file"),
    ],
)
def test_a_file_that_is_no_instance_is_one_clear_line(siamlink: Callable, here: Path, text: str, message: str) -> None:
    (here / "instances").mkdir()
    (here / "instances" / "mine.txt").write_text(text, encoding="utf-8")
    done = siamlink("study", "bench", "solve", "--largest", 100, "--problems", "instances")
    assert done.code == 2
    assert "mine.txt" in done.line
    assert message in done.line


def test_a_folder_without_instances_is_an_error(siamlink: Callable, here: Path) -> None:
    (here / "empty").mkdir()
    for folder, message in (("empty", "empty has no files"), ("det.txt", "det.txt is not a folder")):
        done = siamlink("study", "bench", "solve", "--problems", folder)
        assert done.code == 2
        assert message in done.line


@pytest.mark.slow
def test_a_stream_is_measured_and_drawn(siamlink: Callable, here: Path) -> None:
    stream = ("study", "bench", "stream", "--frames", 120, "--people", 3, "--set", "latency_seconds=1")
    done = siamlink(*stream, "--json", "stream.json", "--picture", "stream.png")
    assert (done.code, done.err) == (0, "")
    figures = json.loads(Path("stream.json").read_text())
    assert (figures["frames"], figures["people"], figures["tracks"], figures["switches"]) == (120, 3, 3, 0)
    assert figures["boxes"] > 3 * 120 * 0.6
    assert [sample["frame"] for sample in figures["samples"]] == list(range(1, 121))
    assert all(sample["detections"] > 0 for sample in figures["samples"])
    assert Path("stream.png").read_bytes().startswith(b"\x89PNG")
    assert "identity switches" in done.out
    assert siamlink(*stream, "--set", "latency_seconds=-1").code == 2
    assert "cannot write nowhere/x.png" in siamlink(*stream[:4], *stream[6:], "--picture", "nowhere/x.png").line


@pytest.mark.slow
def test_the_time_for_a_frame_is_measured_by_length_and_by_crowd(siamlink: Callable, here: Path) -> None:
    scaling = ("study", "bench", "scaling", "--frames", "20,10", "--people", 3)
    done = siamlink(*scaling, "--json", "scaling.json", "--picture", "scaling.png")
    assert (done.code, done.err) == (0, "")
    figures = json.loads(Path("scaling.json").read_text())
    ways = ["offline", "windowed", "online", "Hungarian"]
    assert [(run["frames"], run["people"], run["way"]) for run in figures["by_length"]] == [
        (frames, 10, way) for frames in (10, 20) for way in ways
    ]
    assert [(run["frames"], run["people"], run["way"]) for run in figures["by_people"]] == [
        (300, 3, way) for way in ways
    ]
    assert all(run["milliseconds"] > 0 for runs in figures.values() for run in runs)
    assert Path("scaling.png").read_bytes().startswith(b"\x89PNG")
    assert all(way in done.out for way in ways)


@pytest.mark.slow
def test_a_part_of_the_ways_and_of_the_videos_is_measured(siamlink: Callable, here: Path) -> None:
    scaling = ("study", "bench", "scaling", "--frames", "none", "--people", 3, "--crowd-frames", 12)
    done = siamlink(*scaling, "--only", "Hungarian", "--json", "scaling.json")
    assert (done.code, done.err) == (0, "")
    figures = json.loads(Path("scaling.json").read_text())
    assert [(run["frames"], run["people"], run["way"]) for run in figures["by_people"]] == [(12, 3, "Hungarian")]
    assert not figures["by_length"]
    assert "expected some of offline,windowed,online,Hungarian" in siamlink(*scaling, "--only", "both").line


@pytest.mark.parametrize("lengths", ["", "0", "1.5", "10,,20", "-3", "1000000000"])
def test_lengths_are_whole_numbers(siamlink: Callable, lengths: str) -> None:
    done = siamlink("study", "bench", "scaling", f"--frames={lengths}")
    assert (done.code, "expected whole numbers from 1 to 100000000, joined by commas" in done.line) == (2, True)
