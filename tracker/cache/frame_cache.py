"""What is known of a video from an earlier run: the detections of its frames, and what boxes in them look like."""

from collections.abc import Callable
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.appearance import Appearances, Described
from siamlink.association.appearance.optical_flow import FlowParameters
from siamlink.detectors.base.errors import InputError
from siamlink.detectors.base.fingerprint import code_digest, file_digest, text_digest
from siamlink.detectors.detections import Detections
from siamlink.detectors.detector import LoadedDetector
from siamlink.detectors.sources.frame_source import FrameSource
from siamlink.tracker.cache.record_store import ABOUT_ALL, Record, RecordStore

Box = NDArray[np.float32]
LARGEST_DESCRIPTOR = 1 << 14
"""Bytes; larger ones are not kept, as they are patches, or little more than these, and soon made again."""
CODE = ("siamlink.detectors", "siamlink.association")
"""The packages that decide what is decoded, detected and described."""
_BOX = "box"


class CachedDetections:
    """The detections of frames; of none without a store."""

    def __init__(self, store: RecordStore | None = None) -> None:
        self.store = store

    def in_frame(self, frame: int) -> Detections | None:
        """The detections of a frame; None where they are not known."""
        for record in self.store.records(frame) if self.store else ():
            try:
                return Detections.from_boxes(frame, record["box"], record["score"], record["label"])
            except (KeyError, InputError):
                continue
        return None

    def add(self, frame: int, found: Detections) -> None:
        """Keep the detections of a frame."""
        if self.store:
            self.store.add(frame, {"box": found.box, "score": found.score, "label": found.label})

    def end(self, frames: FrameSource) -> None:
        """Keep that these were all frames, unless they broke off."""
        if self.store and frames.broken is None:
            self.store.add(ABOUT_ALL, {"count": np.array([frames.read_count])})

    def whole(self) -> tuple[Detections, int] | None:
        """The detections of all frames, and how many frames these are; None where not all are known."""
        records = self.store.records(ABOUT_ALL) if self.store else []
        last = max((int(each["count"].max(initial=0)) for each in records if _is_count(each)), default=0)
        if not last:
            return None
        parts = list(takewhile(lambda part: part is not None, map(self.in_frame, range(1, last + 1))))
        return (Detections.concatenate([part for part in parts if part]), last) if len(parts) == last else None


def _is_count(record: Record) -> bool:
    return "count" in record and record["count"].dtype == np.int64


class CachedDescriptors:
    """Descriptors of boxes, by each of several appearances; of none without a store.

    Args:
        store: where they are kept.
        parts: how many appearances.
        together: whether descriptors depend on which boxes of a frame are described together, as by optical flow, which
            is asked for around these.
    """

    def __init__(self, store: RecordStore | None = None, parts: int = 1, together: bool = False) -> None:
        self.store, self._names, self._together = store, list(map(str, range(parts))), together

    def knows(self, frame: int, box: Box) -> bool:
        """Whether the descriptors of all boxes (N, 4) of a frame are known."""
        return bool(self._recall(frame, box)[0].all())

    def last_unknown(self, frame: NDArray[np.int32], box: Box) -> int:
        """The last of the frames (N,), ascending, with a box (N, 4) that is not known; 0 if there is none."""
        for number in np.unique(frame)[::-1].tolist():
            if not self.knows(number, box[slice(*np.searchsorted(frame, [number, number + 1]))]):
                return int(number)
        return 0

    def complete(self, frame: int, box: Box, describe: Callable[[Box], Described]) -> Described:
        """Descriptors of the boxes (N, 4) of a frame: those that are known, and what `describe` makes of the others."""
        known, recalled = self._recall(frame, box)
        fresh = describe(box[~known])
        if fresh and self.store and all(each[0].nbytes <= LARGEST_DESCRIPTOR for each in fresh):
            self.store.add(frame, {_BOX: box[~known], **dict(zip(self._names, fresh, strict=True))})
        if not recalled or not fresh:
            return recalled or fresh
        order = np.argsort(np.append(np.flatnonzero(known), np.flatnonzero(~known)))
        return tuple(np.concatenate(parts)[order] for parts in zip(recalled, fresh, strict=True))

    def _recall(self, frame: int, box: Box) -> tuple[NDArray[np.bool_], Described]:
        """Which of the boxes (N, 4) of a frame are known, and the descriptors of these; nothing comes of none."""
        records = [each for each in self.store.records(frame) if self._fits(each)] if self.store and len(box) else []
        if self._together:
            records = [each for each in records if np.array_equal(each[_BOX], box)]
        place = {
            each.tobytes(): (at, row) for at, record in enumerate(records) for row, each in enumerate(record[_BOX])
        }
        places = [place.get(each.tobytes()) for each in box]
        found = [each for each in places if each]
        described = (
            tuple(np.stack([records[at][name][row] for at, row in found]) for name in self._names) if found else ()
        )
        return np.array([each is not None for each in places], bool), described

    def _fits(self, record: Record) -> bool:
        """Whether a record has boxes (N, 4) and as many descriptors by each appearance."""
        return (
            {_BOX, *self._names} == record.keys()
            and record[_BOX].shape[1:] == (4,)
            and all(record[name].ndim == 2 and len(record[name]) == len(record[_BOX]) for name in self._names)
        )


