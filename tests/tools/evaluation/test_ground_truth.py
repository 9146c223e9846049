"""The rules of the benchmarks, on ground truth of a few boxes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siamlink.detectors.base.errors import ConfigError, InputError
from siamlink.tools.evaluation.ground_truth import find_benchmark, pair_up
from siamlink.tools.evaluation.metrics import Scores, measure

HERE, THERE, AWAY = (10, 10, 20, 40), (100, 10, 20, 40), (200, 10, 20, 40)


def truth_row(frame: int, identity: int, box: tuple[int, ...], flag: int = 1, kind: int = 1) -> list[float]:
    return [frame, identity, *box, flag, kind, 0.9]


def track_row(frame: int, identity: int, box: tuple[int, ...]) -> list[float]:
    return [frame, identity, *box, 0.5]


def score(truth: list[list[float]], tracks: list[list[float]], benchmark: str = "auto", name: str = "S") -> Scores:
    rows = np.array(truth, float) if truth else np.zeros((0, 7))
    return Scores.from_counts(measure(pair_up(name, rows, np.array(tracks, float), benchmark)))


@pytest.mark.parametrize("kind", range(2, 14))
@pytest.mark.parametrize("name", ["MOT16-01", "MOT20-01"])
def test_only_a_track_on_a_distractor_is_forgiven(name: str, kind: int) -> None:
    truth = [truth_row(1, 1, HERE), truth_row(1, 2, THERE, kind=kind)]
    scores = score(truth, [track_row(1, 1, HERE), track_row(1, 2, THERE)], name=name)
    forgiven = kind in (2, 7, 8, 12) or (kind == 6 and name == "MOT20-01")
    false_positives = scores.FP
    assert scores.FN == 0
    assert false_positives == (0 if forgiven else 1)


def test_a_track_that_fits_a_pedestrian_stays_although_it_lies_on_a_distractor() -> None:
    shifted = (14, 10, 20, 40)
    truth = [truth_row(1, 1, HERE, kind=8), truth_row(1, 2, shifted)]
    assert score(truth, [track_row(1, 1, shifted)]).FN == 0
    # With a better track for the pedestrian the first one falls to the distractor and is forgiven.
    scores = score(truth, [track_row(1, 1, HERE), track_row(1, 2, shifted)])
    assert (scores.FN, scores.FP) == (0, 0)


def test_a_distractor_that_is_overlapped_by_less_than_half_forgives_nothing() -> None:
    truth = [truth_row(1, 1, AWAY), truth_row(1, 2, (10, 10, 20, 40), kind=8)]
    assert score(truth, [track_row(1, 1, (10, 10, 20, 80))]).FP == 0
    assert score(truth, [track_row(1, 1, (10, 10, 20, 81))]).FP == 1


@pytest.mark.parametrize("benchmark", ["mot15", "mot17"])
def test_ground_truth_of_flag_0_is_not_missed_and_forgives_nothing(benchmark: str) -> None:
    truth = [truth_row(1, 1, HERE), truth_row(1, 2, THERE, flag=0)]
    assert score(truth, [track_row(1, 1, HERE)], benchmark).FN == 0
    assert score(truth, [track_row(1, 1, HERE), track_row(1, 2, THERE)], benchmark).FP == 1


def test_world_coordinates_of_mot15_are_not_classes() -> None:
    truth = [[1, 1, *HERE, 1, 8, 3, 0], [1, 2, *THERE, 1, -4.155, 2, 0]]
    scores = score(truth, [track_row(1, 1, HERE)])
    assert (scores.FN, scores.FP) == (1, 0)


@pytest.mark.parametrize(
    ("name", "last_columns", "expected"),
    [
        ("PETS09-S2L1", [1, -1, -1, -1], "mot15"),
        ("PETS09-S2L1", [1, 2, 1, 0], "mot15"),
        ("TINY", [1], "mot15"),
        ("TINY", [1, -1], "mot15"),
        ("TINY", [1, 1], "mot17"),
        ("MOT16-09", [1, 1, 0.5], "mot16"),
        ("MOT17-09-DPM", [1, 1, 0.5], "mot17"),
        ("dancetrack0001", [1, 1, 1], "mot17"),
        ("MOT20-01", [1, 13, 0], "mot20"),
        ("TINY", [1, 0, 1], "plain"),
        ("imported", [1, 2, -1, -1], "plain"),
        ("results", [1, 2, 0.75, 1], "mot15"),
        ("PETS09-S2L1", [1, 2.5, -1, -1], "mot15"),
        ("uavdt", [1, 19, 1], "plain"),
    ],
)
def test_auto_tells_the_benchmark_by_the_columns(name: str, last_columns: list[float], expected: str) -> None:
    truth = np.array([[1, 1, *HERE, *last_columns], [2, 1, *HERE, *last_columns]], float)
    assert find_benchmark(name, truth) == expected
    assert find_benchmark(name, truth, "MOT15") == "mot15"


def test_ground_truth_without_rows_has_no_classes() -> None:
    empty = np.zeros((0, 7))
    assert find_benchmark("S", empty) == "mot15"
    assert score([], [track_row(1, 1, HERE)], "mot17").FP == 1


@pytest.mark.parametrize("kind", [0, 14, 1.5, -4.155])
def test_a_class_that_is_none_names_the_row(kind: float) -> None:
    truth = np.array([truth_row(1, 1, HERE), truth_row(3, 5, THERE)])
    truth[1, 7] = kind
    with pytest.raises(InputError, match=r"MOT17-S: ground truth of frame 3, id 5: column 8 .* not a class of mot17"):
        pair_up("MOT17-S", truth, truth)


@pytest.mark.parametrize("kind", [1.5, -4.155])
def test_plain_classes_are_whole_numbers_from_0(kind: float) -> None:
    truth = np.array([truth_row(1, 1, HERE), truth_row(3, 5, THERE, kind=0)])
    assert find_benchmark("S", truth) == "plain"
    truth[1, 7] = kind
    with pytest.raises(InputError, match=r"S: ground truth of frame 3, id 5: column 8 .* not a class \(0 to 32767\)"):
        pair_up("S", truth, truth)


def test_plain_rules_count_every_class_and_forgive_nothing() -> None:
    truth = [truth_row(1, 1, HERE, kind=8), truth_row(1, 2, THERE, kind=0), truth_row(1, 3, AWAY, flag=0)]
    scores = score(truth, [track_row(1, 1, HERE), track_row(1, 2, AWAY)])
    assert (scores.FN, scores.FP) == (1, 1)


def test_a_benchmark_of_classes_needs_them() -> None:
    truth = np.array([truth_row(1, 1, HERE)])[:, :7]
    with pytest.raises(InputError, match="column 8 is missing"):
        pair_up("S", truth, truth, "mot20")


def test_an_unknown_benchmark_is_named_with_the_known_ones() -> None:
    truth = np.array([truth_row(1, 1, HERE)])
    with pytest.raises(ConfigError, match="unknown benchmark 'mot18': expected one of auto, mot15"):
        pair_up("S", truth, truth, "mot18")


def test_an_id_twice_in_a_frame_is_an_error() -> None:
    truth = np.array([truth_row(1, 1, HERE)])
    tracks = np.array([track_row(2, 4, HERE), track_row(1, 4, HERE), track_row(2, 4, THERE)])
    with pytest.raises(InputError, match="S: id 4 occurs twice in frame 2"):
        pair_up("S", truth, tracks)


def test_boxes_thinner_than_their_position_can_tell_do_not_overlap() -> None:
    speck = (1e5, 1e5, 1e-13, 1e-13)
    scores = score([truth_row(1, 1, speck)], [track_row(1, 1, speck)])
    assert (scores.FN, scores.FP) == (1, 1)


def test_frames_far_apart_cost_nothing_and_change_nothing() -> None:
    def scene(last: int) -> Scores:
        truth = [truth_row(1, 1, HERE), truth_row(2, 1, HERE), truth_row(last, 1, HERE)]
        return score(truth, [track_row(1, 1, HERE), track_row(last, 2, HERE)])

    assert scene(10_000_000) == scene(3)


@st.composite
def walks(draw: st.DrawFn) -> np.ndarray:
    """Pedestrians who are seen in some of the frames."""
    keys = draw(st.lists(st.tuples(st.integers(1, 12), st.integers(1, 5)), unique=True, min_size=1, max_size=40))
    places = draw(st.lists(st.integers(0, 300), min_size=len(keys), max_size=len(keys)))
    return np.array([truth_row(f, i, (place, i, 20, 40)) for (f, i), place in zip(keys, places, strict=True)], float)


@given(truth=walks())
def test_a_perfect_result_has_100_percent(truth: np.ndarray) -> None:
    scores = Scores.from_counts(measure(pair_up("S", truth, truth[:, :7])))
    ratios = (scores.HOTA, scores.DetA, scores.AssA, scores.LocA, scores.MOTA, scores.MOTP, scores.IDF1)
    assert ratios == pytest.approx((100,) * 7, abs=1e-9)
    assert (scores.FP, scores.FN, scores.IDSW, scores.ML) == (0, 0, 0, 0)
    people = len(np.unique(truth[:, 1]))
    assert people == scores.MT


@given(truth=walks(), tracks=walks(), names=st.permutations([3, -7, 10**9, 8, 1]))
def test_the_names_of_tracks_and_people_do_not_matter(truth: np.ndarray, tracks: np.ndarray, names: list[int]) -> None:
    def scores(truth: np.ndarray, tracks: np.ndarray) -> list[float]:
        return list(vars(Scores.from_counts(measure(pair_up("S", truth, tracks)))).values())

    def renamed(rows: np.ndarray) -> np.ndarray:
        rows = rows.copy()
        rows[:, 1] = np.array(names)[rows[:, 1].astype(int) - 1]
        return rows

    expected = scores(truth, tracks)
    assert scores(truth, renamed(tracks)) == pytest.approx(expected, abs=1e-9)
    assert scores(renamed(truth), tracks) == pytest.approx(expected, abs=1e-9)
