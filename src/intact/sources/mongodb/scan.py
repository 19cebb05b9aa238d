"""One part of a collection, read to its end: taken up again where it broke off, as long as that leads anywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any, Final

import bson

from intact.sources.mongodb.batches import Batches
from intact.sources.mongodb.errors import DRIVER_ERRORS, Faults, code_of
from intact.sources.mongodb.handle import BY_ID, NATURAL_ORDER, Handle
from intact.sources.mongodb.listed import ListedCollections
from intact.sources.mongodb.ranges import EXACT, Range, count, id_of, last, split
from intact.sources.mongodb.retry import Remedy, Tries, pause, remedy
from intact.sources.mongodb.scan_plan import Part, Query, ScanPlan
from intact.sources.mongodb.snapshot import Snapshot, begin, end
from intact.sources.mongodb.throttle import Throttle

RANGE_SECONDS: Final = 900
"""How long the server may work on one cursor over a range, which is taken up again after that."""

WHOLE_SECONDS: Final = 4 * 3600
"""The same for a cursor over a whole collection, which begins anew after that."""

QUERY_SECONDS: Final = 120
"""The same for a query of some documents."""

TOO_OLD: Final = "The server could no longer show the moment at which reading began"

_SHARDS: Final = 256  # more of them than can hold a document with the same _id

WHOLE_PATIENCE: Final = 3
"""How often what has no order is begun anew: a whole collection, a query."""


class GaveUpError(Exception):
    """A collection that cannot be read to its end. The cause is what the driver raised last."""


class Reading:
    """What all cursors of a reading share: of a run, or of one look at some documents again.

    Args:
        handle: The database.
        pace: When a batch may be asked for.
        tries: How often reading was taken up again.
        listing: Whether a collection is still the one that it was.
        faults: Makes faults of collections.

    Attributes:
        asked: Whether a moment was asked for.
        taken: The moment that was taken, if one was.
        snapshot: The moment as of which new cursors read; None where there is none, or no longer.
        begun: How many cursors were begun, by collection.
    """

    def __init__(
        self, handle: Handle, pace: Throttle, tries: Tries, listing: ListedCollections, faults: Faults
    ) -> None:
        self.handle = handle
        self.pace = pace
        self.tries = tries
        self.listing = listing
        self.faults = faults
        self.asked = False
        self.taken: Snapshot | None = None
        self.snapshot: Snapshot | None = None
        self.begun: Counter[str] = Counter()
        self._left = ""
        self._session: Any = None
        self._open: set[Batches] = set()

    @property
    def why(self) -> str:
        """Why there is no moment, or none any more, as a sentence; empty while there is one."""
        return (self.taken.doubt if self.taken is not None else "") or self._left

    async def take_moment(self, names: Sequence[str]) -> None:
        """Take the moment as of which everything is read, where the server has one to give.

        Args:
            names: Collections, of which one has to be readable.
        """
        self.asked = True
        taken = await begin(self.handle, names, self.tries)
        if isinstance(taken, Snapshot):
            self.taken = self.snapshot = taken
            self._session = taken.session
        else:
            self._left = taken

    def leave_snapshot(self, why: str) -> None:
        """Begin no more cursors as of the moment. Its session lives on for those that still read."""
        if self.snapshot is not None:
            self.snapshot, self._left = None, why

    def moment(self) -> Snapshot | None:
        """Return the moment as of which a new cursor reads: none any more, once the server has not kept to it."""
        if self.snapshot is not None and self.snapshot.doubt:
            self.leave_snapshot(self.snapshot.doubt)
        return self.snapshot

    async def close(self) -> None:
        """End every cursor, and the session. May be called twice."""
        for batches in tuple(self._open):
            await batches.close()
        session, self._session = self._session, None
        if session is not None:
            await end(self.handle, session)

    async def drain(self, collection: str, batches: Batches) -> AsyncGenerator[bytes, None]:
        """Take a cursor's batches, each asked for when the pace allows it, one ahead. The cursor is ended.

        Raises:
            DRIVER_ERRORS: Whatever went wrong.
        """
        self._open.add(batches)
        asked, per_document = False, 0.0
        try:
            await self.pace.begin()
            asked = True
            while (data := await batches.next()) is not None:
                per_document = per_document or len(data) / max(1, count(data))
                self.pace.answered(collection, len(data), len(data) / per_document, batches.seconds)
                self.tries.progress()
                asked = False
                await self.pace.end()
                await self.pace.begin()
                asked = True
                batches.ask()
                yield data
        finally:
            if asked:
                await self.pace.end()
            await batches.close()
            self._open.discard(batches)


async def scan(reading: Reading, plan: ScanPlan, part: Part) -> AsyncGenerator[bytes | None, None]:
    """Read a part of a collection in batches.

    A range goes on behind its last document where it broke off; what has no order begins anew.

    Args:
        reading: What all cursors share.
        plan: The collection.
        part: What is read of it.

    Yields:
        Batches; None where it begins anew, and everything comes again.

    Raises:
        GaveUpError: If it cannot be read to its end.
    """
    place, latest, failures, begun = part, b"", 0, 0
    ties: list[bytes] = []
    while True:
        snapshot = reading.moment() if plan.past else None
        try:
            async with aclosing(reading.drain(plan.name, _cursor(reading, plan, place, snapshot))) as coming:
                async for data in coming:
                    fresh, ties = (_without(data, ties), []) if ties else (data, ties)
                    if fresh:
                        yield fresh
                    latest, failures = data, 0
        except DRIVER_ERRORS as error:
            failures += 1
            await decide(reading, plan.name, error, failures, in_snapshot=snapshot is not None)
            if latest and isinstance(part, Range):
                found = behind(latest, part, several=reading.handle.sharded)
                if found is None:
                    raise GaveUpError from error
                place, ties = found
            elif latest:
                begun += 1
                if begun > WHOLE_PATIENCE:
                    raise GaveUpError from error
                yield None
            latest = b""
        else:
            return


async def decide(
    reading: Reading, collection: str, error: Exception, failures: int, *, in_snapshot: bool
) -> None:
    """Prepare for another try, or give up.

    Raises:
        GaveUpError: If there is no point in trying again.
    """
    what = remedy(error, snapshot=in_snapshot)
    if what is Remedy.LEAVE_SNAPSHOT:
        reading.leave_snapshot(f"{TOO_OLD} (error {code_of(error)}).")
        return
    if what is Remedy.LEAVE_MAJORITY and reading.handle.majority:
        reading.handle.majority = False
        return
    gone = what is Remedy.LOOK and await reading.listing.is_gone(collection)
    hopeless = what in {Remedy.GIVE_UP, Remedy.LEAVE_MAJORITY}
    if gone or hopeless or not reading.tries.again(error, failures):
        raise GaveUpError from error
    await pause(failures)


def behind(data: bytes, range_: Range, *, several: bool) -> tuple[Range, list[bytes]] | None:
    """Find where reading goes on after a batch.

    Args:
        data: The last batch that came.
        range_: The range that it is of.
        several: Whether several documents may have one ``_id``, as on the shards of a cluster. Then the last ``_id`` is
            read again, and the documents that came already are to be left out.

    Returns:
        The rest of the range, and the documents to leave out; None where the last ``_id`` cannot be asked for.
    """
    bound = id_of(last(data))
    if bound is None:
        return None
    if not several:
        return range_.after(bound), []
    latest = list(split(data))[-_SHARDS:]
    return range_.after(bound, beyond=False), [each for each in latest if _same_id(each, latest[-1])]


def _without(data: bytes, ties: list[bytes]) -> bytes:
    """Leave out documents that have come before, which were the last ones before the cursor broke.

    They have one ``_id``, which two shards may both have. Where no more of them come now than have come before, they
    are the same ones, changed or not; where more come, those with the same bytes are.
    """
    documents = list(split(data))
    again = [document for document in documents if _same_id(document, ties[0])]
    if len(again) <= len(ties):
        return b"".join(document for document in documents if not _same_id(document, ties[0]))
    left, kept = list(ties), []
    for document in documents:
        if document in left:
            left.remove(document)
        else:
            kept.append(document)
    return b"".join(kept)


def _same_id(one: bytes, other: bytes) -> bool:
    """Say whether two documents have one ``_id``, to the byte: NaN, as a value, is not equal to itself."""
    ids = [id_of(document) for document in (one, other)]
    written = [None if each is None else bson.encode({"": each.value}, codec_options=EXACT) for each in ids]
    return written[0] is not None and written[0] == written[1]


def _cursor(reading: Reading, plan: ScanPlan, part: Part, snapshot: Snapshot | None) -> Batches:
    reading.begun[plan.name] += 1
    find = partial(
        reading.handle.find, plan.name, plan.fields, session=snapshot.session if snapshot else None
    )
    if isinstance(part, Query):
        return find(part.filter, hint=None, seconds=QUERY_SECONDS)
    if isinstance(part, Range):
        return find(part.filter(), hint=BY_ID, by_id=True, seconds=RANGE_SECONDS)
    return find(None, hint=NATURAL_ORDER, seconds=WHOLE_SECONDS)
