"""What a detector's classes say of a link: evidence where it confuses them, a wall only where it never does."""

import numpy as np

from siamlink.detectors.base.arrays import FloatArray, IntArray

SAME = 0.9
"""Probability, before any link is known, that a detector calls an object the same twice."""
WEIGHT = 10.0
"""Links that what is known beforehand counts for, each class."""


def class_evidence(codes: IntArray, successor: IntArray) -> FloatArray:
    """What each pair of classes says of a link, in nats.

    Args:
        codes: (N,) class of each detection, from 0.
        successor: (N,) the present links, -1 for none.

    Returns:
        (C, C), of C classes, by how much the later class is likelier after the earlier one in a track than anywhere.
    """
    count = int(codes.max(initial=0)) + 1
    share = (np.bincount(codes, minlength=count) + 1.0) / (len(codes) + count)
    linked = np.flatnonzero(successor >= 0)
    pairs = codes[linked] * count + codes[successor[linked]]
    seen = np.bincount(pairs, minlength=count * count).reshape(count, count)
    before = SAME * np.eye(count) + (1 - SAME) * share[None]
    following = (seen + WEIGHT * before) / (seen.sum(1, keepdims=True) + WEIGHT)
    evidence: FloatArray = np.log(following / share[None])
    return evidence


def class_by_vote(codes: IntArray, number: IntArray) -> IntArray:
    """(T,) the most frequent class of each track, from the class (N,) and the track (N,) of each detection."""
    count = int(codes.max(initial=0)) + 1
    tracks = int(number.max(initial=-1)) + 1
    votes = np.bincount(number * count + codes, minlength=tracks * count).reshape(tracks, count)
    most: IntArray = votes.argmax(1)
    return most
