import pickle
from pathlib import Path

import pytest

from siamlink.detectors.base import errors
from siamlink.detectors.base.errors import FormatError, InputError, SiamlinkError, explain, explain_where
from siamlink.detectors.base.threads import WorkerThread

ALL = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]


@pytest.mark.parametrize("kind", ALL)
def test_one_except_clause_catches_every_error(kind):
    arguments = ("a.txt", "why") if kind is FormatError else ("why",)
    with pytest.raises(SiamlinkError, match="why"):
        raise kind(*arguments)


def test_the_tree_in_the_docstring_names_every_error_with_its_parent():
    levels = {0: "SiamlinkError"}
    for line in errors.__doc__.splitlines():
        if (start := line.find("── ")) >= 0:
            name, depth = line[start + 3 :].split()[0], (start - 1) // 4 + 1
            levels[depth] = name
            assert getattr(errors, name).__bases__[0].__name__ == levels[depth - 1]
    assert {kind.__name__ for kind in ALL} >= set(levels.values())
    assert all(kind.__name__ in errors.__doc__ for kind in ALL)


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ((None, None), "det.txt: 'x' is not a number"),
        ((7, None), "det.txt, line 7: 'x' is not a number"),
        ((7, 3), "det.txt, line 7, column 3: 'x' is not a number"),
    ],
)
def test_a_format_error_names_file_line_and_column(place, text):
    error = FormatError("det.txt", "'x' is not a number", *place)
    assert str(error) == text
    assert (error.path, error.line, error.column) == (Path("det.txt"), *place)
    assert isinstance(error, InputError)


@pytest.mark.parametrize("kind", ALL)
def test_errors_pass_from_one_process_to_another(kind):
    error = kind("a.txt", "why", 7, 3) if kind is FormatError else kind("why")
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), vars(copy)) == (kind, str(error), vars(error))


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("no\n  weights"), "ValueError: no weights"),
        (ValueError(), "ValueError"),
        (KeyError("box"), "KeyError: 'box'"),
    ],
)
def test_an_exception_is_explained_in_one_line(error, line):
    assert explain(error) == explain_where(error) == line


def test_the_explanation_names_file_and_line_of_the_plug_in():
    def fail():
        raise ValueError("no weights")

    thread = WorkerThread()
    with pytest.raises(ValueError, match="no weights") as caught:
        thread.call(fail)
    line = fail.__code__.co_firstlineno + 1
    assert explain_where(caught.value) == f"ValueError: no weights ({__file__}, line {line})"
    with pytest.raises(SyntaxError) as caught:
        compile("a +", "finder.py", "exec")
    assert explain_where(caught.value) == "SyntaxError: invalid syntax (finder.py, line 1)"
