"""What all segments of a video need to know of its file, found out once and kept beside them."""

import json
from pathlib import Path

import numpy as np

from siamlink.detectors.base.fingerprint import code_digest, text_digest
from siamlink.detectors.sources.frame_source import FrameSource
from siamlink.detectors.sources.video_file import VideoFile
from siamlink.detectors.sources.video_parts import FrameIndex
from siamlink.tools.segments.segment_file import Arrays, DamagedFile, SegmentFile
from siamlink.tracker.cache.frame_cache import content_digest

_NAME = "frames.safetensors"


class FrameFacts:
    """The digest of a video's content, and the index of its frames.

    Both need a pass over the whole file. They are read again as long as size and time of the file are the same.

    Args:
        frames: the video; it gets the index.
        folder: of the segments.

    Attributes:
        content: SHA-256 of the bytes of the files of the video.

    Raises:
        InputError: the video cannot be read in parts.
        OSError: a file cannot be read.
    """

    def __init__(self, frames: FrameSource, folder: Path) -> None:
        stats = [(path.name, stat.st_size, stat.st_mtime_ns) for path in frames.files for stat in [path.stat()]]
        self._file = SegmentFile(folder / _NAME, text_digest(json.dumps([stats, code_digest("siamlink.detectors")])))
        self._new: Arrays | None = None
        known = self._known()
        if known is None:
            frames.count_frames()
            known = self._new = {"content": np.frombuffer(content_digest(frames.files).encode(), np.uint8)}
            if isinstance(frames, VideoFile):
                known |= {"time_stamp": frames.index.time_stamp, "key_frame": frames.index.key}
        elif isinstance(frames, VideoFile):
            frames.index = FrameIndex(known["time_stamp"], known["key_frame"])
        self.content = known["content"].tobytes().decode()

    def keep(self) -> None:
        """Write what was found out, for the other segments.

        Raises:
            OutputError: it cannot be written.
        """
        if self._new is not None:
            self._file.write(self._new)

    def _known(self) -> Arrays | None:
        try:
            return self._file.read()
        except DamagedFile:
            return None
