"""Tracking in a window: what is given out when, what may follow it, and how it compares with offline tracking."""

import numpy as np
import pytest

from siamlink.detectors.base.errors import ConfigError, InputError
from siamlink.detectors.detections import Detections
from siamlink.tools.studies.benchmarks.stream import Walkers, measure
from siamlink.tools.synthetic.street import Scene, crossing, reentry, street
from siamlink.tracker.linking.linear_program import LinearProgramTracker
from siamlink.tracker.linking.protocol import TrackerSetup
from siamlink.tracker.linking.trackers import WindowedTracker
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.runs.inputs import open_input
from siamlink.tracker.runs.options import TrackingOptions
from siamlink.tracker.runs.sinks import DrawTracks
from siamlink.tracker.runs.track import track_input
from siamlink.tracker.tracks import Tracks

RATE = 30


def windowed(seconds: float, **others: object) -> TrackerParameters:
    return TrackerParameters(mode="windowed", matching="learned", latency_seconds=seconds, **others)


def run(tracker: WindowedTracker, detections: Detections, last: int) -> Tracks:
    parts = [tracker.update(detections.in_frame(k), frame_number=k) for k in range(1, last + 1)]
    return Tracks.concatenate([*parts, tracker.finish()])


def dense(seed: int, frames: int = 90) -> Detections:
    return street(frame_count=frames, seed=seed).detections(miss_rate=0.3, false_rate=2)


@pytest.mark.parametrize(("levels", "latency"), [(1, 0.0), (1, 1.03), (2, 0.2), (2, 0.5)])
def test_every_frame_is_final_once_and_in_time(two_levels, levels, latency):
    found, tracker = dense(2), WindowedTracker(RATE, windowed(latency, levels=levels), two_levels)
    for frame in range(1, 91):
        before = tracker.final_frame
        given_out = tracker.update(found.in_frame(frame), frame_number=frame)
        assert frame - tracker.final_frame <= latency * RATE + 1e-6
        assert ((given_out.frame > before) & (given_out.frame <= tracker.final_frame)).all()
    rest = tracker.finish()
    assert (rest.frame > frame - latency * RATE - 1).all()
    assert tracker.final_frame == 90
    assert len(tracker.finish()) == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("seed", "levels", "latency", "end"), [(4, 2, 0.3, 50), (5, 1, 0.3, 61), (6, 2, 0.5, 72), (9, 2, 0.1, 48)]
)
def test_ids_count_up_once_in_a_frame_and_nothing_beyond_the_latency_matters(two_levels, seed, levels, latency, end):
    """Two streams that part after a frame have the same tracks until the latency before it."""
    one, other = dense(seed), dense(seed + 100)
    parted = Detections.concatenate([one[one.frame <= end], other[other.frame > end]])
    tracked = [run(WindowedTracker(RATE, windowed(latency, levels=levels), two_levels), d, 90) for d in (one, parted)]
    for tracks in tracked:
        assert len(set(zip(tracks.frame.tolist(), tracks.track_id.tolist(), strict=True))) == len(tracks)
        ids, first = np.unique(tracks.track_id, return_index=True)
        assert ids.tolist() == list(range(1, len(ids) + 1))
        assert (np.diff(tracks.frame[first]) >= 0).all()
    known = end - int(latency * RATE)
    texts = [tracks[tracks.frame <= known].to_mot_text() for tracks in tracked]
    assert texts[0] == texts[1] != ""


@pytest.mark.parametrize("make", [crossing, reentry])
@pytest.mark.parametrize("seed", [0, 2])
def test_half_a_second_of_delay_is_enough_for_a_simple_scene(two_levels, score, make, seed):
    scene: Scene = make(seed=seed)
    tracks = run(WindowedTracker(RATE, windowed(0.5), two_levels), scene.detections(), scene.frame_count)
    scores = score(scene.truth(), tracks)
    assert scores.IDSW == 0
    assert scores.MOTA > 80


def test_an_id_outlives_a_gap_longer_than_the_latency_but_what_was_due_stays_empty(two_levels):
    scene = Walkers(people=3, pillar=0, miss_rate=0, false_rate=0)
    found = Detections.concatenate([each for each, _ in scene.frames(180)])
    found = found[(found.frame <= 80) | (found.frame > 130)]
    tracker = WindowedTracker(RATE, windowed(0.5), two_levels)
    tracks = run(tracker, found, 180)
    assert tracks.count == 3
    boxes = np.bincount(tracks.frame, minlength=181)[1:]
    assert (boxes[20:80] == 3).all()
    assert (boxes[80:110] == 0).all()
    assert (boxes[130:] == 3).all()
    assert (boxes[120:130] == 3).all(), "what is not due yet is filled"
    assert tracks.interpolated[(tracks.frame > 80) & (tracks.frame <= 130)].all()


