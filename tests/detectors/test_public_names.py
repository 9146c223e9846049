"""What `siamlink.detectors` exports."""

import pydoc
import subprocess
import sys

import pytest

import siamlink.detectors


def test_dir_and_help_show_the_public_names_and_no_others():
    assert dir(siamlink.detectors) == sorted(siamlink.detectors.__all__)
    text = pydoc.plain(pydoc.render_doc(siamlink.detectors))
    for name in siamlink.detectors.__all__:
        assert f"class {name}" in text or f"    {name}(" in text
    assert "import_module" not in text
    assert "TYPE_CHECKING" not in text


@pytest.mark.parametrize("name", siamlink.detectors.__all__)
def test_every_public_name_can_be_imported_and_has_a_docstring(name):
    public = getattr(siamlink.detectors, name)
    assert public.__name__ == name
    assert len(public.__doc__) > 20
    assert not public.__doc__.startswith(f"{name}(")


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"module 'siamlink\.detectors' has no attribute 'Detektor'"):
        _ = siamlink.detectors.Detektor


def test_the_package_imports_no_other_package():
    code = "import sys; before = set(sys.modules); import siamlink.detectors; print(*set(sys.modules) - before)"
    added = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "siamlink.detectors" in added
    assert {name.partition(".")[0] for name in added}.isdisjoint(
        {"numpy", "cv2", "av", "pydantic", "onnxruntime", "PIL"}
    )


def test_a_detector_of_a_plug_in_author_runs_through_the_public_names_alone(tmp_path):
    (tmp_path / "finder.py").write_text(
        "from siamlink.detectors import Detections\n\n"
        "def whole_image(image):\n"
        "    height, width = image.shape[:2]\n"
        "    return Detections.from_boxes(1, [[0, 0, width, height]], [0.5])\n"
    )
    frames = tmp_path / "frames"
    frames.mkdir()
    from PIL import Image

    Image.new("RGB", (32, 16)).save(frames / "1.png")
    detector = siamlink.detectors.load_detector(f"{tmp_path}/finder.py:whole_image")
    (frame,) = siamlink.detectors.open_source(frames)
    assert isinstance(frame, siamlink.detectors.Frame)
    assert detector.detect(frame.image, frame.number).box.tolist() == [[0, 0, 32, 16]]
