"""References that name a document which does not exist.

What it finds
    Every value of a reference that is there and finds nothing. Each element of an array is a reference of its own;
    equal ones count once a document.

Why it matters
    The database keeps no promise about references: a deleted customer stays referred to for ever, and a join drops
    what it cannot match without a word.

Example
    ``{"id": "o-3", "subscription_id": "S-77"}`` where the subscription's id is ``s-77``: the finding says so
    (``near_match``, kind ``case``).

How to repair
    With a near match: write the reference as the key is written. Found elsewhere (``elsewhere``): the value is the
    id of another kind of thing, and the code that writes it, or the model, names the wrong collection. Blank text and
    words such as ``undefined`` are no ids (``placeholder``): unset the field, and mend the code that writes it; no
    record was lost. Else restore what was deleted, or remove or redirect the reference. Many findings with one value
    have one cause.

What it cannot see
    References that a collation of the collection makes equal on the server; intact compares binary.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from intact.checks import mongosh as shell
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
from intact.checks.evidence import Documents, judged, scope, unreadable_flags
from intact.checks.near import NearMatch
from intact.checks.placeholders import is_placeholder
from intact.core.values import shown
from intact.model.specs import Kind, Model, Option, OptionType, Rule, TargetType
from intact.project.columns import Column, Role

KIND = Kind(
    "dangling-reference",
    TargetType.REFERENCE,
    options={
        "where": Option(OptionType.CONDITIONS, "Only documents for which these conditions hold."),
        "unless": Option(OptionType.CONDITIONS, "Leaves out documents for which all of these hold."),
        "show": Option(OptionType.SHOW, "Values to show: name in the finding, and path."),
    },
    fields=(),
)


def columns(rule: Rule, model: Model) -> Iterable[Need]:
    """Yield the columns that the check reads."""
    link = target_link(rule)
    yield link.collection, Column(link.path, Role.KEY)
    yield from document_columns(rule, model, link.collection)
    yield from key_columns(model.collections[model.collections[link.collection].references[link.path]])


def parts(rule: Rule, model: Model) -> Sequence[Part]:
    """Return one query."""
    link = target_link(rule)
    target = model.collections[link.collection].references[link.path]
    found = (link, *key_values(link, model))
    return (
        Part(lambda context: _find(rule, context), frozenset({link.collection}), frozenset({target}), found),
    )


def rests(rule: Rule, model: Model) -> Iterable[Rest]:
    """Yield the places on which the check rests."""
    link = target_link(rule)
    yield from target_rests(link, model)
    yield from document_rests(rule, model, link.collection)


def judges(rule: Rule, context: Context) -> Sequence[Judged]:
    """Return the values of the reference, each once a document."""
    del context
    link = target_link(rule)
    return (Judged(link.collection, link.path, scope(rule)),)


def lookups(rule: Rule, model: Model, draft: Draft) -> Neighbourhood:
    """Return the document, and what it refers to."""
    del draft
    return Neighbourhood(chains=((to_target(target_link(rule), model),),))


def mongosh(rule: Rule, model: Model) -> str:
    """Return a query for mongosh."""
    link = target_link(rule)
    target = model.collections[model.collections[link.collection].references[link.path]]
    return shell.lookup(link, target, keep_missing=False, extra=shell.judged(rule))


def _find(rule: Rule, context: Context) -> Iterator[Draft]:
    link = target_link(rule)
    documents, dangling = Documents(context, link.collection, rule), context.dangling(link)
    elsewhere, places = context.elsewhere(link)
    query = (
        f"SELECT {documents.select}, x.ref, e.place FROM {context.documents(link.collection, dangling)} d"
        f" JOIN {dangling} x ON x._row = d._row"
        f" LEFT JOIN {elsewhere} e ON e.ref = x.ref WHERE {judged(rule)}"
        f" ORDER BY {context.order(link.collection)}, x.ref"
    )
    near: Mapping[str, NearMatch] | None = None  # looked for if there is anything to look for
    for row in context.query(query):
        ref, place = str(row[-2]), row[-1]
        near = context.near(link) if near is None else near
        draft = documents.draft(
            row,
            fields={rule.named: shown(ref)},
            identity=(str(link.path), ref),
            cause=(rule.named,),
        )
        if is_placeholder(ref):
            draft.fields["placeholder"], draft.cause = True, ("placeholder",)
        if match := near.get(ref):
            draft.fields["near_match"] = match
        if place is not None:
            draft.fields["elsewhere"] = places[int(str(place))].shown
        yield draft
    among = f"d._row IN (SELECT _row FROM {dangling})"
    yield from unreadable_flags(context, rule, link.collection, among=among)
