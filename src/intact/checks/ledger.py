"""Entries against lines, per subject and calendar month: what the three checks of a reconciliation share.

For the delivery business: the bills of a subscription in a month against its delivered orders. ``docs/findings.md``
says what each finding carries.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

import pyarrow as pa

from intact.checks import sql
from intact.checks.base import (
    Draft,
    Hop,
    Judged,
    Need,
    Neighbourhood,
    amount_columns,
    condition_columns,
    key_columns,
    key_path,
)
from intact.checks.context import Context
from intact.checks.evidence import currency_text, open_flags, total, unreadable, unreadable_currencies
from intact.checks.periods import DAY, month_of, month_text
from intact.core.paths import Path
from intact.core.values import JsonValue
from intact.engine import Row, quoted, rivals
from intact.model.specs import Entries, Lines, Link, Model, Reconciliation
from intact.project.columns import Column, Role

_QUARTER: Final = 900_000  # every offset of a time zone has been a multiple of it since 1972


@dataclass(frozen=True, slots=True)
class Period:
    """A subject and month, and what was booked and counted in it.

    Attributes:
        subject: Canonical text of the subject's key.
        month: Months since 1970-01.
        entries: How many entries there are.
        lines: How many lines.
        calculated: What the lines add up to.
        complete: Whether all amounts of the lines could be read.
        marked: How many lines say that they have been booked.
        currency: In which currency; None where the reconciliation does not tell currencies apart.
    """

    subject: str
    month: int
    entries: int
    lines: int
    calculated: Decimal
    complete: bool
    marked: int
    currency: str | None = None

    @property
    def text(self) -> str:
        """The month as ``2026-01``."""
        return month_text(self.month)

    @property
    def identity(self) -> tuple[str, ...]:
        """What makes it this period and no other."""
        return (
            (self.subject, self.text) if self.currency is None else (self.subject, self.text, self.currency)
        )

    @property
    def shown(self) -> dict[str, JsonValue]:
        """What findings say of it: the month, and the currency where periods are told apart by it."""
        if self.currency is None:
            return {"period": self.text}
        return {"period": self.text, "currency": currency_text(self.currency)}

    @property
    def condition(self) -> str:
        """Condition that is true of this period alone (alias ``p``)."""
        of = f"p.subject = {sql.text(self.subject)} AND p.month = {self.month}"
        return f"({of})" if self.currency is None else f"({of} AND p.currency = {sql.text(self.currency)})"

    @property
    def money(self) -> str | None:
        """The currency of what is at stake; None where documents do not say it."""
        return None if self.currency is None else currency_text(self.currency) or ""


def columns(declared: Reconciliation, model: Model) -> Iterable[Need]:
    """Yield the columns that a reconciliation reads."""
    entries, lines = declared.entries, declared.lines
    yield from key_columns(model.collections[declared.of])
    yield from key_columns(model.collections[entries.collection])
    yield from key_columns(model.collections[lines.collection])
    yield entries.collection, Column(entries.link, Role.KEY)
    yield entries.collection, Column(entries.period, Role.DATE)
    yield lines.collection, Column(lines.link, Role.KEY)
    yield lines.collection, Column(lines.date, Role.DATE)
    for side in (entries, lines):
        for given in (side.where, side.unless):
            yield from condition_columns(side.collection, given)
        yield from amount_columns(side.collection, side.amount, side.currency)
    if lines.marked:
        yield lines.collection, Column(lines.marked, Role.FLAG)


def lookups(declared: Reconciliation, model: Model, subject: str | None) -> Neighbourhood:
    """Return what decides about a subject's periods: its entries, its lines, and the subject itself.

    Args:
        declared: The reconciliation.
        model: What must hold.
        subject: Canonical text of the subject; None for that of the documents which the draft affects.
    """
    entries, lines, of = declared.entries, declared.lines, model.collections[declared.of]
    places = (
        (entries.collection, entries.link),
        (lines.collection, lines.link),
        (of.name, key_path(of)),
    )
    if subject is not None:
        return Neighbourhood(own=False, values=tuple((*place, subject) for place in places))
    return Neighbourhood(chains=tuple((Hop(*start, *place),) for start in places[:2] for place in places))


@dataclass(frozen=True, slots=True)
class LedgerMember:
    """An entry or a line of a period: its row, ``_id`` and name, and its amount if it is an entry."""

    row: int
    document_id: str | None
    name: str | None
    amount: Decimal = Decimal(0)
    complete: bool = True


class Ledger:
    """The periods of a reconciliation.

    Args:
        context: The run.
        declared: The reconciliation.
    """

    def __init__(self, context: Context, declared: Reconciliation) -> None:
        self._context = context
        self.declared = declared
        self.zone = ZoneInfo(context.model.timezone)
        self.running = f"(p.month >= {month_of(context.as_of, self.zone)})"
        """Condition on periods (alias ``p``): the month has not ended."""

    def judged(self, collection: str, count: str) -> Judged:
        """Return what is judged of a side, by an aggregate over the periods (alias ``p``)."""
        return Judged(collection, count=count, table=f"{self._periods()} p")

    def entries(self, where: str) -> Iterator[tuple[Period, list[LedgerMember]]]:
        """Return the periods (alias ``p``) for which a condition holds, with their entries."""
        query = (
            f"SELECT {_PERIOD}, e.row, e.id, e.name, e.narrow, e.wide, e.bad FROM {self._periods()} p"
            f" JOIN {self._entries()} e ON {self._same('e', 'p')}"
            f" WHERE {where} ORDER BY p.subject, p.month, p.currency, e.id, e.name, e.narrow, e.wide, e.bad"
        )
        return self._grouped(query)

    def lines(self, where: str) -> Iterator[tuple[Period, list[LedgerMember]]]:
        """Return the periods (alias ``p``) for which a condition holds, with their lines."""
        name = sql.named(self._context.collection(self.declared.lines.collection))
        query = (
            f"SELECT {_PERIOD}, l._row, l.id, l.name, 0, NULL, FALSE FROM {self._periods()} p"
            f" JOIN ({self._dated_lines('_id AS id', f'{name} AS name', of=where)}) l"
            f" ON {self._same('l', 'p')} WHERE {where} ORDER BY p.subject, p.month, p.currency, l.id, l.name"
        )
        return self._grouped(query)

    def unreadable_amounts(self, where: str) -> Iterator[Draft]:
        """Yield the findings for amounts that cannot be read, of the entries and lines of periods (alias ``p``)."""
        yield from self.unreadable_entries(where)
        yield from self.unreadable_lines(where)

    def unreadable_entries(self, where: str) -> Iterator[Draft]:
        """Yield those of entries."""
        entries = self.declared.entries
        rows = f"SELECT m.row FROM {self._entries()} m {self._of_period(where)}"
        yield from self._unreadable(entries.collection, entries.amount, Role.AMOUNT, rows)

    def unreadable_lines(self, where: str) -> Iterator[Draft]:
        """Yield those of lines, and the flags that leave open whether a document is a line of a period."""
        lines = self.declared.lines
        if self._asks_flag:
            rows = f"SELECT p._row FROM {self._open_lines()} p WHERE {where}"
            yield from self._open_flags(lines, rows)
        rows = f"SELECT m._row FROM ({self._dated_lines(bad=lines.amount)}) m {self._of_period(where)}"
        yield from self._unreadable(lines.collection, lines.amount, Role.AMOUNT, rows)

    def unreadable_marks(self, where: str) -> Iterator[Draft]:
        """Yield the findings for flags that cannot be read, of the lines of periods (alias ``p``)."""
        lines = self.declared.lines
        if lines.marked:
            rows = f"SELECT m._row FROM ({self._dated_lines(bad=lines.marked)}) m {self._of_period(where)}"
            yield from self._unreadable(lines.collection, lines.marked, Role.FLAG, rows)

    def _of_period(self, where: str) -> str:
        """Join entries or lines (alias ``m``) with their periods (alias ``p``) for which a condition holds."""
        return f"JOIN {self._periods()} p ON {self._same('m', 'p')} WHERE {where}"

    def _same(self, one: str, other: str) -> str:
        """Join what is of one period."""
        names = ("subject", "month", "currency") if self.declared.by_currency else ("subject", "month")
        return " AND ".join(f"{one}.{name} = {other}.{name}" for name in names)

    @property
    def _by(self) -> str:
        """The columns that make a period, beside the subject and the month."""
        return ", currency" if self.declared.by_currency else ""

    def _money(self, side: Entries | Lines) -> tuple[str, str, str, str]:
        return sql.money(side.amount, side.currency, self._context.model.currency)

    def _currency(self, side: Entries | Lines) -> tuple[str, ...]:
        """Column of the currency of a side, where periods are told apart by it."""
        return (f"{self._money(side)[3]} AS currency",) if self.declared.by_currency else ()

    def _documents(self, side: Entries | Lines, table: str = "") -> str:
        """Return the table of the documents of a side, in a table or all there are, with what their amounts come to."""
        return self._context.priced(side.collection, side.amount, side.currency, table)

    def unreadable_periods(self) -> Iterator[Draft]:
        """Yield the findings for entries that name a subject and whose period cannot be read."""
        entries = self.declared.entries
        where = f"{sql.column(entries.period, 'bad')} IS NOT NULL AND {_counted(entries)} IS TRUE"
        naming = sql.links(entries.collection, entries.link, where=where)
        rows = f"SELECT _row FROM {naming} WHERE NOT {sql.blank('ref')}"
        yield from self._unreadable(entries.collection, entries.period, Role.DATE, rows)

    def unreadable_dates(self) -> Iterator[Draft]:
        """Yield the findings for lines that name a subject and whose date cannot be read."""
        lines = self.declared.lines
        undated = self._undated(self._context.unread(lines.collection))
        yield from self._unreadable(lines.collection, lines.date, Role.DATE, undated)

    def unreadable_conditions(self, side: Entries | Lines) -> Iterator[Draft]:
        """Yield findings for flags that leave open whether a document that names a subject is an entry or a line."""
        naming = sql.links(side.collection, side.link, table=self._context.unread(side.collection))
        rows = f"SELECT _row FROM {naming} WHERE NOT {sql.blank('ref')}"
        yield from self._open_flags(side, rows)

    def open_undated(self) -> Iterator[Draft]:
        """Yield the flags that leave open whether a document without a date is a line."""
        lines = self.declared.lines
        if self._asks_flag:
            undated = f"{sql.column(lines.date, 'date')} IS NULL"
            naming = sql.links(lines.collection, lines.link, where=undated)
            rows = f"SELECT _row FROM {naming} WHERE NOT {sql.blank('ref')}"
            yield from self._open_flags(lines, rows)

    def _open_flags(self, side: Entries | Lines, rows: str) -> Iterator[Draft]:
        among = f"d._row IN ({rows})"
        yield from open_flags(self._context, side.collection, side.where, unless=side.unless, among=among)

    @property
    def _asks_flag(self) -> bool:
        """Whether a value that is no boolean leaves open what is a line."""
        lines = self.declared.lines
        filled = self._context.engine.filled(lines.collection)
        return any(each.asks_flag and f"{each.path}@bad" in filled for each in (*lines.where, *lines.unless))

    def unreadable_currencies(self, side: Entries | Lines) -> Iterator[Draft]:
        """Yield the findings for currencies that are no text, of the entries or lines that name a subject."""
        naming = sql.links(side.collection, side.link, where=f"{_counted(side)} IS TRUE")
        among = f"d._row IN (SELECT _row FROM {naming} WHERE NOT {sql.blank('ref')})"
        yield from unreadable_currencies(
            self._context, side.collection, side.amount, side.currency, among=among
        )

    def undated(self) -> int:
        """Count the lines that name a subject and have no date, or none that can be read."""
        ((count,),) = self._context.query(f"SELECT count(*) FROM ({self._undated()})")
        return _int(count)

    def _undated(self, table: str = "") -> str:
        """Query ``(_row)`` of the lines that name a subject and have no date, in a table or in all there are."""
        lines = self.declared.lines
        where = f"{sql.column(lines.date, 'date')} IS NULL AND {_counted(lines)} IS TRUE"
        naming = self._context.links(Link(lines.collection, lines.link), where=where, table=table)
        return f"SELECT DISTINCT _row FROM {naming} WHERE NOT {sql.blank('ref')}"

    def _unreadable(self, collection: str, path: Path, role: Role, rows: str) -> Iterator[Draft]:
        return unreadable(self._context, collection, path, role, among=f"d._row IN ({rows})")

    def _grouped(self, query: str) -> Iterator[tuple[Period, list[LedgerMember]]]:
        period: Period | None = None
        members: list[LedgerMember] = []
        for row in self._context.query(query):
            of = str(row[0]), _int(row[1]), _text(row[8])
            if period is None or (period.subject, period.month, period.currency) != of:
                if period:
                    yield period, members
                period, members = _period(row), []
            amount = total(row[12], row[13])  # type: ignore[arg-type]  # a list of texts, or None
            members.append(LedgerMember(_int(row[9]), _text(row[10]), _text(row[11]), amount, not row[14]))
        if period:
            yield period, members

    def _periods(self) -> str:
        """Make the table of periods, once: ``known`` tells whether the subject exists."""
        known = self._context.keys(self._context.collection(self.declared.of))
        currency = "coalesce(e.currency, l.currency)" if self._by else "NULL"
        return self._context.relation(
            f"periods of {self.declared.name}",
            lambda: (
                "SELECT coalesce(e.subject, l.subject) AS subject, coalesce(e.month, l.month) AS month,"
                " coalesce(e.n, 0) AS entries, coalesce(l.n, 0) AS lines, coalesce(l.calculated, 0) AS calculated,"
                f" l.wide AS wide, (coalesce(l.bad, FALSE){self._doubtful()}) AS bad, coalesce(l.marked, 0) AS marked,"
                f" coalesce(e.subject, l.subject) IN (SELECT k FROM {known}) AS known, {currency} AS currency FROM"
                f" (SELECT subject, month{self._by}, count(*) AS n FROM {self._entries()}"
                f" GROUP BY subject, month{self._by}) e"
                f" FULL OUTER JOIN ({self._line_sums()}) l ON {self._same('e', 'l')}"
            ),
        )

    def _open_lines(self) -> str:
        """Make the table ``(_row, subject, month, entries, known)`` of what a flag leaves open to be a line, once."""
        lines = self.declared.lines
        known = self._context.keys(self._context.collection(self.declared.of))
        by = ", l.currency" if self._by else ""
        return self._context.relation(
            f"open lines of {self.declared.name}",
            lambda: (
                f"SELECT l._row, l.subject, l.month{by}, coalesce(e.n, 0) AS entries, l.subject IN"
                f" (SELECT k FROM {known}) AS known FROM"
                f" ({self._dated(f'{_counted(lines)} IS NULL', unread=True)}) l LEFT JOIN"
                f" (SELECT subject, month{self._by}, count(*) AS n FROM {self._entries()}"
                f" GROUP BY subject, month{self._by}) e ON {self._same('e', 'l')}"
            ),
        )

    def _entries(self) -> str:
        """Make the table ``(subject, month, row, id, name, narrow, wide, bad)`` of entries that have a period, once."""
        entries = self.declared.entries
        narrow, wide, bad, _ = self._money(entries)
        if self._context.dead(Link(entries.collection, entries.amount)):
            bad = "TRUE"  # what they come to is not known
        name = sql.named(self._context.collection(entries.collection))
        also = (
            "_id AS id", f"{name} AS name", f"{narrow} AS narrow", f"{wide} AS wide", f"{bad} AS bad",
            *self._date(entries.collection, entries.period), *self._currency(entries),
        )  # fmt: skip
        link, counted = Link(entries.collection, entries.link), f"{_counted(entries)} IS TRUE"
        refs = self._context.links(link, also=also, where=counted, table=self._documents(entries))
        return self._context.relation(
            f"entries of {self.declared.name}",
            lambda: (
                "SELECT ref AS subject, coalesce(x.named_month, b.month) AS month, x._row AS row, id, name, narrow,"
                f" wide, bad{self._by} FROM {refs} x LEFT JOIN {self._months()} b ON b.bucket = x.bucket"
                f" WHERE NOT {sql.blank('ref')} AND coalesce(x.named_month, b.month) IS NOT NULL{self._in_some}"
            ),
        )

    def _doubtful(self) -> str:
        """Add to the condition that a period (aliases ``e`` and ``l``) is not certain: of its lines."""
        names = ("subject", "month", "currency") if self._by else ("subject", "month")
        columns = ", ".join(names)
        found = []
        if self._asks_flag:
            found.append(f"SELECT {columns} FROM {self._open_lines()}")
        if (collection := self.declared.lines.collection) in self._context.rivals:
            several = f"r._row IN (SELECT _row FROM {rivals(collection)})"
            found.append(
                f"SELECT {columns} FROM ({self._dated_lines('_id AS id')}) r WHERE {several}"
                f" GROUP BY {columns}, id HAVING count(*) > 1"
            )
        period = ", ".join(f"coalesce(e.{name}, l.{name})" for name in names)
        return "".join(f" OR ({period}) IN ({each})" for each in found)

    def _line_sums(self) -> str:
        lines = self.declared.lines
        narrow, wide, bad, _ = self._money(lines)
        marked = f"{sql.column(lines.marked, 'flag')} IS TRUE" if lines.marked else "FALSE"
        also = f"{narrow} AS narrow", f"{wide} AS wide", f"{bad} AS bad", f"{marked} AS marked"
        return (
            f"SELECT subject, month{self._by}, count(*) AS n, sum(narrow) AS calculated, bool_or(bad) AS bad,"
            " list(wide) FILTER (wide IS NOT NULL) AS wide, count(*) FILTER (marked) AS marked"
            f" FROM ({self._dated_lines(*also)}) GROUP BY subject, month{self._by}"
        )

    def _dated_lines(self, *also: str, bad: Path | None = None, of: str = "") -> str:
        """Query ``(_row, subject, month, …also)`` of the lines that have a date.

        Args:
            also: Further expressions with ``AS``.
            bad: Only lines whose value at this path cannot be read.
            of: Only lines of the subjects of periods (alias ``p``) for which this condition holds.
        """
        where = f"{_counted(self.declared.lines)} IS TRUE"
        if bad:
            where += f" AND {sql.column(bad, 'bad')} IS NOT NULL"
        return self._dated(where, *also, unread=bad is not None, of=of)

    def _dated(self, where: str, *also: str, unread: bool = False, of: str = "") -> str:
        """Query ``(_row, subject, month, …also)`` of the documents that have a date and for which a condition holds.

        Args:
            where: The condition.
            also: Further expressions with ``AS``.
            unread: Whether a value of them cannot be read.
            of: Only those of the subjects of periods (alias ``p``) for which this condition holds.
        """
        lines = self.declared.lines
        link = Link(lines.collection, lines.link)
        table = self._context.unread(lines.collection) if unread else ""
        if of:  # few: what is a line is then asked of these alone
            subjects = f"SELECT p.subject FROM {self._periods()} p WHERE {of}"
            naming = f"(SELECT _row FROM {self._context.links(link)} WHERE ref IN ({subjects}))"
            table = self._context.documents(lines.collection, naming)
        table = self._documents(lines, table)
        also = (*also, *self._currency(lines))
        also_date = (*also, *self._date(lines.collection, lines.date))
        refs = self._context.links(link, also=also_date, where=where, table=table)
        names = "".join(f", x.{expression.rpartition(' AS ')[2]}" for expression in also)
        return (
            f"SELECT x._row, ref AS subject, coalesce(x.named_month, b.month) AS month{names}"
            f" FROM {refs} x LEFT JOIN {self._months()} b ON b.bucket = x.bucket"
            f" WHERE NOT {sql.blank('ref')} AND coalesce(x.named_month, b.month) IS NOT NULL{self._in_some}"
        )

    def _date(self, collection: str, path: Path) -> tuple[str, str]:
        month = sql.named_month(path, as_day=Link(collection, path) in self._context.model.days)
        return f"{month} AS named_month", f"{_bucket(path, self._granule)} AS bucket"

    @property
    def _in_some(self) -> str:
        """Leave out what is in no currency that could be read, as what is in no month."""
        return " AND currency IS NOT NULL" if self._by else ""

    @property
    def _granule(self) -> int:
        """A span that never lies in two months: a day, or where the zone is not UTC a quarter of an hour."""
        return DAY if self.zone.key == "UTC" else _QUARTER

    def _months(self) -> str:
        """Make the table ``(bucket, month)``, once: to which calendar month a date belongs."""
        entries, lines = self.declared.entries, self.declared.lines
        dates = " UNION ".join(
            f"SELECT {_bucket(path, self._granule)} AS bucket FROM {quoted(collection)}"
            for collection, path in ((entries.collection, entries.period), (lines.collection, lines.date))
        )
        name = f"months of {self.declared.name}"

        def fill() -> str:
            found = self._context.query(f"SELECT bucket FROM ({dates}) WHERE bucket IS NOT NULL")
            buckets = [_int(bucket) for (bucket,) in found]
            months = [month_of(bucket * self._granule, self.zone) for bucket in buckets]
            table = pa.table({"bucket": pa.array(buckets, pa.int64()), "month": pa.array(months, pa.int64())})
            self._context.engine.fill(f"${name} now", table)
            return f"SELECT * FROM {quoted(f'${name} now')}"

        return self._context.relation(name, fill)


_PERIOD = "p.subject, p.month, p.entries, p.lines, p.calculated, p.wide, p.bad, p.marked, p.currency"


def _counted(side: Entries | Lines) -> str:
    """Condition on documents: an entry or a line; null where an unreadable flag leaves it open."""
    return sql.holds(side.where, unless=side.unless)


def _bucket(path: Path, granule: int) -> str:
    """Divide a date by a span, rounding down (the engine's ``//`` rounds towards zero)."""
    date = sql.column(path, "date")
    return f"({date} // {granule} - CASE WHEN {date} % {granule} < 0 THEN 1 ELSE 0 END)"


def _period(row: Row) -> Period:
    wide = [text for part in row[5] for text in part] if isinstance(row[5], list) else []
    return Period(
        str(row[0]), _int(row[1]), _int(row[2]), _int(row[3]), total(row[4], wide), not row[6], _int(row[7]),
        _text(row[8]),
    )  # fmt: skip


def _int(value: object) -> int:
    return int(value)  # type: ignore[call-overload, no-any-return]  # the engine's numbers


def _text(value: object) -> str | None:
    return None if value is None else str(value)
