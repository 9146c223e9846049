"""Boxes that a search found, as rows of tracks."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from siamlink.association.search.network import SearchNetwork
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.sources.frame_source import Frame
from siamlink.tracker.searching.calibration import FEWEST_EXAMPLES, Calibration
from siamlink.tracker.searching.occupied import Occupied
from siamlink.tracker.searching.paths import Path, path_of, without_conflicts
from siamlink.tracker.searching.starts import known_starts, open_ends
from siamlink.tracker.searching.walks import walk_all
from siamlink.tracker.tracks import Tracks

FEW_EXAMPLES = "the frames in which objects are detected are too few to calibrate it"
NOT_TOLD = "in frames in which objects are detected, it does not tell those that are there from those that are not"


class Searched(NamedTuple):
    """What came of a search.

    Attributes:
        tracks: with the boxes that were found.
        unused: why the search was not used; empty if it was, or if there is nothing to search.
    """

    tracks: Tracks
    unused: str = ""


def find_missed(
    tracks: Tracks,
    network: SearchNetwork,
    frames: Callable[[], Iterator[Frame]],
    frame_rate: float,
    last_frame: int,
    size: tuple[int, int],
    progress: Progress,
) -> Searched:
    """The tracks with the boxes that a search found before their first and after their last detections.

    Walks over frames in which the object is detected say how probable it is, by the score of a template, that the
    object is there.

    Args:
        tracks: of a whole video.
        network: searches.
        frames: begins to read the video.
        frame_rate: frames per second.
        last_frame: number of the last frame.
        size: width and height of the images in pixels.
        progress: called with the frames under the stage `search`.

    Returns:
        The tracks; all of them as they were, and the reason, if the search does not find what is known.
    """
    known, unknown = known_starts(tracks, frame_rate, size), open_ends(tracks, frame_rate, last_frame, size)
    if not known or not unknown:
        return Searched(tracks, FEW_EXAMPLES if unknown else "")
    calibration, occupied = Calibration(tracks), Occupied(tracks)
    found = walk_all(network, [*known, *unknown], frames(), frame_rate, calibration, occupied, progress)
    presence = calibration.presence()
    if presence is None:
        return Searched(tracks, NOT_TOLD if calibration.known_count >= FEWEST_EXAMPLES else FEW_EXAMPLES)
    paths = [path_of(start, walk, presence) for start, walk in zip(unknown, found[len(known) :], strict=True)]
    return Searched(with_paths(tracks, paths, occupied))


def with_paths(tracks: Tracks, paths: Sequence[Path], occupied: Occupied) -> Tracks:
    """The tracks with the boxes of paths, up to where another track has the object.

    Args:
        tracks: all of them.
        paths: from ends of these.
        occupied: by the boxes of the tracks; those of the paths are added.
    """
    label = {track_id: int(track.label[0]) for track_id, track in tracks.by_track()}
    rows = [_rows(path, label[path.track_id]) for path in without_conflicts(paths, occupied)]
    return _replaced([tracks, *rows])


def _rows(path: Path, label: int) -> Tracks:
    count = len(path.frame)
    return Tracks(
        frame=path.frame.astype(np.int32),
        box=path.box.astype(np.float32),
        score=path.probability.astype(np.float32),
        label=np.full(count, label, np.int16),
        track_id=np.full(count, path.track_id, np.int32),
        interpolated=np.ones(count, bool),
        found=np.ones(count, bool),
    )


def _replaced(parts: Sequence[Tracks]) -> Tracks:
    """All rows, without those interpolated ones in whose place another one was found."""
    joined = Tracks.concatenate(parts)
    key = joined.track_id.astype(np.int64) << 32 | joined.frame
    found = key[joined.found]
    return joined[joined.found | ~np.isin(key, found)]
