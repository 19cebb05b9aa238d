"""Documents whose link leads to nothing at all, be it missing or wrong.

What it finds
    Documents in which a reference is missing (absent, null, an array without an element other than null), or of which
    no value finds a document. One finding a document.

Why it matters
    Work that hangs on the link is lost: a delivery without its order is never billed, a bill without its subscription
    is nobody's.

Example
    ``{"id": "d-5", "order_id": "o-999"}`` where no order has the id ``o-999``.

How to repair
    Where a near match is given, the link was written in another form: correct it. Where the value is found elsewhere
    (``elsewhere``), it is the id of another kind of thing. Where it is blank or a word such as ``undefined``
    (``placeholder``), unset the field, and mend the code that writes it. Else find the lost document in a backup or a
    log, or remove what refers to it.

What it cannot see
    A link to a document that exists and is the wrong one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from intact.checks import mongosh as shell
from intact.checks import sql
from intact.checks.base import (
    Draft,
    Judged,
    Need,
    Neighbourhood,
    Part,
    Rest,
    document_columns,
    document_rests,
    key_columns,
    key_values,
    target_link,
    target_rests,
    to_target,
)
from intact.checks.context import Context
from intact.checks.evidence import Documents, judged, scope, unreadable_amounts, unreadable_flags
from intact.checks.placeholders import is_placeholder
from intact.core.values import JsonValue, shown
from intact.model.specs import Kind, Model, Option, OptionType, Rule, TargetType
from intact.project.columns import Column, Role

KIND = Kind(
    "unmatched-link",
    TargetType.REFERENCE,
    options={
        "where": Option(OptionType.CONDITIONS, "Only documents for which these conditions hold."),
        "unless": Option(OptionType.CONDITIONS, "Leaves out documents for which all of these hold."),
        "show": Option(OptionType.SHOW, "Values to show: name in the finding, and path."),
        "amount": Option(OptionType.AMOUNT, "The amount at stake; a path through an array is summed."),
        "currency": Option(
            OptionType.CURRENCY, "Path of its currency; by default it is in that of the model."
        ),
    },
    fields=("amount", "amount_complete"),
)


def columns(rule: Rule, model: Model) -> Iterable[Need]:
    """Yield the columns that the check reads."""
    link = target_link(rule)
    yield link.collection, Column(link.path, Role.KEY)
    yield from document_columns(rule, model, link.collection)
    yield from key_columns(model.collections[model.collections[link.collection].references[link.path]])


def parts(rule: Rule, model: Model) -> Sequence[Part]:
    """Return a query for what is missing, which is certain, and one for what finds nothing."""
    link = target_link(rule)
    target = model.collections[link.collection].references[link.path]
    reads, found = frozenset({link.collection}), key_values(link, model)
    return (
        Part(lambda context: _find(rule, context, sql.missing(link.path), finds=False), reads),
        Part(
            lambda context: _find(rule, context, _nothing_found(rule, context), finds=True),
            reads,
            frozenset({target}),
            found,
        ),
    )


def rests(rule: Rule, model: Model) -> Iterable[Rest]:
    """Yield the places on which the check rests."""
    link = target_link(rule)
    yield from target_rests(link, model, sought=True)
    yield from document_rests(rule, model, link.collection)


def judges(rule: Rule, context: Context) -> Sequence[Judged]:
    """Return the documents for which the conditions hold."""
    del context
    return (Judged(target_link(rule).collection, where=scope(rule)),)


def lookups(rule: Rule, model: Model, draft: Draft) -> Neighbourhood:
    """Return the document, and what it refers to."""
    del draft
    return Neighbourhood(chains=((to_target(target_link(rule), model),),))


def mongosh(rule: Rule, model: Model) -> str:
    """Return a query for mongosh."""
    link = target_link(rule)
    target = model.collections[model.collections[link.collection].references[link.path]]
    return shell.lookup(link, target, keep_missing=True, extra=shell.judged(rule))


def _nothing_found(rule: Rule, context: Context) -> str:
    return f"d._row IN (SELECT _row FROM {context.unmatched(target_link(rule))})"


def _find(rule: Rule, context: Context, among: str, *, finds: bool) -> Iterator[Draft]:
    """Find documents.

    Args:
        rule: The rule.
        context: The run.
        among: Condition on the documents (alias ``d``).
        finds: Whether they have values, which find nothing.
    """
    link = target_link(rule)
    documents = Documents(context, link.collection, rule)
    key, each = sql.column(link.path, "key"), sql.column(link.path, "each")
    elsewhere, places = context.elsewhere(link) if finds else ("(SELECT NULL AS ref, NULL AS place)", ())
    table = documents.table
    if finds:
        table = documents.among(context.documents(link.collection, context.dangling(link)))
    query = (
        f"SELECT {documents.select}, e.place, {key}, {each}, {sql.missing(link.path)} FROM {table}"
        f" LEFT JOIN {elsewhere} e ON e.ref = {key} AND {each} IS NULL"
        f" WHERE {among} AND {judged(rule)} ORDER BY {documents.order}"
    )
    for row in context.query(query):
        value, identity = _reference(*row[-3:])
        place = row[-4]
        draft = documents.draft(
            row,
            fields={rule.named: value},
            identity=(str(link.path), identity),
            cause=(rule.named,),
        )
        if row[-2] is None and identity is not None and (near := context.near(link).get(identity)):
            draft.fields["near_match"] = near
        if identity is not None and is_placeholder(identity):
            draft.fields["placeholder"], draft.cause = True, ("placeholder",)
        if place is not None:
            draft.fields["elsewhere"] = places[int(str(place))].shown
        yield draft
    yield from unreadable_flags(context, rule, link.collection, among=among)
    yield from unreadable_amounts(context, rule, link.collection, among=among)


def _reference(key: object, each: object, missing: object) -> tuple[JsonValue, str | None]:
    """Return what a document refers to, as it is shown and as it is named; null for an array without any value."""
    if missing:
        return None, None
    if key is not None:
        return shown(str(key)), str(key)
    values = [str(value) for value in each if value is not None] if isinstance(each, list) else []
    return [shown(value) for value in values], "\n".join(values)
