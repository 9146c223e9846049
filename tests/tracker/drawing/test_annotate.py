"""Drawn tracks: the right pixels change and no others, colours are stable, labels stay readable."""

from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest

from siamlink.tracker.drawing.annotate import Annotator, track_colour
from siamlink.tracker.tracks import Tracks

RATE = 20


def tracks_of(boxes: list[tuple[float, ...]], ids: list[int], interpolated: bool = False, frame: int = 1) -> Tracks:
    count = len(boxes)
    return Tracks(
        frame=np.full(count, frame),
        box=np.array(boxes, np.float32),
        score=np.ones(count),
        label=np.zeros(count),
        track_id=np.array(ids),
        interpolated=np.full(count, interpolated),
    )


def grey(width: int = 640, height: int = 360) -> np.ndarray:
    return np.full((height, width, 3), 128, np.uint8)


def drawn(tracks: Tracks, width: int = 640, height: int = 360) -> np.ndarray:
    """Which pixels change, (H, W) bool."""
    return (Annotator(RATE).draw(grey(width, height), tracks) != 128).any(axis=2)


def coloured(image: np.ndarray, track_id: int) -> np.ndarray:
    return (image == track_colour(track_id)).all(axis=2)


def test_colours_are_stable_and_those_of_neighbours_differ_clearly():
    assert [track_colour(i) for i in range(1, 61)] == [track_colour(i) for i in range(61, 121)]
    assert len({track_colour(i) for i in range(1, 61)}) == 60
    for near in range(1, 6):
        for track_id in range(1, 61):
            a, b = (np.array(track_colour(i), int) for i in (track_id, track_id + near))
            assert np.abs(a - b).sum() > 90


def test_colours_twenty_ids_apart_differ_clearly_to_the_eye():
    palette = np.array([track_colour(i) for i in range(1, 61)], np.float32) / 255
    lab = cv2.cvtColor(palette[None], cv2.COLOR_BGR2LAB)[0]
    for apart in (20, 40):
        assert np.linalg.norm(lab - np.roll(lab, -apart, axis=0), axis=1).min() > 20


def test_a_box_is_drawn_along_its_edges_in_its_colour_and_nowhere_far_away():
    image = Annotator(RATE).draw(grey(), tracks_of([(200, 100, 260, 250)], [3]))
    mine = coloured(image, 3)
    assert mine[100, 200:261].all()
    assert mine[250, 200:261].all()
    assert mine[100:251, 200].all()
    assert mine[100:251, 260].all()
    changed = (image != 128).any(axis=2)
    assert not changed[110:240, 210:250].any()
    changed[70:256, 194:267] = False
    assert not changed.any()


def test_the_image_is_drawn_upon_and_returned():
    image = grey()
    assert Annotator(RATE).draw(image, tracks_of([(200, 100, 260, 250)], [3])) is image
    assert (image != 128).any()


def test_a_frame_without_tracks_is_unchanged():
    annotator = Annotator(RATE)
    annotator.draw(grey(), tracks_of([(200, 100, 260, 250)], [3]))
    np.testing.assert_array_equal(annotator.draw(grey(), Tracks.empty()), grey())


def test_line_width_and_label_grow_with_the_image():
    small, large = (
        drawn(tracks_of([(200, 100, 260, 250)], [3]), width, height) for width, height in ((640, 360), (1920, 1080))
    )
    assert large[175, 190:210].sum() > small[175, 190:210].sum()
    assert large[:98].any(axis=1).sum() > 1.3 * small[:97].any(axis=1).sum()


def test_interpolated_boxes_are_dashed():
    solid, dashed = (drawn(tracks_of([(200, 100, 300, 300)], [3], flag)) for flag in (False, True))
    assert solid[300, 200:301].all()
    gaps = (~dashed[300, 200:301]).mean()
    assert 0.25 < gaps < 0.6
    assert 0.25 < (~dashed[100:301, 300]).mean() < 0.6
    assert all(dashed[y, x] for x, y in ((200, 100), (300, 100), (200, 300), (300, 300)))
    assert not (dashed & ~solid).any()


def test_found_boxes_are_dotted_more_densely_than_interpolated_ones_are_dashed():
    box = tracks_of([(200, 100, 300, 300)], [3], interpolated=True)
    dashed, dotted = drawn(box), drawn(replace(box, found=np.array([True])))

    def pieces(edge: np.ndarray) -> int:
        return int((np.diff(edge.astype(int)) == 1).sum())

    assert pieces(dotted[300, 195:306]) >= 2 * pieces(dashed[300, 195:306])
    assert pieces(dotted[95:306, 300]) >= 2 * pieces(dashed[95:306, 300])
    assert all(dotted[y, x] for x, y in ((200, 100), (300, 100), (200, 300), (300, 300)))
    assert not dotted[110:290, 210:290].any()


