"""What the history tells: runs, what changed between two of them, the life of one finding, totals by day."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from intact.core.errors import UsageError
from intact.findings.changes import ModelChange, ResolvedFinding
from intact.ledger.history.comparison import gone_of
from intact.ledger.history.store import Store, milliseconds, moment_of

LISTED: Final = 1_000
"""How many findings a comparison lists; all are counted."""

_BACK: Final = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class RunRow:
    """One recorded run.

    Attributes:
        name: By which it is asked for.
        subject: The database, or the place, that was audited.
        counts: Findings by report and type, ``billing DOUBLE_BILLING``.
        money: What was at stake, by kind.
        cured: How many of the resolved ones had their documents still.
        destroyed: How many of them had lost one.
        change: How the model differed from that of the run before; None where it did not, or that is not known.
    """

    number: int
    name: str
    model: str
    subject: str
    ended: datetime
    as_of: datetime
    seconds: float
    source: str
    version: str
    exit_code: int
    complete: bool
    documents: int
    affected: int
    failing: int
    reports: tuple[str, ...]
    counts: Mapping[str, int]
    money: Mapping[str, float]
    new: int
    persisting: int
    came_back: int
    resolved: int
    cured: int = 0
    destroyed: int = 0
    change: ModelChange | None = None

    @property
    def findings(self) -> int:
        """How many findings it had."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two runs of one audit differ in, going from the earlier to the later.

    Attributes:
        model: How the model was changed between them, all its changes added up; None where it was not.
    """

    earlier: RunRow
    later: RunRow
    appeared: int
    vanished: int
    both: int
    appeared_listed: tuple[ResolvedFinding, ...]
    vanished_listed: tuple[ResolvedFinding, ...]
    model: ModelChange | None = None


@dataclass(frozen=True, slots=True)
class Life:
    """The life of one finding in one report: when it was there.

    Attributes:
        spans: From the first run that found it to the first that no longer did; None while it is there.
        how: How each of them ended: ``cured``, ``destroyed``, ``model`` where its rule was changed or is gone; None
            where that is not known, or it is there.
    """

    fingerprint: str
    model: str
    subject: str
    report: str
    type: str
    severity: str
    collection: str
    description: str
    spans: tuple[tuple[datetime, datetime | None], ...]
    how: tuple[str | None, ...] = ()


@dataclass(frozen=True, slots=True)
class DayTotal:
    """How many findings of a type the last run of a day had."""

    model: str
    subject: str
    day: str
    report: str
    type: str
    count: int


_RUN: Final = (
    "SELECT r.id, r.name, a.model, a.subject, r.ended, r.as_of, r.seconds, r.source, r.version, r.exit_code,"
    " r.complete, r.documents, r.affected, r.failing, r.reports, r.counts, r.money, r.new, r.persisting,"
    " r.came_back, r.resolved, r.cured, r.destroyed, r.model FROM run r JOIN audit a ON a.id = r.audit"
)


def runs(store: Store, *, limit: int | None = None, model: str = "", subject: str = "") -> list[RunRow]:
    """Return the runs, the last one first.

    Raises:
        HistoryError: If the history cannot be read.
    """
    query = (
        f"{_RUN} WHERE ? IN ('', a.model) AND ? IN ('', a.subject) ORDER BY r.ended DESC, r.id DESC LIMIT ?"
    )
    with store.errors():
        rows = store.database.execute(query, (model, subject, -1 if limit is None else limit)).fetchall()
        return [_run(row) for row in rows]


def run_named(store: Store, name: str, *, like: RunRow | None = None) -> RunRow:
    """Return a run by the beginning of its name, or by ``last`` or ``last-1`` and so on.

    Args:
        store: The history.
        name: The name.
        like: A run of the audit to which ``last`` and so on belong; None for whichever was audited last.

    Raises:
        UsageError: If there is none of that name, or several.
        HistoryError: If the history cannot be read.
    """
    base, dash, back = name.partition("-")
    if base == "last" and (not dash or _BACK.fullmatch(back)):
        number = int(back or 0)
        of = ("", "") if like is None else (like.model, like.subject)
        found = runs(store, limit=number + 1, model=of[0], subject=of[1])[number:]
    else:
        with store.errors():
            rows = store.database.execute(
                f"{_RUN} WHERE substr(r.name, 1, ?) = ? LIMIT 2",
                (len(name), name),
            ).fetchall()
            found = [_run(row) for row in rows]
    if len(found) != 1:
        what = "several runs begin with" if found else "there is no run"
        raise UsageError(
            f"{what} {name!r}", hint="`intact history` lists them; `last` and `last-1` are names too."
        )
    return found[0]


def compare(store: Store, earlier: RunRow, later: RunRow) -> Comparison:
    """Say what was found by the later of two runs and not by the earlier, and the other way round.

    Raises:
        UsageError: If they are not runs of one audit: another model, or another database.
        HistoryError: If the history cannot be read.
    """
    if (earlier.model, earlier.subject) != (later.model, later.subject):
        raise UsageError(
            f"{earlier.name} and {later.name} are not runs of one audit",
            hint="Compare runs of the same model and the same database.",
        )
    if (earlier.ended, earlier.number) > (later.ended, later.number):
        earlier, later = later, earlier
    first, last = milliseconds(earlier.ended), milliseconds(later.ended)
    there = "s.since <= {0} AND (s.until IS NULL OR s.until > {0})"
    was = f"EXISTS (SELECT 1 FROM span s WHERE s.finding = f.id AND {there.format(first)})"
    is_ = f"EXISTS (SELECT 1 FROM span s WHERE s.finding = f.id AND {there.format(last)})"
    of = "a.model = ? AND a.subject = ?"
    given = (later.model, later.subject)
    source = "FROM finding f JOIN audit a ON a.id = f.audit"
    with store.errors():
        ((appeared, vanished, both),) = store.database.execute(
            f"SELECT count(*) FILTER (WHERE now_ AND NOT before_), count(*) FILTER (WHERE before_ AND NOT now_),"
            f" count(*) FILTER (WHERE before_ AND now_)"
            f" FROM (SELECT {was} AS before_, {is_} AS now_ {source} WHERE {of})",
            given,
        ).fetchall()
        listed = [
            store.database.execute(
                "SELECT f.type, f.severity, f.report, f.collection, f.description, f.fingerprint,"
                " (SELECT min(since) FROM span s WHERE s.finding = f.id),"
                f" (SELECT how FROM span s WHERE s.finding = f.id AND {there.format(first)}) {source}"
                f" WHERE {of} AND {one} AND NOT {other} ORDER BY f.report, f.type, f.id LIMIT {LISTED}",
                given,
            ).fetchall()
            for one, other in ((is_, was), (was, is_))
        ]
        came, went = (tuple(map(gone_of, each)) for each in listed)
        model = _model_between(store, earlier, later)
    return Comparison(earlier, later, appeared, vanished, both, came, went, model)


def _model_between(store: Store, earlier: RunRow, later: RunRow) -> ModelChange | None:
    rows = store.database.execute(
        "SELECT r.model FROM run r JOIN audit a ON a.id = r.audit WHERE a.model = ? AND a.subject = ?"
        " AND r.model <> '' AND (r.ended, r.id) > (?, ?) AND (r.ended, r.id) <= (?, ?)",
        (
            *(later.model, later.subject),
            *(milliseconds(earlier.ended), earlier.number),
            *(milliseconds(later.ended), later.number),
        ),
    )
    return _added_up(rows)


def model_changes(store: Store, audit: int, since: int | None) -> ModelChange | None:
    """Add up how the model was changed by the runs of an audit from a moment on; None where it was not.

    Args:
        store: The history.
        audit: Which audit.
        since: When the first of those runs ended, in UTC milliseconds; None for no run at all.
    """
    if since is None:
        return None
    return _added_up(
        store.database.execute(
            "SELECT model FROM run WHERE audit = ? AND model <> '' AND ended >= ?", (audit, since)
        )
    )


def _added_up(rows: Iterable[tuple[str]]) -> ModelChange | None:
    total = Counter[str]()
    for (text,) in rows:
        total.update(json.loads(text))
    return ModelChange(**total) if total else None


def life(store: Store, fingerprint: str) -> list[Life]:
    """Return the life of a finding, in each audit and report that has it.

    Args:
        store: The history.
        fingerprint: Its fingerprint, or the beginning of it, 6 digits at least.

    Raises:
        UsageError: If there is none, or it is none.
        HistoryError: If the history cannot be read.
    """
    mark = fingerprint.lower()
    if not 6 <= len(mark) <= 20 or set(mark) - set("0123456789abcdef"):
        raise UsageError(
            f"{fingerprint!r} is no fingerprint", hint="It has 20 hexadecimal digits, of which 6 will do."
        )
    query = (
        "SELECT f.id, hex(f.fingerprint), a.model, a.subject, f.report, f.type, f.severity, f.collection, f.description"
        " FROM finding f JOIN audit a ON a.id = f.audit WHERE f.fingerprint BETWEEN ? AND ? ORDER BY f.id"
    )
    with store.errors():
        rows = store.database.execute(
            query, (bytes.fromhex(mark.ljust(20, "0")), bytes.fromhex(mark.ljust(20, "f")))
        ).fetchall()
        found = [
            Life(mark_.lower(), model, subject, report, type_, severity, name, text, *_spans(store, number))
            for number, mark_, model, subject, report, type_, severity, name, text in rows
        ]
    if not found:
        raise UsageError(
            f"no run has found {fingerprint!r}", hint="Reports have the fingerprint of each finding."
        )
    return found


def days(store: Store, *, model: str = "", subject: str = "") -> list[DayTotal]:
    """Return the totals by day, the first day first.

    Raises:
        HistoryError: If the history cannot be read.
    """
    query = (
        "SELECT a.model, a.subject, d.day, d.report, d.type, d.count FROM day d JOIN audit a ON a.id = d.audit"
        " WHERE ? IN ('', a.model) AND ? IN ('', a.subject) ORDER BY a.model, a.subject, d.day, d.report, d.type"
    )
    with store.errors():
        return [DayTotal(*row) for row in store.database.execute(query, (model, subject))]


def prune(store: Store, *, keep_days: int, now: datetime) -> tuple[int, int]:
    """Forget runs, and findings that were resolved, of more than so many days ago. Totals by day stay.

    What is found still is never forgotten, nor since when; nor the last run of each audit, which the next is held
    against.

    Args:
        store: The history.
        keep_days: How many days to keep.
        now: From when they count.

    Returns:
        How many runs, and how many findings, were forgotten.

    Raises:
        HistoryError: If the history cannot be written; it is then as it was.
    """
    limit = milliseconds(now - timedelta(days=keep_days))
    old = "SELECT finding FROM span GROUP BY finding HAVING max(coalesce(until, ?)) < ?"
    with store.writing() as database:
        gone = database.execute(
            "DELETE FROM run WHERE ended < ? AND EXISTS"
            " (SELECT 1 FROM run r WHERE r.audit = run.audit AND r.ended > run.ended)",
            (limit,),
        ).rowcount
        database.execute("CREATE TEMP TABLE IF NOT EXISTS old (finding INTEGER PRIMARY KEY)")
        database.execute("DELETE FROM old")
        database.execute(f"INSERT INTO old {old}", (limit, limit))
        database.execute("DELETE FROM span WHERE finding IN (SELECT finding FROM old)")
        findings = database.execute("DELETE FROM finding WHERE id IN (SELECT finding FROM old)").rowcount
        database.execute("DELETE FROM alert_told WHERE finding IN (SELECT finding FROM old)")
    with store.errors():
        store.database.execute("VACUUM")
    return gone, findings


def _spans(
    store: Store, finding: int
) -> tuple[tuple[tuple[datetime, datetime | None], ...], tuple[str | None, ...]]:
    rows = store.database.execute(
        "SELECT since, until, how FROM span WHERE finding = ? ORDER BY since", (finding,)
    ).fetchall()
    spans = ((moment_of(since), None if until is None else moment_of(until)) for since, until, _ in rows)
    return tuple(spans), tuple(how for _, _, how in rows)


def _run(row: Sequence[Any]) -> RunRow:
    number, name, model, subject, ended, as_of, seconds, source, version, code, complete, *rest = row
    documents, affected, failing, reports, counts, money, new, persisting, came_back, resolved, *more = rest
    cured, destroyed, change = more
    return RunRow(
        number,
        name,
        model,
        subject,
        moment_of(ended),
        moment_of(as_of),
        seconds,
        source,
        version,
        code,
        bool(complete),
        documents,
        affected,
        failing,
        tuple(json.loads(reports)),
        json.loads(counts),
        json.loads(money),
        new,
        persisting,
        came_back,
        resolved,
        cured,
        destroyed,
        ModelChange(**json.loads(change)) if change else None,
    )
