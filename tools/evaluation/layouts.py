"""Which file of results belongs to which ground truth, in the layouts of the MOT benchmarks and of TrackEval."""

import fnmatch
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from siamlink.detectors.base.errors import ConfigError, InputError
from siamlink.detectors.base.hints import nearest
from siamlink.detectors.formats.pictures import Pictures
from siamlink.detectors.formats.read import videos_in
from siamlink.detectors.mot.sequence import VIDEO_SUFFIXES, is_sequence, open_sequence
from siamlink.detectors.mot.sequence import Sequence as MotSequence

TRUTH = Path("gt", "gt.txt")
EXPECTED = "expected a gt.txt, a MOT sequence or a folder of sequences"
SUFFIXES = (".txt", ".csv", ".jsonl", ".xml", ".json")
"""Of files of boxes; a record of a run may be the last beside one of the others."""
DATA = "data"
"""The folder of a tracker's files in TrackEval."""
NO_RESULTS = ("_summary", "_detailed", ".classes")
"""Ends of the names of other files: what TrackEval writes into the folder of a tracker, and names of classes."""
SHOWN = 5
"""Names in a message."""


@dataclass(frozen=True)
class TruthFile:
    """The ground truth of one sequence.

    Attributes:
        name: of the sequence.
        path: of the file, which may hold several sequences.
        sequence: the MOT sequence it belongs to; None for a file alone.
    """

    name: str
    path: Path
    sequence: MotSequence | None = None

    @property
    def pictures(self) -> Pictures:
        """What `seqinfo.ini` says of the pictures."""
        return self.sequence.pictures if self.sequence else Pictures(self.name)


@dataclass(frozen=True)
class Inputs:
    """The files to score.

    Attributes:
        files: each ground truth with its results, None if it has none.
        missing: the sequences without results.
        unknown: a sentence for results without ground truth; empty if there are none.
    """

    files: tuple[tuple[TruthFile, Path | None], ...]
    missing: tuple[str, ...] = ()
    unknown: str = ""

    @property
    def scored(self) -> list[tuple[TruthFile, Path]]:
        """The sequences that have results."""
        return [(truth, path) for truth, path in self.files if path]


def find_inputs(ground_truth: Path, results: Path, selection: Sequence[str] = ()) -> Inputs:
    """Find the ground truth and the results of each sequence.

    Args:
        ground_truth: a MOT sequence, a folder of sequences or of one folder of sequences, a file, or a folder of
            `SEQUENCE.txt`.
        results: a file (of the only sequence, of the one it is named after, or of videos that it names), or a folder of
            `SEQUENCE.txt`, of `data/SEQUENCE.txt`, or of one tracker's folder with either. Other formats have other
            endings, see `SUFFIXES`.
        selection: names of sequences, or patterns such as `*-FRCNN`; empty for all.

    Raises:
        InputError: there is no ground truth, no result for any of it, or results of several trackers.
        ConfigError: a name or pattern fits no sequence.
    """
    truths = find_truth(ground_truth)
    names = [truth.name for truth in truths]
    chosen = set(select(names, selection))
    selected = [truth for truth in truths if truth.name in chosen]
    if results.is_file():
        videos = [selected[0].name] if len(selected) == 1 else videos_in(results) or [results.stem]
        found, unknown = dict.fromkeys(videos, results), ""
    elif results.is_dir():
        found = _files(_results_folder(results, sorted(chosen)))
        unknown = _unknown({name: path for name, path in found.items() if name not in names}, truths)
    else:
        raise InputError(f"no results: {results} does not exist")
    files = tuple((truth, found.get(truth.name)) for truth in selected)
    if not any(path for _, path in files):
        if not results.is_file() and ((results / TRUTH).is_file() or _annotated(results)):
            unknown = f"{results} holds ground truth: give GT first, then RESULTS"
        raise InputError(
            f"no results in {results} for any of {listed(sorted(chosen), 3)}; expected files such as "
            f"{selected[0].name}.txt" + (f"; {unknown}" if unknown else "")
        )
    missing = () if results.is_file() else tuple(truth.name for truth, path in files if not path)
    return Inputs(files, missing, unknown)


def find_truth(path: Path) -> list[TruthFile]:
    """The ground truth in a file, in a MOT sequence, or in the sequences of a folder, in order of their names.

    Raises:
        InputError: there is none, or several folders hold sequences.
    """
    if path.is_file():
        return _truth_files(path)
    if (path / TRUTH).is_file():
        return [_in_sequence(path)]
    if not path.is_dir():
        raise InputError(f"{path} is not a folder or file; {EXPECTED}")
    for parents in ([path], _folders(path)):
        annotated = [(parent, found) for parent in parents if (found := _annotated(parent))]
        if len(annotated) > 1:
            folders = listed([str(parent) for parent, _ in annotated])
            raise InputError(f"several folders have sequences with ground truth: {folders}; choose one of them")
        if annotated:
            return [_in_sequence(folder) for folder in annotated[0][1]]
    files = {} if is_sequence(path) else _files(path)
    if not files:
        raise InputError(f"no ground truth in {path}: expected SEQUENCE/gt/gt.txt, or files such as SEQUENCE.txt")
    return [TruthFile(name, file) for name, file in files.items()]


