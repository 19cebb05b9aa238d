"""The numbers that sum a report up: counts and sums over findings, and over documents.

Those over findings are added up as the findings are made (:class:`RunningFigure`), whatever the limit on how many
are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from intact.checks import sql
from intact.checks.base import (
    Draft,
    Need,
    Neighbourhood,
    PathUse,
    Rest,
    amount_columns,
    collection_rests,
    condition_columns,
    condition_rests,
    key_columns,
    shown_paths,
    target_rests,
    to_target,
)
from intact.checks.context import Context
from intact.checks.evidence import currency_text, open_flags, total, unreadable, unreadable_currencies
from intact.checks.ledger import Ledger
from intact.checks.ledger import columns as ledger_columns
from intact.core.amounts import add_money, tidy
from intact.core.paths import Path
from intact.core.values import STRING, SYMBOL, JsonValue, shown
from intact.engine import quoted
from intact.model.specs import (
    CountDocuments,
    CountFindings,
    FigureSpec,
    LinkedSum,
    Literal,
    Model,
    Rule,
    SumFindings,
    UndatedLines,
)
from intact.project.columns import Column, Role

_MISSING: Final = "missing"
_OTHER: Final = "other"

UNNAMED: Final = "unnamed"
"""What a sum is called whose currency nobody says."""


def columns(figure: FigureSpec, model: Model) -> Iterator[Need]:
    """Yield the columns that a figure reads."""
    if isinstance(figure, CountDocuments):
        yield from condition_columns(figure.collection, figure.where)
        if any(condition.asks_flag for condition in figure.where):
            yield from key_columns(model.collections[figure.collection])
        if figure.by:
            yield figure.collection, Column(figure.by, Role.TEXT)
    elif isinstance(figure, LinkedSum):
        yield from amount_columns(figure.amount.collection, figure.amount.path, figure.currency)
        for link in (*figure.through, figure.unmatched):
            yield link.collection, Column(link.path, Role.KEY)
            yield from key_columns(model.collections[link.collection])
            yield from key_columns(
                model.collections[model.collections[link.collection].references[link.path]]
            )
    elif isinstance(figure, UndatedLines):
        yield from ledger_columns(model.reconciliations[figure.reconciliation], model)


def reads(figure: FigureSpec, model: Model) -> tuple[frozenset[str], frozenset[str]]:
    """Return the collections that a figure reads, and those of which it needs all."""
    if isinstance(figure, CountDocuments):
        return frozenset({figure.collection}), frozenset()
    if isinstance(figure, UndatedLines):
        return frozenset({model.reconciliations[figure.reconciliation].lines.collection}), frozenset()
    if isinstance(figure, LinkedSum):
        links = (*figure.through, figure.unmatched)
        targets = {model.collections[link.collection].references[link.path] for link in links}
        everything = frozenset({figure.amount.collection, *(link.collection for link in links), *targets})
        return everything, everything
    return frozenset(), frozenset()


def rests(figure: FigureSpec, model: Model) -> Iterator[Rest]:
    """Yield the places on which a figure over documents rests."""
    if isinstance(figure, CountDocuments):
        yield from condition_rests(figure.collection, figure.where)
        if figure.by:
            yield Rest(figure.collection, (figure.by,), PathUse.COMPARED)
            yield from collection_rests(model.collections[figure.collection])
    elif isinstance(figure, LinkedSum):
        yield Rest(figure.amount.collection, (figure.amount.path,), PathUse.AMOUNT)
        if figure.currency:
            yield Rest(figure.amount.collection, (figure.currency,), PathUse.AMOUNT)
        for link in (*figure.through, figure.unmatched):
            yield from target_rests(link, model)
    elif isinstance(figure, UndatedLines):
        lines = model.reconciliations[figure.reconciliation].lines
        yield Rest(lines.collection, (lines.link,), PathUse.REFERENCE)
        yield Rest(lines.collection, (lines.date,), PathUse.DATE)
        yield from condition_rests(lines.collection, (*lines.where, *lines.unless))


def rests_on_fields(figure: CountFindings | SumFindings, rule: Rule, model: Model) -> Iterator[Rest]:
    """Yield the places from which the fields of a rule's findings are taken on which a figure over them rests."""
    collection = rule.target if isinstance(rule.target, str) else rule.target.collection
    shown = shown_paths(rule)
    for name in (*figure.where, *figure.unless):
        if name in shown:
            yield Rest(collection, (shown[name],), PathUse.CONDITION)
    if not isinstance(figure, SumFindings):
        return
    amount = rule.options.get("amount")
    if figure.name == "amount" and isinstance(amount, Path):
        yield Rest(collection, (amount,), PathUse.AMOUNT)
    elif declared := model.reconciliations.get(collection):
        yield Rest(declared.entries.collection, (declared.entries.amount,), PathUse.AMOUNT)


