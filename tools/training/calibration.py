"""Calibration and feature importance of matchers, on videos that they were not trained on."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.appearance import AppearanceGate
from siamlink.association.matcher import Matcher
from siamlink.association.pairs.gap_prior import PairLabel
from siamlink.association.training.ground_truth import NOT_COUNTED, has_ground_truth, label_pairs
from siamlink.association.training.link_training import LinkExample
from siamlink.detectors.base.arrays import FloatArray
from siamlink.tools.drawing.figures import INK, drawn_figure

BINS = 10
REPORT_FILE, PICTURE_FILE = "matching.json", "reliability.png"


class MatchingReport:
    """Collects the probabilities of matchers on videos that they were not trained on, and the truth.

    Args:
        label: the pairs that the matchers learned as right.
    """

    def __init__(self, label: PairLabel = "next") -> None:
        self._label: PairLabel = label
        self._predicted: dict[str, list[FloatArray]] = defaultdict(list)
        self._true: dict[str, list[NDArray[np.bool_]]] = defaultdict(list)
        self._gain: dict[str, list[dict[str, float]]] = defaultdict(list)

    def add(self, matcher: Matcher, example: LinkExample, gate: AppearanceGate) -> None:
        """Add one tested video; detections and pairs that the ground truth ignores do not count.

        Args:
            matcher: trained without this video.
            example: the video; its open pairs are compared if the matcher has an appearance.
            gate: which pairs are open.
        """
        context, detection = matcher.first_level(example.detections, example.scene, example.pairs, example.features)
        counted = example.identity != NOT_COUNTED
        self._note("detection", detection[counted], example.identity[counted] >= 0)
        known = has_ground_truth(example.pairs, example.identity)
        true = label_pairs(example.pairs, example.identity, self._label)
        self._note("context", context[known], true[known])
        boosters = {"detection": matcher.detection, "context": matcher.context}
        if matcher.link is not None:
            boosters["link"] = matcher.link
        if matcher.tracklets is not None:
            boosters["tracklet link"] = matcher.tracklets.link
            boosters["tracklet object"] = matcher.tracklets.object
        if matcher.link is not None and example.compared is not None:
            open_pairs = np.flatnonzero(gate.leaves_open(context) & example.compared.available)
            compared = example.compared[open_pairs]
            revised = matcher.link_probability(example.features[open_pairs], compared, example.pairs[open_pairs])
            judged = known[open_pairs]
            self._note("context, open pairs", context[open_pairs][judged], true[open_pairs][judged])
            self._note("with appearance, open pairs", revised[judged], true[open_pairs][judged])
        for name, booster in boosters.items():
            self._gain[name].append(booster.get_score(importance_type="total_gain"))

    def merge(self, other: "MatchingReport") -> None:
        """Add what another report has collected."""
        for name in other._predicted:
            self._predicted[name] += other._predicted[name]
            self._true[name] += other._true[name]
        for name, gains in other._gain.items():
            self._gain[name] += gains

    def _note(self, name: str, probability: FloatArray, true: NDArray[np.bool_]) -> None:
        self._predicted[name].append(probability)
        self._true[name].append(true)

    def summary(self) -> dict[str, Any]:
        """For each probability the Brier score and the calibration by bins; for each model the feature importance."""
        values = {
            name: (np.concatenate(self._predicted[name]), np.concatenate(self._true[name])) for name in self._predicted
        }
        return {
            "calibration": {name: reliability(*each) for name, each in values.items()},
            "importance": {name: _mean_shares(gains) for name, gains in self._gain.items()},
        }

    def save(self, folder: Path) -> None:
        """Write `matching.json` and `reliability.png`."""
        summary = self.summary()
        (folder / REPORT_FILE).write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
        _draw(summary["calibration"], folder / PICTURE_FILE)


def reliability(probability: FloatArray, true: NDArray[np.bool_]) -> dict[str, Any]:
    """The Brier score, mean (p - y)^2, and in bins of equal width the mean probability and the share that is true.

    Args:
        probability: (N,) predicted.
        true: (N,) the truth.
    """
    place = np.minimum((probability * BINS).astype(int), BINS - 1)
    count = np.bincount(place, minlength=BINS)
    predicted, positive = np.bincount(place, probability, minlength=BINS), np.bincount(place, true, minlength=BINS)
    used = np.flatnonzero(count)
    return {
        "count": len(true),
        "true": int(true.sum()),
        "brier": float(((probability - true) ** 2).mean()) if len(true) else None,
        "bins": [
            {"predicted": float(predicted[k] / count[k]), "true": float(positive[k] / count[k]), "count": int(count[k])}
            for k in used
        ],
    }


def _mean_shares(gains: list[dict[str, float]]) -> dict[str, float]:
    """The mean share of each feature in the gain of a model, largest first."""
    shares: dict[str, float] = defaultdict(float)
    for gain in gains:
        for name, value in gain.items():
            shares[name] += value / sum(gain.values()) / len(gains)
    return dict(sorted(shares.items(), key=lambda item: -item[1]))


def _draw(calibration: dict[str, Any], path: Path) -> None:
    """Draw the share that is true over the predicted probability: a line for each kind of probability."""
    with drawn_figure(path, 6, 5.4) as figure:
        panel = figure.subplots()
        panel.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle="--")
        for name, each in calibration.items():
            brier = "no pairs" if each["brier"] is None else f"Brier score {each['brier']:.4f}"
            predicted, true = ([row[column] for row in each["bins"]] for column in ("predicted", "true"))
            panel.plot(predicted, true, marker="o", markersize=4, label=f"{name}: {brier}, {each['count']} values")
        panel.set(xlim=(0, 1), ylim=(0, 1), xlabel="predicted probability", ylabel="share that is true")
        panel.legend(fontsize=8)
