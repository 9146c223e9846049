"""What is printed of the sources that were tracked."""

from siamlink.tools.console.tables import Table, table
from siamlink.tools.running.outcome import Tracked


def class_lines(sources: list[Tracked]) -> list[str]:
    """A line for each source whose tracks are of several classes: how many of each, the most frequent first."""
    lines = []
    for source in sources:
        names, counts = dict(source.class_names or {}), source.counts.classes
        ordered = sorted(counts.items(), key=lambda each: -each[1].tracks)
        each = [f"{count.tracks} {names.get(number, f'of class {number}')}" for number, count in ordered]
        if len(each) > 1:
            lines.append(f"{source.name}: {', '.join(each)}")
    return lines


def outcome_table(sources: list[Tracked]) -> Table:
    """A row for each source that was tracked."""
    rows = []
    for source in sources:
        counts, frames, seconds = source.counts, source.frame_count, source.wall_seconds
        figures = (frames, counts.detections, counts.tracks, counts.boxes, counts.interpolated)
        rows.append((source.name, *figures, f"{seconds:.1f}", f"{frames / max(seconds, 1e-9):.0f}"))
    headings = ("source", "frames", "detections", "tracks", "boxes", "interpolated", "seconds", "frames/s")
    return table(headings, rows)
