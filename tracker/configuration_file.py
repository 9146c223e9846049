"""Reads a configuration file: settings in YAML, in groups or with dotted keys."""

from pathlib import Path
from typing import Any

import yaml

from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.base.parameters import insert_key

LARGEST_FILE = 1_000_000
"""Bytes of a configuration file."""


def read_configuration(path: Path) -> dict[str, Any]:
    """The settings of a file as nested dictionaries; a dotted key, such as `gate.reach`, is one in a group.

    Raises:
        OSError: the file cannot be read.
        ConfigError: it is too large, is not YAML or holds something other than keys and values, or a key occurs twice.
    """
    if path.stat().st_size > LARGEST_FILE:
        raise ConfigError(f"{path} is larger than any configuration ({LARGEST_FILE} bytes)")
    try:
        text = path.read_text(encoding="utf-8")
        _check_keys(yaml.compose(text, yaml.SafeLoader), path, set())
        values = yaml.safe_load(text)
    except RecursionError:
        raise ConfigError(f"{path} is not a configuration: it is nested too deeply") from None
    except yaml.MarkedYAMLError as error:
        place = _place(error.problem_mark) if error.problem_mark else ""
        raise ConfigError(f"{path} is not YAML: {error.problem or 'wrong characters'}{place}") from None
    except (yaml.YAMLError, ValueError) as error:  # ValueError: text that is not UTF-8, or a date that does not exist
        raise ConfigError(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: expected 'key: value' lines, such as 'mode: online'")
    return _in_groups(values, path, {})


def _in_groups(values: dict[Any, Any], path: Path, done: dict[int, dict[Any, Any]]) -> dict[Any, Any]:
    """Nested dictionaries without dotted keys.

    Args:
        values: the nested dictionaries; YAML can make them contain one another, or themselves.
        path: of the file.
        done: those that were converted already, by the identity of the original; is added to.

    Raises:
        ConfigError: a setting is given by a dotted key and in its group.
    """
    if id(values) in done:
        return done[id(values)]
    grouped = done[id(values)] = {}
    for key, value in values.items():
        present = _in_groups(value, path, done) if isinstance(value, dict) else value
        if not isinstance(key, str):
            grouped[key] = present
        elif not insert_key(grouped, key, present):
            raise ConfigError(f"{path}: the key '{key}' occurs twice")
    return grouped


def _check_keys(node: Any, path: Path, done: set[int]) -> None:
    """Check that no key occurs twice in a node of YAML or below it; PyYAML uses the last one without a word.

    Args:
        node: the node; YAML can make nodes contain one another, or themselves.
        path: of the file.
        done: the identities of the nodes that were checked; is added to.

    Raises:
        ConfigError: a key occurs twice.
    """
    if id(node) in done or not isinstance(node, yaml.MappingNode):
        return
    done.add(id(node))
    found: set[str] = set()
    for key, value in node.value:
        if isinstance(key, yaml.ScalarNode):
            if key.value in found:
                raise ConfigError(f"{path}: the key '{key.value}' occurs twice{_place(key.start_mark)}")
            found.add(key.value)
        _check_keys(value, path, done)


def _place(mark: Any) -> str:
    return f" (line {mark.line + 1}, column {mark.column + 1})"
