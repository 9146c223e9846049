"""Fixtures that all tests share."""

import importlib.util
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from siamlink.association.matcher import Matcher
    from siamlink.association.training.link_training import LinkExample
    from siamlink.tools.evaluation import Scores
    from siamlink.tracker.tracks import Tracks

os.environ.setdefault("OMP_NUM_THREADS", "1")  # XGBoost's threads wait for one another on batches as small as in tests

settings.register_profile("siamlink", deadline=None)  # how long an example takes says how busy the machine is
settings.register_profile("quick", deadline=None, max_examples=20)
settings.register_profile("ci", deadline=None, derandomize=True, database=None)  # the same examples in every run
settings.load_profile("ci" if os.environ.get("CI") else "siamlink")


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c() -> None:
    """Ctrl-C works, also where the tests run in the background and were told to ignore it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _shipped_models_are_read_once() -> Iterator[None]:
    """The models in the package do not change; reading them was half of what a test of a command did."""
    from siamlink.association import matcher
    from siamlink.association.appearance.siamese.inference import Siamese
    from siamlink.association.tracklets import matcher as tracklets

    shipped, kept = Path(matcher.__file__).resolve().parent, dict[tuple[object, ...], Any]()

    def once(load: Callable[..., Any]) -> Callable[..., Any]:
        def loaded(path: Path, *arguments: Any) -> Any:
            if not path.resolve().is_relative_to(shipped):
                return load(path, *arguments)
            key = (load, path, *arguments[:1])
            if key not in kept:
                kept[key] = load(path, *arguments)
            return kept[key]

        return loaded

    with pytest.MonkeyPatch.context() as patch:
        for module in (matcher, tracklets):
            patch.setattr(module, "load_booster", once(module.load_booster))
        patch.setattr(Siamese, "load", once(Siamese.load))
        yield


@pytest.fixture(scope="session", autouse=True)
def _the_program_is_built_once() -> Iterator[None]:
    """Typer makes all commands anew whenever one is run."""
    import typer.testing

    from siamlink.tools.cli import app

    build = typer.testing._get_command
    program = build(app)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.testing, "_get_command", lambda given: program if given is app else build(given))
        yield


@pytest.fixture(scope="session", autouse=True)
def _by_numpy() -> Iterator[None]:
    """Which test uses compiled loops, and whether it waits for them, does not depend on those before it."""
    from siamlink.detectors.base import machine_code
    from siamlink.tracker.runs import run

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(machine_code, "LOADING_SECONDS", float("inf"))
        patch.setattr(run, "Foresight", lambda live: machine_code.Foresight())
        yield


@pytest.fixture(scope="module")
def compiled_at_once() -> Iterator[None]:
    """Loops are compiled for any work, however small."""
    from siamlink.detectors.base import machine_code

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(machine_code, "LOADING_SECONDS", 0.0)
        yield


class StillClock:
    """Time that passes only where somebody sleeps; `on_sleep` is called then."""

    def __init__(self) -> None:
        self.now = 0.0
        self.on_sleep: Callable[[], None] = lambda: None

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.on_sleep()


@pytest.fixture
def still_clock(monkeypatch: pytest.MonkeyPatch) -> StillClock:
    """The clock that live sources look at: nobody waits in earnest for one that is away."""
    from siamlink.detectors.sources import frame_clock as live_clock
    from siamlink.detectors.sources import reconnecting as live_source

    clock = StillClock()
    for module in (live_clock, live_source):
        monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.fixture(scope="session")
def network_camera() -> Any:
    """The class `NetworkCamera`."""
    path = Path(__file__).parent / "soak" / "network_camera.py"
    spec = importlib.util.spec_from_file_location("network_camera", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.NetworkCamera


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real MOT sequences; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("SIAMLINK_DATA") or Path(__file__).parents[2] / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no real sequences at {folder}; set SIAMLINK_DATA to a folder of MOT sequences")
    return folder


@pytest.fixture(scope="session")
def models(data: Path) -> Path:
    """The folder of real ONNX detectors beside the sequences."""
    folder = data.parent / "models"
    if not folder.is_dir():
        pytest.skip(f"no ONNX detectors at {folder}")
    return folder


@pytest.fixture(scope="session")
def examples() -> "list[LinkExample]":
    """Two synthetic streets to learn from, one seen well and one badly; of other seeds than the scenes to track."""
    from siamlink.association.pairs.candidates import GateParameters
    from siamlink.association.training.ground_truth import GroundTruth
    from siamlink.association.training.link_training import make_link_example
    from siamlink.tools.synthetic.street import street

    made = []
    for seed, miss_rate in ((100, 0.1), (101, 0.5)):
        scene = street(frame_count=150, seed=seed)
        boxes = scene.truth()
        truth = GroundTruth(boxes, boxes.track_id.astype(np.int64))
        made.append(make_link_example(scene.detections(miss_rate), truth, scene.frame_rate, GateParameters()))
    return made


@pytest.fixture(scope="session")
def matcher(examples: "list[LinkExample]") -> "Matcher":
    """A matcher trained within a few seconds on the synthetic streets."""
    from siamlink.association.training.link_training import TrainingParameters, train_matcher

    parameters = TrainingParameters(
        link_rounds=60, detection_rounds=40, learning_rate=0.1, column_share=0.8, min_leaf_weight=1
    )
    return train_matcher(examples, parameters)


@pytest.fixture(scope="session")
def score() -> "Callable[[Tracks, Tracks], Scores]":
    """Scores of tracks against the truth of a synthetic scene, by the rules of MOT15."""
    from siamlink.tools.evaluation.ground_truth import pair_up
    from siamlink.tools.evaluation.metrics import Scores, measure

    def rows(tracks: "Tracks") -> np.ndarray:
        size = tracks.box[:, 2:] - tracks.box[:, :2]
        return np.column_stack([tracks.frame, tracks.track_id, tracks.box[:, :2], size, np.ones(len(tracks))])

    def measured(truth: "Tracks", tracks: "Tracks") -> Scores:
        return Scores.from_counts(measure(pair_up("scene", rows(truth), rows(tracks), "mot15")))

    return measured
