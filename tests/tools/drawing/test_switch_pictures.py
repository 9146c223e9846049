"""The worst identity switches: which they are, which frames and what part of them is shown, and what is drawn."""

import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siamlink.tools.drawing.switch_pictures import BAR, TILE_HEIGHT, shown_frames, view, worst_switches
from siamlink.tools.evaluation import IdentitySwitch
from siamlink.tracker.drawing.annotate import track_colour

SWAP = 10
Make = Callable[..., Path]


def switch(sequence: str = "S", frame: int = 10, before: int = 5, after: int = 5, previous: int = 9) -> IdentitySwitch:
    box = (0.0, 0.0, 10.0, 20.0)
    return IdentitySwitch(sequence, frame, 1, 1, 2, box, box, previous, before, after)


def tracks(folder: Path, swapped_at: int = SWAP) -> None:
    """Results near the ground truth, but the two walkers swap their tracks 3 and 4."""
    folder.mkdir(exist_ok=True)
    for sequence in Path("sequences").iterdir():
        lines = []
        for line in (sequence / "gt" / "gt.txt").read_text().splitlines():
            frame, person, left, *rest = line.split(",")
            track = 3 + (int(person) + (int(frame) >= swapped_at)) % 2
            lines.append(",".join([frame, str(track), str(int(left) + 2), *rest]))
        (folder / f"{sequence.name}.txt").write_text("\n".join(lines))


def near(image: np.ndarray, colour: tuple[int, int, int]) -> int:
    """How many pixels have a colour, as far as JPEG keeps it."""
    return int((np.abs(image.astype(int) - colour).max(axis=2) < 40).sum())


def test_each_switch_is_a_strip_of_the_frames_around_it(siamlink: Callable, sequence: Make) -> None:
    sequence("SEQ")
    tracks(Path("results"))
    done = siamlink("evaluate", "sequences", "results", "--switches", "pictures")
    assert (done.code, done.err) == (0, "")
    assert sorted(path.name for path in Path("pictures").iterdir()) == ["switch-01.jpg", "switch-02.jpg"]
    listed = [line for line in done.out.splitlines() if line.startswith("pictures")]
    boxes = "(9 boxes) -> 4 (15 boxes)", "(9 boxes) -> 3 (15 boxes)"
    assert {line.split("track ")[1][2:] for line in listed} == set(boxes)
    for line in listed:
        picture = cv2.imread(line.split(":")[0])
        assert picture.shape[0] == TILE_HEIGHT + 2 * BAR
        tiles = np.array_split(picture[BAR:-BAR], 4, axis=1)  # 3, 9, 10 and 16; nothing lies midway
        old, new = (3, 4) if boxes[0] in line else (4, 3)
        assert all(near(tile, (255, 255, 255)) > 300 for tile in tiles)
        for tile, track in zip(tiles, (old, old, new, new), strict=True):
            assert near(tile, track_colour(track)) > 300


def test_pictures_are_replaced_only_on_demand(siamlink: Callable, sequence: Make) -> None:
    sequence("SEQ")
    tracks(Path("results"))
    Path("pictures").mkdir()
    Path("pictures/switch-02.jpg").write_text("mine")
    refused = siamlink("evaluate", "sequences", "results", "--switches", "pictures")
    assert (refused.code, refused.out) == (2, "")
    assert refused.line.endswith("switch-02.jpg exists; --overwrite replaces it")
    assert siamlink("evaluate", "sequences", "results", "--switches", "pictures", "--overwrite").code == 0
    assert cv2.imread("pictures/switch-02.jpg") is not None
    assert "it is a file" in siamlink("evaluate", "sequences", "results", "--switches", "det.txt").line


def test_what_has_no_frames_is_left_out(siamlink: Callable, sequence: Make) -> None:
    sequence("seen")
    sequence("unseen", frames=None)
    tracks(Path("results"))
    done = siamlink("evaluate", "sequences", "results", "--switches", "pictures")
    assert (done.code, done.line) == (0, "2 identity switches drawn: the frames of the others are missing")
    assert "unseen frame" not in done.out
    shutil.rmtree("sequences/seen")
    assert siamlink("evaluate", "sequences", "results", "--switches", "none").code == 0
    assert not Path("none").exists()


