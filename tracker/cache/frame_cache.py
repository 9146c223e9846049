"""Detections, descriptors and background flow of the frames of a video, recorded by earlier runs."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.appearance import Appearances
from siamlink.association.appearance.descriptors import DescriptorsPerModel
from siamlink.association.appearance.optical_flow import BackgroundFlow, FlowParameters
from siamlink.detectors.base.arrays import Box, FloatArray
from siamlink.detectors.base.errors import InputError
from siamlink.detectors.base.fingerprint import code_digest, file_digest, text_digest
from siamlink.detectors.detections import Detections
from siamlink.detectors.detector import LoadedDetector
from siamlink.detectors.sources.frame_source import FrameSource
from siamlink.tracker.cache.memory_store import MemoryStore
from siamlink.tracker.cache.record_store import WHOLE_VIDEO, Record, RecordDatabase, RecordStore

LARGEST_DESCRIPTOR = 1 << 14
"""Bytes. Larger descriptors are not recorded: they are patches or little more, and are quickly made again."""
CODE = ("siamlink.detectors", "siamlink.association")
"""The packages that decide what is decoded, detected and described."""
Store = RecordStore | MemoryStore
_BOX = "box"


class CachedDetections:
    """The detections of frames; of none without a store."""

    def __init__(self, store: Store | None = None) -> None:
        self.store = store

    def in_frame(self, frame: int) -> Detections | None:
        """The detections of a frame; None if they are not recorded."""
        for record in self.store.records(frame) if self.store else ():
            try:
                return Detections.from_boxes(frame, record["box"], record["score"], record["label"])
            except (KeyError, InputError):
                continue
        return None

    def add(self, frame: int, detections: Detections) -> None:
        """Record the detections of a frame."""
        if self.store:
            self.store.add(frame, {"box": detections.box, "score": detections.score, "label": detections.label})

    def end(self, frames: FrameSource) -> None:
        """Record how many frames there are, unless the source broke off."""
        if self.store and frames.broken is None:
            self.store.add(WHOLE_VIDEO, {"count": np.array([frames.read_count])})

    def whole(self) -> tuple[Detections, int] | None:
        """The detections of all frames, and the number of frames; None if not all are recorded."""
        records = self.store.records(WHOLE_VIDEO) if self.store else []
        last = max((int(each["count"].max(initial=0)) for each in records if _is_count(each)), default=0)
        if not last:
            return None
        parts = list(takewhile(lambda part: part is not None, map(self.in_frame, range(1, last + 1))))
        return (Detections.concatenate([part for part in parts if part]), last) if len(parts) == last else None


def _is_count(record: Record) -> bool:
    return "count" in record and record["count"].dtype == np.int64


class CachedDescriptors:
    """Descriptors of boxes by one or several appearances; of none without a store.

    Args:
        store: holds them.
        parts: how many appearances.
        together: whether the descriptors of a box also depend on the other boxes of the frame, as with optical flow,
            which is computed around all of them.
    """

    def __init__(self, store: Store | None = None, parts: int = 1, together: bool = False) -> None:
        self.store, self._names, self._together = store, list(map(str, range(parts))), together

    def has(self, frame: int, box: Box) -> bool:
        """Whether the descriptors of all boxes (N, 4) of a frame are recorded."""
        return bool(self._recall(frame, box)[0].all())

    def last_missing(self, frame: NDArray[np.int32], box: Box) -> int:
        """The last of the frames (N,), ascending, with a box (N, 4) that is not recorded; 0 if there is none."""
        for number in np.unique(frame)[::-1].tolist():
            if not self.has(number, box[slice(*np.searchsorted(frame, [number, number + 1]))]):
                return int(number)
        return 0

    def complete(self, frame: int, box: Box, describe: Callable[[Box], DescriptorsPerModel]) -> DescriptorsPerModel:
        """Descriptors of the boxes (N, 4) of a frame: recorded ones, and those that `describe` makes of the others."""
        recorded, recalled = self._recall(frame, box)
        new = describe(box[~recorded])
        if new and self.store and all(each[0].nbytes <= LARGEST_DESCRIPTOR for each in new):
            self.store.add(frame, {_BOX: box[~recorded], **dict(zip(self._names, new, strict=True))})
        if not recalled or not new:
            return recalled or new
        order = np.argsort(np.append(np.flatnonzero(recorded), np.flatnonzero(~recorded)))
        return tuple(np.concatenate(parts)[order] for parts in zip(recalled, new, strict=True))

    def _recall(self, frame: int, box: Box) -> tuple[NDArray[np.bool_], DescriptorsPerModel]:
        """(N,) which boxes (N, 4) of a frame are recorded, and the descriptors of these; `()` if none is."""
        records = [each for each in self.store.records(frame) if self._fits(each)] if self.store and len(box) else []
        if self._together:
            records = [each for each in records if np.array_equal(each[_BOX], box)]
        place = {each.tobytes(): (index, row) for index, of in enumerate(records) for row, each in enumerate(of[_BOX])}
        places = [place.get(each.tobytes()) for each in box]
        found = [each for each in places if each]
        parts = (np.stack([records[index][name][row] for index, row in found]) for name in self._names if found)
        return np.array([each is not None for each in places], bool), tuple(parts)

    def _fits(self, record: Record) -> bool:
        """Whether a record has boxes (N, 4) and as many descriptors by each appearance."""
        return (
            {_BOX, *self._names} == record.keys()
            and record[_BOX].shape[1:] == (4,)
            and all(record[name].ndim == 2 and len(record[name]) == len(record[_BOX]) for name in self._names)
        )


class CachedBackgroundFlow:
    """What the camera's motion from one frame to another is fitted to; of no frames without a store.

    Args:
        store: holds it.
    """

    def __init__(self, store: Store | None = None) -> None:
        self.store = store
        self._fitted: dict[tuple[int, int, bytes], FloatArray | None] = {}

    def camera_motion(self, frame: int, since: int, box: Box, flow: BackgroundFlow) -> FloatArray | None:
        """The motion fitted to a flow outside of boxes (N, 4); remembered where the store is in memory."""
        if not isinstance(self.store, MemoryStore):
            return flow.camera_motion(box)
        key = frame, since, box.tobytes()
        if key not in self._fitted:
            self._fitted[key] = flow.camera_motion(box)
        return self._fitted[key]

    def frame_after(self, since: int, due: int) -> int:
        """The frame up to which the motion since another is measured: that which is due."""
        return due

    def recall(self, frame: int, since: int) -> BackgroundFlow | None:
        """The flow between two frames; None if it is not recorded."""
        for record in self.store.records(frame) if self.store else ():
            if _is_flow(record) and np.array_equal(record["since"], [since]):
                return BackgroundFlow(record["vectors"].astype(np.float32), int(record["factor"][0]))
        return None

    def add(self, frame: int, since: int, flow: BackgroundFlow) -> None:
        """Record the flow between two frames."""
        if self.store:
            values = {"since": np.array([since]), "vectors": flow.vectors, "factor": np.array([flow.factor])}
            self.store.add(frame, values)


def _is_flow(record: Record) -> bool:
    """Whether a record has the values of a `BackgroundFlow`."""
    if {"since", "vectors", "factor"} != record.keys():
        return False
    vectors, factor = record["vectors"], record["factor"]
    is_factor = factor.shape == (1,) and factor.dtype == np.int64 and int(factor[0]) > 0
    is_vectors = vectors.ndim == 3 and vectors.shape[2] == 2 and vectors.dtype == np.float32
    return bool(is_factor and is_vectors and np.isfinite(vectors).all())


class FrameCache(NamedTuple):
    """What earlier runs recorded of a video, and where this run records; nothing and nowhere by default.

    Attributes:
        detections: of each frame.
        descriptors: of boxes, by the label of the appearance that made them.
        background: what the camera's motion is fitted to.
    """

    detections: CachedDetections = CachedDetections()
    descriptors: Mapping[str, CachedDescriptors] = {}
    background: CachedBackgroundFlow = CachedBackgroundFlow()

    def descriptors_by(self, appearance: Appearances | None) -> CachedDescriptors:
        """The descriptors by an appearance; of no boxes if none are recorded."""
        return self.descriptors.get(appearance.label, _NO_DESCRIPTORS) if appearance else _NO_DESCRIPTORS

    @property
    def damaged(self) -> int:
        """How many records were damaged."""
        stores = [self.detections.store, *(each.store for each in self.descriptors.values()), self.background.store]
        return sum(store.damaged for store in stores if store)

    def in_memory(self, appearances: Iterable[Appearances]) -> "FrameCache":
        """The same for many runs of this process, with descriptors by some appearances and the background's flow."""
        descriptors = {
            each.label: CachedDescriptors(_in_memory(self.descriptors_by(each).store), len(each.parts), each.needs_flow)
            for each in appearances
        }
        if not descriptors:
            return self
        background = CachedBackgroundFlow(_in_memory(self.background.store))
        return FrameCache(self.detections, descriptors, background)


