"""Training of the calibrated association on folders of sequences."""

import shutil
from pathlib import Path

import pytest

from siamlink.association.calibrated import Models
from siamlink.association.calibrated.models import CALIBRATED_FILES
from siamlink.association.training.calibrated_training import CalibratedTrainingParameters
from siamlink.detectors.base.errors import InputError
from siamlink.detectors.mot.sequence import find_sequences
from siamlink.tools.runners.local import LocalRunner
from siamlink.tools.training.calibrated_run import CalibratedWork, label, read_annotated, save_models, train_calibrated
from siamlink.tools.training.examples import excluding

FEW = CalibratedTrainingParameters(tree_count=4, simulations=1, frames=50, learning_rate=0.3, min_leaf_weight=1)


def test_four_models_are_trained_and_the_seed_decides(streets: Path, tmp_path: Path) -> None:
    stages: list[str] = []
    for name in ("one", "again"):
        videos = read_annotated(find_sequences(streets), FEW.frames)
        (tmp_path / name).mkdir()
        save_models(train_calibrated(videos, FEW, tmp_path, lambda stage, *_: stages.append(stage)), tmp_path / name)
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == sorted(CALIBRATED_FILES)
    for name in CALIBRATED_FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    assert Models.load(tmp_path / "one").links is not None
    assert list(dict.fromkeys(stages)) == [
        "read and simulate",
        "objects before they are tracked",
        "links",
        "objects in tracks",
        "objects online",
        "train",
    ]


def test_sequences_without_detections_teach_by_simulated_ones(streets: Path, here: Path) -> None:
    shutil.copytree(streets, here / "streets")
    for folder in here.glob("streets/*/det"):
        shutil.rmtree(folder)
    videos = read_annotated(find_sequences(here / "streets"), FEW.frames)
    assert train_calibrated(videos, FEW, here, lambda *_: None).keys() == {*CALIBRATED_FILES}
    with pytest.raises(InputError, match="at least two videos that show objects"):
        train_calibrated(videos, FEW.model_copy(update={"simulations": 0}), here, lambda *_: None)


def test_one_video_under_two_names_is_one_video(streets: Path, tmp_path: Path) -> None:
    east = [video for video in read_annotated(find_sequences(streets), FEW.frames) if "east" in video.sequence.name]
    assert len(east) == 2
    with pytest.raises(InputError, match="at least two videos that show objects"):
        train_calibrated(east, FEW, tmp_path, lambda *_: None)


def test_a_video_is_left_out_under_all_its_names(streets: Path) -> None:
    videos = read_annotated(find_sequences(streets), FEW.frames)
    assert [video.sequence.name for video in excluding(videos, ["east-again"])] == ["west"]


def test_only_the_first_frames_are_read_and_every_class_counts(streets: Path, here: Path) -> None:
    shutil.copytree(streets / "west", here / "west")
    truth = here / "west" / "gt" / "gt.txt"
    rows = [line.split(",")[:6] for line in truth.read_text().splitlines()]
    truth.write_text("".join(",".join([*row, "1", "3", "1"]) + "\n" for row in rows))
    (video,) = read_annotated(find_sequences(here / "west"), 20)
    assert video.truth.boxes.frame.max() == 20
    assert (video.truth.identity >= 0).all()


def test_sequences_without_ground_truth_or_rate_are_an_error(streets: Path, here: Path) -> None:
    shutil.copytree(streets / "west", here / "west")
    (here / "west" / "seqinfo.ini").unlink()
    with pytest.raises(InputError, match="no frame rate"):
        read_annotated(find_sequences(here / "west"), 20)
    (here / "west" / "gt" / "gt.txt").unlink()
    with pytest.raises(InputError, match=r"no sequence has gt/gt\.txt"):
        read_annotated(find_sequences(here / "west"), 20)


def test_the_detection_files_of_a_sequence_share_their_weight(streets: Path, here: Path) -> None:
    shutil.copytree(streets / "west", here / "west")
    shutil.copy(here / "west" / "det" / "det.txt", here / "west" / "det" / "other.txt")
    videos = read_annotated(find_sequences(here / "west"), FEW.frames)
    (labelled,) = label(videos, FEW, lambda *_: None)
    weights = [scene.importance for scene in labelled.scenes]
    assert weights == pytest.approx([1.0] + 2 * [10 / 2**0.5])
    assert all(scene.scene.frame.max() <= FEW.frames for scene in labelled.scenes)


@pytest.mark.slow
def test_trainings_in_other_processes_give_the_same_models(streets: Path, tmp_path: Path) -> None:
    videos = read_annotated(find_sequences(streets), FEW.frames)
    groups = [videos, videos[::-1]]
    for jobs in (1, 2):
        (tmp_path / str(jobs)).mkdir()
        work = CalibratedWork(groups, FEW, tmp_path / str(jobs))
        folders = LocalRunner(jobs).answers(work, range(2), lambda *_: None, pytest.fail)
        assert folders == [tmp_path / str(jobs) / str(group) for group in range(2)]
        assert sorted(path.name for path in work.folder.iterdir()) == ["0", "1"]
    for group in range(2):
        for name in CALIBRATED_FILES:
            one, other = (tmp_path / jobs / str(group) / name for jobs in "12")
            assert one.read_bytes() == other.read_bytes()
