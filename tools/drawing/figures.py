"""The style of all figures of the project: without a background, in colours that are read on white and on black."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK = "#777f8a"
"""Text and axes; its contrast with white and with the dark pages of documents is the same."""
BLUE, ORANGE, GREEN, PURPLE, RED, OLIVE = "#2f7fd1", "#c96a12", "#1f9272", "#a860c8", "#d6485b", "#8a7d2e"
COLOURS = (BLUE, ORANGE, GREEN, PURPLE, RED, OLIVE)
"""In the order in which lines take them."""
STYLE: dict[Any, Any] = {
    "axes.prop_cycle": f"cycler(color={list(COLOURS)})",
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "savefig.dpi": 120,
    "figure.dpi": 96,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.labelcolor": INK,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "grid.color": INK,
    "grid.alpha": 0.25,
    "lines.linewidth": 1.6,
    "svg.hashsalt": "siamlink",
}
"""Settings of matplotlib: `plt.rcParams.update(STYLE)`."""


@contextmanager
def drawn_figure(path: Path, width: float, height: float) -> Iterator["Figure"]:
    """A figure of the project's style, `width` by `height` inches, written as PNG or SVG at the end, without a date."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure
        figure.savefig(path, metadata={"Date" if path.suffix == ".svg" else "Software": None})
