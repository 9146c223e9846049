"""What trackers keep to explain their links: with appearance, with constraints, and on a real sequence."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from siamlink.association.explanation.program import Program
from siamlink.association.matcher import Matcher
from siamlink.association.solvers.constraints import Constraints, cannot_link, must_link
from siamlink.association.solvers.solvers import solve_lp
from siamlink.detectors.detections import Detections
from siamlink.tools.synthetic.street import crossing
from siamlink.tracker.linking.calibrated_tracker import CalibratedTracker
from siamlink.tracker.linking.explained import Explained
from siamlink.tracker.linking.linear_program import LinearProgramTracker
from siamlink.tracker.linking.link_probability import next_in_track
from siamlink.tracker.linking.protocol import TrackerSetup
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.runs.explanations import Explanations
from siamlink.tracker.runs.frame_numbers import FrameNumbers
from siamlink.tracker.runs.inputs import open_input
from siamlink.tracker.runs.options import TrackingOptions
from siamlink.tracker.runs.track import track_input


def explained_by(detections: Detections, matching: str, levels: int, constraints: Constraints = ()) -> Explained:
    """What a tracker keeps of detections of 25 frames a second, without an appearance."""
    parameters = TrackerParameters(matching=matching, levels=levels, appearance="none")
    setup = TrackerSetup(25, parameters, Matcher.load(levels=levels), explains=True)
    kind = CalibratedTracker if matching == "calibrated" else LinearProgramTracker
    tracker = kind(setup, constraints=constraints)
    for _ in tracker.update_many(detections):
        pass
    tracker.finish()
    assert tracker.explained is not None
    return tracker.explained


def check_terms(program: Program) -> None:
    rows = np.flatnonzero(program.chosen)[::5]
    log_odds = program.evidence.log_odds(rows)
    assert program.evidence.terms(rows).log_odds == pytest.approx(log_odds, abs=1e-4)
    if program.probability is not None:
        assert 1 / (1 + np.exp(-log_odds)) == pytest.approx(program.probability[rows], abs=1e-5)


def check_losses(program: Program) -> None:
    problem, best = program.problem, solve_lp(program.problem).objective
    for link in np.flatnonzero(program.chosen)[::9].tolist():
        others = np.arange(len(problem.pairs)) != link
        anew = solve_lp(replace(problem, pairs=problem.pairs[others], link=problem.link[others])).objective
        assert program.loss[link] == pytest.approx(anew - best, abs=1e-4)


@pytest.mark.parametrize(("matching", "levels"), [("calibrated", 1), ("learned", 1), ("learned", 2)])
def test_a_real_sequence(data: Path, matching: str, levels: int) -> None:
    detections = open_input(data / "TUD-Campus").detections
    assert detections is not None
    explained = explained_by(detections, matching, levels)
    assert len(explained.programs) == (1 if (matching, levels) == ("learned", 1) else 2)
    for program in explained.programs:
        check_terms(program)
        check_losses(program)


def test_appearance_is_part_of_what_speaks_for_links_of_detections(painted) -> None:
    wide = {"low": 0, "high": 1}
    parameters = TrackerParameters(levels=1, matching="learned", gaps={"smooth": False}, appearance_gate=wide)
    options = TrackingOptions(parameters, matcher=painted.matcher, explain=True)
    links = track_input(open_input(painted.folder), options).explanations
    assert links is not None
    compared = np.flatnonzero(~np.isnan(links.similarity))
    assert len(compared) > 0.9 * len(links)
    assert np.mean(links.similarity[compared] == 1) > 0.95
    for link, detail in zip(compared[::10].tolist(), links.details(compared[::10]), strict=True):
        seen = [each for each in detail.features if each.name == "appearance similarity"]
        assert [each.value for each in seen] == [links.similarity[link]]
        total = detail.base + sum(each.contribution for each in detail.features)
        assert total == pytest.approx(links.log_odds[link], abs=1e-4)


@pytest.mark.parametrize(("matching", "levels"), [("calibrated", 1), ("learned", 1), ("learned", 2)])
def test_with_constraints_their_tracks_have_no_losses_and_the_others_have(matching: str, levels: int) -> None:
    found = crossing(frame_count=90).detections(0.1)
    free = explained_by(found, matching, levels)
    following = next_in_track(free.track_id)
    first = int(np.flatnonzero(free.track_id == free.track_id[free.track_id > 0][0])[10])
    row_of = np.searchsorted(found.frame, free.detections.frame) + free.row_in_frame
    apart = cannot_link(int(row_of[first]), int(row_of[following[first]]))
    links = Explanations(explained_by(found, matching, levels, [apart]), FrameNumbers(), found)
    named = np.isin(links.track_id, links.track_id[np.isin(links.row, [apart.a, apart.b]).any(axis=1)])
    assert np.isnan(links.loss[named]).any()
    assert not np.isnan(links.loss[~named & (links.program >= 0)]).any()
    assert (~named).any()
    assert (links.loss[~named] >= 0).all()
    assert any(note.startswith("links without a known loss, as corrections") for note in links.notes)
    assert not (links.row == [apart.a, apart.b]).all(axis=1).any()


def test_a_link_that_only_a_constraint_demands_is_not_explained() -> None:
    found = crossing(frame_count=90).detections()
    ends = found[(found.frame < 5) | (found.frame > 85)]
    for matching in ("calibrated", "learned"):
        explained = explained_by(ends, matching, 1, [must_link(0, len(ends) - 1)])
        links = Explanations(explained, FrameNumbers(), ends)
        demanded = np.flatnonzero(links.program < 0)
        assert len(demanded) == 1
        assert links.frame[demanded[0], 0] < 5
        assert links.frame[demanded[0], 1] > 85
        assert np.isnan(links.loss[demanded]).all()
        detail = links.detail(int(demanded[0]))
        assert (detail.features, detail.after, detail.before) == ((), (), ())
        assert links.notes[0].startswith("links not explained, as corrections demand them")