@pytest.mark.parametrize(
    "box",
    [
        (-30, -20, 40, 60),
        (600, -20, 700, 80),
        (-30, 300, 40, 400),
        (620, 340, 700, 420),
        (-900, -900, -800, -700),
        (-1e6, -1e6, 1e6, 1e6),
        (10.2, 10.4, 10.9, 10.8),
    ],
)
@pytest.mark.parametrize("interpolated", [False, True])
def test_the_label_of_a_box_at_the_border_is_whole(box, interpolated):
    whole = Annotator(RATE).draw(grey(), tracks_of([(300, 100, 400, 300)], [1234]))
    label_area = coloured(whole[:98], 1234).sum()
    image = Annotator(RATE).draw(grey(), tracks_of([box], [1234], interpolated))
    assert label_area > 100
    assert coloured(image, 1234).sum() >= label_area


def test_an_image_smaller_than_the_label_is_no_error():
    image = Annotator(RATE).draw(grey(8, 6), tracks_of([(1, 1, 5, 5)], [12345]))
    assert image.shape == (6, 8, 3)


def test_labels_of_overlapping_boxes_do_not_hide_each_other():
    alone = [
        coloured(Annotator(RATE).draw(grey(), tracks_of([(300, 100, 380, 300)], [k]))[:98], k).sum() for k in (1, 2, 3)
    ]
    image = Annotator(RATE).draw(grey(), tracks_of([(300, 100, 380, 300)] * 3, [1, 2, 3]))
    for track_id, area in zip((1, 2, 3), alone, strict=True):
        assert coloured(image, track_id).sum() >= 0.95 * area


def test_labels_of_different_ids_differ():
    one, two = (Annotator(RATE).draw(grey(), tracks_of([(300, 100, 380, 300)], [k])) for k in (1, 61))
    assert track_colour(1) == track_colour(61)
    assert (one != two).any()


def test_the_trail_follows_the_foot_point_fades_and_is_bounded():
    annotator, image = Annotator(RATE, trail_seconds=1), grey()
    for step in range(100):
        x = 50 + 4 * step
        image = annotator.draw(grey(), tracks_of([(x, 100, x + 40, 250)], [1]))
    foot = 50 + 4 * 99 + 20
    strength = np.abs(image[248:253].astype(int) - 128).sum(axis=(0, 2))
    tail = strength[: foot - 26]
    assert (tail[: foot - 4 * RATE - 12] == 0).all()
    assert (tail[foot - 4 * RATE + 20 :] > 0).all()
    strong, weak = tail[-20:].mean(), tail[foot - 4 * RATE + 4 : foot - 4 * RATE + 24].mean()
    assert strong > 1.5 * weak


def test_memory_is_bounded():
    annotator = Annotator(RATE, trail_seconds=1)
    sizes = []
    for step in range(200):
        annotator.draw(grey(64, 36), tracks_of([(5, 5, 20, 30)], [step + 1]))
        sizes.append(sum(len(rows) for rows in annotator._past))
    assert max(sizes) <= RATE
    assert sizes[-1] == sizes[100]


def test_no_trail_joins_a_person_across_an_absence():
    annotator = Annotator(RATE, trail_seconds=2)
    for _ in range(5):
        annotator.draw(grey(), tracks_of([(50, 100, 90, 250)], [1]))
    for _ in range(10):
        annotator.draw(grey(), Tracks.empty())
    image = annotator.draw(grey(), tracks_of([(500, 100, 540, 250)], [1]))
    assert (image[:, 120:470] == 128).all()


def test_zero_seconds_draw_no_trail():
    annotator = Annotator(RATE, trail_seconds=0)
    images = [annotator.draw(grey(), tracks_of([(x, 100, x + 40, 250)], [1])) for x in range(50, 200, 5)]
    np.testing.assert_array_equal(images[-1], Annotator(RATE).draw(grey(), tracks_of([(195, 100, 235, 250)], [1])))


def test_a_moving_box_keeps_its_colour_from_frame_to_frame():
    annotator = Annotator(RATE)
    images = [annotator.draw(grey(), tracks_of([(x, 100, x + 40, 250)], [7])) for x in range(50, 100, 10)]
    for (image, x), (after, _) in pairwise(zip(images, range(50, 100, 10), strict=True)):
        assert coloured(image, 7)[180, x]
        assert coloured(after, 7)[180, x + 10]


def test_the_number_of_the_frame_is_in_the_corner_and_can_be_read_on_any_background():
    for shade in (0, 128, 255):
        image = np.full((360, 640, 3), shade, np.uint8)
        Annotator(RATE).draw(image, Tracks.empty(), 1234)
        assert (image[24:] == shade).all()
        plate = image[1:16, 1:60]
        assert (plate == 0).all(axis=2).sum() > 200
        assert (plate == 255).all(axis=2).sum() > 50
    one, other = (Annotator(RATE).draw(grey(), Tracks.empty(), number) for number in (1, 2))
    assert (one != other).any()


def test_a_label_makes_room_for_the_number_of_the_frame():
    tracks = tracks_of([(0, 0, 40, 100)], [3])
    plate = Annotator(RATE).draw(grey(), Tracks.empty(), 7)
    changed = (plate != 128).any(axis=2)
    image = Annotator(RATE).draw(grey(), tracks, 7)
    np.testing.assert_array_equal(image[changed], plate[changed])
    alone = coloured(Annotator(RATE).draw(grey(), tracks), 3)[:, 10:30].sum()
    assert coloured(image, 3)[:, 10:30].sum() > 0.7 * alone
