"""The linear program under constraints: some nodes must be in one track, and some must not.

A group of nodes that must be in one track is in one track of the linear program, or in several that follow one another
in time and count as one. Where no link leads from one to the next, both the exit and the entry cost are paid, however
long the gap is.

What the constraints decide by themselves is decided first (see `contraction`). The optimum of what is left often
satisfies them. Where it does not, the violated groups get commodities (see `constrained_milp`), until nothing is
violated. The result is optimal, because every feasible solution satisfies what was added.
"""

from dataclasses import replace

import numpy as np

from siamlink.association.solvers.constrained_milp import solve_milp
from siamlink.association.solvers.constraints import Groups, connected
from siamlink.association.solvers.contraction import contract
from siamlink.association.solvers.problem import LinkProblem, Solution, make_solution
from siamlink.association.solvers.solvers import LARGEST_COST, solve_lp
from siamlink.detectors.base.arrays import BoolArray


def solve_constrained(problem: LinkProblem, groups: Groups) -> Solution:
    """The exact optimum. Tracks that are one by `Groups.joined` are still separate in it.

    Args:
        problem: of N nodes.
        groups: constraints on the nodes, without contradictions.
    """
    small = contract(problem, groups)
    return make_solution(problem, *small.expanded(*_solve(small.problem, small.groups)))


def _solve(problem: LinkProblem, groups: Groups) -> tuple[BoolArray, BoolArray]:
    """The nodes (N,) and links (P,) of the exact optimum."""
    earlier, later = problem.pairs.earlier, problem.pairs.later
    plain = solve_lp(replace(problem, detection=np.where(groups.required, -LARGEST_COST / 2, problem.detection)))
    used, linked = plain.used, plain.successor[earlier] == later
    solution = make_solution(problem, used, linked)
    component = connected(len(problem), earlier, later)
    clusters: list[set[int]] = []
    while violated := violations(solution, groups):
        before, clusters = clusters, _merge([*clusters, *violated])
        if clusters == before:
            raise RuntimeError("the solution of the integer program violates it")
        involved = np.isin(groups.group, list(set().union(*clusters)))
        inside = np.isin(component, component[involved])  # nodes that no chain of links connects with these stay
        used, linked = used.copy(), linked.copy()
        used[inside], linked[inside[earlier]] = solve_milp(problem.part(inside), groups.part(inside), clusters)
        solution = make_solution(problem, used, linked)
    return used, linked


def violations(solution: Solution, groups: Groups) -> list[set[int]]:
    """The groups in each track that violates a constraint.

    A joined track violates one if two of its parts overlap in time, or if it holds two groups that must be apart.

    Args:
        solution: of N nodes; the required ones are used.
        groups: constraints on the nodes.
    """
    track = groups.joined(solution.track_ids())
    node = np.flatnonzero(solution.used)
    node = node[np.lexsort((groups.first[node], track[node]))]
    one, other, following = node[:-1], node[1:], solution.successor[node[:-1]]
    overlap = (groups.first[other] <= groups.last[one]) | ((following >= 0) & (following != other))
    violating = set(track[one[overlap & (track[one] == track[other])]].tolist())
    track_of_group = np.zeros(int(groups.group.max(initial=-1)) + 1, np.int32)
    constrained = groups.constrained & solution.used
    track_of_group[groups.group[constrained]] = track[constrained]
    one, other = track_of_group[groups.apart.T]
    violating |= set(one[(one == other) & (one > 0)].tolist())
    return [set(groups.group[constrained & (track == each)].tolist()) for each in sorted(violating)]


def _merge(clusters: list[set[int]]) -> list[set[int]]:
    """Join the sets that share a member."""
    merged: list[set[int]] = []
    for cluster in clusters:
        sharing = [other for other in merged if other & cluster]
        merged = [*(other for other in merged if not other & cluster), cluster.union(*sharing)]
    return sorted(merged, key=min)
