"""The place of a template in a search region."""

from typing import NamedTuple

import numpy as np

from siamlink.association.search.network import MARGIN, STRIDE, TEMPLATE_SIZE, Template
from siamlink.detectors.base.arrays import Float32Array, FloatArray


class Peak(NamedTuple):
    """Where a template fits best.

    Attributes:
        shift: (2,) x, y in patch pixels from the box of the region.
        score: mean cosine of the features there.
        margin: how much lower the best score is that lies at least half a template away.
    """

    shift: FloatArray
    score: float
    margin: float


def response(template: Template, maps: Float32Array) -> FloatArray:
    """(2 V + 1, 2 H + 1) the weighted mean cosine of a template with the maps (C, h, w) of a region at each shift.

    The shifts are -V to V positions down and -H to H to the right. The products are small on purpose: the threads that
    a numerical library begins for larger ones take several times more processor time than these.
    """
    (height, width), (down, right) = TEMPLATE_SIZE, (margin // STRIDE for margin in MARGIN)
    rows, columns = 2 * down + 1, 2 * right + 1
    weighted = (template.maps * template.weight.astype(np.float32)).transpose(1, 2, 0)
    by_row = np.ascontiguousarray(maps.transpose(1, 0, 2))
    total = np.zeros((rows, columns))
    for y in range(height):
        cosine = weighted[y] @ by_row[y : y + rows]  # (rows, tw, w) of a row of the template with rows of the region
        for x in range(width):
            total += cosine[:, x, x : x + columns]
    return total


def find_peak(scores: FloatArray) -> Peak:
    """The largest of the scores (2 V + 1, 2 H + 1), to a fraction of a position by the parabola through neighbours."""
    y, x = (int(each) for each in np.unravel_index(int(scores.argmax()), scores.shape))
    place = np.array([x + _vertex(scores[y], x), y + _vertex(scores[:, x], y)])
    middle = (np.array(scores.shape[::-1]) - 1) / 2
    far = np.hypot(
        (np.arange(scores.shape[1]) - x) / TEMPLATE_SIZE[1] * 2,
        ((np.arange(scores.shape[0]) - y) / TEMPLATE_SIZE[0] * 2)[:, None],
    )
    other = scores[far >= 1]
    best = float(scores[y, x])
    return Peak((place - middle) * STRIDE, best, best - float(other.max(initial=-1.0)))


def _vertex(scores: FloatArray, place: int) -> float:
    """Where the parabola through a maximum and its neighbours is highest, relative to it; 0 at the border."""
    if not 0 < place < len(scores) - 1:
        return 0.0
    before, here, after = scores[place - 1 : place + 2]
    bend = before - 2 * here + after
    return float((before - after) / (2 * bend)) if bend < 0 else 0.0
