"""The doctor: what an audit of a source would meet, found out without doing one.

The source says what it is (a server: :mod:`intact.sources.mongodb.survey`), one module a subject judges that, and each
judgement is a :class:`~intact.audit.doctor.records.Line`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from intact.audit.doctor import fit, indexes, presence, rights, scan, server
from intact.audit.doctor.inspection import Inspection, LiveInspection
from intact.audit.doctor.records import Diagnosis, Examined, Level, Line, gravest_first
from intact.audit.options import Options, misfit, settle
from intact.core.distribution import stranger
from intact.core.errors import SourceError
from intact.model.specs import Model, ReportSpec
from intact.sources.base import CollectionInfo, Source
from intact.sources.mongodb.facts import Surveyable, Unknown

__all__ = ["Diagnosis", "Level", "Line", "before", "doctor", "doctor_async"]


def doctor(
    source: object = None,
    *,
    model: str | os.PathLike[str] | Model | None = "delivery",
    reports: Sequence[str] | None = None,
    database: str | None = None,
    collection: str | None = None,
) -> Diagnosis:
    """Say what an audit would meet: what is there, what may be read, what would be left out, how long it takes.

    Of a server a few commands are asked, all of which only read, and a sample of each collection is fetched.
    A dump is read as a whole, as an audit reads it, to say how the model fits its documents.

    Args:
        source: What :func:`intact.check` takes.
        model: Name of a shipped model, path of a model file, or a model; by default as for :func:`intact.check`.
        reports: Which of its reports are to be made; all by default.
        database: Which database, where the source has several.
        collection: Which collection it is, where nothing else says so.

    Returns:
        What was found, the gravest first.

    Raises:
        IntactError: One of its subclasses, with a sentence, if there is nothing that can be looked at.
    """
    options = Options(model=model, reports=reports, database=database, collection=collection)
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(_examine(source, options))
    with ThreadPoolExecutor(1, "intact") as pool:  # a loop is running here already, as in a notebook
        return pool.submit(lambda: asyncio.run(_examine(source, options))).result()


async def doctor_async(
    source: object = None,
    *,
    model: str | os.PathLike[str] | Model | None = "delivery",
    reports: Sequence[str] | None = None,
    database: str | None = None,
    collection: str | None = None,
) -> Diagnosis:
    """Do what :func:`doctor` does, from async code; takes an async database handle (PyMongo's or Motor's) too."""
    return await _examine(
        source, Options(model=model, reports=reports, database=database, collection=collection)
    )


async def before(
    source: Source, model: Model, reports: Sequence[ReportSpec], listed: Mapping[str, CollectionInfo]
) -> tuple[str, ...]:
    """Look at a server before it is audited, by two commands, and give what the report's header should say of it.

    Args:
        source: The source; one that is no server has nothing to say.
        model: The model.
        reports: Those of its reports that are to be made.
        listed: What :meth:`~intact.sources.base.Source.collections` has answered.

    Returns:
        Sentences; none where nothing is worth a word, or where the server did not answer.
    """
    if not isinstance(source, Surveyable):
        return ()
    case = Inspection(source.info, model, reports, listed)
    try:
        survey = await source.survey(case.wanted, thorough=False)
    except SourceError:
        return ()  # reading, which comes next, tries more than once, and says what is wrong
    live = LiveInspection(case.info, case.model, case.reports, case.listed, survey)
    lines = (rights.unreadable(live), server.clock(live), server.members(live))
    return tuple(_sentence(line) for line in lines if line is not None and line.level is not Level.OK)


def _sentence(line: Line) -> str:
    return f"{line.what[:1].upper()}{line.what[1:]}. {line.means}"


async def _examine(source: object, options: Options) -> Diagnosis:
    settings = settle(source, options)
    opened = settings.source
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(opened.close)
        listed = await opened.collections()
        if not opened.info.listed:
            async for _ in opened.read({}):
                pass  # a pipe tells what it holds when it has been read
        case = Inspection(opened.info, settings.model, settings.reports, listed)
        if isinstance(opened, Surveyable):
            survey = await opened.survey(case.wanted, thorough=True)
            case = LiveInspection(case.info, case.model, case.reports, listed, survey)
        lines = [
            *_installed(),
            *_fit(misfit(settings, listed)),
            *(_live(case) if isinstance(case, LiveInspection) else _dump(case)),
        ]
        fits = None
        if not any(line.stops for line in lines):
            fits = await fit.fit(opened, settings, listed, case if isinstance(case, LiveInspection) else None)
            lines += fit.lines(fits)
    live = case if isinstance(case, LiveInspection) else None
    return Diagnosis(
        source=case.info.label,
        kind=case.info.kind,
        database=case.info.database,
        model=case.model.name,
        lines=gravest_first(lines),
        collections=tuple(_examined(case, name) for name in case.wanted),
        documents=scan.documents(live) if live else None,
        seconds=scan.seconds(live) if live else None,
        fit=fits,
    )


def _installed() -> Iterator[Line]:
    """Judge what intact runs with."""
    if said := stranger():
        yield Line("installation", Level.NOTE, said)


def _fit(error: SourceError | None) -> Iterator[Line]:
    """Judge whether the model that nobody named is one of this data."""
    if error is not None:
        yield Line("model", Level.PROBLEM, error.message, error.hint, stops=True)


def _live(case: LiveInspection) -> Iterator[Line]:
    """Judge a server, subject by subject."""
    yield server.version(case)
    yield server.topology(case)
    yield scan.one_moment(case)
    yield from rights.rights(case)
    yield from presence.presence(case, known=not isinstance(case.survey.entries, Unknown))
    yield from presence.oddities(case)
    yield scan.data(case)
    yield from filter(None, (indexes.indexes(case), server.members(case), server.clock(case)))


def _dump(case: Inspection) -> Iterator[Line]:
    """Judge what does not change: a dump, an archive, files."""
    yield Line("source", Level.OK, _KINDS.get(case.info.kind, case.info.kind))
    yield from presence.presence(case)
    yield from scan.dumped(case)


_KINDS = {
    "dump": "a mongodump directory",
    "archive": "an archive of mongodump",
    "tar": "a dump in a tar file",
    "bson": "a file of BSON documents",
    "extended-json": "Extended JSON, as mongoexport writes it",
}


def _examined(case: Inspection, name: str) -> Examined:
    """Sum up what is known of one collection."""
    if not isinstance(case, LiveInspection):
        info = case.listed.get(name)
        return Examined(
            name, info is not None, bytes=info.size if info else None, skip=info.skip if info else ""
        )
    known = not isinstance(case.survey.entries, Unknown)
    surveyed = case.survey.collections.get(name)
    return Examined(
        name,
        present=name in case.listed if known else None,
        documents=surveyed.documents if surveyed and isinstance(surveyed.documents, int) else None,
        bytes=surveyed.size if surveyed and isinstance(surveyed.size, int) else None,
        skip=case.listed[name].skip if name in case.listed else "",
        unindexed=indexes.unindexed(case, name),
    )
