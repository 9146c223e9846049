"""Association of detections: probabilities that two detections are one object, and the best set of links."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from siamlink.association.appearance.appearance import Appearance, AppearanceGate, Appearances
    from siamlink.association.appearance.loading import load_appearance
    from siamlink.association.matcher import Matcher
    from siamlink.association.pairs.candidates import GateParameters, Pairs, candidate_pairs
    from siamlink.association.solvers.constrained_lp import solve_constrained
    from siamlink.association.solvers.constraints import Constraint, Groups, cannot_link, group_detections, must_link
    from siamlink.association.solvers.costs import CostParameters, link_problem
    from siamlink.association.solvers.problem import LinkProblem, Solution
    from siamlink.association.solvers.solvers import solve_hungarian, solve_lp
    from siamlink.association.tracklets.linking import SecondLevelParameters

__all__ = [
    "Appearance",
    "AppearanceGate",
    "Appearances",
    "Constraint",
    "CostParameters",
    "GateParameters",
    "Groups",
    "LinkProblem",
    "Matcher",
    "Pairs",
    "SecondLevelParameters",
    "Solution",
    "candidate_pairs",
    "cannot_link",
    "group_detections",
    "link_problem",
    "load_appearance",
    "must_link",
    "solve_constrained",
    "solve_hungarian",
    "solve_lp",
]

_MODULES = {
    "Appearance": "appearance.appearance",
    "AppearanceGate": "appearance.appearance",
    "Appearances": "appearance.appearance",
    "Constraint": "solvers.constraints",
    "CostParameters": "solvers.costs",
    "GateParameters": "pairs.candidates",
    "Groups": "solvers.constraints",
    "LinkProblem": "solvers.problem",
    "Matcher": "matcher",
    "Pairs": "pairs.candidates",
    "SecondLevelParameters": "tracklets.linking",
    "Solution": "solvers.problem",
    "candidate_pairs": "pairs.candidates",
    "cannot_link": "solvers.constraints",
    "group_detections": "solvers.constraints",
    "link_problem": "solvers.costs",
    "load_appearance": "appearance.loading",
    "must_link": "solvers.constraints",
    "solve_constrained": "solvers.constrained_lp",
    "solve_hungarian": "solvers.solvers",
    "solve_lp": "solvers.solvers",
}


def __getattr__(name: str) -> Any:
    """Import a name when it is used first, because solvers, boosters and networks are slow to import."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
