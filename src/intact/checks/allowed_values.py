"""Values outside a list of allowed ones.

What it finds
    Documents whose value at a path is none of the allowed texts, to the letter; a missing value included, and anything
    that is no text. Each finding says which allowed value was probably meant, and whether only the letter case differs.
    Meant is what has the same letters, or one or two others in a long word; another word (``partially_delivered``,
    ``unpaid``) has a meaning of its own and no suggestion.

Why it matters
    Code that asks for ``status == "delivered"`` passes by what says ``Delivered``; reports and bills go wrong without
    an error.

Example
    ``{"id": "o-2", "status": "deliverd"}``: the suggestion is ``delivered``.

How to repair
    Where ``case_only`` is true, write the value as listed; but where ``prevailing`` says that most documents hold it,
    look first whether the code or the model is what is wrong. Else look at the suggestion, decide, and add a validator
    to the collection so that it cannot come back.

What it cannot see
    A value that is allowed and not true.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from intact.checks import mongosh as shell
from intact.checks import sql
from intact.checks.base import (
    Draft,
    Judged,
    Need,
    Neighbourhood,
    Part,
    PathUse,
    Rest,
    document_columns,
    document_rests,
    target_link,
)
from intact.checks.context import Context
from intact.checks.evidence import Documents, judged, scope, shown_value, unreadable_flags
from intact.checks.suggestions import suggest
from intact.core.values import string_text
from intact.model.specs import Kind, Model, Option, OptionType, Rule, TargetType
from intact.project.columns import Column, Role

KIND = Kind(
    "allowed-values",
    TargetType.LINK,
    options={
        "values": Option(
            OptionType.VALUES,
            "The allowed texts; by default those that the collection declares for the path.",
        ),
        "unless": Option(OptionType.CONDITIONS, "Leaves out documents for which all of these hold."),
    },
    fields=("suggestion", "case_only", "prevailing"),
)

_FEW = 3
"""Documents of which nobody says that most of them hold a text."""


def columns(rule: Rule, model: Model) -> Iterable[Need]:
    """Yield the columns that the check reads."""
    link = target_link(rule)
    yield link.collection, Column(link.path, Role.TEXT)
    yield from document_columns(rule, model, link.collection)


def parts(rule: Rule, model: Model) -> Sequence[Part]:
    """Return one query."""
    allowed = _allowed(rule, model)
    link = target_link(rule)
    return (
        Part(lambda context: _find(rule, context, allowed), frozenset({link.collection}), values=(link,)),
    )


def rests(rule: Rule, model: Model) -> Iterable[Rest]:
    """Yield the places on which the check rests."""
    link = target_link(rule)
    yield Rest(link.collection, (link.path,), PathUse.COMPARED)
    yield from document_rests(rule, model, link.collection)


def judges(rule: Rule, context: Context) -> Sequence[Judged]:
    """Return the documents for which the conditions hold: a missing value is judged too."""
    del context
    return (Judged(target_link(rule).collection, where=scope(rule)),)


def lookups(rule: Rule, model: Model, draft: Draft) -> Neighbourhood:
    """Return the document itself."""
    del rule, model, draft
    return Neighbourhood()


def mongosh(rule: Rule, model: Model) -> str:
    """Return a query for mongosh."""
    link = target_link(rule)
    query = shell.none_of(link.path, _allowed(rule, model))
    return shell.find(link.collection, shell.both(query, shell.judged(rule)))


def _allowed(rule: Rule, model: Model) -> tuple[str, ...]:
    link = target_link(rule)
    value = rule.options.get("values", model.collections[link.collection].values.get(link.path, ()))
    return value if isinstance(value, tuple) else ()


def _find(rule: Rule, context: Context, allowed: tuple[str, ...]) -> Iterator[Draft]:
    link = target_link(rule)
    documents = Documents(context, link.collection, rule)
    value = sql.column(link.path, "text")
    listed = ", ".join(sql.text(string_text(each)) for each in allowed)
    among = f"({value} IS NULL OR {value} NOT IN ({listed}))"
    wanted = f"{among} AND {judged(rule)}"
    query = (
        f"SELECT {documents.select}, {value}, count(*) OVER (PARTITION BY {value})"
        f" FROM {context.selected(link.collection, wanted)} d WHERE {wanted}"
        f" ORDER BY {context.order(link.collection)}"
    )
    usual = _Usual(rule, context)
    for row in context.query(query):
        text = None if row[-2] is None else str(row[-2])
        found = shown_value(text)
        is_text = text is not None and (not text.startswith("$") or text.startswith('$"'))
        suggestion, case_only = suggest(str(found), allowed) if is_text else (None, False)
        fields = {rule.named: found, "suggestion": suggestion, "case_only": case_only}
        # A fingerprint from which a personal value could be guessed would tell it.
        named = None if documents.collection.is_personal(link.path) else text
        if case_only and named and (said := usual.said(named, int(str(row[-1])))):
            fields["prevailing"] = (
                f"{said}; the code that asks for '{suggestion}', or the model, may be what is wrong"
            )
        draft = documents.draft(row, fields=fields, identity=(str(link.path), named), cause=(rule.named,))
        draft.taken |= dict.fromkeys((rule.named, "suggestion"), link.path)
        yield draft
    yield from unreadable_flags(context, rule, link.collection, among=among)


class _Usual:
    """Whether most documents hold a text; all are counted once, and only where letter case alone is wrong somewhere."""

    def __init__(self, rule: Rule, context: Context) -> None:
        self._rule = rule
        self._context = context

    def said(self, text: str, count: int) -> str:
        """Say in how many documents a text is, if it is in most of them.

        Args:
            text: The text.
            count: In how many of the documents that are judged it is.
        """
        if self._context.excerpt or count < _FEW or count * 2 <= self._of:
            return ""
        collection = target_link(self._rule).collection
        return f"{count:,} of {self._of:,} documents of {collection} hold {shown_value(text)!r}"

    @cached_property
    def _of(self) -> int:
        """How many documents are judged."""
        table = Documents(self._context, target_link(self._rule).collection).table
        ((count,),) = self._context.query(f"SELECT count(*) FROM {table} WHERE {judged(self._rule)}")
        return int(str(count))