def read_seqmap(path: Path) -> list[str]:
    """The names of sequences in a seqmap of TrackEval: one a line, below the header `name`.

    Further columns are ignored.

    Raises:
        InputError: the file cannot be read, or names no sequence.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}: {getattr(error, 'strerror', None) or 'not a text file'}") from None
    names = [re.split(r"[,\s]", line.strip(), maxsplit=1)[0].strip("\"'") for line in lines]
    if names and names[0].lower() == "name":
        names = names[1:]
    names = list(dict.fromkeys(name for name in names if name))
    if not names:
        raise InputError(f"{path} names no sequence; expected the line 'name' and one sequence a line")
    return names


def select(names: Sequence[str], selection: Sequence[str]) -> list[str]:
    """The names that are in a selection of names and patterns; all if it is empty.

    Raises:
        ConfigError: one of the selection fits no name.
    """
    chosen: set[str] = set()
    for each in selection:
        fitting = [name for name in names if name == each or fnmatch.fnmatchcase(name, each)]
        if not fitting:
            raise ConfigError(f"there is no ground truth of a sequence '{each}'{_alike(each, names)}")
        chosen.update(fitting)
    return [name for name in names if name in chosen] if selection else list(names)


def _truth_files(path: Path) -> list[TruthFile]:
    """A file alone, for each of its videos if it names them; `SEQ/gt/gt.txt` and `SEQ/gt.txt` are named after `SEQ`.

    Raises:
        InputError: it is a video.
    """
    if path.suffix.lower() in VIDEO_SUFFIXES:
        raise InputError(f"{path} is a video; {EXPECTED}")
    path = path.resolve()
    if path.parts[-2:] == TRUTH.parts:
        return [_in_sequence(path.parents[1])]
    names = videos_in(path) or [path.parent.name if path.stem == "gt" else path.stem]
    return [TruthFile(name, path) for name in names]


def _in_sequence(folder: Path) -> TruthFile:
    sequence = open_sequence(folder)
    return TruthFile(sequence.name, sequence.truth_file, sequence)


def _annotated(folder: Path) -> list[Path]:
    """The sequences directly below a folder that have ground truth."""
    return [child for child in _folders(folder) if (child / TRUTH).is_file()]


def _folders(folder: Path) -> list[Path]:
    return [child for child in _entries(folder) if child.is_dir()]


def _entries(folder: Path) -> list[Path]:
    """What is in a folder, by name, without hidden files."""
    try:
        return sorted(child for child in folder.iterdir() if not child.name.startswith("."))
    except OSError as error:
        raise InputError(f"cannot read the folder {folder}: {error.strerror or error}") from None


def _results_folder(results: Path, names: list[str]) -> Path:
    """The folder that has results of any of the sequences: this one, its `data/`, or those of its only tracker.

    If there is no such folder, `results` itself.

    Raises:
        InputError: several trackers have results.
    """

    def of_tracker(folder: Path) -> Path | None:
        places = (folder, folder / DATA)
        return next((place for place in places if any(result_file(place, name) for name in names)), None)

    if own := of_tracker(results):
        return own
    below = _folders(results)
    for folders in (below, [each for folder in below for each in _folders(folder)]):
        trackers = {folder: place for folder in folders if (place := of_tracker(folder))}
        if len(trackers) > 1:
            shown = listed([str(folder.relative_to(results)) for folder in trackers])
            raise InputError(f"{results} has results of several trackers: {shown}; choose one of these folders")
        if trackers:
            return next(iter(trackers.values()))
    return results


def result_file(folder: Path, name: str) -> Path | None:
    """The file of results of a sequence in a folder; None if there is none."""
    return next((path for suffix in SUFFIXES if (path := folder / f"{name}{suffix}").is_file()), None)


def _files(folder: Path) -> dict[str, Path]:
    """The files of boxes in a folder, by the name of the sequence."""
    found: dict[str, Path] = {}
    for path in _entries(folder):
        if path.is_file() and path.suffix in SUFFIXES and not path.stem.endswith(NO_RESULTS) and _has_rows(path):
            earlier = found.get(path.stem)
            if earlier is None or SUFFIXES.index(path.suffix) < SUFFIXES.index(earlier.suffix):
                found[path.stem] = path
    return found


def _unknown(files: dict[str, Path], truths: list[TruthFile]) -> str:
    """A sentence about files of results without ground truth; empty if there are none.

    Nothing is unknown beside the ground truth of a single sequence, which was chosen among others.
    """
    if len(truths) == 1:
        return ""
    names, parts = [name for name, path in files.items() if path.suffix != ".json"], []
    folder = truths[0].sequence.folder.parent if truths[0].sequence else truths[0].path.parent
    if without := [name for name in names if is_sequence(folder / name) and not (folder / name / TRUTH).is_file()]:
        parts.append(f"results of sequences without ground truth: {listed(without)}")
    if strange := [name for name in names if name not in without]:
        known = [truth.name for truth in truths]
        parts.append(f"results of unknown sequences: {listed([name + _alike(name, known) for name in strange])}")
    return "; ".join(parts)


def _has_rows(path: Path) -> bool:
    """Whether a text file begins as boxes do: with numbers, or it is empty; other formats are not looked into."""
    if path.suffix != ".txt":
        return True
    try:
        with path.open("rb") as file:
            start = file.read(200).removeprefix(b"\xef\xbb\xbf").lstrip()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from None
    return not start or re.match(rb"[-+.\d]+\s*[,;\s]\s*[-+.\d]", start) is not None


def _alike(name: str, names: Iterable[str]) -> str:
    """A question after the name that was meant; empty if none is alike."""
    alike = nearest(name, names, cutoff=0.75)
    return f" (did you mean {alike}?)" if alike else ""


def listed(names: Sequence[str], most: int = SHOWN) -> str:
    """Names for a message; of many only the first."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
