from dataclasses import replace
from importlib.metadata import version

import numpy as np
import pytest

from siamlink import tracker
from siamlink.detectors.base.errors import DetectorError, InputError
from siamlink.detectors.detections import Detections
from siamlink.tools.synthetic.street import Scene, crossing
from siamlink.tracker.linking.kalman_tracker import KalmanTracker
from siamlink.tracker.linking.protocol import TrackerSetup
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.runs.inputs import open_input
from siamlink.tracker.runs.interrupted import Interrupted
from siamlink.tracker.runs.options import TrackingOptions
from siamlink.tracker.runs.result import Counts
from siamlink.tracker.runs.sinks import AppendTracks, DrawTracks
from siamlink.tracker.runs.track import track, track_input
from siamlink.tracker.tracks import Tracks

OFFLINE, ONLINE = TrackerParameters(), TrackerParameters(mode="online")
FRAMES = 24


def without_links(tracks: Tracks) -> str:
    """The text of tracks whose links are not known yet."""
    return replace(tracks, link_probability=np.full(len(tracks), np.nan, np.float32)).to_mot_text()


@pytest.fixture(scope="module")
def scene() -> Scene:
    return crossing(frame_count=FRAMES)


@pytest.fixture(scope="module")
def found(scene) -> Detections:
    return scene.detections()


@pytest.fixture(scope="module")
def folder(scene, found, tmp_path_factory):
    """The scene as a MOT sequence with video and public detections."""
    made = tmp_path_factory.mktemp("pipeline") / "Crossing"
    scene.write_sequence(made)
    (made / "det").mkdir()
    box = found.box.astype(float)
    columns = (found.frame, box[:, 0], box[:, 1], found.width, found.height, found.score)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    (made / "det" / "det.txt").write_text("".join(f"{f},-1,{x},{y},{w},{h},{s}\n" for f, x, y, w, h, s in rows))
    return made


@pytest.fixture(scope="module")
def model(matcher, tmp_path_factory) -> str:
    made = tmp_path_factory.mktemp("model")
    matcher.save(made)
    return str(made)


class Oracle:
    """A detector that knows the scene's detections, and fails in a frame if it is told to."""

    def __init__(self, found: Detections, fail_in: int = 0) -> None:
        self.found, self.fail_in, self.seen = found, fail_in, 0

    def detect(self, image: np.ndarray) -> Detections:
        assert image.shape == (270, 480, 3)
        self.seen += 1
        if self.seen == self.fail_in:
            raise ValueError("lost my glasses")
        return self.found.in_frame(self.seen)


def check_counts(counts: Counts, expected: Counts) -> None:
    """Every detection is in a track or is left out for a reason."""
    assert replace(counts, left_out={}, classes={}) == expected
    assert sum(counts.left_out.values()) == counts.detections - (counts.boxes - counts.interpolated)


def test_public_detections_are_linked_without_decoding_frames(folder, found, matcher, model, link_detections):
    result = track(folder, parameters=OFFLINE.model_copy(update={"model": model, "levels": 1}))
    assert result.detector is None
    assert (result.frame_count, result.broken) == (FRAMES, None)
    np.testing.assert_allclose(result.detections.box, found.box, atol=1e-3)
    expected = link_detections(result.detections, 30, matcher, OFFLINE)
    assert result.tracks.to_mot_text() == expected.to_mot_text() != ""
    assert {"features", "boosting", "solve", "gaps"} <= set(result.seconds)
    assert not {"decode", "detect"} & set(result.seconds)


@pytest.mark.parametrize("parameters", [OFFLINE, ONLINE], ids=["offline", "online"])
def test_a_detector_sees_every_frame_and_its_detections_are_linked(folder, found, matcher, parameters):
    reports = []
    opened = open_input(folder, use_public=False)
    detector = Oracle(found)
    result = track_input(
        opened, TrackingOptions(parameters, detector, progress=lambda *step: reports.append(step), matcher=matcher)
    )
    given = track_input(open_input(folder, found), TrackingOptions(parameters, matcher=matcher))
    assert result.detector == "Oracle"
    assert given.detector is None
    assert detector.seen == result.frame_count == given.frame_count == FRAMES
    np.testing.assert_array_equal(result.detections.box, found.box)
    assert result.tracks.to_mot_text() == given.tracks.to_mot_text() != ""
    assert [step for step in reports if step[0] == "detect"] == [("detect", k, FRAMES) for k in range(1, FRAMES + 1)]
    assert {"decode", "detect"} <= set(result.seconds)


