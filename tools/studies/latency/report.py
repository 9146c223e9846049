"""The cost of a bounded delay, as a table, JSON, Markdown and a picture."""

import json
from dataclasses import dataclass
from pathlib import Path

from siamlink.tools.console.tables import Table, table
from siamlink.tools.drawing.figures import BLUE, GREEN, INK, ORANGE, drawn_figure
from siamlink.tools.evaluation import Evaluation
from siamlink.tools.studies.latency.run import OFFLINE, ONLINE

JSON_FILE, TEXT_FILE, PICTURE_FILE = FILES = ("latency.json", "latency.md", "latency.png")
METRICS = ("HOTA", "DetA", "AssA", "MOTA", "IDF1", "IDSW")


@dataclass(frozen=True)
class LatencyReport:
    """The scores of the same sequences by each way of tracking: offline, windowed by falling latency, online."""

    by_way: dict[str, Evaluation]

    def table(self) -> Table:
        """One row for each way: all sequences together, and the loss against offline."""
        best = self.by_way[OFFLINE].overall.HOTA
        rows = [
            (
                way,
                *(_text(getattr(evaluation.overall, name)) for name in METRICS),
                f"{best - evaluation.overall.HOTA:.1f}",
            )
            for way, evaluation in self.by_way.items()
        ]
        return table(("tracking", *METRICS, "HOTA lost"), rows)

    def save(self, folder: Path) -> None:
        """Write `FILES`."""
        scores = {way: evaluation.as_dict() for way, evaluation in self.by_way.items()}
        (folder / JSON_FILE).write_text(json.dumps(scores, indent=2) + "\n", encoding="utf-8")
        text = f"{self.table().markdown()}\nHOTA by sequence:\n\n{self._by_sequence().markdown()}"
        (folder / TEXT_FILE).write_text(text, encoding="utf-8")
        self._draw(folder / PICTURE_FILE)

    def _by_sequence(self) -> Table:
        rows = [
            (name, *(_text(evaluation.sequences[name].HOTA) for evaluation in self.by_way.values()))
            for name in self.by_way[OFFLINE].sequences
        ]
        return table(("sequence", *self.by_way), rows)

    def _draw(self, path: Path) -> None:
        """Draw the overall scores by latency, and the loss of each sequence against offline."""
        windowed = {float(way.split()[1]): each for way, each in self.by_way.items() if way not in (OFFLINE, ONLINE)}
        with drawn_figure(path, 10, 4.2) as figure:
            left, right = figure.subplots(1, 2)
            for name, colour in (("HOTA", BLUE), ("IDF1", ORANGE), ("MOTA", GREEN)):
                values = [getattr(each.overall, name) for each in windowed.values()]
                left.plot([*windowed], values, marker="o", markersize=4, color=colour, label=name)
                for way, style in ((OFFLINE, "--"), (ONLINE, ":")):
                    left.axhline(getattr(self.by_way[way].overall, name), color=colour, linestyle=style, linewidth=0.9)
            left.set(ylabel="%, all sequences together", title="dashed: offline; dotted: online")
            offline = self.by_way[OFFLINE]
            for sequence, scores in offline.sequences.items():
                lost = [scores.HOTA - each.sequences[sequence].HOTA for each in windowed.values()]
                right.plot([*windowed], lost, linewidth=0.9, alpha=0.7, label=sequence)
            overall = [offline.overall.HOTA - each.overall.HOTA for each in windowed.values()]
            right.plot([*windowed], overall, color=INK, marker="o", markersize=4, label="all together")
            right.set(ylabel="HOTA lost against offline", title="by sequence")
            for axes in (left, right):
                axes.set(xlabel="latency in seconds", xscale="log", xticks=[*windowed])
                axes.set_xticklabels([f"{each:g}" for each in windowed])
                axes.minorticks_off()
                axes.legend(fontsize=7)


def _text(value: float) -> str:
    return f"{value:.1f}" if isinstance(value, float) else str(value)
