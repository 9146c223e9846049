from dataclasses import replace

import numpy as np

from siamlink.detectors.detections import Detections
from siamlink.tracker.linking.memory import KEPT, Memory, content


def test_what_was_computed_from_the_same_is_not_computed_again() -> None:
    memory, computed = Memory(), []

    def squared(number: int) -> int:
        return memory.recalled(number, lambda: computed.append(number) or number**2)

    assert [squared(number) for number in (1, 2, 1, 2)] == [1, 4, 1, 4]
    assert computed == [1, 2]


def test_what_was_used_last_is_kept() -> None:
    memory, computed = Memory(), []
    for number in [*range(KEPT), 0, KEPT, 0, 1]:
        memory.recalled(number, lambda: computed.append(1))
    assert len(computed) == KEPT + 2, "0 was used again, 1 was not"


def test_a_result_of_nothing_is_kept_too() -> None:
    memory = Memory()
    assert memory.recalled("a", lambda: None) is memory.recalled("a", lambda: 1) is None


def test_other_detections_are_another_key() -> None:
    found = Detections.from_boxes(3, [[0, 0, 10, 20], [5, 5, 10, 20]])
    others = [
        replace(found, frame=found.frame + 1),
        replace(found, box=found.box + np.float32(0.5)),
        replace(found, score=found.score / 2),
        replace(found, label=found.label + np.int16(1)),
        found[:1],
    ]
    assert content(found) == content(found[:])
    assert len({content(each) for each in [found, *others]}) == 6
