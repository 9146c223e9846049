"""Tracks as a geff graph: a node for each box, an edge for each link with its probability. Needs the package geff."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from siamlink.tools.exporting.options import ExportOptions
from siamlink.tools.exporting.video_tracks import VideoTracks
from siamlink.tracker.tracks import Tracks


def write(path: Path, videos: Sequence[VideoTracks], _: ExportOptions) -> None:
    """Write the graph of one video as a folder.

    Nodes have `t` (frames from 0), `y` and `x` of the centre, `width` and `height` in pixels, `score`, `class_id`,
    `class_name`, `track_id`, `interpolated` and `found`. Edges have `probability`, which is missing where it is not
    known.
    """
    from geff.core_io import write_arrays
    from geff_spec import Axis, GeffMetadata

    video = videos[0]
    tracks = video.tracks
    order = np.lexsort((tracks.frame, tracks.track_id))
    same = np.flatnonzero(np.diff(tracks.track_id[order]) == 0)
    links = np.column_stack([order[same], order[same + 1]]).astype(np.uint64)
    probability = tracks.link_probability[order[same]].astype(np.float64)
    unknown = np.isnan(probability)
    metadata = GeffMetadata(
        directed=True,
        axes=[
            Axis(name="t", type="time", unit="frame", scale=1 / video.frame_rate, scaled_unit="second"),
            Axis(name="y", type="space", unit="pixel"),
            Axis(name="x", type="space", unit="pixel"),
        ],
        node_props_metadata={},
        edge_props_metadata={},
        track_node_props={"tracklet": "track_id"},
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of zarr, about its own formats
        write_arrays(
            path,
            node_ids=np.arange(len(tracks), dtype=np.uint64),
            node_props=_nodes(video, tracks),
            edge_ids=links,
            edge_props={"probability": _column(np.where(unknown, 0, probability), unknown)},
            metadata=metadata,
        )


def _nodes(video: VideoTracks, tracks: Tracks) -> dict[str, Any]:
    """The properties of the nodes."""
    centre = tracks.centre.astype(np.float64)
    nodes: dict[str, Any] = {
        "t": _column(tracks.frame.astype(np.int64) - 1),
        "y": _column(centre[:, 1]),
        "x": _column(centre[:, 0]),
        "width": _column(tracks.width.astype(np.float64)),
        "height": _column(tracks.height.astype(np.float64)),
        "score": _column(tracks.score.astype(np.float64)),
        "class_id": _column(tracks.label.astype(np.int64)),
        "class_name": _column(np.array([video.class_name(label) for label in tracks.label.tolist()], np.str_)),
        "track_id": _column(tracks.track_id.astype(np.int64)),
        "interpolated": _column(tracks.interpolated.copy()),
        "found": _column(tracks.found.copy()),
    }
    return nodes


def _column(values: Any, missing: Any = None) -> Any:
    """A property as geff takes it."""
    return {"values": values, "missing": missing}
