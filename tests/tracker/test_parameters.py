from functools import reduce
from pathlib import Path

import pytest

from siamlink.association.appearance.loading import SHIPPED
from siamlink.association.pairs.features import GAP_FEATURES, PAPER_FEATURES
from siamlink.detectors.base.errors import ModelError
from siamlink.detectors.base.parameters import describe
from siamlink.tracker.configuration import load_parameters
from siamlink.tracker.parameters import TrackerParameters


def test_every_setting_is_described_and_can_be_set_to_its_default():
    leaves = list(describe(TrackerParameters))
    keys = [key for key, _, _ in leaves]
    assert len(keys) == len(set(keys)) > 20
    assert {"mode", "solver", "gate.reach", "costs.entry", "gaps.interpolate", "online.entry"} <= set(keys)
    for key, default, field in leaves:
        assert field.description, key
        *groups, name = key.split(".")
        group = reduce(getattr, groups, TrackerParameters())
        assert getattr(group, name) == default, f"{key}: a group must not have other defaults than its class"
        if isinstance(default, int | float) and not isinstance(default, bool):
            assert field.metadata, f"{key} has no range"
            assert load_parameters(None, [f"{key}={default}"]) == TrackerParameters()


def test_the_model_folder_is_none_for_the_shipped_one(monkeypatch):
    assert TrackerParameters().model_folder is None
    assert TrackerParameters(model="some/folder").model_folder == Path("some/folder")
    monkeypatch.setenv("HOME", "/home/me")
    assert TrackerParameters(model="~/folder").model_folder == Path("/home/me/folder")


def test_the_fast_configuration_needs_no_images():
    assert load_parameters("fast").appearance == "none"


def test_the_matcher_comes_with_its_appearance(matcher, tmp_path):
    matcher.save(tmp_path)
    plain = TrackerParameters(model=str(tmp_path), levels=1)
    assert plain.load_matcher().appearance is None
    with pytest.raises(ModelError, match="there is no appearance 'colour'"):
        plain.model_copy(update={"appearance": "colour"}).load_matcher()
    with pytest.raises(ModelError, match=r"no model at .*tracklet_link\.json"):
        plain.model_copy(update={"levels": 2}).load_matcher()


def test_appearance_auto_is_siamese_with_two_levels_and_none_with_one():
    for two in (TrackerParameters(), TrackerParameters(mode="online")):
        assert two.level_count == 2
        assert two.load_appearance().name == "siamese"
    for other in (TrackerParameters(mode="online", solver="hungarian"), TrackerParameters(levels=1)):
        assert other.level_count == 1
        assert other.load_appearance() is None


def test_each_matching_has_an_appearance_of_its_own(tmp_path):
    general = load_parameters("general")
    assert general.load_matcher().appearance.name == "siamese-general"
    assert TrackerParameters(matching="learned").load_matcher().appearances.keys() == {
        TrackerParameters().load_appearance().label
    }
    chosen_later = TrackerParameters().load_matcher()
    assert [each.name for each in chosen_later.appearances.values()] == ["siamese", "siamese-general"]
    assert chosen_later.calibrated().appearance.name == "siamese-general"
    assert general.model_copy(update={"appearance": "siamese"}).load_matcher().appearance.name == "siamese"
    given = TrackerParameters(appearance="siamese").load_matcher()
    assert given.calibrated().appearance is given.appearance
    (tmp_path / "siamese.safetensors").write_bytes(SHIPPED.read_bytes())
    own = general.model_copy(update={"model": str(tmp_path)})
    assert own.load_appearance().name == f"siamese:{tmp_path}/siamese.safetensors"


def test_online_tracklets_are_linked_by_settings_of_its_own():
    offline, online = TrackerParameters(), TrackerParameters(mode="online")
    assert offline.second_level == offline.tracklets
    assert online.second_level.costs.entry == online.online.tracklet_entry < offline.tracklets.costs.entry
    assert online.second_level.min_seconds == online.online.min_seconds < offline.tracklets.min_seconds
    assert online.second_level.gate == offline.tracklets.gate


def test_the_configuration_of_the_paper_brings_its_own_models():
    paper = load_parameters("paper")
    matcher = paper.load_matcher()
    context = (*PAPER_FEATURES, *GAP_FEATURES)
    assert tuple(matcher.context.feature_names) == context
    beyond = [name for name in matcher.link.feature_names if name not in context]
    assert len(beyond) == 1 + 32, "the logit and the features F6 of the joint-input network"
    assert all(name.startswith(matcher.appearance.label) for name in beyond)
    assert matcher.appearance.needs_flow
    assert matcher.tracklets is None
    assert matcher.gaps.probability.argmax() == 0
    assert len(matcher.gaps.probability) == paper.gate.max_gap_frames
    assert paper.model_folder / "gaps.json" in paper.model_files
