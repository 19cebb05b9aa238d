"""``intact alerts``: who is told of what, tried out, shown, sent, snoozed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

if TYPE_CHECKING:
    from intact.operations.alerts import Config, Due

_HELP: Final = """Tell people what is new, came back, or could not be checked.

`intact check --alerts FILE` tells those whom the file names, by mail, chat, pager or webhook; each finding once.
These commands try a file out, show what is due, send what is due between runs, and snooze.

\b
intact alerts test             does a message arrive?
intact alerts show             what would be sent now, and what waits
intact alerts send             for cron: digests, the end of quiet hours
intact alerts snooze WHAT --until 2026-12-01
"""

_FAILED: Final = 2


class _Files(NamedTuple):
    """The alerts file and the history's file, as they were given."""

    alerts: Path | None
    history: Path | None

    def config(self) -> Config:
        """Read the alerts file.

        Raises:
            UsageError: If none is named.
            AlertsError: If nothing of it can be read.
        """
        from intact.core.errors import UsageError
        from intact.operations.alerts import VARIABLE, default_file, load

        path = self.alerts or default_file()
        if path is None:
            raise UsageError("there is no alerts file", hint=f"Name one with --alerts, or in {VARIABLE}.")
        return load(path)

    def store(self, *, make: bool = True) -> Any:
        """Open the history."""
        from intact.ledger.history import Store, default_path

        return Store(self.history or default_path(), make=make)


@click.group(help=_HELP)
@click.option(
    "--alerts",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The alerts file. Default: what INTACT_ALERTS says.",
)
@click.option(
    "--history",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The history's file, in which is remembered who was told of what. Default: as for `intact check`.",
)
@click.pass_context
def alerts(context: click.Context, file: Path | None, history: Path | None) -> None:
    """Take the files."""
    context.obj = _Files(file, history)


@alerts.command()
@click.argument("target", required=False)
@click.pass_obj
def test(files: _Files, target: str | None) -> int:
    """Send a message to TARGET, else to every target, and say how that went. Nothing is remembered of it."""
    from intact.core.errors import UsageError
    from intact.model.names import suggestion
    from intact.operations.alerts.notifications import Notification
    from intact.operations.alerts.sending import SECONDS, send_all

    config = files.config()
    _problems(config)
    targets = [each for each in config.targets if target in (None, each.name)]
    if target is not None and not targets:
        raise UsageError(
            f"there is no target {target!r} that could be told",
            where=config.file,
            hint=suggestion(target, [each.name for each in config.targets]),
        )
    text = "This is a test of intact's alerts. If you can read it, alerts reach you here."
    letters = {each.name: Notification("intact: a test of alerts", text, "info") for each in targets}
    outcomes = send_all(letters, {each.name: each.url for each in targets}, config.secrets, SECONDS)
    for name, why in outcomes.items():
        _say(f"{name}: {f'could not be told ({why})' if why else 'told'}")
    return _FAILED if any(outcomes.values()) or config.problems else 0


@alerts.command()
@click.pass_obj
def show(files: _Files) -> int:
    """Show what would be sent now, and what waits. Nothing is sent."""
    from intact.operations.alerts import Notifier

    config = files.config()
    _problems(config)
    with files.store(make=False) as store:
        desk = Notifier(config, store)
        for target in config.targets:
            _show(desk.due(target))
        for snooze in (*config.snoozes, *desk.book.snoozes()):
            _say(f"Snoozed until {_when(snooze.until, config)}: {snooze.what}")
        for note in desk.notes():
            _say(note)
    return _FAILED if config.problems else 0


def _show(due: Due) -> None:
    """Show what is due to one target."""
    from intact.cli.terminal import heading
    from intact.findings.words import counted

    heading(due.target.name)
    if due.letter:
        _say(due.letter.title)
        for line in due.letter.body.split("\n"):
            _say(f"  {line}" if line else "")
    for why, count in due.waiting.items():
        _say(f"{counted(count, 'message')} waiting: {why}.")
    if not due.letter and not due.waiting:
        _say("Nothing is due.")
    click.echo()


@alerts.command()
@click.pass_obj
def send(files: _Files) -> int:
    """Send what is due: digests, what waited for the end of quiet hours, what could not be sent before."""
    from intact.operations.alerts import Notifier

    config = files.config()
    _problems(config)
    with files.store(make=False) as store:
        delivery = Notifier(config, store).deliver()
    for name, title in delivery.sent:
        _say(f"{name}: {title}")
    for sentence in delivery.failed:
        _say(sentence, err=True)
    return _FAILED if delivery.failed or config.problems else 0


@alerts.command()
@click.argument("what", required=False)
@click.option("--until", metavar="DATE", help="Tell nobody before this date, or moment.")
@click.option("--off", is_flag=True, help="Tell of it again.")
@click.pass_obj
def snooze(files: _Files, what: str | None, until: str | None, *, off: bool) -> None:
    """Tell nobody of WHAT for a while: a finding type, a cause such as customer_id=c-17, or a fingerprint.

    Reports show it all the same. Without WHAT, what is snoozed is listed.
    """
    from intact.core.errors import UsageError
    from intact.operations.alerts import Notifier, Snooze
    from intact.operations.alerts.alerts_file import moment_of, snoozable

    config = files.config()
    _problems(config)
    with files.store() as store:
        book = Notifier(config, store).book
        if what is None:
            found = [*config.snoozes, *book.snoozes()]
            for each in found:
                _say(f"until {_when(each.until, config)}: {each.what}")
            if not found:
                click.echo("Nothing is snoozed.")
        elif off:
            if not book.wake(what):
                raise UsageError(
                    f"{what!r} is not snoozed by a command", hint=f"{config.file} may snooze it."
                )
            _say(f"{what} is told again.")
        else:
            moment = None if until is None else moment_of(until, config.zone)
            if moment is None:
                raise UsageError(
                    "until when?" if until is None else f"{until!r} is no date",
                    hint="Write --until 2026-12-01.",
                )
            if not snoozable(what):
                raise UsageError(
                    f"{what!r} is neither a finding type, nor a cause, nor a fingerprint",
                    hint="Write a cause like customer_id=c-17.",
                )
            if moment <= datetime.now(UTC):
                raise UsageError(
                    f"{until} has passed already", hint="Write --until 2026-12-01, a day to come."
                )
            book.snooze(Snooze(what, moment))
            _say(f"Nobody is told of {what} before {_when(moment, config)}.")


def _problems(config: Config) -> None:
    for problem in config.problems:
        _say(f"intact: {problem}", err=True)


def _say(text: str, *, err: bool = False) -> None:
    from intact.findings.words import harmless

    click.echo(harmless(text), err=err)


def _when(moment: Any, config: Config) -> str:
    return str(moment.astimezone(config.zone).strftime("%Y-%m-%d %H:%M %Z"))
