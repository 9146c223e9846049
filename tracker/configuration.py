"""Configurations: files of settings, shipped or of the user, and `key=value` overrides."""

from importlib.resources import files
from pathlib import Path
from typing import Any

from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.base.hints import did_you_mean
from siamlink.detectors.base.keywords import checks_keywords
from siamlink.detectors.base.parameters import apply_override, build, use_present_keys
from siamlink.tracker.parameters import TrackerParameters

LARGEST_FILE = 1_000_000
"""Bytes of a configuration file."""


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
    values = use_present_keys(TrackerParameters, values, origin)
    build(TrackerParameters, values, origin)
    for override in overrides:
        apply_override(TrackerParameters, values, override)
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
        if path.exists():
            raise ConfigError(f"cannot read the configuration {config}: {error.strerror}") from None
        hint = did_you_mean(str(config), config_names()) or "."
        shipped = ", ".join(config_names())
        raise ConfigError(f"there is no configuration or file '{config}'{hint} Shipped: {shipped}") from None
    except RecursionError:
        raise ConfigError(f"{path} is not a configuration: it is nested too deeply") from None
    except (yaml.YAMLError, ValueError) as error:  # ValueError: text that is not UTF-8, or a date that does not exist
        raise ConfigError(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    if values is None:
        return {}, str(path)
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: expected 'key: value' lines")
    return values, str(path)
