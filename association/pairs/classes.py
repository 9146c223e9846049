"""Evidence of the detector's classes for or against a link, estimated from how often the detector confuses them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siamlink.association.pairs.candidates import Pairs
from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray
from siamlink.detectors.detections import Detections
from siamlink.detectors.frame_index import FrameIndex

SAME = 0.9
"""Prior probability that the next detection of an object has the same class."""
WEIGHT = 10.0
"""Weight of the prior, in links of each class."""
NEAREST = 0.5
"""Largest distance between consecutive detections that are taken for one object, in own sizes plus the logarithm of
the ratio of both sizes."""
NEVER = -5.0
"""Nats; classes with less evidence than this are never linked."""


def class_evidence(codes: IntArray, successor: IntArray) -> FloatArray:
    """The log likelihood ratio of each pair of classes, in nats.

    Args:
        codes: (N,) class of each detection, from 0.
        successor: (N,) the present links, -1 for none.

    Returns:
        (C, C), of C classes: log P(later class | earlier class in the same track) - log P(later class).
    """
    count = int(codes.max(initial=0)) + 1
    share = (np.bincount(codes, minlength=count) + 1.0) / (len(codes) + count)
    linked = np.flatnonzero(successor >= 0)
    pairs = codes[linked] * count + codes[successor[linked]]
    number = np.bincount(pairs, minlength=count * count).reshape(count, count)
    prior = SAME * np.eye(count) + (1 - SAME) * share[None]
    following = (number + WEIGHT * prior) / (number.sum(1, keepdims=True) + WEIGHT)
    evidence: FloatArray = np.log(following / share[None])
    return evidence


@dataclass(frozen=True)
class ClassEvidence:
    """Evidence against links between different classes.

    Attributes:
        labels: (C,) the classes that were seen, ascending.
        nats: (C, C) of each earlier and later class, at most 0; 0 for the same class.
        otherwise: nats for two different classes of which one was not seen.
    """

    labels: NDArray[np.int16]
    nats: FloatArray
    otherwise: float = float(np.log(1 - SAME))

    @classmethod
    def of(cls, detections: Detections) -> "ClassEvidence":
        """Estimated from the nearest detections of consecutive frames with detections.

        An object changes its class where the nearest detection has another one, and none of its own class is near.
        """
        labels, codes = np.unique(detections.label, return_inverse=True)
        if len(labels) < 2:
            return cls(labels, np.zeros((len(labels), len(labels))))
        nats = np.minimum(class_evidence(codes, _nearest_successor(detections, codes)), 0.0)
        np.fill_diagonal(nats, 0.0)
        return cls(labels, nats)

    def of_pairs(self, pairs: Pairs, label: NDArray[np.int16]) -> FloatArray:
        """(P,) evidence for the links of pairs, by the classes (N,) of N detections, in nats; the prior if unknown."""
        earlier, later = label[pairs.earlier], label[pairs.later]
        if np.array_equal(earlier, later):
            return np.zeros(len(pairs))
        nats = np.where(earlier == later, 0.0, self.otherwise)
        if len(self.labels) > 1:
            i, j = (np.searchsorted(self.labels, side).clip(max=len(self.labels) - 1) for side in (earlier, later))
            known = (self.labels[i] == earlier) & (self.labels[j] == later)
            nats = np.where(known, self.nats[i, j], nats)
        return nats

    def confused(self, pairs: Pairs, label: NDArray[np.int16]) -> BoolArray:
        """(P,) which pairs of N detections, with classes (N,), have one class or two that the detector confuses."""
        confused: BoolArray = self.of_pairs(pairs, label) > np.log(1 - SAME) + 1e-9
        return confused


UNKNOWN_CLASSES = ClassEvidence.of(Detections.empty())
"""The prior evidence, without any detections."""
NO_CLASSES = ClassEvidence(np.zeros(0, np.int16), np.zeros((0, 0)), 0.0)
"""No evidence at all, for classes that do not count."""


def add_evidence(probability: FloatArray, nats: FloatArray) -> FloatArray:
    """(P,) probabilities (P,) with evidence (P,) in nats added to their log odds; the same bits where it is 0."""
    if not nats.any():
        return probability
    added: FloatArray = probability / (probability + (1 - probability) * np.exp(-nats))
    return np.where(nats == 0, probability, added)


def most_frequent(label: NDArray[np.int16], group: IntArray, count: int) -> NDArray[np.int16]:
    """(G,) the most frequent class (N,) in each of `count` groups (N,), from 0; 0 for a group without any."""
    if len(label) and (label == label[0]).all():
        return np.where(np.bincount(group, minlength=count) > 0, label[0], np.int16(0))
    classes, code = np.unique(label, return_inverse=True)
    if not len(classes):
        return np.zeros(count, np.int16)
    votes = np.bincount(group * len(classes) + code, minlength=count * len(classes)).reshape(count, -1)
    return np.where(votes.any(axis=1), classes[votes.argmax(axis=1)], 0).astype(np.int16)


def _nearest_successor(detections: Detections, codes: IntArray) -> IntArray:
    """(N,) the nearest detection in the next frame with detections, -1 where none is near; those of one class first."""
    step = np.unique(detections.frame, return_inverse=True)[1].astype(np.int64)
    centre = detections.centre.astype(np.float64)
    size = np.sqrt(detections.width.astype(np.float64) * detections.height)
    earlier, later = FrameIndex(step, centre[:, 0]).within(step + 1, centre[:, 0], NEAREST * size)
    distance = np.hypot(*(centre[later] - centre[earlier]).T) / size[earlier]
    distance += np.abs(np.log(size[later] / size[earlier]))
    same = codes[earlier] == codes[later]
    successor, taken = np.full(len(codes), -1), np.zeros(len(codes), bool)
    for some in (same, ~same):
        free = np.flatnonzero(some & (distance < NEAREST) & (successor[earlier] < 0) & ~taken[later])
        i, j, apart = earlier[free], later[free], distance[free]
        best_i, best_j = np.full(len(codes), np.inf), np.full(len(codes), np.inf)
        np.minimum.at(best_i, i, apart)
        np.minimum.at(best_j, j, apart)
        mutual = (apart == best_i[i]) & (apart == best_j[j])
        successor[i[mutual]], taken[j[mutual]] = j[mutual], True
    return successor
