import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siamlink.association.appearance.patches import PATCH_SIZE, Patches
from siamlink.association.training.augmentation import AugmentationParameters, augment, warp

HEIGHT, WIDTH = PATCH_SIZE
OFF = dict.fromkeys(AugmentationParameters.model_fields, 0.0)
GEOMETRY = ("rotation_degrees", "translation", "skew", "scale", "flip")
ALWAYS_ERASE = AugmentationParameters(**{**OFF, "erase": 1.0, "erase_area": 0.5})


def only(**strengths: float) -> AugmentationParameters:
    """Nothing but these changes."""
    return AugmentationParameters(**{**OFF, **strengths})


def noise_patches(count: int, seed: int = 0) -> Patches:
    random = np.random.default_rng(seed)
    image = random.integers(0, 256, (count, *PATCH_SIZE, 3), dtype=np.uint8)
    return Patches(image, random.normal(size=(count, *PATCH_SIZE, 2)).astype(np.float16))


def plain_patches(count: int, level: int = 128, motion=(0.0, 0.0)) -> Patches:
    """Patches of one level and one motion."""
    image = np.full((count, *PATCH_SIZE, 3), level, np.uint8)
    return Patches(image, np.tile(np.array(motion, np.float16), (count, *PATCH_SIZE, 1)))


def spot_patches(count: int, y: int, x: int) -> Patches:
    """Dark, still patches with a bright square that moves one height a second to the right."""
    patches = plain_patches(count, 0)
    patches.image[:, y - 3 : y + 4, x - 3 : x + 4] = 200
    patches.flow[:, y - 3 : y + 4, x - 3 : x + 4, 0] = 1
    return patches


def about_the_centre(linear) -> np.ndarray:
    centre = np.array([(WIDTH - 1) / 2, (HEIGHT - 1) / 2])
    linear = np.array(linear, float)
    return np.column_stack([linear, centre - linear @ centre])[None]


def middle(weight: np.ndarray) -> np.ndarray:
    """The centre of mass as x and y."""
    y, x = np.mgrid[: weight.shape[0], : weight.shape[1]]
    return np.array([(x * weight).sum(), (y * weight).sum()]) / weight.sum()


def same_patches(one: Patches, other: Patches) -> bool:
    return bool((one.image == other.image).all() and (one.flow == other.flow).all())


def test_without_strength_nothing_changes():
    patches = noise_patches(5)
    assert same_patches(augment(patches, only(), np.random.default_rng(0)), patches)


def test_the_input_is_not_changed():
    patches, kept = noise_patches(4), noise_patches(4)
    changed = augment(patches, AugmentationParameters(), np.random.default_rng(0))
    assert same_patches(patches, kept)
    assert not np.shares_memory(patches.image, changed.image)
    assert not np.shares_memory(patches.flow, changed.flow)


