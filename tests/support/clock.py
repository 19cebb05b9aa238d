"""Say which tests wait for the machine's clock or for another process, and how each test ended.

A plugin of pytest, named in the top conftest. A machine that stands still for some seconds can make such a test fail,
so ``tools/verify.py`` may run one that failed once more, alone, and says so. No other test is ever tried again: what
is found or written does not depend on how quick a machine is.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import pytest

WAITING: Final = (
    "tests/alerts/test_attacked.py",
    "tests/alerts/test_check.py",
    "tests/alerts/test_clock.py",
    "tests/alerts/test_desk.py",
    "tests/alerts/test_receivers.py",
    "tests/backend/*",
    "tests/cli/test_process.py",
    "tests/cli/test_reports.py",
    "tests/diagnosis/*",
    "tests/folder/test_at_once.py",
    "tests/folder/test_failures.py",
    "tests/folder/test_folder.py",
    "tests/history/test_history.py",
    "tests/history/test_side_by_side.py",
    "tests/ledger/test_endings.py",
    "tests/live/*",
    "tests/recheck/*",
    "tests/run/test_calls.py",
    "tests/run/test_live_runs.py",
    "tests/run/test_stopping.py",
    "tests/run/test_temporary.py",
    "tests/schedule/*",
    "tests/serve/*",
    "tests/servers/*",
    "tests/sources/test_live*.py",
    "tests/uris/*",
)
"""The files whose tests get the mark ``clock``: what they try is another process, a server, or a time that runs."""

MARK: Final = "clock: it waits for the machine's clock or another process, and may be run again, alone"


def waits(test: str) -> bool:
    """Whether a test, by pytest's name of it, is one of those."""
    return any(fnmatchcase(test.partition("::")[0], pattern) for pattern in WAITING)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--outcomes", metavar="FILE", help="write how each test ended, a line each")
    parser.addoption(
        "--again", action="store_true", help="tests that failed, run once more: no pages of them"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARK)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if waits(item.nodeid):
            item.add_marker(pytest.mark.clock)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Write for each test how it ended, whether it has the mark, and its name; from pytest's own reports."""
    if not config.option.outcomes:
        return
    ended: dict[str, tuple[str, str]] = {}
    for report in (each for reports in terminalreporter.stats.values() for each in reports):
        if not isinstance(report, pytest.TestReport | pytest.CollectReport):
            continue
        before, _ = ended.get(report.nodeid, ("", ""))
        if before != "failed":  # in setting up, or taking down
            ended[report.nodeid] = (report.outcome, "clock" if _marked(report) else "-")
    lines = [f"{outcome} {mark} {name}\n" for name, (outcome, mark) in ended.items()]
    Path(config.option.outcomes).write_text("".join(lines), encoding="utf-8")


def _marked(report: pytest.TestReport | pytest.CollectReport) -> bool:
    keywords: Any = getattr(
        report, "keywords", {}
    )  # a worker of xdist that died has none: no second try then
    return "clock" in keywords
