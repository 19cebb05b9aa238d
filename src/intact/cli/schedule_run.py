"""``intact schedule run``: the daemon put together, with processes for its runs and for what it has to tell."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from intact.cli.alerting import VARIABLE as ALERTS
from intact.cli.failures import without_secrets
from intact.cli.job import job_of
from intact.cli.terminal import drop_unwritten
from intact.core.errors import UsageError
from intact.findings.words import harmless
from intact.ledger.history import default_path, leases
from intact.ledger.identity import VARIABLE, is_server
from intact.operations.schedule.audit import AuditProcess
from intact.operations.schedule.claims import LEASE_SECONDS, Claims
from intact.operations.schedule.clock import SystemClock
from intact.operations.schedule.daemon import POLL_SECONDS, Daemon, DaemonSettings
from intact.operations.schedule.found import found
from intact.operations.schedule.messenger import Messages, Nobody
from intact.operations.schedule.plan import Plans
from intact.operations.schedule.times import Times


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a daemon.

    Attributes:
        name: By which daemons that share a history know that they do the same.
        model_named: Whether anybody named the model; else a run takes it only where it fits.
        follow: Whether their time zone is the model's.
        history: The history's file; None for the default.
        alerts: The alerts file, where one is named.
        words: Further options of `intact check`.
        given: What these say.
    """

    source: str | None
    model: str
    model_named: bool
    name: str
    times: Times
    follow: bool
    history: Path | None
    alerts: str | None
    at_once: bool
    words: Sequence[str]
    given: Mapping[str, Any]


def run_daemon(wanted: Wanted, plans: Plans) -> int:
    """Run it until it is told to end, and give the exit code.

    Raises:
        UsageError: If the alerts file is named twice, or is not there.
        ModelError: If the model cannot be read at the beginning.
        HistoryError: If the history cannot be used at the beginning.
    """
    record = (wanted.history or default_path()).absolute()
    told = _alerts_file(wanted.alerts, wanted.given["alerts"])
    plan = plans()
    settings = DaemonSettings(
        wanted.name,
        wanted.times,
        follow=wanted.follow,
        at_once=wanted.at_once,
        poll=POLL_SECONDS,
        lease=LEASE_SECONDS,
    )
    environment = dict(os.environ)
    command = [sys.executable, "-m", "intact.cli.supervised", str(settings.patience), "check"]
    if wanted.source and is_server(wanted.source):
        environment[VARIABLE] = wanted.source  # on a command line every user of the machine could read it
    elif wanted.source:
        command.append(wanted.source)

    def start(reports: Sequence[str]) -> AuditProcess:
        chosen = [word for each in reports for word in ("--report", each)]
        fixed = [
            "--quiet",
            *(["--model", wanted.model] if wanted.model_named else []),
            "--history",
            str(record),
        ]
        fixed += ["--alerts", told] if told and not wanted.given["alerts"] else []
        return AuditProcess([*command, *fixed, *chosen, *wanted.words], environment)

    clock = SystemClock()
    messages = _messages(wanted, told, record, environment, clock.monotonic) if told else None
    daemon = Daemon(
        settings,
        plans,
        Claims(record, leases.new_holder(), clock.monotonic, LEASE_SECONDS),
        start=start,
        found=lambda reports, began: found(record, plan.model, reports, began),
        say=_say,
        messenger=messages or Nobody(),
        clock=clock,
    )
    with _told_to_end(daemon.stop):
        try:
            daemon.run()
        finally:
            if messages:
                messages.close()
            clock.close()
    return 0


def _messages(
    wanted: Wanted,
    alerts: str,
    history: Path,
    environment: Mapping[str, str],
    monotonic: Callable[[], float],
) -> Messages:
    """Return what sends between runs, and tells of those that could not be made."""
    python = [sys.executable, "-m"]

    def tell(reports: Sequence[str]) -> list[str]:
        job = job_of(wanted.source, model=wanted.model, reports=reports, database=wanted.given["database"])
        return [*python, "intact.cli.send_result", alerts, str(history), job]

    send = [*python, "intact", "alerts", "--alerts", alerts, "--history", str(history), "send"]
    return Messages(send, tell, environment, say=_log(wanted.times), monotonic=monotonic)


def _alerts_file(named: str | None, passed: str | None) -> str | None:
    """Return the alerts file of the daemon and its runs; None for none.

    Raises:
        UsageError: If two are named, or it is not there.
    """
    if named and passed:
        raise UsageError("an alerts file is named twice", where="--alerts", hint="Leave it out of --with.")
    path = named or passed or os.environ.get(ALERTS)
    if path and not Path(path).is_file():
        raise UsageError(
            "there is no such alerts file", where=path, hint="`intact alerts --help` tells of it."
        )
    return path or None


def _log(times: Times) -> Callable[[str], None]:
    """Return what prints a line of the log with its time."""
    return lambda text: _say(f"{datetime.now(times.zone):%Y-%m-%d %H:%M:%S %z} {' '.join(text.split())}")


def _say(line: str) -> None:
    """Print a line of the log at once; that nobody reads it any more ends no daemon."""
    try:
        click.echo(harmless(without_secrets(line, sys.argv[1:])))
    except OSError:
        drop_unwritten()


@contextmanager
def _told_to_end(stop: Callable[[], None]) -> Iterator[None]:
    """Let SIGTERM and Ctrl-C end the daemon in order; a second one ends it at once."""
    signals = (signal.SIGINT, signal.SIGTERM)

    def end(number: int, frame: object) -> None:
        del number, frame
        for each in signals:
            signal.signal(each, signal.SIG_DFL)
        stop()

    before = [signal.signal(each, end) for each in signals]
    try:
        yield
    finally:
        for each, handler in zip(signals, before, strict=True):
            signal.signal(each, handler)
