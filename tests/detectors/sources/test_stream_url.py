import pytest
from hypothesis import given
from hypothesis import strategies as st

from siamlink.detectors.base.errors import InputError
from siamlink.detectors.sources.live import LiveStream
from siamlink.detectors.sources.stream_url import check_url, name_of, without_secrets


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://me:secret@camera/live?token=secret#secret", "rtsp://camera/live"),
        ("rtsp://me:sec/ret@camera/live", "rtsp://camera/live"),
        ("rtsp://me:sec@ret@camera:554/live", "rtsp://camera:554/live"),
        ("rtsp://me:sec?ret@camera/live", "rtsp://..."),
        ("rtsp://me:sec#ret@camera/live", "rtsp://..."),
        ("http://camera/live?password=se@cret", "http://..."),
        ("http://[::1]:80/live", "http://[::1]:80/live"),
    ],
)
def test_urls_are_shown_without_secrets(url: str, shown: str) -> None:
    assert without_secrets(url) == shown
    check_url(url)


@given(st.text(st.characters(codec="utf-8"), max_size=5), st.text("/?#@:&=.%", max_size=3))
def test_no_password_is_shown(text: str, mark: str) -> None:
    password = f"q{mark}j{text}"
    for url in (f"rtsp://me:{password}@camera/live", f"http://camera/live?key={password}"):
        assert f"q{mark}j" not in without_secrets(url)
        assert set(name_of(url)).isdisjoint("/\\ \n")


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "concat:http://camera/a|file:///etc/passwd",
        "subfile,,start,0,end,0,,:file:///etc/passwd",
        "crypto+http://camera/live",
        "unix:///run/socket://",
        "nothing://here",
        "FILE:///etc/passwd",
        "://",
    ],
)
def test_only_stream_protocols_are_accepted(url: str) -> None:
    with pytest.raises(InputError, match="streams are read by http, https, rtmp"):
        LiveStream(url)


@pytest.mark.parametrize("url", ["http://camera/\udcff", "http://camera/\0", "http://camera/\nlive"])
def test_characters_that_are_not_printable_are_an_error(url: str) -> None:
    with pytest.raises(InputError, match="the URL of the stream has characters that are not allowed in a URL"):
        LiveStream(url)


@pytest.mark.parametrize(
    "url", ["tcp://0.0.0.0:9000?listen", "tcp://0.0.0.0:9000?listen=1", "srt://:9000?mode=listener"]
)
def test_urls_that_wait_for_a_caller_are_an_error(url: str) -> None:
    with pytest.raises(InputError, match="siamlink calls a stream and cannot wait for one to call"):
        LiveStream(url)
