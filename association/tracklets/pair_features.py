"""Features of pairs of tracklets: motion in both directions, appearance, rank among rivals, what lies between.

Lengths are in mean box heights of the two ends that would be joined, times in seconds, scores as probabilities, so
that a feature means the same at every resolution, frame rate and detector. A value that is not known is NaN.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamlink.association.pairs.candidates import Pairs
from siamlink.association.pairs.columns import column_array
from siamlink.association.tracklets.candidates import rank_of_tracklet
from siamlink.association.tracklets.features import LONGEST_SECONDS, vector_length
from siamlink.association.tracklets.path_occupancy import path_occupancy
from siamlink.association.tracklets.tracklets import TrackletEnd, Tracklets
from siamlink.detectors.base.arrays import FloatArray, IntArray
from siamlink.detectors.base.machine_code import compiled
from siamlink.detectors.boxes import iou_pairs

Columns = dict[str, NDArray[Any]]
"""Feature name to values (P,)."""
LOOPS = "siamlink.association.tracklets.feature_loops"
IMPOSTORS = 20
"""Each tracklet is compared with this many that begin after it to learn how similar different objects are."""
TRACKLET_PAIR_FEATURES = (
    *("gap_seconds", "gap_frames", "distance", "speed_needed"),
    *("forward_x", "forward_top", "forward_foot", "backward_x", "backward_top", "backward_foot"),
    *("misfit", "misfit_rate", "middle_misfit", "velocity_change", "speed_earlier", "speed_later"),
    *("height_change", "overlap"),
    *("seconds_earlier", "seconds_later", "count_earlier", "count_later", "density_earlier", "density_later"),
    *("probability_earlier", "probability_later"),
    *("similarity", "similarity_deviation"),
    *("motion_rank_later", "motion_margin_later", "rivals_later"),
    *("motion_rank_earlier", "motion_margin_earlier", "rivals_earlier"),
    *("similarity_rank_later", "similarity_margin_later", "similarity_rank_earlier", "similarity_margin_earlier"),
    *("gap_rank_later", "gap_rank_earlier"),
    *("hidden", "between"),
    *("border_earlier", "border_later"),
)

_PLACE = {name: place for place, name in enumerate(TRACKLET_PAIR_FEATURES)}
_MIRRORED = {"earlier": "later", "later": "earlier", "forward": "backward", "backward": "forward"}
_REVERSED = [_PLACE["_".join(_MIRRORED.get(word, word) for word in name.split("_"))] for name in TRACKLET_PAIR_FEATURES]


def tracklet_pair_features(
    tracklets: Tracklets,
    pairs: Pairs,
    image_size: tuple[int, int] | None = None,
    rows: NDArray[np.intp] | slice = slice(None),
) -> NDArray[np.float32]:
    """The features of `TRACKLET_PAIR_FEATURES`.

    Args:
        tracklets: T tracklets.
        pairs: P candidate pairs; must contain all rivals of each pair.
        image_size: width and height in pixels, if known.
        rows: (K,) the pairs whose features are returned; by default all of them.

    Returns:
        (K, F) float32; NaN where a value is not known.
    """
    chosen = Pairs(pairs.earlier[rows], pairs.later[rows])
    if loops := compiled(LOOPS, len(pairs)):
        return _by_loops(loops, tracklets, pairs, image_size, rows, chosen)
    geometry = _Geometry.of(tracklets, pairs)
    columns = {
        **_motion_columns(tracklets, chosen, geometry.part(rows)),
        **_other_columns(tracklets, pairs, geometry.misfit, geometry.gap, rows, chosen, image_size),
    }
    return column_array(columns, TRACKLET_PAIR_FEATURES)


def _by_loops(
    loops: Any,
    tracklets: Tracklets,
    pairs: Pairs,
    image_size: tuple[int, int] | None,
    rows: NDArray[np.intp] | slice,
    chosen: Pairs,
) -> NDArray[np.float32]:
    """What `tracklet_pair_features` returns, by compiled loops."""
    first, last, rate = tracklets.first, tracklets.last, float(tracklets.frame_rate)
    ends = tuple(vars(first).values()), tuple(vars(last).values())
    box = np.ascontiguousarray(tracklets.detections.box)
    geometry = loops.geometry(box, *ends, *map(np.ascontiguousarray, (pairs.earlier, pairs.later)), rate)
    i, j = map(np.ascontiguousarray, (chosen.earlier, chosen.later))
    features = np.empty((len(i), len(TRACKLET_PAIR_FEATURES)), np.float32)
    loops.motion_features(np.ascontiguousarray(geometry[:, rows]), box, *ends, i, j, rate, features)
    features[:, _PLACE["height_change"]] = np.log(first.height[j] / last.height[i])
    for name, values in _other_columns(tracklets, pairs, geometry[3], geometry[0], rows, chosen, image_size).items():
        features[:, _PLACE[name]] = values
    return features


def _other_columns(
    tracklets: Tracklets,
    pairs: Pairs,
    misfit: FloatArray,
    gap: FloatArray,
    rows: NDArray[np.intp] | slice,
    chosen: Pairs,
    image_size: tuple[int, int] | None,
) -> Columns:
    """The columns of K chosen ones of P pairs that are not of `_motion_columns`, by the misfit and the gap of all."""
    similarity = _similarity(tracklets.descriptor, pairs)
    rank_columns = _rank_columns(pairs, misfit, gap, similarity)
    mean, deviation = _impostor_similarity(tracklets)
    hidden, between = path_occupancy(tracklets, chosen)
    return {
        **_tracklet_columns(tracklets, chosen),
        "similarity": similarity[rows],
        "similarity_deviation": (similarity[rows] - mean) / deviation,
        **{name: values[rows] for name, values in rank_columns.items()},
        "hidden": hidden,
        "between": between,
        "border_earlier": _border_distance(tracklets, tracklets.last, image_size)[chosen.earlier],
        "border_later": _border_distance(tracklets, tracklets.first, image_size)[chosen.later],
    }


def _motion_columns(tracklets: Tracklets, pairs: Pairs, geometry: "_Geometry") -> Columns:
    """Where the ends of P pairs lie, and how well their motion leads from one to the other."""
    g, height = geometry, geometry.height[:, None]
    before, after = tracklets.last.velocity[pairs.earlier], tracklets.first.velocity[pairs.later]
    forward, backward = np.abs(g.forward), np.abs(g.backward)
    return {
        "gap_seconds": g.gap,
        "gap_frames": np.minimum(g.gap * tracklets.frame_rate, 30),
        "distance": g.distance,
        "speed_needed": g.distance / g.gap,
        "forward_x": forward[:, 0],
        "forward_top": forward[:, 1],
        "forward_foot": forward[:, 2],
        "backward_x": backward[:, 0],
        "backward_top": backward[:, 1],
        "backward_foot": backward[:, 2],
        "misfit": g.misfit,
        "misfit_rate": g.misfit / (0.3 + g.gap),
        "middle_misfit": vector_length(g.step - (after + before) / 2 * g.gap[:, None] / height),
        "velocity_change": vector_length((after - before) / height),
        "speed_earlier": vector_length(before / height),
        "speed_later": vector_length(after / height),
        "height_change": np.log(tracklets.first.height[pairs.later] / tracklets.last.height[pairs.earlier]),
        "overlap": _overlap(tracklets, pairs),
    }


def _tracklet_columns(tracklets: Tracklets, pairs: Pairs) -> Columns:
    """Length, density and probability of both tracklets of P pairs."""
    values = {
        "seconds": np.minimum(tracklets.seconds, LONGEST_SECONDS),
        "count": np.minimum(tracklets.count, 30),
        "density": tracklets.density,
        "probability": tracklets.mean(tracklets.probability),
    }
    sides = {"earlier": pairs.earlier, "later": pairs.later}
    return {f"{name}_{side}": value[rows] for name, value in values.items() for side, rows in sides.items()}


def reversed_columns(columns: NDArray[Any]) -> NDArray[Any]:
    """Columns (P, F) of the features in the order of those that they are in the video played backwards."""
    return columns[:, _REVERSED]


def reversed_in_time(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """The features (P, F) that the same pairs would have in the video played backwards."""
    backwards: NDArray[np.float32] = reversed_columns(features)
    backwards[:, _PLACE["height_change"]] *= -1
    return backwards


def without_appearance(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """The features (P, F) that the same pairs would have without an appearance model."""
    masked: NDArray[np.float32] = features.copy()
    masked[:, [name.startswith("similarity") for name in TRACKLET_PAIR_FEATURES]] = np.nan
    return masked


@dataclass(frozen=True)
class _Geometry:
    """Relative position and motion of P pairs; places are x of the centre, y of the top and y of the foot.

    Attributes:
        gap: (P,) seconds from the end of the earlier tracklet to the beginning of the later one.
        height: (P,) mean of the two end heights in pixels; the unit of the lengths below.
        step: (P, 3) from the fitted last place of the earlier one to the fitted first place of the later one.
        forward: (P, 3) extrapolated place of the earlier one less the first place of the later one.
        backward: (P, 3) place of the later one extrapolated backwards less the last place of the earlier one.
        distance: (P,) between the centres of the outermost boxes.
        misfit: (P,) mean length of `forward` and `backward`.
    """

    gap: FloatArray
    height: FloatArray
    step: FloatArray
    forward: FloatArray
    backward: FloatArray
    distance: FloatArray
    misfit: FloatArray

    def part(self, rows: NDArray[np.intp] | slice) -> "_Geometry":
        """The geometry of some of the pairs."""
        return _Geometry(**{name: value[rows] for name, value in vars(self).items()})

    @classmethod
    def of(cls, tracklets: Tracklets, pairs: Pairs) -> "_Geometry":
        first, last, rate = tracklets.first, tracklets.last, tracklets.frame_rate
        i, j = pairs.earlier, pairs.later
        gap = (first.frame[j] - last.frame[i]) / rate
        height = (last.height[i] + first.height[j]) / 2
        centre = tracklets.detections.centre.astype(np.float64)
        begin, end = first.frame / rate, last.frame / rate
        place_i, place_j = last.at(end[i], i), first.at(begin[j], j)
        forward = (last.at(begin[j], i) - place_j) / height[:, None]
        backward = (first.at(end[i], j) - place_i) / height[:, None]
        distance = np.hypot(*(centre[first.row[j]] - centre[last.row[i]]).T) / height
        misfit = (vector_length(forward) + vector_length(backward)) / 2
        return cls(gap, height, (place_j - place_i) / height[:, None], forward, backward, distance, misfit)


def _similarity(descriptor: FloatArray, pairs: Pairs) -> FloatArray:
    """(P,) cosine of the pooled descriptors, NaN where one is missing."""
    if not descriptor.shape[1]:
        return np.full(len(pairs), np.nan)
    cosine: FloatArray = np.einsum("pd,pd->p", descriptor[pairs.earlier], descriptor[pairs.later])
    return cosine


def _rank_columns(pairs: Pairs, misfit: FloatArray, gap: FloatArray, similarity: FloatArray) -> Columns:
    """How each of P pairs compares with the other pairs of the same tracklet.

    `later` stands for the rank of the later tracklet among the candidates of the earlier one, and the other way round.
    """
    i, j = pairs.earlier, pairs.later
    motion_i, motion_j = rank_of_tracklet(misfit, i), rank_of_tracklet(misfit, j)
    similarity_i, similarity_j = _rank_by_similarity(similarity, i), _rank_by_similarity(similarity, j)
    return {
        "motion_rank_later": motion_i[:, 0],
        "motion_margin_later": motion_i[:, 1],
        "rivals_later": motion_i[:, 2],
        "motion_rank_earlier": motion_j[:, 0],
        "motion_margin_earlier": motion_j[:, 1],
        "rivals_earlier": motion_j[:, 2],
        "similarity_rank_later": similarity_i[:, 0],
        "similarity_margin_later": similarity_i[:, 1],
        "similarity_rank_earlier": similarity_j[:, 0],
        "similarity_margin_earlier": similarity_j[:, 1],
        "gap_rank_later": rank_of_tracklet(gap, i)[:, 0],
        "gap_rank_earlier": rank_of_tracklet(gap, j)[:, 0],
    }


def _rank_by_similarity(similarity: FloatArray, owner: IntArray) -> FloatArray:
    """(P, 2) rank and margin of the similarity among pairs of the same tracklet (P,); NaN where it is not known."""
    if (unknown := np.isnan(similarity)).all():
        return np.full((len(similarity), 2), np.nan)
    ranks = rank_of_tracklet(-similarity, owner)[:, :2]
    ranks[unknown] = np.nan
    return ranks


def _impostor_similarity(tracklets: Tracklets) -> tuple[float, float]:
    """Mean and standard deviation of the similarity of impostor pairs: tracklets that exist at the same time."""
    if not tracklets.descriptor.shape[1]:
        return np.nan, np.nan
    count, parts = len(tracklets), []
    for offset in range(1, IMPOSTORS + 1):
        one = np.arange(max(count - offset, 0))
        one = one[tracklets.first.frame[one + offset] <= tracklets.last.frame[one]]
        parts.append(_similarity(tracklets.descriptor, Pairs(one, one + offset)))
    similarity = np.concatenate(parts)
    similarity = similarity[np.isfinite(similarity)]
    if len(similarity) < 10:
        return np.nan, np.nan
    return float(similarity.mean()), max(float(similarity.std()), 0.02)


def _overlap(tracklets: Tracklets, pairs: Pairs) -> FloatArray:
    """(P,) intersection over union of the last box of the earlier one and the first box of the later one."""
    box = tracklets.detections.box
    return iou_pairs(box[tracklets.last.row[pairs.earlier]], box[tracklets.first.row[pairs.later]])


def _border_distance(tracklets: Tracklets, end: TrackletEnd, image_size: tuple[int, int] | None) -> FloatArray:
    """(T,) distance of an end's outermost box to the left, right or lower image border, in heights; below 0 outside."""
    if image_size is None:
        return np.full(len(tracklets), np.nan)
    box = tracklets.detections.box[end.row].astype(np.float64)
    horizontal = np.minimum(box[:, 0], image_size[0] - box[:, 2])
    distance: FloatArray = np.clip(np.minimum(horizontal, image_size[1] - box[:, 3]) / end.height, -1, 3)
    return distance
