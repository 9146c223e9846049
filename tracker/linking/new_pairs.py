"""Candidate pairs with new detections, and their probabilities by context, block by block.

The features of all pairs of a long video do not fit into memory at once: those of a pair take 88 bytes, what is kept of
it 32.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from siamlink.association.pairs.candidates import Pairs, candidate_pairs
from siamlink.association.pairs.classes import NEVER, add_evidence
from siamlink.association.pairs.features import Motion, pair_features, past_motion
from siamlink.association.pairs.scene_statistics import SceneStatistics
from siamlink.detectors.base.arrays import FloatArray, IntArray
from siamlink.detectors.detections import Detections
from siamlink.tracker.linking.processed_frames import ProcessedFrames
from siamlink.tracker.linking.protocol import TrackerSetup

BLOCK = 10_000
"""Detections whose pairs are scored together, at least."""


class NewPairs(NamedTuple):
    """Q candidate pairs with new detections.

    Attributes:
        pairs: by gap, then by the earlier and the later detection.
        class_nats: (Q,) the evidence of their classes, in nats.
        context: (Q,) how probable each is by context.
        features: (Q, F) of the pairs; None where they are not kept.
    """

    pairs: Pairs
    class_nats: FloatArray
    context: FloatArray
    features: NDArray[np.float32] | None


class PairScorer:
    """Scores the pairs of new detections.

    Args:
        scene: statistics of all detections.
        setup: frame rate, settings and models.
        processed: gaps are counted in the steps of these frames.
        keeps_features: whether the features are kept; then all pairs are one block.
    """

    def __init__(
        self, scene: SceneStatistics, setup: TrackerSetup, processed: ProcessedFrames, keeps_features: bool
    ) -> None:
        self._scene, self._setup, self._processed, self._keeps = scene, setup, processed, keeps_features
        self._rate = setup.frame_rate / processed.stride

    def score(self, detections: Detections, motion: Motion) -> tuple[NewPairs, Motion]:
        """The pairs that lead to new detections, and the motion of all.

        Args:
            detections: N of them.
            motion: of the first ones, which are not new.
        """
        count, known = len(detections), len(motion.support)
        every = Motion(np.empty((count, 2)), np.empty(count))
        every.velocity[:known], every.support[:known] = motion.velocity, motion.support
        step, parts, gaps = self._processed.at_steps(detections).frame, list[NewPairs](), list[IntArray]()
        longest = self._setup.parameters.gate.gap_frames(self._rate)
        while known < count or not parts:
            stop = count
            if not self._keeps and known + BLOCK < count:
                stop = int(np.searchsorted(step, step[known + BLOCK]))
                stop = stop if stop > known else int(np.searchsorted(step, step[known], "right"))
            oldest = int(np.searchsorted(step, step[known] - np.int32(longest))) if known < count else 0
            parts.append(self._block(detections[oldest:stop], every[oldest:stop], known - oldest))
            gaps.append(parts[-1].pairs.gap(step[oldest:stop]))
            pairs = parts[-1].pairs
            parts[-1] = parts[-1]._replace(pairs=Pairs(pairs.earlier + oldest, pairs.later + oldest))
            known = stop
        return (parts[0] if len(parts) == 1 else _by_gap(parts, gaps)), every

    def _block(self, detections: Detections, motion: Motion, known: int) -> NewPairs:
        """The pairs that lead to the detections from row `known` on; their motion is written into `motion`."""
        stopwatch, gate = self._setup.stopwatch, self._setup.parameters.gate
        with stopwatch.stage("features"):
            stepped = self._processed.at_steps(detections)
            since_step = int(stepped.frame[:known].max(initial=0)) + 1
            pairs = candidate_pairs(stepped, self._rate, gate, since_step)
            class_nats = self._scene.classes.of_pairs(pairs, detections.label)
            possible = class_nats >= NEVER
            if not possible.all():
                pairs, class_nats = pairs[possible], class_nats[possible]
            found = past_motion(stepped, pairs)
            motion.velocity[known:], motion.support[known:] = found.velocity[known:], found.support[known:]
            near = pairs.gap(stepped.frame) <= gate.max_link_frames
            if not near.all():
                pairs, class_nats = pairs[near], class_nats[near]
            features = pair_features(stepped, pairs, self._scene.score_rank(detections), self._rate, motion)
        with stopwatch.stage("boosting"):
            context = add_evidence(self._setup.matcher.context_probability(features), class_nats)
        return NewPairs(pairs, class_nats, context, features if self._keeps else None)


def _by_gap(parts: list[NewPairs], gaps: list[IntArray]) -> NewPairs:
    """The pairs of several blocks, in the order that one block would have; empties both lists.

    Args:
        parts: of blocks one after another, without features.
        gaps: (Q,) of the pairs of each.
    """
    most = max(int(gap.max(initial=0)) for gap in gaps) + 1
    counts = np.stack([np.bincount(gap, minlength=most) for gap in gaps])
    start = (np.cumsum(counts.T) - counts.T.ravel()).reshape(most, len(parts)).T
    total = int(counts.sum())
    earlier, later = np.empty((2, total), np.int64)
    class_nats, context = np.empty((2, total))
    for block in reversed(range(len(parts))):
        part, gap = parts.pop(), gaps.pop()
        run = np.cumsum(counts[block]) - counts[block]
        place = np.arange(len(gap)) + (start[block] - run)[gap]
        earlier[place], later[place] = part.pairs.earlier, part.pairs.later
        class_nats[place], context[place] = part.class_nats, part.context
    return NewPairs(Pairs(earlier, later), class_nats, context, None)
