"""What holds for every module, whatever room it lives in."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import tomllib
from types import ModuleType

import pytest

import intact
from intact.checks import CHECKS
from tests.house.files import MODULES, ROOT, SRC, name

LONGEST = 500
MOST_NAMES = 40
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _modules() -> list[ModuleType]:
    found = pkgutil.walk_packages(intact.__path__, "intact.")
    return [importlib.import_module(each.name) for each in found if not each.name.endswith("__main__")]


def test_every_module_says_what_it_is() -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in MODULES}
    assert [
        name(path) for path, text in texts.items() if text and not ast.get_docstring(ast.parse(text))
    ] == []


def test_every_module_can_be_read_in_one_sitting() -> None:
    lengths = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {path: length for path, length in lengths.items() if length > LONGEST} == {}


def test_all_that_a_module_says_it_offers_is_there() -> None:
    offered = {module: getattr(module, "__all__", ()) for module in _modules()}
    assert [
        f"{module.__name__}.{each}"
        for module in offered
        for each in offered[module]
        if not hasattr(module, each)
    ] == []


def test_the_public_names_are_few_and_listed() -> None:
    assert list(intact.__all__) == sorted(set(intact.__all__))
    assert len(intact.__all__) <= MOST_NAMES


def test_no_public_name_is_missing_from_the_list() -> None:
    for each in intact.__all__:
        getattr(intact, each)  # most are imported late, and only then are names of the package
    mine = {
        each
        for each, value in vars(intact).items()
        if not each.startswith("_") and not inspect.ismodule(value)
    }
    aside = {"TYPE_CHECKING", "annotations", "import_module"}
    assert mine - aside <= set(intact.__all__)


@pytest.mark.parametrize("public", [each for each in intact.__all__ if each != "__version__"])
def test_what_is_public_is_documented(public: str) -> None:
    assert inspect.getdoc(getattr(intact, public))


@pytest.mark.parametrize("public", ["check", "check_async"])
def test_both_ways_to_check_take_the_same(public: str) -> None:
    assert inspect.signature(getattr(intact, public)) == inspect.signature(intact.check)


def test_what_checks_may_share_is_listed_and_is_no_check() -> None:
    (contract,) = (
        each for each in PROJECT["tool"]["importlinter"]["contracts"] if each["type"] == "independence"
    )
    shared = {line.rpartition(".")[2] for line in contract["ignore_imports"]}
    helpers = {path.stem for path in (SRC / "checks").glob("*.py")} - {"__init__"}
    helpers -= {check.__name__.rpartition(".")[2] for check in CHECKS}
    assert shared == helpers
