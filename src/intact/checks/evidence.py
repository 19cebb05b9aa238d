"""From rows of the engine to drafts: how a document is named and shown, and what could not be read of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from intact.checks import sql
from intact.checks.base import Draft, conditions, currency_path, shown_paths
from intact.checks.context import Context
from intact.checks.periods import UTC, day_text, other_readings
from intact.core.amounts import EXACT, tidy
from intact.core.paths import Path
from intact.core.values import STRING, SYMBOL, TYPE_NAMES, JsonValue, shown
from intact.engine import Row, quoted
from intact.model.specs import Collection, Conditions, Link, Rule
from intact.project.columns import Role


def total(narrow: object, wide: Sequence[str] | None) -> Decimal:
    """Add up an amount: what the engine summed, and what was too wide for it."""
    amount = narrow if isinstance(narrow, Decimal) else Decimal(str(narrow or 0))
    for text in wide or ():
        amount = EXACT.add(amount, Decimal(text))
    return tidy(amount)


def shown_value(text: str | None) -> JsonValue:
    """Return a value that is only shown: a date as ISO 8601 text, anything else as ids are shown."""
    value = shown(text)
    if isinstance(value, dict) and list(value) == ["$date"] and isinstance(value["$date"], str):
        return value["$date"]
    return value


class Documents:
    """How a rule shows documents of a collection.

    Args:
        context: The run.
        collection: Whose documents.
        rule: Whose ``show`` and ``amount`` options count; None where neither does.
    """

    def __init__(self, context: Context, collection: str, rule: Rule | None = None) -> None:
        self._context = context
        self.collection: Collection = context.collection(collection)
        self._show = shown_paths(rule) if rule else {}
        path = rule.options.get("amount") if rule else None
        self._amount = path if isinstance(path, Path) else None
        self._currency = currency_path(rule) if rule else None
        self._otherwise = context.model.currency
        self._nowhere = self._amount is not None and context.dead(Link(collection, self._amount))
        self._dated = self.collection.dated if rule else None
        self._zone = ZoneInfo(context.model.timezone)
        self._days = context.model.days

    @property
    def select(self) -> str:
        """Columns to select, before any others of the query, from the collection's table under the alias ``d``."""
        parts = ["d._row", "d._id", sql.named(self.collection)]
        parts.extend(sql.column(path, "text") for path in self._show.values())
        if self._amount:
            parts.extend(sql.money(self._amount, self._currency, self._otherwise))
        if self._dated:
            parts.append(sql.column(self._dated, "date"))
            parts.append(
                sql.is_day(self._dated, as_day=Link(self.collection.name, self._dated) in self._days)
            )
        return ", ".join(parts)

    @property
    def table(self) -> str:
        """The table to select from."""
        return self.among(quoted(self.collection.name))

    def among(self, table: str) -> str:
        """Return the table to select from where the documents are those of another one."""
        if self._amount is None:
            return f"{table} d"
        return f"{self._context.priced(self.collection.name, self._amount, self._currency, table)} d"

    @property
    def order(self) -> str:
        """Terms to sort the rows by."""
        terms = self._context.order(self.collection.name)
        return f'{terms}, d."$currency"' if self._apart else terms

    @property
    def _apart(self) -> bool:
        """Whether a document has a row for each currency of its elements."""
        return self._currency is not None and self._currency.is_list

    def draft(
        self,
        row: Row,
        *,
        fields: Mapping[str, JsonValue],
        identity: Sequence[str | None] = (),
        cause: tuple[str, ...] = (),
    ) -> Draft:
        """Make a draft of a row that begins with :attr:`select`.

        Args:
            row: The row.
            fields: What the check adds, after the record's id.
            identity: What makes the fault, beside the document and the rule.
            cause: Names of the fields that findings with one root cause share.
        """
        number, document_id, name = _int(row[0]), _text(row[1]), _text(row[2])
        all_fields: dict[str, JsonValue] = {self.collection.named: shown(name), **fields}
        for at, (field, path) in enumerate(self._show.items(), start=3):
            show = shown if path in self.collection.references else shown_value
            all_fields.setdefault(field, show(_text(row[at])))
        amount, currency = self._add_amount(row, all_fields) if self._amount else (None, None)
        all_fields["document_id"] = shown(document_id)
        apart = (currency,) if self._apart else ()
        return Draft(
            self.collection.name,
            (number,),
            (document_id or name, *identity, *apart),
            all_fields,
            amount=amount,
            currency=currency,
            cause=cause,
            when=self._when(row) if self._dated else None,
            taken=dict(self._show),
        )

    @property
    def width(self) -> int:
        """How many columns :attr:`select` has."""
        return 3 + len(self._show) + (4 if self._amount else 0) + (2 if self._dated else 0)

    def _when(self, row: Row) -> str | None:
        """Return the day that the document is of: a calendar day is the same in every zone."""
        date, is_day = row[self.width - 2 : self.width]
        return None if date is None else day_text(_int(date), UTC if is_day else self._zone)

    def _add_amount(self, row: Row, fields: dict[str, JsonValue]) -> tuple[Decimal, str | None]:
        begin = 3 + len(self._show)
        narrow, wide, bad, currency = row[begin : begin + 4]
        # An amount of nobody knows which currency counts nothing in any.
        amount = Decimal(0) if currency is None else total(narrow, _texts(wide))
        fields["amount"] = amount
        if self._currency:
            fields["currency"] = currency_text(currency)
        if bad or self._nowhere or currency is None:
            fields["amount_complete"] = False
        return amount, currency_text(currency) or ""


