"""Two objects that walk side by side, and their open tracks."""

import numpy as np
import pytest

from siamlink.association.calibrated.estimate import Estimate
from siamlink.association.calibrated.models import shipped_models
from siamlink.association.calibrated.online_statistics import WindowStatistics
from siamlink.association.calibrated.online_tracks import OpenTracks, tracks_of_window
from siamlink.association.calibrated.online_window import WindowLinks, window_estimate
from siamlink.association.calibrated.scene import make_scene
from siamlink.association.calibrated.states import one_sided_states
from siamlink.detectors.detections import Detections


@pytest.fixture
def walkers() -> Detections:
    """Two objects in each of twelve frames."""
    frame = np.repeat(np.arange(1, 13), 2)
    x, y = 100.0 + 5 * frame, np.tile([100.0, 300.0], 12)
    box = np.column_stack([x, y, x + 30, y + 60]) + np.random.default_rng(0).normal(0, 0.5, (24, 4))
    return Detections(frame, box, np.random.default_rng(1).uniform(0.5, 0.9, 24), np.zeros(24, int))


@pytest.fixture
def walker_links() -> WindowLinks:
    """The links of `walkers`, whose tracks are 1 and 2."""
    successor = np.append(np.arange(2, 24), [-1, -1])
    return WindowLinks(successor, np.where(successor >= 0, 7.0, 0.0), np.tile([1, 2], 12))


@pytest.fixture
def walker_estimate(walkers: Detections, walker_links: WindowLinks) -> Estimate:
    return window_estimate(make_scene(walkers), walker_links, newest=10)


@pytest.fixture
def walker_statistics(walkers: Detections, walker_estimate: Estimate) -> WindowStatistics:
    return WindowStatistics(make_scene(walkers), walkers.label, walker_estimate, shipped_models().alone, newest=10)


@pytest.fixture
def walker_tracks(
    walkers: Detections, walker_links: WindowLinks, walker_estimate: Estimate, walker_statistics: WindowStatistics
) -> OpenTracks:
    scene, successor = make_scene(walkers), walker_links.successor
    state = one_sided_states(scene, walker_estimate.motion, walker_estimate.noise_factor, successor)
    described = walker_statistics.describe(scene, walkers.label)
    return tracks_of_window(described, successor, walker_links.ratio, state, walker_links.track)
