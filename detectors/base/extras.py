"""Packages that only a part of siamlink needs; `pip install 'siamlink[EXTRA]'` installs them."""

import importlib
from types import ModuleType

from siamlink.detectors.base.errors import ConfigError


def import_extra(package: str, extra: str, user: str) -> ModuleType:
    """Import a package that siamlink can be without; call it before any work that the package is needed for.

    Args:
        package: the name that is imported.
        extra: name of the extra of siamlink that installs it.
        user: what needs it, as the beginning of a sentence: "training a network".

    Raises:
        ConfigError: the package is not installed; the message names the extra.
    """
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        if error.name != package.partition(".")[0]:
            raise
        raise ConfigError(f"{user} needs the package {package}: pip install 'siamlink[{extra}]'") from None
