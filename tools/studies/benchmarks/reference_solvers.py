"""The linear program of tracking solved in two other ways, to compare siamlink's solver with."""

import numpy as np

from siamlink.association.solvers.problem import LinkProblem


def solve_by_highs(problem: LinkProblem) -> float:
    """The optimum in nats of the program as it stands in the docstring of `solvers`, by HiGHS.

    The variables are f_in (N), f_det (N), f_out (N) and f (P), all between 0 and 1.
    """
    from scipy.optimize import linprog
    from scipy.sparse import coo_array, eye_array, hstack, vstack

    count, links = len(problem), len(problem.pairs)
    if not count:
        return 0.0
    one, none = eye_array(count), coo_array((count, count))

    def incidence(owner: object) -> object:
        return coo_array((np.ones(links), (owner, np.arange(links))), (count, links))

    flow_in = hstack([one, -one, none, incidence(problem.pairs.later)])
    flow_out = hstack([none, -one, one, incidence(problem.pairs.earlier)])
    result = linprog(
        np.concatenate([problem.entry, problem.detection, problem.exit, problem.link]),
        A_eq=vstack([flow_in, flow_out]).tocsr(),
        b_eq=np.zeros(2 * count),
        bounds=(0, 1),
        method="highs",
    )
    if result.status != 0:
        raise RuntimeError(f"HiGHS: {result.message}")
    return float(result.fun)


def solve_by_sparse_assignment(problem: LinkProblem) -> float:
    """The optimum in nats as an assignment, by scipy's `min_weight_full_bipartite_matching`.

    Compared with every detection being a track of its own, a link saves an exit and an entry, and a detection left out
    saves all of its three costs. Row i is what follows detection i; column j is that detection j follows, column i
    itself that i is left out, and column N + i that its track ends.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    count = len(problem)
    if not count:
        return 0.0
    each, alone = np.arange(count), problem.entry + problem.detection + problem.exit
    row = np.concatenate([problem.pairs.earlier, each, each])
    column = np.concatenate([problem.pairs.later, each, each + count])
    saved = problem.link - problem.exit[problem.pairs.earlier] - problem.entry[problem.pairs.later]
    cost = np.concatenate([saved, -alone, np.zeros(count)])
    shift = 1 - cost.min()  # a weight of 0 would be no edge
    weights = coo_array((cost + shift, (row, column)), (count, 2 * count)).tocsr()
    rows, columns = min_weight_full_bipartite_matching(weights)
    return float(alone.sum() + weights[rows, columns].sum() - shift * count)
