"""Identity switches, and motmetrics as a witness of the counts."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siamlink.detectors.mot.sequence import open_sequence
from siamlink.detectors.mot.text import read_rows
from siamlink.tools.evaluation.crosscheck import motmetrics_summary
from siamlink.tools.evaluation.events import IdentitySwitch, clear_matches, identity_switches
from siamlink.tools.evaluation.ground_truth import SequencePair, pair_up
from siamlink.tools.evaluation.metrics import Scores, measure

BOX = (10, 10, 20, 40)
OF_MATCHES = ("MOTA", "MOTP", "FP", "FN", "IDSW", "ML")
OF_IDENTITY = ("IDF1", "IDP", "IDR")


def pair(truth: list[tuple[int, int, tuple[int, ...]]], tracks: list[tuple[int, int, tuple[int, ...]]]) -> SequencePair:
    rows = ([[frame, identity, *box, 1] for frame, identity, box in part] for part in (truth, tracks))
    return pair_up("S", *(np.array(part, float).reshape(-1, 7) for part in rows))


def trackeval(scene: SequencePair) -> dict[str, float]:
    return asdict(Scores.from_counts(measure(scene)))


def only(names: tuple[str, ...], figures: dict[str, float]) -> dict[str, float]:
    return {name: figures[name] for name in names}


def test_a_switch_names_the_frame_the_ids_and_the_boxes() -> None:
    near = (12, 10, 20, 40)
    scene = pair(
        truth=[(frame, 5, BOX) for frame in range(1, 8)],
        tracks=[(1, 70, BOX), (2, 70, BOX), (4, 80, near), (5, 80, BOX), (7, 70, BOX)],
    )
    assert identity_switches(scene) == [
        IdentitySwitch("S", 4, 5, 70, 80, BOX, near, previous_frame=2, boxes_before=2, boxes_after=2),
        IdentitySwitch("S", 7, 5, 80, 70, BOX, BOX, previous_frame=5, boxes_before=2, boxes_after=1),
    ]
    assert [switch.wrong_boxes for switch in identity_switches(scene)] == [2, 1]


def test_boxes_count_on_both_sides_in_a_row() -> None:
    """A short wrong stretch inside a long track is as small an error at its end as at its beginning."""
    tracks = [1] * 6 + [2] * 2 + [1] * 7
    scene = pair(
        truth=[(frame, 1, BOX) for frame in range(1, 16)],
        tracks=[(frame, track, BOX) for frame, track in enumerate(tracks, 1)],
    )
    switches = identity_switches(scene)
    assert [(s.frame, s.boxes_before, s.boxes_after, s.wrong_boxes) for s in switches] == [(7, 6, 2, 2), (9, 2, 7, 2)]


def test_a_track_that_returns_after_a_gap_or_an_absence_is_no_switch() -> None:
    scene = pair(
        truth=[(frame, 1, BOX) for frame in (1, 2, 3, 6, 7)],
        tracks=[(frame, 9, BOX) for frame in (1, 3, 7)],
    )
    assert identity_switches(scene) == []


def test_two_people_who_swap_tracks_are_two_switches_in_the_order_of_frames() -> None:
    other = (100, 10, 20, 40)
    scene = pair(
        truth=[(frame, person, box) for frame in (1, 2) for person, box in ((2, BOX), (1, other))],
        tracks=[(1, 1, BOX), (1, 2, other), (2, 2, BOX), (2, 1, other)],
    )
    assert [(s.frame, s.truth_id, s.track_id) for s in identity_switches(scene)] == [(2, 2, 2), (2, 1, 1)]


def test_a_frame_without_tracks_breaks_no_continuity() -> None:
    shifted = (14, 10, 20, 40)
    scene = pair(
        truth=[(frame, 1, BOX) for frame in (1, 2, 3)],
        tracks=[(1, 7, BOX), (3, 7, shifted), (3, 8, BOX)],
    )
    assert trackeval(scene)["IDSW"] == 0
    assert identity_switches(scene) == []


def test_nothing_matched_switches_nothing() -> None:
    empty: list[tuple[int, int, tuple[int, ...]]] = []
    for scene in (pair([(1, 1, BOX)], [(2, 1, BOX)]), pair([(1, 1, BOX)], empty)):
        assert identity_switches(scene) == []


@st.composite
def crowds(draw: st.DrawFn) -> list[tuple[int, int, tuple[int, ...]]]:
    """Boxes that overlap each other a lot."""
    keys = draw(st.lists(st.tuples(st.integers(1, 10), st.integers(1, 4)), unique=True, min_size=1, max_size=36))
    return [(frame, i, (draw(st.integers(0, 12)), draw(st.integers(0, 12)), 20, 20)) for frame, i in keys]


@settings(max_examples=200)
@given(truth=crowds(), tracks=crowds())
def test_switches_and_matches_are_those_that_trackeval_counts(
    truth: list[tuple[int, int, tuple[int, ...]]], tracks: list[tuple[int, int, tuple[int, ...]]]
) -> None:
    scene = pair(truth, tracks)
    counts = measure(scene)["CLEAR"]
    assert len(identity_switches(scene)) == counts["IDSW"]
    assert sum(len(rows) for rows, _ in clear_matches(scene)) == counts["CLR_TP"]


@settings(max_examples=15)
@given(truth=crowds(), tracks=crowds())
def test_motmetrics_agrees_on_identity_and_on_clear_with_the_same_matches(
    truth: list[tuple[int, int, tuple[int, ...]]], tracks: list[tuple[int, int, tuple[int, ...]]]
) -> None:
    scene = pair(truth, tracks)
    expected = trackeval(scene)
    assert only(OF_IDENTITY, motmetrics_summary(scene)) == pytest.approx(only(OF_IDENTITY, expected), abs=1e-9)
    if expected["FN"] < len(truth):
        witness = motmetrics_summary(scene, clear_matches(scene))
        assert only(OF_MATCHES, witness) == pytest.approx(only(OF_MATCHES, expected), abs=1e-9)


@pytest.mark.parametrize("name", ["PETS09-S2L1", "TUD-Campus"])
def test_motmetrics_agrees_on_a_real_sequence(data: Path, name: str) -> None:
    truth = read_rows(open_sequence(data / name).truth_file)
    tracks = truth[np.random.default_rng(0).random(len(truth)) < 0.8]
    tracks[:, 2] += 0.2 * tracks[:, 4]
    tracks[:, 1] += 100 * (tracks[:, 0] // 40 + tracks[:, 1] % 7 // 4)
    scene = pair_up(name, truth, tracks)
    expected = trackeval(scene)
    assert expected["IDSW"] >= 5
    assert only(OF_IDENTITY, motmetrics_summary(scene)) == pytest.approx(only(OF_IDENTITY, expected), abs=1e-9)
    witness = motmetrics_summary(scene, clear_matches(scene))
    assert only(OF_MATCHES, witness) == pytest.approx(only(OF_MATCHES, expected), abs=1e-9)


def test_motmetrics_stays_with_an_older_track_where_trackeval_takes_the_better_one() -> None:
    shifted = (14, 10, 20, 40)
    scene = pair(
        truth=[(1, 1, BOX), (2, 1, BOX), (3, 1, BOX)],
        tracks=[(1, 1, BOX), (2, 2, (100, 10, 20, 40)), (3, 1, shifted), (3, 2, BOX)],
    )
    assert trackeval(scene)["IDSW"] == 1
    assert motmetrics_summary(scene)["IDSW"] == 0
    assert motmetrics_summary(scene, clear_matches(scene))["IDSW"] == 1


def test_motmetrics_calls_four_fifths_mostly_tracked() -> None:
    scene = pair(truth=[(frame, 1, BOX) for frame in range(1, 6)], tracks=[(frame, 1, BOX) for frame in range(1, 5)])
    assert (trackeval(scene)["MT"], motmetrics_summary(scene)["MT"]) == (0, 1)


def test_motmetrics_counts_fragments_by_losses_not_by_absence() -> None:
    other = (100, 10, 20, 40)
    absent = pair(
        truth=[(1, 1, BOX), (3, 1, BOX), *((frame, 2, other) for frame in (1, 2, 3))],
        tracks=[(1, 1, BOX), (3, 1, BOX), *((frame, 2, other) for frame in (1, 2, 3))],
    )
    assert (trackeval(absent)["Frag"], motmetrics_summary(absent)["Frag"]) == (1, 0)
    passed_over = pair(truth=[(frame, 1, BOX) for frame in (1, 2, 3)], tracks=[(1, 1, BOX), (3, 1, BOX)])
    assert (trackeval(passed_over)["Frag"], motmetrics_summary(passed_over)["Frag"]) == (0, 1)
