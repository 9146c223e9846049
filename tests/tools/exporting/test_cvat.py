"""CVAT for video: what CVAT keeps, the key frames, gives back every box; objects end where they end."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from siamlink.tools.exporting.cvat import write
from siamlink.tools.exporting.options import ExportOptions, Keyframes
from siamlink.tools.exporting.video_tracks import VideoTracks


def root_of(path: Path, video: VideoTracks, keyframes: Keyframes = Keyframes.sparse) -> ElementTree.Element:
    write(path / "a.xml", [video], ExportOptions(keyframes))
    return ElementTree.parse(path / "a.xml").getroot()


def rows(track: ElementTree.Element) -> list[tuple[int, int, int, float]]:
    """Frame, outside, key frame and left side of each box."""
    return [(int(b.get("frame")), int(b.get("outside")), int(b.get("keyframe")), float(b.get("xtl"))) for b in track]


def test_frames_count_from_zero_and_tracks_end_before_gaps_and_at_their_end(tmp_path, video):
    root = root_of(tmp_path, video)
    late, early = root.findall("track")
    assert rows(early) == [
        (0, 0, 1, 10.25),
        (1, 0, 0, 14.25),
        (2, 0, 1, 18.25),
        (3, 0, 1, 22.25),
        (4, 1, 1, 22.25),
        (6, 0, 1, 50.25),
        (7, 1, 1, 50.25),
    ]
    assert rows(late) == [(7, 0, 1, 10.25), (8, 0, 0, 10.25), (9, 0, 1, 10.25)], "no box after the last frame"
    box = early[0].attrib
    assert {name: box[name] for name in ("ytl", "xbr", "ybr", "occluded", "z_order")} == {
        "ytl": "20.00",
        "xbr": "40.25",
        "ybr": "80.00",
        "occluded": "0",
        "z_order": "0",
    }


def test_every_box_can_be_a_key_frame(tmp_path, video):
    assert all(
        key for track in root_of(tmp_path, video, Keyframes.all).findall("track") for _, _, key, _ in rows(track)
    )


def test_attributes_have_what_cvat_does_not_know(tmp_path, video):
    late, early = root_of(tmp_path, video).findall("track")
    attributes = [{each.get("name"): each.text for each in box} for box in early]
    assert attributes[0] == {
        "siamlink_id": "7",
        "score": "0.9",
        "interpolated": "false",
        "link_probability": "0.9900",
        "found": "false",
    }
    assert [each["interpolated"] for each in attributes[:4]] == ["false", "false", "true", "false"]
    assert [{each.get("name"): each.text for each in box}["link_probability"] for box in late] == [
        "1.0000",
        "0.5000",
        "-1",
    ]


def test_the_task_declares_the_labels_with_their_attributes(tmp_path, video):
    root = root_of(tmp_path, video)
    labels = root.findall("meta/task/labels/label")
    assert [each.findtext("name") for each in labels] == ["person", 'lorry & "bus" <big>']
    assert [track.get("label") for track in root.findall("track")] == ["person", 'lorry & "bus" <big>']
    declared = {each.findtext("name"): each.findtext("mutable") for each in labels[0].iter("attribute")}
    changing = ("score", "interpolated", "link_probability", "found")
    assert declared == {"siamlink_id": "False", **dict.fromkeys(changing, "True")}
    task = root.find("meta/task")
    stated = [task.findtext(name) for name in ("name", "size", "mode", "start_frame", "stop_frame", "source")]
    assert stated == ["clip", "10", "interpolation", "0", "9", "clip.mp4"]
    assert [task.findtext(f"original_size/{side}") for side in ("width", "height")] == ["640", "480"]


@pytest.mark.parametrize("name", ["a\x00b", "a\x1fb", "\ud800"])
def test_characters_that_xml_does_not_allow_are_replaced(tmp_path, video, name):
    root = root_of(tmp_path, replace(video, video=name, name=name))
    assert "?" in root.findtext("meta/task/name")


def test_without_tracks_there_is_a_task(tmp_path, video):
    root = root_of(tmp_path, replace(video, tracks=video.tracks[:0], class_names=None))
    assert root.findall("track") == []
    assert [each.findtext("name") for each in root.iter("label")] == ["object"]
