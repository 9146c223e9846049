import sys
from dataclasses import replace

import numpy as np
import pytest

from siamlink.detectors.base.errors import ConfigError, DetectorError, DownloadError
from siamlink.detectors.detector import LoadedDetector
from siamlink.detectors.models.download import WEIGHTS
from siamlink.detectors.models.registry import available_detectors, load_detector

IMAGE = np.zeros((40, 60, 3), np.uint8)
CORNER = "def corner(image):\n    return [[0, 0, 10, 20, 0.5]]\n"


@pytest.fixture(autouse=True)
def _leave_no_trace(monkeypatch, tmp_path):
    """An empty current folder and an empty cache; afterwards the modules and search paths are those of before."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setenv("SIAMLINK_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def install(folder, name, entry):
    """A distribution with one entry point, as pip installs it."""
    info = folder / f"{name}-1.2.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(f"[siamlink.detectors]\n{entry}\n")


def test_built_in_names_load():
    for name in ("hog", "motion"):
        detector = load_detector(name)
        assert detector.name == name
        assert len(detector.detect(np.full((240, 320, 3), 90, np.uint8), 1)) == 0


def test_each_motion_detector_has_its_own_background():
    assert load_detector("motion")._function.__self__ is not load_detector("motion")._function.__self__


def test_a_function_of_a_file_anywhere(tmp_path):
    path = tmp_path / "far.py"
    path.write_text(CORNER)
    detector = load_detector(f"{path}:corner")
    assert detector.detect(IMAGE, 8).frame.tolist() == [8]
    assert detector.name == f"{path}:corner"


def test_a_file_may_import_its_neighbours_and_define_dataclasses(tmp_path):
    (tmp_path / "neighbour_of_far.py").write_text("SIDE = 30\n")
    (tmp_path / "far.py").write_text(
        "from dataclasses import dataclass\nfrom neighbour_of_far import SIDE\n\n"
        "@dataclass\nclass Finder:\n    side: int = SIDE\n\n"
        "    def detect(self, image):\n        return [[0, 0, self.side, self.side, 1]]\n"
    )
    before = list(sys.path)
    assert load_detector(f"{tmp_path / 'far.py'}:Finder").detect(IMAGE, 1).box.tolist() == [[0, 0, 30, 30]]
    assert sys.path == before


def test_a_module_of_the_current_folder(tmp_path):
    package = tmp_path / "here" / "streetwise"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "finders.py").write_text(
        f"class Box:\n    @staticmethod\n    {CORNER.replace('    return', '        return')}"
    )
    before = list(sys.path)
    assert load_detector("streetwise.finders:Box.corner").detect(IMAGE, 1).box.tolist() == [[0, 0, 10, 20]]
    assert sys.path == before


def test_an_object_has_the_name_of_its_class_and_a_function_its_own():
    def pavement(image):
        return []

    assert load_detector(pavement).name.endswith("pavement")
    detector = load_detector(LoadedDetector("mine", pavement))
    assert detector.name == "mine"
    assert load_detector(detector) is detector


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("hgo", "did you mean 'hog'?"),
        ("yolox-nan", "did you mean 'yolox-nano'?"),
        ("yolox_s", "did you mean 'yolox-s'?"),
        ("street.onnx", "did you mean 'onnx:street.onnx'?"),
        ("finder.py", "did you mean 'finder.py:ATTRIBUTE'?"),
        ("qqqqqqqq", "no detector 'qqqqqqqq' ("),
        ("no.such.module:x", "no module 'no'"),
        ("json.nothing:x", "no module 'json.nothing'"),
        ("nowhere/finder.py:x", "no file nowhere/finder.py"),
    ],
)
def test_an_unknown_detector_is_an_error_that_names_the_nearest(spec, expected):
    with pytest.raises(DetectorError) as caught:
        load_detector(spec)
    assert expected in str(caught.value)
    assert "'siamlink detectors' lists" in str(caught.value)


def test_a_missing_attribute_names_the_nearest(tmp_path):
    path = tmp_path / "far.py"
    path.write_text(CORNER)
    with pytest.raises(DetectorError, match=r"there is no 'conrer' in .*far\.py.*did you mean 'corner'\?"):
        load_detector(f"{path}:conrer")


def two_classes(image):
    return [[0, 0, 10, 20, 0.9, 2], [0, 0, 30, 30, 0.4, 7], [5, 5, 9, 9, 0.2, 2]]


def test_detectors_that_do_not_select_are_selected_from():
    assert load_detector(two_classes, classes=[2]).detect(IMAGE, 1).score.tolist() == pytest.approx([0.9, 0.2])
    assert load_detector(two_classes, confidence=0.3).detect(IMAGE, 1).label.tolist() == [2, 7]
    named = load_detector(two_classes, class_names={2: "car", 7: "truck"}, classes="Truck")
    assert named.detect(IMAGE, 1).label.tolist() == [7]
    assert dict(named.class_names) == {2: "car", 7: "truck"}
    assert named.description["classes"] == ["truck"]
    with pytest.raises(ConfigError, match=r"two_classes': its classes have no names, so 'car' is not known; give num"):
        load_detector(two_classes, classes="car").detect(IMAGE, 1)


def test_classes_that_are_reported_by_name_are_selected_by_name_or_number():
    def named(image):
        return {"boxes": [[0, 0, 10, 20], [0, 0, 30, 30]], "scores": [0.9, 0.4], "labels": ["car", "bus"]}

    assert load_detector(named, classes=["Bus", "lorry"]).detect(IMAGE, 1).score.tolist() == pytest.approx([0.4])
    assert load_detector(named, classes=[0]).detect(IMAGE, 1).score.tolist() == pytest.approx([0.9])


@pytest.mark.parametrize(
    ("spec", "options", "message"),
    [
        (two_classes, {"device": "cuda"}, "has no option device, which is one of detectors in ONNX files"),
        ("hog", {"image_size": 640}, "detector 'hog' has no option image_size"),
        ("motion", {"nms_iou": 0.4}, "has no option nms_iou, .*; --set overlap_limit"),
        ("motion", {"preprocessing": "rgb"}, "has no option preprocessing"),
        (
            "motion",
            {"classes": "person"},
            "detector 'motion' does not tell classes apart, so none can be selected: leave out --classes",
        ),
        ("hog", {"classes": ["car"]}, "detector 'hog': there is no class 'car'; known are person"),
        ("hog", {"klasses": ["car"]}, "detectors have no option 'klasses'; did you mean 'classes'"),
        (LoadedDetector("mine", two_classes), {"classes": 2}, "detector 'mine' is loaded already; give classes to"),
    ],
)
def test_options_that_a_detector_cannot_follow_are_refused(spec, options, message):
    with pytest.raises(ConfigError, match=message):
        load_detector(spec, **options)


def test_built_in_detectors_follow_what_they_can():
    assert load_detector("hog", classes="person", confidence=0.5).description == {
        "name": "hog",
        "classes": ["person"],
        "confidence": 0.5,
    }
    assert load_detector("motion", confidence=0.5).description["classes"] == "all"


def test_the_selection_is_part_of_the_fingerprint_and_of_replicas():
    class Finder:
        fingerprint = "one"

        def detect(self, image):
            return two_classes(image)

        def replicas(self, count):
            return [Finder(), Finder()]

    everything, selected = load_detector(Finder()), load_detector(Finder(), classes=[7])
    assert everything.fingerprint != selected.fingerprint
    assert [each.detect(IMAGE, 1).label.tolist() for each in selected.replicas()] == [[7], [7]]


def test_onnx_needs_a_file():
    with pytest.raises(DetectorError, match="expected onnx:FILE"):
        load_detector("onnx:")
    with pytest.raises(DetectorError, match=r"no file nothing\.onnx"):
        load_detector("onnx:nothing.onnx")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 / 0\n", "ZeroDivisionError: division by zero ("),
        ("import not_installed_anywhere\n", "No module named 'not_installed_anywhere'"),
        ("def corner(image:\n", "SyntaxError"),
        ("import sys\nsys.exit(3)\n", "SystemExit: 3"),
    ],
)
@pytest.mark.parametrize("as_file", [True, False])
def test_a_module_that_cannot_be_imported_is_one_line_with_the_file_and_the_cause(tmp_path, text, expected, as_file):
    (tmp_path / "here" / "faulty_finder.py").write_text(text)
    before = list(sys.path)
    with pytest.raises(DetectorError) as caught:
        load_detector("faulty_finder.py:corner" if as_file else "faulty_finder:corner")
    message = str(caught.value)
    assert "faulty_finder.py" in message
    assert expected in message
    assert "\n" not in message
    assert sys.path == before
    assert "siamlink_plugin_faulty_finder" not in sys.modules


def test_installed_plug_ins_load_by_name_and_are_listed(tmp_path, monkeypatch):
    site = tmp_path / "site"
    install(site, "acme-eyes", "acme = acme_eyes:corner")
    install(site, "dim-eyes", "dim = dim_eyes:missing")
    (site / "acme_eyes.py").write_text(CORNER)
    monkeypatch.syspath_prepend(str(site))

    assert load_detector("acme").detect(IMAGE, 1).box.tolist() == [[0, 0, 10, 20]]
    with pytest.raises(DetectorError, match=r"plug-in 'dim' \(dim_eyes:missing\) cannot be imported: ModuleNotFound"):
        load_detector("dim")
    with pytest.raises(DetectorError, match="did you mean 'acme'"):
        load_detector("acne")
    listed = {each.name: each for each in available_detectors()}
    assert listed["acme"].available
    assert listed["acme"].origin == "acme-eyes 1.2"
    assert (listed["acme"].ready, listed["dim"].ready) == ("yes", "no")
    assert not listed["dim"].available
    assert "dim_eyes" in listed["dim"].note


def test_the_list_marks_weights_that_are_missing():
    listed = {each.name: each for each in available_detectors()}
    assert list(listed)[:5] == ["hog", "motion", "yolox-nano", "yolox-tiny", "yolox-s"]
    assert listed["hog"].available
    assert not listed["yolox-nano"].available
    assert listed["yolox-nano"].ready == "on first use"
    assert listed["yolox-nano"].note == (
        "people; with --classes, any of the 80 classes of COCO; downloads 3.7 MB of weights"
    )


def test_weights_that_cannot_be_downloaded_are_an_error_that_names_an_alternative(monkeypatch, tmp_path):
    refused = replace(WEIGHTS["yolox-nano"], url="http://127.0.0.1:9/yolox_nano.onnx")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setitem(WEIGHTS, "yolox-nano", refused)
    with pytest.raises(DownloadError, match="--detector onnx:FILE") as caught:
        load_detector("yolox-nano")
    assert str(tmp_path / "cache" / "yolox_nano.onnx") in str(caught.value)
