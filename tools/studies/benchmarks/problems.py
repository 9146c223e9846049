"""Problems to measure solvers on: a synthetic crowd of any size, and published instances."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from siamlink.association.pairs.candidates import GateParameters, Pairs, candidate_pairs
from siamlink.association.solvers.costs import CostParameters, link_problem
from siamlink.association.solvers.problem import LinkProblem
from siamlink.detectors.base.errors import FormatError, InputError
from siamlink.detectors.detections import Detections

LINKS_PER_DETECTION = 6.5
FRAME_RATE = 30
PEOPLE_PER_FRAME = 20
FALSE_SHARE, MISSED_SHARE, JITTER = 0.1, 0.15, 0.05
LIVES = (30, 400)
"""Shortest and longest presence of a person, in frames."""
GATE = GateParameters(max_gap_frames=8)
ANY_LINK = CostParameters(min_link_probability=1e-9)
SOURCE = 1
COLUMNS = ("entry", "detection", "exit")


def crowd_problem(count: int, seed: int = 0) -> LinkProblem:
    """The problem of a walking crowd with missed, false and jittered detections; the same seed gives the same problem.

    Twenty people are in a frame, so that more detections mean a longer video. Of the candidate pairs, the
    `LINKS_PER_DETECTION` most probable per detection are used, or all if there are fewer.

    Args:
        count: number of detections, at least 10.
        seed: seed of all random numbers.
    """
    rng = np.random.default_rng(seed)
    detections = _crowd(count, rng)
    pairs = candidate_pairs(detections, FRAME_RATE, GATE)
    moved = np.linalg.norm(detections.centre[pairs.later] - detections.centre[pairs.earlier], axis=1)
    gap = detections.frame[pairs.later] - detections.frame[pairs.earlier]
    away = moved / detections.height[pairs.earlier] / (0.05 + 0.03 * gap)
    probability = np.clip(np.exp(np.clip(rng.normal(0, 1, len(pairs)), -2, 2) - away), 1e-9, 0.99) * 0.75 ** (gap - 1)
    chosen = np.sort(np.argsort(-probability, kind="stable")[: round(LINKS_PER_DETECTION * count)])
    person = 1 / (1 + np.exp((0.5 - detections.score.astype(np.float64)) / 0.1))
    return link_problem(detections, pairs[chosen], probability[chosen], person, ANY_LINK)


def _crowd(count: int, rng: np.random.Generator) -> Detections:
    """`count` detections in 1920 x 1080, of people on nearly straight paths, and false ones."""
    true = round(count * (1 - FALSE_SHARE))
    life = rng.integers(*LIVES, int(true / (1 - MISSED_SHARE) / LIVES[0]) + 1)
    walkers = int(np.searchsorted(life.cumsum(), true / (1 - MISSED_SHARE))) + 1
    life = life[:walkers]
    frames = max(1, round(count / PEOPLE_PER_FRAME))
    walker = np.repeat(np.arange(walkers), life)
    step = np.arange(len(walker)) - np.repeat(life.cumsum() - life, life)
    frame = (rng.integers(0, frames, walkers)[walker] + step) % frames
    start, speed = rng.uniform((0, 340), (1920, 940), (walkers, 2)), rng.normal(0, (2.0, 0.5), (walkers, 2))
    foot = start[walker] + speed[walker] * step[:, None] + 8 * np.sin(step / 9 + walker)[:, None]
    detected = np.sort(rng.choice(len(walker), true, replace=False))
    false = count - true
    frame = np.append(frame[detected], rng.integers(0, frames, false)) + 1
    foot = np.vstack([foot[detected], rng.uniform((0, 340), (1920, 940), (false, 2))])
    height = (80 + np.clip(foot[:, 1:] - 340, 0, 600) / 3) * np.exp(rng.normal(0, JITTER, (count, 1)))
    foot += rng.normal(0, JITTER, (count, 2)) * height
    box = np.hstack([foot - height * (0.2, 1.0), foot + height * (0.2, 0.0)])
    score = np.append(rng.normal(0.7, 0.15, true), rng.normal(0.45, 0.15, false))
    return Detections(frame, box, score, np.zeros(count))  # type: ignore[arg-type]


def read_problem(path: Path) -> LinkProblem:
    """Read a min-cost flow instance in the DIMACS format that muSSP's authors publish tracking problems in.

    Lines `a TAIL HEAD COST` are arcs of capacity 1. Node 1 is the source, the last node the sink, the nodes 2k and
    2k + 1 are the k-th detection.

    Raises:
        InputError: the file cannot be read.
        FormatError: it is not an instance, or an arc or a detection is not of this kind.
    """
    nodes, lines, arcs = _read_arcs(path)
    tail, head, cost = arcs[:, 0].astype(np.int64), arcs[:, 1].astype(np.int64), arcs[:, 2]
    count = (nodes - 2) // 2
    leaves, enters = tail % 2 == 1, (head % 2 == 0) & (head < nodes)
    kinds = {
        "entry": (tail == SOURCE) & enters,
        "detection": ~leaves & (head == tail + 1) & (head < nodes),
        "exit": leaves & (tail > SOURCE) & (head == nodes),
    }
    link = leaves & (tail > SOURCE) & enters & (head > tail)
    wrong = ~np.any([*kinds.values(), link], axis=0) | (arcs[:, :2] % 1 != 0).any(axis=1)
    if wrong.any():
        raise FormatError(path, "an arc that is no entry, detection, link or exit", lines[int(np.argmax(wrong))])
    columns = {}
    for name, rows in kinds.items():
        owner = (tail if name != "entry" else head)[rows] // 2 - 1
        if not np.array_equal(np.sort(owner), np.arange(count)):
            raise FormatError(path, f"expected one {name} arc for each of {count} detections")
        columns[name] = np.zeros(count)
        columns[name][owner] = cost[rows]
    pairs = Pairs(tail[link] // 2 - 1, head[link] // 2 - 1)
    return LinkProblem(np.arange(1, count + 1, dtype=np.int32), pairs=pairs, link=cost[link], **columns)


def _read_arcs(path: Path) -> tuple[int, list[int], NDArray[np.float64]]:
    """The number of nodes, and the line and the three numbers of each arc."""
    try:
        text = path.read_text(encoding="ascii")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise FormatError(path, "not a text file") from None
    nodes, lines, arcs = 0, [], []
    for number, line in enumerate(text.splitlines(), 1):
        kind, *fields = line.split() or ["c"]
        try:
            if kind == "p":
                nodes = int(fields[1])
            elif kind == "a":
                tail, head, cost = map(float, fields)
                lines.append(number)
                arcs.append((tail, head, cost))
        except (ValueError, IndexError):
            raise FormatError(path, "expected 'p min NODES ARCS' or 'a TAIL HEAD COST'", number) from None
    rows = np.array(arcs).reshape(-1, 3)
    if not nodes or not len(rows) or not np.isfinite(rows).all():
        raise FormatError(path, "no min-cost flow problem: expected 'p min NODES ARCS', then lines 'a TAIL HEAD COST'")
    return nodes, lines, rows


def save_problem(path: Path, problem: LinkProblem) -> None:
    """Write a problem for `load_problem`."""
    columns = {name: getattr(problem, name) for name in ("frame", *COLUMNS, "link")}
    np.savez(path, earlier=problem.pairs.earlier, later=problem.pairs.later, **columns)


def load_problem(path: Path) -> LinkProblem:
    """Read what `save_problem` wrote."""
    with np.load(path) as columns:
        pairs = Pairs(columns["earlier"], columns["later"])
        return LinkProblem(pairs=pairs, **{name: columns[name] for name in ("frame", *COLUMNS, "link")})
