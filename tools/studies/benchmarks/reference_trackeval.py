"""The whole pipeline of TrackEval, from the files to the combination, to compare siamlink's evaluation with."""

import contextlib
import io
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from siamlink.tools.evaluation.metrics import OVERALL, Scores

METRICS = ("HOTA", "CLEAR", "Identity")


def trackeval_scores(truth: Path, results: Path, lengths: dict[str, int], benchmark: str) -> dict[str, Scores]:
    """The scores of TrackEval for each sequence by its name, and for all together.

    Args:
        truth: a folder with `SEQ/gt/gt.txt` of each sequence.
        results: a folder with `SEQ.txt` of each sequence.
        lengths: the sequences and their numbers of frames.
        benchmark: one of `BENCHMARKS` but `auto`.

    Raises:
        trackeval.utils.TrackEvalException: it cannot read the files.
    """
    import trackeval

    quiet = ("PRINT_RESULTS", "OUTPUT_SUMMARY", "OUTPUT_DETAILED", "PLOT_CURVES", "TIME_PROGRESS", "USE_PARALLEL")
    evaluator_settings = dict.fromkeys((*quiet, "PRINT_CONFIG"), False) | {"LOG_ON_ERROR": None}
    dataset_settings = {
        "GT_FOLDER": str(truth),
        "TRACKERS_FOLDER": str(results.parent),
        "TRACKERS_TO_EVAL": [results.name],
        "TRACKER_SUB_FOLDER": "",
        "SEQ_INFO": dict(lengths),
        "SKIP_SPLIT_FOL": True,
        "BENCHMARK": benchmark.upper(),
        "DO_PREPROC": benchmark != "mot15",
        "PRINT_CONFIG": False,
    }
    with contextlib.redirect_stdout(io.StringIO()):
        metrics = [getattr(trackeval.metrics, name)({"PRINT_CONFIG": False}) for name in METRICS]
        dataset = trackeval.datasets.MotChallenge2DBox(dataset_settings)
        scored, _ = trackeval.Evaluator(evaluator_settings).evaluate([dataset], metrics)
    counts: dict[str, Any] = scored["MotChallenge2DBox"][results.name]
    overall = counts.pop("COMBINED_SEQ")
    return {
        name: Scores.from_counts(by_class["pedestrian"]) for name, by_class in [*counts.items(), (OVERALL, overall)]
    }


def main() -> None:
    """Read the arguments of `trackeval_scores` as JSON from stdin and print the scores as JSON."""
    inputs = json.load(sys.stdin)
    scores = trackeval_scores(Path(inputs["truth"]), Path(inputs["results"]), inputs["lengths"], inputs["benchmark"])
    print(json.dumps({name: asdict(each) for name, each in scores.items()}))  # noqa: T201 - what its parent reads


if __name__ == "__main__":
    main()