class CachedCameraMotion:
    """How the camera moved from one frame to another; not known without a store."""

    def __init__(self, store: RecordStore | None = None) -> None:
        self.store = store

    def recall(self, frame: int, since: int, box: Box) -> NDArray[np.float64] | None:
        """What was found between two frames by what lies outside of the boxes (N, 4); None where nobody has looked."""
        for record in self.store.records(frame) if self.store else ():
            if {_BOX, "since", "moved"} != record.keys() or record["moved"].shape not in ((0, 3), (2, 3)):
                continue
            if np.array_equal(record["since"], [since]) and np.array_equal(record[_BOX], box):
                return record["moved"].astype(np.float64)
        return None

    def add(self, frame: int, since: int, box: Box, moved: NDArray[np.float64]) -> None:
        """Keep what was found: the motion (2, 3), or that it cannot be seen, (0, 3)."""
        if self.store:
            self.store.add(frame, {_BOX: box, "since": np.array([since]), "moved": moved})


class FrameCache(NamedTuple):
    """What is known of a video, and where what is found out is kept; nothing and nowhere by default."""

    detections: CachedDetections = CachedDetections()
    looks: CachedDescriptors = CachedDescriptors()
    camera: CachedCameraMotion = CachedCameraMotion()

    @property
    def stores(self) -> list[RecordStore]:
        """Those that there are."""
        return [each.store for each in self if each.store]


NO_CACHE = FrameCache()


def open_frame_cache(
    folder: Path,
    frames: FrameSource,
    frame_rate: float,
    detector: LoadedDetector | None,
    appearance: Appearances | None,
    flow: FlowParameters,
) -> FrameCache:
    """What is known of frames by the files in a folder.

    Args:
        folder: of the files, which need not be there.
        frames: the video.
        frame_rate: frames a second, which optical flow depends on.
        detector: what finds detections, None if these are given; nothing is kept of one without a fingerprint.
        appearance: what describes them; likewise.
        flow: settings of the optical flow, where the appearance needs it and does not say how.

    Raises:
        OSError: a file of the frames cannot be read.
    """
    found_by, described_by = detector and detector.fingerprint, appearance and appearance.fingerprint
    if not (found_by or described_by):
        return NO_CACHE
    content = {"frames": text_digest("".join(map(file_digest, frames.files))), "code": code_digest(*CODE)}
    about = {**content, "promised": str(frames.promised_count)}
    detections, looks, camera = NO_CACHE
    if detector and found_by:
        label = f"{frames.name}, detections by {detector.name}"
        detections = CachedDetections(RecordStore(folder, {**about, "detector": found_by}, label))
    if appearance and described_by:
        label = f"{frames.name}, looks by {appearance.name}"
        if appearance.needs_flow:
            about["flow"] = f"{(appearance.flow_parameters or flow).model_dump_json()} {frame_rate}"
        store = RecordStore(folder, {**about, "appearance": described_by}, label)
        looks = CachedDescriptors(store, len(appearance.parts), appearance.needs_flow)
        label = f"{frames.name}, the camera's motion"
        camera = CachedCameraMotion(RecordStore(folder, {**content, "camera": "motion"}, label))
    return FrameCache(detections, looks, camera)