def judged(figure: FigureSpec, context: Context) -> tuple[int, int]:
    """Return how many documents there are for a figure over documents to judge, and of how many it has a value."""
    engine = context.engine
    if isinstance(figure, LinkedSum):
        name, path = figure.amount.collection, str(figure.amount.path)
        columns = [f"{path}@amount"] if figure.amount.path.is_list else [f"{path}@amount", f"{path}@wide"]
    elif isinstance(figure, UndatedLines):
        lines = context.model.reconciliations[figure.reconciliation].lines
        name, columns = lines.collection, [f"{lines.link}@key"]
        columns = [f"{lines.link}@each"] if lines.link.is_list else columns
    elif isinstance(figure, CountDocuments):
        return engine.size(figure.collection), engine.size(figure.collection)
    else:
        return 0, 0
    return engine.size(name), sum(engine.count(name, column) for column in columns)


def lookups(figure: FigureSpec, model: Model) -> Neighbourhood:
    """Return the documents that decide about a value which a figure cannot read: all that its document leads to."""
    if not isinstance(figure, LinkedSum):
        return Neighbourhood()
    chain = tuple(to_target(link, model) for link in (*figure.through, figure.unmatched))
    return Neighbourhood(chains=(chain,))


def drafts(figure: FigureSpec, context: Context) -> Iterator[Draft]:
    """Yield a finding for each value on which a figure over documents depends and which it cannot read."""
    if isinstance(figure, LinkedSum):
        yield from Linked(figure, context).drafts()
    elif isinstance(figure, CountDocuments):
        yield from open_flags(context, figure.collection, figure.where)
    elif isinstance(figure, UndatedLines):
        yield from Ledger(context, context.model.reconciliations[figure.reconciliation]).open_undated()


class RunningFigure:
    """A figure over findings, as they come.

    Args:
        figure: The figure.
        by_currency: Whether the findings say in which currency they are: then a sum is one a currency.
    """

    def __init__(self, figure: CountFindings | SumFindings, *, by_currency: bool = False) -> None:
        self._figure = figure
        self._by_currency = by_currency
        self._count = 0
        self._sums: tuple[dict[str, Decimal], dict[str, Decimal]] = ({}, {})

    def add(self, type_: str, fields: Mapping[str, JsonValue], currency: str | None = None) -> None:
        """Take in a finding, whose amounts are in a currency."""
        figure = self._figure
        if figure.types and type_ not in figure.types:
            return
        if not matches(fields, figure.where) or (figure.unless and matches(fields, figure.unless)):
            return
        self._count += 1
        if isinstance(figure, SumFindings):
            value = fields.get(figure.name)
            amount = value if isinstance(value, Decimal) else Decimal(str(value or 0))
            sums, key = self._sums[amount < 0], (currency or UNNAMED) if self._by_currency else ""
            add_money(sums, (key, amount.copy_abs()))

    @property
    def value(self) -> JsonValue:
        """The number; of a sum, that of what is not negative, by currency where these are told apart."""
        return self._summed(self._sums[False]) if isinstance(self._figure, SumFindings) else self._count

    @property
    def negative(self) -> JsonValue:
        """What the negative amounts of a sum come to, as positive numbers; None where there are none."""
        return self._summed(self._sums[True]) if self._sums[True] else None

    def _summed(self, sums: Mapping[str, Decimal]) -> JsonValue:
        return by_currency(sums) if self._by_currency else tidy(sums.get("", Decimal(0)))


