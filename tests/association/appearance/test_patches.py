import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siamlink.association.appearance.optical_flow import FlowField
from siamlink.association.appearance.patches import PATCH_SIZE, Patches, extract_patches, network_input

HEIGHT, WIDTH = PATCH_SIZE
RANDOM = np.random.default_rng(7)
NOISE = RANDOM.integers(0, 256, (240, 320, 3), dtype=np.uint8)
STREET = cv2.GaussianBlur(NOISE, (0, 0), 3)
CANVAS = RANDOM.integers(0, 256, (900, 900, 3), dtype=np.uint8)
WIND = RANDOM.normal(0, 30, (900, 900, 2)).astype(np.float32)

edge = st.integers(-160, 1600).map(lambda value: value / 4)
boxes = st.lists(
    st.tuples(edge, edge, st.integers(1, 600), st.integers(1, 1200)).map(
        lambda drawn: [drawn[0], drawn[1], drawn[0] + drawn[2] / 4, drawn[1] + drawn[3] / 4]
    ),
    max_size=4,
).map(lambda rows: np.array(rows, np.float64).reshape(-1, 4))


def luv(image):
    return cv2.cvtColor(image, cv2.COLOR_BGR2LUV)


def field_of():
    """Wind over the pictures of 240 x 320, at half their scale."""
    return FlowField(cv2.GaussianBlur(WIND[:120, :160], (0, 0), 2), 0.5)


def test_a_box_of_the_size_of_a_patch_is_the_picture_itself():
    patches = extract_patches(NOISE, np.array([[100, 80, 100 + WIDTH, 80 + HEIGHT]]))
    assert (patches.image[0] == luv(NOISE[80 : 80 + HEIGHT, 100 : 100 + WIDTH])).all()
    assert patches.image.dtype == np.uint8
    assert patches.flow.dtype == np.float16
    assert patches.flow.shape == (1, HEIGHT, WIDTH, 2)
    assert not patches.flow.any()


@pytest.mark.parametrize("factor", [2, 4, 8])
def test_large_boxes_are_averaged_and_not_sampled(factor):
    picture = RANDOM.integers(0, 256, (HEIGHT * factor, WIDTH * factor, 3), dtype=np.uint8)
    patch = extract_patches(picture, np.array([[0, 0, WIDTH * factor, HEIGHT * factor]])).image[0]
    mean = cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    if factor == 2:  # One sample amid four pixels is their mean.
        assert np.abs(patch.astype(int) - luv(mean)).max() <= 3
    assert np.abs(patch[..., 0] - luv(mean)[..., 0].astype(float)).mean() < 6
    assert patch[..., 0].std() < 1.2 * luv(mean)[..., 0].std() + 2


def test_small_boxes_are_interpolated():
    ramp = np.zeros((60, 60, 3), np.uint8) + np.arange(0, 240, 4, dtype=np.uint8)[None, :, None]
    patch = extract_patches(ramp, np.array([[20, 10, 30, 40]])).image[0, :, :, 0]
    assert (np.diff(patch.astype(int), axis=1) >= 0).all()
    assert len(np.unique(patch)) > 30
    assert (patch == patch[:1]).all()


def test_the_fraction_of_a_pixel_counts():
    ramp = np.zeros((240, 240, 3), np.uint8) + np.arange(240, dtype=np.uint8)[None, :, None]
    grey = np.stack([extract_patches(ramp, np.array([[x, 20, x + 53, 141]])).image[0, 0, 0, 0] for x in (100, 100.5)])
    expected = [luv(np.full((1, 1, 3), value, np.uint8))[0, 0, 0] for value in (100, 101)]
    assert expected[0] <= grey[0] <= grey[1] <= expected[1]
    half = extract_patches(np.repeat(ramp[:, ::2], 2, axis=1), np.array([[100.5, 20, 153.5, 141]])).image
    assert half[0, 0, 0, 0] == luv(np.full((1, 1, 3), 100, np.uint8))[0, 0, 0]


@pytest.mark.parametrize("box", [[-20, -30, 33, 91], [290, 200, 343, 321], [-30, 100, 23, 221], [100, -60, 153, 61]])
def test_over_the_border_the_edge_is_repeated_and_nothing_shifts(box):
    padded = cv2.copyMakeBorder(NOISE, 200, 200, 200, 200, cv2.BORDER_REPLICATE)
    expected = luv(padded[box[1] + 200 : box[3] + 200, box[0] + 200 : box[2] + 200])
    assert (extract_patches(NOISE, np.array([box])).image[0] == expected).all()


