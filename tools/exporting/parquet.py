"""Tracks as a Parquet file, with the record of the run in its metadata. Needs pyarrow."""

import json
from collections.abc import Sequence
from pathlib import Path

from siamlink.tools.exporting.options import ExportOptions
from siamlink.tools.exporting.tables import columns_of
from siamlink.tools.exporting.video_tracks import VideoTracks

METADATA = "siamlink"
"""The key of the metadata, JSON: name, frame rate, length and size of the video, and the record of the run."""


def write(path: Path, videos: Sequence[VideoTracks], _: ExportOptions) -> None:
    """Write the table of one video; what is not known is null."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    video = videos[0]
    columns = {
        name: pa.array(column.tolist() if column.dtype == object else column, from_pandas=True)
        for name, column in columns_of(video).items()
    }
    facts = {
        "name": video.name,
        "video": video.video,
        "frame_rate": video.frame_rate,
        "frames": video.frame_count or None,
        "size": video.size if all(video.size) else None,
        "run": video.record,
    }
    table = pa.table(columns).replace_schema_metadata({METADATA: json.dumps(facts)})
    with path.open("wb") as file:
        pq.write_table(table, file)