_NO_DESCRIPTORS = CachedDescriptors()
NO_CACHE = FrameCache()


def _in_memory(store: Store | None) -> MemoryStore:
    return MemoryStore(store if isinstance(store, RecordStore) else None)


def open_frame_cache(
    database: RecordDatabase,
    frames: FrameSource,
    frame_rate: float,
    detector: LoadedDetector | None,
    appearances: Iterable[Appearances],
    flow: FlowParameters,
) -> FrameCache:
    """What the records in a database hold of a video.

    Args:
        database: holds the records; it must stay open as long as the cache is used.
        frames: the video.
        frame_rate: frames per second, which optical flow depends on.
        detector: finds the detections; None if they are given. Of one without a fingerprint nothing is recorded.
        appearances: describe the detections; the same holds for them.
        flow: settings of the optical flow, for an appearance that needs it and has no settings of its own.

    Raises:
        OSError: a file of the frames cannot be read.
    """
    found_by, recorded = detector and detector.fingerprint, [each for each in appearances if each.fingerprint]
    if not (found_by or recorded):
        return NO_CACHE
    content = {"frames": content_digest(frames.files), "code": code_digest(*CODE)}
    identity = {**content, "promised": str(frames.promised_count)}
    detections, _, background = NO_CACHE
    descriptors = {}
    if detector and found_by:
        label = f"{frames.name}, detections by {detector.name}"
        detections = CachedDetections(RecordStore(database, {**identity, "detector": found_by}, label))
    for each in recorded:
        described_by = {"appearance": str(each.fingerprint)}
        if each.needs_flow:
            described_by["flow"] = f"{(each.flow_parameters or flow).model_dump_json()} {frame_rate}"
        store = RecordStore(database, {**identity, **described_by}, f"{frames.name}, appearance by {each.name}")
        descriptors[each.label] = CachedDescriptors(store, len(each.parts), each.needs_flow)
    if recorded:
        label = f"{frames.name}, camera motion"
        background = CachedBackgroundFlow(RecordStore(database, {**content, "camera": "flow"}, label))
    return FrameCache(detections, descriptors, background)


def content_digest(paths: Iterable[Path]) -> str:
    """SHA-256 of the bytes of files, in hexadecimal; a file is read again only if its size or time has changed.

    Raises:
        OSError: a file cannot be read.
    """
    stats = ((path, path.stat()) for path in paths)
    return text_digest("".join(_file_digest(path, stat.st_size, stat.st_mtime_ns) for path, stat in stats))


@cache
def _file_digest(path: Path, _size: int, _modified: int) -> str:
    return file_digest(path)
