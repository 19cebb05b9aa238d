"""Documents of a live server fetched again, by their ids, keys and references: a few hundred at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

import bson
from bson.regex import Regex
from pymongo.errors import OperationFailure

from intact.core.paths import EACH, Path
from intact.sources.base import Block, Fault, LookUp
from intact.sources.mongodb.batches import Batches
from intact.sources.mongodb.channel import Channel
from intact.sources.mongodb.errors import DRIVER_ERRORS
from intact.sources.mongodb.facts import leading_path
from intact.sources.mongodb.ranges import EXACT, Range, id_of, split
from intact.sources.mongodb.retry import Remedy, remedy
from intact.sources.mongodb.scan import GaveUpError, Reading, decide, scan
from intact.sources.mongodb.scan_plan import ScanPlan
from intact.sources.mongodb.snapshot import Snapshot, begin, end
from intact.sources.mongodb.values import UnaskableError, size_of, value_of

VALUES_AT_ONCE: Final = 500
"""How many values one query asks for."""

BYTES_AT_ONCE: Final = 4 << 20
"""How many bytes of them: a command may be 48 MB, and a document in it 16."""

SCAN_FROM: Final = 0.25
"""The part of a collection from which on it is read as a whole, and not looked up in."""

WAITING_BYTES: Final = 32 << 20
QUERY_SECONDS: Final = 120
"""How long the server may work on one query."""

MOST_REMEMBERED: Final = 1_000_000
"""Documents up to which it is remembered which have come, so that a collection can be read once more."""

_OBJECT_ID: Final = b"\x07_id\0"
_GONE: Final = "it was dropped, renamed or rebuilt while it was read"


@dataclass(slots=True)
class _Place:
    """What is looked up in one collection."""

    name: str
    fields: Mapping[str, int] | None
    work: ScanPlan
    filters: list[dict[str, Any]] = field(default_factory=list)
    ranges: list[Range | None] = field(default_factory=list)
    seen: set[bytes] = field(default_factory=set)
    over: bool = False


class LiveReread:
    """A reading of some documents. See :class:`intact.sources.base.Reread`.

    Args:
        reading: What the cursors of the run share; this reading has a moment of its own.
        entries: The entries of listCollections, by name.
        fault: Makes a fault of a collection, a sentence and a hint.
        explain: Makes a sentence and a hint of what the driver raised.
        project: Makes a projection of paths.
        cursors: How many read at once.
        ends: When it ends in any case, by the monotonic clock; None for never.
    """

    def __init__(
        self,
        reading: Reading,
        entries: Mapping[str, Mapping[str, Any]],
        *,
        fault: Callable[[str, str, str], Fault],
        explain: Callable[[BaseException], tuple[str, str]],
        project: Callable[[Sequence[Path]], dict[str, int] | None],
        cursors: int,
        ends: float | None,
    ) -> None:
        self._reading = Reading(reading.handle, reading.pace, reading.tries, reading.presence)
        self._entries = entries
        self._fault = fault
        self._explain = explain
        self._project = project
        self._cursors = cursors
        self._ends = ends
        self._indexed: dict[str, frozenset[str]] = {}
        self._session: Any = None
        self._torn = False
        self._finding: set[asyncio.Task[None]] = set()

    @property
    def one_moment(self) -> bool:
        """Whether all that was found is as of one moment."""
        return self._reading.moment() is not None and not self._torn

    async def begin(self) -> None:
        """Take a moment, where the server can show one."""
        names = [name for name in self._entries if not name.startswith("system.")]
        for name in names:
            try:
                taken = await begin(self._reading.handle, name)
            except DRIVER_ERRORS as error:
                if isinstance(error, OperationFailure) and remedy(error, snapshot=True) is Remedy.GIVE_UP:
                    continue  # this one the user may not read, or it cannot be read so: another may do
                return  # whatever is asked for then has a fault, if it is not there
            if isinstance(taken, Snapshot):
                self._reading.snapshot, self._session = taken, taken.session
            return

    async def find(
        self, lookups: Sequence[LookUp], wanted: Mapping[str, Sequence[Path]]
    ) -> AsyncIterator[Block | Fault]:
        """Fetch documents again. See :meth:`intact.sources.base.Reread.find`."""
        channel = Channel(WAITING_BYTES)
        finding = asyncio.create_task(self._find_all(lookups, wanted, channel))
        self._finding.add(finding)
        try:
            while (item := await channel.get()) is not None:
                if isinstance(item, Block | Fault):
                    yield item
            await finding
        finally:
            self._finding.discard(finding)
            await _stop(finding)

    async def close(self) -> None:
        """End all cursors, and the session. May be called twice."""
        for finding in tuple(self._finding):
            await _stop(finding)
        await self._reading.close()
        session, self._session = self._session, None
        if session is not None:
            await end(self._reading.handle, session)

    async def _find_all(
        self, lookups: Sequence[LookUp], wanted: Mapping[str, Sequence[Path]], channel: Channel
    ) -> None:
        places: list[_Place] = []
        for name in dict.fromkeys(each.collection for each in lookups):
            fields = self._project(wanted.get(name, ()))
            places.append(_Place(name, fields, ScanPlan.of(name, fields, 0, self._entries.get(name, {}))))
        going_on: set[asyncio.Task[None]] = set()
        try:
            left = None if self._ends is None else max(0.0, self._ends - time.monotonic())
            going_on = {asyncio.create_task(self._fetch_all(places, lookups, channel))}
            done, late = await asyncio.wait(going_on, timeout=left)
            for place in places if late else ():
                self._give_up(
                    place, channel, "the time for the run was over", "Give it more with --max-duration."
                )
            for task in done:
                task.result()
        finally:
            for task in going_on:
                await _stop(task)
            channel.close()

    async def _fetch_all(self, places: Sequence[_Place], lookups: Sequence[LookUp], channel: Channel) -> None:
        some = asyncio.Semaphore(self._cursors)

        async def one(place: _Place, job: Range | dict[str, Any] | None) -> None:
            async with some:
                if not place.over:
                    await self._do(place, job, channel)

        async def all_of(place: _Place) -> None:
            async with some:
                await self._prepare(place, [each for each in lookups if each.collection == place.name])
            async with asyncio.TaskGroup() as group:
                for filter_ in place.filters:
                    group.create_task(one(place, filter_))
                for range_ in place.ranges:
                    group.create_task(one(place, range_))
            if not place.over and place.name in self._entries:
                await self._make_sure(place, channel)
            place.over = True

        try:
            async with asyncio.TaskGroup() as group:
                for place in places:
                    group.create_task(all_of(place))
        except BaseExceptionGroup as errors:
            raise _first(errors) from None

    async def _prepare(self, place: _Place, lookups: Sequence[LookUp]) -> None:
        """Decide how the documents of a collection are fetched: by queries, or by reading it as a whole."""
        self._torn = self._torn or not place.work.past
        try:
            by_path = _values(lookups)
        except UnaskableError:
            await self._scan_instead(place)
            return
        indexed = await self._indexes(place.name)
        asked = sum(map(len, by_path.values()))
        without = sum(len(values) for path, values in by_path.items() if path not in indexed)
        if without > VALUES_AT_ONCE:  # each query would read the whole of it
            await self._scan_instead(place)
            return
        if asked > VALUES_AT_ONCE:
            await place.work.plan(self._reading.handle)
            if place.work.documents is not None and asked > SCAN_FROM * place.work.documents:
                place.ranges = place.work.ranges
                return
        for path, values in by_path.items():
            place.filters += _filters(path, values)

    async def _scan_instead(self, place: _Place) -> None:
        await place.work.plan(self._reading.handle)
        place.ranges = place.work.ranges

    async def _indexes(self, name: str) -> frozenset[str]:
        """Name the paths by which documents can be looked up."""
        if name not in self._indexed:
            try:
                entries = await self._reading.handle.entries({"listIndexes": name})
            except DRIVER_ERRORS:
                entries = []  # that of _id is always there
            self._indexed[name] = frozenset({"_id", *filter(None, map(leading_path, entries))})
        return self._indexed[name]

    async def _make_sure(self, place: _Place, channel: Channel) -> None:
        """See that a collection is still there: one that was dropped has no documents, and that is no error."""
        try:
            there = await self._reading.presence.is_there(place.name)
        except DRIVER_ERRORS as error:
            self._give_up(place, channel, *self._explain(error))
            return
        if not there:
            self._give_up(place, channel, _GONE, "Run the audit again.")

    async def _do(self, place: _Place, job: Range | dict[str, Any] | None, channel: Channel) -> None:
        """Run one query, or read one range."""
        try:
            if isinstance(job, dict):
                await self._query(place, job, channel)
            else:
                await self._scan(place, job, channel)
        except GaveUpError as error:
            self._give_up(place, channel, *self._explain(error.__cause__ or error))

    async def _query(self, place: _Place, filter_: dict[str, Any], channel: Channel) -> None:
        """Run one query, again and again if need be: what has come before is left out.

        Raises:
            GaveUpError: If it cannot be answered.
        """
        failures = 0
        while True:
            snapshot = self._reading.moment() if place.work.past else None
            try:
                batches = self._ask(place, filter_, snapshot)
                async with aclosing(self._reading.drain(place.name, batches)) as coming:
                    async for data in coming:
                        await self._hand_on(place, data, channel)
            except DRIVER_ERRORS as error:
                failures += 1
                await decide(self._reading, place.name, error, failures, in_snapshot=snapshot is not None)
            else:
                return

    def _ask(self, place: _Place, filter_: dict[str, Any], snapshot: Snapshot | None) -> Batches:
        return self._reading.handle.find(
            place.name,
            place.fields,
            filter_,
            hint=None,
            seconds=QUERY_SECONDS,
            session=snapshot.session if snapshot else None,
        )

    async def _scan(self, place: _Place, range_: Range | None, channel: Channel) -> None:
        remembers = range_ is None and (place.work.documents or 0) <= MOST_REMEMBERED
        reading = scan(self._reading, place.name, place.fields, range_, past=place.work.past)
        async with aclosing(reading) as coming:
            async for item in coming:
                if isinstance(item, bytes):
                    if remembers:
                        await self._hand_on(place, item, channel)
                    else:  # ranges have no document in common
                        await channel.put(Block(place.name, item))
                elif not remembers:
                    raise GaveUpError

    async def _hand_on(self, place: _Place, data: bytes, channel: Channel) -> None:
        """Hand on those documents that have not come before.

        Behind a router two shards may have two documents of one ``_id``, so there only the same bytes are the same
        document; one that has changed between two queries comes twice, and counts as torn.
        """
        fresh, several = [], self._reading.handle.sharded
        for document in split(data):
            key = sha256(document).digest() if several else _key(document)
            if key not in place.seen:
                place.seen.add(key)
                fresh.append(document)
        if fresh:
            await channel.put(Block(place.name, b"".join(fresh)))

    def _give_up(self, place: _Place, channel: Channel, what: str, hint: str) -> None:
        if not place.over:
            place.over = True
            channel.put_now(self._fault(place.name, what, hint))


def _key(document: bytes) -> bytes:
    """Give what tells documents of a collection apart: the bytes of ``_id``."""
    if document[4:9] == _OBJECT_ID:  # as nearly all have it, in front
        return document[4 : 9 + 12]
    found = id_of(document)
    return document if found is None else bson.encode({"": found.value}, codec_options=EXACT)


def dotted(path: Path) -> str:
    """Write a path as a query has it.

    Raises:
        UnaskableError: If no query can name it.
    """
    steps = [step for step in path.steps if step != EACH]
    if any("." in step or step.startswith("$") or not step for step in steps):
        raise UnaskableError
    return ".".join(steps)


def _values(lookups: Sequence[LookUp]) -> dict[str, list[Any]]:
    """Give the values that are asked for, by path, each once.

    Raises:
        UnaskableError: If a value or a path can stand in no query.
    """
    texts: dict[str, dict[str, None]] = {}
    for each in lookups:
        texts.setdefault(dotted(each.path), {}).update(dict.fromkeys(each.values))
    return {path: [value_of(text) for text in asked] for path, asked in texts.items()}


def _filters(path: str, values: Sequence[Any]) -> list[dict[str, Any]]:
    """Make queries of values: a few hundred in each; one for each pattern, which among others would be matched."""
    filters: list[dict[str, Any]] = [{path: {"$eq": each}} for each in values if isinstance(each, Regex)]
    some: list[Any] = []
    size = 0
    for each in values:
        if isinstance(each, Regex):
            continue
        length = size_of(each)
        if len(some) == VALUES_AT_ONCE or (some and size + length > BYTES_AT_ONCE):
            filters.append({path: {"$in": some}})
            some, size = [], 0
        some.append(each)
        size += length
    return [*filters, {path: {"$in": some}}] if some else filters


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """Give the first error of a group of groups."""
    first = errors.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


async def _stop(task: asyncio.Task[None]) -> None:
    """End a task, and wait until it has ended."""
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.exception()
