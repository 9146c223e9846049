"""Tracking by looks: what is looked at, what comes of it, and what happens where nothing is to be seen."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from siamlink.association.appearance.appearance import AppearanceGate, Appearances, ComparedPairs
from siamlink.association.appearance.loaded_appearance import LoadedAppearance
from siamlink.association.matcher import Matcher
from siamlink.detectors.base.errors import ModelError
from siamlink.detectors.base.prefetch import prefetch
from siamlink.tracker.linking import kept_pixels
from siamlink.tracker.linking.appearance_source import KnownAppearance
from siamlink.tracker.linking.trackers import OnlineTracker
from siamlink.tracker.parameter_groups import GapParameters, OnlineParameters
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.runs.inputs import open_input
from siamlink.tracker.runs.options import TrackingOptions
from siamlink.tracker.runs.track import track, track_input

OPEN = AppearanceGate(low=0.001, high=0.999)
OFFLINE = TrackerParameters(matching="learned", appearance_gate=OPEN)
ONLINE = TrackerParameters(mode="online", solver="hungarian", appearance_gate=OPEN)
MODES = pytest.mark.parametrize("parameters", [OFFLINE, ONLINE], ids=["offline", "online"])


class Boxes:
    """A detector that knows the scene's detections."""

    def __init__(self, found) -> None:
        self.found, self.seen = found, 0

    def detect(self, image):
        self.seen += 1
        return self.found.in_frame(self.seen)


def run(painted, parameters, opened=None, **options):
    given = opened or open_input(painted.folder)
    return track_input(given, TrackingOptions(parameters, matcher=painted.matcher, **options))


@MODES
def test_pairs_that_geometry_leaves_open_are_decided_by_appearance(painted, parameters):
    result = run(painted, parameters)
    use = result.appearance
    assert use.name == "grey"
    assert 0 < use.requested == use.described
    assert use.missing is None
    assert {"decode", "appearance"} <= set(result.seconds)
    blind = track_input(open_input(painted.folder), TrackingOptions(parameters, matcher=Matcher(*boosters(painted))))
    assert blind.appearance is None
    assert not {"decode", "appearance"} & set(blind.seconds)
    assert blind.tracks.to_mot_text() != ""


def boosters(painted):
    return painted.matcher.context, painted.matcher.detection


@pytest.mark.slow
@MODES
def test_appearance_outvotes_geometry(painted, parameters):
    """Where the link model says that nobody is the same, no two detections that were looked at are linked."""

    class Never:
        feature_names = ()

        def inplace_predict(self, features):
            return np.zeros(len(features), np.float32)

    gate = parameters.model_copy(update={"appearance_gate": AppearanceGate(low=0, high=1)})
    assert run(painted, gate).tracks.count > 0
    lone = gate.model_copy(update={"online": OnlineParameters(min_iou=0.999)})
    tracks = run(replace(painted, matcher=replace(painted.matcher, link=Never())), lone).tracks
    assert np.bincount(tracks.track_id).max(initial=0) <= 1


def test_offline_only_the_boxes_of_open_pairs_are_described(painted):
    narrow = OFFLINE.model_copy(update={"appearance_gate": AppearanceGate(low=0.3, high=0.7)})
    few = run(painted, narrow)
    described = painted.grey.described
    assert 0 < described <= 2 * few.appearance.requested
    assert described < len(few.detections) / 2
    wide = run(painted, OFFLINE)
    assert few.appearance.requested < wide.appearance.requested


def test_where_nothing_is_open_nothing_is_read(painted):
    closed = OFFLINE.model_copy(update={"appearance_gate": AppearanceGate(low=0.5, high=0.5)})
    result = run(painted, closed)
    assert (result.appearance.requested, result.appearance.missing) == (0, None)
    assert "decode" not in result.seconds
    assert painted.grey.described == 0


def test_a_detector_s_frames_are_read_a_second_time(painted):
    found, reports = painted.scene.detections(), []
    opened = open_input(painted.folder, use_public=False)
    result = track_input(
        opened,
        TrackingOptions(OFFLINE, Boxes(found), progress=lambda *step: reports.append(step), matcher=painted.matcher),
    )
    stages = list(dict.fromkeys(stage for stage, _, _ in reports))
    assert stages == ["detect", "link", "appearance"]
    assert (result.frame_count, result.broken) == (60, None)
    assert result.appearance.requested == result.appearance.described > 0
    given = track_input(open_input(painted.folder, found), TrackingOptions(OFFLINE, matcher=painted.matcher))
    assert result.tracks.to_mot_text() == given.tracks.to_mot_text()