def test_online_tracking_hands_over_every_frame_with_its_tracks(folder, found, matcher):
    shown = []
    opened = open_input(folder, use_public=False)
    result = track_input(
        opened,
        TrackingOptions(
            ONLINE,
            Oracle(found),
            matcher=matcher,
            sinks=(DrawTracks(lambda frame, tracks: shown.append((frame.image.shape, tracks))),),
        ),
    )
    assert [shape for shape, _ in shown] == [(270, 480, 3)] * FRAMES
    joined = type(result.tracks).concatenate([tracks for _, tracks in shown])
    assert without_links(joined) == without_links(result.tracks)  # the links of shown boxes are known later


@pytest.mark.parametrize("mode", ["online", "windowed"])
def test_a_sink_gets_the_same_tracks_and_the_result_keeps_none(folder, found, matcher, mode):
    parameters, texts = TrackerParameters(mode=mode, latency_seconds=0.2), []
    opened = open_input(folder, found)
    kept = track_input(opened, TrackingOptions(parameters, matcher=matcher))
    handed = track_input(
        opened, TrackingOptions(parameters, matcher=matcher, sinks=(AppendTracks(texts.append),), keeps_tracks=False)
    )
    rows, expected = "".join(texts).splitlines(), kept.tracks.to_mot_text().splitlines()
    assert [row.split(",")[:8] for row in rows] == [row.split(",")[:8] for row in expected] != []
    assert sum(map(bool, texts)) > 2
    assert (len(handed.tracks), len(handed.detections)) == (0, 0)
    tracks = kept.tracks
    assert handed.counts == kept.counts
    check_counts(kept.counts, Counts(len(found), tracks.count, len(tracks), int(tracks.interpolated.sum())))


@pytest.mark.parametrize("end", [FRAMES, FRAMES - 20])
def test_frames_that_are_known_are_followed_together_as_one_by_one(folder, found, matcher, monkeypatch, end):
    monkeypatch.setattr("siamlink.tracker.linking.kalman_tracker.BLOCK", 5)
    given, passed = found[found.frame <= end], []
    parameters = TrackerParameters(mode="online", solver="hungarian")
    opened = open_input(folder, given)
    result = track_input(
        opened, TrackingOptions(parameters, progress=lambda *step: passed.append(step), matcher=matcher)
    )
    alone = KalmanTracker(TrackerSetup(opened.frame_rate, parameters, matcher))
    expected = [alone.update(given.in_frame(number), frame_number=number) for number in range(1, FRAMES + 1)]
    assert result.tracks.to_mot_text() == Tracks.concatenate(expected).to_mot_text() != ""
    check_counts(result.counts, Counts(len(given), result.tracks.count, len(result.tracks), 0))
    np.testing.assert_array_equal(result.detections.box, given.box)
    assert result.frame_count == FRAMES
    assert passed[-1] == ("link", FRAMES, FRAMES)
    assert 1 < len(passed) < FRAMES


