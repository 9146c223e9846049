"""The four ablations: their rows and tables."""

from collections.abc import Iterator

from siamlink.tools.console.tables import Table
from siamlink.tools.studies.ablation.features import APPEARANCE, BOTH, CONTEXT, TOGETHER
from siamlink.tools.studies.ablation.folds import TRACKING
from siamlink.tools.studies.ablation.networks import Training, check_losses, recipe_of_topology
from siamlink.tools.studies.ablation.patches import FIRST_GAP
from siamlink.tools.studies.ablation.rows import NONE, Ablation, Solver
from siamlink.tools.studies.ablation.study import Row
from siamlink.tools.studies.ablation.tables import by_sequence, joined, overall

TOPOLOGIES = ("joint", "in-network", "cost-function", "pseudo-siamese", "two-stream")
SOLVERS: tuple[Solver, ...] = ("lp", "hungarian")
PAIRS, TRACKLETS = ("AP", "FPR95"), ("tracklet AP", "tracklet FPR95")
BLIND, BLIND_APPEARANCE = "blind network", "siamlink.tools.studies.ablation.networks:Blind"
"""Tracking with it shows the gain of a second model of context alone, for the pairs that the first leaves open."""


def features(ablation: Ablation, appearance: str) -> tuple[dict[str, Row], list[Table]]:
    """Context alone, an appearance alone and both."""
    by_pairs = ablation.features(appearance)
    rows = {
        CONTEXT: joined([by_pairs[CONTEXT], ablation.tracking("lp")]),
        BLIND: ablation.tracking("lp", BLIND_APPEARANCE),
        APPEARANCE: by_pairs[APPEARANCE],
        BOTH: joined([by_pairs[BOTH], ablation.tracking("lp", appearance)]),
    }
    names = [name for row in by_pairs.values() for name in row.measures]
    titles = {"AP": "average precision", "FPR95": "false positive rate at 95 % recall"}
    tables = []
    for short, title in titles.items():
        columns = [name for name in dict.fromkeys(names) if name.startswith(f"{short} ")]
        whole = f"Pairs of detections by gap in frames: {title}, CNN {appearance}; all: the mean"
        tables.append(by_sequence(whole, by_pairs, columns, [name.removeprefix(f"{short} ") for name in columns]))
    tracked = {name: row for name, row in rows.items() if name != APPEARANCE}
    title = f"Tracking; CNN {appearance}"
    summary = overall("All sequences", rows, (f"AP {TOGETHER}", f"FPR95 {TOGETHER}", *TRACKING))
    return rows, [summary, *tables, by_sequence(title, tracked, TRACKING)]


def topologies(
    ablation: Ablation, names: list[str], steps: int, paper_steps: int
) -> tuple[dict[str, Row], list[Table]]:
    """The layer at which a network joins the two patches."""
    recipes = {f"{name}, compact": recipe_of_topology(name, Training(steps)) for name in names}
    if paper_steps:
        recipes["joint, paper"] = recipe_of_topology("joint", Training(paper_steps, "paper"))
    rows = _baselines(ablation) | {name: ablation.network(recipe) for name, recipe in recipes.items()}
    return rows, [*_network_tables("topology, size", rows, ("loss", "steps", "pairs/s"), ablation.tracks)]


def losses(ablation: Ablation, names: list[str], training: Training) -> tuple[dict[str, Row], list[Table]]:
    """The losses that networks are trained with."""
    check_losses(names, training)
    rows = _baselines(ablation) | {name: ablation.loss(name, training) for name in names}
    return rows, [*_network_tables("loss", rows, ("steps", "pairs/s"), ablation.tracks)]


def solvers(ablation: Ablation, appearance: str) -> tuple[dict[str, Row], list[Table]]:
    """The linear program or the Hungarian method."""
    rows = {f"{solver}, {name}": ablation.tracking(solver, name) for name in (NONE, appearance) for solver in SOLVERS}
    title = "Tracking by solver and appearance"
    return rows, [overall(f"{title}, all sequences", rows, TRACKING), by_sequence(title, rows, TRACKING)]


def _baselines(ablation: Ablation) -> dict[str, Row]:
    """Tracking without appearance, and with a blind network; nothing if tracking is not measured."""
    return {CONTEXT: ablation.tracking("lp"), BLIND: ablation.blind()} if ablation.tracks else {}


def _network_tables(kind: str, rows: dict[str, Row], facts: tuple[str, ...], tracks: bool) -> Iterator[Table]:
    title = (
        f"By {kind}: pairs of detections {FIRST_GAP} frames to 5 s apart (AP, FPR95), of tracklets 0.3 to 5 s apart"
        f"{', and tracking' if tracks else ''}. Trained on person crops alone, which have no optical flow: no network "
        "uses flow, and none was trained on a video"
    )
    measures = (*PAIRS, *TRACKLETS, *(TRACKING if tracks else ()))
    yield overall(f"{title}; all sequences", rows, measures, facts)
    yield by_sequence("The same by sequence", rows, measures)
