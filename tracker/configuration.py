"""Configurations: files of settings, shipped or of the user, and `key=value` overrides."""

from dataclasses import fields
from importlib.resources import files
from pathlib import Path
from typing import Any

from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.base.hints import did_you_mean
from siamlink.detectors.base.keywords import checks_keywords
from siamlink.detectors.base.parameters import apply_override, build, use_present_keys
from siamlink.detectors.detector_options import DetectorOptions
from siamlink.tracker.parameters import TrackerParameters

OPTIONS = ("detector", "detections", "constraints", "frame_rate", *(field.name for field in fields(DetectorOptions)))
"""Options of commands that are often taken for settings."""


@checks_keywords
def load_parameters(
    config: str | Path | TrackerParameters | None = None, overrides: tuple[str, ...] | list[str] = ()
) -> TrackerParameters:
    """Read a configuration and apply overrides to it.

    Args:
        config: the name of a shipped configuration, a YAML file of overrides, or settings; None: the defaults.
        overrides: `key=value` with dotted keys, such as `gate.max_gap_seconds=0.5`; they win over the file.

    Raises:
        ConfigError: the file is missing or malformed, or a key or value is wrong.
    """
    values: dict[str, Any]
    if isinstance(config, TrackerParameters):
        values, origin = config.model_dump(exclude_unset=True), "settings"
    else:
        values, origin = _read_config(config) if config else ({}, "defaults")
    _refuse_options(values, origin)
    values = use_present_keys(TrackerParameters, values, origin)
    build(TrackerParameters, values, origin)
    for override in overrides:
        apply_override(TrackerParameters, values, override)
        _refuse_options(values, f"--set {override}")
        build(TrackerParameters, values, f"--set {override}")
    return build(TrackerParameters, values, origin)


def config_names() -> list[str]:
    """The names of the configurations shipped with siamlink."""
    folder = files("siamlink.configs")
    return sorted(Path(entry.name).stem for entry in folder.iterdir() if entry.name.endswith(".yaml"))


def _read_config(config: str | Path) -> tuple[dict[str, Any], str]:
    path = Path(config)
    if str(config) in config_names() and not path.is_file():
        path = Path(str(files("siamlink.configs") / f"{config}.yaml"))
    from siamlink.tracker.configuration_file import read_configuration

    try:
        return read_configuration(path), str(path)
    except OSError as error:
        if path.exists():
            raise ConfigError(f"cannot read the configuration {config}: {error.strerror}") from None
        hint = did_you_mean(str(config), config_names()) or "."
        shipped = ", ".join(config_names())
        raise ConfigError(f"there is no configuration or file '{config}'{hint} Shipped: {shipped}") from None


def _refuse_options(values: dict[str, Any], origin: str) -> None:
    """Raise an error if a key is an option of commands: those of the detector and of the input."""
    for key in OPTIONS:
        if key in values:
            option = f"--{key.replace('_', '-')}"
            raise ConfigError(f"{origin}: '{key}' is not a setting of the tracker, but an option of its own: {option}")
