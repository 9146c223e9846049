import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siamlink.detectors.base.errors import ConfigError, DetectorError
from siamlink.detectors.conversion import to_detections
from siamlink.detectors.detections import Detections
from siamlink.detectors.detector import TIME_LIMIT, LoadedDetector

IMAGE = np.zeros((40, 60, 3), np.uint8)
ROW = [1.0, 2.0, 11.0, 22.0, 0.75]


class Tensor:
    """Like a PyTorch tensor on a GPU: not an array before `detach().cpu()`."""

    def __init__(self, values):
        self.values = values

    def detach(self):
        return self

    def cpu(self):
        return np.array(self.values)


def loaded(result):
    return LoadedDetector("mine", lambda image: result)


@pytest.mark.parametrize(
    ("result", "label"),
    [
        (Detections.from_boxes(1, [ROW[:4]], [0.75], [3]), 3),
        ([ROW], 0),
        (np.array([[*ROW, 2]], np.float32), 2),
        (np.array([[1, 2, 11, 22, 0.75]], np.float16), 0),
        (Tensor([[*ROW, 5]]), 5),
        (SimpleNamespace(xyxy=np.array([ROW[:4]]), confidence=np.array([0.75]), class_id=np.array([7])), 7),
        (SimpleNamespace(xyxy=Tensor([ROW[:4]]), confidence=Tensor([0.75]), class_id=None), 0),
    ],
    ids=["ours", "list", "six-columns", "float16", "tensor", "supervision", "supervision-without-class"],
)
def test_every_kind_of_return_becomes_detections_of_the_frame(result, label):
    found = loaded(result).detect(IMAGE, 12)
    assert found.frame.tolist() == [12]
    assert found.box.tolist() == [[1, 2, 11, 22]]
    assert found.score.tolist() == [0.75]
    assert found.label.tolist() == [label]


def test_supervision_without_confidence_has_score_one():
    result = SimpleNamespace(xyxy=np.array([ROW[:4]]), confidence=None, class_id=None)
    assert loaded(result).detect(IMAGE, 1).score.tolist() == [1]


@pytest.mark.parametrize(
    "result",
    [
        [],
        np.zeros(0),
        np.zeros((0, 4)),
        np.zeros((0, 5)),
        np.zeros((0, 6)),
        Detections.empty(),
        SimpleNamespace(xyxy=np.zeros((0, 4)), confidence=np.zeros(0), class_id=np.zeros(0)),
        SimpleNamespace(xyxy=np.zeros((0, 4)), confidence=None, class_id=None),
    ],
)
def test_nothing_found_is_no_detections(result):
    assert len(loaded(result).detect(IMAGE, 3)) == 0


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (None, "None"),
        ("a person", "a str"),
        ({"boxes": [ROW]}, "a dict"),
        (np.ones((3, 7)), "(3, 7)"),
        (np.ones((2, 4)), "(2, 4)"),
        (np.array(ROW), "(5,)"),
        ([["1", "2", "11", "22", "1"]], "numbers"),
        ([ROW, ROW[:4]], "not an array"),
        ([[1, 2, 11, 22, 0.5, 1j]], "numbers"),
        ([[1, 2, np.nan, 22, 0.5]], "not finite"),
        ([[1, 2, 1e300, 22, 0.5]], "not finite"),
        ([[1, 2, 11, 22, np.inf]], "score that is not finite"),
        ([[11, 2, 1, 22, 0.5]], "without area"),
        ([[1, 2, 1, 22, 0.5]], "without area"),
        ([[*ROW, 1.5]], "label 1.5"),
        ([[*ROW, 70000]], "label 70000"),
        ([[*ROW, np.nan]], "label nan"),
        (Detections(frame=[1, 2], box=[ROW[:4]] * 2, score=[1, 1], label=[0, 0]), "several frames"),
        (SimpleNamespace(xyxy=np.array([ROW[:4]]), confidence=np.array([1, 1]), class_id=None), "(2,)"),
        (SimpleNamespace(xyxy=np.array(ROW[:4]), confidence=np.array([1]), class_id=None), "(4,)"),
    ],
)
def test_a_wrong_return_names_the_detector_the_return_and_what_is_expected(result, expected):
    with pytest.raises(DetectorError) as caught:
        loaded(result).detect(IMAGE, 9)
    message = str(caught.value)
    assert "'mine'" in message
    assert "frame 9" in message
    assert expected in message
    assert "x1 y1 x2 y2 score [label]" in message
    assert "\n" not in message


