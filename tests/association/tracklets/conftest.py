"""Tracklets of objects that move in straight lines."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from siamlink.association.tracklets.tracklets import TrackletParameters, Tracklets, make_tracklets
from siamlink.detectors.detections import Detections

RATE = 10.0


def make_walk(first: int, last: int, x: float = 0.0, speed: float = 0.0, height: float = 50.0) -> Detections:
    """An object that moves `speed` pixels per second to the right, its foot at y = 200; x is its place at time 0."""
    frames = np.arange(first, last + 1)
    centre = x + speed * frames / RATE
    flat = np.full(len(frames), 200.0)
    box = np.column_stack([centre - height / 4, flat - height, centre + height / 4, flat])
    return Detections(frames, box, np.ones(len(frames)), np.zeros(len(frames)))


def make_tracklets_of(*walks: Detections, descriptor: object = None, rate: float = RATE) -> Tracklets:
    """A tracklet of each walk, in order of their first frames, with a descriptor (D,) each."""
    number = np.concatenate([np.full(len(each), k + 1) for k, each in enumerate(walks)])
    order = np.argsort(np.concatenate([each.frame for each in walks]), kind="stable")
    number, detections = number[order].astype(np.int32), Detections.concatenate(walks)
    probability, parameters = np.full(len(detections), 0.9), TrackletParameters(stiffness_seconds=0)
    tracklets = make_tracklets(detections, number, probability, rate, parameters)
    return tracklets if descriptor is None else replace(tracklets, descriptor=np.asarray(descriptor, float))


@pytest.fixture(scope="session")
def walk() -> Callable[..., Detections]:
    return make_walk


@pytest.fixture(scope="session")
def tracklets_of() -> Callable[..., Tracklets]:
    return make_tracklets_of