@given(boxes)
@settings(max_examples=60)
def test_padding_is_the_same_for_boxes_of_any_size(box):
    padded = cv2.copyMakeBorder(STREET, 300, 300, 300, 300, cv2.BORDER_REPLICATE)
    outside = (box[:, 2:] <= 0).any(axis=1) | (box[:, :2] >= (320, 240)).any(axis=1)
    box = box[~outside]
    assert (extract_patches(STREET, box).image == extract_patches(padded, box + 300).image).all()


@pytest.mark.parametrize(
    ("box", "pixel"),
    [
        ([-500, -400, -450, -300], (0, 0)),
        ([1000, 900, 1100, 1200], (-1, -1)),
        ([1e9, 100.5, 1e9 + 100, 100.5 + 1e-3], (100, -1)),
        ([-1e12, -1e12, -1e11, -1e11], (0, 0)),
    ],
)
def test_outside_of_the_image_its_edge_is_repeated(box, pixel):
    patches = extract_patches(NOISE, np.array([box]), field_of())
    assert (patches.image[0] == luv(NOISE)[pixel]).all()
    assert np.isfinite(patches.flow).all()


def test_a_huge_box_is_not_an_error():
    patches = extract_patches(NOISE, np.array([[-1e6, -1e6, 1e6, 1e6], [-1e30, 0, 1e30, 100]]), field_of())
    assert patches.image.shape == (2, HEIGHT, WIDTH, 3)
    assert np.isfinite(patches.flow).all()


def test_each_box_has_its_patch_in_its_place():
    image = np.zeros((200, 400, 3), np.uint8)
    colours = RANDOM.integers(0, 256, (4, 3), dtype=np.uint8)
    for column, colour in enumerate(colours):
        image[:, 100 * column : 100 * column + 100] = colour
    order = [2, 0, 3, 1]
    patches = extract_patches(image, np.array([[100 * c + 10, 20, 100 * c + 90, 190] for c in order]))
    assert len(patches) == 4
    assert (patches.image == luv(colours[order][:, None])[:, None]).all()


@given(boxes, st.booleans())
@settings(max_examples=60)
def test_a_batch_is_the_same_as_one_by_one(box, moving):
    flow = field_of() if moving else None
    batch = extract_patches(STREET, box, flow)
    single = Patches.concatenate([extract_patches(STREET, row[None], flow) for row in box])
    assert len(batch) == len(box)
    assert (batch.image == single.image).all()
    assert (batch.flow == single.flow).all()


@given(boxes, st.integers(0, 60), st.integers(0, 60))
@settings(max_examples=60)
def test_patches_move_with_the_picture(box, dx, dy):
    here = box + 110
    there = here - np.tile((dx, dy), 2)
    one = extract_patches(CANVAS, here, FlowField(WIND, 1.0))
    other = extract_patches(CANVAS[dy:, dx:], there, FlowField(WIND[dy:, dx:], 1.0))
    assert (one.image == other.image).all()
    assert (one.flow == other.flow).all()


def test_flow_is_in_box_heights_a_second():
    vectors = np.zeros((120, 160, 2), np.float32) + (60, -30)
    box = np.array([[20, 30, 60, 130], [100, 10, 150, 160], [-50, -50, -20, 0]])
    flow = extract_patches(STREET, box, FlowField(vectors, 0.5)).flow
    expected = np.array([(0.6, -0.3), (0.4, -0.2), (1.2, -0.6)])
    assert flow == pytest.approx(np.broadcast_to(expected[:, None, None], flow.shape), abs=1e-3)


@pytest.mark.parametrize("box", [[20, 10, 30, 40], [20.3, 10.6, 90.1, 200.9], [100, 20, 210, 230]])
def test_flow_is_interpolated_to_where_each_pixel_lies(box):
    x, y = np.meshgrid(np.arange(320) + 0.5, np.arange(240) + 0.5)
    flow = extract_patches(STREET, np.array([box]), FlowField(np.dstack([x, y]).astype(np.float32), 1)).flow[0]
    left, top, right, bottom = box
    expected_x = left + (np.arange(WIDTH) + 0.5) * (right - left) / WIDTH
    expected_y = top + (np.arange(HEIGHT) + 0.5) * (bottom - top) / HEIGHT
    expected = np.dstack(np.broadcast_arrays(expected_x, expected_y[:, None])) / (bottom - top)
    assert flow == pytest.approx(expected, abs=0.04 / (bottom - top), rel=1e-3)


def test_a_huge_motion_stays_finite():
    vectors = np.full((240, 320, 2), 1e9, np.float32)
    flow = extract_patches(STREET, np.array([[20, 10, 21, 10.01]]), FlowField(vectors, 1)).flow
    assert (flow == np.finfo(np.float16).max).all()


