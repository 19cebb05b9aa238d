"""``intact check``: the audit."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from intact.cli.alerting import alerting, alerts_option
from intact.cli.options import model_option, moment, named, quiet_option
from intact.cli.report_folder import KeptCommand, keeping

if TYPE_CHECKING:
    from intact.findings import Report
    from intact.reporters import Destination

FORMATS: Final = (
    "console",
    "html",
    "markdown",
    "json",
    "ndjson",
    "csv",
    "csv-zip",
    "parquet",
    "junit",
    "sarif",
    "github",
)
"""The forms of :data:`intact.reporters.FORMS`, named here too so that ``--help`` need not import them."""

READ_PREFERENCES: Final = ("primary", "primaryPreferred", "secondary", "secondaryPreferred", "nearest")
"""Those of :mod:`intact.sources.mongodb.settings`, named here too for the same reason."""

_NONE: Final = "none"

_HELP: Final = """Audit a database or a dump, and print what is broken.

SOURCE is a MongoDB URI, a mongodump directory, an archive (mongodump --archive, plain or gzip), a .bson
or .jsonl file, or - for standard input. Without it INTACT_SOURCE is taken, then MONGODB_URI from the
environment, which also keeps a password off the command line. Nothing is ever written to the database.

\b
intact check dump/shop
intact check mongodb://localhost:27017/shop --output reports/
intact check shop.archive.gz --report billing --fail-on high
"""

_EXIT_CODES: Final = (
    "Exit codes: 0 nothing at or above --fail-on; 1 something is; 2 the run failed; 3 nothing at that level, "
    "but part of it could not be checked; 130 interrupted."
)


@click.command(cls=KeptCommand, help=_HELP, epilog=_EXIT_CODES)
@click.argument("source", required=False)
@model_option
@click.option("--report", "reports", metavar="NAME", multiple=True, help="Only this report. Repeatable.")
@click.option(
    "--as-of",
    type=moment,
    metavar="MOMENT",
    help="Count ages and periods from this moment, such as 2026-01-31 or 2026-01-31T18:30Z (UTC). "
    "Default: now.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    metavar="FORM",
    default="console",
    show_default=True,
    help=f"What to print: {', '.join(FORMATS[:-1])} or {FORMATS[-1]} (annotations, and the step's summary).",
)
@click.option(
    "--output",
    "-o",
    "outputs",
    metavar="FILE|DIR",
    multiple=True,
    help="Write the report to a file too, its form from the suffix: .html, .md, .json, .ndjson, .csv (one file; "
    "DIR.csv/ gets one a finding type, .csv.zip packs them), .parquet, .xml (JUnit), .sarif, .github.txt, .txt; in any "
    "other directory each run gets a JSON file named by its moment (data_consistency_report_*.json). Repeatable.",
)
@click.option(
    "--documents",
    metavar="DIR",
    help="Write one Markdown document a report into this directory, such as BILLING_INTEGRITY_REPORT_YYYY_MM.md (year "
    "and month of --as-of): numbers, root causes, what to do, how to repair. A later run of the month replaces them.",
)
@click.option(
    "--reports",
    "folder",
    metavar="DIR",
    help="Keep this run in a folder of its own there, named by its moment: HTML, JSON and the documents. index.html "
    "lists all runs, latest leads to the last one. Only you may read them.",
)
@click.option(
    "--keep",
    type=click.IntRange(min=1),
    metavar="N",
    help="How many runs --reports keeps of each audit (model, database and reports). Default: 24.",
)
@click.option(
    "--fail-on",
    metavar="LINE|none",
    multiple=True,
    help="Exit with 1 at a finding of this type, or of this severity or above; at more of them than a number "
    "('DOUBLE_BILLING>5'), at more money ('overcharged>1000'), at new ones only ('new:HIGH'); with none, never. "
    "Repeatable. Default: what the model says (delivery: phantom deliveries and double billing), else critical and "
    "high.",
)
@click.option(
    "--baseline",
    metavar="FILE",
    help="File of accepted findings (see intact baseline): they are counted, and do not fail the run.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help="List at most N findings of each type in a report; all are counted.",
)
@click.option(
    "--memory",
    metavar="SIZE",
    help="Memory for the engine, such as 512MB; beyond it the disk is used. Default: a quarter of the free "
    "memory, at least 1GB; within a container at most two thirds of what it leaves.",
)
@click.option(
    "--max-duration",
    metavar="TIME",
    help="End after this time, such as 90s, 30m or 2h, with what was done; what was not is said, and the exit code is "
    "3 if nothing is found. Default: as long as it takes.",
)
@click.option(
    "--max-rate",
    metavar="SIZE",
    help="Read at most so many bytes a second from a server, on average, such as 10MB.",
)
@click.option(
    "--read-preference",
    type=click.Choice(READ_PREFERENCES),
    metavar="MODE",
    help="Which member of a replica set to read: primary, primaryPreferred, secondary, secondaryPreferred "
    "or nearest. Default: what the URI says, else secondaryPreferred.",
)
@click.option(
    "--strict-read-only",
    is_flag=True,
    help="Watch every command that the driver sends to a server, and end the run before one that may write.",
)
@click.option("--database", metavar="NAME", help="The database, where the source holds several.")
@click.option(
    "--collection",
    metavar="NAME",
    help="The collection, where nothing else says which it is (BSON or JSON from standard input).",
)
@click.option(
    "--recheck-limit",
    type=click.IntRange(min=0),
    metavar="N",
    help="Look again at N findings at most, where a server could not be read as of one moment. Default: 100,000.",
)
@click.option(
    "--show-personal",
    is_flag=True,
    help="Show values that the model calls personal (phone, name, email) as they are; by default they are masked.",
)
@click.option(
    "--history",
    metavar="FILE",
    help="The file in which the run is recorded, and against which findings are new. Default: what INTACT_HISTORY "
    "says, else one in your state folder.",
)
@click.option("--no-history", is_flag=True, help="Record nothing, and compare with nothing.")
@alerts_option
@quiet_option
def check(  # noqa: PLR0913 - one parameter an option
    *,
    source: str | None,
    model: str,
    reports: Sequence[str],
    as_of: datetime | None,
    form: str,
    outputs: Sequence[str],
    documents: str | None,
    folder: str | None,
    keep: int | None,
    fail_on: Sequence[str],
    baseline: str | None,
    limit: int | None,
    memory: str | None,
    max_duration: str | None,
    max_rate: str | None,
    read_preference: str | None,
    strict_read_only: bool,
    database: str | None,
    collection: str | None,
    recheck_limit: int | None,
    show_personal: bool,
    history: str | None,
    no_history: bool,
    alerts: str | None,
    quiet: bool,
) -> int:
    """Audit a database or a dump, print the report, and give the exit code."""
    from intact.audit.run import check as run
    from intact.cli.documents import documents_directory, save_documents
    from intact.cli.output import destinations, printable, refuse_to_overwrite, save_all, show
    from intact.cli.progress import shown_progress

    alarm = alerting(
        alerts,
        source=source,
        model=model,
        reports=reports,
        database=database,
        history=history,
        none=no_history,
    )
    kept = keeping(folder, keep, source=source, model=model, database=database, reports=reports)
    printable(form)
    places, directory = destinations(outputs), documents_directory(documents)
    record = _history(history, none=no_history)
    targets = [each.path for each in places if not each.directory]
    recorded = None if record is None else Path(record)
    refuse_to_overwrite(
        targets, [source or os.environ.get("INTACT_SOURCE"), model, recorded, baseline, alerts]
    )
    with shown_progress(quiet=quiet) as progress:
        report = run(
            source,
            model=named(model),
            reports=list(reports) or None,
            as_of=as_of,
            fail_on=_fail_on(fail_on),
            baseline=baseline,
            limit=limit,
            memory=memory,
            max_duration=max_duration,
            max_rate=max_rate,
            read_preference=read_preference,
            strict_read_only=strict_read_only,
            database=database,
            collection=collection,
            recheck_limit=recheck_limit,
            show_personal=show_personal,
            history=record,
            progress=progress,
        )
    report = alarm.noted(report)
    saved, failed = save_all(
        [
            *(partial(_save, report, each) for each in places),
            *([lambda written: save_documents(report, directory, written)] if directory is not None else ()),
            lambda _: kept.keep(report),
        ]
    )
    show(report, form, saved)
    alarm.tell(report, saved)
    if failed:
        raise failed
    return report.exit_code


def _save(report: Report, place: Destination, written: Sequence[str]) -> list[str]:
    from intact.cli.output import save

    del written
    return save(report, place)


def _fail_on(names: Sequence[str]) -> list[str] | None:
    """Return the lines at which the run fails; None for what the model says."""
    if _NONE not in [name.lower() for name in names]:
        return list(names) or None
    if len(names) > 1:
        message = "--fail-on none cannot stand beside other --fail-on options."
        raise click.UsageError(message)
    return []


def _history(path: str | None, *, none: bool) -> str | os.PathLike[str] | None:
    """Return the file in which the run is recorded; None for none."""
    given = click.get_current_context().get_parameter_source("history")
    if none and given is click.core.ParameterSource.DEFAULT_MAP:
        return None  # given by hand, it wins over the project file
    if none and path:
        message = "--history and --no-history exclude each other."
        raise click.UsageError(message)
    if none or path:
        return path
    from intact.core.errors import HistoryError
    from intact.ledger.history import default_path

    try:
        return default_path()
    except HistoryError as error:
        click.echo(f"This run is not recorded: {error}", err=True)
        return None