@pytest.mark.slow
@pytest.mark.parametrize("gap", [40, 300])
def test_skipped_frames_are_frames_without_detections(two_levels, gap):
    found = dense(3)
    found = Detections(found.frame + np.where(found.frame > 40, gap, 0), found.box, found.score, found.label)
    texts = []
    for frames in (range(1, 91 + gap), [*range(1, 41), *range(41 + gap, 91 + gap)]):
        tracker = WindowedTracker(RATE, windowed(0.5), two_levels)
        parts = [tracker.update(found.in_frame(k), frame_number=k) for k in frames]
        texts.append(Tracks.concatenate([*parts, tracker.finish()]).to_mot_text())
    assert texts[0] == texts[1] != ""


@pytest.mark.slow
def test_the_window_is_bounded_and_objects_keep_their_ids(two_levels):
    walkers, frames = Walkers(people=2), 3000
    benchmark = measure(walkers, frames, windowed(2.0), lambda *_: None, two_levels)
    seconds = 2.0 + 2.5 + 4.0 + 16 / RATE
    most = (walkers.people + walkers.false_rate) * seconds * RATE
    kept = [sample.detections for sample in benchmark.samples]
    assert max(kept) < 1.1 * most
    assert np.mean(kept[-50:]) < 1.05 * np.mean(kept[50:100])
    assert (benchmark.tracks, benchmark.switches) == (walkers.people, 0)
    assert benchmark.wrong_boxes < benchmark.boxes / 1000
    assert benchmark.boxes > 0.8 * walkers.people * frames


def test_detections_come_as_arrays_too_and_without_any_there_are_no_tracks(two_levels):
    tracker = WindowedTracker(RATE, windowed(0.5), two_levels)
    parts = [tracker.update(np.array([[100 + k, 100, 150 + k, 220, 0.9, 3]])) for k in range(60)]
    tracks = Tracks.concatenate([*parts, tracker.finish()])
    assert (tracks.count, set(tracks.label.tolist())) == (1, {3})
    assert len(tracks) == 60
    nothing = WindowedTracker(RATE, windowed(0.5), two_levels)
    assert (
        len(run(nothing, Detections.empty(), 60)) == len(WindowedTracker(RATE, windowed(0), two_levels).finish()) == 0
    )
    assert nothing.final_frame == 60


def test_wrong_input_is_refused_and_nothing_is_lost(two_levels):
    tracker = WindowedTracker(RATE, windowed(0.5), two_levels)
    tracker.update(Detections.empty(), frame_number=5)
    with pytest.raises(InputError, match="growing frame numbers: 5 after 5"):
        tracker.update(Detections.empty(), frame_number=5)
    with pytest.raises(InputError, match=r"cannot track the detections of frame 6: .*does not consist of numbers"):
        tracker.update("boxes")
    assert tracker.frame == 5
    with pytest.raises(ConfigError, match="frame rate must be a number above 0"):
        WindowedTracker(0, windowed(0.5), two_levels)


def test_images_wait_for_their_tracks_only(painted, two_levels):
    shown: list[tuple[int, Tracks]] = []

    class Silent:
        def detect(self, image: np.ndarray) -> np.ndarray:
            return np.array([[100, 50, 140, 150, 0.9]])

    opened = open_input(painted.folder, use_public=False)
    result = track_input(
        opened,
        TrackingOptions(
            windowed(0.3),
            Silent(),
            matcher=two_levels,
            sinks=(DrawTracks(lambda frame, tracks: shown.append((frame.image.shape[0], tracks))),),
        ),
    )
    assert [height for height, _ in shown] == [270] * 60
    assert Tracks.concatenate([tracks for _, tracks in shown]).to_mot_text() == result.tracks.to_mot_text() != ""
    assert all((tracks.frame == frame).all() for frame, (_, tracks) in enumerate(shown, 1))


@pytest.mark.slow
@pytest.mark.parametrize(("levels", "latency"), [(1, 0.0), (1, 0.4), (2, 0.0), (2, 0.3), (2, 3600.0)])
def test_known_frames_together_give_the_same_bytes(two_levels, levels, latency):
    found = dense(7)
    found = found[(found.frame < 20) | (found.frame > 27) & (found.frame != 50)]  # some frames have no detections
    found = Detections(found.frame + np.where(found.frame > 60, 400, 0), found.box, found.score, found.label)
    setup = TrackerSetup(RATE, windowed(latency, levels=levels), two_levels)
    alone, together = LinearProgramTracker(setup), LinearProgramTracker(setup)
    parts = [alone.update(found.in_frame(k), frame_number=k) for k in range(1, int(found.frame.max()) + 1)]
    blocks = list(together.update_many(found))
    assert len(blocks) < len(parts)
    assert (together.frame, together.final_frame) == (alone.frame, alone.final_frame)
    one, other = (
        Tracks.concatenate([*given_out, tracker.finish()])
        for given_out, tracker in ((parts, alone), (blocks, together))
    )
    assert one.to_mot_text() == other.to_mot_text() != ""
