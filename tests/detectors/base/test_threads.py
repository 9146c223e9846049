import gc
import subprocess
import sys
import threading
import weakref
from functools import partial

import numpy as np
import pytest

from siamlink.detectors.base.threads import TimeLimitError, WorkerThread, core_count, in_threads, on_all_cores


def test_results_of_all_cores_are_in_the_order_of_the_items():
    threads = set[int]()
    barrier = threading.Barrier(2) if core_count() > 1 else None

    def double(number):
        if barrier and number < 2:
            barrier.wait(20)  # comes to an end only if two threads work at the same time
        threads.add(threading.get_ident())
        return 2 * number

    assert on_all_cores(double, iter(range(50))) == [2 * number for number in range(50)]
    assert threading.get_ident() not in threads
    assert len(threads) <= core_count()


@pytest.mark.parametrize("count", [0, 1])
def test_a_single_item_needs_no_other_thread(count):
    assert on_all_cores(lambda item: threading.get_ident(), [None] * count) == [threading.get_ident()] * count


def test_an_exception_on_any_core_is_raised():
    with pytest.raises(ZeroDivisionError):
        on_all_cores(lambda number: 1 / number, [1, 2, 0, 3])


def test_all_calls_run_in_one_other_thread():
    thread = WorkerThread()
    assert [thread.call(lambda number=number: number * 2) for number in range(5)] == [0, 2, 4, 6, 8]
    made_in = {thread.call(threading.get_ident, 60) for _ in range(5)}
    assert len(made_in) == 1
    assert threading.get_ident() not in made_in


@pytest.mark.parametrize("error", [ValueError("no weights"), TimeoutError(), KeyboardInterrupt(), SystemExit(3)])
def test_an_exception_of_a_call_is_raised_and_later_calls_work(error):
    def fail():
        raise error

    thread = WorkerThread()
    with pytest.raises(type(error)) as caught:
        thread.call(fail, 60)
    assert caught.value is error
    assert thread.call(lambda: "still there") == "still there"


def test_a_call_over_its_time_limit_is_an_error_and_so_are_all_later_calls():
    thread, released = WorkerThread(), threading.Event()
    with pytest.raises(TimeLimitError):
        thread.call(released.wait, 0.01)
    released.set()
    with pytest.raises(TimeLimitError):
        thread.call(lambda: "its result would be that of the earlier call")


def test_the_thread_has_the_error_state_of_its_maker():
    with np.errstate(divide="raise"):
        thread = WorkerThread()
    with pytest.raises(FloatingPointError):
        thread.call(lambda: np.ones(1) / np.zeros(1))


def test_no_image_and_no_thread_outlives_its_use():
    thread = WorkerThread()
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


AT_THE_END = """
import time
from siamlink.detectors.base.prefetch import prefetched
from siamlink.detectors.base.threads import WorkerThread

def numbers():
    try:
        while True:
            yield 1
    finally:
        print("closed", flush=True)

def work():
    time.sleep(0.2)
    print("worked", flush=True)

items = prefetched(numbers())
next(items)
thread = WorkerThread()
thread.begin(work)
"""


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_of_threads_are_in_the_order_of_the_items_and_few_items_are_taken_ahead(threads):
    taken, given = [], []
    for number in in_threads(lambda number: 2 * number, iter(lambda: taken.append(0) or len(taken), 41), threads):
        given.append(number)
        assert len(taken) - len(given) <= threads
    assert given == [2 * number for number in range(1, 41)]


@pytest.mark.parametrize("threads", [1, 3])
def test_an_error_in_a_thread_comes_after_the_results_before_it(threads):
    results = in_threads(lambda number: 6 // (3 - number), range(9), threads)
    assert [next(results) for _ in range(3)] == [2, 3, 6]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_background_threads_end_before_the_program_does():
    # A daemon thread that is in native code when Python ends aborts the process, as it did in `detect -o - | head`.
    ended = subprocess.run([sys.executable, "-c", AT_THE_END], check=False, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert sorted(ended.stdout.split()) == ["closed", "worked"]


def test_a_thread_ends_with_its_owner_without_code_in_which_an_interrupt_would_be_lost():
    worker, functions = WorkerThread(), []
    thread = worker.call(threading.current_thread)
    sys.setprofile(lambda frame, event, _: functions.append(frame.f_code.co_name) if event == "call" else None)
    del worker
    sys.setprofile(None)
    assert functions == []
    thread.join(20)
    assert not thread.is_alive()