class OfBoxesAlone:
    """An appearance that looks at nothing but the boxes."""

    feature_names, reach = ("likeness",), 1

    def __init__(self, grey) -> None:
        self.describe, self.compare = grey.describe, grey.compare


@pytest.mark.parametrize("share", [1.0, 0.5], ids=["kept", "beyond the limit"])
def test_a_detector_s_frames_are_read_once_if_what_the_appearance_sees_is_kept(painted, monkeypatch, share):
    found, passes = painted.scene.detections(), []
    opened = open_input(painted.folder, use_public=False)
    from_one = opened.frames.from_one
    monkeypatch.setattr(opened.frames, "from_one", lambda: passes.append("pass") or from_one())
    width, height = (found.box[:, 2:] - found.box[:, :2] + 4).T
    monkeypatch.setattr(kept_pixels.KeptPixels.__init__, "__defaults__", (int(share * 3 * (width * height).sum()),))
    parameters = OFFLINE.model_copy(update={"gaps": GapParameters(camera=False)})
    grey = LoadedAppearance("grey", "grey", OfBoxesAlone(painted.grey))
    matcher = replace(painted.matcher, appearance=Appearances([grey]))
    result = track_input(opened, TrackingOptions(parameters, Boxes(found), matcher=matcher))
    assert len(passes) == (1 if share == 1 else 2)
    assert result.appearance.requested == result.appearance.described > 0
    given = track_input(open_input(painted.folder, found), TrackingOptions(parameters, matcher=painted.matcher))
    assert result.tracks.to_mot_text() == given.tracks.to_mot_text() != ""


@pytest.mark.parametrize(
    ("gaps", "expected"), [(GapParameters(), 0), (GapParameters(camera=False), 60), (GapParameters(smooth=False), 60)]
)
def test_no_pixels_are_kept_where_whole_images_are_needed_again(painted, monkeypatch, gaps, expected):
    found, kept, add = painted.scene.detections(), [], kept_pixels.KeptPixels.add
    monkeypatch.setattr(kept_pixels.KeptPixels, "add", lambda *arguments: kept.append(arguments) or add(*arguments))
    grey = LoadedAppearance("grey", "grey", OfBoxesAlone(painted.grey))
    matcher = replace(painted.matcher, appearance=Appearances([grey]))
    opened = open_input(painted.folder, use_public=False)
    track_input(opened, TrackingOptions(OFFLINE.model_copy(update={"gaps": gaps}), Boxes(found), matcher=matcher))
    assert len(kept) == expected


@pytest.mark.parametrize("matching", ["learned", "calibrated"])
@pytest.mark.parametrize("detects", [True, False])
def test_the_appearance_is_that_of_the_chosen_matching(painted, two_levels, monkeypatch, matching, detects):
    parts = [LoadedAppearance(name, name, OfBoxesAlone(painted.grey)) for name in ("learned", "calibrated")]
    learned, calibrated = (Appearances([part]) for part in parts)
    matcher = replace(two_levels, appearance=learned, calibrated_appearance=calibrated)
    monkeypatch.setattr("siamlink.tracker.runs.run.choose_matching", lambda *_: matching)
    opened = open_input(painted.folder, use_public=not detects)
    detector = Boxes(painted.scene.detections()) if detects else None
    result = track_input(opened, TrackingOptions(TrackerParameters(), detector, matcher=matcher))
    assert (result.matching, result.appearance.name) == (matching, matching)
    assert result.appearance.described > 0


def test_online_the_frames_of_a_detector_are_described_in_the_same_pass(painted):
    found = painted.scene.detections()
    opened = open_input(painted.folder, use_public=False)
    result = track_input(opened, TrackingOptions(ONLINE, Boxes(found), matcher=painted.matcher))
    given = track_input(open_input(painted.folder, found), TrackingOptions(ONLINE, matcher=painted.matcher))
    assert result.tracks.to_mot_text() == given.tracks.to_mot_text() != ""
    assert result.appearance == given.appearance


@MODES
def test_without_frames_geometry_alone_decides_and_it_is_said(painted, parameters, tmp_path):
    folder = tmp_path / "Painted"
    shutil.copytree(painted.folder, folder, ignore=shutil.ignore_patterns("img1"))
    result = run(painted, parameters, open_input(folder))
    assert result.appearance.missing == "has no frames"
    assert result.appearance.described == 0 < result.appearance.requested
    blind = track_input(open_input(folder), TrackingOptions(parameters, matcher=Matcher(*boosters(painted))))
    assert result.tracks.to_mot_text() == blind.tracks.to_mot_text() != ""


