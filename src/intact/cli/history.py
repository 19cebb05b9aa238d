"""``intact history``: what earlier runs found."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from intact.core.counts import counted

if TYPE_CHECKING:
    from intact.findings.changes import ResolvedFinding
    from intact.ledger.history import RunRow

_HELP: Final = """List the recorded runs, compare two, show the life of a finding.

`intact check` records each run, unless --no-history forbids it. Runs belong together that are by the same model of a
database of the same name.

\b
intact history                        the runs, the last one first
intact history compare last-1 last    what two runs differ in
intact history show 3f9a2c            since when a finding is there
intact history days                   totals by day, as CSV
"""

_FILE: Final = click.option(
    "--history",
    "path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The history's file. Default: what INTACT_HISTORY says, else one in your state folder.",
)
_SHOWN: Final = 20
_ENDED: Final = {
    "cured": "cured",
    "destroyed": "destroyed: a document of it is gone",
    "model": "not comparable: the model changed",
}


@click.group(help=_HELP, invoke_without_command=True)
@_FILE
@click.option(
    "--limit", type=click.IntRange(min=1), default=_SHOWN, show_default=True, help="How many runs to list."
)
@click.pass_context
def history(context: click.Context, path: Path | None, limit: int) -> None:
    """List the runs, where no other command is given."""
    context.obj = path
    if context.invoked_subcommand is None:
        from intact.ledger.history import runs

        with _store(path) as store:
            found = runs(store, limit=limit)
        if not found:
            click.echo("No run is recorded.")
        for each in found:
            click.echo(_line(each))


@history.command()
@click.argument("earlier", default="last-1")
@click.argument("later", default="last")
@click.pass_obj
def compare(path: Path | None, earlier: str, later: str) -> None:
    """Say what two runs differ in: runs by name, or last, last-1 and so on.

    `last` is the last run of all; an EARLIER such as last-1 is counted among the runs of the audit that LATER is of.
    """
    from intact.findings.news import model_text
    from intact.ledger.history import compare as compared
    from intact.ledger.history.views import run_named

    with _store(path) as store:
        last = run_named(store, later)
        found = compared(store, run_named(store, earlier, like=last), last)
    click.echo(_line(found.earlier))
    click.echo(_line(found.later))
    click.echo(f"\n{found.appeared:,} appeared, {found.vanished:,} gone, {found.both:,} in both.")
    if found.model:
        click.echo(f"Between them {model_text(found.model)}.")
    _list("Appeared", found.appeared, found.appeared_listed)
    _list("Gone", found.vanished, found.vanished_listed)


@history.command()
@click.argument("fingerprint")
@click.pass_obj
def show(path: Path | None, fingerprint: str) -> None:
    """Show the life of a finding, by its fingerprint or the beginning of it."""
    from intact.cli.terminal import heading
    from intact.ledger.history import life

    with _store(path) as store:
        found = life(store, fingerprint)
    for each in found:
        heading(_plain(f"{each.type} {each.fingerprint}"))
        click.echo(
            _plain(
                f"{each.severity}, {each.collection}, report {each.report}, {each.subject} by {each.model}"
            )
        )
        click.echo(_plain(each.description))
        for (since, until), how in zip(each.spans, each.how, strict=True):
            ended = f" ({_ENDED[how]})" if how in _ENDED else ""
            click.echo(f"  from {_when(since)} until {'now' if until is None else _when(until)}{ended}")


@history.command()
@click.pass_obj
def days(path: Path | None) -> None:
    """Print the totals by day as CSV: model, subject, day, report, type, count."""
    import csv
    import sys

    from intact.ledger.history import days as by_day

    with _store(path) as store:
        found = by_day(store)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["model", "subject", "day", "report", "type", "count"])
    writer.writerows(
        [each.model, each.subject, each.day, each.report, each.type, each.count] for each in found
    )


@history.command()
@click.option(
    "--keep-days",
    type=click.IntRange(min=1),
    required=True,
    metavar="N",
    help="Keep what is younger than N days.",
)
@click.pass_obj
def prune(path: Path | None, keep_days: int) -> None:
    """Forget old runs, and findings that were resolved long ago. Totals by day stay, and what is there still."""
    from intact.ledger.history import prune as forget

    with _store(path) as store:
        runs, findings = forget(store, keep_days=keep_days, now=datetime.now(UTC))
    click.echo(f"{counted(runs, 'run')} and {counted(findings, 'resolved finding')} are forgotten.")


def _store(path: Path | None) -> Any:
    from intact.ledger.history import Store, default_path

    return Store(path or default_path(), make=False)


def _line(run: RunRow) -> str:
    """One run on one line."""
    from intact.findings.news import model_text, resolved_text

    how = resolved_text(run)
    changes = (
        f"{run.new:,} new, {run.came_back:,} back, {run.resolved:,} resolved{f' ({how})' if how else ''}"
    )
    changes += f"; {model_text(run.change)}" if run.change else ""
    whole = "" if run.complete else ", incomplete"
    return _plain(
        f"{run.name}  {_when(run.ended)}  exit {run.exit_code}  {run.findings:>7,} findings  {changes}{whole}"
        f"  {run.subject} ({run.model})"
    )


def _list(title: str, count: int, listed: tuple[ResolvedFinding, ...]) -> None:
    if not count:
        return
    from intact.cli.terminal import heading

    click.echo()
    heading(title)
    for each in listed[:_SHOWN]:
        how = f"  {_ENDED[each.how].partition(':')[0]}" if each.how in _ENDED and title == "Gone" else ""
        click.echo(
            _plain(f"  {each.fingerprint[:8]}  {each.severity:<8}  {each.type}  {each.description}{how}")
        )
    if count > _SHOWN:
        click.echo(f"  and {count - _SHOWN:,} more")


def _plain(text: str) -> str:
    from intact.findings.words import harmless

    return harmless(text)


def _when(moment: datetime) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")
