"""``intact check``: the audit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import click

from intact.cli.options import model_option, moment, quiet_option

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


@click.command(help=_HELP, epilog=_EXIT_CODES)
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
    type=click.Choice(["console", "json"]),
    default="console",
    show_default=True,
    help="What to print.",
)
@click.option(
    "--output",
    "-o",
    "outputs",
    metavar="FILE|DIR",
    multiple=True,
    help="Write the report to a file too: FILE.json or FILE.txt; in a directory each run gets a JSON file of "
    "its own, data_consistency_report_YYYY_MM_DD_HHMMSS.json. Repeatable.",
)
@click.option(
    "--fail-on",
    metavar="TYPE|SEVERITY|none",
    multiple=True,
    help="Exit with 1 at a finding of this type, or of this severity or above; with none, never. Repeatable. "
    "Default: what the model says (delivery: phantom deliveries and double billing).",
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
    help="Memory for the engine, such as 512MB; beyond it the disk is used. Default: 1GB.",
)
@click.option("--database", metavar="NAME", help="The database, where the source holds several.")
@click.option(
    "--collection",
    metavar="NAME",
    help="The collection, where nothing else says which it is (BSON or JSON from standard input).",
)
@click.option(
    "--show-personal",
    is_flag=True,
    help="Show values that the model calls personal (phone, name, email) as they are; by default they are masked.",
)
@quiet_option
def check(  # noqa: PLR0913 - one parameter an option
    *,
    source: str | None,
    model: str,
    reports: Sequence[str],
    as_of: datetime | None,
    form: str,
    outputs: Sequence[str],
    fail_on: Sequence[str],
    limit: int | None,
    memory: str | None,
    database: str | None,
    collection: str | None,
    show_personal: bool,
    quiet: bool,
) -> int:
    """Audit a database or a dump, print the report, and give the exit code."""
    from intact.cli.output import destinations, save, show
    from intact.cli.progress import shown_progress
    from intact.run import check as run

    places = destinations(outputs)
    with shown_progress(quiet=quiet) as progress:
        report = run(
            source,
            model=model,
            reports=list(reports) or None,
            as_of=as_of,
            fail_on=_fail_on(fail_on),
            limit=limit,
            memory=memory,
            database=database,
            collection=collection,
            show_personal=show_personal,
            progress=progress,
        )
    saved = save(report, places)
    show(report, form, saved)
    return report.exit_code


def _fail_on(names: Sequence[str]) -> list[str] | None:
    """Give the types and severities at which the run fails; None for what the model says."""
    if _NONE not in [name.lower() for name in names]:
        return list(names) or None
    if len(names) > 1:
        message = "--fail-on none cannot stand beside other --fail-on options."
        raise click.UsageError(message)
    return []
