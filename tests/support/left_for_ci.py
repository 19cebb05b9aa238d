"""Leave to CI what is long (see ``effort.py``), say what that is, and which tests take longest.

A plugin of pytest, named in the top conftest. What is left stands in ``.cache/left-for-ci-….txt`` after a run, and
beforehand in ``tests/LEFT_FOR_CI.md``, which ``tests/house`` keeps right.
"""

from __future__ import annotations

import os
import random
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import pytest

from tests.support.effort import EFFORT, FULL, LEFT_FOR_CI, MISTAKE

CACHE: Final = Path(__file__).resolve().parents[2] / ".cache"
SLOWEST: Final = 20
SERVER: Final = "mongo_server"
"""The fixture that gives a test each server in turn."""

MARKS: Final = (
    "spread(count): in a quick run, as many of the test's cases, from all over",
    "covering: in a quick run, as few of the test's cases as have each value of each parameter",
    "full(why): only in a full run, which CI makes",
)

LEFT: Final = pytest.StashKey[dict[str, tuple[int, int]]]()
"""How many of how many cases of a test are left for CI, by its name."""

Case = TypeVar("Case")


def from_all_over(cases: Sequence[Case], count: int, name: str) -> list[Case]:
    """Return as many of these cases, in their order: at random, but for the same name always the same."""
    places = random.Random(name).sample(range(len(cases)), min(count, len(cases)))
    return [cases[at] for at in sorted(places)]


def covering(cases: Sequence[Case], values: Callable[[Case], Iterable[tuple[str, Any]]]) -> list[Case]:
    """Return some of these cases, in their order, that together have all values that any of them has."""
    of_each = [frozenset(values(case)) for case in cases]
    lacking = frozenset().union(*of_each)
    used = Counter[Any]()
    kept: list[int] = []
    while lacking:
        # Of cases with as much that is new, the one whose other values have been taken least.
        best = max(
            range(len(cases)),
            key=lambda at: (len(lacking & of_each[at]), -sum(used[each] for each in of_each[at])),
        )
        kept.append(best)
        lacking -= of_each[best]
        used.update(of_each[best])
    return [cases[at] for at in sorted(kept)]


def chosen(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Return which cases of one test a quick run makes."""
    item = items[0]
    if item.get_closest_marker("full"):
        return []
    items = on_one_server(items)
    if item.get_closest_marker("covering"):
        return covering(items, _values)
    if spread := item.get_closest_marker("spread"):
        return from_all_over(items, spread.args[0], item.nodeid.partition("[")[0])
    return list(items)


def on_one_server(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Return each case of a test that runs on each server once, and all on one server after the other."""
    cases: dict[tuple[tuple[str, Any], ...], list[pytest.Item]] = defaultdict(list)
    for item in items:
        cases[tuple(each for each in _values(item) if each[0] != SERVER)].append(item)
    first = zlib.crc32(items[0].nodeid.encode())  # so that it is not the same for all tests of one case
    return [each[(first + at) % len(each)] for at, each in enumerate(cases.values())]


def _values(item: pytest.Item) -> list[tuple[str, Any]]:
    called = getattr(item, "callspec", None)
    return (
        [(name, id(value)) for name, value in called.params.items()] if called else []
    )  # not all have a hash


def pytest_configure(config: pytest.Config) -> None:
    if MISTAKE:
        raise pytest.UsageError(MISTAKE)
    config.stash[LEFT] = {}
    for mark in MARKS:
        config.addinivalue_line("markers", mark)


def pytest_report_header() -> str:
    return f"effort: {EFFORT}" + ("" if EFFORT == FULL else " (INTACT_EFFORT=full is what CI runs)")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if EFFORT == FULL:
        return
    named = {argument.rpartition("/")[2] for argument in config.args if "::" in argument}
    tests: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        if not named & {item.nodeid.rpartition("/")[2], item.nodeid.partition("[")[0].rpartition("/")[2]}:
            tests[item.nodeid.partition("[")[0]].append(item)
    left: set[pytest.Item] = set()
    for name, cases in tests.items():
        if out := set(cases) - set(chosen(cases)):
            config.stash[LEFT][name] = (len(out), len(cases))
            left |= out
    items[:] = [item for item in items if item not in left]
    config.hook.pytest_deselected(items=list(left))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand what was left out to xdist, on one of its workers."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["left_for_ci"] = session.config.stash[LEFT]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take it from them: where xdist is, only its workers collect tests."""
    for name, counts in getattr(node, "workeroutput", {}).get("left_for_ci", {}).items():
        node.config.stash[LEFT][name] = tuple(counts)


@pytest.hookimpl(trylast=True)  # what the machine lacks has been written, by the conftest
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.option.again:
        return
    seconds: dict[str, float] = defaultdict(float)
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                seconds[report.nodeid] += report.duration  # of setting up and taking down too
    if seconds:
        slowest = [f"{each:8.2f} s  {name}" for name, each in _longest(seconds)]
        page = _written("slowest", [*_files(seconds), "", *slowest])
        terminalreporter.section(f"the slowest of {sum(seconds.values()):,.0f} s; all in {page}")
        for line in slowest[:SLOWEST]:
            terminalreporter.line(line)
    left = config.stash[LEFT]
    page = _written(
        "left-for-ci",
        [
            f"{name}: {'all of it' if count == of else f'{count} of {of} cases'}"
            for name, (count, of) in sorted(left.items())
        ],
    )
    if config.option.left_out and EFFORT != FULL:
        files = Counter[str]()
        for name, (count, _) in left.items():
            files[name.partition("::")[0]] += count
        said = [f"{count} cases of {name}" for name, count in sorted(files.items())]
        said.append(f"nine of ten examples of properties ({page} has each test)")
        with Path(config.option.left_out).open("a", encoding="utf-8") as file:
            file.writelines(f"{LEFT_FOR_CI}{line}\n" for line in said)


def _written(name: str, lines: Sequence[str]) -> Path:
    """Write a page, one for each projector, and return where it is."""
    page = CACHE / f"{name}-{os.environ.get('INTACT_PROJECTOR') or 'usual'}.txt"
    CACHE.mkdir(exist_ok=True)
    page.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return page.relative_to(CACHE.parent)


def _longest(seconds: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(seconds.items(), key=lambda each: -each[1])


def _files(seconds: Mapping[str, float]) -> list[str]:
    """Return how long the tests of each file took together, the slowest first."""
    files: dict[str, float] = defaultdict(float)
    for name, each in seconds.items():
        files[name.partition("::")[0]] += each
    return [f"{each:8.2f} s  {name}" for name, each in _longest(files)]
