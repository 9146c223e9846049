"""The best pictures of tracks."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.sources.open import open_source
from siamlink.tools.drawing.crops import crop_values, write_crops
from siamlink.tracker.tracks import Tracks

SIZE = (200, 100)


def tracks_of(box: list[list[float]], frame: list[int], track_id: list[int], **columns: object) -> Tracks:
    count = len(box)
    standard = {"score": np.ones(count), "label": np.zeros(count), "interpolated": np.zeros(count, bool)}
    return Tracks(frame=frame, box=box, track_id=track_id, **{**standard, **columns})


def values(*boxes: list[float], **columns: object) -> list[float]:
    """The values of boxes of one track in consecutive frames."""
    count = len(boxes)
    tracks = tracks_of(list(boxes), list(range(1, count + 1)), [1] * count, **columns)
    return crop_values(tracks, SIZE).tolist()


def test_larger_boxes_and_higher_scores_are_better() -> None:
    small, large = values([10, 10, 20, 30], [10, 10, 30, 50], score=[0.5, 0.5])
    assert small < large
    low, high = values([10, 10, 20, 30], [10, 10, 20, 30], score=[70, -3])[::-1]
    assert low < high, "scores need not be probabilities"


def test_what_is_cut_off_by_the_edge_is_worse_and_what_is_outside_is_never_used() -> None:
    whole, half, sliver, outside = values(
        [10, 10, 20, 30], [-5, 10, 5, 30], [198.5, 10, 208.5, 30], [300, 10, 310, 30], score=[0.5] * 4
    )
    assert whole > 2 * half > 0
    assert sliver == outside == 0


def test_a_box_that_another_one_covers_is_worse() -> None:
    tracks = tracks_of(
        [[10, 10, 20, 30], [10, 20, 20, 40], [10, 10, 20, 30], [100, 10, 110, 30], [10, 10, 20, 30], [10, 10, 20, 30]],
        [1, 1, 2, 2, 3, 3],
        [1, 2, 1, 2, 1, 2],
    )
    half, _, free, _, covered, _ = crop_values(tracks, SIZE)
    assert free > 2 * half > 0
    assert covered == 0


def test_interpolated_boxes_count_where_nothing_else_does() -> None:
    box = [10, 10, 20, 30]
    assert values(box, box, box, interpolated=[False, True, False])[1] == 0
    assert min(values(box, box, interpolated=[True, True])) > 0
    assert values(box, [300, 0, 310, 9], interpolated=[True, False])[0] > 0, "the detected box is outside the picture"


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Thirty frames with a checked square, blurred in all but every eighth, that moves to the right."""
    folder = tmp_path / "frames"
    folder.mkdir()
    for number in range(1, 31):
        image = np.full((SIZE[1], SIZE[0], 3), 128, np.uint8)
        square = np.kron(np.indices((10, 10)).sum(axis=0) % 2 * 255, np.ones((4, 4))).astype(np.uint8)
        square = square if number % 8 == 5 else cv2.blur(square, (9, 9))
        image[20:60, 4 * number : 4 * number + 40] = square[..., None]
        cv2.imwrite(str(folder / f"{number:03}.png"), image)
    return folder


def moving(last: int = 30) -> Tracks:
    frame = list(range(1, last + 1))
    return tracks_of([[4 * k, 20, 4 * k + 40, 60] for k in frame], frame, [7] * last, score=np.full(last, 0.5))


def no_progress(*_: object) -> None:
    """Nothing is reported."""


def test_the_sharpest_boxes_are_cut_out_as_they_are(video: Path, tmp_path: Path) -> None:
    counts = write_crops(moving(24), open_source(video), tmp_path / "crops", 3, no_progress)
    assert (counts.crops, counts.tracks) == (3, 1)
    names = sorted(path.name for path in (tmp_path / "crops").iterdir())
    assert names == ["0007-000005.jpg", "0007-000013.jpg", "0007-000021.jpg"]
    crop = cv2.imread(str(tmp_path / "crops" / names[0]))
    assert crop.shape == (40, 40, 3)
    assert (crop[:4, :4].mean(), crop[:4, 4:8].mean()) == (pytest.approx(0, abs=10), pytest.approx(255, abs=10))


def test_crops_are_spread_over_the_track_but_a_short_one_gives_all_it_has(video: Path, tmp_path: Path) -> None:
    write_crops(moving(), open_source(video), tmp_path / "few", 5, no_progress)
    frames = sorted(int(path.stem[5:]) for path in (tmp_path / "few").iterdir())
    assert len(frames) == 5
    assert np.diff(frames).min() >= 3
    counts = write_crops(moving(4), open_source(video), tmp_path / "all", 9, no_progress)
    assert (counts.crops, counts.last_frame, counts.wanted_frame) == (4, 4, 4)


def test_the_same_input_gives_the_same_files(video: Path, tmp_path: Path) -> None:
    content = []
    for name in ("one", "two"):
        write_crops(moving(), open_source(video), tmp_path / name, 4, no_progress)
        content.append({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()})
    assert content[0] == content[1]


def test_a_video_of_another_size_is_named(video: Path, tmp_path: Path) -> None:
    far = tracks_of([[500, 10, 520, 50]] * 3, [1, 2, 3], [1, 1, 1])
    with pytest.raises(ConfigError, match=r"most boxes lie outside the pictures of frames, 200x100 pixels"):
        write_crops(far, open_source(video), tmp_path / "crops", 3, no_progress)
    assert not (tmp_path / "crops").exists()


def test_no_tracks_give_no_crops(video: Path, tmp_path: Path) -> None:
    counts = write_crops(Tracks.empty(), open_source(video), tmp_path / "crops", 3, no_progress)
    assert (counts.crops, counts.tracks) == (0, 0)
    assert not (tmp_path / "crops").exists()
