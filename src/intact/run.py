"""The whole of it on one page: source -> columns -> engine -> checks -> report."""

from __future__ import annotations

import asyncio
import contextlib
import difflib
import os
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import cast
from intact.checks import KINDS
from intact.checks.base import UNREADABLE
from intact.checks.context import Context
from intact.engine import DuckEngine
from intact.errors import SourceError, UsageError
from intact.evaluate import Totals, evaluate, needs
from intact.findings.progress import Progress, Silent
from intact.findings.types import Headline, Report, RunInfo, Section
from intact.ingest import Ingest, ingest
from intact.model import load
from intact.model.types import Model, ReportSpec, Severity
from intact.project import implementation
from intact.sources import open_source
from intact.sources.base import CollectionInfo, Source
from intact.version import __version__

DEFAULT_MEMORY = "1GB"


def check(
    source: object = None,
    *,
    model: str | os.PathLike[str] | Model = "delivery",
    reports: Sequence[str] | None = None,
    as_of: datetime | str | None = None,
    fail_on: Sequence[str] | None = None,
    limit: int | None = None,
    memory: int | str | None = None,
    database: str | None = None,
    collection: str | None = None,
    progress: Progress | None = None,
) -> Report:
    """Audit a database or a dump.

    Args:
        source: A MongoDB URI, a dump directory, an archive, a ``.bson`` or Extended JSON file, ``-`` for standard input.
            By default what ``INTACT_SOURCE``, else ``MONGODB_URI``, says. Async handles belong to
            :func:`check_async`. An object that is a :class:`~intact.sources.base.Source` is read as it is.
        model: Name of a shipped model, path of a model file, or a model.
        reports: Which reports to make; all by default.
        as_of: The moment from which ages and periods count; a naive one is UTC; now by default.
        fail_on: Finding types or severities (a severity includes the worse ones) that make :attr:`Report.exit_code` 1;
            what the model says by default; ``["none"]`` for none.
        limit: How many findings of each type and report to keep; all by default. Totals always count all.
        memory: Budget of the engine, in bytes or as ``"512MB"``; beyond it the disk is used.
        database: Which database, where the source has several.
        collection: Which collection it is, where nothing else says so (BSON or JSON from standard input).
        progress: Told how far the run is.

    Returns:
        The report.

    Raises:
        IntactError: One of its subclasses, with a sentence, if the run fails as a whole.
    """
    run = _prepared(source, model, reports, as_of, fail_on, limit, memory, database, collection, progress)
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(run.report())
    with ThreadPoolExecutor(1, "intact") as pool:  # a loop is running here already, as in a notebook
        return pool.submit(lambda: asyncio.run(run.report())).result()


async def check_async(
    source: object = None,
    *,
    model: str | os.PathLike[str] | Model = "delivery",
    reports: Sequence[str] | None = None,
    as_of: datetime | str | None = None,
    fail_on: Sequence[str] | None = None,
    limit: int | None = None,
    memory: int | str | None = None,
    database: str | None = None,
    collection: str | None = None,
    progress: Progress | None = None,
) -> Report:
    """Audit a database or a dump from async code; takes an async database handle (PyMongo's or Motor's) too.

    Arguments, result and errors are those of :func:`check`. A live database is read on the running loop and everything
    else is done in a thread; a dump is audited in a thread as a whole.
    """
    run = _prepared(source, model, reports, as_of, fail_on, limit, memory, database, collection, progress)
    if run.live:
        return await run.report()
    try:
        return await asyncio.to_thread(lambda: asyncio.run(run.report()))
    except asyncio.CancelledError:
        run.stop()
        raise


def _prepared(
    source: object,
    model: str | os.PathLike[str] | Model,
    reports: Sequence[str] | None,
    as_of: datetime | str | None,
    fail_on: Sequence[str] | None,
    limit: int | None,
    memory: int | str | None,
    database: str | None,
    collection: str | None,
    progress: Progress | None,
) -> _Run:
    """Settle what is to be run, before anything is read."""
    declared = model if isinstance(model, Model) else load(model, KINDS)
    if limit is not None and limit < 0:
        raise UsageError(f"a limit of {limit} findings makes no sense", hint="Give 0 or more.")
    return _Run(
        _opened(source, database, collection),
        declared,
        reports=_reports(declared, reports),
        as_of=_moment(as_of),
        fail_on=_fail_on(declared, fail_on),
        limit=limit,
        memory=_bytes(DEFAULT_MEMORY if memory is None else memory),
        progress=progress or Silent(),
    )


