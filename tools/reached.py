"""Which tests reach which lines of the package, and how long each takes: so that the few that matter can be run first.

``tools/mutate.py`` names this module to pytest as a plugin. First it learns: coverage follows every test, and what each
has reached is written into a file. After that, those tests are run that another file names, in the order in which they
stand there. What a test does in a process of its own is not seen.
"""

from __future__ import annotations

import ast
import json
import os
from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import coverage
import pytest

LEARN: Final = "INTACT_MUTATE_LEARN"
"""The variable that says where to write what was reached."""

ONLY: Final = "INTACT_MUTATE_ONLY"
"""The variable that says where the names of the tests to be run stand, a line each."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is known of a test that passes.

    Attributes:
        name: Its name, as pytest gives it.
        seconds: How long it took, with what it needs set up.
        lines: Which lines it has reached, by the module's path.
    """

    name: str
    seconds: float
    lines: Mapping[str, frozenset[int]]

    @property
    def function(self) -> str:
        """The test of which this is a case."""
        return self.name.partition("[")[0]


def read(page: Path) -> tuple[list[Case], list[str]]:
    """Return what was written of the tests: those that passed, and the names of those that failed."""
    written = json.loads(page.read_text(encoding="utf-8"))
    cases = [
        Case(name, seconds, {path: frozenset(lines) for path, lines in reached.items()})
        for name, (seconds, reached) in written["passed"].items()
    ]
    return cases, written["failed"]


def in_order(cases: Sequence[Case], path: str, lines: set[int]) -> list[Case]:
    """Return the tests that reach any of these lines, then the others that reach their module.

    The fastest case of each test comes first, then the second of each: cases of one test often see the same.

    Args:
        cases: All that are known.
        path: The module's path.
        lines: The lines of a statement.
    """
    used = defaultdict[tuple[bool, str], int](int)
    ranked = []
    for case in sorted(cases, key=lambda one: (one.seconds, one.name)):
        if reached := case.lines.get(path):
            beyond = reached.isdisjoint(lines)
            ranked.append((beyond, used[beyond, case.function], case.seconds, case.name, case))
            used[beyond, case.function] += 1
    return [each[-1] for each in sorted(ranked, key=lambda one: one[:-1])]


# ------------------------------------------------------------------------------------------------------- which lines

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def lines_of(text: str, line: int) -> set[int]:
    """Return the lines of a module that a test reaches when what stands in a line matters to it.

    Within a function these are the lines of the statement: a text of many lines is reached as a whole. What is said
    outside of functions is there once the module is: it matters where a function names it, or anywhere in the module.
    """
    tree = ast.parse(text)
    functions = [each for each in ast.walk(tree) if isinstance(each, _Function)]
    statement = _innermost(tree, line)
    if statement is None or not any(_inside(function, statement) for function in functions):
        functions = _naming(functions, _depending(tree, statement)) or functions
        return {number for each in functions for number in range(each.lineno, _end(each) + 1)}
    return set(range(statement.lineno, _head_end(statement) + 1))


def _end(node: ast.stmt | ast.expr) -> int:
    return node.end_lineno or node.lineno


def _head_end(statement: ast.stmt) -> int:
    """Give the last line of a statement before what is nested in it."""
    body = getattr(statement, "body", None)
    return max(statement.lineno, body[0].lineno - 1) if body else _end(statement)


def _innermost(tree: ast.Module, line: int) -> ast.stmt | None:
    around = [
        each for each in ast.walk(tree) if isinstance(each, ast.stmt) and each.lineno <= line <= _end(each)
    ]
    return min(around, key=lambda each: _end(each) - each.lineno, default=None)


def _inside(function: _Function, statement: ast.stmt) -> bool:
    return (
        statement is not function
        and function.lineno <= statement.lineno
        and _end(statement) <= _end(function)
    )


def _depending(tree: ast.Module, statement: ast.stmt | None) -> set[str]:
    """Give the names that a statement outside of functions gives a value, and those made of these."""
    names = set(_stored(statement)) if statement else set()
    for each in tree.body:  # which come after what they are made of
        if names & set(_names(each)):
            names |= set(_stored(each))
    return names


def _stored(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, _Function | ast.ClassDef):
        yield statement.name
    elif isinstance(statement, ast.Assign | ast.AnnAssign):
        yield from (
            each.id for each in ast.walk(statement) if isinstance(each, ast.Name) and _is_stored(each)
        )


def _is_stored(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


def _naming(functions: Sequence[_Function], names: set[str]) -> list[_Function]:
    return [each for each in functions if getattr(each, "name", None) in names or names & set(_names(each))]


def _names(node: ast.AST) -> Iterator[str]:
    yield from (each.id for each in ast.walk(node) if isinstance(each, ast.Name))


# --------------------------------------------------------------------------------------------------------- in pytest


class _Learning:
    """Follows each test."""

    def __init__(self, page: Path, package: Path) -> None:
        self._page = page
        self._coverage = coverage.Coverage(
            data_file=None, config_file=False, include=[str(package / "*")], messages=False
        )
        self._coverage.start()
        self._seconds = defaultdict[str, float](float)
        self._bad: dict[str, bool] = {}
        """The tests that did not pass: whether they failed, or were left out."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self._coverage.switch_context(item.nodeid)
        try:
            return (yield)
        finally:
            self._coverage.switch_context("")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._seconds[report.nodeid] += report.duration
        if not report.passed:
            self._bad[report.nodeid] = report.failed or self._bad.get(report.nodeid, False)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._bad[report.nodeid] = True

    def pytest_sessionfinish(self) -> None:
        self._coverage.stop()
        data = self._coverage.get_data()
        lines = defaultdict[str, dict[str, list[int]]](lambda: defaultdict(list))
        for file in data.measured_files():
            path = Path(file).relative_to(Path.cwd()).as_posix()
            for line, names in data.contexts_by_lineno(file).items():
                for name in names:
                    lines[name][path].append(line)
        passed = {name: (self._seconds[name], lines[name]) for name in self._seconds if name not in self._bad}
        failed = [name for name, is_failed in self._bad.items() if is_failed]
        self._page.write_text(json.dumps({"passed": passed, "failed": failed}), encoding="utf-8")


class _Choosing:
    """Leaves the tests that are named, in the order in which they are."""

    def __init__(self, names: Sequence[str]) -> None:
        self._places = {name: place for place, name in enumerate(names)}

    @pytest.hookimpl(wrapper=True, tryfirst=True)  # after all others have had their say
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> Generator[None, object, object]:
        given = yield
        chosen = [item for item in items if item.nodeid in self._places]
        items[:] = sorted(chosen, key=lambda item: self._places[item.nodeid])
        return given


def pytest_configure(config: pytest.Config) -> None:
    """Do what the environment asks for."""
    if page := os.environ.get(LEARN):
        config.pluginmanager.register(_Learning(Path(page), Path.cwd() / "src" / "intact"))
    if names := os.environ.get(ONLY):
        config.pluginmanager.register(_Choosing(Path(names).read_text(encoding="utf-8").splitlines()))
