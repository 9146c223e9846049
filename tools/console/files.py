"""Output files that are complete or missing: written to a temporary name and renamed."""

import contextlib
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from siamlink.detectors.base.errors import OutputError
from siamlink.detectors.base.fingerprint import text_digest
from siamlink.detectors.base.output_files import partial_path

MACHINE = text_digest(platform.node())[:8]
"""Stands for this machine in the names of temporary files, as several may write to one folder."""


def check_output(path: str | Path, overwrite: bool = False, inputs: Iterable[Path] = ()) -> None:
    """Check before the work that a file can be written after it.

    Args:
        path: the file to write.
        overwrite: whether an earlier file may be replaced.
        inputs: input files, which are never replaced.

    Raises:
        OutputError: it may not be replaced, is a folder, or its own folder is missing or not writable.
    """
    path = Path(path)
    with output_errors(path):
        if path.is_dir():
            raise OutputError(f"{path} is a folder; name a file to write")
        if path.exists():
            if any(each.exists() and path.samefile(each) for each in inputs):
                raise OutputError(f"{path} is the input and is not replaced; write somewhere else")
            if not overwrite:
                raise OutputError(f"{path} exists; --overwrite replaces it")
        if not path.parent.is_dir():
            raise OutputError(f"cannot write {path}: there is no folder {path.parent}")
        if not os.access(path.parent, os.W_OK):
            raise OutputError(f"cannot write {path}: the folder {path.parent} is not writable")


def check_outputs(paths: Iterable[Path | None], overwrite: bool, inputs: Iterable[Path]) -> None:
    """`check_output` of several files, each of its own name; None stands for a file that is not asked for.

    Raises:
        OutputError: two are the same file, or as `check_output`.
    """
    inputs, resolved = list(inputs), set[Path]()
    for path in paths:
        if path is None:
            continue
        check_output(path, overwrite, inputs)
        if path.resolve() in resolved:
            raise OutputError(f"{path} is named twice; give each output a file of its own")
        resolved.add(path.resolve())


def check_folder(folder: Path, names: Iterable[str], overwrite: bool = False, inputs: Iterable[Path] = ()) -> None:
    """Check before the work that files of these names can be written in a folder, which may be missing.

    Raises:
        OutputError: the folder is a file, or as `check_output`.
    """
    with output_errors(folder):
        if not folder.exists():
            return
    if not folder.is_dir():
        raise OutputError(f"cannot write {folder}: it is a file; name a folder for the results")
    for name in names:
        check_output(folder / name, overwrite, inputs)
    if not os.access(folder, os.W_OK):
        raise OutputError(f"cannot write to {folder}: the folder is not writable")


def make_folder(folder: Path) -> None:
    """Create a folder for results, with its parents.

    Raises:
        OutputError: it cannot be created.
    """
    check_folder(folder, ())
    with output_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)


@contextlib.contextmanager
def results_folder(folder: Path) -> Iterator[None]:
    """Create a folder for results, with its parents; new folders are removed again if they stay empty.

    Raises:
        OutputError: it cannot be created.
    """
    with output_errors(folder):
        missing = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        make_folder(folder)
        yield
    finally:
        with contextlib.suppress(OSError):
            for each in missing:
                each.rmdir()


def write_text(path: str | Path, text: str, overwrite: bool = False) -> None:
    """Write a text file to a temporary name and rename it.

    Raises:
        OutputError: it exists and may not be replaced, or cannot be written.
    """
    path = Path(path)
    check_output(path, overwrite)
    with staging(path.parent) as folder:
        with output_errors(path):
            (folder / path.name).write_text(text, encoding="utf-8", newline="")
        publish(folder, path.parent, overwrite)


@contextlib.contextmanager
def growing_text(path: Path, keep: bool, overwrite: bool = False) -> Iterator[Callable[[str], None]]:
    """Write a text file piece by piece to its `partial_path`, and rename it at a clean end.

    Every piece is handed to the operating system when the call returns, and remains even if the program is killed.

    Args:
        path: the file.
        keep: whether the partial file remains after an exception.
        overwrite: whether an earlier file may be replaced.

    Raises:
        OutputError: it cannot be written, or another program has written it meanwhile.
    """
    partial, remains = partial_path(path), False

    def write(text: str) -> None:
        nonlocal remains
        with output_errors(path):
            file.write(text)
            file.flush()
        remains = remains or (keep and bool(text))

    with output_errors(path):
        file = partial.open("w" if overwrite else "x", encoding="utf-8", newline="")
    try:
        yield write
        with output_errors(path):
            file.close()
            if overwrite:
                partial.replace(path)
            else:
                _place(partial, path)
                remains = False
    except OutputError as error:
        if not remains:
            raise
        raise OutputError(f"{error}; the final results are in {partial}") from None
    finally:
        with contextlib.suppress(OSError):
            file.close()
            if not remains:
                partial.unlink()


@contextlib.contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """A temporary folder inside `folder`, on the same disk; removed afterwards with all that was not published.

    Raises:
        OutputError: `folder` cannot be written; an error inside the block names the final path.
    """
    with output_errors(folder):
        staged = Path(tempfile.mkdtemp(prefix=_staging_prefix(os.getpid()), dir=folder))
    try:
        yield staged
    except OutputError as error:
        raise OutputError(str(error).replace(str(staged), str(folder))) from None
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def clear_staging(folder: Path, process_id: int, machine: str = MACHINE) -> None:
    """Remove the temporary folders of a process that died, on this machine or another one, from `folder`."""
    for staged in folder.glob(_staging_prefix(process_id, machine) + "*"):
        shutil.rmtree(staged, ignore_errors=True)


def clear_abandoned_staging(folder: Path) -> None:
    """Remove the temporary folders of processes of this machine that no longer run; only on POSIX systems."""
    for staged in folder.glob(_staging_prefix("*") + "*"):
        process_id = staged.name.split("-")[2]
        if os.name == "posix" and process_id.isdecimal() and not _is_another(int(process_id)):
            shutil.rmtree(staged, ignore_errors=True)


def _is_another(process_id: int) -> bool:
    """Whether another process of this id is running."""
    try:
        os.kill(process_id, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return process_id != os.getpid()


def _staging_prefix(process_id: int | str, machine: str = MACHINE) -> str:
    return f".siamlink-{machine}-{process_id}-"


def publish(staged: Path, folder: Path, overwrite: bool = True) -> None:
    """Move the content of a staging folder into `folder`: files replace earlier ones, folders are merged.

    Raises:
        OutputError: it cannot be written, or another program has written one of the files meanwhile. If two programs
            publish files of the same names at once, one publishes all of them and the other none.
    """
    for path in sorted(staged.iterdir()):
        target = folder / path.name
        with output_errors(target):
            if path.is_dir() and target.is_dir():
                publish(path, target, overwrite)
            elif overwrite or path.is_dir():
                path.replace(target)
            else:
                _place(path, target)


def _place(path: Path, target: Path) -> None:
    """Move a file to a path that must not exist."""
    try:
        target.hardlink_to(path)
    except FileExistsError:
        raise OutputError(f"another run has written {target} meanwhile; --overwrite replaces it") from None
    except OSError:  # a disk without hard links
        path.rename(target)


@contextlib.contextmanager
def output_errors(path: Path) -> Iterator[None]:
    """Turn `OSError` into an `OutputError` that names the path."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from None
