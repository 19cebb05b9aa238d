"""``intact baseline``: findings that are accepted for a time."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from intact.cli.options import model_option, moment

if TYPE_CHECKING:
    from intact.ledger.baseline.accepting import Choice
    from intact.ledger.baseline.baseline_file import Text
    from intact.ledger.baseline.saved_run import SavedRun
    from intact.model.specs import Model

_FINGERPRINT: Final = re.compile(r"[0-9a-f]{6,20}")
_SPAN: Final = re.compile(r"(\d{1,5})d")
_FILE: Final = "intact.baseline"
_DAYS: Final = 90

_HELP: Final = """Keep a file of accepted findings, which fail no run.

Each entry has a reason, an owner and a day on which it expires. The file is text, to be reviewed and committed like
code; `intact check --baseline FILE` counts what it accepts and lets it pass. A finding fires again when its entry
expires, when it was resolved and came back, and when more money is at stake than was accepted.

\b
intact baseline accept report.json --type TYPE --reason "old app" --owner shop
intact baseline check               what is wrong with the file
intact baseline prune report.json   drop entries that match nothing any more
"""

_source: Final = click.argument("source", metavar="[REPORT|SOURCE]", required=False)
_file: Final = click.option(
    "--baseline",
    "path",
    type=click.Path(path_type=Path),
    default=_FILE,
    show_default=True,
    metavar="FILE",
    help="The file of accepted findings.",
)
_database: Final = click.option(
    "--database", metavar="NAME", help="The database, where the source holds several."
)
_as_of: Final = click.option(
    "--as-of",
    type=moment,
    metavar="MOMENT",
    help="For a source: count ages and periods from this moment, such as 2026-01-31. Default: now.",
)


@click.group(help=_HELP)
def baseline() -> None:
    """Group the commands."""


@baseline.command()
@_source
@click.option("--type", "types", metavar="TYPE", multiple=True, help="Findings of this type. Repeatable.")
@click.option(
    "--where",
    "conditions",
    metavar="FIELD=VALUE",
    multiple=True,
    help="Only findings with this value (JSON, or text as it is) in this field. Repeatable: all must hold.",
)
@click.option(
    "--fingerprint",
    "fingerprints",
    metavar="DIGITS",
    multiple=True,
    help="The finding with this fingerprint, or beginning of it. Repeatable.",
)
@click.option(
    "--rule",
    is_flag=True,
    help="Accept by a rule for each type: findings to come too, up to the money of those there are.",
)
@click.option("--reason", required=True, metavar="TEXT", help="Why they are accepted.")
@click.option("--owner", required=True, metavar="NAME", help="Who answers for that.")
@click.option(
    "--expires",
    metavar="DAY",
    default=f"{_DAYS}d",
    show_default=True,
    help="The last day on which they are: 2026-06-30, or days from now as 90d.",
)
@click.option("--renew", is_flag=True, help="Write entries anew that accept the same already.")
@_file
@model_option
@_database
@_as_of
def accept(  # noqa: PLR0913 - one parameter an option
    *,
    source: str | None,
    types: Sequence[str],
    conditions: Sequence[str],
    fingerprints: Sequence[str],
    rule: bool,
    reason: str,
    owner: str,
    expires: str,
    renew: bool,
    path: Path,
    model: str,
    database: str | None,
    as_of: datetime | None,
) -> None:
    """Accept findings, of a report (JSON or NDJSON) or of a source that is audited for it."""
    from intact.core.errors import UsageError
    from intact.findings.words import counted
    from intact.ledger.baseline.accepting import Terms, entries_for, holds, rules_for
    from intact.ledger.baseline.baseline_edits import add, save
    from intact.ledger.baseline.baseline_file import require_sound

    now = datetime.now(UTC)
    loaded, known = _known(model, source)
    choice = _choice(types, conditions, fingerprints, known)
    if rule and not types:
        message = "--rule needs a --type: a rule is about findings of one type."
        raise click.UsageError(message)
    terms = Terms(_line("reason", reason), _line("owner", owner), now, _day(expires, now.date()))
    require_sound(path, _current(path))
    given = _given(source, loaded, database, as_of)
    text = _current(path)  # again: an audit may take hours, in which others accept too
    require_sound(path, text)
    made = (rules_for if rule else entries_for)(given, choice, terms)
    if not made:
        raise UsageError(
            "no finding meets these conditions, so none is accepted", hint="See what `intact check` lists."
        )
    fresh = [each for each in made if renew or not holds(text.entries, each, now.date())]
    if fresh:
        save(path, add(text, fresh))
    already = len(made) - len(fresh)
    what = counted(len(fresh), "rule" if rule else "finding")
    click.echo(f"{what} accepted until {terms.expires} in {_plain(str(path))}; {already:,} accepted already.")
    if already:
        click.echo("What was resolved and came back since it was accepted needs --renew.")
    listed = sum(1 for _ in given.findings())
    if listed < (total := sum(given.counts.values())):
        click.echo(f"The report lists {listed:,} of {total:,} findings; the others were not looked at.")
    if fresh:
        click.echo("Review the file and commit it; `intact check --baseline` goes by it.")


@baseline.command()
@_source
@click.option("--expired", is_flag=True, help="Drop entries that have expired, too.")
@click.option("--dry-run", is_flag=True, help="Only say what would be dropped.")
@_file
@model_option
@_database
@_as_of
def prune(
    *,
    source: str | None,
    expired: bool,
    dry_run: bool,
    path: Path,
    model: str,
    database: str | None,
    as_of: datetime | None,
) -> None:
    """Drop entries that match nothing any more, by a report or by an audit of a source.

    Entries are kept where it is not certain: what was not checked, or not listed, may be there still.
    """
    from intact.findings.words import counted
    from intact.ledger.baseline.accepting import unused
    from intact.ledger.baseline.baseline_edits import remove, save
    from intact.ledger.baseline.baseline_file import read_text, require_sound

    loaded, known = _known(model, source)
    require_sound(path, read_text(path))
    given = _given(source, loaded, database, as_of)
    text = read_text(path)  # again: an audit may take hours, in which others change it
    require_sound(path, text)
    gone = {each.line: f"{each.name}: {why}" for each, why in unused(text.entries, given, known)}
    if expired:
        today = datetime.now(UTC).date()
        for each in text.entries:
            if each.expires < today:
                gone.setdefault(each.line, f"{each.name}: it expired on {each.expires}")
    for line, said in sorted(gone.items()):
        click.echo(_plain(f"{path}, line {line}: {said}."))
    if gone and not dry_run:
        save(path, remove(text, lambda entry: entry.line in gone))
    what = counted(len(gone), "entry", "entries")
    click.echo(f"{what} {'would be ' if dry_run else ''}dropped, {len(text.entries) - len(gone):,} kept.")


@baseline.command()
@_source
@_file
@model_option
@_database
@_as_of
def check(*, source: str | None, path: Path, model: str, database: str | None, as_of: datetime | None) -> int:
    """Say what is wrong with the file, a line each; exit with 1 if anything is.

    Merge conflicts, lines that cannot be understood, duplicates, entries that have expired or whose type the model does
    not have; with a report or a source, also entries that match nothing in it.
    """
    from intact.findings.words import counted
    from intact.ledger.baseline.accepting import unused
    from intact.ledger.baseline.baseline_file import read_text
    from intact.ledger.baseline.failure_policy import why_idle

    loaded, known = _known(model, source)
    text = read_text(path)
    now = datetime.now(UTC)
    said = [(each.line, each.what) for each in text.problems]
    for each in text.entries:
        if each.expires < now.date():
            said.append((each.line, f"{each.name}: it expired on {each.expires}"))
        if each.accepted.date() > now.date():
            said.append((each.line, f"{each.name}: it was accepted on a day that is still to come"))
    if source is None:
        said += [
            (each.line, f"{each.name}: {why}") for each in text.entries if (why := why_idle(each, known, ()))
        ]
    else:
        found = unused(text.entries, _given(source, loaded, database, as_of), known)
        said += [(each.line, f"{each.name}: {why}") for each, why in found]
    for line, what in sorted(said):
        click.echo(_plain(f"{path}, line {line}: {what}."))
    entries = counted(len(text.entries), "entry", "entries")
    click.echo(_plain(f"{path}: {entries}, {counted(len(said), 'thing')} to settle."))
    return 1 if said else 0


def _known(name: str, source: str | None) -> tuple[Model, Mapping[str, Sequence[str]]]:
    """Load the model, of a report its own if none was named by hand; return it with its finding types."""
    from intact.audit.options import finding_types
    from intact.checks import KINDS
    from intact.ledger.baseline.saved_run import is_report, of_file
    from intact.model import load

    by_hand = (
        click.get_current_context().get_parameter_source("model") is click.core.ParameterSource.COMMANDLINE
    )
    if source is not None and not by_hand and is_report(Path(source)):
        name = _model_of(of_file(Path(source)), name)
    loaded = load(name, KINDS)
    return loaded, finding_types(loaded)


def _model_of(given: SavedRun, name: str) -> str:
    """Return what a report's model is loaded by: its file, or the name of a shipped one, else what is given."""
    from intact.model import shipped

    if given.model_file and Path(given.model_file).is_file():
        return given.model_file
    return given.model if given.model in shipped() else name


