"""Features of tracklet pairs and of tracklets: motion compared both ways, appearance, rivals, what lay between.

Lengths are in mean heights of the two ends that would be joined, times in seconds, scores as probabilities: a feature
means the same at every resolution, frame rate and detector. What cannot be known is NaN.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from siamlink.association.pairs.candidates import FrameIndex, Pairs, blocks, ranges
from siamlink.association.pairs.features import rank_among_rivals
from siamlink.association.pairs.scene_statistics import SceneStatistics
from siamlink.association.tracklets.tracklets import TrackletEnd, Tracklets
from siamlink.detectors.base.parameters import Parameters
from siamlink.detectors.boxes import iou_pairs

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BLOCK = 4096
"""Tracklet pairs whose paths are looked at together."""
PATH_STEP_SECONDS = 0.1
"""Between the moments at which a path is compared with what was detected there."""
ON_PATH = 0.35
"""A detection lies on a path when its centre is nearer than this, in heights."""
STRANGERS = 20
"""So many tracklets that begin next are looked at for how alike different people are in this video."""
LONGEST_SECONDS = 4.0
"""Longer tracklets count as this long: nothing more is learned from the length."""

TRACKLET_PAIR_FEATURES = (
    *("gap_seconds", "gap_frames", "distance", "speed_needed"),
    *("forward_x", "forward_top", "forward_foot", "backward_x", "backward_top", "backward_foot"),
    *("misfit", "surprise", "middle_misfit", "velocity_change", "speed_earlier", "speed_later"),
    *("height_change", "overlap"),
    *("seconds_earlier", "seconds_later", "count_earlier", "count_later", "density_earlier", "density_later"),
    *("probability_earlier", "probability_later"),
    *("likeness", "likeness_surprise"),
    *("motion_rank_later", "motion_margin_later", "rivals_later"),
    *("motion_rank_earlier", "motion_margin_earlier", "rivals_earlier"),
    *("likeness_rank_later", "likeness_margin_later", "likeness_rank_earlier", "likeness_margin_earlier"),
    *("gap_rank_later", "gap_rank_earlier"),
    *("hidden", "between"),
    *("border_earlier", "border_later"),
)

_OTHER_WAY = {"earlier": "later", "later": "earlier", "forward": "backward", "backward": "forward"}
_REVERSED = [
    TRACKLET_PAIR_FEATURES.index("_".join(_OTHER_WAY.get(word, word) for word in name.split("_")))
    for name in TRACKLET_PAIR_FEATURES
]

TRACKLET_FEATURES = (
    *("seconds", "count", "density", "mean_probability", "best_probability"),
    *("speed", "extent", "height_surprise", "relative_height", "score_rank", "roughness", "covered"),
)


class TrackletGateParameters(Parameters):
    """What two tracklets must satisfy to be a candidate link. Lengths are in mean heights of the two ends."""

    max_gap_seconds: float = Field(2.5, gt=0, le=60, description="longest time between linked tracklets")
    reach: float = Field(0.5, ge=0, le=10, description="distance allowed at any gap, for jitter of boxes")
    max_speed: float = Field(1.6, gt=0, le=100, description="further distance allowed, in heights a second")
    max_height_change: float = Field(0.5, gt=0, le=3, description="limit on the absolute log ratio of the heights")
    most_candidates: int = Field(
        50,
        ge=1,
        le=10_000,
        description="of more candidates of one end, only those nearest for their time are asked about",
    )


def candidate_tracklet_pairs(tracklets: Tracklets, gate: TrackletGateParameters) -> Pairs:
    """All pairs of tracklets that follow one another within the gap and the gate, by the earlier one, then the later.

    Args:
        tracklets: T tracklets in order of their first frames.
        gate: what a pair must satisfy.
    """
    first, last, rate = tracklets.first, tracklets.last, tracklets.frame_rate
    longest = gate.max_gap_seconds * rate
    start = np.searchsorted(first.frame, last.frame, side="right")
    stop = np.searchsorted(first.frame, last.frame + longest, side="right")
    centre, parts, farness = tracklets.detections.centre.astype(np.float64), [], []
    for some in blocks(stop - start):
        later = ranges(start[some], stop[some])
        earlier = np.repeat(np.arange(len(tracklets))[some], stop[some] - start[some])
        gap = (first.frame[later] - last.frame[earlier]) / rate
        height = (last.height[earlier] + first.height[later]) / 2
        distance = np.hypot(*(centre[first.row[later]] - centre[last.row[earlier]]).T) / height
        change = np.abs(np.log(first.height[later] / last.height[earlier]))
        allowed = gate.reach + gate.max_speed * gap
        passes = (distance < allowed) & (change < gate.max_height_change)
        parts.append(Pairs(earlier[passes], later[passes]))
        farness.append((distance / allowed)[passes])
    if not parts:
        return Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64))
    pairs = Pairs(*(np.concatenate([getattr(part, side) for part in parts]) for side in ("earlier", "later")))
    return _nearest(pairs, np.concatenate(farness), gate.most_candidates)


def _nearest(pairs: Pairs, farness: FloatArray, most: int) -> Pairs:
    """Those of the pairs that are among so many nearest of both their tracklets."""
    if len(pairs) <= most:
        return pairs
    none = np.zeros(len(pairs), np.int64)
    ranks = [rank_among_rivals(farness, side, none)[:, 0] for side in (pairs.earlier, pairs.later)]
    return pairs[np.maximum(*ranks) < most]


def tracklet_pair_features(
    tracklets: Tracklets,
    pairs: Pairs,
    image_size: tuple[int, int] | None = None,
    asked: NDArray[np.intp] | slice = slice(None),
) -> NDArray[np.float32]:
    """The features of `TRACKLET_PAIR_FEATURES`.

    Args:
        tracklets: T tracklets.
        pairs: P candidate pairs; rivals must all be there.
        image_size: width and height in pixels, if known.
        asked: (K,) the pairs whose features are wanted; all of them unless given.

    Returns:
        (K, F) float32, NaN where something is not known.
    """
    every, likeness = _Geometry.of(tracklets, pairs), _likeness(tracklets.descriptor, pairs)
    rivals = _among_rivals(pairs, every, likeness)[asked]
    g, likeness, pairs = every.part(asked), likeness[asked], Pairs(pairs.earlier[asked], pairs.later[asked])
    i, j = pairs.earlier, pairs.later
    first, last = tracklets.first, tracklets.last
    usual, spread = _likeness_of_strangers(tracklets)
    probability = tracklets.mean(tracklets.probability)
    seconds, density = np.minimum(tracklets.seconds, LONGEST_SECONDS), tracklets.density
    count = np.minimum(tracklets.count, 30)
    hidden, between = _what_lay_between(tracklets, pairs)
    middle = g.step - (first.velocity[j] + last.velocity[i]) / 2 * g.gap[:, None] / g.height[:, None]
    columns = [
        g.gap,
        np.minimum(g.gap * tracklets.frame_rate, 30),
        g.distance,
        g.distance / g.gap,
        np.abs(g.forward),
        np.abs(g.backward),
        g.misfit,
        g.misfit / (0.3 + g.gap),
        _length(middle),
        _length((first.velocity[j] - last.velocity[i]) / g.height[:, None]),
        _length(last.velocity[i] / g.height[:, None]),
        _length(first.velocity[j] / g.height[:, None]),
        np.log(first.height[j] / last.height[i]),
        _overlap(tracklets, pairs),
        *(value[side] for value in (seconds, count, density, probability) for side in (i, j)),
        likeness,
        (likeness - usual) / spread,
        rivals,
        hidden,
        between,
        _border_distance(tracklets, last, image_size)[i],
        _border_distance(tracklets, first, image_size)[j],
    ]
    return np.column_stack(columns).astype(np.float32)


def reversed_in_time(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """The features (P, F) that the same pairs would have in the video played backwards."""
    backwards: NDArray[np.float32] = features[:, _REVERSED]
    backwards[:, TRACKLET_PAIR_FEATURES.index("height_change")] *= -1
    return backwards


def without_looks(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """The features (P, F) that the same pairs would have if nobody had looked at them."""
    blind: NDArray[np.float32] = features.copy()
    blind[:, [name.startswith("likeness") for name in TRACKLET_PAIR_FEATURES]] = np.nan
    return blind


def tracklet_features(tracklets: Tracklets, scene: SceneStatistics) -> NDArray[np.float32]:
    """The features of `TRACKLET_FEATURES`: what tells a person from a row of false alarms.

    Args:
        tracklets: T tracklets.
        scene: what all the detections of the scene look like.

    Returns:
        (T, F) float32.
    """
    detections, first, last = tracklets.detections, tracklets.first, tracklets.last
    height = tracklets.mean(detections.height.astype(np.float64))
    travelled = _length((last.place - first.place) / height[:, None])
    speed = travelled / np.maximum(last.seconds - first.seconds, 0.3)
    box = detections.box.astype(np.float64)
    columns = [
        np.minimum(tracklets.seconds, LONGEST_SECONDS),
        np.minimum(tracklets.count, 60),
        tracklets.density,
        tracklets.mean(tracklets.probability),
        tracklets.largest(tracklets.probability),
        speed,
        travelled,
        tracklets.mean(scene.height_surprise(detections)),
        height / scene.median_height,
        tracklets.mean(scene.score_rank(detections)),
        _roughness(tracklets, box) / height,
        tracklets.mean(_covered(tracklets)),
    ]
    return np.column_stack(columns).astype(np.float32)


@dataclass(frozen=True)
class _Geometry:
    """How P pairs lie to each other: seconds between, mean end height in pixels, and lengths in such heights.

    Attributes:
        step: (P, 3) from the earlier's fitted last place to the later's fitted first place: x, top, foot.
        forward: (P, 3) from where the earlier's motion leads to the later's first place.
        backward: (P, 3) from where the later's motion, run back, leads to the earlier's last place.
        distance: (P,) between the outermost boxes' centres.
        misfit: (P,) mean length of forward and backward.
    """

    gap: FloatArray
    height: FloatArray
    step: FloatArray
    forward: FloatArray
    backward: FloatArray
    distance: FloatArray
    misfit: FloatArray

    def part(self, rows: NDArray[np.intp] | slice) -> "_Geometry":
        """That of some of the pairs."""
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
        misfit = (_length(forward) + _length(backward)) / 2
        return cls(gap, height, (place_j - place_i) / height[:, None], forward, backward, distance, misfit)


def _length(vector: FloatArray) -> FloatArray:
    """(P,) the length of (P, 3) x, top, foot: in x and in the mean of both y."""
    length: FloatArray = np.hypot(vector[:, 0], (vector[:, 1] + vector[:, 2]) / 2)
    return length


def _likeness(descriptor: FloatArray, pairs: Pairs) -> FloatArray:
    """(P,) cosine of the pooled descriptors, NaN where one is missing."""
    if not descriptor.shape[1]:
        return np.full(len(pairs), np.nan)
    cosine: FloatArray = np.einsum("pd,pd->p", descriptor[pairs.earlier], descriptor[pairs.later])
    return cosine


def _among_rivals(pairs: Pairs, geometry: _Geometry, likeness: FloatArray) -> FloatArray:
    """(P, 12) how each pair compares with the others of the same tracklet, in columns as the features name them."""
    i, j, none = pairs.earlier, pairs.later, np.zeros(len(pairs), np.int64)
    return np.column_stack(
        [
            rank_among_rivals(geometry.misfit, i, none),
            rank_among_rivals(geometry.misfit, j, none),
            *(_likeness_among_rivals(likeness, side) for side in (i, j)),
            rank_among_rivals(geometry.gap, i, none)[:, :1],
            rank_among_rivals(geometry.gap, j, none)[:, :1],
        ]
    )


def _likeness_among_rivals(likeness: FloatArray, owner: NDArray[np.int64]) -> FloatArray:
    """(P, 2) rank and margin of the likeness among pairs of the same tracklet (P,); NaN where it is not known."""
    compared = rank_among_rivals(-likeness, owner, np.zeros(len(owner), np.int64))[:, :2]
    compared[np.isnan(likeness)] = np.nan
    return compared


def _likeness_of_strangers(tracklets: Tracklets) -> tuple[float, float]:
    """Mean and standard deviation of the likeness of tracklets that are there at the same time: never one person."""
    count, parts = len(tracklets), []
    for offset in range(1, STRANGERS + 1):
        one = np.arange(max(count - offset, 0))
        one = one[tracklets.first.frame[one + offset] <= tracklets.last.frame[one]]
        parts.append(_likeness(tracklets.descriptor, Pairs(one, one + offset)))
    likeness = np.concatenate(parts)
    likeness = likeness[np.isfinite(likeness)]
    if len(likeness) < 10:
        return np.nan, np.nan
    return float(likeness.mean()), max(float(likeness.std()), 0.02)


def _overlap(tracklets: Tracklets, pairs: Pairs) -> FloatArray:
    """(P,) intersection over union of the outermost boxes."""
    box = tracklets.detections.box
    return iou_pairs(box[tracklets.last.row[pairs.earlier]], box[tracklets.first.row[pairs.later]])


def _what_lay_between(tracklets: Tracklets, pairs: Pairs) -> tuple[FloatArray, FloatArray]:
    """What other tracklets do on the straight path from one to the other, looked at every tenth of a second.

    Returns:
        (P,) the share of the moments with a detection of any other tracklet on the path, which may have hidden the
        person; and the largest share held by one tracklet that fits wholly between, which may be the true next one.
    """
    detections, first, last = tracklets.detections, tracklets.first, tracklets.last
    frame, centre = detections.frame[tracklets.member].astype(np.int64), detections.centre.astype(np.float64)
    index = FrameIndex(frame, centre[tracklets.member, 0])
    hidden, between = np.zeros(len(pairs)), np.zeros(len(pairs))
    stride = max(1, round(PATH_STEP_SECONDS * tracklets.frame_rate))
    steps = (first.frame[pairs.later] - last.frame[pairs.earlier] - 1) // stride
    for begin in range(0, len(pairs), BLOCK):
        rows = np.arange(begin, min(begin + BLOCK, len(pairs)))
        pair = np.repeat(rows, steps[rows])
        if not len(pair):
            continue
        ends = np.cumsum(steps[rows])
        step = (np.arange(len(pair)) - np.repeat(ends - steps[rows], steps[rows]) + 1) * stride
        i, j = pairs.earlier[pair], pairs.later[pair]
        share = step / (first.frame[j] - last.frame[i])
        start, stop = centre[last.row[i]], centre[first.row[j]]
        point = start + (stop - start) * share[:, None]
        height = last.height[i] + (first.height[j] - last.height[i]) * share
        question, found = index.within(last.frame[i] + step, point[:, 0], ON_PATH * height)
        found = tracklets.member[found]
        offset = centre[found] - point[question]
        near = np.hypot(offset[:, 0], offset[:, 1]) < ON_PATH * height[question]
        question, owner = question[near], tracklets.owner[found[near]]
        np.add.at(hidden, pair[np.unique(question)], 1)
        inside = (first.frame[owner] > last.frame[i[question]]) & (last.frame[owner] < first.frame[j[question]])
        key, hits = np.unique(pair[question[inside]] * len(tracklets) + owner[inside], return_counts=True)
        np.maximum.at(between, key // len(tracklets), hits)
    return hidden / np.maximum(steps, 1), between / np.maximum(steps, 1)


def _border_distance(tracklets: Tracklets, end: TrackletEnd, image_size: tuple[int, int] | None) -> FloatArray:
    """(T,) from the outermost box to the nearest side of the image, in heights; negative beyond it."""
    if image_size is None:
        return np.full(len(tracklets), np.nan)
    box = tracklets.detections.box[end.row].astype(np.float64)
    beside = np.minimum(box[:, 0], image_size[0] - box[:, 2])
    distance: FloatArray = np.clip(np.minimum(beside, image_size[1] - box[:, 3]) / end.height, -1, 3)
    return distance


def _roughness(tracklets: Tracklets, box: FloatArray) -> FloatArray:
    """(T,) mean second difference of the centre and height between consecutive detections, in pixels."""
    member, start = tracklets.member, tracklets.start
    state = np.column_stack([(box[:, 0] + box[:, 2]) / 2, box[:, 3], box[:, 3] - box[:, 1]])[member]
    bend = np.zeros(len(tracklets.detections))
    if len(member) > 2:
        bend[member[1:-1]] = np.abs(state[2:] - 2 * state[1:-1] + state[:-2]).sum(axis=1)
    bend[member[start[:-1]]] = 0
    bend[member[start[1:] - 1]] = 0
    total = tracklets.mean(bend) * tracklets.count
    roughness: FloatArray = np.where(tracklets.count > 2, total / np.maximum(tracklets.count - 2, 1), np.nan)
    return roughness


def _covered(tracklets: Tracklets) -> FloatArray:
    """(N,) the largest share of each detection's box that another box of its frame, of any tracklet, covers."""
    detections = tracklets.detections
    box, frame = detections.box.astype(np.float64), detections.frame.astype(np.int64)
    index = FrameIndex(frame, (box[:, 0] + box[:, 2]) / 2)
    width = box[:, 2] - box[:, 0]
    reach = (width + width.max(initial=0)) / 2
    covered = np.zeros(len(detections))
    for begin in range(0, len(detections), BLOCK):
        rows = slice(begin, begin + BLOCK)
        question, found = index.within(frame[rows], (box[rows, 0] + box[rows, 2]) / 2, reach[rows])
        question = question + begin
        other = (question != found) & (tracklets.owner[found] >= 0)
        question, found = question[other], found[other]
        sides = np.minimum(box[question, 2:], box[found, 2:]) - np.maximum(box[question, :2], box[found, :2])
        area = (box[question, 2:] - box[question, :2]).prod(axis=1)
        np.maximum.at(covered, question, np.clip(sides, 0, None).prod(axis=1) / area)
    return covered
