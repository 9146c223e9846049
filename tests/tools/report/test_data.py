"""The data of a report: what is unpacked equals the tracks."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from siamlink.detectors.class_names import ClassNames
from siamlink.tools.report.crops import Crop, Crops
from siamlink.tools.report.data import Scene, build_report_data
from siamlink.tools.report.packing import box_unit, packed, unpacked
from siamlink.tracker.tracks import Tracks

SCENE = Scene("street", 10.0, 100, size=(640, 480))
Make = Callable[..., Tracks]


def column(data: dict[str, Any], part: str, name: str, dtype: type) -> Any:
    return unpacked(data[part][name], dtype)


@pytest.mark.parametrize("dtype", [np.int16, np.uint8, np.int32, np.float32, np.float64])
def test_packed_columns_are_little_endian(dtype: type) -> None:
    values = np.array([0, 1, 100], dtype)
    assert unpacked(packed(values, dtype), dtype).tolist() == [0, 1, 100]
    assert packed(np.array([1]), np.int32) == "AQAAAA=="


def test_boxes_are_by_track_and_then_by_frame(tracks_on: Make) -> None:
    tracks = tracks_on({8: [(1, 100.3, 50.0), (2, 104, 50)], 3: [(2, 30, 40), (1, 30, 41), (3, 30, 42)]}, side=10.5)
    data = build_report_data(SCENE, tracks)
    assert [(each["id"], each["start"], each["stop"]) for each in data["tracks"]] == [(3, 0, 3), (8, 3, 5)]
    assert column(data, "boxes", "frame", np.int32).tolist() == [1, 2, 3, 1, 2]
    box = column(data, "boxes", "box", np.int16).reshape(-1, 4) * data["boxes"]["unit"]
    expected = [[24.75, y - 5.25, 10.5, 10.5] for y in (41, 40, 42)] + [
        [x - 5.25, 44.75, 10.5, 10.5] for x in (100.3, 104)
    ]
    assert np.abs(box - expected).max() <= data["boxes"]["unit"] / 2


def test_a_large_picture_has_a_coarser_unit(tracks_on: Make) -> None:
    assert box_unit(np.array([[0.0, 0, 8000, 5000]])) == 0.25
    assert box_unit(np.array([[0.0, 0, 20_000, 5000]])) == 1
    data = build_report_data(SCENE, tracks_on({1: [(1, -30_000, 20_000)]}))
    box = column(data, "boxes", "box", np.int16) * data["boxes"]["unit"]
    assert np.abs(box - [-30_010, 19_990, 20, 20]).max() <= data["boxes"]["unit"] / 2


def test_scores_are_between_the_lowest_and_the_highest(tracks_on: Make) -> None:
    data = build_report_data(SCENE, tracks_on({1: [(1, 50, 50), (2, 50, 50), (3, 50, 50)]}, score=[-1, 1, 3]))
    assert data["boxes"]["scores"] == [-1, 3]
    assert column(data, "boxes", "score", np.uint8).tolist() == [0, 128, 255]
    assert column(build_report_data(SCENE, tracks_on({1: [(1, 50, 50)]})), "boxes", "score", np.uint8).tolist() == [255]


def test_links_are_between_detected_boxes(tracks_on: Make) -> None:
    path = [(frame, 50.0 + frame, 50.0) for frame in (1, 2, 3, 4, 7)]
    tracks = tracks_on(
        {5: path}, interpolated=[False, True, False, False, True], link_probability=[0.25, 0.25, 0.75, np.nan, np.nan]
    )
    data = build_report_data(SCENE, tracks)
    assert column(data, "links", "from", np.int32).tolist() == [1, 3]
    assert column(data, "links", "to", np.int32).tolist() == [3, 4]
    assert column(data, "links", "track", np.int32).tolist() == [0, 0]
    assert column(data, "links", "probability", np.float32).tolist() == [0.25, 0.75]
    assert np.isnan(column(data, "links", "loss", np.float32)).all()
    assert column(data, "boxes", "link", np.int32).tolist() == [0, -1, 1, -1, -1]
    assert column(data, "boxes", "interpolated", np.uint8).tolist() == [0, 1, 0, 0, 1]
    assert data["tracks"][0]["least"] == 0.25


def test_boxes_that_a_search_found_are_told_from_interpolated_ones(tracks_on: Make) -> None:
    path = [(frame, 50.0, 50.0) for frame in (1, 2, 3)]
    tracks = tracks_on({5: path}, interpolated=[False, True, True], found=[False, False, True])
    assert column(build_report_data(SCENE, tracks), "boxes", "interpolated", np.uint8).tolist() == [0, 1, 2]


def test_speed_is_the_median_of_what_a_second_brings(tracks_on: Make) -> None:
    steady = [(frame, 5.0 * frame, 50.0) for frame in range(1, 41)]
    trembling = [(frame, 300.0 + 3 * (-1) ** frame, 50.0) for frame in range(1, 41)]
    tracks = tracks_on({1: steady, 2: trembling, 3: [(1, 90, 90)], 4: [(1, 9, 9), (2, 12, 13)]})
    speeds = [each["speed"] for each in build_report_data(SCENE, tracks)["tracks"]]
    assert speeds == [50, 0, None, 50]
    unknown = Scene("street", None, 100)
    assert {each["speed"] for each in build_report_data(unknown, tracks)["tracks"]} == {None}


def test_classes_are_those_of_most_boxes_and_named(tracks_on: Make) -> None:
    path = [(1, 50, 50), (2, 50, 50), (3, 50, 50)]
    tracks = tracks_on({1: path, 2: path, 3: path}, label=[2, 2, 0, 2, 2, 2, 0, 0, 0])
    scene = Scene("street", 10.0, 100, class_names=ClassNames({0: "person", 2: "car"}))
    data = build_report_data(scene, tracks)
    assert [each["class"] for each in data["tracks"]] == [2, 2, 0]
    assert data["classes"] == [
        {"number": 2, "name": "car", "tracks": 2},
        {"number": 0, "name": "person", "tracks": 1},
    ]
    unnamed = build_report_data(SCENE, tracks)
    assert [each["name"] for each in unnamed["classes"]] == ["class 2", "object"]


def test_without_the_size_of_the_picture_it_ends_where_the_boxes_do(tracks_on: Make) -> None:
    scene = Scene("street", None, 100)
    frames = build_report_data(scene, tracks_on({1: [(1, 300, 50), (2, 20, 140.2)]}))["frames"]
    assert (frames["width"], frames["height"], frames["rate"]) == (310, 151, None)


def test_crops_belong_to_the_track_that_is_there_now(tracks_on: Make) -> None:
    crops = Crops(
        (
            Crop(1, np.array([40, 40, 60, 60], np.float32), "data:a"),
            Crop(2, np.array([90, 90, 110, 110], np.float32), "data:b"),
            Crop(5, np.array([40, 40, 60, 60], np.float32), "data:c"),
        )
    )
    scene = Scene("street", 10.0, 100, crops=crops)
    data = build_report_data(scene, tracks_on({1: [(1, 50, 50), (2, 52, 50)], 9: [(5, 51, 50)]}))
    assert [each["crops"] for each in data["tracks"]] == [
        [{"frame": 1, "image": "data:a"}],
        [{"frame": 5, "image": "data:c"}],
    ]


def test_original_ids_follow_their_boxes(tracks_on: Make) -> None:
    tracks = tracks_on({4: [(1, 50, 50), (2, 50, 50)], 2: [(2, 90, 90)]})
    original = np.array([7, 7, 0], np.int32)[np.argsort([1, 2, 2], kind="stable")]
    data = build_report_data(SCENE, tracks, original=original)
    assert unpacked(data["boxes"]["original"], np.int32).tolist() == [0, 7, 7]


def test_every_part_of_the_format_is_there_also_without_tracks() -> None:
    data = build_report_data(SCENE, Tracks.empty(), lines=["split 3 4"], notes=["a note"])
    json.dumps(data, allow_nan=False)
    assert {name: data[name] for name in ("format", "name", "video", "details", "review", "truth", "served")} == {
        "format": 1,
        "name": "street",
        "video": None,
        "details": {},
        "review": [],
        "truth": None,
        "served": None,
    }
    assert data["frames"] == {"width": 640, "height": 480, "rate": 10.0, "count": 100, "first": 1}
    assert data["corrections"] == {"tracks": "", "lines": ["split 3 4"]}
    assert data["notes"] == ["a note"]
    assert data["tracks"] == data["classes"] == []
