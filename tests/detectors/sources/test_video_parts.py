"""Parts of videos: the same pictures with the same numbers as in one pass over the whole video."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from siamlink.detectors.sources.video_file import VideoFile

Make = Callable[..., Path]
COUNT = 40
VARIABLE = [40 * k + (13 * k) % 31 for k in range(COUNT)]
VIDEOS = {
    "mp4, pictures that need later ones": ("a.mp4", {"g": "12", "bf": "3"}),
    "open groups of pictures": ("a.mp4", {"g": "8", "bf": "3", "x264-params": "open-gop=1:b-pyramid=normal"}),
    "one key frame": ("a.mp4", {"g": "250", "bf": "3"}),
    "key frames alone": ("a.avi", {"codec": "mjpeg", "pix_fmt": "yuvj420p"}),
    "matroska": ("a.mkv", {"g": "7", "bf": "2"}),
    "transport stream": ("a.ts", {"g": "9", "bf": "2"}),
    "transport stream, open": ("a.ts", {"g": "9", "bf": "2", "x264-params": "open-gop=1"}),
    "MPEG-2, open": ("a.mpg", {"codec": "mpeg2video", "g": "9", "bf": "2"}),
    "variable frame rate": ("a.mp4", {"times": VARIABLE, "g": "11", "bf": "2"}),
    "VP9": ("a.webm", {"codec": "libvpx-vp9", "g": "13", "speed": "8", "deadline": "realtime"}),
    "HEVC, open": ("a.mp4", {"codec": "libx265", "g": "9", "x265-params": "open-gop=1:log-level=none"}),
    "intra refresh": ("a.mp4", {"g": "10", "x264-params": "intra-refresh=1"}),
}


@pytest.mark.parametrize("kind", VIDEOS)
def test_parts_are_the_frames_of_the_whole_video(make_video: Make, kind: str) -> None:
    name, options = VIDEOS[kind]
    source = VideoFile(make_video(name, COUNT, **options))
    whole = {frame.number: frame.image for frame in source}
    assert source.broken is None
    assert source.index.count == len(whole) == COUNT
    for first, last in [(1, COUNT), *((each, min(each + 3, COUNT)) for each in range(1, COUNT + 1))]:
        part = source.part(first, last)
        frames = list(part)
        assert [frame.number for frame in frames] == list(range(first, last + 1))
        same = [np.array_equal(frame.image, whole[frame.number]) for frame in frames]
        assert all(same), (first, last, same)
