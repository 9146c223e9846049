"""Settings of the training of a Siamese network."""

from typing import Any, Literal

from pydantic import Field

from siamlink.association.appearance.optical_flow import FlowParameters
from siamlink.association.appearance.patches import Luma
from siamlink.association.appearance.siamese.architecture import NetworkParameters
from siamlink.association.training.augmentation import AugmentationParameters
from siamlink.association.training.batch_loss import PairingParameters
from siamlink.association.training.batch_sampler import SamplingParameters
from siamlink.association.training.distillation import TeacherParameters
from siamlink.detectors.base.parameters import Parameters


class SiameseTrainingParameters(Parameters):
    """How a Siamese network is trained."""

    network: NetworkParameters = Field(NetworkParameters(), description="the network")
    loss: str = Field("identity-triplet", description="name of the loss")
    loss_settings: dict[str, float | str] = Field({}, description="settings of the loss, such as its margin")
    flow: FlowParameters = Field(FlowParameters(), description="how the optical flow is computed")
    luma: Luma = Field(
        "fixed",
        description="brightness of a patch. fixed: unchanged; equalised: its histogram is made flat; plane: a fitted "
        "plane of brightness is subtracted",
    )
    sampling: SamplingParameters = Field(SamplingParameters(), description="what a batch holds")
    augmentation: AugmentationParameters = Field(
        AugmentationParameters(), description="random changes to the patches of a batch"
    )
    flow_dropout: float = Field(
        0.5,
        ge=0,
        le=1,
        description="share of the patches of a batch whose optical flow is set to zero, as crops have no flow",
    )
    pairing: PairingParameters = Field(PairingParameters(), description="which pairs of a batch are compared")
    teacher: TeacherParameters = Field(
        TeacherParameters(), description="a trained network whose descriptors are learned in addition"
    )
    steps: int = Field(6500, ge=1, le=10_000_000, description="maximum number of batches")
    small_share: float = Field(
        0.0,
        ge=0,
        le=1,
        description="share of the steps, at the beginning, that see patches of two thirds of the size, which take half "
        "the time; only for networks of size residual and ibn, and not for the topology two-stream",
    )
    optimiser: Literal["adamw", "sgd"] = Field("adamw", description="optimiser; sgd has momentum 0.9")
    learning_rate: float = Field(
        1e-3, gt=0, le=10, description="highest learning rate; it rises linearly, then falls as a cosine"
    )
    weight_decay: float = Field(0.02, ge=0, le=1, description="weight decay of all weights")
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto",
        description="precision of the activations of the network; auto: bfloat16 if the device computes it faster than "
        "float32, else float32",
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="device to train on; auto: cuda if it is available, else cpu"
    )
    average: float = Field(
        0.999,
        ge=0,
        lt=1,
        description="decay in a step of the moving average of the weights, which is validated and stored; 0: the "
        "weights of the last step",
    )
    held_out: int = Field(
        0,
        ge=0,
        le=100_000,
        description="number of identities of each folder of crops that are not trained on; at the end, they are "
        "searched for among each other's crops",
    )
    check_every: int = Field(500, ge=1, le=1_000_000, description="steps between validations and checkpoints")
    patience: int = Field(
        8, ge=1, le=1000, description="training stops after this number of validations without improvement"
    )
    seed: int = Field(0, ge=0, description="seed of everything random")

    @property
    def description(self) -> dict[str, Any]:
        """The metadata in the file of the weights, beside the network."""
        return {
            "loss": self.loss,
            "loss_settings": self.loss_settings,
            "luma": self.luma,
            "flow": self.flow.model_dump(),
        }
