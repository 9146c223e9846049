"""A model of cost, fitted to measured runs."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from siamlink.detectors.base.arrays import FloatArray
from siamlink.detectors.base.errors import InputError
from siamlink.tools.studies.scale.points import Point

DAY_FRAMES = 24 * 3600 * 25
"""Of a camera of 25 frames a second."""


@dataclass(frozen=True)
class ManyModel:
    """Seconds of a run over many sources of one kind, from CPU seconds, which other programs do not change.

    The first process opens all sources, one after the other. With several workers, each of them starts, and opens its
    sources again:

    cpu = start + worker * workers + videos * (2 * first + video + frame * frames)

    Attributes:
        kind: of the sources.
        cores: of the machine that was measured.
        start: of the program.
        worker: of each worker, if there are several.
        first: to open a source.
        video: of each source.
        frame: of each frame.
        error: the mean relative error of the fit.
        peak_bytes: memory of the largest process that was measured.
        disk_bytes: written for each frame.
    """

    kind: str
    cores: int
    start: float
    worker: float
    first: float
    video: float
    frame: float
    error: float
    peak_bytes: float
    disk_bytes: float

    def cpu(self, videos: float, frames: float, workers: float) -> float:
        """CPU seconds of all processes."""
        several = workers > 1
        each = (1 + several) * self.first + self.video + self.frame * frames
        return self.start + several * min(workers, videos) * self.worker + videos * each

    def wall(self, videos: float, frames: float, workers: float, cores: float | None = None) -> float:
        """Seconds of a run on a machine with nothing else to do; no more is done at once than there are cores."""
        at_once = min(workers, self.cores if cores is None else cores)
        serial = self.start + (workers > 1) * (self.worker + self.first * videos)
        return serial + videos * (self.first + self.video + self.frame * frames) / at_once


def fit_many(points: Sequence[Point], cores: int) -> ManyModel:
    """Fit the model to points of one kind, by least squares of relative errors; nothing is negative.

    Where all sources have the same length, all their cost is that of frames.

    Raises:
        InputError: a point has no CPU seconds.
    """
    from scipy.optimize import nnls

    if any(each.cpu_seconds is None for each in points):
        raise InputError(f"a measured point of kind '{points[0].kind}' has no cpu_seconds")
    cpu = np.array([each.cpu_seconds for each in points], float)
    workers, videos, frames = (
        np.array([getattr(each, name) for each in points], float) for name in ("workers", "videos", "frames")
    )
    several = (workers > 1) & (videos > 1)
    started = several * np.minimum(workers, videos)
    has_lengths = len(set(frames.tolist())) > 1
    columns = np.column_stack(
        [np.ones(len(points)), started, videos * (1 + several), videos * has_lengths, videos * frames]
    )
    found, _ = nnls(columns / cpu[:, None], np.ones(len(points)))
    start, worker, first, video, frame = found.tolist()
    error = float(np.abs(columns @ found / cpu - 1).mean())
    peak = max((each.peak_bytes or 0 for each in points), default=0)
    disk = float(np.mean([(each.disk_bytes or 0) / each.all_frames for each in points]))
    return ManyModel(points[0].kind, cores, start, worker, first, video, frame, error, peak, disk)


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
class Line:
    """value = start + frame * frames, over the lengths of streams."""

    start: float
    frame: float

    @classmethod
    def fit(cls, frames: Iterable[float], values: Iterable[float]) -> "Line":
        """Fit it by least squares of relative errors; nothing is negative. From one point, it begins at 0."""
        from scipy.optimize import nnls

        x, y = np.array([*frames], float), np.array([*values], float)
        columns = np.column_stack([np.ones(len(x)), x]) if len(set(x.tolist())) > 1 else np.column_stack([0 * x, x])
        start, frame = nnls(columns / y[:, None], np.ones(len(y)))[0].tolist()
        return cls(start, frame)

    def of(self, frames: FloatArray | float) -> Any:
        """The value at a number of frames."""
        return self.start + self.frame * np.asarray(frames, float)


@dataclass(frozen=True)
class CostModel:
    """All parts of the model.

    Attributes:
        many: of many sources, by kind.
        stream_seconds, stream_bytes: wall seconds and peak memory of a stream by its length; None without such points.
    """

    many: dict[str, ManyModel]
    stream_seconds: Power | None
    stream_bytes: Line | None

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
        Line.fit([each.frames for each in peaks], [each.peak_bytes or 0.0 for each in peaks]) if peaks else None,
    )
