"""py-motmetrics as a second opinion on the scores."""

from dataclasses import replace
from pathlib import Path

from siamlink.tools.evaluation import Evaluation
from siamlink.tools.evaluation.crosscheck import COMPARED, Difference, crosscheck
from siamlink.tools.evaluation.layouts import find_inputs
from siamlink.tools.evaluation.scoring import ScoredFiles


def scored(street: Path) -> ScoredFiles:
    return ScoredFiles(find_inputs(street / "street", street / "results"))


def test_it_agrees_on_both_sequences(evaluation: Evaluation, street: Path) -> None:
    assert crosscheck(evaluation, scored(street).pairs()) == []


def test_every_compared_figure_that_differs_is_named(evaluation: Evaluation, street: Path) -> None:
    right = evaluation.sequences["B"]
    changes = {name: getattr(right, name) + 1 for name in COMPARED}
    wrong = replace(evaluation, sequences={**evaluation.sequences, "B": replace(right, **changes)})
    found = crosscheck(wrong, scored(street).pairs())
    assert [(each.sequence, each.metric) for each in found] == [("B", name) for name in COMPARED]
    assert all(abs(each.ours - each.theirs - 1) < 1e-9 for each in found)


def test_a_difference_is_a_few_words() -> None:
    assert str(Difference("A", "MOTA", 66.666666, 50)) == "A MOTA 66.6667, there 50"
