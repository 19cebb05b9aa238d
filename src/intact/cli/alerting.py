"""Alerts of ``intact check``: whoever is to know hears how it ended, even if the command line was wrong."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

import click

from intact.cli.job import job_of, sentence_of, value_of
from intact.cli.project import said_to
from intact.core.errors import HistoryError, ModelError, ScheduleError

if TYPE_CHECKING:
    from intact.findings import Report
    from intact.ledger.history import Store
    from intact.operations.alerts import RunAlerts

VARIABLE: Final = "INTACT_ALERTS"
"""That of :mod:`intact.operations.alerts`, named here too so that ``--help`` need not import it."""

alerts_option: Final = click.option(
    "--alerts",
    metavar="FILE",
    help="The file that says who is told of what (see `intact alerts`). Default: what INTACT_ALERTS says, else "
    "nobody. Findings and exit code stay the same, whether anybody could be told or not.",
)

_HISTORY: Final = "INTACT_HISTORY"
_COMMAND: Final = "intact check"


class Alerting:
    """What ``check`` tells of its run; where there is no alerts file, it is only written down how it ended."""

    def __init__(self, telling: RunAlerts | _Unalerted, model: str) -> None:
        self._telling = telling
        self._model = model
        self._urgent: list[str] = []

    def noted(self, report: Report) -> Report:
        """Return the report with what could not be told before."""
        if isinstance(self._telling, _Unalerted):
            return report
        with self._telling.beside():
            self._urgent = self._of_model(self._telling)
        return self._telling.noted(report)

    def tell(self, report: Report, saved: Sequence[str]) -> None:
        """Tell of the report, which has been saved in these files."""
        if isinstance(self._telling, _Unalerted):
            self._telling.exit_code = report.exit_code
        else:
            pages = sorted(saved, key=lambda path: not path.endswith(".html"))
            link = str(Path(pages[0]).absolute()) if pages else ""
            self._telling.tell(report, urgent=self._urgent, link=link)

    def _of_model(self, telling: RunAlerts) -> list[str]:
        """Return what the model says a run fails at, and say which names of the alerts file it does not have."""
        from intact.checks import KINDS
        from intact.core.terms import UNREADABLE
        from intact.model import load

        model = load(self._model, KINDS)
        types = [rule.finding for spec in model.reports.values() for rule in spec.rules]
        telling.doubt([*types, UNREADABLE], list(model.reports), model.name)
        return list(model.fail_on)


class _Unalerted:
    """A run of which nobody is told: the history, if there is one, says that it began and how it ended.

    A history that cannot be used is no matter here: the report says that the run is not in it.
    """

    def __init__(self, history: Path | None, job: str) -> None:
        from intact.ledger.history import Attempt

        self._history = history
        self._attempt = Attempt(job)
        self.exit_code: int | None = None

    def __enter__(self) -> Self:
        self._write(lambda store: self._attempt.begin(store, datetime.now(UTC)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        from intact.ledger.history import DONE, ending_of

        del kind, trace
        outcome, code = (error and ending_of(error)) or (DONE, self.exit_code)
        if code is None:  # help was shown
            self._write(self._attempt.take_back)
        else:
            self._write(lambda store: self._attempt.end(store, outcome, code, datetime.now(UTC)))

    def _write(self, write: Callable[[Store], object]) -> None:
        from intact.ledger.history import Store

        if self._history is not None:
            with suppress(HistoryError), Store(self._history, make=False) as store:
                write(store)


def alerting(
    file: str | None,
    *,
    source: str | None,
    model: str,
    reports: Sequence[str],
    database: str | None,
    history: str | None,
    none: bool,
) -> Alerting:
    """Begin to tell of this command, up to its end.

    Args:
        file: The alerts file, where one is named.
        source: What is audited.
        model: By which model.
        reports: Which of its reports; none for all.
        database: Which database.
        history: The history's file, where one is named.
        none: Whether there is to be no history.
    """
    path, record = file or os.environ.get(VARIABLE), _remembered(history, none=none)
    # That one report could be made says nothing of another.
    job = job_of(source, model=model, database=database, reports=reports)
    context = click.get_current_context()
    if not path:
        return Alerting(context.with_resource(_Unalerted(record, job)), model)
    return Alerting(context.with_resource(_telling(path, record, job, [source or ""])), model)


def tell_failure(path: str, history: Path, job: str, sentence: str) -> None:
    """Tell that an audit could not be made by whoever was to have it made.

    Args:
        path: The alerts file.
        history: The history's file.
        job: What was to be audited, as :func:`job_of` says it.
        sentence: Why it was not.
    """
    with suppress(ScheduleError), _telling(path, history, job, [], is_run=False):
        raise ScheduleError(sentence)


class AlertedCommand(click.Command):
    """A command that tells of a command line that it cannot read, too: a night's run fails by that as by anything."""

    def make_context(self, info_name: str | None, args: list[str], *rest: Any, **extra: Any) -> click.Context:
        """Read the command line."""
        given = list(args)
        try:
            return super().make_context(info_name, args, *rest, **extra)
        except (
            click.UsageError,
            ModelError,
        ):  # a project file that cannot be read is a part of the command line
            said = said_to(given)
            path = value_of(given, "--alerts") or os.environ.get(VARIABLE) or said.get("alerts")
            if not path or sys.stderr.isatty():  # who sits at the terminal reads it there
                raise
            named = value_of(given, "--history") or os.environ.get(_HISTORY) or said.get("history")
            history = _remembered(named, none="--no-history" in given)
            with _telling(path, history, _COMMAND, given):
                raise


def _telling(
    path: str, history: Path | None, job: str, arguments: Sequence[str], *, is_run: bool = True
) -> RunAlerts:
    from intact.findings.words import harmless
    from intact.operations.alerts import RunAlerts

    def why(error: BaseException) -> str:
        if not isinstance(error, Exception):
            return "it was interrupted, or told to end."
        return sentence_of(error, arguments)

    def say(sentence: str) -> None:
        click.echo(f"intact: {harmless(sentence)}", err=True)

    return RunAlerts(Path(path), history, harmless(job), say=say, why=why, is_run=is_run)


def _remembered(history: str | None, *, none: bool) -> Path | None:
    """Return the history's file; None where nothing is recorded."""
    from intact.core.errors import HistoryError
    from intact.ledger.history import default_path

    if none:
        return None
    try:
        return Path(history) if history else default_path()
    except HistoryError:  # `check` says it
        return None
