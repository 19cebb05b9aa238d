"""Whether the model fits what is there: where its paths occur, what its references find, what would not be evaluated.

All documents, or of a server a sample of them, are read and projected as an audit does it; the rules are not run, only
asked on what they rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from intact.audit.doctor.inspection import LiveInspection
from intact.audit.doctor.records import DeclaredPath, Fit, Level, Line, Withheld
from intact.audit.doctor.sampled import Sample, Server, beyond
from intact.audit.evaluate import needs
from intact.audit.gathering import figure_reasons, figures_of, gather
from intact.audit.ingest import Ingest, ingest
from intact.audit.options import Settings
from intact.checks.context import Context
from intact.core.counts import counted
from intact.core.paths import Path
from intact.engine import DuckEngine
from intact.findings.progress import Silent
from intact.model.specs import Link, Model, ReportSpec
from intact.project import Column, Role
from intact.sources.base import CollectionInfo, Source


async def fit(
    source: Source,
    settings: Settings,
    listed: Mapping[str, CollectionInfo],
    case: LiveInspection | None = None,
) -> Fit:
    """Read a source as an audit would, and say how the model fits it.

    Args:
        source: One that does not change while it is read; or a server, of which a sample is read.
        settings: Of the audit.
        listed: The collections that the source has.
        case: What a server says of itself.
    """
    model, given = settings.model, source
    server = source if case is not None and isinstance(source, Server) else None
    if server and case:
        given = sample = Sample(server, case, listed)
        listed = sample.listed
    columns = needs(model, settings.reports)
    with DuckEngine(settings.memory) as engine:
        read = await ingest(given, listed, model, columns, engine=engine, progress=Silent())
        if server:
            read.drop_copies(engine)
        moment = int(settings.as_of.timestamp() * 1000)
        context = Context(engine, model, moment, read.read(), occurrences=read.occurrences())
        links = list(_links(context, columns))
        if server and case:
            found = await beyond(server, case, context, links)
        else:
            found = {link: context.looked_up(link) for link in links}
        paths = tuple(_paths(model, columns, context, found))
        withheld = tuple(each for report in settings.reports for each in _withheld(report, context))
    return Fit(paths, withheld, _lost(read), sample=server is not None)


def _withheld(report: ReportSpec, context: Context) -> Iterator[Withheld]:
    """Yield the checks and figures of a report that would not be evaluated, or not in full."""
    gathered = gather(report, context)
    for each in gathered.ruled:
        if each.reasons:
            check = f"{each.rule.kind} {each.rule.target}"
            yield Withheld(check, each.rule.finding, tuple(dict.fromkeys(each.reasons)))
    for name, figure in figures_of(report):
        if reasons := figure_reasons(gathered, figure, context):
            yield Withheld(f"figure {name}", name, reasons)


def lines(found: Fit) -> Iterator[Line]:
    """Judge how a model fits."""
    if found.lost:
        what = f"{counted(found.lost, 'document or part', 'documents or parts')} could not be read"
        yield Line("data", Level.PROBLEM, what, "intact check names each of them.")
    absent = [each for each in found.paths if each.of and not each.documents]
    if found.withheld:
        names = ", ".join(dict.fromkeys(each.type for each in found.withheld))
        count = len(found.withheld)
        what = (
            f"{counted(count, 'check or figure', 'checks or figures')} would not be evaluated, or not in full"
        )
        yield Line("fit", Level.PROBLEM, what, f"{names}. The reasons stand below the table.")
    if absent:
        named = ", ".join(f"{each.collection}.{each.path}" for each in absent[:_NAMED])
        more = f" and {len(absent) - _NAMED} more" if len(absent) > _NAMED else ""
        what = f"paths of the model that have a value in no document: {named}{more}"
        yield Line("fit", Level.NOTE, what, "What rests on them looks at nothing.")
    if not absent and not found.withheld:
        yield _fits(found)


def _fits(found: Fit) -> Line:
    """Say that nothing is amiss, as far as there are documents to tell by."""
    known = sum(each.of > 0 for each in found.paths)
    if not known:
        what = "no collection of the model has a document, so nothing can be said of its paths"
        return Line("fit", Level.NOTE, what, "Is it the database that was meant?")
    untold = len(found.paths) - known
    paths = counted(untold, "other is", "others are")
    more = f"; {paths} of collections without a document" if untold else ""
    return Line("fit", Level.OK, f"each of {counted(known, 'path')} of the model has a value somewhere{more}")


_NAMED = 6


def _lost(read: Ingest) -> int:
    return read.troubles_total


def _paths(
    model: Model,
    columns: Mapping[str, set[Column]],
    context: Context,
    looked_up: Mapping[Link, tuple[int, int] | None],
) -> Iterator[DeclaredPath]:
    """Yield each declared path of the collections that were read, in the order of the model."""
    for name, collection in model.collections.items():
        if name not in columns or not context.read[name].present:
            continue
        occurrence = context.occurrence(name)
        for path in sorted(collection.paths | {column.path for column in columns[name]}):
            values, found = looked_up.get(Link(name, path)) or (None, None)
            documents = occurrence.of(path)
            meant = (
                ()
                if documents
                else tuple(
                    (str(other), count)
                    for other, count in occurrence.probably_meant(path, _role(path, columns[name]))
                    if not collection.hides_name(other)
                )
            )
            yield DeclaredPath(
                name, str(path), documents, occurrence.documents, occurrence.kinds(path), values, found, meant
            )


def _role(path: Path, columns: set[Column]) -> Role | None:
    """Return what a path is read as, where that tells which other field could be."""
    roles = {column.role for column in columns if column.path == path}
    return next((each for each in (Role.DATE, Role.AMOUNT, Role.FLAG, Role.KEY) if each in roles), None)


def _links(context: Context, columns: Mapping[str, set[Column]]) -> Iterator[Link]:
    """Yield the references that rules look up, of collections that were read."""
    for name in columns:
        for path in context.collection(name).references if context.read[name].present else ():
            link = Link(name, path)
            if Column(path, Role.KEY) in columns[name] and _is_read(context, columns, link):
                yield link


def _is_read(context: Context, columns: Mapping[str, set[Column]], link: Link) -> bool:
    """Say whether the key of what a reference leads to is read."""
    target = context.target(link)
    if target.name not in columns or not context.read[target.name].present:
        return False
    return target.key is None or Column(target.key, Role.KEY) in columns[target.name]
