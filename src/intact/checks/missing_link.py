"""Documents without a link that they should have.

What it finds
    Documents in which a reference is absent, null, or an array without an element other than null; if the rule says so,
    only those for which conditions hold, or to which other documents refer.

Why it matters
    Whatever follows the link passes such a document by: an order without a subscription is on no monthly bill, a
    customer without a user cannot log in.

Example
    ``{"id": "o-17", "status": "delivered", "items": [{"total": 120}]}`` has no ``subscription_id``, and nothing says
    that it was billed.

How to repair
    Find out what the document belongs to and set the link; or, where it rightly stands alone, settle what the missing
    link leaves undone (bill the order once).

What it cannot see
    A link that is there and wrong: that is a dangling reference, or nobody's error but the person's who set it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from intact.checks import mongosh as shell
from intact.checks import sql
from intact.checks.base import (
    Draft,
    Hop,
    Judged,
    Need,
    Neighbourhood,
    Part,
    PathUse,
    Rest,
    condition_columns,
    condition_rests,
    conditions,
    document_columns,
    document_rests,
    key_columns,
    key_path,
    key_rests,
    target_link,
)
from intact.checks.context import Context
from intact.checks.evidence import Documents, judged, open_flags, scope, unreadable_amounts, unreadable_flags
from intact.engine import quoted
from intact.model.specs import Kind, Link, Model, Option, OptionType, Rule, TargetType
from intact.project.columns import Column, Role

KIND = Kind(
    "missing-link",
    TargetType.REFERENCE,
    options={
        "where": Option(OptionType.CONDITIONS, "Only documents for which these conditions hold."),
        "unless": Option(OptionType.CONDITIONS, "Leaves out documents for which all of these hold."),
        "show": Option(OptionType.SHOW, "Values to show: name in the finding, and path."),
        "amount": Option(OptionType.AMOUNT, "The amount at stake; a path through an array is summed."),
        "currency": Option(
            OptionType.CURRENCY, "Path of its currency; by default it is in that of the model."
        ),
        "having": Option(
            OptionType.NAMED_REFERENCE,
            "Only documents to which others refer: name of their count in the finding, and the reference.",
        ),
        "having-where": Option(OptionType.LINKED_CONDITIONS, "Conditions on the documents that refer to it."),
    },
    fields=("amount", "amount_complete"),
)


def columns(rule: Rule, model: Model) -> Iterable[Need]:
    """Yield the columns that the check reads."""
    link = target_link(rule)
    yield link.collection, Column(link.path, Role.KEY)
    yield from document_columns(rule, model, link.collection)
    if having := _having(rule):
        _, other = having
        yield other.collection, Column(other.path, Role.KEY)
        yield from key_columns(model.collections[other.collection])
        yield from condition_columns(other.collection, conditions(rule, "having-where"))


def parts(rule: Rule, model: Model) -> Sequence[Part]:
    """Return one query."""
    del model
    reads = {target_link(rule).collection}
    if having := _having(rule):
        reads.add(having[1].collection)
    return (Part(lambda context: _find(rule, context), frozenset(reads)),)


def rests(rule: Rule, model: Model) -> Iterable[Rest]:
    """Yield the places on which the check rests."""
    link = target_link(rule)
    yield Rest(link.collection, (link.path,), PathUse.REFERENCE, sought=True)
    yield from document_rests(rule, model, link.collection)
    if having := _having(rule):
        _, other = having
        yield Rest(other.collection, (other.path,), PathUse.REFERENCE)
        yield from key_rests(model.collections[link.collection], PathUse.KEY)
        yield from key_rests(model.collections[other.collection])
        yield from condition_rests(other.collection, conditions(rule, "having-where"))


def judges(rule: Rule, context: Context) -> Sequence[Judged]:
    """Return the documents for which the conditions hold."""
    del context
    return (Judged(target_link(rule).collection, where=scope(rule)),)


def lookups(rule: Rule, model: Model, draft: Draft) -> Neighbourhood:
    """Return the document, and what refers to it where that is counted."""
    del draft
    having = _having(rule)
    if having is None:
        return Neighbourhood()
    own, (_, other) = model.collections[target_link(rule).collection], having
    return Neighbourhood(chains=((Hop(own.name, key_path(own), other.collection, other.path),),))


def mongosh(rule: Rule, model: Model) -> str:
    """Return a query for mongosh."""
    del model
    link = target_link(rule)
    query = shell.both(shell.no_link(link.path), shell.judged(rule))
    return shell.find(link.collection, query)


def _find(rule: Rule, context: Context) -> Iterator[Draft]:
    link = target_link(rule)
    documents = Documents(context, link.collection, rule)
    among, having = sql.missing(link.path), _having(rule)
    wanted = f"{among} AND {judged(rule)}"
    count, source = "NULL", documents.among(context.selected(link.collection, wanted))
    if having:
        count = "h.n"
        source += f" JOIN {_counts(rule, having[1], context)} h ON h._row = d._row"
    query = f"SELECT {documents.select}, {count} FROM {source} WHERE {wanted} ORDER BY {documents.order}"
    for row in context.query(query):
        fields = {having[0]: int(str(row[-1]))} if having else {}
        yield documents.draft(row, fields=fields, identity=(str(link.path),))
    yield from unreadable_flags(context, rule, link.collection, among=among)
    if having:
        yield from _open_having(rule, having[1], context, wanted)
    yield from unreadable_amounts(context, rule, link.collection, among=among)


def _having(rule: Rule) -> tuple[str, Link] | None:
    value = rule.options.get("having")
    if isinstance(value, tuple):
        name, link = value
        return name, link
    return None


def _open_having(rule: Rule, other: Link, context: Context, among: str) -> Iterator[Draft]:
    """Yield the flags that leave open whether a document refers to one of those which a condition selects."""
    own = context.target(other)
    wanted = (
        f"SELECT k FROM {sql.keys(own)} WHERE _row IN (SELECT d._row FROM {quoted(own.name)} d WHERE {among})"
    )
    refs = sql.links(other.collection, other.path)
    referring = f"d._row IN (SELECT _row FROM {refs} WHERE ref IN ({wanted}))"
    where = conditions(rule, "having-where")
    yield from open_flags(context, other.collection, where, among=referring)


def _counts(rule: Rule, link: Link, context: Context) -> str:
    """Query ``(_row, n)``: how many documents refer to each document of the target's collection."""
    refs = sql.links(
        link.collection, link.path, where=f"{sql.holds(conditions(rule, 'having-where'))} IS TRUE"
    )
    found = sql.keys(context.target(link))
    return f"(SELECT f._row, count(DISTINCT l._row) AS n FROM {refs} l JOIN {found} f ON f.k = l.ref GROUP BY f._row)"
