import json
from collections.abc import Callable
from pathlib import Path

import cv2
import pytest

from siamlink.association.appearance.siamese.inference import Siamese

QUICK = ["network.size=compact", "sampling.identities=3", "sampling.patches=2", "steps=4", "check_every=2"]
SETTINGS = [part for setting in QUICK for part in ("--set", setting)]


@pytest.mark.slow
def test_training_writes_weights_log_and_picture(siamlink: Callable, sequence: Callable, crops: Path) -> None:
    sequence("walk", frames="images")
    done = siamlink("train", "siamese", "sequences", crops, "-o", "model", *SETTINGS)
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[0] == "trained on walk, crops; weights in model"
    shown = {
        line.split()[0]: line.split()[2:] for line in done.out.splitlines() if line.startswith(("shipped ", "new "))
    }
    assert list(shown) == ["shipped", "new"]
    assert all(0 <= float(figure) <= 1 for figures in shown.values() for figure in figures)
    assert sorted(path.name for path in Path("model").iterdir()) == ["run.csv", "run.png", "siamese.safetensors"]
    assert Siamese.load(Path("model/siamese.safetensors")).feature_names == ("similarity",)
    assert [line.split(",")[0] for line in Path("model/run.csv").read_text().splitlines()] == ["step", "2", "4"]
    assert cv2.imread("model/run.png").std() > 5


@pytest.mark.slow
def test_a_video_can_be_for_validation_only(siamlink: Callable, sequence: Callable, crops: Path) -> None:
    sequence("walk", frames="images")
    done = siamlink("train", "siamese", "sequences", crops, "-o", "model", "--validate", "walk", *SETTINGS)
    assert done.out.splitlines()[0] == "trained on crops; weights in model"


@pytest.mark.slow
def test_earlier_weights_are_replaced_only_with_overwrite(siamlink: Callable, crops: Path) -> None:
    command = ("train", "siamese", crops, "-o", "model", *SETTINGS)
    siamlink(*command)
    weights = Path("model/siamese.safetensors")
    weights.write_bytes(b"mine")
    again = siamlink(*command)
    assert again.code == 2
    assert again.line.endswith("siamese.safetensors exists; --overwrite replaces it")
    assert weights.read_bytes() == b"mine"
    assert siamlink(*command, "--overwrite").code == 0
    assert weights.read_bytes() != b"mine"


FAULTS = [
    (["--exclude", "run"], "there is no annotated sequence 'run' with frames; there are: walk"),
    (["--exclude", "walk"], "nothing is left to learn from"),
    (["--set", "steps=many"], "--set steps=many: steps: expected a whole number, got 'many'"),
    (["--set", "stps=3"], "--set stps=3: unknown key 'stps'; did you mean 'steps'?"),
    (["--set", "loss=foo"], "there is no loss 'foo'; the losses are softmax, zagoruyko, "),
    (["--set", "network.sise=paper"], "unknown key 'network.sise'; did you mean 'network.size'?"),
    (["--set", "loss=hadsel"], "there is no loss 'hadsel'; did you mean 'hadsell'?"),
    (["--set", "loss=softmax"], "the topology cost-function needs a loss of descriptors, not softmax"),
    (["--start", "none.safetensors"], "no weights at none.safetensors"),
    ([], "walk shows only 2 identities, too few to set some aside for validation; name a video with --validate"),
]


@pytest.mark.parametrize(("options", "line"), FAULTS)
def test_what_cannot_be_used_is_one_line(options: list[str], line: str, siamlink: Callable, sequence: Callable) -> None:
    sequence("walk", frames="images")
    done = siamlink("train", "siamese", "sequences", "-o", "model", *options)
    assert done.code == 2
    assert line in done.line


def test_one_person_teaches_nothing(siamlink: Callable, crops: Path) -> None:
    for path in crops.glob("*.png"):
        if not path.name.startswith("000"):
            path.unlink()
    done = siamlink("train", "siamese", crops, "-o", "model")
    assert (done.code, done.line) == (
        2,
        f"siamlink: {crops} shows only one identity (000); nothing can be learned from it",
    )


@pytest.mark.slow
def test_all_trains_a_folder_that_tracks_by_its_own_network(siamlink: Callable, painted_streets: Path) -> None:
    done = siamlink("train", "all", painted_streets, "-o", "model", *SETTINGS)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == "trained on east, west; weights in model"
    assert "trained on east, west; model in model" in lines
    assert lines[-1].startswith("not tested on other videos: the network has learned from all of them")
    assert {"siamese.safetensors", "tracklet_link.json", "context.json"} <= {
        each.name for each in Path("model").iterdir()
    }
    tracked = siamlink("track", painted_streets / "east", "-o", "out", "--no-video", "--set", "model=model")
    assert tracked.code == 0  # four steps of training: whether it tells the objects apart is not sure
    record = json.loads(Path("out/east.json").read_text())["appearance"]
    assert record["name"] == "siamese:model/siamese.safetensors"
    assert record["described"] > 0
