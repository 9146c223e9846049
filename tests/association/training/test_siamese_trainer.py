import copy
import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from siamlink.association.appearance.siamese.architecture import NetworkParameters
from siamlink.association.appearance.siamese.checkpoint import read_checkpoint, save_siamese
from siamlink.association.appearance.siamese.inference import Siamese
from siamlink.association.appearance.siamese.losses.registry import LOSS_NAMES, make_loss
from siamlink.association.training.batch_loss import batch_loss
from siamlink.association.training.batch_sampler import Batch, SamplingParameters
from siamlink.association.training.identity_crops import IdentityCrops
from siamlink.association.training.siamese_parameters import SiameseTrainingParameters
from siamlink.association.training.siamese_trainer import CHECKPOINT, RUN_LOG, SiameseTrainer
from siamlink.association.training.siamese_validation import Validation
from siamlink.detectors.base.errors import ConfigError, ModelError

Paint = Callable[..., IdentityCrops]


def settings(**changes: object) -> SiameseTrainingParameters:
    values = {
        "network": NetworkParameters(size="compact"),
        "sampling": SamplingParameters(identities=4, patches=2),
        "steps": 4,
        "check_every": 2,
        "precision": "float32",
        **changes,
    }
    return SiameseTrainingParameters(**values)


def silent(*_: object) -> None:
    """Report nothing."""


def trainer(paint: Paint, folder: Path, **changes: object) -> SiameseTrainer:
    crop_sets = [paint(), paint(seed=1, video=True, false_detections=4)]
    return SiameseTrainer(crop_sets, Validation([paint(seed=2)], pairs=60), settings(**changes), folder)


@pytest.mark.parametrize("loss", [name for name in LOSS_NAMES if make_loss(name, 4, 4).kind != "logit"])
def test_every_loss_trains_an_embedding(loss: str, paint_crops: Paint, tmp_path: Path) -> None:
    siamese = trainer(paint_crops, tmp_path, loss=loss, steps=1).run(silent)
    assert siamese.feature_names == ("similarity",)
    with (tmp_path / RUN_LOG).open() as file:
        (row,) = csv.DictReader(file)
    assert np.isfinite([float(value) for value in row.values()]).all()
    assert set(row) == {"step", "loss", "seconds", "fpr95", "ap"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("topology", "loss"),
    [("joint", "softmax"), ("in-network", "softmax"), ("two-stream", "zagoruyko"), ("pseudo-siamese", "leal-taixe")],
)
def test_every_topology_trains(topology: str, loss: str, paint_crops: Paint, tmp_path: Path) -> None:
    network = NetworkParameters(topology=topology, size="compact")
    start = trainer(paint_crops, tmp_path / "none", network=network, loss=loss)
    before = {name: value.clone() for name, value in start.state.network.state_dict().items()}
    tmp_path.joinpath("none").mkdir()
    start.run(silent)
    assert all(not torch.equal(value, before[name]) for name, value in start.state.network.state_dict().items())


def test_training_learns_to_separate_painted_identities(paint_crops: Paint, tmp_path: Path) -> None:
    validation = Validation([paint_crops(identities=12, seed=2, light=60)], pairs=200)
    parameters = settings(steps=60, check_every=30, learning_rate=3e-3)
    made = SiameseTrainer([paint_crops(identities=20, light=60)], validation, parameters, tmp_path)
    untrained = made.validation.scores(trained_now(made, tmp_path))
    made.run(silent)
    first, last = made.state.log
    assert last["loss"] < first["loss"]
    assert made.state.best < 0.7 * untrained["fpr95"]


def trained_now(made: SiameseTrainer, folder: Path) -> Siamese:
    path = folder / "untrained.safetensors"
    save_siamese(path, made.state.network, made.state.loss, made.parameters.description)
    return Siamese.load(path)


@pytest.mark.slow
@pytest.mark.parametrize("size", ["compact", "residual", "ibn"])
def test_a_stopped_training_resumes_to_the_same_weights(size: str, paint_crops: Paint, tmp_path: Path) -> None:
    network = NetworkParameters(size=size, dropout=0.2)
    for name in ("whole", "parts"):
        (tmp_path / name).mkdir()
    whole = trainer(paint_crops, tmp_path / "whole", network=network)
    whole.run(silent)

    def stop(_: str, step: int, __: int | None) -> None:
        if step == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trainer(paint_crops, tmp_path / "parts", network=network).run(stop)
    resumed = trainer(paint_crops, tmp_path / "parts", network=network)
    assert resumed.state.step == 2
    resumed.run(silent)
    for one, other in ((resumed.state.network, whole.state.network), (resumed.state.average, whole.state.average)):
        ended = other.state_dict()
        assert all(torch.equal(value, ended[name]) for name, value in one.state_dict().items())
    assert [row["loss"] for row in resumed.state.log] == [row["loss"] for row in whole.state.log]


def test_the_moving_average_of_the_weights_is_stored(paint_crops: Paint, tmp_path: Path) -> None:
    made = trainer(paint_crops, tmp_path, steps=2, check_every=1)
    states = [copy.deepcopy(made.state.average.state_dict())]
    name = "branches.0.0.0.weight"

    def remember(_: str, step: int, __: int | None) -> None:
        if step:
            states.append(copy.deepcopy(made.state.network.state_dict()))

    made.run(remember)
    decays, mean = (1 / 10, 2 / 11), states[0][name]  # of the first steps, far below 0.999
    for decay, state in zip(decays, states[1:], strict=True):
        mean = decay * mean + (1 - decay) * state[name]
    average = made.state.average.state_dict()
    assert torch.allclose(average[name], mean, atol=1e-6)
    assert not torch.equal(average[name], made.state.network.state_dict()[name])
    tensors, _ = read_checkpoint(tmp_path / CHECKPOINT)
    assert torch.equal(tensors[f"average.{name}"], average[name])


