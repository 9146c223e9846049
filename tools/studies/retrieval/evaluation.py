"""How well appearance models find the identities of folders of crops again."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from siamlink.association.appearance.appearance import Appearances
from siamlink.association.appearance.loaded_appearance import LoadedAppearance
from siamlink.association.training.identity_crops import (
    camera_of,
    crop_files,
    find_identity_crops,
    numbered_identities,
    read_crop,
)
from siamlink.association.training.retrieval import Retrieval, interval_over_identities, retrieve
from siamlink.association.training.siamese_validation import identities_apart
from siamlink.detectors.base.arrays import Box, Float32Array, Image, IntArray
from siamlink.detectors.base.errors import InputError, ModelError
from siamlink.detectors.base.stopwatch import Progress
from siamlink.tools.studies.matching.samples import check_finite


@dataclass(frozen=True)
class CropFolder:
    """N crops, an image each.

    Attributes:
        name: of the folder.
        files: the images.
        identity: (N,) of each.
        camera: (N,) its camera; see `camera_of`.
    """

    name: str
    files: tuple[Path, ...]
    identity: IntArray
    camera: IntArray

    @property
    def identity_count(self) -> int:
        """Number of identities."""
        return len(np.unique(self.identity))


@dataclass(frozen=True)
class Measure:
    """A share of the queries, and the limits of its 95 % interval; see `interval_over_identities`."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class RetrievalResult:
    """The measures of one appearance on one folder; NaN without queries.

    Attributes:
        folder: its name.
        appearance: its name as given by the user.
        identities, images, queries: their numbers.
        rank1, rank5: the share of the queries with a right crop among the one, or five, most similar ones.
        mean_precision: mean average precision (mAP).
    """

    folder: str
    appearance: str
    identities: int
    images: int
    queries: int
    rank1: Measure
    rank5: Measure
    mean_precision: Measure

    @classmethod
    def of(cls, crops: CropFolder, appearance: str, found: Retrieval) -> "RetrievalResult":
        """The measures of what an appearance has found in a folder."""
        values = [(found.rank <= place).astype(np.float64) for place in (1, 5)] + [found.precision]
        means = found.rank1, found.found_within(5), found.mean_precision
        measures = [
            Measure(mean, *interval_over_identities(value, found.identity))
            for mean, value in zip(means, values, strict=True)
        ]
        return cls(crops.name, appearance, crops.identity_count, len(crops.files), len(found.rank), *measures)


def find_crops(folders: Iterable[Path], held_out: int) -> list[CropFolder]:
    """The folders of crops at or below `folders`, each once.

    Args:
        folders: where to search.
        held_out: take only the identities that a training with the same `held_out` sets aside; 0: all.

    Raises:
        InputError: there is none, two have one name, or one has too few identities.
    """
    found: dict[str, Path] = {}
    for folder in folders:
        for crops in find_identity_crops(folder)[1]:
            if found.setdefault(crops.name, crops).resolve() != crops.resolve():
                raise InputError(f"{found[crops.name]} and {crops} have one name; rename one")
    if not found:
        raise InputError("there are no folders of crops, with images named IDENTITY_....jpg")
    return [_read_folder(folder, held_out) for folder in found.values()]


def _read_folder(folder: Path, held_out: int) -> CropFolder:
    files = crop_files(folder)
    identity = numbered_identities(files)
    count, least = int(identity.max()) + 1, 4 if held_out else 2
    if count < least:
        part = " to hold some out" if held_out else ""
        raise InputError(f"{folder} shows only {count} identities, too few{part}; {least} are needed")
    used = np.flatnonzero(np.isin(identity, identities_apart(count, held_out))) if held_out else np.arange(len(files))
    chosen = tuple(files[row] for row in used)
    return CropFolder(folder.name, chosen, identity[used], np.array([camera_of(path) for path in chosen], np.int64))


def evaluate_retrieval(
    folders: list[CropFolder], appearances: Appearances, progress: Progress
) -> list[RetrievalResult]:
    """Measure all appearances on all folders, whose images are read once.

    Raises:
        InputError: a file is not an image.
        ModelError: an appearance failed, or compares only pairs.
    """
    results = []
    for crops in folders:
        parts: list[list[Float32Array]] = [[] for _ in appearances.parts]
        for done, path in enumerate(crops.files, 1):
            image, box = read_crop(path)
            for part, described in zip(appearances.parts, parts, strict=True):
                described.append(_describe(part, image, box))
            progress(f"describe {crops.name}", done, len(crops.files))
        for part, described in zip(appearances.parts, parts, strict=True):
            found = retrieve(np.concatenate(described), crops.identity, crops.camera)
            results.append(RetrievalResult.of(crops, part.name, found))
    return results


def _describe(part: LoadedAppearance, image: Image, box: Box) -> Float32Array:
    """(1, D) the descriptor of a box (1, 4)."""
    if part.needs_flow:
        raise ModelError(f"appearance '{part.name}' uses optical flow, which crops do not have")
    if len(part.feature_names) > 1:
        raise ModelError(f"appearance '{part.name}' only compares pairs; measure it with 'siamlink study match'")
    descriptor = part.describe(image, box).astype(np.float32)
    check_finite(part, descriptor)
    return descriptor
