"""All settings of the tracker."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field

from siamlink.association.appearance.appearance import AppearanceGate, Appearances
from siamlink.association.appearance.loading import (
    GENERAL,
    NONE,
    SHIPPED,
    SIAMESE,
    SIAMESE_FILE,
    load_appearance,
    siamese_weights,
)
from siamlink.association.appearance.optical_flow import FlowParameters
from siamlink.association.calibrated.models import CALIBRATED_FILES, Models, shipped_models
from siamlink.association.matcher import MODEL_FILES, Matcher
from siamlink.association.pairs.candidates import GateParameters
from siamlink.association.pairs.features import CONTEXT_CHOICE, ContextChoice
from siamlink.association.pairs.gap_prior import PAIR_LABEL, PairLabel
from siamlink.association.solvers.costs import CostParameters
from siamlink.association.tracklets.linking import SecondLevelParameters
from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.base.parameters import Parameters, Tunable, renamed
from siamlink.tracker.parameter_groups import GapParameters, OnlineParameters

AUTO, PAPER = "auto", "paper"
Matching = Literal["learned", "calibrated"]
APPEARANCE: dict[Matching, str] = {"learned": SIAMESE, "calibrated": GENERAL}
"""The appearance of each matching, where appearance is `AUTO`. The learned models know the descriptors of theirs."""
LEARNED_ONLY = (
    *("solver", "levels", "context", "overlap_limit", "min_detections", "gate", "appearance_gate", "costs"),
    *("tracklets", "online"),
)
"""Settings that calibrated matching does not have."""


class TrackerParameters(Parameters):
    """All settings that decide the tracks, apart from those of the detector."""

    mode: Literal["offline", "windowed", "online"] = Field(
        "offline",
        description="offline: link the whole video at once; windowed: tracks are final after a bounded delay; online: "
        "tracks of a frame are final at once",
    )
    latency_seconds: float = Field(
        2.0,
        ge=0,
        le=86400,
        description="mode windowed: the tracks of a frame are final after at most this many seconds",
    )
    step_share: float = Field(
        0.25,
        gt=0,
        le=1,
        description="mode windowed: how often the window is solved, as a share of latency_seconds; 0.25 with 2 "
        "seconds is every 0.5 seconds",
    )
    matching: Literal["auto", "learned", "calibrated"] = Field(
        "auto",
        description="learned: models trained on pedestrians estimate the matching probability; calibrated: costs are "
        "estimated from the video's own detections, for objects of any kind; offline also from their appearance, if "
        "there are images; auto: what suits the video, but learned where a setting that only learned matching has is "
        "changed",
    )
    solver: Literal["lp", "hungarian"] = Field(
        "lp",
        description="lp: link by the exact linear program; hungarian: link frame by frame with the Hungarian method, "
        "in mode online with a Kalman filter for each track (faster, less accurate)",
    )
    levels: int = Field(
        2,
        ge=1,
        le=2,
        description="2: link detections into safe tracklets and these into tracks, if the model has a second level; "
        "1: link detections into tracks directly, as mode online with solver hungarian always does",
    )
    context: ContextChoice = Field("full", description=f"in training: {CONTEXT_CHOICE}")
    pair_label: PairLabel = Field("next", description=f"in training: {PAIR_LABEL}")
    model: str = Field(
        "",
        description="folder of trained models; empty: the models shipped with siamlink; paper: those shipped for the "
        "configuration of that name",
    )
    appearance: str = Field(
        AUTO,
        description="appearance model (re-identification): auto (the network in the model's folder, else siamese with "
        "matching learned and two levels, siamese-general with matching calibrated, and none with one level), none, "
        "siamese (the network in the model's folder, else the shipped one), siamese-general (matching calibrated "
        "only), siamese:FILE, onnx:FILE, module:attribute or file.py:attribute; several are joined by commas",
    )
    overlap_limit: Annotated[float, Tunable(0.2, 0.9)] = Field(
        0.45,
        gt=0,
        le=1,
        description="non-maximum suppression: drop a detection if a better one overlaps it by a larger IoU",
    )
    link_classes: Literal["separate", "mixed"] = Field(
        "separate",
        json_schema_extra=renamed(former_name="classes"),
        description="separate: a track holds detections of one class, or of classes that the detector confuses, and "
        "only boxes of one class suppress one another; mixed: the class of a detection is ignored. Either way a track "
        "has the class of most of its detections",
    )
    min_detections: Annotated[int, Tunable(1, 10)] = Field(
        3, ge=1, le=1000, description="drop tracks with fewer detections than this"
    )
    gate: GateParameters = Field(GateParameters(), description="gate: which pairs of detections are candidates")
    appearance_gate: AppearanceGate = Field(AppearanceGate(), description="which candidates are compared by appearance")
    flow: FlowParameters = Field(
        FlowParameters(), description="optical flow, for an appearance that needs it and has no settings of its own"
    )
    costs: CostParameters = Field(CostParameters(), description="costs of the linear program with one level")
    tracklets: SecondLevelParameters = Field(SecondLevelParameters(), description="linking with two levels")
    gaps: GapParameters = Field(GapParameters(), description="smoothing, interpolation and extrapolation of boxes")
    online: OnlineParameters = Field(OnlineParameters(), description="the online tracker")

    @property
    def model_folder(self) -> Path | None:
        """The folder of the models; None for those shipped with siamlink."""
        if self.model == PAPER:
            return SHIPPED.parent / PAPER
        return Path(self.model).expanduser() if self.model else None

    @property
    def fixed_matching(self) -> Matching | None:
        """The matching, if it does not depend on the video; None if it does."""
        if self.matching != "auto":
            return self.matching
        speed = {"max_link_frames": self.gate.max_link_frames}  # of the configuration fast: it only saves time
        default = TrackerParameters.model_construct(gate=GateParameters(**speed))
        if any(getattr(self, name) != getattr(default, name) for name in LEARNED_ONLY):
            return "learned"
        folder = self.model_folder
        if folder is None:
            return None
        calibrated, learned = (
            any((folder / name).is_file() for name in names) for names in (CALIBRATED_FILES, MODEL_FILES)
        )
        return None if calibrated and learned else "calibrated" if calibrated else "learned"

    def learned(self) -> Self:
        """These settings with matching learned, for trained models that are given.

        Raises:
            ConfigError: they ask for calibrated matching.
        """
        if self.matching == "calibrated":
            raise ConfigError("trained matching models are for matching learned, not calibrated")
        return self.model_copy(update={"matching": "learned"})

    @property
    def model_files(self) -> list[Path]:
        """The files of the models in `model_folder` that are there; none for those shipped with siamlink."""
        matching, folder = self.fixed_matching, self.model_folder
        names = (
            *(CALIBRATED_FILES if matching != "learned" else ()),
            *(MODEL_FILES if matching != "calibrated" else ()),
        )
        return [folder / name for name in names if (folder / name).is_file()] if folder else []

    def load_matcher(self) -> Matcher:
        """The matcher with its appearance, or with that of each matching if the matching depends on the video.

        Raises:
            ModelError: one of them cannot be loaded, or they do not belong together.
        """
        if self.fixed_matching == "calibrated":
            return replace(Matcher.load(), appearance=self.load_appearance())
        matcher = Matcher.load(self.model_folder, self.load_appearance(), self.level_count)
        calibrated = self.model_copy(update={"matching": "calibrated"})
        if self.fixed_matching or calibrated.appearance_name == self.appearance_name:
            return matcher
        return replace(matcher, calibrated_appearance=calibrated.load_appearance())

    def load_calibrated_models(self) -> Models:
        """The models of matching calibrated.

        Raises:
            ModelError: one of them cannot be loaded.
        """
        return Models.load(self.model_folder) if self.model_folder else shipped_models()

    @property
    def level_count(self) -> int:
        """How many levels there are: one online with the Hungarian method."""
        return 1 if self.online_hungarian else self.levels

    @property
    def second_level(self) -> SecondLevelParameters:
        """The settings of the second level in this mode."""
        if self.mode != "online":
            return self.tracklets
        costs = self.tracklets.costs.model_copy(update={"entry": self.online.tracklet_entry})
        return self.tracklets.model_copy(update={"costs": costs, "min_seconds": self.online.min_seconds})

    @property
    def latency(self) -> float:
        """Seconds after which the tracks of a frame are final at most: 0 online, infinite offline."""
        return {"online": 0.0, "windowed": self.latency_seconds, "offline": math.inf}[self.mode]

    @property
    def online_hungarian(self) -> bool:
        """Whether the tracker is the one with a Kalman filter for each track."""
        return self.mode == "online" and self.solver == "hungarian"

    @property
    def uses_appearance(self) -> bool:
        """Whether an appearance is used."""
        calibrated = self.fixed_matching == "calibrated"
        if calibrated and self.mode != "offline":
            return False
        two_levels = calibrated or self.level_count == 2
        return two_levels if self.appearance == AUTO else self.appearance.strip() not in ("", NONE)

    @property
    def searches(self) -> bool:
        """Whether objects are searched for in frames in which they were not detected."""
        return self.mode == "offline" and self.gaps.interpolate and self.gaps.search

    @property
    def siamese_file(self) -> Path:
        """The weights of the first Siamese network that the settings name; else those of `siamese`."""
        named = (name for name in map(str.strip, self.appearance.split(",")) if name != SIAMESE)
        return next(filter(None, map(siamese_weights, named)), self._own_siamese or SHIPPED)

    @property
    def appearance_name(self) -> str:
        """The appearance model, if one is used, as `load_appearance` takes it; of matching auto, that of learned."""
        if self.appearance not in (AUTO, SIAMESE):
            return self.appearance
        if own := self._own_siamese:
            return f"{SIAMESE}:{own}"
        return SIAMESE if self.appearance == SIAMESE else APPEARANCE[self.fixed_matching or "learned"]

    @property
    def _own_siamese(self) -> Path | None:
        """The weights of the network in the model's folder, which belongs to the other models there; None without."""
        own = self.model_folder / SIAMESE_FILE if self.model_folder else None
        return own if own and own.is_file() else None

    def load_appearance(self) -> Appearances | None:
        """The appearance model; None without.

        Raises:
            ModelError: it cannot be loaded.
        """
        return load_appearance(self.appearance_name) if self.uses_appearance else None


def given_parameters(parameters: TrackerParameters | None) -> TrackerParameters:
    """The parameters that an argument gives; the defaults for None.

    Raises:
        ConfigError: it is of another type.
    """
    if not isinstance(parameters, TrackerParameters | None):
        raise ConfigError(f"parameters are of type {type(parameters).__name__}; expected TrackerParameters")
    return parameters or TrackerParameters()
