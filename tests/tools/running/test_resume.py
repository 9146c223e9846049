"""When a source counts as finished, and what is said after an interruption."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from siamlink.association.appearance.loading import SHIPPED
from siamlink.association.calibrated.models import WEIGHTS
from siamlink.association.matcher import Matcher
from siamlink.detectors.class_names import ClassNames
from siamlink.tools.running.job import Job
from siamlink.tools.running.resume import is_finished, resumable, run_with_cache
from siamlink.tracker.configuration import load_parameters
from siamlink.tracker.runs.inputs import TrackingInput, open_input


@pytest.fixture
def job(tmp_path: Path) -> Job:
    (tmp_path / "out").mkdir()
    return Job(tmp_path / "out", load_parameters(None, ["appearance=none"]), video=False, resume=True)


@pytest.fixture
def source(tmp_path: Path) -> TrackingInput:
    detections = tmp_path / "det.txt"
    detections.write_text("".join(f"{frame},-1,{4 * frame},20,14,40,1,-1,-1,-1\n" for frame in range(1, 25)))
    folder = tmp_path / "walk"
    (folder / "det").mkdir(parents=True)
    detections.rename(folder / "det" / "det.txt")
    (folder / "seqinfo.ini").write_text("[Sequence]\nname=walk\nframeRate=12\nseqLength=24\n")
    return open_input(str(folder))


@pytest.fixture
def matcher(job: Job) -> Matcher:
    return job.parameters.load_matcher()


def test_a_source_is_finished_with_the_same_settings_input_and_results(
    source: TrackingInput, job: Job, matcher: Matcher
) -> None:
    assert not is_finished(source, job, None, matcher)
    run_with_cache(source, job, None, matcher, lambda *_: None, pytest.fail)
    assert is_finished(source, job, None, matcher)
    other = replace(job, parameters=load_parameters(None, ["appearance=none", "min_detections=5"]))
    assert not is_finished(source, other, None, matcher)
    assert not is_finished(source._replace(frame_rate=13.0), job, None, matcher)
    assert not is_finished(source._replace(class_names=ClassNames(["walker"])), job, None, matcher)
    assert source.detection_file is not None
    source.detection_file.write_text(source.detection_file.read_text() + "25,-1,100,20,14,40,1,-1,-1,-1\n")
    assert not is_finished(source, job, None, matcher)


@pytest.mark.parametrize("settings", [[], ["matching=calibrated"]], ids=["learned", "calibrated"])
def test_a_source_tracked_by_other_models_in_the_same_folder_is_not_finished(
    source: TrackingInput, job: Job, matcher: Matcher, tmp_path: Path, settings: list[str]
) -> None:
    shipped = WEIGHTS if settings else SHIPPED.parent
    model = tmp_path / "model"
    shutil.copytree(shipped, model)
    mine = replace(job, parameters=load_parameters(None, ["appearance=none", f"model={model}", *settings]))
    run_with_cache(source, mine, None, matcher, lambda *_: None, pytest.fail)
    assert is_finished(source, mine, None, matcher)
    for path in mine.parameters.model_files:
        content = path.read_bytes()
        path.write_bytes(content + b" ")
        assert not is_finished(source, mine, None, matcher), path
        path.write_bytes(content)
    assert len(mine.parameters.model_files) >= 3


def test_a_source_without_its_results_is_not_finished(source: TrackingInput, job: Job, matcher: Matcher) -> None:
    run_with_cache(source, job, None, matcher, lambda *_: None, pytest.fail)
    job.results(source)[0].unlink()
    assert not is_finished(source, job, None, matcher)


@pytest.mark.parametrize(
    ("resume", "cache", "line"),
    [
        (True, None, "the same command continues from what is recorded"),
        (False, Path("cached"), "the same command continues from what is recorded"),
        (False, None, "start with --resume to be able to continue after an interruption"),
    ],
)
def test_an_interruption_names_the_way_to_continue(
    source: TrackingInput, job: Job, resume: bool, cache: Path | None, line: str
) -> None:
    lines: list[str] = []
    job.resume_folder(source).mkdir()
    with pytest.raises(KeyboardInterrupt), resumable([source], replace(job, resume=resume, cache=cache), lines.append):
        raise KeyboardInterrupt
    assert lines == [line]
    assert job.resume_folder(source).is_dir()


def test_the_resume_folders_are_removed_at_the_end(source: TrackingInput, job: Job) -> None:
    job.resume_folder(source).mkdir()
    with resumable([source], job, pytest.fail):
        pass
    assert not job.resume_folder(source).exists()
