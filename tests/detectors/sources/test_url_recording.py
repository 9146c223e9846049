"""Recordings by URL, which are read like files."""

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from siamlink.detectors.base.errors import InputError
from siamlink.detectors.sources.open import live_title, open_source
from siamlink.detectors.sources.url_recording import UrlRecording

Make = Callable[..., Path]
SECRET = "?token=hidden"


@pytest.mark.parametrize("name", ["street.mp4", "street.ts", "street.mkv", "street.avi"])
def test_a_recording_is_read_like_the_file_as_often_as_needed(name: str, make_video: Make, serve, read_number) -> None:
    path = make_video(name, 40)
    source, file = open_source(serve(path, query=SECRET), recorded=True), open_source(path)
    assert isinstance(source, UrlRecording)
    assert (source.name, source.frame_rate, source.size) == (file.name, file.frame_rate, file.size)
    assert (source.live, source.single_pass, source.files) == (False, False, ())
    frames = list(source)
    assert [read_number(frame.image) for frame in frames] == [read_number(image) for *_, image in source]
    assert [read_number(frame.image) for frame in frames] == list(range(1, 41))
    assert [frame[:2] for frame in frames] == [frame[:2] for frame in file]
    assert source.broken is None


def test_a_recording_with_its_index_at_the_beginning_needs_no_ranges(make_video: Make, serve) -> None:
    path = make_video("street.mp4", 40, container_options={"movflags": "faststart"})
    assert len(list(UrlRecording(serve(path, query="?norange")))) == 40


def test_a_lost_connection_ends_it_as_broken(make_video: Make, serve) -> None:
    source = UrlRecording(serve(make_video("a.ts", 100), part=0.5))
    frames = list(source)
    assert 20 < len(frames) < 80
    assert source.broken == f"decoding broke at frame {len(frames) + 1}: the picture is damaged"


def test_a_live_stream_is_no_recording(network_camera, paint) -> None:
    pictures = [paint(number) for number in range(1, 30)]
    message = r"^stream gate needs --mode online or --mode windowed$"
    with network_camera(lambda: network_camera.parts(pictures)) as camera, pytest.raises(InputError, match=message):
        UrlRecording(camera.url)


def test_an_index_at_the_end_needs_a_server_that_sends_ranges(make_video: Make, serve) -> None:
    with pytest.raises(InputError, match=r"(cannot open|no frame of) the stream http://.*/street\.mp4"):
        list(UrlRecording(serve(make_video("street.mp4", 40), query="?norange")))


def test_a_password_is_never_shown(serve, tmp_path: Path) -> None:
    absent = serve(tmp_path / "a.ts").replace("a.ts", "b.ts").replace("//", "//me:secret@") + SECRET
    with pytest.raises(InputError, match=r"cannot open the stream http://127\.0\.0\.1:\d+/b\.ts: .*404") as caught:
        UrlRecording(absent)
    assert "secret" not in str(caught.value)


def test_other_protocols_and_local_files_are_refused(make_video: Make, serve, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot open file:///etc/passwd: streams are read by"):
        open_source("file:///etc/passwd", recorded=True)
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://{make_video('a.ts')}\n#EXT-X-ENDLIST\n"
    (tmp_path / "a.m3u8").write_text(playlist)
    with pytest.raises(InputError, match=r"cannot open the stream http://|no frame of|no video stream"):
        list(UrlRecording(serve(tmp_path / "a.m3u8")))


def test_only_http_may_be_a_recording_before_it_is_opened() -> None:
    assert live_title("https://videos/street.mp4") is None
    assert live_title("rtsp://camera/street") == "stream street"


def test_it_can_be_handed_to_another_process(make_video: Make, serve) -> None:
    source = UrlRecording(serve(make_video("a.ts", 10)))
    assert len(list(pickle.loads(pickle.dumps(source)))) == 10
