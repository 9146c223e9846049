"""Reads a configuration file: settings in YAML, in groups or with dotted keys."""

from pathlib import Path
from typing import Any

import yaml

from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.base.parameters import insert_key

LARGEST_FILE = 1_000_000
"""Bytes of a configuration file."""


class _KeyTwiceError(yaml.MarkedYAMLError):
    """A key occurs twice in a group."""


class _Loader(yaml.SafeLoader):
    """YAML in which a key that occurs twice is an error; PyYAML uses the last one without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        found: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if key.value in found:
                    raise _KeyTwiceError(problem=f"the key '{key.value}' occurs twice", problem_mark=key.start_mark)
                found.add(key.value)
        return super().construct_mapping(node, deep)


def read_configuration(path: Path) -> dict[str, Any]:
    """The settings of a file as nested dictionaries; a dotted key, such as `gate.reach`, is one in a group.

    Raises:
        OSError: the file cannot be read.
        ConfigError: it is too large, is not YAML or holds something other than keys and values, or a key occurs twice.
    """
    if path.stat().st_size > LARGEST_FILE:
        raise ConfigError(f"{path} is larger than any configuration ({LARGEST_FILE} bytes)")
    try:
        values = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a safe loader
    except _KeyTwiceError as error:
        raise ConfigError(f"{path}: {error.problem}{_place(error)}") from None
    except RecursionError:
        raise ConfigError(f"{path} is not a configuration: it is nested too deeply") from None
    except yaml.MarkedYAMLError as error:
        raise ConfigError(f"{path} is not YAML: {error.problem or 'wrong characters'}{_place(error)}") from None
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


def _place(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark
    return f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
