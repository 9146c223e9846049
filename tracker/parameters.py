"""All settings of the tracker, and the configuration files and `key=value` overrides they come from."""

import math
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from siamlink.association.appearance.appearance import (
    NONE,
    SHIPPED,
    SIAMESE,
    SIAMESE_FILE,
    AppearanceGate,
    Appearances,
    load_appearance,
)
from siamlink.association.appearance.optical_flow import FlowParameters
from siamlink.association.matcher import Matcher
from siamlink.association.pairs.candidates import GateParameters
from siamlink.association.pairs.features import CONTEXT_CHOICE, ContextChoice
from siamlink.association.solvers.costs import CostParameters
from siamlink.association.tracklets.linking import SecondLevelParameters
from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.base.parameters import Parameters, apply_override, build

AUTO, PAPER = "auto", "paper"
LARGEST_FILE = 1_000_000
"""Bytes of a configuration file."""


class GapParameters(Parameters):
    """What becomes of the boxes of a track, in the frames with a detection, in those between and after the last."""

    fill: bool = Field(True, description="whether boxes are interpolated where a track has no detection")
    carry_on_seconds: float = Field(
        0.3,
        ge=0,
        le=60,
        description="with fill, a track last seen so shortly before the last frame so far goes on to it",
    )
    smooth: bool = Field(
        True, description="whether the boxes of a track are smoothed, as much as makes them predict one another best"
    )
    camera: bool = Field(
        True,
        description="whether boxes are smoothed, and gaps filled, along with the camera's motion, where frames are "
        "looked at",
    )


class OnlineParameters(Parameters):
    """The online tracker: bolder than the others, as whoever waits for certainty leaves boxes out."""

    tracklet_entry: float = Field(
        1.0, ge=0, le=100, description="linear program with two levels: in place of tracklets.costs.entry"
    )
    min_seconds: float = Field(0.1, ge=0, le=60, description="linear program with two levels: as tracklets.min_seconds")
    entry: float = Field(
        0.0, ge=0, le=100, description="Hungarian method: evidence in nats beyond which a new track is reported"
    )
    smallest_link_probability: float = Field(
        0.02, gt=0, lt=1, description="Hungarian method: less likely links are not made"
    )
    smallest_overlap: float = Field(
        0.3,
        gt=0,
        lt=1,
        description="Hungarian method: IoU with the predicted box at which a lost track takes up a detection",
    )
    max_lost_seconds: float = Field(
        1.0, gt=0, le=60, description="Hungarian method: a track unseen for longer is closed"
    )
    gate_deviations: float = Field(
        4.0, gt=0, le=100, description="Hungarian method: reach of the motion gate in standard deviations"
    )


