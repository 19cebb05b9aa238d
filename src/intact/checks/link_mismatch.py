"""Two-way links that are not returned.

What it finds
    A document A that points at B, where B exists, points somewhere, and not back at A. Looked for from both sides; one
    finding a link that is not returned. B without a link of its own is no mismatch: it is a missing link.

Why it matters
    Both sides are trusted: the customer who logs in as user B sees the data of the customer whom B points at.

Example
    Customer ``c-1`` has ``user_id: "u-1"``, user ``u-1`` has ``customer_v2_id: "c-2"``.

How to repair
    Find out which of the two links is right, by name, phone or e-mail, and correct the other.

What it cannot see
    Two links that agree with each other and are both wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from intact.checks import mongosh as shell
from intact.checks.base import (
    Draft,
    Hop,
    Judged,
    Need,
    Neighbourhood,
    Part,
    PathUse,
    Rest,
    key_columns,
    key_path,
    key_rests,
    key_values,
    target_link,
)
from intact.checks.context import Context
from intact.checks.evidence import Documents
from intact.core.values import shown
from intact.model.specs import Kind, Link, Model, Option, OptionType, Rule, TargetType
from intact.project.columns import Column, Role

KIND = Kind(
    "link-mismatch",
    TargetType.REFERENCE,
    options={
        "back": Option(OptionType.REFERENCE, "The reference that should lead back.", required=True),
    },
    fields=(),
)


def columns(rule: Rule, model: Model) -> Iterable[Need]:
    """Yield the columns that the check reads."""
    for link in (target_link(rule), _back(rule)):
        yield link.collection, Column(link.path, Role.KEY)
        yield from key_columns(model.collections[link.collection])


def parts(rule: Rule, model: Model) -> Sequence[Part]:
    """Return a query for each side; one for a link that should lead back to itself."""
    one, other = target_link(rule), _back(rule)
    found = (one, other, *key_values(one, model), *key_values(other, model))
    sides = [(one, other)] if one == other else [(one, other), (other, one)]
    return tuple(_part(rule, *side, found) for side in sides)


def rests(rule: Rule, model: Model) -> Iterable[Rest]:
    """Yield the places on which the check rests."""
    for link in (target_link(rule), _back(rule)):
        yield Rest(link.collection, (link.path,), PathUse.REFERENCE)
        yield from key_rests(model.collections[link.collection], PathUse.KEY)


def judges(rule: Rule, context: Context) -> Sequence[Judged]:
    """Return the values of the links of both sides."""
    del context
    return tuple(
        Judged(link.collection, link.path) for link in dict.fromkeys((target_link(rule), _back(rule)))
    )


def lookups(rule: Rule, model: Model, draft: Draft) -> Neighbourhood:
    """Return the document, from whichever side, and those at which it points."""
    del draft
    one, other = target_link(rule), _back(rule)
    return Neighbourhood(chains=((_across(one, other, model),), (_across(other, one, model),)))


def mongosh(rule: Rule, model: Model) -> str:
    """Return a query for mongosh for each side."""
    sides = dict.fromkeys([(target_link(rule), _back(rule)), (_back(rule), target_link(rule))])
    own = model.collections
    return "\n".join(shell.mismatch(a, b, own[a.collection], own[b.collection]) for a, b in sides)


def _part(rule: Rule, link: Link, back: Link, found: tuple[Link, ...]) -> Part:
    both = frozenset({link.collection, back.collection})
    return Part(lambda context: _find(rule, context, link, back), both, frozenset({back.collection}), found)


def _across(link: Link, back: Link, model: Model) -> Hop:
    return Hop(link.collection, link.path, back.collection, key_path(model.collections[back.collection]))


def _back(rule: Rule) -> Link:
    value = rule.options["back"]
    if not isinstance(value, Link):
        raise TypeError("link-mismatch needs the reference that leads back")
    return value


def _find(rule: Rule, context: Context, link: Link, back: Link) -> Iterator[Draft]:
    own, other = context.collection(link.collection), context.collection(back.collection)
    documents = Documents(context, link.collection)
    answered = (
        f"SELECT l._row, l.ref, b.ref AS back FROM {context.links(link)} l"
        f" JOIN {context.keys(other)} f ON f.k = l.ref"
        f" JOIN {context.links(back)} b ON b._row = f._row"
    )
    unreturned = (
        f"(SELECT p._row, p.ref FROM ({answered}) p LEFT JOIN {context.keys(own)} o ON o._row = p._row AND o.k = p.back"
        " GROUP BY p._row, p.ref HAVING count(o.k) = 0)"
    )
    query = (
        f"SELECT {documents.select}, x.ref FROM {documents.table} JOIN {unreturned} x ON x._row = d._row"
        f" ORDER BY {context.order(link.collection)}, x.ref"
    )
    first = target_link(rule).collection
    for row in context.query(query):
        ref = str(row[-1])
        draft = documents.draft(row, fields={other.named: shown(ref)}, identity=(ref,), cause=(other.named,))
        if link.collection != first:  # the ids in the same order from both sides
            draft.fields = {other.named: shown(ref), **draft.fields}
        yield draft
