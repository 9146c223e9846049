"""Label Studio: key frames that are enabled interpolate to the next one, so each run ends with one that is not."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from siamlink.tools.exporting.label_studio import write
from siamlink.tools.exporting.options import ExportOptions, Keyframes


def task_of(path: Path, video: Any, options: ExportOptions = ExportOptions()) -> dict[str, Any]:  # noqa: B008
    write(path / "a.json", [video], options)
    (task,) = json.loads((path / "a.json").read_text())
    return task


def shown(region: dict[str, Any]) -> dict[int, list[float]]:
    """The rectangle in each frame as the editor shows it: an enabled key frame goes on to the next one."""
    frames: dict[int, list[float]] = {}
    sequence = region["value"]["sequence"]
    for key, following in zip(sequence, [*sequence[1:], None], strict=True):
        box = [key[side] for side in ("x", "y", "width", "height")]
        frames[key["frame"]] = box
        if key["enabled"] and following:
            goal = [following[side] for side in ("x", "y", "width", "height")]
            for frame in range(key["frame"] + 1, following["frame"]):
                part = (frame - key["frame"]) / (following["frame"] - key["frame"])
                frames[frame] = [a + (b - a) * part for a, b in zip(box, goal, strict=True)]
    return frames


@pytest.mark.parametrize("keyframes", list(Keyframes))
def test_the_editor_shows_every_box_and_no_other(tmp_path, video, keyframes):
    task = task_of(tmp_path, video, ExportOptions(keyframes))
    late, early = task["annotations"][0]["result"]
    assert early["value"]["labels"] == ['lorry & "bus" <big>']
    assert (early["value"]["framesCount"], early["value"]["duration"]) == (10, 2.0)
    assert early["meta"] == {"text": ["siamlink id 7"]}
    assert (early["type"], early["from_name"], early["to_name"]) == ("videorectangle", "box", "video")
    boxes = shown(early)
    assert sorted(boxes) == [1, 2, 3, 4, 7]
    assert boxes[2] == pytest.approx([14.25 / 6.4, 20 / 4.8, 30 / 6.4, 60 / 4.8], abs=1e-3)
    assert sorted(shown(late)) == [8, 9, 10]
    assert [key["time"] for key in early["value"]["sequence"]] == [
        key["frame"] / 5 for key in early["value"]["sequence"]
    ]


def test_the_configuration_states_labels_and_frame_rate(tmp_path, video):
    task_of(tmp_path, replace(video, frame_rate=29.97))
    root = ElementTree.parse(tmp_path / "a.config.xml").getroot()
    assert root.find("Video").attrib == {"name": "video", "value": "$video", "framerate": "29.97"}
    assert [each.get("value") for each in root.iter("Label")] == ["person", 'lorry & "bus" <big>']
    assert root.find("VideoRectangle").get("toName") == root.find("Labels").get("toName") == "video"


def test_predictions_and_the_place_of_the_video(tmp_path, video):
    options = ExportOptions(predictions=True, video_url="https://host/clip.mp4")
    task = task_of(tmp_path, video, options)
    (prediction,) = task["predictions"]
    assert prediction["model_version"] == "siamlink"
    assert prediction["score"] == pytest.approx(float(np.mean(video.tracks.score)), abs=1e-3)
    assert task["data"] == {"video": "https://host/clip.mp4"}
    assert task_of(tmp_path, video)["data"] == {"video": "clip.mp4"}
