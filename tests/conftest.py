"""What all tests share: hypothesis's profiles, and the rule that nothing is left out silently.

A test that needs what the machine lacks skips, with a reason that says what is missing. At the end the reasons
are shown together. Under ``INTACT_REQUIRE_ALL=1`` such a test fails.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections import Counter
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TypeVar

import hypothesis
import pytest

from intact.project import implementation
from tests.servers import real, secantus
from tests.support.effort import share

pytest_plugins = ["tests.servers.fixtures", "tests.support.left_for_ci", "tests.support.clock"]

TOOLS = ("java", "mvn", "mongod", "cargo", "chromium", "systemd-analyze")
os.environ["INTACT_MASK_KEY"] = "of the tests"  # what is masked is the same in every run

REQUIRE_ALL = os.environ.get("INTACT_REQUIRE_ALL") == "1"
NO_REAL_SERVER = (
    "everything against a real MongoDB: no MONGODB_URI, and no mongod on the PATH that works (it lies in no package "
    "registry; the workflow for contributors has one)"
)

# Machines are busy, so nothing has a deadline. The usual profile tries the same examples every time, so that a red
# run is red again, and more of them in a full run; `--hypothesis-profile=search` looks for new ones.
hypothesis.settings.register_profile(
    "usual",
    deadline=None,
    derandomize=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
    max_examples=share(400),
)
hypothesis.settings.register_profile(
    "search", hypothesis.settings.get_profile("usual"), derandomize=False, max_examples=5000
)
hypothesis.settings.load_profile("usual")

AnyReport = TypeVar("AnyReport", pytest.TestReport, pytest.CollectReport)


@pytest.fixture(scope="session")
def histories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Folders for the tests' histories; counted here, for pytest looks through all that there are for the next."""
    place = tmp_path_factory.mktemp("histories")
    return (place / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def own_history(histories: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test begins without a history, and writes none into the user's."""
    folder = next(histories)
    folder.mkdir()
    monkeypatch.setenv("INTACT_HISTORY", str(folder / "history.sqlite"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--left-out", metavar="FILE", help="write what was left out, and why, a line each")


def pytest_report_header() -> list[str]:
    # Whether they work is tried where they are needed, and said at the end: to try all takes seconds.
    tools = ", ".join(
        f"{tool} {'at ' + path if (path := shutil.which(tool)) else 'MISSING'}" for tool in TOOLS
    )
    rule = "everything is required" if REQUIRE_ALL else "what cannot be run is left out, and said at the end"
    return [f"tools on the PATH: {tools}", f"projector: {implementation()}", f"rule: {rule}"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _required((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _required((yield))


def _required(report: AnyReport) -> AnyReport:
    """The report, failed where it left something out although everything is required."""
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"INTACT_REQUIRE_ALL=1, but this was left out: {_reason(report)}"
    return report


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    why = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return why.removeprefix("Skipped: ").removeprefix("NOT RUN: ").removeprefix("LEFT OUT: ")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    reasons = Counter(_reason(report) for report in terminalreporter.stats.get("skipped", ()))
    lines = [
        f"{count} tests: {reason}" if count > 1 else f"1 test: {reason}" for reason, count in reasons.items()
    ]
    if not real.available():
        lines.append(NO_REAL_SERVER)
    lines += [f"{name} on SecantusDB: {reason}" for name, reason in secantus.SLOW.items()]
    if lines:
        terminalreporter.section("LEFT OUT", sep="!", red=True, bold=True)
        for line in lines:
            terminalreporter.line(line, red=True)
    if config.option.left_out:
        Path(config.option.left_out).write_text("".join(f"{line}\n" for line in lines))
