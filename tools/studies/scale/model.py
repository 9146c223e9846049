"""A model of cost, fitted to measured runs."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from siamlink.detectors.base.arrays import FloatArray
from siamlink.tools.studies.scale.points import Point

DAY_FRAMES = 24 * 3600 * 25
"""Of a camera of 25 frames a second."""


@dataclass(frozen=True)
class ManyModel:
    """Seconds of a run over many sources of one kind.

    wall = start + first * videos + videos * (video + frame * frames) / min(workers, cores)

    Attributes:
        kind: of the sources.
        cores: of the machine that was measured.
        start: of the program, and of its workers, which start at the same time.
        first: of each source in the first process, which opens all of them and reports on each.
        video: of each source in its worker.
        frame: of each frame.
        error: the mean relative error of the fit.
        peak_bytes: memory of the largest process that was measured.
        disk_bytes: written for each frame.
    """

    kind: str
    cores: int
    start: float
    first: float
    video: float
    frame: float
    error: float
    peak_bytes: float
    disk_bytes: float

    def wall(self, videos: float, frames: float, workers: float, cores: float | None = None) -> float:
        """Seconds of a run; with more workers than cores, no more is done at once than there are cores."""
        at_once = min(workers, self.cores if cores is None else cores)
        return self.start + self.first * videos + videos * (self.video + self.frame * frames) / at_once


def fit_many(points: Sequence[Point], cores: int) -> ManyModel:
    """Fit the model of many sources to points of one kind, by least squares of relative errors; nothing is negative."""
    from scipy.optimize import nnls

    wall = np.array([each.wall_seconds for each in points])
    at_once = np.array([min(each.workers, cores) for each in points])
    videos, frames = (np.array([getattr(each, name) for each in points], float) for name in ("videos", "frames"))
    columns = np.column_stack([np.ones(len(points)), videos, videos / at_once, videos * frames / at_once])
    found, _ = nnls(columns / wall[:, None], np.ones(len(points)))
    error = float(np.abs(columns @ found / wall - 1).mean())
    peak = max((each.peak_bytes or 0 for each in points), default=0)
    disk = float(np.mean([(each.disk_bytes or 0) / each.all_frames for each in points]))
    start, first, video, frame = found.tolist()
    return ManyModel(points[0].kind, cores, start, first, video, frame, error, peak, disk)


@dataclass(frozen=True)
class Power:
    """value = factor * frames ** exponent, over the lengths of streams."""

    factor: float
    exponent: float
    longest: int

    @classmethod
    def fit(cls, frames: Iterable[float], values: Iterable[float]) -> "Power":
        """Fit it by least squares of logarithms; from one point, the exponent is 1."""
        x, y = np.log(np.array([*frames], float)), np.log(np.array([*values], float))
        exponent = float(np.polyfit(x, y, 1)[0]) if len(set(x.tolist())) > 1 else 1.0
        return cls(float(np.exp((y - exponent * x).mean())), exponent, round(float(np.exp(x.max()))))

    def of(self, frames: FloatArray | float) -> Any:
        """The value at a number of frames."""
        return self.factor * np.asarray(frames, float) ** self.exponent


@dataclass(frozen=True)
class CostModel:
    """All parts of the model.

    Attributes:
        many: of many sources, by kind.
        stream_seconds, stream_bytes: wall seconds and peak memory of a stream by its length; None without such points.
    """

    many: dict[str, ManyModel]
    stream_seconds: Power | None
    stream_bytes: Power | None

    def as_dict(self) -> dict[str, Any]:
        """For a JSON file."""
        return asdict(self)


def fit(points: Sequence[Point], cores: int) -> CostModel:
    """Fit the model to measured points."""
    by_kind = {kind: [each for each in points if each.kind == kind] for kind in ("videos", "detections")}
    streams = [each for each in points if each.kind == "stream" and each.workers == 1]
    peaks = [each for each in streams if each.peak_bytes]
    return CostModel(
        {kind: fit_many(found, cores) for kind, found in by_kind.items() if found},
        Power.fit([each.frames for each in streams], [each.wall_seconds for each in streams]) if streams else None,
        Power.fit([each.frames for each in peaks], [each.peak_bytes or 0.0 for each in peaks]) if peaks else None,
    )
