"""How far the probabilities of a matcher can be believed, and what they rest on, on videos it never saw."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.appearance import AppearanceGate
from siamlink.association.matcher import Matcher
from siamlink.association.training.ground_truth import IGNORED, is_next
from siamlink.association.training.link_training import Example, truth_known

FloatArray = NDArray[np.float64]
BINS = 10
REPORT_FILE, PICTURE_FILE = "matching.json", "reliability.png"


class MatchingReport:
    """Collects what matchers said of videos that they were not trained on, and what came true of it."""

    def __init__(self) -> None:
        self._said: dict[str, list[FloatArray]] = defaultdict(list)
        self._true: dict[str, list[NDArray[np.bool_]]] = defaultdict(list)
        self._gain: dict[str, list[dict[str, float]]] = defaultdict(list)

    def add(self, matcher: Matcher, example: Example, gate: AppearanceGate) -> None:
        """Take in one tested video; what truth ignores does not count.

        Args:
            matcher: trained without this video.
            example: the video; its looks were compared if the matcher has an appearance.
            gate: which pairs are looked at.
        """
        context, person = matcher.first_level(example.detections, example.scene, example.pairs, example.features)
        people = example.identity != IGNORED
        self._note("person", person[people], example.identity[people] >= 0)
        known, true = truth_known(example.pairs, example.identity), is_next(example.pairs, example.identity)
        self._note("context", context[known], true[known])
        boosters = {"person": matcher.detection, "context": matcher.context}
        if matcher.link is not None:
            boosters["link"] = matcher.link
        if matcher.tracklets is not None:
            boosters["tracklet link"] = matcher.tracklets.link
            boosters["tracklet person"] = matcher.tracklets.person
        if matcher.link is not None and example.compared is not None:
            asked = np.flatnonzero(gate.leaves_open(context) & example.compared.known)
            compared = example.compared[asked]
            revised = matcher.link_probability(example.features[asked], compared, example.pairs[asked])
            self._note("context, open pairs", context[asked][known[asked]], true[asked][known[asked]])
            self._note("with appearance, open pairs", revised[known[asked]], true[asked][known[asked]])
        for name, booster in boosters.items():
            self._gain[name].append(booster.get_score(importance_type="total_gain"))

    def _note(self, name: str, probability: FloatArray, true: NDArray[np.bool_]) -> None:
        self._said[name].append(probability)
        self._true[name].append(true)

    def summary(self) -> dict[str, Any]:
        """Per question the Brier score and the reliability by bins of probability; per model the shares of the gain."""
        answers = {name: (np.concatenate(self._said[name]), np.concatenate(self._true[name])) for name in self._said}
        return {
            "calibration": {name: reliability(*each) for name, each in answers.items()},
            "importance": {name: _mean_shares(gains) for name, gains in self._gain.items()},
        }

    def save(self, folder: Path) -> None:
        """Write `matching.json` and `reliability.png`."""
        summary = self.summary()
        (folder / REPORT_FILE).write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
        _draw(summary["calibration"], folder / PICTURE_FILE)


def reliability(probability: FloatArray, true: NDArray[np.bool_]) -> dict[str, Any]:
    """The Brier score, mean (p - y)^2, and in bins of equal width what was said and what came true.

    Args:
        probability: (N,) said.
        true: (N,) what came true.
    """
    place = np.minimum((probability * BINS).astype(int), BINS - 1)
    count = np.bincount(place, minlength=BINS)
    said, came = np.bincount(place, probability, minlength=BINS), np.bincount(place, true, minlength=BINS)
    filled = np.flatnonzero(count)
    return {
        "count": len(true),
        "true": int(true.sum()),
        "brier": float(((probability - true) ** 2).mean()) if len(true) else None,
        "bins": [
            {"said": float(said[k] / count[k]), "true": float(came[k] / count[k]), "count": int(count[k])}
            for k in filled
        ],
    }


def _mean_shares(gains: list[dict[str, float]]) -> dict[str, float]:
    """Each feature's mean share of a model's gain, largest first."""
    shares: dict[str, float] = defaultdict(float)
    for gain in gains:
        for name, value in gain.items():
            shares[name] += value / sum(gain.values()) / len(gains)
    return dict(sorted(shares.items(), key=lambda item: -item[1]))


def _draw(calibration: dict[str, Any], path: Path) -> None:
    """Draw what came true by what was said: a line for each question."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 5.4), layout="constrained")
    panel = figure.subplots()
    panel.plot([0, 1], [0, 1], color="grey", linewidth=0.8, linestyle="--")
    for name, each in calibration.items():
        brier = "no answers" if each["brier"] is None else f"Brier score {each['brier']:.4f}"
        said, true = ([row[column] for row in each["bins"]] for column in ("said", "true"))
        panel.plot(said, true, marker="o", markersize=4, label=f"{name}: {brier}, {each['count']} answers")
    panel.set(xlim=(0, 1), ylim=(0, 1), xlabel="probability that was said", ylabel="share that came true")
    panel.grid(alpha=0.3)
    panel.legend(fontsize=8)
    figure.savefig(path, dpi=120)