def test_the_same_seed_gives_the_same_patches_and_another_gives_others():
    patches, parameters = noise_patches(6), AugmentationParameters(erase=0.5)
    one, again, other = (augment(patches, parameters, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert same_patches(one, again)
    assert not same_patches(one, other)
    assert (one.image.dtype, one.flow.dtype) == (np.uint8, np.float16)


def test_each_patch_is_changed_in_another_way():
    patches = noise_patches(3)
    patches.image[:], patches.flow[:] = patches.image[0], patches.flow[0]
    changed = augment(patches, AugmentationParameters(), np.random.default_rng(0))
    assert (changed.image[0] != changed.image[1]).any()
    assert (changed.flow[1] != changed.flow[2]).any()


def test_no_patches_give_none():
    assert len(augment(Patches.empty(), AugmentationParameters(), np.random.default_rng(0))) == 0


def test_a_flip_mirrors_the_picture_and_turns_the_sideways_motion_round():
    patches = noise_patches(2)
    flipped = augment(patches, only(flip=1), np.random.default_rng(0))
    assert (flipped.image == patches.image[:, :, ::-1]).all()
    assert (flipped.flow == patches.flow[:, :, ::-1] * np.array([-1, 1], np.float16)).all()


def test_half_of_the_patches_are_flipped():
    patches = plain_patches(400, motion=(1, 0))
    flipped = augment(patches, only(flip=0.5), np.random.default_rng(0)).flow[:, 0, 0, 0] < 0
    assert 160 < flipped.sum() < 240


def test_a_quarter_turn_turns_the_vectors():
    """Right becomes down, and down becomes left, where y points down."""
    turn = about_the_centre([[0, -1], [1, 0]])
    for motion, turned in (((0.5, 0.0), (0.0, 0.5)), ((0.0, 0.5), (-0.5, 0.0)), ((1.0, 2.0), (-2.0, 1.0))):
        found = warp(plain_patches(1, motion=motion), turn).flow
        assert found == pytest.approx(np.broadcast_to(turned, found.shape))


def test_a_quarter_turn_turns_the_picture_the_same_way():
    """What lies to the right of the centre comes to lie below it."""
    patches = spot_patches(1, HEIGHT // 2, WIDTH // 2 + 15)
    turned = warp(patches, about_the_centre([[0, -1], [1, 0]]))
    assert middle(turned.image[0, :, :, 0].astype(float)) == pytest.approx([WIDTH // 2, HEIGHT // 2 + 15], abs=0.1)


def test_growth_and_skew_change_the_vectors_as_they_change_distances():
    patches = plain_patches(1, motion=(0.5, 1.0))
    assert warp(patches, about_the_centre([[2, 0], [0, 2]])).flow[0, 9, 9].tolist() == [1.0, 2.0]
    assert warp(patches, about_the_centre([[1, 0.25], [0, 1]])).flow[0, 9, 9].tolist() == [0.75, 1.0]


@settings(max_examples=30)
@given(st.integers(0, 1000), st.integers(45, 75), st.integers(20, 32))
def test_picture_and_flow_move_together(seed, y, x):
    parameters = only(rotation_degrees=20, translation=0.1, skew=0.2, scale=0.2, flip=0.5)
    moved = augment(spot_patches(1, y, x), parameters, np.random.default_rng(seed))
    picture, motion = moved.image[0, :, :, 0].astype(float), np.linalg.norm(moved.flow[0].astype(float), axis=-1)
    assert middle(picture) == pytest.approx(middle(motion), abs=0.1)


@settings(max_examples=30)
@given(st.integers(0, 1000), st.integers(-8, 8), st.integers(-8, 8))
def test_the_vectors_point_to_the_new_places(seed, across, down):
    """A square and the same square moved, changed alike, lie apart by what the changed flow says."""
    parameters = only(rotation_degrees=20, translation=0.05, skew=0.2, scale=0.2, flip=0.5)
    before, after = spot_patches(1, 60, 26), spot_patches(1, 60 + down, 26 + across)
    before.flow[:] = np.array([across, down]) / HEIGHT
    before, after = (augment(each, parameters, np.random.default_rng(seed)) for each in (before, after))
    way = middle(after.image[0, :, :, 0].astype(float)) - middle(before.image[0, :, :, 0].astype(float))
    assert before.flow[0, 60, 26].astype(float) * HEIGHT == pytest.approx(way, abs=0.2)


def test_shifts_stay_within_their_range_and_repeat_the_border():
    patches = plain_patches(200, 0)
    patches.image[:, :, -1] = 255
    shifted = augment(patches, only(translation=0.2), np.random.default_rng(0)).image[:, 60, :, 0]
    white = (shifted == 255).sum(axis=1)
    assert white.max() <= 1 + 0.2 * WIDTH
    assert white.max() > 0.15 * WIDTH
    assert (shifted[:, 0] == 0).all()


def test_unknown_flow_stays_unknown():
    patches = plain_patches(8)
    assert not augment(patches, AugmentationParameters(), np.random.default_rng(0)).flow.any()


@pytest.mark.parametrize("change", ["blur", "noise", "gamma", "brightness", "colour"])
def test_changes_of_the_picture_leave_the_flow_alone(change):
    patches = noise_patches(6)
    changed = augment(patches, only(**{change: 2.0}), np.random.default_rng(0))
    assert (changed.flow == patches.flow).all()
    assert (changed.image != patches.image).any()


def test_blur_reduces_contrast_and_keeps_the_mean():
    patches = noise_patches(20)
    blurred = augment(patches, only(blur=2), np.random.default_rng(0)).image.astype(float)
    assert blurred.mean() == pytest.approx(patches.image.mean(), abs=0.5)
    contrast = blurred.std(axis=(1, 2, 3))
    assert (contrast <= patches.image.std(axis=(1, 2, 3))).all()
    assert contrast.min() < 20


def test_noise_has_at_most_the_given_deviation():
    changed = augment(plain_patches(60), only(noise=8), np.random.default_rng(0)).image.astype(float) - 128
    deviation = changed.std(axis=(1, 2, 3))
    assert 7 < deviation.max() < 8.3
    assert deviation.min() < 1
    assert np.abs(changed.mean(axis=(1, 2, 3))).max() < 0.3


def test_gamma_and_brightness_change_the_lightness_and_colour_the_rest():
    patches = plain_patches(50, 64)
    dark = augment(patches, only(gamma=0.5), np.random.default_rng(0)).image[:, 0, 0].astype(float)
    exponent = np.log(dark[:, 0] / 255) / np.log(64 / 255)
    assert np.abs(np.log(exponent)).max() == pytest.approx(0.5, abs=0.05)
    assert (dark[:, 1:] == 64).all()
    bright = augment(patches, only(brightness=20), np.random.default_rng(0)).image[:, 0, 0].astype(int) - 64
    assert 15 < np.abs(bright[:, 0]).max() <= 20
    assert (bright[:, 1:] == 0).all()
    shifted = augment(patches, only(colour=10), np.random.default_rng(0)).image[:, 0, 0].astype(int) - 64
    assert (shifted[:, 0] == 0).all()
    assert 7 < np.abs(shifted[:, 1]).max() <= 10
    assert (shifted[:, 1] != shifted[:, 2]).any()


def test_levels_end_at_black_and_white():
    for level in (0, 255):
        strong = only(brightness=100, colour=100, noise=40)
        changed = augment(plain_patches(30, level), strong, np.random.default_rng(0)).image.astype(int)
        assert np.abs(changed - level).max() < 255


def test_erasing_paints_one_rectangle_with_a_colour_of_the_batch():
    patches = plain_patches(50, 10, motion=(1, 1))
    patches.image[::2] = 90
    erased = augment(patches, ALWAYS_ERASE, np.random.default_rng(0))
    hidden = (erased.flow == 0).all(axis=-1)
    for row in range(50):
        ys, xs = np.nonzero(hidden[row])
        assert hidden[row].sum() == (np.ptp(ys) + 1) * (np.ptp(xs) + 1) if len(ys) else True
        assert len(np.unique(erased.image[row][hidden[row]])) <= 1
    assert (erased.image[~hidden] == patches.image[~hidden]).all()
    assert set(np.unique(erased.image[hidden]).tolist()) == {10, 90}
    assert 0.35 < hidden.mean(axis=(1, 2)).max() < 0.52


def test_a_share_of_the_patches_is_erased():
    erased = augment(plain_patches(400, motion=(1, 0)), only(erase=0.25, erase_area=0.3), np.random.default_rng(0))
    assert 70 < (erased.flow == 0).all(axis=-1).any(axis=(1, 2)).sum() < 130
    assert not (
        augment(plain_patches(20, motion=(1, 0)), only(erase=1), np.random.default_rng(0)).flow[..., 0] == 0
    ).any()


def test_the_defaults_are_moderate():
    """What a patch shows stays within it, and its picture stays alike."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    smooth = (128 + 80 * np.sin(y / 15) * np.cos(x / 10)).astype(np.uint8)
    patches = Patches(np.tile(smooth[None, :, :, None], (64, 1, 1, 3)), np.zeros((64, *PATCH_SIZE, 2), np.float16))
    parameters = AugmentationParameters(flip=0, erase=0)
    changed = augment(patches, parameters, np.random.default_rng(0)).image[..., 0].reshape(64, -1).astype(float)
    likeness = [np.corrcoef(each, smooth.ravel())[0, 1] for each in changed]
    assert np.mean(likeness) > 0.8
    assert min(likeness) > 0.5
