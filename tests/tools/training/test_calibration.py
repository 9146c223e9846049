"""Reliability and importance of a matcher on videos it never saw."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from siamlink.association.appearance.appearance import AppearanceGate
from siamlink.association.matcher import Matcher
from siamlink.association.training.ground_truth import NOT_COUNTED
from siamlink.association.training.link_training import LinkExample
from siamlink.tools.training.calibration import MatchingReport, reliability

GATE = AppearanceGate()


def test_calibration_compares_probabilities_with_the_truth() -> None:
    found = reliability(np.array([0.05, 0.05, 0.95, 1.0]), np.array([False, True, True, True]))
    assert (found["count"], found["true"]) == (4, 3)
    assert found["brier"] == pytest.approx((0.05**2 + 0.95**2 + 0.05**2) / 4)
    assert found["bins"] == [
        {"predicted": pytest.approx(0.05), "true": 0.5, "count": 2},
        {"predicted": pytest.approx(0.975), "true": 1.0, "count": 2},
    ]
    assert reliability(np.zeros(0), np.zeros(0, bool)) == {"count": 0, "true": 0, "brier": None, "bins": []}


def test_a_calibrated_answer_lies_on_the_diagonal() -> None:
    random = np.random.default_rng(0)
    probability = random.random(50_000)
    found = reliability(probability, random.random(50_000) < probability)
    assert len(found["bins"]) == 10
    for each in found["bins"]:
        assert each["predicted"] == pytest.approx(each["true"], abs=0.03)
    assert found["brier"] == pytest.approx(1 / 6, abs=0.01)


def test_a_report_is_written(matcher: Matcher, examples: list[LinkExample], tmp_path: Path) -> None:
    report = MatchingReport()
    for example in examples:
        report.add(matcher, example, GATE)
    report.save(tmp_path)
    written = json.loads((tmp_path / "matching.json").read_text())
    assert written["calibration"]["context"]["count"] == sum(len(each.pairs) for each in examples)
    assert written["calibration"]["context"]["brier"] < 0.05
    shares = written["importance"]["context"]
    assert sum(shares.values()) == pytest.approx(1)
    assert list(shares.values()) == sorted(shares.values(), reverse=True)
    assert (tmp_path / "reliability.png").read_bytes()[:4] == b"\x89PNG"


def test_what_truth_ignores_does_not_count(matcher: Matcher, examples: list[LinkExample]) -> None:
    example = examples[0]
    ignored = replace(example, identity=np.where(example.detections.frame > 75, NOT_COUNTED, example.identity))
    counts = []
    for each in (example, ignored):
        report = MatchingReport()
        report.add(matcher, each, GATE)
        counts.append({name: found["count"] for name, found in report.summary()["calibration"].items()})
    assert counts[1]["detection"] == int((example.detections.frame <= 75).sum()) < counts[0]["detection"]
    assert counts[1]["context"] < counts[0]["context"]
