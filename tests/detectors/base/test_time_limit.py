import gc
import threading
import weakref
from functools import partial

import numpy as np
import pytest

from siamlink.detectors.base.time_limit import OwnThread, TimeLimitError


def test_all_calls_are_made_in_one_other_thread_and_come_back():
    thread = OwnThread()
    assert [thread.call(lambda number=number: number * 2) for number in range(5)] == [0, 2, 4, 6, 8]
    made_in = {thread.call(threading.get_ident, 60) for _ in range(5)}
    assert len(made_in) == 1
    assert threading.get_ident() not in made_in


@pytest.mark.parametrize("error", [ValueError("no weights"), TimeoutError(), KeyboardInterrupt(), SystemExit(3)])
def test_what_a_call_raises_is_raised_and_later_calls_come_back(error):
    def fail():
        raise error

    thread = OwnThread()
    with pytest.raises(type(error)) as caught:
        thread.call(fail, 60)
    assert caught.value is error
    assert thread.call(lambda: "still there") == "still there"


def test_a_call_that_does_not_come_back_is_given_up_and_so_are_all_after_it():
    thread, released = OwnThread(), threading.Event()
    with pytest.raises(TimeLimitError):
        thread.call(released.wait, 0.01)
    released.set()
    with pytest.raises(TimeLimitError):
        thread.call(lambda: "the answer to the earlier question would come first")


def test_the_error_state_of_the_caller_holds_there_too():
    with np.errstate(divide="raise"):
        thread = OwnThread()
    with pytest.raises(FloatingPointError):
        thread.call(lambda: np.ones(1) / np.zeros(1))


def test_nothing_is_held_when_nobody_wants_it_any_more():
    thread = OwnThread()
    other = thread.call(threading.current_thread)

    class Image:
        pass

    image = Image()
    shown = weakref.ref(image)
    assert thread.call(partial(isinstance, image, Image))
    del image
    gc.collect()
    assert shown() is None
    del thread
    other.join(60)
    assert not other.is_alive()
