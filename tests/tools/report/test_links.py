"""Links of a report with their explanations."""

from pathlib import Path

import numpy as np
import pytest

from siamlink.tools.report import links
from siamlink.tools.report.data import Scene, build_report_data
from siamlink.tools.report.links import link_facts
from siamlink.tools.report.packing import unpacked
from siamlink.tools.report.track_rows import TrackRows
from siamlink.tools.synthetic.street import street
from siamlink.tracker import track
from siamlink.tracker.runs.result import TrackingResult


@pytest.fixture(scope="module")
def explained(tmp_path_factory: pytest.TempPathFactory) -> TrackingResult:
    """Tracks of a synthetic street, explained."""
    scene = street(frame_count=60, seed=3)
    folder: Path = tmp_path_factory.mktemp("street")
    (folder / "det").mkdir()
    (folder / "seqinfo.ini").write_text("[Sequence]\nframeRate=25\nseqLength=60\nimWidth=1280\nimHeight=720\n")
    detections = scene.detections(0.2)
    return track(folder, detections=detections, matching="calibrated", appearance="none", explain=True)


def test_every_link_has_the_loss_and_the_probability_of_its_explanation(explained: TrackingResult) -> None:
    rows, explanations = TrackRows(explained.tracks), explained.explanations
    assert explanations is not None
    facts = link_facts(rows, explanations)
    start, end = rows.links.start, rows.links.end
    ours = np.column_stack([rows.ids[rows.track[start]], rows.frame[start], rows.frame[end]])
    theirs = np.column_stack([explanations.track_id, explanations.frame])
    assert {tuple(each) for each in ours.tolist()} == {tuple(each) for each in theirs.tolist()}
    for row, key in list(enumerate(ours.tolist()))[::7]:
        (other,) = np.flatnonzero((theirs == key).all(axis=1))
        assert facts.loss[row] == pytest.approx(explanations.loss[other], nan_ok=True)
        assert facts.probability[row] == pytest.approx(explanations.probability[other], nan_ok=True)


def test_details_are_of_doubtful_links_and_add_up(explained: TrackingResult) -> None:
    explanations = explained.explanations
    assert explanations is not None
    data = build_report_data(Scene("street", 25.0, 60), explained.tracks, explanations)
    assert 0 < len(data["details"]) <= int(explanations.doubtful.sum())
    first = unpacked(data["links"]["from"], np.int32)
    second = unpacked(data["links"]["to"], np.int32)
    track_ids = [each["id"] for each in data["tracks"]]
    row, detail = next((int(row), each) for row, each in data["details"].items() if each["features"])
    number = track_ids[unpacked(data["links"]["track"], np.int32)[row]]
    (place,) = np.flatnonzero(
        (explanations.track_id == number) & (explanations.frame == (first[row], second[row])).all(axis=1)
    )
    total = detail["base"] + sum(contribution for _, _, contribution in detail["features"])
    assert total == pytest.approx(explanations.log_odds[place], abs=0.01)
    strengths = [abs(each[2]) for each in detail["features"][: links.MOST_FEATURES]]
    assert strengths == sorted(strengths, reverse=True)


def test_of_many_details_the_least_sure_are_kept(explained: TrackingResult, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "MOST_DETAILS", 2)
    rows = TrackRows(explained.tracks)
    facts = link_facts(rows, explained.explanations)
    assert len(facts.details) <= 2
    assert facts.notes[-1].endswith("links that are not certain, the 2 least sure have details")