def by_currency(sums: Mapping[str, Decimal]) -> JsonValue:
    """Return sums by currency, those that are not 0."""
    return {currency: tidy(amount) for currency, amount in sorted(sums.items()) if amount}


def matches(fields: Mapping[str, JsonValue], where: Mapping[str, tuple[Literal, ...]]) -> bool:
    """Tell whether all named fields of a finding have one of their values; text in any letter case."""
    return all(_equal_any(fields.get(name), allowed) for name, allowed in where.items())


def _equal_any(value: JsonValue, allowed: tuple[Literal, ...]) -> bool:
    if isinstance(value, list):
        return any(_equal_any(each, allowed) for each in value if not isinstance(each, list))
    if isinstance(value, str):
        return any(isinstance(literal, str) and literal.casefold() == value.casefold() for literal in allowed)
    return any(type(literal) is type(value) and literal == value for literal in allowed)


def count_documents(figure: CountDocuments, context: Context) -> JsonValue:
    """Count the documents that fulfil the conditions; by text, null under ``missing``, what is no text ``other``."""
    where, table = sql.holds(figure.where), quoted(figure.collection)
    if figure.by is None:
        ((count,),) = context.query(f"SELECT count(*) FROM {table} WHERE {where} IS TRUE")
        return int(str(count))
    value, kind = sql.column(figure.by, "text"), sql.column(figure.by, "#kind")
    named = (
        f"CASE WHEN {value} IS NULL THEN '{_MISSING}' WHEN {kind} NOT IN ({STRING}, {SYMBOL}) THEN '{_OTHER}'"
        f" ELSE {value} END"
    )
    rows = context.query(
        f"SELECT {named} AS name, count(*) AS n FROM {table} WHERE {where} IS TRUE GROUP BY name ORDER BY n DESC, name"
    )
    return {str(shown(str(name))): int(str(count)) for name, count in rows}


def undated(figure: UndatedLines, context: Context) -> int:
    """Count the lines of a reconciliation that name a subject and have no readable date."""
    return Ledger(context, context.model.reconciliations[figure.reconciliation]).undated()


class Linked:
    """A sum over documents that lead, link by link, to a document without a partner."""

    def __init__(self, figure: LinkedSum, context: Context) -> None:
        self._figure = figure
        self._context = context

    def value(self) -> JsonValue:
        """The sum, or one a currency; each amount counts once."""
        link, of, among = self._figure.amount, self._figure.currency, self._among()
        narrow, wide, _, currency = sql.money(link.path, of, self._context.model.currency)
        table = self._context.priced(link.collection, link.path, of)
        texts = f"flatten(list({wide}) FILTER ({wide} IS NOT NULL))"
        query = (
            f"SELECT {currency} AS currency, coalesce(sum({narrow}), 0), {texts} FROM {table} d WHERE {among}"
            " GROUP BY currency ORDER BY currency"
        )
        sums = {
            currency_text(code) or UNNAMED: total(amount, found if isinstance(found, list) else None)
            for code, amount, found in self._context.query(query)
            if code is not None
        }
        return by_currency(sums) if self._figure.currency else next(iter(sums.values()), Decimal(0))

    def drafts(self) -> Iterator[Draft]:
        """Yield the findings for amounts that cannot be read."""
        link = self._figure.amount
        yield from unreadable(self._context, link.collection, link.path, Role.AMOUNT, among=self._among())
        yield from unreadable_currencies(
            self._context, link.collection, link.path, self._figure.currency, among=self._among()
        )

    def _among(self) -> str:
        """Condition on the documents (alias ``d``) whose amount counts."""
        unmatched = self._figure.unmatched
        rows = (
            f"SELECT _row FROM {quoted(unmatched.collection)} WHERE {sql.missing(unmatched.path)}"
            f" UNION ALL SELECT _row FROM {self._context.unmatched(unmatched)}"
        )
        for link in reversed(self._figure.through):
            found = sql.keys(self._context.target(link))
            rows = (
                f"SELECT l._row FROM {sql.links(link.collection, link.path)} l"
                f" WHERE l.ref IN (SELECT k FROM {found} WHERE _row IN ({rows}))"
            )
        return f"d._row IN ({rows})"