class _Run:
    """One run, from an opened source to its report."""

    def __init__(
        self,
        source: Source,
        model: Model,
        *,
        reports: Sequence[ReportSpec],
        as_of: datetime,
        fail_on: tuple[str, ...],
        limit: int | None,
        memory: int,
        progress: Progress,
    ) -> None:
        self._source = source
        self._model = model
        self._reports = reports
        self._as_of = as_of
        self._fail_on = fail_on
        self._limit = limit
        self._memory = memory
        self._progress = _Stoppable(progress)
        self._began = time.monotonic()

    @property
    def live(self) -> bool:
        """Whether the source is a server, which is read on the caller's loop."""
        return self._source.info.kind == "mongodb"

    def stop(self) -> None:
        """Make a run that goes on in another thread end soon."""
        self._progress.stopped = True

    async def report(self) -> Report:
        columns = needs(self._model, self._reports)
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(self._source.close)
            available = await self._source.collections()
            self._any_of(columns, available)
            self._progress.start(self._size(columns, available))
            engine = stack.enter_context(DuckEngine(self._memory))
            read = await ingest(self._source, available, self._model, columns, engine, self._progress)
            if self.live:
                return await asyncio.to_thread(self._evaluate, engine, read)
            return self._evaluate(engine, read)

    def _size(self, columns: Iterable[str], available: Mapping[str, CollectionInfo]) -> int | None:
        """Tell how many bytes there are to read; None where the source cannot tell."""
        if self._source.info.size is not None:
            return self._source.info.size
        sizes = [available[name].size for name in columns if name in available and not available[name].skip]
        return None if None in sizes else sum(size or 0 for size in sizes)

    def _evaluate(self, engine: DuckEngine, read: Ingest) -> Report:
        milliseconds = int(self._as_of.timestamp() * 1000)
        context, totals = Context(engine, self._model, milliseconds, read.read()), Totals()
        sections = []
        for spec in self._reports:
            self._progress.phase(f"checking {spec.title.lower()}")
            sections.append(evaluate(spec, context, totals, self._limit))
        return Report(
            run=self._info(engine),
            headline=Headline(
                total_critical_issues=_headline(self._model, sections),
                documents_scanned=read.documents,
                documents_affected=totals.documents_affected,
                money_at_stake=dict(sorted(totals.money.items())),
            ),
            sections=tuple(sections),
            collections=read.summary(),
            troubles=tuple(read.troubles),
            troubles_total=read.troubles_total,
            fail_on=self._fail_on,
            failing=_failing(self._fail_on, totals),
        )

    def _info(self, engine: DuckEngine) -> RunInfo:
        info, model = self._source.info, self._model
        return RunInfo(
            generated_at=datetime.now(UTC),
            as_of=self._as_of,
            seconds=time.monotonic() - self._began,
            version=__version__,
            projector=implementation(),
            engine=engine.name,
            model=model.name,
            model_title=model.title,
            model_file=model.file,
            currency=model.currency,
            source=info.label,
            source_kind=info.kind,
            database=info.database,
            one_moment=info.one_moment,
            notes=(*info.notes, *self._spill_note(engine)),
        )

    def _spill_note(self, engine: DuckEngine) -> list[str]:
        """Say that the disk was used, if it was: with more memory the same run is faster."""
        megabytes = engine.spilled // 10**6
        budget = self._memory // 10**6
        return [f"Beyond its {budget} MB of memory the engine used {megabytes} MB of disk."] if megabytes else []

    def _any_of(self, columns: Iterable[str], available: Mapping[str, CollectionInfo]) -> None:
        """Refuse a source that has none of the model's collections: it is another database than was meant."""
        if set(available) & set(columns):
            return
        wanted, there = ", ".join(sorted(columns)), ", ".join(sorted(available)[:10]) or "none"
        raise SourceError(
            f"none of the collections of the model {self._model.name!r} is there ({wanted})",
            where=self._source.info.label,
            hint=f"It has: {there}. Name another database with --database, or another model with --model.",
        )


