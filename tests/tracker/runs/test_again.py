"""One video linked again and again under other constraints: the same tracks as by runs of their own, without images."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from siamlink.association.appearance.appearance import Appearances
from siamlink.association.matcher import Matcher
from siamlink.association.solvers.constraints import cannot_link
from siamlink.detectors.sources.image_folder import ImageFolder
from siamlink.tracker.cache.frame_cache import NO_CACHE
from siamlink.tracker.linking.memory import Memory
from siamlink.tracker.linking.scored_pairs import ScoredPairs
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.runs.inputs import TrackingInput, open_input
from siamlink.tracker.runs.options import TrackingOptions
from siamlink.tracker.runs.run import TrackingRun


def linked(source: TrackingInput, options: TrackingOptions) -> str:
    return TrackingRun(source, None, options).result().tracks.to_mot_text()


def decode(_: object) -> Iterator[object]:
    raise AssertionError("must not decode again")
    yield


def describe(*_: object) -> None:
    raise AssertionError("must not describe again")


@pytest.fixture
def source(painted: object) -> TrackingInput:
    return open_input(painted.folder, painted.scene.detections())  # type: ignore[attr-defined]


@pytest.mark.parametrize("matching", ["calibrated", "auto"])
def test_the_video_is_neither_decoded_nor_described_again(
    source: TrackingInput, two_levels: Matcher, painted: object, matching: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    appearance = painted.matcher.appearance  # type: ignore[attr-defined]
    options = TrackingOptions(TrackerParameters(matching=matching), matcher=replace(two_levels, appearance=appearance))
    detections = source.detections
    assert detections is not None
    apart = cannot_link(0, int(np.flatnonzero(detections.frame == 2)[0]))
    fewer = source._replace(detections=detections[np.arange(len(detections)) % 11 > 0])
    expected = [linked(each, options) for each in (source, source._replace(known=(apart,)), fewer)]
    again, cache = replace(options, memory=Memory()), NO_CACHE.in_memory([appearance])
    TrackingRun(source._replace(cache=cache), None, again).describe_all()
    monkeypatch.setattr(ImageFolder, "__iter__", decode)
    monkeypatch.setattr(Appearances, "describe", describe)
    for each, text in zip((source, source._replace(known=(apart,)), fewer), expected, strict=True):
        assert linked(each._replace(cache=cache), again) == text
    assert len({*expected}) == 3


def test_the_same_detections_are_scored_once(
    source: TrackingInput, two_levels: Matcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    scored: list[int] = []
    extended = ScoredPairs.extended

    def counted(self: ScoredPairs, later: object, *rest: object) -> ScoredPairs:
        scored.append(len(later))  # type: ignore[arg-type]
        return extended(self, later, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(ScoredPairs, "extended", counted)
    parameters = TrackerParameters(matching="learned", appearance="none")
    options = TrackingOptions(parameters, matcher=two_levels, memory=Memory())
    bare = source._replace(frames=None, known=())
    for known in ((), (cannot_link(0, 5),), ()):
        linked(bare._replace(known=known), options)
    assert len(scored) == 1
    linked(bare._replace(detections=bare.detections[1:]), options)  # type: ignore[index]
    assert len(scored) == 2
