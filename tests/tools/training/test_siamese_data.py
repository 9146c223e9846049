"""Training and validation data of the network."""

from collections.abc import Callable
from pathlib import Path

import pytest

from siamlink.association.training.siamese_parameters import SiameseTrainingParameters
from siamlink.detectors.base.errors import ConfigError
from siamlink.tools.training.siamese_data import VALIDATION_SHARE, read_training_data

PARAMETERS = SiameseTrainingParameters()


def silent(*_: object) -> None:
    """Report nothing."""


def test_a_share_of_the_identities_of_crops_is_for_validation(crops: Path) -> None:
    data = read_training_data([crops], [], [], PARAMETERS, silent)
    (training,) = data.crops
    assert training.identity_count == 40 - round(40 * VALIDATION_SHARE)
    assert len(training) == 4 * training.identity_count
    assert data.held_out == []


def test_identities_that_are_held_out_are_neither_learned_nor_validated(crops: Path) -> None:
    parameters = SiameseTrainingParameters(held_out=10)
    data = read_training_data([crops], [], [], parameters, silent)
    (training,), (held_out,) = data.crops, data.held_out
    assert held_out.identity_count == 10
    assert training.identity_count == 30 - round(30 * VALIDATION_SHARE)
    validated = data.validation._parts[0].crops
    shown = [{image.tobytes() for image in part.patches.image} for part in (training, held_out, validated)]
    assert not shown[0] & shown[1]
    assert not shown[1] & shown[2]
    assert not shown[0] & shown[2]


def test_a_video_has_no_identities_to_hold_out(crops: Path, sequence: Callable[..., Path]) -> None:
    walk = sequence("walk", frames="images")
    data = read_training_data([crops, walk], [], ["walk"], SiameseTrainingParameters(held_out=10), silent)
    assert [part.name for part in data.held_out] == ["crops"]
    assert [part.identity_count for part in data.crops] == [30]


def test_a_named_sequence_is_for_validation_only(crops: Path, sequence: Callable[..., Path]) -> None:
    walk = sequence("walk", frames="images")
    training = read_training_data([crops, walk], [], ["walk"], PARAMETERS, silent).crops
    assert [part.name for part in training] == ["crops"]
    assert training[0].identity_count == 40


@pytest.mark.parametrize(
    ("exclude", "message"), [(["run"], "no annotated sequence 'run'"), (["walk"], "nothing is left")]
)
def test_wrong_names_and_empty_data_are_errors(exclude: list[str], message: str, sequence: Callable[..., Path]) -> None:
    with pytest.raises(ConfigError, match=message):
        read_training_data([sequence("walk", frames="images")], exclude, [], PARAMETERS, silent)
