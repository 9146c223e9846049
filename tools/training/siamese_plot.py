"""A picture of a training run: loss and validation by step."""

from pathlib import Path

import numpy as np


def plot_run(log: Path, picture: Path) -> None:
    """Draw the columns of a run's CSV: loss on the left, FPR at 95 % recall and average precision on the right."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    run = np.atleast_1d(np.genfromtxt(log, delimiter=",", names=True))
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    left.plot(run["step"], run["loss"], marker=".", color="tab:blue")
    left.set(xlabel="step", ylabel="loss in training", ylim=(0, None))
    right.plot(run["step"], 100 * run["fpr95"], marker=".", color="tab:red", label="FPR at 95 % recall")
    right.plot(run["step"], 100 * run["ap"], marker=".", color="tab:green", label="average precision")
    right.set(xlabel="step", ylabel="% on validation identities", ylim=(0, 100))
    right.legend()
    for axes in (left, right):
        axes.grid(alpha=0.3)
    figure.savefig(picture, dpi=120)
