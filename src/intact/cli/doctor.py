"""``intact doctor``: what an audit would meet."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import click

from intact.cli.options import model_option, named

if TYPE_CHECKING:
    from intact.audit.doctor.records import DeclaredPath, Diagnosis, Fit, Line

_WIDTH: Final = 80
_INDENT: Final = 24
_PATH: Final = 44
_TYPES: Final = 100
_COLOURS: Final = {"problem": "red", "note": "yellow", "ok": "green"}

_HELP: Final = """Say what an audit would meet, without doing one.

SOURCE is what intact check takes. Of a server: its version and topology, whether it can be read as of one
moment, what the user may read, which collections are there, how much there is to read and how long that takes,
indexes, clocks. Of a dump all documents are read, of a server a sample: in how many each path of the model occurs,
with which types, what share of each reference is found, and what would not be evaluated. Each line says what it
means for an audit. Nothing is ever written.

\b
intact doctor mongodb://localhost:27017/shop
intact doctor dump/shop --format json
"""

_EXIT_CODES: Final = (
    "Exit codes: 0 nothing is in the way; 3 an audit would leave something out; 2 no audit is possible; 130 "
    "interrupted."
)


@click.command(help=_HELP, epilog=_EXIT_CODES)
@click.argument("source", required=False)
@model_option
@click.option("--report", "reports", metavar="NAME", multiple=True, help="Only this report. Repeatable.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["console", "json"]),
    default="console",
    show_default=True,
    help="What to print.",
)
@click.option("--database", metavar="NAME", help="The database, where the source holds several.")
@click.option("--collection", metavar="NAME", help="The collection, where nothing else says which it is.")
def doctor(
    *,
    source: str | None,
    model: str,
    reports: Sequence[str],
    form: str,
    database: str | None,
    collection: str | None,
) -> int:
    """Look at a source, print what was found, and give the exit code."""
    from intact.audit.doctor import doctor as examine
    from intact.audit.doctor.document import render

    found = examine(
        source, model=named(model), reports=list(reports) or None, database=database, collection=collection
    )
    text = render(found) if form == "json" else page(found)
    click.echo(text, nl=False, color=False if os.environ.get("NO_COLOR") else None)
    return found.exit_code


def page(found: Diagnosis) -> str:
    """Return a diagnosis as text for a terminal: the verdict first, then the lines, the gravest first."""
    from intact.findings.words import harmless

    lines = [click.style(_verdict(found), bold=True), harmless(f"{found.source}, model {found.model}"), ""]
    for line in found.lines:
        lines += _entry(line)
    if found.fit is not None:
        lines += ["", *_table(found.fit), *_withheld(found.fit)]
    return "\n".join(lines) + "\n"


def _verdict(found: Diagnosis) -> str:
    problems = sum(line.level.value == "problem" for line in found.lines)
    if not found.can_run:
        return "CANNOT RUN: no audit is possible."
    if problems:
        counted = "1 problem" if problems == 1 else f"{problems} problems"
        return f"INCOMPLETE: an audit can run, but would leave something out ({counted})."
    return "READY: an audit can run, and leaves nothing out."


def _entry(line: Line) -> list[str]:
    """Return one line: its level, its subject, what is so, and below that what it means."""
    from intact.findings.words import harmless

    level = line.level.value
    what = _wrapped(harmless(line.what))
    head = f"{click.style(f'{level:<9}', fg=_COLOURS[level])}{line.subject:<{_INDENT - 9}}{what[0].strip()}"
    rest = [*what[1:], *(_wrapped(harmless(line.means)) if line.means else [])]
    # A command is copied whole: it is not broken.
    return [head, *rest, *([" " * _INDENT + harmless(line.remedy)] if line.remedy else [])]


def _table(fit: Fit) -> list[str]:
    """Return the paths of the model as a table, a collection after the other."""
    from intact.findings.words import clipped

    rows = [
        [
            clipped(f"{each.collection}.{each.path}", _PATH),
            f"{each.documents:,} of {each.of:,}",
            _found(each),
            clipped(_types(each), _TYPES),
        ]
        for each in fit.paths
    ]
    head = ["path of the model", "in documents", "found", "types"]
    widths = [max(len(row[at]) for row in [head, *rows]) for at in range(3)]
    made = []
    for row in [head, *rows]:
        cells = [f"{row[0]:<{widths[0]}}", f"{row[1]:>{widths[1]}}", f"{row[2]:>{widths[2]}}", row[3]]
        made.append("  ".join(cells).rstrip())
    if fit.sample:
        made.insert(0, "Of a sample: the first and the last 500 documents of each collection, by _id.")
    return made


def _types(each: DeclaredPath) -> str:
    if each.of and not each.documents:
        meant = ", ".join(f"{path} ({count:,})" for path, count in each.meant)
        return f"no value; meant: {meant}" if meant else "no value"
    return ", ".join(
        each.types if len(each.types) < 2 else (f"{name} {n:,}" for name, n in each.types.items())
    )


def _found(each: DeclaredPath) -> str:
    """Return the share of a reference that finds something: rounded down, so that 100 % is all of it."""
    if each.values is None or each.found is None:
        return ""
    return f"{100 * each.found // each.values} %" if each.values else "-"


def _withheld(fit: Fit) -> list[str]:
    """Say what would not be evaluated, and why."""
    from intact.findings.words import harmless

    if not fit.withheld:
        return []
    made = ["", "not evaluated, or not in full:"]
    for each in fit.withheld:
        made.append(harmless(f"{each.type} ({each.check})"))
        for reason in each.reasons:
            made += textwrap.wrap(
                harmless(reason),
                _WIDTH,
                initial_indent="    ",
                subsequent_indent="    ",
                break_on_hyphens=False,
            )
    return made


def _wrapped(text: str) -> list[str]:
    indent = " " * _INDENT
    return textwrap.wrap(
        text, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    ) or [indent]
