"""Sources opened and checked before any of them is tracked."""

from collections.abc import Callable
from pathlib import Path

import pytest

from siamlink.detectors.base.errors import ConfigError, InputError, OutputError
from siamlink.tools.running.job import Job
from siamlink.tools.running.prepare import check_sources, expand_sources, prepare

Make = Callable[..., Path]


def test_folders_of_sequences_are_replaced_by_their_sequences(here: Path, sequence: Make, images: Path) -> None:
    folders = [sequence(name, None) for name in ("B", "A")]
    (here / "sequences" / "notes").mkdir()
    sources = ["walk.mp4", str(here / "sequences"), str(images), str(folders[0]), "0", "rtsp://x", "missing"]
    expanded = expand_sources(sources)
    inside = [str(folders[1]), str(folders[0])]
    assert expanded == ["walk.mp4", *inside, *sources[2:]]


def test_a_source_that_cannot_be_opened() -> None:
    with pytest.raises(InputError, match="File name too long"):
        expand_sources(["n" * 5000])


def test_preparing_writes_nothing_and_refuses_what_is_in_the_way(here: Path) -> None:
    job = Job(here / "out", detector="motion")
    opened = prepare("walk.mp4", job)
    assert (opened.name, opened.origin, opened.detections) == ("walk", "walk.mp4", None)
    assert not job.output.exists()
    (job.output / "walk.mp4").mkdir(parents=True)
    with pytest.raises(OutputError, match=r"walk\.mp4 is a folder; name a file to write"):
        prepare("walk.mp4", job)
    prepare("walk.mp4", Job(job.output, detector="motion", video=False))


@pytest.mark.parametrize(("source", "title"), [("0", "camera 0"), ("rtsp://127.0.0.1:9/gate", "stream gate")])
def test_a_live_source_is_not_opened_offline(
    source: str, title: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("siamlink.tools.running.prepare.open_input", None)
    with pytest.raises(InputError, match=f"^{title} needs --mode online or --mode windowed$"):
        prepare(source, Job(here / "out"))


def test_sources_of_one_run_have_names_of_their_own(here: Path, sequence: Make) -> None:
    job = Job(here / "out")
    inputs = [prepare(str(sequence(name, None)), job) for name in ("A", "B")]
    check_sources(inputs)
    with pytest.raises(ConfigError, match=r"A and .*A would both write A\.txt"):
        check_sources([*inputs, inputs[0]._replace(frame_rate=1.0)])


def test_a_live_source_is_tracked_alone_and_in_this_process(here: Path, sequence: Make) -> None:
    job = Job(here / "out")
    recorded = prepare(str(sequence("A", None)), job)
    live = recorded._replace(name="gate", frames=_Live())
    check_sources([live])
    with pytest.raises(ConfigError, match="gate is live: track it alone"):
        check_sources([recorded, live])
    with pytest.raises(ConfigError, match="gate is live: track it without --jobs"):
        check_sources([live], "--jobs")


class _Live:
    """As much of a live frame source as the check reads."""

    live = True