def unreadable(context: Context, collection: str, path: Path, role: Role, *, among: str) -> Iterator[Draft]:
    """Yield a finding for each document whose value at a path cannot be read as what it must be.

    Args:
        context: The run.
        collection: Whose documents.
        path: A path projected in the role AMOUNT, DATE or FLAG.
        role: Which of them.
        among: Condition on the documents (alias ``d``) whose value a finding or figure depends on.
    """
    declared = context.collection(collection)
    bad, kind = sql.column(path, "bad"), sql.column(path, "#kind")
    if f"{path}@bad" not in context.engine.filled(collection):
        return
    query = (
        f"SELECT d._row, d._id, {sql.named(declared)}, d.{kind}, d.{bad} FROM {context.unread(collection)} d"
        f" WHERE d.{bad} IS NOT NULL AND ({among})"
        f" ORDER BY {context.order(collection)}"
    )
    for number, document_id, name, code, found in context.query(query):
        told: dict[str, tuple[int, str]] = {}
        if role is Role.AMOUNT and path.is_list:
            for each in _structs(found):
                told.setdefault(each["field"], (each["kind"], each["text"]))
        else:
            told[str(path)] = (_int(code), str(found))
        for field, (type_code, value) in told.items():
            yield _unreadable(declared, (number, document_id, name), (path, role), field, (type_code, value))


def _unreadable(
    declared: Collection, row: Row, read: tuple[Path, Role], field: str, found: tuple[int, str]
) -> Draft:
    """Make the finding of a value of a document: the row begins with its number, ``_id`` and name."""
    number, document_id, name = row[:3]
    path, role = read
    type_code, value = found
    fields: dict[str, JsonValue] = {
        declared.named: shown(_text(name)),
        "field": field,
        "value": shown_value(value),
        "value_type": TYPE_NAMES.get(type_code, str(type_code)),
        **(other_readings(value) if role is Role.DATE else {}),
        "document_id": shown(_text(document_id)),
    }
    return Draft(
        declared.name,
        (_int(number),),
        (_text(document_id) or _text(name), field),
        fields,
        unreadable=field,
        cause=("field", "value_type"),
        taken={"value": _leading(path, field)},
    )


