"""What a person is told of a live source, and how it is ended."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from siamlink.detectors.sources.frame_source import FrameSource
from siamlink.tools.console.terminal import show_note

WRONG_RATE = 0.2
"""Share by which a frame rate may be wrong before it is told."""


@contextmanager
def ended_by_signal(frames: FrameSource, growing: Path) -> Iterator[None]:
    """Let the first Ctrl-C or SIGTERM end a live source; a second one ends the program, as any does for the others.

    Only the main thread can ask for this.

    Args:
        frames: the source.
        growing: the file that holds what is final until then, to tell the user.
    """
    if not frames.live:
        yield
        return

    def restore() -> None:
        for number, handler in earlier.items():
            signal.signal(number, handler)

    def end(*_: object) -> None:
        frames.stop()
        restore()

    earlier = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    show_note(f"{frames.name} is live: Ctrl-C ends it; until then {growing} grows")
    try:
        yield
    finally:
        restore()


def lost_on_the_way(frames: FrameSource) -> list[str]:
    """A line each for a wrong frame rate of a live source, for the frames it dropped, and for the times it was away."""
    lines = []
    if frames.arrival_rate and abs(frames.arrival_rate / frames.frame_rate - 1) > WRONG_RATE:
        rate = f"{frames.arrival_rate:.3g} frames a second came, not {frames.frame_rate:.3g}"
        lines.append(f"{frames.name}: {rate}; give --frame-rate, as all that is told in seconds depends on it")
    if frames.dropped_count:
        came = frames.read_count + frames.dropped_count
        lines.append(f"{frames.name}: {frames.dropped_count} of {came} frames came too fast and were dropped")
    if frames.gaps:
        times = "once" if len(frames.gaps) == 1 else f"{len(frames.gaps)} times"
        seconds, last = sum(gap.seconds for gap in frames.gaps), frames.gaps[-1]
        lately = f"the last time after frame {last.after} ({last.reason})"
        lines.append(f"{frames.name}: without frames {times}, {seconds:.1f} seconds in all, {lately}")
    return lines
