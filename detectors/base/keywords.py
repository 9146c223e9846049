"""Functions whose error on an unknown keyword argument names the right one."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.base.hints import did_you_mean

P = ParamSpec("P")
R = TypeVar("R")


def checks_keywords(function: Callable[P, R]) -> Callable[P, R]:
    """The same function or method, which raises a `ConfigError` on a keyword argument that it does not have.

        OnlineTracker(): unknown argument 'fps'; did you mean 'frame_rate'?

    Where no argument is alike, the message lists all.
    """
    parameters = inspect.signature(function).parameters
    names, is_method = [name for name in parameters if name != "self"], "self" in parameters

    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        for name in kwargs:
            if name not in names:
                owner = type(args[0]).__name__ if is_method else ""
                called = ".".join(part for part in (owner, function.__name__) if part not in ("", "__init__"))
                hint = did_you_mean(name, names) or f"; the arguments are {', '.join(names)}"
                raise ConfigError(f"{called}(): unknown argument '{name}'{hint}")
        return function(*args, **kwargs)

    return checked
