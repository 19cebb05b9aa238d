"""Look again at what a scan has found in a database that changes, until each finding is settled or cannot be."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final, Protocol, TypeVar

from intact.audit.recheck.candidates import Candidate, Task, Verdict
from intact.audit.recheck.excerpt import excerpt
from intact.audit.recheck.fetched import Fetched, Projectors
from intact.audit.recheck.judging import Rejudged, judge
from intact.audit.recheck.neighbourhood import NeighbourhoodLookup
from intact.checks.context import Context
from intact.core.errors import SourceError
from intact.core.stopping import TimeOverError
from intact.engine import DuckEngine
from intact.findings.records import Section, Trouble
from intact.project import Column
from intact.sources.base import Rereadable

T = TypeVar("T")

_AT_ONCE: Final = 20_000  # candidates
_DOCUMENTS: Final = 200_000  # of all candidates of a look together, as the scan counted them
_TOO_MANY: Final = 1_000_000  # documents of one candidate
_PAUSES: Final = (0.1, 0.5, 2.0)  # seconds before the second look, the third and the fourth
_STEPS: Final = 6  # of one look, each with what those before it have led to
_FAILURES: Final = 2  # looks one after the other of which nothing came


class BackgroundCall(Protocol):
    """Does work beside the running loop; ends it when it is cancelled."""

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]:
        """Return what the work gives."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of looking again.

    Attributes:
        vanished: How many findings were not there any more, or never.
        troubles: Why some could not be looked at.
        until: When it ended (UTC).
    """

    vanished: int
    troubles: tuple[Trouble, ...]
    until: datetime

    def notes(self, sections: Iterable[Section]) -> list[str]:
        """Return what a reader of the report should know, a sentence each; the sections are those of the report."""
        notes = ["Figures that count documents are of the scan, which was not as of one moment."]
        # Drafts are more than findings: a value that several rules cannot read is one finding.
        counted = [(sum(each.counts.values()), each.unconfirmed) for each in sections]
        found, unconfirmed = (sum(each) for each in zip(*counted, strict=True)) if counted else (0, 0)
        if seen := found + self.vanished:
            told = (
                f"The database may have been written to while it was read: of {seen:,} findings"
                f" {found - unconfirmed:,} were there still when looked at again, {self.vanished:,} were not and are"
                f" not reported, and {unconfirmed:,} could not be confirmed."
            )
            notes.insert(0, told)
        return notes


class Recheck:
    """Looks again at the drafts of tasks.

    Args:
        source: To be asked again.
        scan: The context of the scan.
        columns: The columns of the scan, by collection.
        memory: Budget in bytes for what one look fetches.
        most: How many candidates to look at; the worst first.
        aside: How work is done.
    """

    def __init__(
        self,
        source: Rereadable,
        scan: Context,
        columns: Mapping[str, set[Column]],
        *,
        memory: int,
        most: int,
        aside: BackgroundCall,
    ) -> None:
        self._source = source
        self._scan = scan
        self._projectors = Projectors(columns)
        self._present = frozenset(name for name, read in scan.read.items() if read.present)
        self._memory = memory
        self._most = most
        self._stop = scan.engine.stop
        self._aside = aside
        self._troubles: dict[tuple[str | None, str], Trouble] = {}
        self._failures = 0

    async def run(self, tasks: Sequence[Task]) -> Summary:
        """Settle every draft of the tasks: confirmed, vanished or unconfirmed."""
        total = sum(len(task.drafts) for task in tasks)
        open_: list[Candidate] = []
        try:
            with self._stop.limited():
                for some in self._chunks(tasks):
                    await self._aside(partial(self._prepare, some))
                    for group in self._groups(some):
                        open_ += await self._look(group)
                for pause in _PAUSES:
                    if open_:
                        await asyncio.sleep(pause)
                        waiting, open_ = open_, []
                        for group in self._groups(waiting):
                            open_ += await self._look(group)
        except TimeOverError:
            self._tell(
                None,
                "the time that the run had was over before all findings were looked at again",
                "Give it more with --max-duration.",
            )
        if total > self._most:
            self._tell(
                None,
                f"{total - self._most:,} of {total:,} findings were not looked at again: they are too many",
                "Allow more with --recheck-limit.",
            )
        return Summary(_vanished(tasks), tuple(self._troubles.values()), datetime.now(UTC))

    def _chunks(self, tasks: Iterable[Task]) -> Iterator[list[Candidate]]:
        """Yield the candidates, the worst first, some thousand at a time."""
        some: list[Candidate] = []
        left = self._most
        for task in sorted(tasks, key=lambda task: task.severity):
            for at, draft in enumerate(task.drafts):
                if not left:
                    break
                left -= 1
                some.append(Candidate(task, at, draft))
                if len(some) == _AT_ONCE:
                    yield some
                    some = []
        if some:
            yield some

    def _groups(self, candidates: Iterable[Candidate]) -> Iterator[list[Candidate]]:
        """Divide candidates so that no look has to fetch too many documents."""
        group: list[Candidate] = []
        documents = 0
        for candidate in candidates:
            if candidate.documents > _TOO_MANY:
                self._tell(
                    candidate.draft.collection,
                    f"a finding could not be looked at again: more than {_TOO_MANY:,} documents decide about it",
                )
                continue
            if group and (documents + candidate.documents > _DOCUMENTS or len(group) == _AT_ONCE):
                yield group
                group, documents = [], 0
            group.append(candidate)
            documents += candidate.documents
        if group:
            yield group

    def _prepare(self, candidates: Sequence[Candidate]) -> None:
        """Ask the scan's tables which documents decide about candidates, and what they were like."""
        model, columns = self._scan.model, self._projectors.columns
        named = NeighbourhoodLookup(self._scan.engine, model).ids(
            [candidate.draft for candidate in candidates]
        )
        for candidate, ids in zip(candidates, named, strict=True):
            candidate.name(ids)
        with DuckEngine(self._memory, stop=self._stop) as engine:
            excerpt(self._scan.engine, model, candidates, columns, into=engine)
            around = NeighbourhoodLookup(engine, model)
            wants = around.wants(candidates)
            states = around.states(candidates, wants)
        for candidate, wanted, state in zip(candidates, wants, states, strict=True):
            candidate.wants, candidate.state, candidate.documents = wanted, state.text, state.documents

    async def _look(self, group: Sequence[Candidate]) -> list[Candidate]:
        """Look at candidates once, and settle what can be; gives those that have to be looked at again."""
        self._stop.check()
        if self._failures >= _FAILURES:
            return []
        try:
            look = await self._source.look()
            try:
                fetched = Fetched(look, self._projectors, self._present, self._stop)
                judged = await self._fetch(fetched, group)
                one_moment = look.one_moment
            finally:
                await look.close()
        except SourceError as error:
            self._failures += 1
            self._tell(None, f"findings could not be looked at again: {error.message}", error.hint)
            return []
        for trouble in fetched.troubles:
            self._tell(trouble.collection, trouble.what, trouble.hint, trouble.where)
        reached = [
            (candidate, found)
            for candidate, found in zip(group, judged, strict=True)
            if not fetched.fails({*candidate.wants, *found.wants})
        ]
        self._failures = 0 if reached else self._failures + 1
        return [
            candidate
            for candidate, found in reached
            if not _settle(candidate, found, one_moment, fetched.asked.issuperset(found.wants))
        ]

    async def _fetch(self, fetched: Fetched, group: Sequence[Candidate]) -> list[Rejudged]:
        """Fetch what decides about candidates, and what that leads to, and run their checks on it."""
        wants = {want for candidate in group for want in candidate.wants}
        judged: list[Rejudged] = []
        for _ in range(_STEPS):
            await fetched.ask(wants - fetched.asked)
            with DuckEngine(self._memory, stop=self._stop) as engine:
                scan = self._scan
                context = Context(
                    engine,
                    scan.model,
                    scan.as_of,
                    scan.read,
                    excerpt=True,
                    occurrences=scan.occurrences,
                    scanned=scan.presence,
                )
                judged = await self._aside(partial(judge, context, group, fetched))
            wants = {want for each in judged for want in each.wants}
            if wants <= fetched.asked or fetched.troubles:
                break
        return judged

    def _tell(self, collection: str | None, what: str, hint: str = "", where: str = "") -> None:
        """Note once why something could not be looked at."""
        where = where or self._source.info.label
        self._troubles.setdefault((collection, what), Trouble(collection, what, where, hint, None))


