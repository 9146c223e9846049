"""Picture of the linear program: the graph of a few frames of a crossing, its costs, and the paths of its optimum."""

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from siamlink.association.matcher import Matcher
from siamlink.association.pairs.candidates import GateParameters, candidate_pairs
from siamlink.association.pairs.features import pair_features, past_motion
from siamlink.association.pairs.scene_statistics import SceneStatistics
from siamlink.association.solvers.costs import CostParameters, link_problem
from siamlink.association.solvers.problem import LinkProblem, Solution
from siamlink.association.solvers.solvers import solve_lp
from siamlink.detectors.detections import Detections
from siamlink.tools.drawing.figures import COLOURS, INK, drawn_figure
from siamlink.tools.studies.pictures.crossing import Clip, near_people

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FRAMES = range(17, 24)
"""Frames of the drawn crossing; both people are in most of them, and a false alarm."""
LEAST_APART = 0.17
"""Distance of two detections of one frame, as a share of the height of the picture."""
COSTS = CostParameters(entry=3, exit=3, min_link_probability=0.002)


def draw_link_graph(clip: Clip, path: Path) -> None:
    """Draw the graph of the linear program over some frames of a clip, by the shipped models."""
    detections, problem = _problem(clip)
    solution = solve_lp(problem)
    place = _places(detections)
    low, high = (limit(y for _, y in place.values()) for limit in (min, max))
    reach = high - low
    ends = (min(FRAMES) - 1.4, (low + high) / 2), (max(FRAMES) + 1.4, (low + high) / 2)
    with drawn_figure(path, 9.5, 4.6) as figure:
        axes = figure.subplots()
        _draw_links(axes, problem, solution, place)
        _draw_ends(axes, solution, place, ends)
        track = solution.track_ids()
        for row, (x, y) in place.items():
            colour = COLOURS[track[row] - 1] if track[row] else INK
            axes.plot(x, y, "o", color=colour, markersize=13, markerfacecolor=colour if track[row] else "none")
            label = f"{problem.detection[row]:+.1f}"
            axes.annotate(label, (x, y - 0.075 * reach), ha="center", va="center", fontsize=8, color=colour)
        for (x, y), name in zip(ends, ("source", "sink"), strict=True):
            axes.plot(x, y, "s", color=INK, markersize=16, markerfacecolor="none")
            axes.annotate(name, (x, y - 0.09 * reach), ha="center", va="center", fontsize=9)
        axes.set(xlabel="frame", yticks=[], xticks=[*FRAMES], ylim=(low - 0.16 * reach, high + 0.1 * reach))
        axes.set_title(f"cost of the best set of paths: {solution.objective:.1f} nats", fontsize=10)
        axes.spines["left"].set_visible(False)
        axes.grid(visible=False)


def _problem(clip: Clip) -> tuple[Detections, LinkProblem]:
    """The detections of `FRAMES` around the two people, and the linear program over them."""
    detections, matcher = near_people(clip), Matcher.load()
    scene = SceneStatistics.of(detections)
    pairs = candidate_pairs(detections, clip.frame_rate, GateParameters())
    rank = scene.score_rank(detections)
    features = pair_features(detections, pairs, rank, clip.frame_rate, past_motion(detections, pairs))
    p, q = matcher.first_level(detections, scene, pairs, features)
    inside = np.isin(detections.frame, FRAMES)
    whole = link_problem(detections, pairs, p, q, COSTS)
    return detections[inside], whole.part(inside)


def _places(detections: Detections) -> dict[int, tuple[float, float]]:
    """Where each detection is drawn: its frame and its x, moved so that those of a frame do not touch."""
    x = detections.centre[:, 0].astype(np.float64)
    least = LEAST_APART * float(np.ptp(x))
    for frame in np.unique(detections.frame):
        rows = np.flatnonzero(detections.frame == frame)
        rows = rows[np.argsort(x[rows])]
        for before, after in pairwise(rows):
            x[after] = max(x[after], x[before] + least)
    return {row: (float(detections.frame[row]), float(x[row])) for row in range(len(detections))}


def _draw_links(axes: "Axes", problem: LinkProblem, solution: Solution, place: dict[int, tuple[float, float]]) -> None:
    track = solution.track_ids()
    for earlier, later, cost in zip(problem.pairs.earlier, problem.pairs.later, problem.link, strict=True):
        start, end = place[int(earlier)], place[int(later)]
        if solution.successor[earlier] != later:
            axes.plot(*zip(start, end, strict=True), color=INK, alpha=0.25 + 0.5 * np.exp(-cost), linewidth=0.8)
            continue
        colour = COLOURS[track[earlier] - 1]
        axes.plot(*zip(start, end, strict=True), color=colour, linewidth=3)
        beside = (0.65 * start[0] + 0.35 * end[0], 0.65 * start[1] + 0.35 * end[1])
        axes.annotate(
            f"{cost:.2f}", beside, xytext=(0, 7), textcoords="offset points", ha="center", fontsize=8, color=colour
        )


def _draw_ends(
    axes: "Axes",
    solution: Solution,
    place: dict[int, tuple[float, float]],
    ends: tuple[tuple[float, float], tuple[float, float]],
) -> None:
    """Entry and exit edges: of every detection, strong where a track begins or ends."""
    follows = set(solution.successor[solution.successor >= 0].tolist())
    track = solution.track_ids()
    for row, point in place.items():
        for end, chosen in ((ends[0], row not in follows), (ends[1], solution.successor[row] < 0)):
            used = bool(solution.used[row]) and chosen
            colour = COLOURS[track[row] - 1] if used else INK
            width, alpha = (2.0, 0.9) if used else (0.6, 0.12)
            axes.plot(*zip(end, point, strict=True), color=colour, linestyle="--", linewidth=width, alpha=alpha)