def test_an_average_of_the_last_step_is_the_network(paint_crops: Paint, tmp_path: Path) -> None:
    made = trainer(paint_crops, tmp_path, steps=2, average=0)
    made.run(silent)
    average = made.state.average.state_dict()
    for name, value in made.state.network.state_dict().items():
        assert not value.is_floating_point() or torch.equal(average[name], value)


def test_the_first_steps_may_see_small_patches(
    paint_crops: Paint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes = []

    def watch(network: nn.Module, loss: nn.Module, batch: Batch, inputs: torch.Tensor, *rest: object) -> torch.Tensor:
        shapes.append(tuple(inputs.shape[2:]))
        return batch_loss(network, loss, batch, inputs, *rest)

    monkeypatch.setattr("siamlink.association.training.siamese_trainer.batch_loss", watch)
    trainer(paint_crops, tmp_path, network=NetworkParameters(), small_share=0.5).run(silent)
    assert shapes == [(81, 35)] * 2 + [(121, 53)] * 2


def test_training_stops_when_validation_no_longer_improves(paint_crops: Paint, tmp_path: Path) -> None:
    made = trainer(paint_crops, tmp_path, steps=50, check_every=1, patience=2, learning_rate=1e-9)
    made.run(silent)
    assert made.state.step == 3


def test_training_can_start_from_weights(paint_crops: Paint, tmp_path: Path) -> None:
    trainer(paint_crops, tmp_path).run(silent)
    weights = tmp_path / "siamese.safetensors"
    crop_sets, validation = [paint_crops()], Validation([paint_crops(seed=2)], pairs=60)
    begun = SiameseTrainer(crop_sets, validation, settings(), tmp_path / "next", weights)
    fresh = SiameseTrainer(crop_sets, validation, settings(), tmp_path / "next")
    name = "branches.0.0.0.weight"
    assert not torch.equal(begun.state.network.state_dict()[name], fresh.state.network.state_dict()[name])
    other = settings(network=NetworkParameters(size="residual"))
    with pytest.raises(ModelError, match="holds the weights of another network"):
        SiameseTrainer(crop_sets, validation, other, tmp_path / "next", weights)


def test_settings_that_do_not_fit_are_refused(paint_crops: Paint, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the topology joint needs a loss of logits, not koch"):
        trainer(paint_crops, tmp_path, network=NetworkParameters(topology="joint", size="compact"), loss="koch")
    with pytest.raises(ConfigError, match="the topology cost-function needs a loss of descriptors, not softmax"):
        trainer(paint_crops, tmp_path, loss="softmax")
    with pytest.raises(ConfigError, match="the size compact takes whole patches only"):
        trainer(paint_crops, tmp_path, small_share=0.5)
    streams = NetworkParameters(topology="two-stream", size="residual")
    with pytest.raises(ConfigError, match="the topology two-stream cuts the centre out of whole patches"):
        trainer(paint_crops, tmp_path, network=streams, loss="softmax", small_share=0.5)
    if not torch.cuda.is_available():
        with pytest.raises(ConfigError, match="CUDA is not available here; use device=cpu"):
            trainer(paint_crops, tmp_path, device="cuda")


def test_a_checkpoint_of_another_training_is_refused(paint_crops: Paint, tmp_path: Path) -> None:
    trainer(paint_crops, tmp_path).run(silent)
    with pytest.raises(ConfigError, match="is of a training with other settings or data"):
        trainer(paint_crops, tmp_path, seed=1)
    _, description = read_checkpoint(tmp_path / CHECKPOINT)
    assert description["step"] == 4
    (tmp_path / CHECKPOINT).write_bytes(b"nothing")
    with pytest.raises(ModelError, match="is not a checkpoint, or is damaged"):
        trainer(paint_crops, tmp_path)


def test_a_checkpoint_of_the_release_before_is_resumed(paint_crops: Paint, tmp_path: Path) -> None:
    first = trainer(paint_crops, tmp_path)
    first.run(silent)
    tensors, description = read_checkpoint(tmp_path / CHECKPOINT)
    sampling = description["parameters"]["sampling"]
    sampling["people"] = sampling.pop("identities")
    description["people"] = description.pop("identities")
    save_file(tensors, tmp_path / CHECKPOINT, {"training": json.dumps(description)})
    with pytest.warns(FutureWarning, match="'sampling.people' is now called 'sampling.identities'"):
        resumed = trainer(paint_crops, tmp_path)
    assert resumed.state.step == first.state.step == 4


def test_the_classifier_begins_at_the_descriptors_of_the_network(paint_crops: Paint, tmp_path: Path) -> None:
    trainer(paint_crops, tmp_path, steps=1).run(silent)
    people, validation = paint_crops(identities=5, seed=3), Validation([paint_crops(seed=2)], pairs=60)
    begun = SiameseTrainer([people], validation, settings(), tmp_path / "next", tmp_path / "siamese.safetensors")
    described = Siamese.load(tmp_path / "siamese.safetensors").describe_patches(people.patches)
    unit = described / np.linalg.norm(described, axis=1, keepdims=True)
    directions = begun.state.loss.classifier.detach().numpy()
    assert directions.shape == (6, 32)
    for person in range(5):
        mean = unit[people.identity == person].mean(axis=0)
        assert directions[person] @ mean / np.linalg.norm(mean) > 0.999
