"""The public face of the package."""

import inspect
import pydoc
import subprocess
import sys

import pytest

import siamlink.association as package


def test_dir_shows_the_public_names_and_only_them() -> None:
    assert dir(package) == sorted(package.__all__)
    assert {"Matcher", "load_appearance", "solve_lp", "LinkProblem", "must_link", "cannot_link"} <= set(dir(package))


def test_help_shows_the_public_names_and_only_them() -> None:
    text = pydoc.plain(pydoc.render_doc(package))
    body = text.partition("\nCLASSES\n")[2].partition("\nFILE\n")[0]
    for name in package.__all__:
        value = getattr(package, name)
        assert value.__doc__, name
        if inspect.isclass(value):
            assert f"\n    class {name}(" in body, name
        elif inspect.isfunction(value):
            assert f"\n    {name}(" in body, name
    functions = body.partition("\nFUNCTIONS\n")[2].partition("\nDATA\n")[0]
    shown = [
        line.strip().partition("(")[0] for line in functions.splitlines() if line[:4] == "    " and line[4:5].strip()
    ]
    assert sorted(name for name in shown if name != ")") == sorted(
        name for name in package.__all__ if inspect.isfunction(getattr(package, name))
    )


def test_each_name_is_documented_and_imported_from_its_module() -> None:
    for name in package.__all__:
        assert getattr(package, name).__module__.startswith("siamlink.association."), name


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        package.nothing  # noqa: B018


def test_importing_the_package_imports_nothing_else() -> None:
    code = (
        "import sys, siamlink.association; print([m for m in ('numpy', 'torch', 'cv2', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
