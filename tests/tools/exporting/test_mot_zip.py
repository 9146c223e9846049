"""Archives for MOTChallenge and for CVAT's format MOT 1.1."""

import zipfile
from dataclasses import replace

from siamlink.tools.exporting.mot_zip import write
from siamlink.tools.exporting.options import ExportOptions


def test_a_submission_has_each_sequence_in_its_root(tmp_path, video):
    write(tmp_path / "a.zip", [video, replace(video, name="other")], ExportOptions())
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.namelist() == ["clip.txt", "other.txt"]
        lines = archive.read("clip.txt").decode().splitlines()
    assert lines[2] == "3,7,18.25,20.00,30.00,60.00,0.7,-1,-1,-1"
    assert len(lines) == 8
    assert {len(line.split(",")) for line in lines} == {10}


def test_ground_truth_numbers_its_labels_from_one(tmp_path, video):
    write(tmp_path / "a.zip", [video], ExportOptions(gt=True))
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.namelist() == ["gt/gt.txt", "gt/labels.txt"]
        assert archive.read("gt/labels.txt").decode().splitlines() == ["person", 'lorry & "bus" <big>']
        lines = archive.read("gt/gt.txt").decode().splitlines()
    assert lines[0] == "1,7,10.25,20.00,30.00,60.00,1,2,1"
    assert lines[-1] == "10,3,10.25,100.00,30.00,60.00,1,1,1"
