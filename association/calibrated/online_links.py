"""Links between open tracks and the detections of a new frame."""

from dataclasses import dataclass, replace

import numpy as np

from siamlink.association.calibrated.likelihood import LinkModel, Links
from siamlink.association.calibrated.motion import own_size
from siamlink.association.calibrated.online_statistics import NewDetections, WindowStatistics
from siamlink.association.calibrated.online_tracks import STATE, OpenTracks
from siamlink.association.calibrated.program import best_links, best_other
from siamlink.association.calibrated.rates import Rates
from siamlink.association.calibrated.rivals import best_rivals
from siamlink.association.calibrated.rounds import STRONG
from siamlink.association.calibrated.scene import Scene
from siamlink.association.calibrated.states import BACKWARD_PRIOR, States
from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray

DOUBT = 6.0
"""Nats; a link is in doubt if the ratio of another one at one of its ends is less than this below its own."""


@dataclass(frozen=True)
class Continuations:
    """The links between open tracks and N new detections.

    Attributes:
        row: (N,) the row of the track that each detection continues, -1 for none.
        ratio: (N,) the ratio of that link, 0 for none.
        rival: (N,) the gain of the best change without that link, see `best_rivals`.
        jumped: (N,) the probability of a jump of the box, 0 without a link.
        in_doubt: whether one of these links is not much more likely than another one.
    """

    row: IntArray
    ratio: FloatArray
    rival: FloatArray
    jumped: FloatArray
    in_doubt: bool


def best_continuations(
    tracks: OpenTracks, new: NewDetections, frame: int, statistics: WindowStatistics
) -> Continuations:
    """The most likely links between T open tracks and N new detections.

    Args:
        tracks: the open tracks.
        new: the detections of the new frame.
        frame: its number.
        statistics: of the recent past.
    """
    old, count = len(tracks), len(new.scene)
    row, ratio, rival, jumped = np.full(count, -1, np.int64), *np.zeros((3, count))
    if not old:
        return Continuations(row, ratio, rival, jumped, in_doubt=False)
    gap = (frame - tracks["last_frame"]) // statistics.stride
    scene = _joint_scene(new, tracks, gap, statistics.longest)
    exits = np.concatenate([statistics.exit_rate(tracks["group"], tracks["count"]), np.full(count, 0.5)])
    rates = Rates(
        exit=exits,
        log_entry=np.concatenate([np.zeros(old), new.log_entry]),
        log_gap=statistics.log_gap,
        mean_gap=statistics.mean_gap,
        log_density=exits,
        classes=statistics.classes,
    )
    forward, backward = _joint_states(tracks, new, statistics)
    model = LinkModel(scene, statistics.motion, rates, forward, backward, statistics.longest, statistics.table)
    i, j = np.divmod(np.arange(old * count), count)
    links = model.links(*model.near(i, j + old))
    successor = _strong_first(scene, links, new.probability[links.later - old] >= STRONG)
    used = np.flatnonzero(successor[links.earlier] == links.later)
    chosen = links.later[used] - old
    row[chosen], ratio[chosen], jumped[chosen] = links.earlier[used], links.ratio[used], links.jumped[used]
    of_link = np.zeros(len(scene))
    of_link[links.earlier[used]] = links.ratio[used]
    rival[chosen] = best_rivals(links, successor, of_link)[links.earlier[used]]
    other = np.maximum(*(best_other(node, links.ratio, len(scene))[used] for node in (links.earlier, links.later)))
    return Continuations(row, ratio, rival, jumped, bool((links.ratio[used] - other < DOUBT).any()))


def _strong_first(scene: Scene, links: Links, strong: BoolArray) -> IntArray:
    """(T + N,) the next detection of each track, -1 for none: weak detections continue what strong ones leave.

    Args:
        scene: T tracks and N detections.
        links: P candidates.
        strong: (P,) whether the detection of each is probably an object.
    """
    successor, _ = best_links(scene, links[strong])
    weak, _ = best_links(scene, links[~strong & (successor[links.earlier] < 0)])
    return np.where(successor >= 0, successor, weak)


def _joint_scene(new: NewDetections, tracks: OpenTracks, gap: IntArray, now: int) -> Scene:
    """A scene of T tracks, some steps (T,) before the step `now`, and the N new detections; only what links need."""
    return replace(
        new.scene,
        step=np.concatenate([now - gap, np.full(len(new.scene), now)]),
        unit=np.concatenate([tracks["unit"], new.scene.unit]),
        extent=np.concatenate([np.exp(tracks["place"][:, 2:]), new.scene.extent]),
        code=np.concatenate([tracks["code"], new.code]),
    )


def _joint_states(tracks: OpenTracks, new: NewDetections, statistics: WindowStatistics) -> tuple[States, States]:
    """Forward and backward states of T tracks and then N new detections.

    The backward state of a new detection is its box, with an unknown velocity.
    """
    none, blank = np.zeros((len(new.scene), 4)), np.zeros((len(tracks), 4))
    spread = statistics.motion.velocity_spread**2 * own_size(new.scene) * BACKWARD_PRIOR
    back = new.scene.place, none, new.variance, none, spread
    forward = States(*(np.concatenate([tracks[name], none]) for name in STATE))
    return forward, States(*(np.concatenate([blank, column]) for column in back))
