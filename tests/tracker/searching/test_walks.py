"""What a pass over the video takes as background and as examples, and where it ends walks early."""

from collections.abc import Sequence

import numpy as np
import pytest

from siamlink.association.search import walk
from siamlink.association.search.correlation import Peak
from siamlink.association.search.network import Template
from siamlink.detectors.base.arrays import FloatArray
from siamlink.detectors.sources.frame_source import Frame
from siamlink.tracker.runs.options import no_progress
from siamlink.tracker.searching import walks
from siamlink.tracker.searching.calibration import Calibration
from siamlink.tracker.searching.occupied import Occupied
from siamlink.tracker.searching.starts import Start
from siamlink.tracker.searching.walks import Found, walk_all
from siamlink.tracker.tracks import Tracks

RATE, LAST = 10.0, 40
MIDDLE = np.array([200.0, 60, 220, 110])


class Network:
    """Templates that say which start and which background image they are of; maps are all the same."""

    def __init__(self) -> None:
        self.backgrounds: list[int | None] = []

    def maps(self, regions: np.ndarray) -> np.ndarray:
        return np.zeros((len(regions), 1, 1, 1), np.float32)

    def template(self, image: np.ndarray, box: FloatArray, other: np.ndarray | None = None) -> Template:
        self.backgrounds.append(None if other is None else int(other[0, 0, 0]))
        return Template(np.full((1, 1, 1), image[0, 0, 0], np.float32), np.ones((1, 1)))


class Examples(Calibration):
    """Keeps the scores of absent objects; says that walks are hopeless, or not."""

    def __init__(self, hopeless: bool = False) -> None:
        super().__init__(Tracks.empty())
        self.absent: list[tuple[int, list[float]]] = []
        self.hopeless = hopeless

    def add(self, start: Start, frame: int, box: FloatArray, peak: Peak, absent: Sequence[Peak]) -> None:
        self.absent.append((start.track_id, [each.score for each in absent]))

    def of(self, track_id: int) -> list[list[float]]:
        return [scores for each, scores in self.absent if each == track_id]

    def is_hopeless(self, peak: Peak) -> bool:
        return self.hopeless


@pytest.fixture
def peaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The score of a template is the frame that it is from; it lies where it is expected."""
    for module in (walk, walks):
        monkeypatch.setattr(module, "response", lambda template, _: template.maps)
        monkeypatch.setattr(module, "find_peak", lambda scores: Peak(np.zeros(2), float(scores.max()), 0.0))


def frames():
    return (Frame(number, number / RATE, np.full((200, 400, 3), number, np.uint8)) for number in range(1, LAST + 1))


def start(track_id: int, frame: int, direction: int = 1, speed: float = 0.0, others: frozenset | None = None) -> Start:
    return Start(track_id, frame, direction, 10, MIDDLE, np.array([speed, 0.0]), others)


def walked(
    starts: Sequence[Start], network: Network, calibration: Calibration, occupied: Tracks | None = None
) -> list[list[Found]]:
    boxes = Occupied(Tracks.empty() if occupied is None else occupied)
    return walk_all(network, starts, frames(), RATE, calibration, boxes, no_progress)


def test_the_background_is_an_image_in_which_the_object_is_elsewhere(peaks):
    network = Network()
    walked([start(1, 20, speed=speed) for speed in (0.0, 0.5, 1.0, 3.0, -3.0)], network, Examples())
    assert network.backgrounds == [None, None, 10, 10, 10]


def test_at_the_beginning_of_the_video_no_image_shows_the_background(peaks):
    network = Network()
    walked([start(1, 3, speed=3.0), start(2, 6, speed=3.0)], network, Examples())
    assert network.backgrounds == [None, 1]


def test_the_newest_template_of_another_track_is_among_the_absent_examples(peaks):
    examples = Examples()
    walked(
        [start(1, 5, others=frozenset()), start(1, 20, others=frozenset()), start(2, 21, others=frozenset([1]))],
        Network(),
        examples,
    )
    assert [scores[0] for scores in examples.of(2)] == [20.0] * 10


def test_a_template_of_a_track_that_may_show_the_same_object_is_no_example(peaks):
    examples = Examples()
    walked([start(1, 5, others=frozenset()), start(2, 21, others=frozenset([3]))], Network(), examples)
    aside = [[21.0], [], []]
    assert examples.of(2) == [*aside * 3, [21.0]]


def test_a_hopeless_walk_ends(peaks):
    found = walked([start(1, 20), start(2, 20, direction=-1)], Network(), Examples(hopeless=True))
    assert [[each.frame for each in walk] for walk in found] == [[21], [19]]
    found = walked([start(1, 20), start(2, 20, direction=-1)], Network(), Examples())
    assert [len(walk) for walk in found] == [10, 10]


def test_a_walk_ends_before_a_tenth_of_its_box_leaves_the_image(peaks):
    left = [start(1, 20, speed=19.9), start(2, 20, speed=20.1), start(3, 20, speed=20.3)]
    found = walked(left, Network(), Examples())
    assert [walk[-1].frame for walk in found] == [29, 29, 28]
    assert found[1][-1].box[2] == pytest.approx(400.9)


def test_a_walk_ends_on_another_track(peaks):
    other = Tracks(
        frame=np.array([24], np.int32),
        box=MIDDLE[None].astype(np.float32) + 2,
        score=np.ones(1, np.float32),
        label=np.zeros(1, np.int16),
        track_id=np.array([7], np.int32),
        interpolated=np.zeros(1, bool),
    )
    (found,) = walked([start(1, 20)], Network(), Examples(), other)
    assert found[-1].frame == 24
    (found,) = walked([start(7, 20)], Network(), Examples(), other)
    assert found[-1].frame == 30
