"""The files of a search."""

import json
from pathlib import Path

from siamlink.detectors.base.counted import counted
from siamlink.tools.console.files import output_errors, publish, staging
from siamlink.tools.tuning.report import Report

FILES = ("tuned.yaml", "tune.json")


def write_results(report: Report, folder: Path, finished: bool, overwrite: bool) -> None:
    """Write the configuration and the report.

    Args:
        report: what has been found.
        folder: for the files.
        finished: whether the search was not interrupted.
        overwrite: whether earlier files may be replaced.

    Raises:
        OutputError: they cannot be written.
    """
    record = {"finished": finished, **report.as_dict()}
    remark = f"Settings chosen by siamlink tune: {counted(report.trials, 'trial')}, objective {report.objective}."
    with staging(folder) as staged, output_errors(folder):
        (staged / FILES[0]).write_text(report.configuration(remark), encoding="utf-8")
        (staged / FILES[1]).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        publish(staged, folder, overwrite)


def is_interrupted(folder: Path) -> bool:
    """Whether the results in a folder are of a search that was interrupted, and may be replaced by its continuation."""
    try:
        record = json.loads((folder / FILES[1]).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(record, dict) and record.get("finished") is False