def test_a_switch_after_the_end_of_a_broken_video_is_left_out(siamlink: Callable, sequence: Make) -> None:
    folder = sequence("SEQ", frames="images")
    tracks(Path("results"))
    for number in range(2, 25):
        (folder / "img1" / f"{number:06d}.png").unlink()
    done = siamlink("evaluate", "sequences", "results", "--switches", "pictures")
    assert (done.code, done.line) == (0, "0 identity switches drawn: the frames of the others are missing")


def test_a_person_mostly_outside_the_image_makes_no_giant_picture(siamlink: Callable, sequence: Make) -> None:
    folder = sequence("SEQ")
    truth = folder / "gt" / "gt.txt"
    truth.write_text("".join(f"{frame},1,0,119,160,9000,1\n" for frame in range(1, 25)))
    Path("results").mkdir()
    lines = [f"{frame},{1 + frame // 12},2,119,160,9000,1" for frame in range(1, 25)]
    Path("results/SEQ.txt").write_text("\n".join(lines))
    assert siamlink("evaluate", "sequences", "results", "--switches", "pictures").code == 0
    height, width, _ = cv2.imread("pictures/switch-01.jpg").shape
    assert height <= TILE_HEIGHT + 2 * BAR
    assert width <= 5 * (4 * TILE_HEIGHT + 4)


def test_without_switches_there_is_nothing_to_draw(siamlink: Callable, sequence: Make) -> None:
    sequence("SEQ")
    tracks(Path("results"), swapped_at=99)
    done = siamlink("evaluate", "sequences", "results", "--switches", "pictures")
    assert (done.code, done.line) == (0, "there is no identity switch to draw")
    assert not Path("pictures").exists()


def test_the_worst_have_the_most_boxes_on_the_shorter_side() -> None:
    flicker, split, longer = switch(before=300, after=2), switch(before=40, after=41), switch(before=99, after=40)
    other = switch("T", before=500, after=500)
    assert worst_switches([flicker, split, other, longer], ["S"]) == [longer, split, flicker]


@given(st.lists(st.builds(switch, frame=st.integers(2, 99), before=st.integers(1, 9), after=st.integers(1, 9))))
def test_no_other_switch_is_worse_than_the_worst(switches: list[IdentitySwitch]) -> None:
    worst = worst_switches(switches, ["S"])
    sizes = sorted((each.wrong_boxes for each in switches), reverse=True)
    assert [each.wrong_boxes for each in worst] == sizes[:10]


@pytest.mark.parametrize(
    ("previous", "frame", "shown"),
    [(19, 20, [9, 19, 20, 30]), (10, 20, [1, 10, 15, 20, 30]), (4, 5, [1, 4, 5, 15]), (1, 2, [1, 2, 12])],
)
def test_frames_are_half_a_second_before_and_after_and_at_the_switch(
    previous: int, frame: int, shown: list[int]
) -> None:
    assert shown_frames(switch(frame=frame, previous=previous), 20) == shown


@given(
    st.lists(
        st.tuples(st.floats(-50, 300), st.floats(-50, 300), st.floats(1, 90), st.floats(1, 90)), min_size=2, max_size=2
    )
)
def test_the_part_that_is_shown_lies_in_the_image_and_holds_the_person(boxes: list[tuple[float, ...]]) -> None:
    truth = np.array([[frame, 1, *box, 1] for frame, box in zip((9, 10), boxes, strict=True)])
    left, top, right, bottom = view(truth, switch(), [9, 10], 200, 100)
    assert 0 <= left < right <= 200
    assert 0 <= top < bottom <= 100
    for x, y, width, height in boxes:
        if 0 <= x < x + width <= 200 and 0 <= y < y + height <= 100:
            assert (left <= x, top <= y, x + width <= right, y + height <= bottom) == (True,) * 4
