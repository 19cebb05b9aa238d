"""Whether the model fits what is there: where its paths occur, what its references find, what would not be evaluated.

All documents are read and projected as an audit does it; the rules are not run, only asked on what they rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from intact.checks.context import Context
from intact.diagnosis.types import DeclaredPath, Fit, Level, Line, Withheld
from intact.engine import DuckEngine
from intact.evaluate import gather, needs
from intact.findings.progress import Silent
from intact.ingest import Ingest, ingest
from intact.model.types import Link, Model
from intact.options import Settings
from intact.paths import Path
from intact.project import Column, Role
from intact.sources.base import CollectionInfo, Source


async def fit(source: Source, settings: Settings, listed: Mapping[str, CollectionInfo]) -> Fit:
    """Read a source as an audit would, and say how the model fits it.

    Args:
        source: One that does not change while it is read.
        settings: Of the audit.
        listed: The collections that the source has.
    """
    model = settings.model
    columns = needs(model, settings.reports)
    with DuckEngine(settings.memory) as engine:
        read = await ingest(source, listed, model, columns, engine=engine, progress=Silent())
        moment = int(settings.as_of.timestamp() * 1000)
        context = Context(engine, model, moment, read.read(), occurrences=read.occurrences())
        paths = tuple(_paths(model, columns, context))
        withheld = tuple(
            Withheld(
                f"{each.rule.kind} {each.rule.target}", each.rule.finding, tuple(dict.fromkeys(each.reasons))
            )
            for report in settings.reports
            for each in gather(report, context).ruled
            if each.reasons
        )
    return Fit(paths, withheld, _lost(read))


def lines(found: Fit) -> Iterator[Line]:
    """Judge how a model fits."""
    if found.lost:
        what = f"{found.lost:,} document{'s' * (found.lost != 1)} or parts could not be read"
        yield Line("data", Level.PROBLEM, what, "intact check names each of them.")
    absent = [each for each in found.paths if each.of and not each.documents]
    if found.withheld:
        names = ", ".join(dict.fromkeys(each.type for each in found.withheld))
        what = f"{len(found.withheld)} checks would not be evaluated, or not in full"
        yield Line("fit", Level.PROBLEM, what, f"{names}. The reasons stand below the table.")
    if absent:
        named = ", ".join(f"{each.collection}.{each.path}" for each in absent[:_NAMED])
        more = f" and {len(absent) - _NAMED} more" if len(absent) > _NAMED else ""
        what = f"paths of the model that have a value in no document: {named}{more}"
        yield Line("fit", Level.NOTE, what, "What rests on them looks at nothing.")
    if not absent and not found.withheld:
        yield Line(
            "fit", Level.OK, f"each of the {len(found.paths)} paths of the model has a value somewhere"
        )


_NAMED = 6


def _lost(read: Ingest) -> int:
    return read.troubles_total


def _paths(model: Model, columns: Mapping[str, set[Column]], context: Context) -> Iterator[DeclaredPath]:
    """Yield each declared path of the collections that were read, in the order of the model."""
    for name, collection in model.collections.items():
        if name not in columns or not context.read[name].present:
            continue
        occurrence = context.occurrence(name)
        for path in sorted(collection.paths | {column.path for column in columns[name]}):
            values, found = _found(context, Link(name, path), columns)
            documents = occurrence.of(path)
            meant = (
                ()
                if documents
                else tuple(
                    (str(other), count)
                    for other, count in occurrence.probably_meant(path, _role(path, columns[name]))
                )
            )
            yield DeclaredPath(
                name, str(path), documents, occurrence.documents, occurrence.kinds(path), values, found, meant
            )


def _role(path: Path, columns: set[Column]) -> Role | None:
    """Return what a path is read as, where that tells which other field could be."""
    roles = {column.role for column in columns if column.path == path}
    return next((each for each in (Role.DATE, Role.AMOUNT, Role.FLAG, Role.KEY) if each in roles), None)


def _found(context: Context, link: Link, columns: Mapping[str, set[Column]]) -> tuple[int | None, int | None]:
    """Count the values of a reference, and how many of them find something; nothing of what is not looked up."""
    name = context.collection(link.collection).references.get(link.path)
    if name is None or name not in columns or not context.read[name].present:
        return None, None
    key = context.collection(name).key
    if Column(link.path, Role.KEY) not in columns[link.collection] or (
        key is not None and Column(key, Role.KEY) not in columns[name]
    ):
        return None, None
    return context.looked_up(link)
