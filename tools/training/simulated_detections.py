"""Detections of simulated detectors, from poor to perfect, made from ground truth.

Real detectors miss an object for a while rather than in single frames, and their boxes are off in the same way for a
while; some of their false alarms last. So misses, errors and scores depend here on those of the frame before.
"""

from dataclasses import dataclass
from typing import Literal, Self, get_args

import numpy as np

from siamlink.association.training.ground_truth import GroundTruth
from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray
from siamlink.detectors.detections import Detections

SLOWER = 5
"""A slow video keeps each frame of so many."""
LEAST_SLOW_FRAMES, LEAST_SLOW_RATE = 250, 10.0
"""Frames and frames per second that a video must have to be slowed down."""
Timing = Literal["every frame", "every n-th frame", "slow video"]
Scale = Literal["logistic", "upper half", "exponential", "plain"]


@dataclass(frozen=True)
class Faults:
    """What a simulated detector does wrong.

    Attributes:
        recall: mean probability that an object is detected.
        run: probability that a detection or a miss continues in the next frame, instead of being drawn again.
        jitter: standard deviation of a box's place and logarithmic size, relative to the box.
        memory: correlation of these errors from frame to frame.
        false_alarms: false detections for each right one.
        single: share of the false alarms that last for one frame.
        doubled: probability that an object has a second, displaced box now and then.
        halved: probability that the upper half of an object is detected as well now and then.
        informative: how much the score tells; 0 for nothing.
        scale: of the scores.
        constant_score: whether all scores are 1.
    """

    recall: float = 1.0
    run: float = 0.0
    jitter: float = 0.0
    memory: float = 0.0
    false_alarms: float = 0.0
    single: float = 0.0
    doubled: float = 0.0
    halved: float = 0.0
    informative: float = 2.0
    scale: Scale = "logistic"
    constant_score: bool = False

    @classmethod
    def draw(cls, random: np.random.Generator) -> Self:
        """Faults of a random detector; one of ten is perfect, without scores."""
        if random.random() < 0.1:
            return cls(constant_score=True)
        return cls(
            recall=random.uniform(0.5, 0.98),
            run=random.uniform(0.6, 0.95),
            jitter=random.uniform(0.01, 0.09),
            memory=random.uniform(0, 0.8),
            false_alarms=float(random.choice([0.02, 0.05, 0.1, 0.3, 0.6, 1.0])),
            single=random.uniform(0, 0.8),
            doubled=float(random.choice([0, 0, 0.1, 0.4])),
            halved=float(random.choice([0, 0, 0.1])),
            informative=float(random.choice([0.0, 0.5, 1.0, 2.0, 3.0])),
            scale=get_args(Scale)[random.integers(4)],
        )


@dataclass(frozen=True)
class SimulatedVideo:
    """Detections, and the ground truth of the same frames; `frame_rate` in frames per second."""

    detections: Detections
    truth: GroundTruth
    frame_rate: float


@dataclass(frozen=True)
class _Boxes:
    """N boxes sorted by object and frame: `place` (N, 4) is left, top, width, height."""

    object: IntArray
    frame: IntArray
    place: FloatArray

    def __getitem__(self, rows: IntArray | BoolArray) -> "_Boxes":
        return _Boxes(self.object[rows], self.frame[rows], self.place[rows])

    @property
    def position(self) -> IntArray:
        """(N,) which box of its object each is, from 0."""
        return np.arange(len(self.object)) - np.searchsorted(self.object, self.object)

    def moved(self, place: FloatArray) -> "_Boxes":
        """The boxes at other places (N, 4)."""
        return _Boxes(self.object, self.frame, place)


