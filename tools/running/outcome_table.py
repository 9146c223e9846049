"""What is printed of the sources that were tracked."""

from siamlink.tools.console.tables import Table, table
from siamlink.tools.running.outcome import Outcome


def class_lines(outcomes: list[Outcome]) -> list[str]:
    """A line for each source whose tracks are of several classes: how many of each, the most frequent first."""
    lines = []
    for outcome in outcomes:
        names, counts = dict(outcome.result.class_names or {}), outcome.result.counts.classes
        ordered = sorted(counts.items(), key=lambda each: -each[1].tracks)
        each = [f"{count.tracks} {names.get(number, f'of class {number}')}" for number, count in ordered]
        if len(each) > 1:
            lines.append(f"{outcome.source.name}: {', '.join(each)}")
    return lines


def outcome_table(outcomes: list[Outcome]) -> Table:
    """A row for each source that was tracked."""
    rows = []
    for outcome in outcomes:
        counts, frames, seconds = outcome.result.counts, outcome.result.frame_count, outcome.wall_seconds
        figures = (frames, counts.detections, counts.tracks, counts.boxes, counts.interpolated)
        rows.append((outcome.source.name, *figures, f"{seconds:.1f}", f"{frames / max(seconds, 1e-9):.0f}"))
    headings = ("source", "frames", "detections", "tracks", "boxes", "interpolated", "seconds", "frames/s")
    return table(headings, rows)
