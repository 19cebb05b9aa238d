"""On which places a reconciliation rests, and without which of them it would conclude from nothing."""

from __future__ import annotations

from collections.abc import Iterable

from intact.checks.base import PathUse, Rest, collection_rests, condition_rests, key_rests
from intact.model.specs import Link, Model, Reconciliation


def rests(declared: Reconciliation, model: Model) -> Iterable[Rest]:
    """Yield the places on which a reconciliation rests."""
    entries, lines = declared.entries, declared.lines
    yield Rest(entries.collection, (entries.link,), PathUse.REFERENCE)
    yield Rest(entries.collection, (entries.period,), PathUse.DATE)
    yield Rest(entries.collection, (entries.amount,), PathUse.AMOUNT)
    yield Rest(lines.collection, (lines.link,), PathUse.REFERENCE)
    yield Rest(lines.collection, (lines.date,), PathUse.DATE)
    yield Rest(lines.collection, (lines.amount,), PathUse.AMOUNT)
    for side in (entries, lines):
        for given in (side.where, side.unless):
            yield from condition_rests(side.collection, given)
        if side.currency:
            yield Rest(side.collection, (side.currency,), PathUse.AMOUNT)
    if lines.marked:
        yield Rest(lines.collection, (lines.marked,), PathUse.SHOWN)
    yield from key_rests(model.collections[declared.of], PathUse.KEY)
    for name in (entries.collection, lines.collection):
        yield from collection_rests(model.collections[name])


def booked(declared: Reconciliation) -> tuple[Link, ...]:
    """Return the paths without which there seems to be no entry."""
    entries = declared.entries
    decide = (entries.link, entries.period, *(condition.path for condition in entries.where))
    return tuple(Link(entries.collection, path) for path in decide)


def counted(declared: Reconciliation) -> tuple[Link, ...]:
    """Return the paths without which lines come to nothing, or to something else."""
    lines = declared.lines
    decide = (lines.link, lines.date, lines.amount, *(condition.path for condition in lines.where))
    return tuple(Link(lines.collection, path) for path in decide)
