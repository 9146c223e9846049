"""The linear program under constraints: which tracks are best when some nodes must, and some cannot, be in one track.

A group of nodes that must be one is in one track, or in several that follow one another in time and count as one: where
no link leads from one to the next, a track ends and another begins, and both costs are paid, however long it takes.
The plain optimum often is as it should be. Where it is not, the groups concerned get threads (see `threads`), until
nothing is violated: what is found is optimal, as all that was added is demanded of every solution.
"""

from dataclasses import replace

import numpy as np

from siamlink.association.solvers.constrained_milp import solve_with_threads
from siamlink.association.solvers.constraints import Groups, connected
from siamlink.association.solvers.solvers import LARGEST_COST, LinkProblem, Solution, make_solution, solve_lp


def solve_constrained(problem: LinkProblem, groups: Groups) -> Solution:
    """The exact optimum, with the tracks that are one by `Groups.joined` still apart.

    Args:
        problem: of N nodes.
        groups: what is known of them, without contradictions.
    """
    earlier, later = problem.pairs.earlier, problem.pairs.later
    plain = solve_lp(replace(problem, detection=np.where(groups.kept, -LARGEST_COST / 2, problem.detection)))
    used, linked = plain.used, plain.successor[earlier] == later
    solution = make_solution(problem, used, linked)
    component = connected(len(problem), earlier, later)
    clusters: list[set[int]] = []
    while violated := violations(solution, groups):
        before, clusters = clusters, _merge([*clusters, *violated])
        if clusters == before:
            raise RuntimeError("the solution of the integer program violates it")
        involved = np.isin(groups.group, list(set().union(*clusters)))
        inside = np.isin(component, component[involved])  # what no link connects with these stays as it is
        used, linked = used.copy(), linked.copy()
        used[inside], linked[inside[earlier]] = solve_with_threads(problem.part(inside), groups.part(inside), clusters)
        solution = make_solution(problem, used, linked)
    return solution


def violations(solution: Solution, groups: Groups) -> list[set[int]]:
    """For each track of a solution that cannot be, all groups in it: two of its parts overlap, or two groups are apart.

    Args:
        solution: of N nodes; those of each group that must be used are.
        groups: what is known of them.
    """
    person = groups.joined(solution.track_ids())
    node = np.flatnonzero(solution.used)
    node = node[np.lexsort((groups.first[node], person[node]))]
    one, other, following = node[:-1], node[1:], solution.successor[node[:-1]]
    overlap = (groups.first[other] <= groups.last[one]) | ((following >= 0) & (following != other))
    wrong = set(person[one[overlap & (person[one] == person[other])]].tolist())
    person_of = np.zeros(int(groups.group.max(initial=-1)) + 1, np.int32)
    known = groups.named & solution.used
    person_of[groups.group[known]] = person[known]
    one, other = person_of[groups.apart.T]
    wrong |= set(one[(one == other) & (one > 0)].tolist())
    return [set(groups.group[known & (person == each)].tolist()) for each in sorted(wrong)]


def _merge(clusters: list[set[int]]) -> list[set[int]]:
    """Sets that share a member become one."""
    merged: list[set[int]] = []
    for cluster in clusters:
        sharing = [other for other in merged if other & cluster]
        merged = [*(other for other in merged if not other & cluster), cluster.union(*sharing)]
    return sorted(merged, key=min)