@MODES
def test_frames_that_end_early_are_described_as_far_as_they_go(painted, parameters, tmp_path):
    folder = tmp_path / "Painted"
    shutil.copytree(painted.folder, folder)
    for number in range(31, 61):
        (folder / "img1" / f"{number:06d}.png").unlink()
    result = run(painted, parameters, open_input(folder))
    assert 0 < result.appearance.described < result.appearance.requested
    assert "30 of 60 frames" in result.appearance.missing
    assert result.broken is None
    assert result.frame_count == 60
    assert result.tracks.frame.max() > 50


def test_known_comparisons_are_used_instead_of_the_frames(painted):
    seen = []

    def look(detections, pairs):
        seen.append((detections, pairs))
        return ComparedPairs(np.zeros(len(pairs), np.int64), (np.ones((1, 1), np.float32),))

    result = run(painted, OFFLINE, appearance=KnownAppearance(look))
    assert len(seen) == 1
    assert painted.grey.described == 0
    assert result.appearance.described == len(seen[0][1])


@pytest.mark.parametrize("given", ["image", "numbered"])
def test_online_an_image_may_come_with_its_number_or_without(painted, given):
    frames, found = list(open_input(painted.folder).frames), painted.scene.detections()
    tracker = OnlineTracker(30, ONLINE, painted.matcher)
    for frame in frames:
        number = frame.number if given == "numbered" else None
        tracker.update(found.in_frame(frame.number), frame.image, number)
    assert tracker.compared_count == tracker.open_count > 0
    blind = OnlineTracker(30, ONLINE, painted.matcher)
    for number in range(1, 61):
        blind.update(found.in_frame(number), frame_number=number)
    assert blind.compared_count == 0 < blind.open_count


def test_online_some_frames_may_come_without_an_image(painted):
    found, tracker = painted.scene.detections(), OnlineTracker(30, ONLINE, painted.matcher)
    for frame in open_input(painted.folder).frames:
        tracker.update(found.in_frame(frame.number), frame.image if frame.number % 3 else None)
    assert 0 < tracker.compared_count < tracker.open_count


def test_one_call_loads_the_appearance_that_the_parameters_name(painted, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flat.py").write_text("def none(): pass\nclass Flat:\n    def describe(self, image, box): return box\n")
    painted.matcher.save(tmp_path / "model")
    mine = TrackerParameters(model=str(tmp_path / "model"), appearance="flat.py:Flat", levels=1)
    with pytest.raises(ModelError, match=r"link.json was trained with another appearance than 'flat.py:Flat'"):
        track(painted.folder, parameters=mine)
    names = json.loads((tmp_path / "model" / "link.json").read_text())["learner"]["feature_names"]
    assert names[-5:] == list(painted.matcher.appearance.feature_names)
    (tmp_path / "model" / "link.json").unlink()
    with pytest.raises(ModelError, match=r"the appearance 'flat.py:Flat' cannot be used; train one with 'siamlink"):
        track(painted.folder, parameters=mine)
    assert track(painted.folder, parameters=mine.model_copy(update={"appearance": "none"})).tracks.count > 0


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["offline", "windowed"])
@pytest.mark.parametrize("detects", [True, False], ids=["detected", "given"])
def test_overlapped_stages_change_nothing(painted, monkeypatch, mode, detects):
    parameters = TrackerParameters(mode=mode, levels=1, latency_seconds=0.2, appearance_gate=OPEN)
    given, results = open_input(painted.folder).detections, []
    for depth in (0, 4):
        for module in ("linking.appearance", "runs.feed", "runs.run"):
            monkeypatch.setattr(
                f"siamlink.tracker.{module}.prefetch", lambda items, *_, depth=depth: prefetch(items, depth)
            )
        opened = open_input(painted.folder, use_public=not detects)
        results.append(track_input(opened, TrackingOptions(parameters, Boxes(given), matcher=painted.matcher)))
    assert len({result.tracks.to_mot_text() for result in results}) == 1
    assert results[0].tracks.count > 0
    assert results[0].appearance.described > 0
    assert len({(result.frame_count, result.broken, result.appearance) for result in results}) == 1