def _current(path: Path) -> Text:
    """Read the file as it is now; one that is not there is empty."""
    from intact.ledger.baseline.baseline_file import parse, read_text

    return read_text(path) if path.exists() else parse("")


def _given(source: str | None, model: Model, database: str | None, as_of: datetime | None) -> SavedRun:
    """Return the findings of a report, or of an audit that is made now."""
    from intact.audit.run import check as run
    from intact.core.errors import UsageError
    from intact.ledger.baseline.saved_run import is_report, of_file, of_report

    if source is None or not is_report(Path(source)):
        return of_report(run(source, model=model, database=database, as_of=as_of))
    given = of_file(Path(source))
    if given.model != model.name:
        raise UsageError(
            f"this report is by the model {given.model!r}, not by {model.name!r}",
            hint="Name its model with --model.",
        )
    return given


def _choice(
    types: Sequence[str], conditions: Sequence[str], fingerprints: Sequence[str], known: Collection[str]
) -> Choice:
    """Read which findings are chosen."""
    from intact.core.errors import UsageError
    from intact.ledger.baseline.accepting import Choice
    from intact.ledger.baseline.baseline_file import parse_condition
    from intact.model.names import suggestion

    if not (types or conditions or fingerprints):
        message = "Say which findings to accept: --type, --where or --fingerprint."
        raise click.UsageError(message)
    for each in types:
        if each.upper() not in known:
            raise UsageError(
                f"the model has no finding type {each!r}", hint=suggestion(each.upper(), sorted(known))
            )
    for each in fingerprints:
        if not _FINGERPRINT.fullmatch(each.lower()):
            message = f"{each!r} is no fingerprint, nor the beginning of one: 6 to 20 hexadecimal digits."
            raise click.UsageError(message)
    where = []
    for each in conditions:
        try:
            where.append(parse_condition(each))
        except (ValueError, RecursionError):
            message = f"{each!r} is no condition; write it as FIELD=VALUE, the value as JSON or as it is."
            raise click.UsageError(message) from None
    return Choice(
        tuple(each.upper() for each in types), tuple(where), tuple(each.lower() for each in fingerprints)
    )


def _line(name: str, text: str) -> str:
    """Refuse what would not be one visible line of the file."""
    line = text.strip()
    if not line or not line.isprintable():
        message = f"--{name} must be one line of visible text."
        raise click.UsageError(message)
    return line


def _day(text: str, today: date) -> date:
    """Read a day, or a number of days from today."""
    try:
        found = _SPAN.fullmatch(text.strip().lower())
        day = today + timedelta(days=int(found[1])) if found else date.fromisoformat(text.strip())
    except (ValueError, OverflowError):
        message = f"{text!r} is no day; write it like 2026-06-30, or 90d for 90 days from now."
        raise click.UsageError(message) from None
    if day < today:
        message = f"--expires {day} has passed already."
        raise click.UsageError(message)
    return day


def _plain(text: str) -> str:
    from intact.findings.words import harmless

    return harmless(text)
