import threading
from queue import Queue

import pytest

from siamlink.tools.serving.newest import Newest
from siamlink.tools.serving.site import SupersededError

SECONDS = 10.0


def work(newest: Newest, name: str, begun: Queue[str], go_on: threading.Event, ended: Queue[str]) -> threading.Thread:
    """A thread that works in turn, until `go_on`, and says how it ended."""

    def run() -> None:
        try:
            with newest.turn() as check:
                begun.put(name)
                go_on.wait(SECONDS)
                check()
            ended.put(f"{name} done")
        except SupersededError as error:
            ended.put(f"{name}: {error}")

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def waiting(newest: Newest, count: int) -> None:
    """Wait until so many have come."""
    for _ in range(1000):
        if newest._newest == count:
            return
        threading.Event().wait(0.01)
    raise AssertionError("the others have not come")


def test_newer_work_ends_what_runs_and_what_waits() -> None:
    newest, begun, ended, go_on = Newest(), Queue[str](), Queue[str](), threading.Event()
    threads = []
    for number, name in enumerate(("first", "second", "third"), 1):
        threads.append(work(newest, name, begun, go_on, ended))
        waiting(newest, number)
    assert begun.get(timeout=SECONDS) == "first"
    go_on.set()
    for thread in threads:
        thread.join(SECONDS)
    assert sorted(ended.get(timeout=SECONDS) for _ in threads) == [
        "first: newer corrections have come",
        "second: newer corrections have come",
        "third done",
    ]
    assert begun.get_nowait() == "third", "the second has not begun"
    assert begun.empty()


def test_the_end_waits_for_work_that_ends_at_its_next_check() -> None:
    newest, begun, ended, go_on = Newest(), Queue[str](), Queue[str](), threading.Event()
    thread = work(newest, "first", begun, go_on, ended)
    begun.get(timeout=SECONDS)
    assert not newest.close(0.01)
    go_on.set()
    assert newest.close(SECONDS)
    thread.join(SECONDS)
    assert ended.get_nowait() == "first: newer corrections have come"


def test_what_is_saved_is_not_superseded() -> None:
    newest, begun, ended, go_on = Newest(), Queue[str](), Queue[str](), threading.Event()
    with newest.alone():
        thread = work(newest, "first", begun, go_on, ended)
        waiting(newest, 1)
        assert begun.empty()
    go_on.set()
    thread.join(SECONDS)
    assert ended.get_nowait() == "first done"


def test_an_error_gives_way_to_the_next() -> None:
    newest = Newest()
    for _ in range(2):
        with pytest.raises(ValueError, match="wrong"), newest.turn():
            raise ValueError("wrong")
