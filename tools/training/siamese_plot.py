"""A picture of a training run: loss and validation by step."""

from pathlib import Path

import numpy as np

from siamlink.tools.drawing.figures import BLUE, GREEN, RED, drawn_figure


def plot_run(log: Path, picture: Path) -> None:
    """Draw the columns of a run's CSV: loss on the left, FPR at 95 % recall and average precision on the right."""
    run = np.atleast_1d(np.genfromtxt(log, delimiter=",", names=True))
    with drawn_figure(picture, 9, 3.6) as figure:
        left, right = figure.subplots(1, 2)
        left.plot(run["step"], run["loss"], marker=".", color=BLUE)
        left.set(xlabel="step", ylabel="loss in training", ylim=(0, None))
        right.plot(run["step"], 100 * run["fpr95"], marker=".", color=RED, label="FPR at 95 % recall")
        right.plot(run["step"], 100 * run["ap"], marker=".", color=GREEN, label="average precision")
        right.set(xlabel="step", ylabel="% on validation identities", ylim=(0, 100))
        right.legend()
