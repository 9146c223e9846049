import sys
from types import ModuleType, SimpleNamespace

import pytest

from siamlink.detectors.base import progress_bars as module
from siamlink.detectors.base.progress_bars import progress_bars


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a notebook shows, one state after the other."""
    shown: list[str] = []

    class Handle:
        def update(self, html: str) -> None:
            shown.append(html)

    def display(html: str, display_id: bool) -> Handle:
        assert display_id
        shown.append(html)
        return Handle()

    python, displays = ModuleType("IPython"), ModuleType("IPython.display")
    python.get_ipython = lambda: SimpleNamespace(kernel=object())
    displays.HTML, displays.display = str, display
    monkeypatch.setitem(sys.modules, "IPython", python)
    monkeypatch.setitem(sys.modules, "IPython.display", displays)
    return shown


def test_a_notebook_shows_a_bar_for_each_stage_and_nothing_afterwards(notebook: list[str]) -> None:
    with progress_bars("<b>street") as progress:
        progress("detect", 0, None)
        progress("detect", 12, 12)
        progress("link", 0, 4)
    assert notebook == [
        "",
        "<div><progress></progress> &lt;b&gt;street detect 0</div>",
        '<div><progress value="12" max="12"></progress> &lt;b&gt;street detect 12/12</div>',
        '<div><progress value="12" max="12"></progress> &lt;b&gt;street detect 12/12</div>'
        '<div><progress value="0" max="4"></progress> &lt;b&gt;street link 0/4</div>',
        "",
    ]


def test_a_notebook_is_not_updated_for_every_frame(notebook: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock.now))
    with progress_bars() as progress:
        for frame in range(1, 101):
            progress("detect", frame, 100)
            clock.now += 0.01
    assert 5 <= len(notebook) <= 10
    assert notebook[-2] == '<div><progress value="100" max="100"></progress> detect 100/100</div>'


def test_the_bars_disappear_after_an_error(notebook: list[str]) -> None:
    def fail() -> None:
        with progress_bars() as progress:
            progress("detect", 1, 2)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert notebook[-1] == ""


def test_python_in_a_terminal_is_no_notebook(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    python = ModuleType("IPython")
    python.get_ipython = SimpleNamespace
    monkeypatch.setitem(sys.modules, "IPython", python)
    with progress_bars("street") as progress:
        progress("detect", 1, 2)
    assert capfd.readouterr() == ("", ""), "no terminal either"
