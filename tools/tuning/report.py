"""The result of a search: how good the settings are on videos that they were not chosen by."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import yaml

from siamlink.tools.console.tables import Table
from siamlink.tools.tuning.choices import Objective
from siamlink.tools.tuning.evaluation import Figures
from siamlink.tools.tuning.space import Changes, SearchSpace, Value

FEWEST_VIDEOS = 5
"""Fewer differences cannot have a probability of at most `NOISE` under chance."""
NOISE = 0.05
"""A gain that chance alone would give with a greater probability than this is noise."""


class HeldOut(NamedTuple):
    """A video, and the settings that were chosen on the others: its figures by default and with these."""

    video: str
    default: Figures
    tuned: Figures
    changes: Changes


@dataclass(frozen=True)
class Report:
    """The result of a search.

    Attributes:
        space: what was searched.
        objective: what was maximised.
        held_out: of each video.
        changes: the settings that were chosen on all videos.
        default: the mean objective of all videos under the configuration.
        tuned: the same under `changes`, which is better than on new videos: they were chosen by it.
        importance: the share of each setting in the objective.
        trials: how many sets of settings were tried in each search.
    """

    space: SearchSpace
    objective: Objective
    held_out: tuple[HeldOut, ...]
    changes: Changes
    default: float
    tuned: float
    importance: dict[str, float]
    trials: int

    @property
    def differences(self) -> list[float]:
        """The gain on each held-out video."""
        kind = self.objective
        return [each.tuned.objective(kind) - each.default.objective(kind) for each in self.held_out]

    @property
    def probability(self) -> float:
        """The probability of such a mean gain by chance: the share of sign changes that give at least as much.

        This is the one-sided permutation test of paired differences, exact up to 16 videos.
        """
        from scipy.stats import permutation_test

        if not any(self.differences):
            return 1.0
        test = permutation_test(
            (self.differences,), np.mean, permutation_type="samples", alternative="greater", n_resamples=1 << 16, rng=0
        )
        return float(test.pvalue)

    @property
    def has_gain(self) -> bool:
        """Whether the settings are better on held-out videos beyond noise."""
        return len(self.held_out) >= FEWEST_VIDEOS and self.probability <= NOISE

    @property
    def verdict(self) -> str:
        """One sentence on the gain."""
        mean, spread = float(np.mean(self.differences)), float(np.std(self.differences, ddof=1))
        gain = f"{mean:+.1f} {title(self.objective)} on videos that the settings were not chosen by"
        if not self.changes and not any(self.differences):
            return "no gain: nothing that was tried is better than the configuration"
        if len(self.held_out) < FEWEST_VIDEOS:
            few = f"{len(self.held_out)} videos are too few to show one, {FEWEST_VIDEOS} are needed"
            return f"no gain beyond noise: {gain}; {few}"
        test = f"(spread {spread:.1f}, p = {self.probability:.2f})"
        return f"gain: {gain} {test}" if self.has_gain else f"no gain beyond noise: {gain} {test}"

    def table(self) -> Table:
        """The objective of each held-out video, by default and with the settings chosen on the others."""
        kind = self.objective
        rows = [
            (each.video, *_three(each.default.objective(kind), each.tuned.objective(kind))) for each in self.held_out
        ]
        default, tuned = (
            float(np.mean([figures.objective(kind) for figures in column]))
            for column in ([each.default for each in self.held_out], [each.tuned for each in self.held_out])
        )
        spread = float(np.std(self.differences, ddof=1))
        return Table(
            ("video", "default", "tuned on the others", "difference"),
            (*rows, ("mean", *_three(default, tuned)), ("spread (standard deviation)", "", "", f"{spread:.1f}")),
            title=f"{title(kind)} of each video with settings that were chosen on the other videos",
            caption=f"mean difference of the single figures: {self._single_figures()}",
            sections=frozenset([len(rows)]),
            bold=2,
        )

    def settings_table(self) -> Table:
        """What was searched, with the values chosen in each search."""
        chosen = dict(self.changes)
        rows = [
            (
                each.key,
                _shown(each.default),
                _shown(chosen.get(each.key, each.default)),
                _between(dict(fold.changes).get(each.key, each.default) for fold in self.held_out),
                f"{100 * self.importance[each.key]:.0f} %" if each.key in self.importance else "-",
            )
            for each in self.space.settings
        ]
        order = sorted(rows, key=lambda row: -self.importance.get(row[0], 0))
        return Table(
            ("setting", "default", "tuned", "in the folds", "importance"),
            tuple(order),
            title="Settings, the most important first",
            caption=f"on the videos that they were chosen on: {self.default:.1f} by default, {self.tuned:.1f} tuned",
        )

    def configuration(self, remark: str) -> str:
        """The tuned configuration as YAML, below a remark."""
        values = self.space.values(self.changes)
        text: str = yaml.safe_dump(values, sort_keys=False)
        return f"# {remark}\n# {self.verdict}\n{text}"

    def as_dict(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {
            "objective": str(self.objective),
            "trials": self.trials,
            "verdict": self.verdict,
            "gain": self.has_gain,
            "probability": self.probability,
            "held_out": [
                {
                    "video": each.video,
                    "default": each.default._asdict(),
                    "tuned": each.tuned._asdict(),
                    "settings": dict(each.changes),
                }
                for each in self.held_out
            ],
            "settings": dict(self.changes),
            "on_all_videos": {"default": self.default, "tuned": self.tuned},
            "importance": self.importance,
            "ranges": [_range(each.key, each.choices, each.low, each.high, each.log) for each in self.space.settings],
        }

    def _single_figures(self) -> str:
        means = np.mean([np.subtract(each.tuned, each.default) for each in self.held_out], axis=0)
        return ", ".join(f"{name.upper()} {mean:+.1f}" for name, mean in zip(Figures._fields, means, strict=True))


def title(kind: Objective) -> str:
    """The objective as a heading."""
    return "mean of HOTA, IDF1 and MOTA" if kind is Objective.MEAN else kind.name


def _three(default: float, tuned: float) -> tuple[str, str, str]:
    return f"{default:.1f}", f"{tuned:.1f}", f"{tuned - default:+.1f}"


def _shown(value: Value) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value).lower()


def _between(values: Iterable[Value]) -> str:
    """The values of the folds: from the lowest to the highest."""
    ordered = sorted(set(values), key=lambda value: (isinstance(value, str), value))
    return " to ".join(dict.fromkeys(_shown(each) for each in (ordered[0], ordered[-1])))


def _range(key: str, choices: tuple[Value, ...], low: float, high: float, log: bool) -> dict[str, Any]:
    return {"key": key, "choices": choices} if choices else {"key": key, "low": low, "high": high, "log": log}
