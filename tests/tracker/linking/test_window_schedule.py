import math

from hypothesis import given
from hypothesis import strategies as st

from siamlink.tracker.linking.window_schedule import Settlement, WindowSchedule


def test_a_window_is_solved_when_its_oldest_frame_is_as_old_as_the_latency():
    schedule = WindowSchedule(0.4, 0.5, 10)
    assert [schedule.due_by(frame) for frame in (0, 4)] == [None, None]
    assert schedule.next_frame == 5
    assert schedule.due_by(5) == schedule.due_by(9) == Settlement(last_frame=5, final_frame=3)
    schedule.final_frame = 3
    assert schedule.due_by(7) is None
    assert schedule.due_by(8) == Settlement(8, 6)


def test_without_latency_every_frame_is_final_at_once():
    schedule = WindowSchedule(0, 0.25, 30)
    for frame in range(1, 5):
        assert schedule.due_by(frame) == Settlement(frame, frame)
        schedule.final_frame = frame


def test_with_infinite_latency_nothing_is_due():
    schedule = WindowSchedule(math.inf, 0.25, 30)
    assert schedule.endless
    assert schedule.due_by(10**9) is None
    schedule.skip_to(10**9)
    assert (schedule.final_frame, schedule.next_frame) == (0, math.inf)


@given(
    latency=st.floats(0, 3),
    share=st.floats(0.01, 1),
    final=st.integers(0, 100),
    frame=st.integers(0, 500),
)
def test_skipping_ends_where_settling_step_by_step_does(latency: float, share: float, final: int, frame: int) -> None:
    skipped, settled = WindowSchedule(latency, share, 30), WindowSchedule(latency, share, 30)
    skipped.final_frame = settled.final_frame = final
    skipped.skip_to(frame)
    while due := settled.due_by(frame):
        assert due.final_frame <= due.last_frame <= frame
        assert due.last_frame - settled.final_frame - 1 <= latency * 30 + 1e-6
        settled.final_frame = due.final_frame
    assert skipped.final_frame == settled.final_frame
    assert skipped.due_by(frame) is None
