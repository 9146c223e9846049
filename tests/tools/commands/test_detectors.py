import subprocess
import sys

from siamlink.tools.commands.detectors import detectors


def test_the_table_lists_what_is_ready_and_why_something_is_not(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("SIAMLINK_CACHE", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "160")
    detectors()
    lines = capsys.readouterr().out.splitlines()
    (nano,) = [line for line in lines if "yolox-nano" in line]
    assert nano.split("  ", 1)[1].split("  ")[0].strip() == "on first use"
    assert "people; with --classes, any of the 80 classes of COCO; downloads 3.7 MB of weights" in nano
    (motion,) = [line for line in lines if "motion" in line]
    assert "yes" in motion
    assert "built-in" in motion
    assert "onnx:FILE" in lines[-1]


def test_the_command_is_imported_without_heavy_libraries():
    code = (
        "import sys, siamlink.tools.commands.detectors; print({'cv2', 'onnxruntime', 'numpy', 'rich'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