@pytest.mark.parametrize("scale", [1, 0.5, 0.25])
def test_flow_lies_where_the_picture_does(scale):
    part = np.zeros((round(240 * scale), round(320 * scale), 2), np.float32)
    part[round(120 * scale) :, round(160 * scale) :] = (100, 50)
    image = np.zeros((240, 320, 3), np.uint8)
    image[120:, 160:] = 255
    patches = extract_patches(image, np.array([[140, 70, 180, 170]]), FlowField(part, scale))
    bright, moving = patches.image[0, :, :, 0] > 127, patches.flow[0, :, :, 0] > 0.5
    assert (bright != moving).mean() < 0.02
    assert moving[70:, 35:].all()
    assert not moving[:50].any()


def test_no_boxes_have_no_patches():
    for flow in (None, field_of()):
        patches = extract_patches(NOISE, np.zeros((0, 4), np.float32), flow)
        assert len(patches) == 0
        assert patches.image.shape == (0, HEIGHT, WIDTH, 3)
        assert patches.image.dtype == np.uint8
        assert patches.flow.shape == (0, HEIGHT, WIDTH, 2)
        assert patches.flow.dtype == np.float16
    for luma in ("fixed", "equalised", "plane"):
        assert network_input(Patches.empty(), luma).shape == (0, 5, HEIGHT, WIDTH)


def test_views_of_pictures_are_as_good_as_copies():
    box = np.array([[10, 20, 60, 150]])
    flipped = NOISE[:, ::-1, ::-1]
    assert (extract_patches(flipped, box).image == extract_patches(flipped.copy(), box).image).all()


def test_patches_are_selected_and_joined():
    patches = extract_patches(STREET, np.array([[0, 0, 50, 100], [50, 0, 90, 100], [90, 9, 120, 99]]), field_of())
    mask = patches[np.array([True, False, True])]
    assert (mask.image == patches.image[[0, 2]]).all()
    assert (mask.flow == patches.flow[[0, 2]]).all()
    again = Patches.concatenate([patches[:1], patches[np.array([1, 2])], Patches.empty()])
    assert (again.image == patches.image).all()
    assert (again.flow == patches.flow).all()
    assert len(Patches.concatenate([])) == 0


def test_the_network_sees_luv_and_flow_in_one_scale():
    patches = extract_patches(STREET, np.array([[0, 0, 50, 100], [50, 0, 90, 100]]), field_of())
    patches.flow[0, 5, 6] = (9, -9)
    channels = network_input(patches)
    assert channels.shape == (2, 5, HEIGHT, WIDTH)
    assert channels.dtype == np.float32
    expected = (patches.image.astype(np.float64) - (105, 97, 137)) / (60, 12, 12)
    assert channels[:, :3].transpose(0, 2, 3, 1) == pytest.approx(expected, abs=1e-5)
    flow = np.clip(patches.flow.astype(np.float32), -4, 4).transpose(0, 3, 1, 2)
    assert (channels[:, 3:] == flow).all()
    assert channels[0, 3:, 5, 6].tolist() == [4, -4]


def test_equalised_luma_does_not_change_with_contrast():
    patch = np.clip(RANDOM.normal(120, 15, (1, HEIGHT, WIDTH, 3)), 0, 255).astype(np.uint8)
    flow = np.zeros((1, HEIGHT, WIDTH, 2), np.float16)
    bright = np.minimum(patch.astype(int) + 60, 255).astype(np.uint8)
    one, other = (network_input(Patches(image, flow), "equalised") for image in (patch, bright))
    assert one[:, 0] == pytest.approx(other[:, 0], abs=1e-5)
    assert one[0, 0].min() == pytest.approx(-105 / 60)
    assert one[0, 0].max() == pytest.approx(150 / 60)
    assert np.percentile(one[0, 0], 25) == pytest.approx((64 - 105) / 60, abs=0.1)
    assert (one[:, 1:] == network_input(Patches(patch, flow))[:, 1:]).all()


def test_plane_luma_does_not_change_with_a_slope_of_light():
    patch = RANDOM.integers(60, 120, (2, HEIGHT, WIDTH, 3), dtype=np.uint8)
    flow = np.zeros((2, HEIGHT, WIDTH, 2), np.float16)
    slope = np.arange(WIDTH)[None, :, None] // 2 + np.arange(HEIGHT)[:, None, None] // 4
    lit = patch.copy()
    lit[..., :1] += slope.astype(np.uint8)
    one, other = (network_input(Patches(image, flow), "plane") for image in (patch, lit))
    assert one[:, 0] == pytest.approx(other[:, 0], abs=0.03)
    assert one[:, 0].mean(axis=(1, 2)) == pytest.approx([0, 0], abs=1e-5)
    assert one[:, 0].std() == pytest.approx(patch[..., 0].std() / 60, rel=0.01)
    assert (one[:, 1:] == network_input(Patches(patch, flow))[:, 1:]).all()
