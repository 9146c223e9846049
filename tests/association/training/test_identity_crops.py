from pathlib import Path

import cv2
import numpy as np
import pytest

from siamlink.association.appearance.optical_flow import FlowParameters
from siamlink.association.training.ground_truth import NO_OBJECT
from siamlink.association.training.identity_crops import (
    UNKNOWN_CAMERA,
    camera_of,
    find_identity_crops,
    one_of_each_video,
    read_crops,
    read_video_identities,
)
from siamlink.detectors.base.errors import InputError
from siamlink.detectors.mot.sequence import open_sequence

FRAMES, RED, BLUE = 10, (20, 20, 230), (230, 20, 20)
FLOW = FlowParameters()


def silent(*_: object) -> None:
    """Report nothing."""


def boxes(frame: int) -> list[tuple[int, int, int, int]]:
    """Left, top, width and height of a red walker, a blue one, and one that stands behind the red one."""
    return [(10 + 4 * frame, 60, 24, 60), (150 - 4 * frame, 60, 24, 60), (12 + 4 * frame, 50, 24, 60)]


def write_sequence(folder: Path, name: str = "walk", people: int = 3, frames: int = FRAMES) -> Path:
    """Two walkers and one hidden behind the first, as annotated; the detector sees the two, and something else."""
    sequence = folder / name
    for part in ("img1", "gt", "det"):
        (sequence / part).mkdir(parents=True)
    truth, found = [], []
    random = np.random.default_rng(0)
    ground = random.integers(90, 120, (140, 200, 3), np.uint8)
    for frame in range(1, frames + 1):
        image = ground.copy()
        for colour, (x, y, w, h) in zip((RED, BLUE), boxes(frame), strict=False):
            image[y : y + h, max(x, 0) : max(x + w, 0)] = colour
        cv2.imwrite(str(sequence / "img1" / f"{frame:06d}.png"), image)
        for person, (x, y, w, h) in enumerate(boxes(frame)[:people], 1):
            truth.append(f"{frame},{person},{x},{y},{w},{h},1,-1,-1,-1")
        for x, y, w, h in [*boxes(frame)[:2], (5, 5, 20, 30)]:
            found.append(f"{frame},-1,{x},{y},{w},{h},0.8,-1,-1,-1")
    (sequence / "gt" / "gt.txt").write_text("\n".join(truth))
    (sequence / "det" / "det.txt").write_text("\n".join(found))
    (sequence / "seqinfo.ini").write_text(f"[Sequence]\nframeRate=5\nseqLength={frames}\n")
    return sequence


def write_crops(folder: Path, people: int = 3) -> Path:
    folder.mkdir(parents=True)
    for person in range(people):
        for view in range(2):
            image = np.full((128, 64, 3), 60 * person + 20 * view, np.uint8)
            cv2.imwrite(str(folder / f"{person:04d}_c{view}.jpg"), image)
    return folder


def test_sequences_and_crops_are_found_at_any_depth(tmp_path: Path) -> None:
    write_sequence(tmp_path / "videos")
    write_crops(tmp_path / "people" / "campus")
    sequences, crops = find_identity_crops(tmp_path)
    assert [sequence.name for sequence in sequences] == ["walk"]
    assert crops == [tmp_path / "people" / "campus"]
    assert [sequence.name for sequence in find_identity_crops(tmp_path / "videos" / "walk")[0]] == ["walk"]
    with pytest.raises(InputError, match="is not a folder"):
        find_identity_crops(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no annotated sequence with frames and no crops"):
        find_identity_crops(tmp_path / "empty")


def test_of_one_video_under_two_names_the_larger_annotation_is_kept(tmp_path: Path) -> None:
    write_sequence(tmp_path, "small", people=2)
    write_sequence(tmp_path, "large", people=3)
    sequences, _ = find_identity_crops(tmp_path)
    assert [sequence.name for sequence in one_of_each_video(sequences)] == ["large"]


def test_annotated_and_detected_boxes_of_a_video_are_cut_out(tmp_path: Path) -> None:
    sequence = open_sequence(write_sequence(tmp_path))
    crops = read_video_identities(sequence, FLOW, 0.4, 0.5, silent)
    assert crops.identity_count == 2, "who is hidden is left out"
    assert crops.is_video
    assert set(np.round(crops.seconds * 5)) == {0, 2, 4, 6, 8}
    people = crops.identity != NO_OBJECT
    assert people.sum() == 2 * 2 * 5
    assert 0 < (~people).sum() <= 10
    middle = crops.patches.image[:, 40:80, 20:33].mean(axis=(1, 2))
    colour = cv2.cvtColor(np.array([[RED, BLUE]], np.uint8), cv2.COLOR_BGR2LUV)[0]
    for person in (0, 1):
        assert np.abs(middle[crops.identity == person] - colour[person]).max() < 4
    later = people & (crops.seconds > 0)
    assert np.abs(crops.patches.flow[later].astype(float)).max() > 0
    assert not crops.patches.flow[crops.seconds == 0].any()


def test_crops_are_grouped_by_the_name_before_the_underscore(tmp_path: Path) -> None:
    crops = read_crops(write_crops(tmp_path / "crops"), silent)
    assert crops.identity_count == 3
    assert np.array_equal(crops.identity, [0, 0, 1, 1, 2, 2])
    assert not crops.is_video
    assert not crops.patches.flow.any()


@pytest.mark.parametrize(
    ("name", "camera"),
    [
        ("0001_c1s3_002.jpg", 1),
        ("0001_2_03.png", 2),
        ("0001_c12.jpg", 12),
        ("0001_f0042.jpg", UNKNOWN_CAMERA),
        (f"0001_{'9' * 25}.jpg", UNKNOWN_CAMERA),
    ],
)
def test_the_camera_is_in_the_name_of_a_crop(name: str, camera: int) -> None:
    assert camera_of(Path("c9_folder", name)) == camera


def test_crops_have_the_cameras_of_their_names(tmp_path: Path) -> None:
    crops = read_crops(write_crops(tmp_path / "crops"), silent)
    assert crops.camera.tolist() == [0, 1] * 3
    assert crops[crops.identity == 1].camera.tolist() == [0, 1]


def test_data_without_two_identities_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="only one identity"):
        read_crops(write_crops(tmp_path / "one", people=1), silent)
    alone = open_sequence(write_sequence(tmp_path, people=1))
    with pytest.raises(InputError, match="shows only one identity"):
        read_video_identities(alone, FLOW, 0.4, 0.5, silent)
    broken = write_crops(tmp_path / "broken")
    (broken / "0009_c1.jpg").write_text("no image")
    with pytest.raises(InputError, match=r"0009_c1\.jpg is not an image"):
        read_crops(broken, silent)
