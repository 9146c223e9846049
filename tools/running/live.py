"""Live sources: how long they are reconnected to, how a signal ends them, and what is said of rates and losses."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from siamlink.detectors.base.counted import counted
from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.sources.frame_source import PATIENCE_SECONDS, FrameSource
from siamlink.tools.console.terminal import show_note
from siamlink.tracker.runs.inputs import TrackingInput

WRONG_RATE = 0.2
"""Relative error of the frame rate of a live source from which on a note is given."""
CONTRADICTION = 1.5
"""Factor between the frame rate that a file states and another one that is used, from which on a note is given."""


def patience_for(source: str, seconds: float | None) -> float:
    """Seconds to keep reconnecting to a source.

    Args:
        source: as the user names it.
        seconds: what the user gave; None: the default.

    Raises:
        ConfigError: seconds are given for a file or folder, which is not connected to.
    """
    if seconds is not None and not (source.isdecimal() or "://" in source):
        raise ConfigError(f"--patience is for cameras and streams, and {source} is none: leave it out")
    return PATIENCE_SECONDS if seconds is None else seconds


@contextmanager
def ended_by_signal(frames: FrameSource, growing: Path | None) -> Iterator[None]:
    """Let the first Ctrl-C or SIGTERM end a live source; the second ends the program. Other sources are not changed.

    Only for the main thread.

    Args:
        frames: the source.
        growing: the file that holds the final results until then, named to the user; None: they are printed.
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
    where = f"; until then the results are in {growing}" if growing else ""
    show_note(f"{frames.name} is live: Ctrl-C ends it{where}")
    try:
        yield
    finally:
        restore()


def with_rate_hint(progress: Progress, frames: FrameSource | None) -> Progress:
    """The progress callback, which also gives a note within seconds if a live source has another frame rate."""
    if frames is None or not frames.live:
        return progress
    said = False

    def update(stage: str, done: int, total: int | None) -> None:
        nonlocal said
        progress(stage, done, total)
        if not said and (line := wrong_rate(frames)):
            said = True
            show_note(line)

    return update


def wrong_rate(frames: FrameSource) -> str:
    """A line if the frames of a live source arrive at another rate than is assumed; else empty."""
    if not frames.arrival_rate or abs(frames.arrival_rate / frames.frame_rate - 1) <= WRONG_RATE:
        return ""
    rate = f"{_rate(f'{frames.arrival_rate:.3g}')} arrive, not {frames.frame_rate:.3g}"
    return f"{frames.name}: {rate}; give --frame-rate, as all settings in seconds depend on it"


def rate_notes(source: TrackingInput) -> list[str]:
    """A line if the frame rate is assumed, or if the given one contradicts that of the video file."""
    stated, used = source.frames.stated_rate if source.frames else None, source.frame_rate
    if source.rate_assumed:
        return [f"{source.name}: the frame rate is not known, {_rate(f'{used:g}')} are assumed: give --frame-rate"]
    if stated is None or 1 / CONTRADICTION < used / stated < CONTRADICTION:
        return []
    return [
        f"{source.name}: the file states {_rate(f'{stated:.4g}')}, but {used:.4g} are given; all settings in "
        "seconds depend on it"
    ]


def losses_of(frames: FrameSource) -> list[str]:
    """A line each for a wrong frame rate of a live source, for dropped frames, and for lost connections."""
    lines = [line] if (line := wrong_rate(frames)) else []
    if frames.dropped_count:
        arrived = frames.read_count + frames.dropped_count
        lines.append(f"{frames.name}: dropped {frames.dropped_count} of {arrived} frames, which arrived too fast")
    if frames.gaps:
        times = "once" if len(frames.gaps) == 1 else f"{len(frames.gaps)} times"
        seconds, last = sum(gap.seconds for gap in frames.gaps), frames.gaps[-1]
        latest = f"the last time after frame {last.after} ({last.reason})"
        lines.append(f"{frames.name}: without frames {times}, {seconds:.1f} seconds in all, {latest}")
    return lines


def _rate(frames: str) -> str:
    return f"{counted(frames, 'frame')} per second"
