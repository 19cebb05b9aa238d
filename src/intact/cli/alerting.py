"""Alerts of ``intact check``: whoever is to know hears how it ended, even if the command line was wrong."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from intact.cli.job import job_of, sentence_of, value_of
from intact.cli.project import said_to
from intact.core.errors import ModelError, ScheduleError

if TYPE_CHECKING:
    from intact.findings import Report
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
    """What ``check`` tells of its run; nothing, where there is no alerts file."""

    def __init__(self, telling: RunAlerts | None, model: str) -> None:
        self._telling = telling
        self._model = model
        self._urgent: list[str] = []

    def noted(self, report: Report) -> Report:
        """Give the report with what could not be told before."""
        if self._telling is None:
            return report
        with self._telling.beside():
            self._urgent = self._of_model(self._telling)
        return self._telling.noted(report)

    def tell(self, report: Report, saved: Sequence[str]) -> None:
        """Tell of the report, which has been saved in these files."""
        if self._telling is not None:
            pages = sorted(saved, key=lambda path: not path.endswith(".html"))
            link = str(Path(pages[0]).absolute()) if pages else ""
            self._telling.tell(report, urgent=self._urgent, link=link)

    def _of_model(self, telling: RunAlerts) -> list[str]:
        """Give what the model says a run fails at, and say which names of the alerts file it does not have."""
        from intact.checks import KINDS
        from intact.core.terms import UNREADABLE
        from intact.model import load

        model = load(self._model, KINDS)
        types = [rule.finding for spec in model.reports.values() for rule in spec.rules]
        telling.doubt([*types, UNREADABLE], list(model.reports), model.name)
        return list(model.fail_on)


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
    path = file or os.environ.get(VARIABLE)
    if not path:
        return Alerting(None, model)
    # That one report could be made says nothing of another.
    job = job_of(source, model=model, database=database, reports=reports)
    telling = _telling(path, _remembered(history, none=none), job, [source or ""])
    return Alerting(click.get_current_context().with_resource(telling), model)


def tell_failure(path: str, history: Path, job: str, sentence: str) -> None:
    """Tell that an audit could not be made by whoever was to have it made.

    Args:
        path: The alerts file.
        history: The history's file.
        job: What was to be audited, as :func:`job_of` says it.
        sentence: Why it was not.
    """
    with suppress(ScheduleError), _telling(path, history, job, []):
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


def _telling(path: str, history: Path | None, job: str, arguments: Sequence[str]) -> RunAlerts:
    from intact.findings.words import harmless
    from intact.operations.alerts import RunAlerts

    def why(error: BaseException) -> str:
        if not isinstance(error, Exception):
            return "it was interrupted, or told to end."
        return sentence_of(error, arguments)

    def say(sentence: str) -> None:
        click.echo(f"intact: {harmless(sentence)}", err=True)

    return RunAlerts(Path(path), history, harmless(job), say=say, why=why)


def _remembered(history: str | None, *, none: bool) -> Path | None:
    """Give the history's file; None where nothing is recorded."""
    from intact.core.errors import HistoryError
    from intact.ledger.history import default_path

    if none:
        return None
    try:
        return Path(history) if history else default_path()
    except HistoryError:  # `check` says it
        return None