def test_an_exception_of_the_detector_is_named_with_file_and_line():
    def broken(image):
        raise ValueError("no\nweights")

    with pytest.raises(
        DetectorError, match=r"'mine' failed in frame 4: ValueError: no weights \(.*, line \d+\)"
    ) as caught:
        LoadedDetector("mine", broken).detect(IMAGE, 4)
    assert isinstance(caught.value.__cause__, ValueError)
    assert "test_detector.py" in str(caught.value)


def test_a_detector_without_an_image_argument_is_named_without_a_line_of_siamlink():
    with pytest.raises(DetectorError, match=r"TypeError: .* takes no arguments") as caught:
        LoadedDetector("mine", time.monotonic).detect(IMAGE, 1)
    assert "detector.py, line" not in str(caught.value)


def test_a_detector_over_its_time_limit_is_not_called_again(monkeypatch):
    monkeypatch.setenv(TIME_LIMIT, "0.02")
    released = threading.Event()
    detector = LoadedDetector("mine", lambda image: released.wait())
    expected = "detector 'mine' took longer than 0.02 s for frame 4; set SIAMLINK_DETECTOR_SECONDS"
    for _ in range(2):
        with pytest.raises(DetectorError) as caught:
            detector.detect(IMAGE, 4)
        assert str(caught.value).startswith(expected)
    released.set()


@pytest.mark.parametrize("seconds", ["0", "", "60", "1e9"])
def test_a_detector_within_its_time_limit_is_used(monkeypatch, seconds):
    monkeypatch.setenv(TIME_LIMIT, seconds)
    assert loaded([ROW]).detect(IMAGE, 1).score.tolist() == [0.75]


@pytest.mark.parametrize("seconds", ["long", "-1", "nan", "inf", "1e300"])
def test_a_time_limit_that_is_not_a_number_of_seconds_is_an_error(monkeypatch, seconds):
    monkeypatch.setenv(TIME_LIMIT, seconds)
    with pytest.raises(ConfigError, match=f"^SIAMLINK_DETECTOR_SECONDS must be a number of seconds.*'{seconds}'"):
        loaded([])


def test_a_timeout_error_of_the_detector_is_reported_as_its_failure():
    def unheard(image):
        raise TimeoutError("the camera server is silent")

    with pytest.raises(DetectorError, match=r"failed in frame 4: TimeoutError: the camera server is silent \(.*test_"):
        LoadedDetector("mine", unheard).detect(IMAGE, 4)


def test_a_detector_is_made_in_the_thread_that_calls_it():
    class Local:
        def __init__(self):
            self.thread = threading.get_ident()

        def detect(self, image):
            return [ROW] if threading.get_ident() == self.thread else []

    assert len(LoadedDetector("mine", Local).detect(IMAGE, 1)) == 1


def test_a_detector_error_passes_unchanged():
    def broken(image):
        raise DetectorError("the lamp is off")

    with pytest.raises(DetectorError, match=r"^the lamp is off$"):
        LoadedDetector("mine", broken).detect(IMAGE, 1)


class WithMethod:
    def detect(self, image):
        return [[0, 0, image.shape[1], image.shape[0], 0.5]]


class WithCall:
    def __call__(self, image):
        return WithMethod().detect(image)


@pytest.mark.parametrize("detector", [WithMethod, WithMethod(), WithCall, WithCall(), WithMethod().detect])
def test_objects_functions_and_classes_are_detectors(detector):
    assert LoadedDetector("mine", detector).detect(IMAGE, 2).box.tolist() == [[0, 0, 60, 40]]


