"""Scores of tracks: HOTA, CLEAR and Identity as TrackEval computes them, by the rules of the MOT benchmarks."""

from siamlink.tools.evaluation.events import IdentitySwitch
from siamlink.tools.evaluation.metrics import Scores
from siamlink.tools.evaluation.report import Evaluation
from siamlink.tools.evaluation.scoring import evaluate, evaluate_sequences

__all__ = ["Evaluation", "IdentitySwitch", "Scores", "evaluate", "evaluate_sequences"]
