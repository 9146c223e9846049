"""Evidence of the detector's classes for or against a link, estimated from how often it confuses them."""

import numpy as np

from siamlink.detectors.base.arrays import FloatArray, IntArray

SAME = 0.9
"""Prior probability that the next detection of an object has the same class."""
WEIGHT = 10.0
"""Weight of the prior, in links of each class."""


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