def _leading(path: Path, field: str) -> Path:
    """Return the part of a path at which a value stands: what goes before it may be what cannot be read."""
    parts = (Path(path.steps[:end]) for end in range(1, len(path.steps)))
    return next((part for part in parts if str(part) == field), path)


def unreadable_currencies(
    context: Context, collection: str, amount: Path, path: Path | None, *, among: str
) -> Iterator[Draft]:
    """Yield a finding for each document (alias ``d``) with a currency of an amount that is there and is no text."""
    if path is None:
        return
    declared = context.collection(collection)
    kind, value = f"d.{sql.column(path, '#kind')}", f"d.{sql.column(path, 'text')}"
    wrong = f"{value} IS NOT NULL AND {kind} NOT IN ({STRING}, {SYMBOL})"
    if path.is_list:
        is_wrong = f"m.currency IS NOT NULL AND m.type NOT IN ({STRING}, {SYMBOL})"
        first = f"list_filter(d.{sql.column(amount, 'money')}, lambda m: {is_wrong})[1]"
        kind, value, wrong = f"{first}.type", f"{first}.currency", f"{first} IS NOT NULL"
    query = (
        f"SELECT d._row, d._id, {sql.named(declared)}, {kind}, {value} FROM {quoted(collection)} d"
        f" WHERE {wrong} AND ({among}) ORDER BY {context.order(collection)}"
    )
    for row in context.query(query):
        yield _unreadable(declared, row, (path, Role.TEXT), str(path), (_int(row[3]), str(row[4])))


def unreadable_amounts(context: Context, rule: Rule, collection: str, *, among: str) -> Iterator[Draft]:
    """Yield a finding for each amount of a rule that cannot be read, and for each currency of one."""
    path, judging = rule.options.get("amount"), f"{among} AND {judged(rule)}"
    if isinstance(path, Path):
        yield from unreadable(context, collection, path, Role.AMOUNT, among=judging)
        yield from unreadable_currencies(context, collection, path, currency_path(rule), among=judging)


def currency_text(currency: object) -> str | None:
    """Return a currency as findings show it; None where nobody says it."""
    return str(shown(str(currency))) if currency else None


def unreadable_flags(context: Context, rule: Rule, collection: str, *, among: str) -> Iterator[Draft]:
    """Yield a finding for each document that a rule cannot judge because a flag in its conditions is no boolean."""
    where, unless = conditions(rule, "where"), conditions(rule, "unless")
    yield from open_flags(context, collection, where, unless=unless, among=among)


def open_flags(
    context: Context, collection: str, where: Conditions, *, unless: Conditions = (), among: str = "TRUE"
) -> Iterator[Draft]:
    """Yield a finding for each flag that is no boolean and so leaves open whether conditions hold.

    Args:
        context: The run.
        collection: Whose documents.
        where: Conditions that must hold.
        unless: Conditions of which not all may hold.
        among: Condition on the documents (alias ``d``) of which it matters.
    """
    left_open = f"({among}) AND {sql.holds(where, unless=unless)} IS NULL"
    for path in sorted({each.path for each in (*where, *unless) if each.asks_flag}):
        yield from unreadable(context, collection, path, Role.FLAG, among=left_open)


def judged(rule: Rule) -> str:
    """Condition on the documents (alias ``d``) that a rule's ``where`` and ``unless`` leave in."""
    return f"({sql.holds(conditions(rule, 'where'), unless=conditions(rule, 'unless'))} IS TRUE)"


def scope(rule: Rule) -> str:
    """Return the same as an empty text where a rule has no conditions."""
    return judged(rule) if conditions(rule, "where") or conditions(rule, "unless") else ""


def _int(value: object) -> int:
    return int(value)  # type: ignore[call-overload, no-any-return]  # the engine's numbers


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _texts(value: object) -> list[str] | None:
    return [str(each) for each in value] if isinstance(value, list) else None


def _structs(value: object) -> list[dict[str, Any]]:
    return value if isinstance(value, list) else json.loads(str(value))