class _Stoppable:
    """A progress that ends a run at the next thing it is told, once the run has been stopped."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.stopped = False

    def start(self, total: int | None) -> None:
        """Pass on that reading begins."""
        self._progress.start(total)

    def advance(self, bytes_read: int, documents: int, collection: str) -> None:
        """Pass on how far reading is."""
        self._unless_stopped()
        self._progress.advance(bytes_read, documents, collection)

    def phase(self, text: str) -> None:
        """Pass on what the run turns to."""
        self._unless_stopped()
        self._progress.phase(text)

    def _unless_stopped(self) -> None:
        if self.stopped:
            raise asyncio.CancelledError


def _headline(model: Model, sections: Sequence[Section]) -> int:
    """Add up the figures of "Total Critical Issues Found"; a report that was not made counts nothing."""
    by_name = {section.name: section for section in sections}
    total = 0
    for report, figure in model.headline:
        if section := by_name.get(report):
            value = section.total[1] if figure == section.total[0] else section.summary[figure]
            total += int(str(value or 0))
    return total


def _failing(fail_on: Sequence[str], totals: Totals) -> int:
    """Count the findings at which the run fails, each once."""
    severities = {name for name in fail_on if name in Severity.__members__}
    by_severity = sum(n for name, n in totals.severities.items() if name in severities)
    types = [name for name in fail_on if name not in severities]
    return by_severity + sum(
        n for (name, severity), n in totals.types.items() if name in types and severity not in severities
    )


def _reports(model: Model, names: Sequence[str] | None) -> list[ReportSpec]:
    for name in names or ():
        if name not in model.reports:
            raise UsageError(f"the model {model.name!r} has no report {name!r}", hint=_nearest(name, model.reports))
    return [spec for name, spec in model.reports.items() if not names or name in names]


def _fail_on(model: Model, names: Sequence[str] | None) -> tuple[str, ...]:
    """Resolve what makes a run fail: types as they are, a severity with the worse ones."""
    if names is None:
        return model.fail_on
    types = {rule.finding for spec in model.reports.values() for rule in spec.rules} | {UNREADABLE}
    order, found = list(Severity.__members__), []
    for name in names:
        upper = name.upper()
        if upper in order:
            found += order[: order.index(upper) + 1]
        elif upper in types:
            found.append(upper)
        elif upper != "NONE":
            raise UsageError(
                f"{name!r} is neither a finding type of the model {model.name!r} nor a severity",
                hint=_nearest(upper, [*types, *order, "NONE"]),
            )
    return tuple(dict.fromkeys(found))


def _nearest(name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    return f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(names)}."


def _opened(source: object, database: str | None, collection: str | None) -> Source:
    # The class is asked: a database handle answers to any name.
    if all(hasattr(type(source), name) for name in ("collections", "read", "close")):
        return cast("Source", source)
    return open_source(_source(source), database=database, collection=collection)


def _source(source: object) -> object:
    if source is None:
        source = os.environ.get("INTACT_SOURCE") or os.environ.get("MONGODB_URI")
    if source in {None, ""}:
        raise UsageError(
            "there is nothing to audit", hint="Name a dump or a MongoDB URI, or set INTACT_SOURCE or MONGODB_URI."
        )
    return source


def _moment(as_of: datetime | str | None) -> datetime:
    if as_of is None:
        return datetime.now(UTC)
    if isinstance(as_of, str):
        try:
            as_of = datetime.fromisoformat(as_of)
        except ValueError:
            raise UsageError(
                f"{as_of!r} is no date", hint="Write it like 2026-01-31 or 2026-01-31T06:00:00+05:30."
            ) from None
    return as_of.replace(tzinfo=UTC) if as_of.tzinfo is None else as_of.astimezone(UTC)


_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_UNITS |= {f"{unit}I": 2 ** (10 * power) for power, unit in enumerate("KMGT", start=1)}
_LEAST_MEMORY = 64 * 10**6


def _bytes(memory: int | str) -> int:
    """Read a budget such as ``512MB``, ``2GiB`` or a number of bytes."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?I?)B?\s*", str(memory).upper())
    size = int(float(found[1]) * _UNITS[found[2]]) if found and found[2] in _UNITS else 0
    if size < _LEAST_MEMORY:
        raise UsageError(f"{memory!r} is no memory budget", hint="Write it like 512MB or 2GB; 64MB at least.")
    return size