def simulate(
    truth: GroundTruth, size: tuple[float, float] | None, frame_rate: float, random: np.random.Generator
) -> SimulatedVideo:
    """Detect the counted boxes of a video by a detector of random faults, which may run on some frames only.

    Args:
        truth: the ground truth.
        size: width and height of the picture in pixels; None if it is not known.
        frame_rate: frames per second.
        random: of all choices.
    """
    timing = get_args(Timing)[random.choice(3, p=(0.7, 0.12, 0.18))]
    frame_count = int(truth.boxes.frame.max(initial=1))
    detections = detect(truth, size, Faults.draw(random), random)
    if timing == "every n-th frame":
        chosen = (detections.frame - 1) % int(random.integers(2, 6)) == 0
        return SimulatedVideo(detections[chosen], truth, frame_rate)
    if timing == "slow video" and frame_count >= LEAST_SLOW_FRAMES and frame_rate >= LEAST_SLOW_RATE:
        chosen = (truth.boxes.frame - 1) % SLOWER == 0
        slow_truth = GroundTruth(_slower(truth.boxes), truth.identity[chosen])
        return SimulatedVideo(_slower(detections), slow_truth, frame_rate / SLOWER)
    return SimulatedVideo(detections, truth, frame_rate)


def _slower(boxes: Detections) -> Detections:
    """The boxes in each `SLOWER`-th frame, with these frames counted from 1."""
    part = boxes[(boxes.frame - 1) % SLOWER == 0]
    return Detections((part.frame - 1) // SLOWER + 1, part.box, part.score, part.label)


def detect(
    truth: GroundTruth, size: tuple[float, float] | None, faults: Faults, random: np.random.Generator
) -> Detections:
    """Detections of the counted boxes by a detector with these faults; empty without such boxes."""
    objects = _counted(truth)
    if not len(objects.frame):
        return Detections.from_boxes(1, np.zeros((0, 4)))
    seen = [
        _observe(objects, faults, faults.recall, 1.2, random),
        _observe(_doubles(objects, faults.doubled, random), faults, random.uniform(0.05, 0.5), -0.4, random),
        _observe(_halves(objects, faults.halved, random), faults, random.uniform(0.05, 0.4), -0.6, random),
    ]
    count = int(faults.false_alarms * sum(len(boxes.frame) for boxes, _ in seen))
    area = size or tuple((objects.place[:, :2] + objects.place[:, 2:]).max(0).tolist())
    seen.append(_single_false_alarms(objects, int(faults.single * count), area, faults, random))
    lasting = _lasting_false_alarms(objects, count - int(faults.single * count), area, random)
    seen.append(_observe(lasting, faults, random.uniform(0.4, 0.9), -1.2, random))
    frame, place = (np.concatenate(parts) for parts in zip(*((b.frame, b.place) for b, _ in seen), strict=True))
    score = _scaled(np.concatenate([score for _, score in seen]), faults)
    return Detections(frame, np.hstack([place[:, :2], place[:, :2] + place[:, 2:]]), score, np.zeros(len(frame)))  # type: ignore[arg-type]


def _counted(truth: GroundTruth) -> _Boxes:
    counted = np.flatnonzero(truth.identity >= 0)
    counted = counted[np.argsort(truth.identity[counted], kind="stable")]
    box = truth.boxes.box[counted].astype(np.float64)
    frame = truth.boxes.frame[counted].astype(np.int64)
    number = np.unique(truth.identity[counted], return_inverse=True)[1]
    return _Boxes(number, frame, np.hstack([box[:, :2], box[:, 2:] - box[:, :2]]))


def _observe(
    boxes: _Boxes, faults: Faults, recall: float, goodness: float, random: np.random.Generator
) -> tuple[_Boxes, FloatArray]:
    """The boxes that are detected, with errors, and their scores before they are scaled.

    Args:
        boxes: of objects, or of what the detector takes for objects.
        faults: of the detector.
        recall: mean probability of detection; it varies from object to object.
        goodness: what an informative score rises or falls by.
        random: of all choices.
    """
    count = int(boxes.object.max(initial=-1)) + 1
    varied = recall if recall == 1 else np.clip(recall + random.normal(0, 0.12, count), 0.1, 0.99)
    detected = _in_runs(boxes, np.broadcast_to(varied, count)[boxes.object], faults.run, random)
    error = _autoregressive(boxes, random.normal(size=(len(boxes.frame), 4)), faults.memory)
    error *= faults.jitter * random.uniform(0.7, 1.4, count)[boxes.object, None]
    wander = _autoregressive(boxes, random.normal(size=(len(boxes.frame), 1)), 0.7)[:, 0]
    of_object = random.normal(0, 0.5, count)[boxes.object]
    score = faults.informative * (goodness - 4 * np.abs(error).sum(1) + of_object)
    score += 0.8 * wander + random.normal(0, 0.3, len(score))
    side = boxes.place[:, 2:]
    place = np.hstack([boxes.place[:, :2] + error[:, :2] * side, side * np.exp(error[:, 2:])])
    return boxes.moved(place)[detected], score[detected]


def _in_runs(boxes: _Boxes, recall: FloatArray, run: float, random: np.random.Generator) -> BoolArray:
    """(N,) whether each box is detected: as that before with probability `run`, else with probability `recall` (N,)."""
    count = len(recall)
    fresh = (random.random(count) >= run) | (boxes.position == 0)
    latest = np.maximum.accumulate(np.where(fresh, np.arange(count), 0))
    detected: BoolArray = (random.random(count) < recall)[latest]
    return detected


def _autoregressive(boxes: _Boxes, fresh: FloatArray, memory: float) -> FloatArray:
    """Noise (N, D) of variance 1 that is correlated with that of the object's box before, from white noise (N, D)."""
    noise, position = fresh.copy(), boxes.position
    order = np.argsort(position, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(position[order])) + 1)[1:]:
        noise[rows] = memory * noise[rows - 1] + (1 - memory**2) ** 0.5 * fresh[rows]
    return noise


