"""The command `siamlink study retrieve`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from siamlink.association.training.identity_crops import read_crops
from siamlink.association.training.siamese_validation import split_identities
from siamlink.tools.studies.retrieval.evaluation import find_crops

Run = Callable[..., Any]
MODEL = """
import numpy as np

class Colour:
    def describe(self, image, box):
        return np.array([image.mean((0, 1)) - 128] * len(box))

class Blind(Colour):
    def describe(self, image, box):
        return np.ones((len(box), 2))

class Pairwise(Colour):
    feature_names = "similarity", "noise"
    def compare(self, earlier, later):
        return earlier[:, :2]

class Moving(Colour):
    needs_flow = True

class Broken(Colour):
    def describe(self, image, box):
        return np.full((len(box), 2), np.nan)
"""


@pytest.fixture
def looks(here: Path) -> None:
    (here / "model.py").write_text(MODEL)


def figures(folder: str = "out") -> Any:
    return json.loads(Path(folder, "retrieval.json").read_text())


def paint(folder: Path, name: str, grey: int) -> None:
    folder.mkdir(exist_ok=True)
    cv2.imwrite(str(folder / name), np.full((32, 16, 3), (grey, 255 - grey, 128), np.uint8))


@pytest.mark.usefixtures("looks")
def test_a_model_that_knows_the_colours_finds_them_and_a_blind_one_guesses(siamlink: Run, here: Path) -> None:
    for identity, grey in enumerate((20, 110, 200, 250)):
        for camera in (1, 2):
            paint(here / "painted", f"{identity}_c{camera}.png", grey + 2 * camera)
    specs = ("--appearance", "model.py:Colour", "--appearance", "model.py:Blind")
    done = siamlink("study", "retrieve", "painted", *specs, "-o", "out", "--json", "F")
    assert (done.code, done.err) == (0, "")
    rows = [line.split() for line in done.out.splitlines() if line.startswith("painted")]
    assert rows[0] == [
        "painted",
        "model.py:Colour",
        "4",
        "8",
        "8",
        "100.0",
        "100-100",
        "100.0",
        "100-100",
        "100.0",
        "100-100",
    ]
    assert [row[1] for row in rows] == ["model.py:Colour", "model.py:Blind"]
    found = figures()["folders"]["painted"]
    assert found["model.py:Colour"] == {
        "identities": 4,
        "images": 8,
        "queries": 8,
        "rank1": [1, 1, 1],
        "rank5": [1, 1, 1],
        "mean_precision": [1, 1, 1],
    }
    blind = found["model.py:Blind"]
    # all are equally similar, so the order is that of the files: places 1, 1, 3, 3, 5, 5, 7, 7 of seven
    assert blind["rank1"][0] == pytest.approx(1 / 4)
    assert blind["rank1"][1] < blind["rank1"][0] < blind["rank1"][2]
    assert Path("F").read_text() == Path("out/retrieval.json").read_text()
    assert Path("out/retrieval.png").read_bytes().startswith(b"\x89PNG")
    again = siamlink("study", "retrieve", "painted", *specs, "-o", "out")
    assert again.line == "siamlink: out/retrieval.json exists; --overwrite replaces it"


def test_the_held_out_identities_are_those_of_a_training(crops: Path) -> None:
    (folder,) = find_crops([crops], held_out=10)
    wanted = split_identities(read_crops(crops, lambda *_: None), count=10)[1]
    assert folder.identity_count == wanted.identity_count == 10
    assert len(folder.files) == len(wanted)
    first = cv2.imread(str(folder.files[0]))
    assert (
        np.abs(cv2.resize(first, (53, 121)).mean() - cv2.cvtColor(wanted.patches.image[0], cv2.COLOR_LUV2BGR).mean())
        < 3
    )
    (whole,) = find_crops([crops], held_out=0)
    assert whole.identity_count == 40


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("missing",), "missing is not a folder"),
        (("empty",), "holds no annotated sequence with frames and no crops named IDENTITY_....jpg"),
        (("crops", "crops/../other/crops"), "have one name; rename one"),
        (("few", "--held-out", "2"), "shows only 3 identities, too few to hold some out; 4 are needed"),
        (("crops", "--appearance", "model.py:Pairwise"), "only compares pairs; measure it with 'siamlink study match'"),
        (("crops", "--appearance", "model.py:Moving"), "uses optical flow, which crops do not have"),
        (("crops", "--appearance", "model.py:Broken"), "gives values that are not finite"),
        (("broken", "--appearance", "model.py:Blind"), "2_c1.png is not an image"),
    ],
)
@pytest.mark.usefixtures("looks", "crops")
def test_what_cannot_be_measured_is_one_line(
    arguments: tuple[str, ...], message: str, siamlink: Run, here: Path
) -> None:
    (here / "empty").mkdir()
    (here / "other").mkdir()
    for folder in ("few", "broken", "other/crops"):
        for identity in range(3):
            paint(here / folder, f"{identity}_c1.png", 80 * identity)
    (here / "broken" / "2_c1.png").write_text("no image")
    done = siamlink("study", "retrieve", *arguments, "-o", "out")
    assert done.code == 2
    assert message in done.line
