"""The whole of it on one page: source -> columns -> engine -> checks -> report."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TypeVar, Unpack

from intact.audit.comparable import digests
from intact.audit.evaluate import Totals, fingerprints, finish, needs, sought
from intact.audit.gathering import Gathered, gather
from intact.audit.ingest import Ingest, ingest
from intact.audit.options import Options, Settings, finding_types, misfit, settle
from intact.audit.recheck import BackgroundCall, Recheck, Summary, hand_back, tasks
from intact.audit.sampling import places_without_value, sampled
from intact.audit.unread import not_read, sizes
from intact.checks import midnight
from intact.checks.context import Context
from intact.core.amounts import tidy
from intact.core.counts import counted
from intact.core.errors import SourceError
from intact.core.native import advice
from intact.core.stopping import Stop, TimeOverError, ended_by_signals
from intact.core.version import __version__
from intact.engine import DuckEngine
from intact.engine.budget import LEAST as LEAST_MEMORY
from intact.findings.masking import Mask
from intact.findings.progress import Progress
from intact.findings.records import Headline, NotRead, Report, RunInfo, Section
from intact.findings.words import harmless
from intact.ledger.baseline import FailurePolicy
from intact.ledger.baseline.failure_policy import notes as baseline_notes
from intact.ledger.history import DocumentNumbers, MovedError, Recorder
from intact.model.specs import Model
from intact.project import Column, implementation
from intact.sources.base import CollectionInfo, Rereadable
from intact.sources.files.streams import printable
from intact.sources.mongodb.facts import Surveyable
from intact.sources.mongodb.settings import READING_SHARE

T = TypeVar("T")

_ASKED_AGAIN = 3  # times, so that of any number of runs side by side each ends


def check(source: object = None, **options: Unpack[Options]) -> Report:
    """Audit a database or a dump.

    Args:
        source: A MongoDB URI, a dump directory, an archive, a ``.bson`` or Extended JSON file, ``-`` for standard
            input. By default what ``INTACT_SOURCE``, else ``MONGODB_URI``, says. Async handles belong to
            :func:`check_async`. An object that is a :class:`~intact.sources.base.Source` is read as it is.
        **options: :class:`~intact.audit.options.Options`.

    Returns:
        The report.

    Raises:
        IntactError: One of its subclasses, with a sentence, if the run fails as a whole.
    """
    run = _Run(settle(source, options))
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(run.report())
    with ThreadPoolExecutor(1, "intact") as pool:  # a loop is running here already, as in a notebook
        return pool.submit(lambda: asyncio.run(run.report())).result()


async def check_async(source: object = None, **options: Unpack[Options]) -> Report:
    """Audit a database or a dump from async code; takes an async database handle (PyMongo's or Motor's) too.

    Arguments, result and errors are those of :func:`check`. A live database is read on the running loop and everything
    else is done in a thread; a dump is audited in a thread as a whole.
    """
    run = _Run(settle(source, options))
    if run.live:
        return await run.report()
    try:
        return await asyncio.to_thread(lambda: asyncio.run(run.report()))
    except asyncio.CancelledError:
        run.stop()
        raise


class _Run:
    """One run, from its settings to its report."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._source = settings.source
        self._model = settings.model
        self._began = time.monotonic()
        self._doubts: tuple[str, ...] = ()
        self._not_read: tuple[tuple[NotRead, ...], int] = ((), 0)
        most = settings.max_duration
        self._stop = Stop(None if most is None else self._began + most, awaited=self.live)
        self._progress = _Stoppable(settings.progress, self._stop, live=self.live)
        # A server ends by itself, and says how far it was; reading leaves time for the checks, and to look again.
        self._reading_ends = None if most is None or self.live else self._began + READING_SHARE * most

    @property
    def live(self) -> bool:
        """Whether the source is a server, which is read on the caller's loop."""
        return self._source.info.kind == "mongodb"

    def stop(self) -> None:
        """Make a run that goes on in another thread end soon."""
        self._stop.tell()

    async def report(self) -> Report:
        """Make the report."""
        with contextlib.closing(self._stop), contextlib.nullcontext() if self.live else ended_by_signals():
            return await self._made()

    async def _made(self) -> Report:
        columns = needs(self._model, self._settings.reports)
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(self._source.close)
            available = await self._source.collections()
            if self._source.info.listed:
                self._check_listed(columns, available, await sizes(self._source, self._model, available))
            if self.live:
                from intact.audit.doctor import before  # noqa: PLC0415 - a dump needs none of it

                self._doubts = await before(self._source, self._model, self._settings.reports, available)
            self._progress.start(self._size(columns, available))
            engine = stack.enter_context(DuckEngine(self._settings.memory, stop=self._stop))
            aside: BackgroundCall = self._aside if self.live else _here
            read = await ingest(
                self._source,
                available,
                self._model,
                columns,
                engine=engine,
                progress=self._progress,
                ends=self._reading_ends,
            )
            if not self._source.info.listed and not read.troubles:
                self._check_listed(columns, await self._source.collections())
            changing = isinstance(self._source, Rereadable) and not self._source.info.one_moment
            await aside(lambda: self._in_time(lambda: read.drop_copies(engine, changing=changing)))
            scan = Context(
                engine,
                self._model,
                int(self._settings.as_of.timestamp() * 1000),
                read.read(),
                occurrences=read.occurrences(),
                sought=sought(self._settings.reports),
                rivals=read.rivals,
                nameless=read.nameless,
            )
            if isinstance(self._source, Surveyable):
                reports = self._settings.reports
                names = await aside(lambda: self._in_time(lambda: places_without_value(scan, reports)))
                scan.presence.sampled = await sampled(self._source, names or (), self._model, columns)
            if not isinstance(self._source, Rereadable) or self._source.info.one_moment:
                return await aside(lambda: self._finish(read, scan, lambda: self._gather(scan)))
            gathered = await aside(lambda: list(self._gather(scan, hold=True)))
            again = await self._look_again(self._source, gathered, scan, columns, aside)
            return await aside(lambda: self._finish(read, scan, lambda: gathered, again))

    async def _aside(self, work: Callable[[], T]) -> T:
        """Do work in another thread, while the loop goes on; when cancelled, end the work before anything is closed."""
        # No task: on Ctrl-C asyncio cancels every task, and this one's thread would go on unseen.
        working = asyncio.get_running_loop().run_in_executor(None, work)
        try:
            return await asyncio.shield(working)
        except asyncio.CancelledError:
            self.stop()
            while not working.done():
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.wait([working])
            if not working.cancelled():
                working.exception()  # that it was interrupted is nobody's news
            raise

    def _in_time(self, work: Callable[[], T]) -> T | None:
        """Do work that the report can do without; None where there is no time for it."""
        try:
            with self._stop.limited():
                return work()
        except TimeOverError:
            return None

    def _size(self, columns: Iterable[str], available: Mapping[str, CollectionInfo]) -> int | None:
        """Tell how many bytes there are to read; None where the source cannot tell."""
        if self._source.info.size is not None:
            return self._source.info.size
        sizes = [available[name].size for name in columns if name in available and not available[name].skip]
        return None if None in sizes else sum(size or 0 for size in sizes)

    def _gather(self, scan: Context, *, hold: bool = False) -> Iterator[Gathered]:
        """Find what breaks the rules, a report after the other."""
        for spec in self._settings.reports:
            self._progress.phase(f"checking {spec.title.lower()}")
            yield gather(spec, scan, hold=hold)

    async def _look_again(
        self,
        source: Rereadable,
        gathered: Sequence[Gathered],
        scan: Context,
        columns: Mapping[str, set[Column]],
        aside: BackgroundCall,
    ) -> Summary:
        """Settle which of the findings are really there, in a database that changed while it was read."""
        again = Recheck(
            source,
            scan,
            columns,
            memory=max(self._settings.memory // 4, LEAST_MEMORY),
            most=self._settings.recheck_limit,
            aside=aside,
        )
        made = tasks(gathered, self._model)
        if made:
            count = min(sum(len(task.drafts) for _, task in made), self._settings.recheck_limit)
            self._progress.phase(f"looking again at {counted(count, 'finding')}")
        summary = await again.run([task for _, task in made])
        hand_back(made)
        return summary

    def _finish(
        self,
        read: Ingest,
        scan: Context,
        gathered: Callable[[], Iterable[Gathered]],
        again: Summary | None = None,
    ) -> Report:
        """Make the report of what was found; anew where another run was recorded meanwhile, and what is new changed."""
        for _ in range(_ASKED_AGAIN):
            if self._stop.over:
                break
            with contextlib.suppress(MovedError):
                return self._recorded(read, scan, gathered(), again, asks_again=True)
        return self._recorded(read, scan, gathered(), again, asks_again=False)

    def _recorded(
        self,
        read: Ingest,
        scan: Context,
        gathered: Iterable[Gathered],
        again: Summary | None,
        *,
        asks_again: bool,
    ) -> Report:
        """Make the report of what was found, and record it."""
        mask, info = None if self._settings.show_personal else Mask(), self._source.info
        totals = Totals(fingerprints=fingerprints(self._model, read.rivals | read.nameless))
        settings, today = self._settings, datetime.now(UTC).date()
        judge = FailurePolicy(
            settings.lines, settings.baseline, today, None if self._model.currencies else self._model.currency
        )
        subject, names = info.database or info.label, tuple(self._model.reports)
        recorder = Recorder(
            self._settings.history,
            self._model.name,
            subject,
            names,
            rules=digests(self._model) if self._settings.history else None,
            documents=DocumentNumbers(scan.engine),
            stop=self._stop,
        )
        with recorder:
            sections = [
                finish(each, scan, totals, self._settings.limit, mask, recorder.note, judge=judge)
                for each in gathered
            ]
            report = self._judged(judge, self._report(read, scan, sections, totals, again))
            return recorder.record(report, judge.accepted(), asks_again=asks_again)

    def _judged(self, judge: FailurePolicy, report: Report) -> Report:
        """Return the report with its verdict, and with what is to be said of the baseline."""
        judged = judge.judged(report, finding_types(self._model))
        about = baseline_notes(judged.baseline) if judged.baseline else ()
        said = (*judged.run.notes, *judge.notes(), *about)
        return replace(judged, run=replace(judged.run, notes=said))

    def _report(
        self,
        read: Ingest,
        scan: Context,
        sections: Sequence[Section],
        totals: Totals,
        again: Summary | None,
    ) -> Report:
        troubles = again.troubles if again else ()
        return Report(
            run=self._info(read, scan, sections, again),
            headline=Headline(
                total_critical_issues=_headline(self._model, sections),
                documents_scanned=read.documents,
                documents_affected=totals.documents_affected,
                money_at_stake={kind: tidy(amount) for kind, amount in sorted(totals.money.items())},
                critical=totals.critical,
            ),
            sections=tuple(sections),
            collections=read.summary(),
            not_read=self._not_read[0],
            not_read_total=self._not_read[1],
            troubles=(*read.troubles, *troubles),
            troubles_total=read.troubles_total + len(troubles),
        )

    def _info(
        self, read: Ingest, scan: Context, sections: Sequence[Section], again: Summary | None
    ) -> RunInfo:
        info, model = self._source.info, self._model
        columns = needs(model, self._settings.reports)
        begin, end = info.window or (None, None)
        return RunInfo(
            generated_at=datetime.now(UTC),
            as_of=self._settings.as_of,
            seconds=time.monotonic() - self._began,
            version=__version__,
            projector=implementation(),
            engine=scan.engine.name,
            model=model.name,
            model_title=model.title,
            model_file=harmless(printable(model.file)),
            currency=None if model.currencies else model.currency,  # else each kind of money says its own
            source=info.label,
            source_kind=info.kind,
            database=info.database,
            one_moment=info.one_moment,
            moment=info.moment,
            read_from=begin,
            read_until=again.until if again else end,
            personal=self._settings.show_personal,
            notes=(
                *info.notes,
                *self._doubts,
                *(again.notes(sections) if again else ()),
                *filter(None, [advice(), _nothing_read(read)]),
                *(self._in_time(lambda: [*midnight.notes(scan, columns)]) or ()),
                *read.currencies(),
                *self._spill_note(scan.engine),
            ),
        )

    def _spill_note(self, engine: DuckEngine) -> list[str]:
        """Say that the disk was used, if it was: with more memory the same run is faster."""
        megabytes = engine.spilled // 10**6
        budget = self._settings.memory // 10**6
        return (
            [f"Beyond its {budget} MB of memory the engine used {megabytes} MB of disk."] if megabytes else []
        )

    def _check_listed(
        self,
        columns: Iterable[str],
        available: Mapping[str, CollectionInfo],
        known: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        """Take in what the source has: some of what the model wants, and what no rule reads."""
        self._any_of(columns, available)
        self._not_read = not_read(self._model, available, known)

    def _any_of(self, columns: Iterable[str], available: Mapping[str, CollectionInfo]) -> None:
        """Refuse a source that has none of the model's collections: it is another database than was meant."""
        if error := misfit(self._settings, available):
            raise error
        if any(name in available for name in columns):  # where not all may be listed, any name may be there
            return
        wanted, there = ", ".join(sorted(columns)), ", ".join(sorted(available)[:10])
        has = (
            f"It has: {there}."
            if there
            else "It shows no collection: it is empty, or the user may not see them."
        )
        raise SourceError(
            f"none of the collections of the model {self._model.name!r} is there ({wanted})",
            where=self._source.info.label,
            hint=f"{has} Name another database with --database, or another model with --model.",
        )


async def _here(work: Callable[[], T]) -> T:
    """Do work at once, in this thread: nobody else waits for the loop while a file is read."""
    return work()


class _Stoppable:
    """A progress that ends a run at the next thing it is told, once the run has been stopped."""

    def __init__(self, progress: Progress, stop: Stop, *, live: bool) -> None:
        self._progress = progress
        self._stop = stop
        self._live = live

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
        if not self._live:
            self._stop.check()
        with contextlib.suppress(
            RuntimeError
        ):  # in a thread of its own there is no loop, and nothing to cancel
            task = asyncio.current_task()
            if task is not None and task.cancelling() > 0:
                raise asyncio.CancelledError


def _nothing_read(read: Ingest) -> str:
    """Say that there was nothing to judge, which looks like a clean database; empty where there was."""
    there = [each for each in read.read().values() if each.present]
    if read.documents or not there or not all(each.whole for each in there):
        return ""
    where = "each collection of the model that is there is empty"
    return f"No document was read: {where}. Is it the database that was meant?"


def _headline(model: Model, sections: Sequence[Section]) -> int:
    """Add up the figures of "Total Critical Issues Found"; a report that was not made counts nothing."""
    by_name = {section.name: section for section in sections}
    total = 0
    for report, figure in model.headline:
        if section := by_name.get(report):
            value = section.total[1] if figure == section.total[0] else section.summary[figure]
            total += int(str(value or 0))
    return total
