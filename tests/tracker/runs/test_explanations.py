"""Why links were chosen: the same links and probabilities as in the tracks, with what other choices would cost."""

from pathlib import Path

import numpy as np
import pytest

from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.mot.text import format_rows
from siamlink.tools.synthetic.street import crossing
from siamlink.tracker import TrackingResult, track


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sequence in which two objects cross, without some detections."""
    folder = tmp_path_factory.mktemp("crossing")
    found = crossing(frame_count=90).detections(0.1)
    (folder / "det").mkdir()
    (folder / "det" / "det.txt").write_text(format_rows(found))
    (folder / "seqinfo.ini").write_text("[Sequence]\nframeRate=30\nseqLength=90\n")
    return folder


MATCHINGS = [
    {"matching": "calibrated"},
    {"matching": "learned", "levels": 1},
    {"matching": "learned", "levels": 2},
    {"matching": "auto"},
]


@pytest.fixture(scope="module", params=MATCHINGS, ids=str)
def explained(source: Path, request: pytest.FixtureRequest) -> TrackingResult:
    return track(source, appearance="none", explain=True, **request.param)


def test_links_are_those_of_the_tracks(explained: TrackingResult) -> None:
    links = explained.explanations
    assert links is not None
    count = 0
    for track_id, boxes in explained.by_track():
        detected = boxes[~boxes.interpolated]
        rows = links.of(track_id)
        assert links.frame[rows].tolist() == np.column_stack([detected.frame[:-1], detected.frame[1:]]).tolist()
        np.testing.assert_array_equal(links.probability[rows], detected.link_probability[:-1])
        assert (explained.detections.frame[links.row[rows]] == links.frame[rows]).all()
        own = np.searchsorted(explained.detections.frame, detected.frame) + detected.row
        assert links.row[rows].tolist() == np.column_stack([own[:-1], own[1:]]).tolist()
        count += len(rows)
    assert count == len(links) > 100


def test_the_best_alternative_costs_no_less_than_forbidding_the_link(explained: TrackingResult) -> None:
    links = explained.explanations
    assert links is not None
    assert (links.loss >= 0).all()
    for link, detail in enumerate(links.details(np.arange(len(links)))):
        for other in (*detail.after, *detail.before):
            assert other.loss >= links.loss[link] - 1e-5
            assert other.frame != links.frame[link, 0] or other.row != links.row[link, 0]
            assert (explained.detections.box[other.row] == other.box).all()
            assert explained.detections.frame[other.row] == other.frame
        assert all(other.frame > links.frame[link, 0] for other in detail.after)
        assert all(other.frame < links.frame[link, 1] for other in detail.before)


def test_base_and_contributions_add_up_to_the_log_odds(explained: TrackingResult) -> None:
    links = explained.explanations
    assert links is not None
    for log_odds, detail in zip(links.log_odds, links.details(np.arange(len(links))), strict=True):
        assert detail.base + sum(each.contribution for each in detail.features) == pytest.approx(log_odds, abs=1e-4)
        assert len({each.name for each in detail.features}) == len(detail.features)
        strength = [abs(each.contribution) for each in detail.features]
        assert strength == sorted(strength, reverse=True)


def test_a_link_over_a_gap_is_doubtful(explained: TrackingResult) -> None:
    links = explained.explanations
    assert links is not None
    gap = links.frame[:, 1] - links.frame[:, 0] > 1
    assert gap.any()
    assert links.doubtful[gap].all()
    assert not links.doubtful.all()


def test_tracks_are_the_same_without_explanations(source: Path, explained: TrackingResult) -> None:
    levels = 1 if "detections" in explained.explanations.programs[-1:] else 2
    plain = track(source, appearance="none", matching=explained.matching, levels=levels)
    assert plain.explanations is None
    assert plain.tracks.to_mot_text() == explained.tracks.to_mot_text()


@pytest.mark.parametrize("settings", [{"mode": "windowed"}, {"mode": "online"}, {"solver": "hungarian"}])
def test_what_cannot_be_explained_is_refused_in_one_line(source: Path, settings: dict[str, str]) -> None:
    needed = r"links cannot be explained: this needs (solver lp|mode offline), not \w+; leave out explain"
    with pytest.raises(ConfigError, match=needed):
        track(source, explain=True, **settings)


@pytest.mark.parametrize("matching", ["calibrated", "learned"])
def test_of_no_detections_there_are_no_links(matching: str) -> None:
    images = np.zeros((5, 60, 80, 3), np.uint8)
    links = track(
        images, detections=[[] for _ in images], matching=matching, appearance="none", explain=True
    ).explanations
    assert links is not None
    assert len(links) == len(links.loss) == len(links.doubtful) == 0
    assert links.details(links.doubtful) == []
    assert links.notes == ()


def test_frames_and_rows_are_those_of_the_source_where_its_rate_varies() -> None:
    moving = [[[10.0 + 6 * step, 20, 40 + 6 * step, 90, 0.9]] for step in range(12)]
    times = np.cumsum([0.04] * 5 + [0.12] + [0.04] * 6)
    result = track(
        np.zeros((12, 120, 160, 3), np.uint8),
        detections=moving,
        timestamps=times.tolist(),
        appearance="none",
        matching="calibrated",
        explain=True,
    )
    links = result.explanations
    assert links is not None
    assert links.frame.tolist() == [[frame, frame + 1] for frame in range(1, 12)]
    assert links.row.tolist() == [[row, row + 1] for row in range(11)]
    assert links.doubtful.any()