def _doubles(objects: _Boxes, share: float, random: np.random.Generator) -> _Boxes:
    """Second boxes of some objects, displaced and of another size."""
    count = int(objects.object.max()) + 1
    chosen = (random.random(count) < share)[objects.object]
    scale = random.uniform(0.5, 1.3, (count, 2))[objects.object]
    offset = random.uniform(-0.25, 0.25, (count, 2))[objects.object]
    side = objects.place[:, 2:]
    place = np.hstack([objects.place[:, :2] + (offset + (1 - scale) / 2) * side, scale * side])
    return objects.moved(place)[chosen]


def _halves(objects: _Boxes, share: float, random: np.random.Generator) -> _Boxes:
    """The upper halves of some objects."""
    chosen = (random.random(int(objects.object.max()) + 1) < share)[objects.object]
    return objects.moved(objects.place * [1, 1, 1, 0.5])[chosen]


def _single_false_alarms(
    objects: _Boxes, count: int, area: tuple[float, float], faults: Faults, random: np.random.Generator
) -> tuple[_Boxes, FloatArray]:
    """False alarms of one frame each, about as large as objects, and their scores before they are scaled."""
    frame = random.integers(1, int(objects.frame.max()) + 1, count)
    score = random.normal(0, 0.8, count) - faults.informative
    return _Boxes(np.arange(count), frame, _anywhere(objects, count, area, random)), score


def _lasting_false_alarms(
    objects: _Boxes, count: int, area: tuple[float, float], random: np.random.Generator
) -> _Boxes:
    """About `count` boxes of false alarms that stay where they are, each for some frames."""
    last = int(objects.frame.max())
    usual = random.choice([4, 15, 60], count)
    length = np.minimum(random.geometric(1 / usual), last)
    length = length[: int(np.searchsorted(np.cumsum(length), count))]
    start = random.integers(1, last - length + 2)
    number = np.repeat(np.arange(len(length)), length)
    boxes = _Boxes(number, number, _anywhere(objects, len(length), area, random)[number])
    return _Boxes(number, start[number] + boxes.position, boxes.place)


def _anywhere(objects: _Boxes, count: int, area: tuple[float, float], random: np.random.Generator) -> FloatArray:
    """(count, 4) boxes anywhere in the picture, about as large as objects."""
    side = objects.place[random.integers(0, len(objects.frame), count), 2:] * np.exp(random.normal(0, 0.3, (count, 2)))
    return np.hstack([random.uniform(0, area, (count, 2)), side])


def _scaled(score: FloatArray, faults: Faults) -> FloatArray:
    """Scores (N,) as detectors give them: probabilities, probabilities above a half, or any numbers."""
    if faults.constant_score:
        return np.ones(len(score))
    scales: dict[Scale, FloatArray] = {
        "logistic": 1 / (1 + np.exp(-1.5 * score)),
        "upper half": 0.5 + 0.5 / (1 + np.exp(-2 * score - 1)),
        "exponential": np.exp(1.2 * score + 1),
        "plain": score,
    }
    return scales[faults.scale]
