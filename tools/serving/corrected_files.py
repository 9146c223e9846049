"""The files that are saved: the corrections, the corrected tracks, and the record of these."""

import os
from collections.abc import Sequence
from pathlib import Path

from siamlink.detectors.base.errors import InputError
from siamlink.detectors.base.fingerprint import text_digest
from siamlink.tools.console.files import check_folder, check_output, output_errors, publish, staging


class CorrectedFiles:
    """`NAME.constraints.txt`, `NAME.corrected.txt` and `NAME.corrected.json`.

    Args:
        results: the tracks that are corrected, `NAME.txt`.
        folder: where the files are written.
        overwrite: whether files of others may be replaced; those that this object has written, or goes on with, may.

    Raises:
        OutputError: the folder cannot be used.
    """

    def __init__(self, results: Path, folder: Path, overwrite: bool = False) -> None:
        check_folder(folder, ())
        self._results, self._folder, self._overwrite = results, folder, overwrite
        self._written: dict[Path, str] = {}
        names = f"{results.stem}.constraints.txt", f"{results.stem}.corrected.txt", f"{results.stem}.corrected.json"
        self.constraints, self.tracks, self.record = (folder / name for name in names)

    def heading(self, earlier: Path | None) -> list[str]:
        """The lines of the corrections before new ones: earlier corrections, and the name of the results.

        Args:
            earlier: the corrections by which the results were made; None for none.

        Raises:
            InputError: they cannot be read.
        """
        lines = [] if earlier is None else self._moved(earlier)
        return [*lines, f"tracks {self._relative(self._results)}"]

    def lines_after(self, heading: Sequence[str]) -> list[str] | None:
        """The corrections that an earlier session has saved under the same heading; None if there are none.

        This session continues them: it may replace the files if they have not been changed since.

        Raises:
            InputError: the file cannot be read.
        """
        if not self.constraints.exists():
            return None
        lines, count = _lines_of(self.constraints), len(heading)
        if lines[:count] != list(heading):
            return None
        self._written = {path: _digest(path) for path in (self.constraints, self.tracks, self.record) if path.is_file()}
        return lines[count:]

    def write(self, constraints: str, tracks: str, record: str) -> list[str]:
        """Write the texts of all files, or none, and return the names.

        Raises:
            OutputError: a file of others exists and may not be replaced, or one cannot be written.
        """
        texts = {self.constraints: constraints, self.tracks: tracks, self.record: record}
        for path in texts:
            check_output(path, self._overwrite or self._is_own(path), [self._results])
        with staging(self._folder) as staged:
            for path, text in texts.items():
                with output_errors(path):
                    (staged / path.name).write_text(text, encoding="utf-8", newline="")
            publish(staged, self._folder, self._overwrite or bool(self._written))
        self._written = {path: text_digest(text) for path, text in texts.items()}
        return [path.name for path in texts]

    def _is_own(self, path: Path) -> bool:
        """Whether a file is as this object has written it."""
        if path not in self._written or not path.is_file():
            return False
        return _digest(path) == self._written[path]

    def _moved(self, corrections: Path) -> list[str]:
        """The lines of a file of corrections, whose tracks are named from the present folder."""
        lines = []
        for line in _lines_of(corrections):
            keyword, *rest = line.split(maxsplit=1) or [""]
            moved = keyword == "tracks" and rest
            lines.append(f"tracks {self._relative(corrections.parent / rest[0].strip())}" if moved else line)
        return lines

    def _relative(self, path: Path) -> str:
        """A path from the folder; absolute on another drive."""
        try:
            return Path(os.path.relpath(path.resolve(), self._folder.resolve())).as_posix()
        except ValueError:
            return path.resolve().as_posix()


def _digest(path: Path) -> str:
    with output_errors(path):
        return text_digest(path.read_text(encoding="utf-8", errors="replace"))


def _lines_of(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise InputError(f"{path} is not a text file") from None
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from None
