"""Which fields occur in a sample of whole documents of a server, where a path of the model occurs in none.

An audit of a server fetches the fields that the model names, and no other: what was probably meant by a name that is
nowhere is not among them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from intact.audit.gathering import rests_of
from intact.checks.context import Context
from intact.core.errors import SourceError
from intact.model.specs import Model, ReportSpec
from intact.project import Column, Occurrence, projector
from intact.sources.base import Block
from intact.sources.mongodb.facts import Surveyable


def places_without_value(context: Context, reports: Sequence[ReportSpec]) -> list[str]:
    """Name the collections in which no document has a value on which a rule or a figure rests."""
    rests = (rest for report in reports for rest in rests_of(report, context.model))
    dead = {rest.collection for rest in rests if context.presence.dead(rest.collection, rest.paths)}
    return [name for name in context.model.collections if name in dead and context.read[name].present]


async def sampled(
    source: Surveyable, names: Sequence[str], model: Model, columns: Mapping[str, set[Column]]
) -> dict[str, Occurrence]:
    """Count the fields of some whole documents of collections; what cannot be read of them is left out."""
    found: dict[str, Occurrence] = {}
    try:
        async for item in source.sample(names):
            if isinstance(item, Block):
                name = item.collection
                its = sorted(columns[name], key=lambda column: (column.path, column.role.value))
                counted = {*model.collections[name].paths, *(column.path for column in its)}
                made = found[name] = Occurrence(counted)
                made.add(projector(its, counted).project(item.data, 0).occurrence)
    except SourceError:
        return found  # names that were probably meant are help, and no finding
    return found