def _vanished(tasks: Sequence[Task]) -> int:
    """Count the findings that vanished; a value that a rule cannot read has not while another cannot read it."""
    count = 0
    gone: set[tuple[str, int, str]] = set()
    there: set[tuple[str, int, str]] = set()
    for task in tasks if any(task.count(Verdict.VANISHED) for task in tasks) else ():
        for draft, verdict in zip(task.drafts, task.verdicts, strict=True):
            if draft.unreadable:
                (gone if verdict == Verdict.VANISHED else there).add(
                    (draft.collection, draft.rows[0], draft.unreadable)
                )
            else:
                count += verdict == Verdict.VANISHED
    return count + len(gone - there)


def _settle(candidate: Candidate, judged: Rejudged, one_moment: bool, whole: bool) -> bool:  # noqa: FBT001 - two facts
    """Take in what a look says of a candidate; tells whether that settles it.

    A look of one moment settles it at once. Otherwise two readings, one after the other, have to agree in every
    document that decides: then all of these were, at any instant between the two, as both have found them, unless one
    was changed and changed back in that time (docs/looking-again.md, "What it cannot see").

    Args:
        candidate: The candidate, as it was read before.
        judged: What the look says.
        one_moment: Whether all of it is as of one moment.
        whole: Whether all that decides has been fetched.
    """
    held = judged.draft is not None
    same = (judged.wants, judged.state.text) == (candidate.wants, candidate.state) and not judged.state.torn
    agreed = same and held == candidate.held
    if judged.draft is not None and not same:
        candidate.become(judged.draft, judged.ids)
    candidate.wants, candidate.state, candidate.held = judged.wants, judged.state.text, held
    candidate.documents = judged.state.documents
    if not whole or not (one_moment or agreed):
        return False
    if held:
        candidate.end(Verdict.CONFIRMED)
    elif not candidate.unsure:
        candidate.end(Verdict.VANISHED)
    return True
