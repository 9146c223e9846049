import numpy as np
import pytest

from siamlink.association.appearance.appearance import AppearanceGate, ComparedPairs
from siamlink.association.pairs.candidates import GateParameters
from siamlink.association.pairs.scene_statistics import SceneStatistics
from siamlink.detectors.boxes import suppress_overlaps
from siamlink.detectors.detections import Detections
from siamlink.tools.synthetic.street import street
from siamlink.tracker.linking import new_pairs
from siamlink.tracker.linking.protocol import TrackerSetup
from siamlink.tracker.linking.scored_pairs import ScoredPairs
from siamlink.tracker.parameters import TrackerParameters


@pytest.fixture(scope="module")
def found() -> Detections:
    return suppress_overlaps(street(frame_count=60).detections(), 0.45)


def by_pair(scored: ScoredPairs) -> dict[tuple[int, int], float]:
    pairs = zip(scored.pairs.earlier.tolist(), scored.pairs.later.tolist(), strict=True)
    return dict(zip(pairs, scored.link_probability.tolist(), strict=True))


def test_detections_that_come_in_parts_are_scored_like_all_at_once(matcher, found):
    scene, setup = SceneStatistics.of(found), TrackerSetup(30, TrackerParameters(), matcher)
    whole, parts = ScoredPairs.empty().extended(found, scene, setup), ScoredPairs.empty()
    for begin, end in ((0, 20), (20, 21), (21, 21), (21, 60)):
        parts = parts.extended(found[(found.frame > begin) & (found.frame <= end)], scene, setup)
    assert by_pair(parts) == by_pair(whole)
    np.testing.assert_array_equal(parts.detection_probability, whole.detection_probability)
    assert parts.open_count == whole.open_count


@pytest.mark.parametrize("block", [1, 7, 60])
def test_pairs_that_are_scored_in_blocks_are_those_of_one_block_in_the_same_order(matcher, found, block, monkeypatch):
    assert len(found) > 120
    setup = TrackerSetup(30, TrackerParameters(gate=GateParameters(max_link_frames=8)), matcher)
    scene, known = SceneStatistics.of(found), found.count_until(20)

    def scored() -> ScoredPairs:
        return ScoredPairs.empty().extended(found[:known], scene, setup).extended(found[known:], scene, setup)

    expected = scored()
    monkeypatch.setattr(new_pairs, "BLOCK", block)
    columns = scored()
    for name in ("context_probability", "link_probability", "detection_probability"):
        np.testing.assert_array_equal(getattr(columns, name), getattr(expected, name))
    np.testing.assert_array_equal(columns.pairs.earlier, expected.pairs.earlier)
    np.testing.assert_array_equal(columns.pairs.later, expected.pairs.later)
    np.testing.assert_array_equal(columns.motion.velocity, expected.motion.velocity)
    np.testing.assert_array_equal(columns.motion.support, expected.motion.support)


def test_dropping_detections_drops_their_pairs_alone(matcher, found):
    scene, setup = SceneStatistics.of(found), TrackerSetup(30, TrackerParameters(), matcher)
    whole = ScoredPairs.empty().extended(found, scene, setup)
    rest = whole.without_first(50)
    expected = {(i - 50, j - 50): value for (i, j), value in by_pair(whole).items() if i >= 50}
    assert by_pair(rest) == expected != {}
    np.testing.assert_array_equal(rest.detections.box, found.box[50:])
    np.testing.assert_array_equal(rest.detection_probability, whole.detection_probability[50:])


def test_pairs_too_far_apart_to_be_linked_still_measure_motion(matcher, found):
    scene, near_gate = SceneStatistics.of(found), GateParameters(max_link_frames=3)
    every, near = (
        ScoredPairs.empty().extended(found, scene, TrackerSetup(30, TrackerParameters(gate=gate), matcher))
        for gate in (GateParameters(), near_gate)
    )
    short = every.pairs.gap(every.detections.frame) <= 3
    np.testing.assert_array_equal(near.pairs.earlier, every.pairs.earlier[short])
    np.testing.assert_array_equal(near.pairs.later, every.pairs.later[short])
    np.testing.assert_array_equal(near.link_probability, every.link_probability[short])
    np.testing.assert_array_equal(near.motion.velocity, every.motion.velocity)
    assert 0 < short.sum() < len(short)


def test_only_pairs_that_context_leaves_open_are_compared(painted):
    gate, asked = AppearanceGate(low=0.1, high=0.9), []

    def compare(detections, pairs):
        asked.append(len(pairs))
        return ComparedPairs.none(len(pairs))

    detections = painted.scene.detections()
    setup = TrackerSetup(30, TrackerParameters(appearance_gate=gate), painted.matcher)
    scored = ScoredPairs.empty().extended(detections, SceneStatistics.of(detections), setup, compare)
    open_pairs = gate.leaves_open(scored.context_probability)
    assert asked == [scored.open_count] == [open_pairs.sum()]
    assert 0 < open_pairs.sum() < len(open_pairs)
    assert scored.compared_count == 0
    np.testing.assert_array_equal(scored.link_probability, scored.context_probability)