def test_a_class_that_needs_arguments_is_an_error():
    class Wanting:
        def __init__(self, path):
            self.path = path

    with pytest.raises(DetectorError, match=r"'mine' cannot be made without arguments: TypeError.*; make the object"):
        LoadedDetector("mine", Wanting)


def test_an_object_without_detect_is_an_error():
    with pytest.raises(DetectorError, match="'mine' is of type int; expected an object with a method detect"):
        LoadedDetector("mine", 3)


@given(
    st.lists(
        st.tuples(
            *[st.floats(-1e4, 1e4, width=32)] * 2,
            *[st.floats(1, 1e3, width=32)] * 2,
            st.floats(-10, 10, width=32),
            st.integers(-5, 90),
        ),
        max_size=8,
    )
)
def test_rows_keep_their_order_and_values(rows):
    table = np.array(rows).reshape(-1, 6)
    table[:, 2:4] += table[:, :2]
    found = to_detections(table, 5)
    np.testing.assert_array_equal(found.box, table[:, :4].astype(np.float32))
    np.testing.assert_array_equal(found.score, table[:, 4].astype(np.float32))
    np.testing.assert_array_equal(found.label, table[:, 5])
    assert (found.frame == 5).all()


class Replicating:
    """Detects one box, as far to the right as the image is bright; all replicas must run at the same time."""

    def __init__(self, barrier=None):
        self.barrier = barrier

    def replicas(self, count):
        return [Replicating(threading.Barrier(count, timeout=20))] * count

    def detect(self, image):
        if self.barrier:
            self.barrier.wait()  # ends only if all replicas run
        x = float(image[0, 0, 0])
        return np.array([[x, 0, x + 10, 20, 0.9]])


def test_replicas_run_at_the_same_time_with_the_same_results(monkeypatch):
    monkeypatch.setattr("siamlink.detectors.detector.core_count", lambda: 3)
    alone = LoadedDetector("replicating", Replicating())
    replicas = alone.replicas()
    assert [each.name for each in replicas] == ["replicating"] * 3
    images = [np.full((4, 4, 3), 10 * k, np.uint8) for k in range(3)]
    waits = [each.begin(image, 7) for each, image in zip(replicas, images, strict=True)]
    for wait, image in zip(waits, images, strict=True):
        np.testing.assert_array_equal(wait().box, alone.detect(image, 7).box)


def test_a_detector_without_replicas_runs_alone():
    detector = LoadedDetector("plain", lambda image: [])
    assert detector.replicas() == [detector]
    odd = LoadedDetector("odd", SimpleNamespace(detect=lambda image: [], replicas=3))
    assert odd.replicas() == [odd]


@pytest.mark.parametrize(
    ("replicas", "message"),
    [
        (lambda count: [], "returned no detectors from replicas"),
        (lambda count: 1 / 0, "failed in replicas.*ZeroDivisionError"),
        (list, r"failed in replicas.*TypeError"),
        (lambda count: None, "failed in replicas.*TypeError"),
        (lambda count: ["no detector"], "expected an object with a method detect"),
    ],
)
def test_replicas_that_are_not_detectors_are_an_error(replicas, message):
    detector = LoadedDetector("mine", SimpleNamespace(detect=lambda image: [], replicas=replicas))
    with pytest.raises(DetectorError, match=f"detector 'mine' .*{message}"):
        detector.replicas()


def test_the_former_name_of_replicas_is_accepted_with_a_warning():
    former = SimpleNamespace(detect=lambda image: [], several=lambda count: [WithMethod()] * count)
    with pytest.warns(FutureWarning, match=r"'several\(count\)' is now called 'replicas\(count\)'"):
        replicas = LoadedDetector("mine", former).replicas()
    assert len(replicas) >= 1
    assert replicas[0].detect(IMAGE, 3).frame.tolist() == [3]
    former.several = lambda count: []
    with pytest.warns(FutureWarning), pytest.raises(DetectorError, match=r"no detectors from several\(count\)"):
        LoadedDetector("mine", former).replicas()