class TrackerParameters(Parameters):
    """Everything that decides what the tracks are, apart from the detections."""

    mode: Literal["offline", "windowed", "online"] = Field(
        "offline",
        description="offline: the whole sequence at once; windowed: as offline, with a bounded delay; online: frame by "
        "frame, without delay",
    )
    latency_seconds: float = Field(
        2.0, ge=0, le=86400, description="windowed: tracks of a frame are final after so much time at most"
    )
    step_share: float = Field(
        0.25,
        gt=0,
        le=1,
        description="windowed: the window is solved again after this share of the latency, and looks ahead by the rest",
    )
    solver: Literal["lp", "hungarian"] = Field(
        "lp",
        description="linking: exact linear program, or frame by frame with the Hungarian method, online with a Kalman "
        "filter for each track",
    )
    levels: int = Field(
        2,
        ge=1,
        le=2,
        description="2: detections into safe tracklets and these into tracks, where the model has a second "
        "level; 1: detections into tracks at once, as always online with the Hungarian method",
    )
    context: ContextChoice = Field("full", description=f"in training: {CONTEXT_CHOICE}")
    model: str = Field(
        "",
        description="folder of a trained matcher; empty: the one shipped with siamlink; paper: the "
        "one shipped for the configuration of that name",
    )
    appearance: str = Field(
        AUTO,
        description="how people are told by their looks: auto (with two levels siamese, else none), none, siamese (the "
        "network that lies beside the model, else the shipped one), siamese:FILE, onnx:FILE, module:attribute or "
        "file.py:attribute; several are joined by commas",
    )
    overlap_limit: float = Field(
        0.45, gt=0, le=1, description="of detections that overlap by a larger IoU only the best is kept"
    )
    min_detections: int = Field(3, ge=1, le=1000, description="tracks of fewer detections are dropped")
    gate: GateParameters = Field(GateParameters(), description="which pairs of detections can be linked at all")
    appearance_gate: AppearanceGate = Field(AppearanceGate(), description="which of these pairs are looked at")
    flow: FlowParameters = Field(
        FlowParameters(), description="optical flow, where an appearance needs it and does not say how"
    )
    costs: CostParameters = Field(CostParameters(), description="costs of the linear program with one level")
    tracklets: SecondLevelParameters = Field(SecondLevelParameters(), description="linking with two levels")
    gaps: GapParameters = Field(GapParameters(), description="smoothing, and filling of gaps")
    online: OnlineParameters = Field(OnlineParameters(), description="the online tracker")

    @property
    def model_folder(self) -> Path | None:
        """Where the matcher lies; None for the one shipped with siamlink."""
        if self.model == PAPER:
            return SHIPPED.parent / PAPER
        return Path(self.model).expanduser() if self.model else None

    def load_matcher(self) -> Matcher:
        """The matcher with its appearance.

        Raises:
            ModelError: one of them cannot be loaded, or they do not belong together.
        """
        return Matcher.load(self.model_folder, self.load_appearance(), self.level_count)

    @property
    def level_count(self) -> int:
        """How many levels there are: one online with the Hungarian method."""
        return 1 if self.online_hungarian else self.levels

    @property
    def second_level(self) -> SecondLevelParameters:
        """How tracklets are linked in this mode."""
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
    def looks(self) -> bool:
        """Whether people are told by their looks."""
        return self.level_count == 2 if self.appearance == AUTO else self.appearance.strip() not in ("", NONE)

    def load_appearance(self) -> Appearances | None:
        """What tells people by their looks; None without.

        Raises:
            ModelError: it cannot be loaded.
        """
        if not self.looks:
            return None
        if self.appearance not in (AUTO, SIAMESE):
            return load_appearance(self.appearance)
        # weights that lie beside a matcher belong to it
        own = self.model_folder / SIAMESE_FILE if self.model_folder else None
        return load_appearance(f"siamese:{own}" if own and own.is_file() else "siamese")


def load_parameters(config: str | Path | None = None, overrides: tuple[str, ...] | list[str] = ()) -> TrackerParameters:
    """Read a configuration and apply overrides to it.

    Args:
        config: the name of a shipped configuration, or a YAML file of overrides; None: the defaults.
        overrides: `key=value` with dotted keys, such as `gate.max_gap_seconds=0.5`; they win over the file.

    Raises:
        ConfigError: the file is missing or malformed, or a key or value is wrong.
    """
    values, origin = _read_config(config) if config else ({}, "defaults")
    build(TrackerParameters, values, origin)
    for override in overrides:
        apply_override(values, override)
        build(TrackerParameters, values, f"--set {override}")
    return build(TrackerParameters, values, origin)


def config_names() -> list[str]:
    """The names of the configurations shipped with siamlink."""
    folder = files("siamlink.configs")
    return sorted(Path(entry.name).stem for entry in folder.iterdir() if entry.name.endswith(".yaml"))


def _read_config(config: str | Path) -> tuple[dict[str, Any], str]:
    import yaml

    path = Path(config)
    if str(config) in config_names() and not path.is_file():
        path = Path(str(files("siamlink.configs") / f"{config}.yaml"))
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ConfigError(f"{path} is larger than any configuration ({LARGEST_FILE} bytes)")
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        known = ", ".join(config_names())
        raise ConfigError(f"no configuration {config} ({error.strerror}); shipped ones: {known}") from None
    except RecursionError:
        raise ConfigError(f"{path} is not a configuration: it is nested too deeply") from None
    except (yaml.YAMLError, ValueError) as error:  # ValueError: text that is not UTF-8, or a date that does not exist
        raise ConfigError(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    if values is None:
        return {}, str(path)
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: expected 'key: value' lines")
    return values, str(path)