def test_given_detections_win_over_public_ones(folder, found, matcher):
    first_half = found[found.frame <= FRAMES // 2]
    result = track_input(open_input(folder, first_half), TrackingOptions(OFFLINE, matcher=matcher))
    assert result.detections is first_half
    assert result.frame_count == FRAMES
    assert result.tracks.frame.max() <= FRAMES // 2


@pytest.mark.parametrize("parameters", [OFFLINE, ONLINE], ids=["offline", "online"])
def test_no_detections_at_all_are_a_valid_result(folder, matcher, parameters):
    for opened, detector in (
        (open_input(folder, Detections.empty()), None),
        (open_input(folder, use_public=False), Oracle(Detections.empty())),
    ):
        result = track_input(opened, TrackingOptions(parameters, detector, matcher=matcher))
        assert (len(result.tracks), len(result.detections), result.frame_count) == (0, 0, FRAMES)
        assert result.tracks.to_mot_text() == ""


def test_a_detector_that_fails_is_named_with_its_frame(folder, found, matcher):
    opened = open_input(folder, use_public=False)
    with pytest.raises(DetectorError, match=r"Oracle.* frame 3.*lost my glasses"):
        track_input(opened, TrackingOptions(OFFLINE, Oracle(found, fail_in=3), matcher=matcher))


def test_detections_before_the_video_broke_are_linked(folder, found, matcher, tmp_path):
    whole = (folder / "Crossing.mp4").read_bytes()
    short = tmp_path / "Crossing"
    short.mkdir()
    (short / "seqinfo.ini").write_text(f"[Sequence]\nframeRate=30\nseqLength={FRAMES + 6}\n")
    (short / "Crossing.mp4").write_bytes(whole)
    result = track_input(open_input(short), TrackingOptions(OFFLINE, Oracle(found), matcher=matcher))
    assert "ends after 24 of 30 frames" in result.broken
    assert result.frame_count == FRAMES
    assert len(result.tracks) > FRAMES


def test_a_live_source_cannot_be_tracked_offline(folder, matcher):
    opened = open_input(folder, use_public=False)
    opened.frames.live = True
    with pytest.raises(InputError, match=r"live .*--mode online"):
        track_input(opened, TrackingOptions(OFFLINE, Oracle(Detections.empty()), matcher=matcher))


def test_tracking_twice_gives_the_same(folder, matcher):
    opened = open_input(folder)
    once, again = (track_input(opened, TrackingOptions(OFFLINE, matcher=matcher)) for _ in range(2))
    assert once.tracks.to_mot_text() == again.tracks.to_mot_text()
    assert once.left_out.reason.tolist() == again.left_out.reason.tolist()
    assert replace(once, tracks=again.tracks, seconds=again.seconds, left_out=again.left_out) == again


def test_one_call_is_all_it_takes(folder, found, model):
    parameters = tracker.load_parameters(None, [f"model={model}", "levels=1"])
    result = tracker.track(folder, detector=Oracle(found), parameters=parameters)
    assert isinstance(result, tracker.TrackingResult)
    assert isinstance(result.tracks, tracker.Tracks)
    assert result.detector == "Oracle"
    assert dir(tracker) == tracker.__all__ == sorted(tracker.__all__)
    for name in tracker.__all__:
        assert name == "__version__" or getattr(tracker, name).__name__ == name
    assert tracker.__version__ == version("siamlink")
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        tracker.nothing  # noqa: B018


@pytest.mark.parametrize("mode", ["offline", "windowed", "online"])
def test_what_needs_no_image_decodes_none(folder, monkeypatch, mode):
    def refuse(*_):
        raise AssertionError("an image was decoded")

    monkeypatch.setattr("siamlink.detectors.sources.video_file.decode", refuse)
    parameters = tracker.load_parameters("fast", [f"mode={mode}"])
    opened = open_input(folder)
    assert (opened.image_size, parameters.uses_appearance) == ((480, 270), False)
    assert track_input(opened, TrackingOptions(parameters)).frame_count == FRAMES


@pytest.mark.slow
def test_settings_may_be_keywords(folder):
    learned = ["matching=learned"]
    fast = tracker.load_parameters("fast", learned)
    online = tracker.track(folder, parameters=fast, mode="online")
    named = tracker.track(folder, parameters=tracker.load_parameters("fast", [*learned, "mode=online"]))
    assert online.tracks.to_mot_text() == named.tracks.to_mot_text() != ""
    raw = tracker.track(folder, mode="online", matching="learned", appearance="none", gaps={"smooth": False})
    assert raw.tracks.to_mot_text() not in (online.tracks.to_mot_text(), "")
    assert raw.appearance is None


def test_an_interrupted_run_hands_over_the_tracks_that_are_final(folder, found, matcher):
    class Stopping(Oracle):
        def detect(self, image: np.ndarray) -> Detections:
            if self.seen == 15:
                raise KeyboardInterrupt
            return super().detect(image)

    parameters = TrackerParameters(mode="online")
    whole = track_input(open_input(folder, found), TrackingOptions(parameters, matcher=matcher)).tracks
    source = open_input(folder, use_public=False)
    with pytest.raises(Interrupted) as raised:
        track_input(source, TrackingOptions(parameters, Stopping(found), matcher))
    assert isinstance(raised.value.__cause__, KeyboardInterrupt)
    final = raised.value.final_frame
    assert 0 < final <= 15
    assert without_links(raised.value.tracks) == without_links(whole[whole.frame <= final]) != ""


def test_the_result_knows_its_frame_rate_and_the_rows_of_its_boxes(folder, model):
    result = track(folder, model=model, levels=1, appearance="none", matching="learned", progress=True)
    assert result.frame_rate == 30
    raw = result.unsmoothed()
    detected = ~raw.interpolated
    assert detected.sum() > 30
    given = {(frame, *box) for frame, box in zip(result.detections.frame, result.detections.box.tolist(), strict=True)}
    assert {(frame, *box) for frame, box in zip(raw.frame[detected], raw.box[detected].tolist(), strict=True)} <= given


def test_detections_may_come_from_a_generator(folder, found):
    by_frame = [found.in_frame(number) for number in range(1, FRAMES + 1)]
    of_list, of_generator = (track(folder, detections=each) for each in (by_frame, iter(by_frame)))
    assert of_list.tracks.count == 2
    np.testing.assert_array_equal(of_generator.tracks.box, of_list.tracks.box)
