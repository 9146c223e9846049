import sys
from pathlib import Path

import pytest

from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.base.extras import import_extra


def test_an_installed_package_is_imported() -> None:
    assert import_extra("json", "none", "reading") is sys.modules["json"]


def test_a_missing_package_is_one_line_that_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ConfigError) as caught:
        import_extra("torch", "train", "training a network")
    assert str(caught.value) == "training a network needs the package torch: pip install 'siamlink[train]'"


def test_a_package_that_lacks_another_one_is_no_missing_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "half_installed.py").write_text("import a_module_that_nobody_has")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="a_module_that_nobody_has"):
        import_extra("half_installed", "none", "reading")
