import pytest

from siamlink.tools.serving.ranges import RangeError, requested_range


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-9", (0, 10)),
        ("bytes=0-0", (0, 1)),
        ("bytes=99-99", (99, 100)),
        ("bytes=10-", (10, 100)),
        ("bytes=90-1000", (90, 100)),
        ("bytes=-10", (90, 100)),
        ("bytes=-1000", (0, 100)),
        ("BYTES=5-6", (5, 7)),
        (f"bytes=0-{'9' * 80}", (0, 100)),
    ],
)
def test_a_range_is_cut_at_the_end_of_the_file(header: str, expected: tuple[int, int]) -> None:
    assert requested_range(header, 100) == expected


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "bytes=-",
        "bytes=9-2",
        "bytes=0-1,5-6",
        "bytes=a-b",
        "bytes 0-9",
        "frames=0-9",
        "bytes=\uff11-\uff12",
        "bytes=0x1-2",
    ],
)
def test_the_whole_file_answers_what_is_malformed_or_several_ranges(header: str | None) -> None:
    assert requested_range(header, 100) is None


@pytest.mark.parametrize(
    ("header", "size"),
    [("bytes=100-", 100), ("bytes=100-200", 100), ("bytes=-0", 100), ("bytes=0-", 0), ("bytes=-5", 0)],
)
def test_a_range_after_the_end_is_unsatisfiable(header: str, size: int) -> None:
    with pytest.raises(RangeError):
        requested_range(header, size)
