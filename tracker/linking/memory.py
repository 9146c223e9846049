"""A memory of long computations, for a program that links the detections of one video again and again."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from siamlink.detectors.detections import Detections

Result = TypeVar("Result")
KEPT = 3
"""Results that are kept: without corrections, and by the last corrections that leave out detections."""


class Memory:
    """The last results by what they were computed from; results must not be changed.

    It belongs to one frame rate, settings and models, and to one thread at a time.
    """

    def __init__(self) -> None:
        self._known: dict[Hashable, Any] = {}

    def recalled(self, key: Hashable, compute: Callable[[], Result]) -> Result:
        """What was computed before under this key, else what is computed now."""
        result: Result = self._known.pop(key) if key in self._known else compute()
        self._known[key] = result
        while len(self._known) > KEPT:
            del self._known[next(iter(self._known))]
        return result


def content(detections: Detections) -> tuple[bytes, ...]:
    """The columns of detections as a part of a key."""
    columns = detections.frame, detections.box, detections.score, detections.label
    return tuple(column.tobytes() for column in columns)
