import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siamlink.association.appearance.appearance import Appearances
from siamlink.association.appearance.loaded_appearance import LoadedAppearance
from siamlink.association.appearance.onnx_reid import ReidNetwork, cut
from siamlink.association.appearance.patches import REACH, extract_patches
from siamlink.tracker.linking.kept_pixels import KeptPixels

HEIGHT, WIDTH = 90, 120
RNG = np.random.default_rng(3)
IMAGE = RNG.integers(1, 256, (HEIGHT, WIDTH, 3), np.uint8)
PLACE = st.floats(-300, 300, width=32)
SIDE = st.floats(0.125, 500, width=32)


def boxes(drawn) -> np.ndarray:
    left, top, width, height = np.array(drawn, np.float32).reshape(-1, 4).T
    return np.column_stack([left, top, left + width, top + height])


BOXES = st.lists(st.tuples(PLACE, PLACE, SIDE, SIDE), min_size=1, max_size=4).map(boxes)


def kept_image(reach, box, image=IMAGE):
    kept = KeptPixels(reach)
    kept.add(7, image, box)
    (frame,) = kept.frames()
    assert frame.number == 7
    return frame.image


@given(BOXES)
def test_patches_of_kept_pixels_are_those_of_the_whole_image(box):
    whole = extract_patches(IMAGE, box)
    np.testing.assert_array_equal(extract_patches(kept_image(REACH, box), box).image, whole.image)


@given(BOXES)
def test_so_are_the_pictures_for_networks_in_onnx_files(box):
    image = kept_image(ReidNetwork.reach, box)
    for each in box:
        np.testing.assert_array_equal(cut(image, each, (32, 16)), cut(IMAGE, each, (32, 16)))


def test_only_what_belongs_to_boxes_is_kept():
    image = kept_image(1, np.array([[10.5, 20, 30, 40.5]], np.float32))
    expected = np.zeros_like(IMAGE)
    expected[19:42, 9:31] = IMAGE[19:42, 9:31]
    np.testing.assert_array_equal(image, expected)


def test_above_the_limit_nothing_is_kept():
    box = np.array([[10, 10, 20, 20]], np.float32)
    kept = KeptPixels(0, most_bytes=3 * 100 * 2)
    for number in (1, 2):
        kept.add(number, IMAGE, box)
        assert kept.complete
    assert [frame.number for frame in kept.frames()] == [1, 2]
    for number in (3, 4):
        kept.add(number, IMAGE, box)
        assert not kept.complete
        assert not list(kept.frames())


def test_kept_pixels_hold_no_image():
    image = IMAGE.copy()
    kept = KeptPixels(0)
    kept.add(1, image, np.array([[0, 0, 5, 5]], np.float32))
    image[:] = 0
    (frame,) = kept.frames()
    np.testing.assert_array_equal(frame.image[:5, :5], IMAGE[:5, :5])


@pytest.mark.parametrize(("reaches", "expected"), [((2, 0), 2), ((0,), 0), ((3, None), None), ((None,), None)], ids=str)
def test_appearances_together_look_as_far_as_the_farthest(reaches, expected):
    class Grey:
        def describe(self, image, box):
            return box

    parts = []
    for index, reach in enumerate(reaches):
        grey = Grey()
        if reach is not None:
            grey.reach = reach
        parts.append(LoadedAppearance(f"grey{index}", f"grey{index}", grey))
    assert Appearances(parts).reach == expected
    for seen_by in ([Appearances(parts)], [Appearances([each]) for each in parts]):
        assert (KeptPixels.seen_by(seen_by) is None) == (expected is None)
