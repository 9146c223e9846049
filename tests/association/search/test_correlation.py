"""A template is found where it lies, to a fraction of a position."""

import cv2
import numpy as np
import pytest

from siamlink.association.appearance.loading import SHIPPED
from siamlink.association.appearance.patches import crop_patches
from siamlink.association.search.correlation import find_peak, response
from siamlink.association.search.network import (
    MARGIN,
    REGION_SIZE,
    STRIDE,
    TEMPLATE_SIZE,
    SearchNetwork,
    Template,
    cut_regions,
)

RANDOM = np.random.default_rng(3)
STREET = cv2.GaussianBlur(RANDOM.integers(0, 256, (300, 500, 3), dtype=np.uint8), (0, 0), 4)
STREET = cv2.normalize(STREET, None, 0, 255, cv2.NORM_MINMAX)
BOX = np.array([[200.0, 100.0, 240.0, 190.0]])


@pytest.fixture(scope="module")
def network() -> SearchNetwork:
    return SearchNetwork(SHIPPED)


def test_the_middle_of_a_region_is_the_patch_of_its_box():
    region = cut_regions(STREET, BOX)[0]
    assert region.shape == (*REGION_SIZE, 3)
    middle = region[MARGIN[0] : -MARGIN[0], MARGIN[1] : -MARGIN[1]].astype(int)
    assert np.abs(middle - crop_patches(STREET, BOX)[0]).max() <= 1


def test_a_template_is_found_in_its_own_region(network):
    maps = network.maps(cut_regions(STREET, BOX))[0]
    peak = find_peak(response(network.template(STREET, BOX[0]), maps))
    assert peak.score == pytest.approx(1)
    assert peak.shift == pytest.approx([0, 0], abs=1)
    assert peak.margin > 0


def test_the_response_is_the_weighted_mean_cosine_at_each_shift():
    (height, width), (down, right) = TEMPLATE_SIZE, (margin // STRIDE for margin in MARGIN)
    random = np.random.default_rng(5)
    maps = random.normal(size=(4, height + 2 * down, width + 2 * right)).astype(np.float32)
    weight = random.random((height, width))
    template = Template(random.normal(size=(4, height, width)).astype(np.float32), weight)
    scores = response(template, maps)
    assert scores.shape == (2 * down + 1, 2 * right + 1)
    for y, x in ((0, 0), (down, right), (3, 5), (2 * down, 2 * right)):
        there = maps[:, y : y + height, x : x + width].astype(float)
        assert scores[y, x] == pytest.approx((weight * (template.maps * there).sum(0)).sum(), abs=1e-4)


@pytest.mark.parametrize("moved", [(0, 0), (14, 0), (-21, 9), (5, -30), (2.5, 1.25)])
def test_what_has_moved_is_found_within_a_twentieth_of_its_height(network, moved):
    template = network.template(STREET, BOX[0])
    expected = BOX - np.tile(moved, 2)  # the object lies at BOX, seen from there
    peak = find_peak(response(template, network.maps(cut_regions(STREET, expected))[0]))
    pixels = peak.shift * (BOX[0, 2:] - BOX[0, :2]) / (53, 121)
    assert pixels == pytest.approx(moved, abs=4.5)


def test_the_best_score_far_away_is_no_neighbour_of_the_peak():
    scores = np.zeros((17, 13))
    scores[8, 6], scores[8, 7], scores[1, 2] = 1.0, 0.9, 0.4
    peak = find_peak(scores)
    assert peak.score == 1
    assert peak.margin == pytest.approx(0.6)
    assert 0 < peak.shift[0] < STRIDE / 2
    assert peak.shift[1] == 0


def test_a_peak_at_the_border_stays_there():
    scores = np.zeros((17, 13))
    scores[0, 12] = 1.0
    assert find_peak(scores).shift.tolist() == [MARGIN[1], -MARGIN[0]]


def test_what_looks_the_same_at_another_time_counts_less(network):
    image = STREET.copy()
    image[110:180, 205:235] = RANDOM.integers(0, 256, (70, 30, 3), dtype=np.uint8)  # the object within its box
    weight = network.template(image, BOX[0], other=STREET).weight
    alone = network.template(image, BOX[0]).weight
    assert weight.sum() == pytest.approx(1)
    assert weight[6:10, 2:5].sum() > 1.1 * alone[6:10, 2:5].sum()
    assert network.template(image, BOX[0], other=image).weight == pytest.approx(alone, rel=1e-3)


def test_an_object_is_found_before_another_background(network):
    shown = cv2.GaussianBlur(RANDOM.integers(0, 256, (90, 40, 3), dtype=np.uint8), (0, 0), 2)
    first, second = STREET.copy(), STREET.copy()
    first[100:190, 200:240], second[104:194, 226:266] = shown, shown
    template = network.template(first, BOX[0], other=STREET)
    peak = find_peak(response(template, network.maps(cut_regions(second, BOX))[0]))
    assert peak.shift * (40 / 53, 90 / 121) == pytest.approx([26, 4], abs=3)
