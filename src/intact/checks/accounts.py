"""On which places a reconciliation rests, and without which of them it would conclude from nothing."""

from __future__ import annotations

from collections.abc import Iterable

from intact.checks.base import Rest, Use, collection_rests, condition_rests, key_rests
from intact.model.specs import Link, Model, Reconciliation


def rests(declared: Reconciliation, model: Model) -> Iterable[Rest]:
    """Give the places on which a reconciliation rests."""
    entries, lines = declared.entries, declared.lines
    yield Rest(entries.collection, (entries.link,), Use.REFERENCE)
    yield Rest(entries.collection, (entries.period,), Use.DATE)
    yield Rest(entries.collection, (entries.amount,), Use.AMOUNT)
    yield Rest(lines.collection, (lines.link,), Use.REFERENCE)
    yield Rest(lines.collection, (lines.date,), Use.DATE)
    yield Rest(lines.collection, (lines.amount,), Use.AMOUNT)
    for side in (entries, lines):
        for given in (side.where, side.unless):
            yield from condition_rests(side.collection, given)
        if side.currency:
            yield Rest(side.collection, (side.currency,), Use.AMOUNT)
    if lines.marked:
        yield Rest(lines.collection, (lines.marked,), Use.SHOWN)
    yield from key_rests(model.collections[declared.of], Use.KEY)
    for name in (entries.collection, lines.collection):
        yield from collection_rests(model.collections[name])


def booked(declared: Reconciliation) -> tuple[Link, ...]:
    """Give the paths without which there seems to be no entry."""
    entries = declared.entries
    decide = (entries.link, entries.period, *(condition.path for condition in entries.where))
    return tuple(Link(entries.collection, path) for path in decide)


def counted(declared: Reconciliation) -> tuple[Link, ...]:
    """Give the paths without which lines come to nothing, or to something else."""
    lines = declared.lines
    decide = (lines.link, lines.date, lines.amount, *(condition.path for condition in lines.where))
    return tuple(Link(lines.collection, path) for path in decide)
