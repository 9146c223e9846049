"""The formats that tracks are exported to, by name, and how a file of one is written."""

import importlib.util
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from importlib import import_module
from pathlib import Path

from siamlink.detectors.base.errors import ConfigError, OutputError
from siamlink.tools.console.files import check_output, output_errors, publish, staging
from siamlink.tools.exporting.companion import companion_of
from siamlink.tools.exporting.options import ExportOptions
from siamlink.tools.exporting.video_tracks import VideoTracks, check_names

EVERYTHING, RATE = ("frame_rate", "size", "frame_count"), ("frame_rate",)
"""What formats need to know of a video."""


@dataclass(frozen=True)
class Format:
    """A format.

    Attributes:
        name: as `--to` takes it.
        suffix: of the file beside other results: `NAME` and this.
        module: the module of this package that has `write`, or the function as `module:function`.
        needs: what it needs to know of the video: fields of `VideoTracks`.
        options: the fields of `ExportOptions` that it uses.
        several: whether one file can hold several videos.
        package: the package that it needs; empty for none.
        extra: the extra of siamlink that installs this package.
        is_folder: whether a folder is written instead of a file.
        companion: the suffix of a second file, in place of the suffix of the first; empty for none.
        counts_pictures: whether frames are the places of pictures in a video or folder, not the numbers of their names.
    """

    name: str
    suffix: str
    module: str
    needs: tuple[str, ...] = ()
    options: frozenset[str] = frozenset()
    several: bool = False
    package: str = ""
    extra: str = ""
    is_folder: bool = False
    companion: str = ""
    counts_pictures: bool = False

    def check_installed(self) -> None:
        """Check that the package that it needs is installed.

        Raises:
            ConfigError: it is not.
        """
        if self.package and importlib.util.find_spec(self.package) is None:
            raise ConfigError(
                f"the format {self.name} needs the package {self.package}: pip install 'siamlink[{self.extra}]'"
            )

    def check_options(self, options: ExportOptions) -> None:
        """Check that only options are given that it uses.

        Raises:
            ConfigError: another one is given.
        """
        for each in fields(options):
            if each.name not in self.options and getattr(options, each.name) != each.default:
                users = " and ".join(f"--to {one.name}" for one in FORMATS.values() if each.name in one.options)
                raise ConfigError(f"--{each.name.replace('_', '-')} belongs to {users}, not to --to {self.name}")

    def paths(self, path: Path) -> list[Path]:
        """All that is written for a file."""
        return [path, companion_of(path, self.companion)] if self.companion else [path]

    def write(self, path: Path, videos: Sequence[VideoTracks], options: ExportOptions) -> None:
        """Write a file that does not exist yet.

        Raises:
            OutputError: it cannot be written.
        """
        if self.counts_pictures:
            videos = [video.from_one() for video in videos]
        module, _, function = self.module.partition(":")
        with output_errors(path):
            getattr(import_module(f"siamlink.tools.exporting.{module}"), function or "write")(path, videos, options)


FORMATS = {
    each.name: each
    for each in (
        Format("cvat", ".cvat.xml", "cvat", ("size", "frame_count"), frozenset({"keyframes"}), counts_pictures=True),
        Format("coco", ".coco.json", "coco", EVERYTHING, several=True, counts_pictures=True),
        Format("csv", ".csv", "tables:write_csv", RATE),
        Format("jsonl", ".jsonl", "tables:write_jsonl", RATE),
        Format("parquet", ".parquet", "parquet", RATE, package="pyarrow", extra="parquet"),
        Format(
            "label-studio",
            ".label-studio.json",
            "label_studio",
            EVERYTHING,
            frozenset({"keyframes", "predictions", "video_url"}),
            companion=".config.xml",
            counts_pictures=True,
        ),
        Format("mot-zip", ".mot.zip", "mot_zip", (), frozenset({"gt"}), several=True),
        Format("geff", ".geff", "geff_graph", RATE, package="geff", extra="geff", is_folder=True, counts_pictures=True),
    )
}


def format_of(name: str) -> Format:
    """The format of a name.

    Raises:
        ConfigError: there is none.
    """
    if name not in FORMATS:
        what = "one format at a time, not" if "," in name else "unknown format"
        raise ConfigError(f"{what} '{name}'; choose from {', '.join(FORMATS)}")
    return FORMATS[name]


def formats_of(names: str) -> tuple[Format, ...]:
    """The formats of names that commas separate, each once.

    Raises:
        ConfigError: there is no such format, or its package is not installed.
    """
    chosen = dict.fromkeys(format_of(name.strip()) for name in names.split(",") if name.strip())
    for each in chosen:
        each.check_installed()
    return tuple(chosen)


def export(
    videos: Sequence[VideoTracks],
    target: Format,
    path: Path,
    options: ExportOptions,
    overwrite: bool = False,
) -> None:
    """Write the tracks of videos to a file of a format, whole or not at all.

    Raises:
        ConfigError: the format does not take several videos.
        OutputError: the file exists and may not be replaced, or cannot be written.
    """
    check_names(videos)
    if len(videos) > 1 and not (target.several and not options.gt):
        raise ConfigError(f"a file of {target.name} holds one video, but {len(videos)} results are given")
    with staging(path.parent) as staged:
        target.write(staged / path.name, videos, options)
        if target.is_folder and path.is_dir():
            with output_errors(path):
                replace_folder(staged / path.name, path)
        publish(staged, path.parent, overwrite)


def replace_folder(new: Path, path: Path) -> None:
    """Put a folder in the place of an earlier one, which is removed."""
    earlier = new.with_name(f"{new.name}.earlier")
    path.rename(earlier)
    new.rename(path)
    shutil.rmtree(earlier)


def check_export(target: Format, path: Path, overwrite: bool = False, inputs: Iterable[Path] = ()) -> None:
    """Check before the work that a file of a format can be written.

    Raises:
        OutputError: it exists and may not be replaced, its folder is missing, or a folder of another kind is in place.
    """
    if target.is_folder and path.is_dir():
        if not overwrite:
            raise OutputError(f"{path} exists; --overwrite replaces it")
        if any(path.iterdir()) and not any((path / name).is_file() for name in (".zattrs", "zarr.json")):
            raise OutputError(f"{path} is a folder of something else than {target.name} and is not replaced")
        return
    for each in target.paths(path):
        check_output(each, overwrite, inputs)
