"""Several cursors at work: all collections as of one moment, or one level after the other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from typing import Any, Final

from pymongo.errors import OperationFailure, ServerSelectionTimeoutError

from intact.sources.base import Block, End, Fault, Restart
from intact.sources.mongodb.channel import Channel
from intact.sources.mongodb.errors import DRIVER_ERRORS
from intact.sources.mongodb.ranges import Range
from intact.sources.mongodb.retry import Remedy, pause, remedy
from intact.sources.mongodb.scan import GaveUpError, Reading, Void, scan
from intact.sources.mongodb.scan_plan import ScanPlan, part_done
from intact.sources.mongodb.snapshot import Snapshot, begin

WAITING_BYTES: Final = 32 << 20
"""How many bytes may have been read and not been taken yet, beside two batches for each cursor."""

OUT_OF_WINDOW: Final = "All of it could not have been read while the server remembers one moment"

_GONE: Final = "it was dropped, renamed or rebuilt while it was read"
_AGAIN: Final = "Run the audit again."
_UNSEEN: Final = "no document of it is to be seen, and perhaps there is no such collection"
_BROKEN_OFF: Final = "the connection broke off while it was read"


class ParallelReader:
    """Reads collections, and hands everything to a channel.

    Args:
        reading: What all cursors share.
        works: The collections, in the order in which they are to be read.
        cursors: How many read at once.
        fault: Makes a fault of a collection, a sentence and a hint.
        explain: Makes a sentence and a hint of what the driver raised.
        listed: Whether all collections were listed, so that one in the list is there even if it is empty.
        sessions: Takes the session of the moment, which somebody has to end.
        ends: When reading ends in any case, by the monotonic clock; None for never.
        snapshot: Whether to try to read as of one moment.

    Attributes:
        channel: Where it all comes out.
        why: Why not everything is as of one moment, as a sentence; empty where it is.
        moment: The moment that was taken, if one was.
    """

    def __init__(
        self,
        reading: Reading,
        works: Sequence[ScanPlan],
        *,
        cursors: int,
        fault: Callable[[str, str, str], Fault],
        explain: Callable[[BaseException], tuple[str, str]],
        listed: bool,
        sessions: list[Any],
        ends: float | None = None,
    ) -> None:
        self._reading = reading
        self._works = list(works)
        self._cursors = cursors
        self._fault = fault
        self._explain = explain
        self._listed = listed
        self._sessions = sessions
        self._ends = ends
        self._active: list[ScanPlan] = []
        self._turn = asyncio.Condition()
        self._refused = ""
        self.channel = Channel(WAITING_BYTES)
        self.moment: Snapshot | None = None

    @property
    def why(self) -> str:
        """Why not everything was read as of one moment, as a sentence; empty where it was."""
        doubt = self.moment.doubt if self.moment is not None else ""
        if why := self._refused or doubt or self._reading.left:
            return why
        capped = [each.name for each in self._works if not each.past]
        return f"A capped collection ({', '.join(capped)}) cannot be read as of a moment." if capped else ""

    async def run(self) -> None:
        """Read everything; ends in time. Whatever was not read to its end has a fault.

        Raises:
            BaseException: What nobody expected, after everything was ended.
        """
        tasks: set[asyncio.Task[None]] = set()
        reason = _BROKEN_OFF, ""
        try:
            tasks.add(asyncio.create_task(self._read_all()))
            left = None if self._ends is None else max(0.0, self._ends - time.monotonic())
            done, going_on = await asyncio.wait(tasks, timeout=left)
            if going_on:
                reason = "the time for the run was over", "Give it more with --max-duration."
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._reading.close()
            for work in self._works:
                what, hint = reason
                told = f"{what}: {work.progress()}" if hint else what
                self._give_up(work, told, hint)
            self.channel.close()

    async def _read_all(self) -> None:
        some = asyncio.Semaphore(self._cursors)

        async def plan(work: ScanPlan) -> None:
            async with some:
                await work.plan(self._reading.handle)

        try:
            async with asyncio.TaskGroup() as group:
                for work in self._works:
                    group.create_task(plan(work))
            await self._take_moment()
            async with asyncio.TaskGroup() as group:
                self._group = group
                for _ in range(self._cursors):
                    group.create_task(self._keep_reading())
            if (snapshot := self._reading.moment()) is not None:
                await snapshot.ask_once_more(self._reading.handle)
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None

    async def _take_moment(self) -> None:
        """Take the moment as of which everything is read, where the server has one to give."""
        failures, names = 0, [each.name for each in self._works if each.past]
        while names:
            try:
                taken = await begin(self._reading.handle, names[0])
            except DRIVER_ERRORS as error:
                if isinstance(error, OperationFailure) and remedy(error, snapshot=True) is Remedy.GIVE_UP:
                    names.pop(0)  # this one the user may not read, or it cannot be read: another may do
                    continue
                failures += 1
                if not self._reading.tries.again(error, failures):
                    break
                await pause(failures)
                continue
            if isinstance(taken, Snapshot):
                self.moment = self._reading.snapshot = taken
                self._sessions.append(taken.session)
            else:
                self._refused = taken
            return
        self._refused = "The server did not say as of which moment it can be read."

    async def _keep_reading(self) -> None:
        while (work := await self._next()) is not None:
            try:
                await self._read(work, work.ranges.pop(0))
            finally:
                async with self._turn:
                    self._active.remove(work)
                    self._turn.notify_all()

    async def _next(self) -> ScanPlan | None:
        """Wait for a collection of which a range may be read now; None where there is nothing more."""
        async with self._turn:
            while True:
                waiting = [each for each in self._works if each.ranges and not each.over]
                if not waiting:
                    return None
                # Within one moment the order is of no account; else what others refer to comes last.
                latest = min(each.level for each in (*waiting, *self._active))
                work = waiting[0]
                if self._reading.moment() is not None or work.level <= latest:
                    self._active.append(work)
                    return work
                await self._turn.wait()

    async def _read(self, work: ScanPlan, range_: Range | None) -> None:
        """Read one range of a collection, and see whether this was the last one."""
        if self._reading.tries.lost:
            self._give_up(work, *self._explain(ServerSelectionTimeoutError()))
            return
        try:
            reading = scan(self._reading, work.name, work.fields, range_, past=work.past)
            async with aclosing(reading) as coming:
                async for item in coming:
                    if work.over:
                        return
                    await self._hand_on(work, item)
        except GaveUpError as error:
            self._give_up(work, *self._explain(error.__cause__ or error))
            return
        work.left -= 1
        if not work.left and not work.over:
            self._group.create_task(self._end(work))

    async def _hand_on(self, work: ScanPlan, item: bytes | Void) -> None:
        if isinstance(item, Void):
            work.void()
            await self.channel.put(Restart(work.name))
            return
        work.hand(item)
        snapshot = self._reading.moment()
        if snapshot is not None and snapshot.hopeless(part_done(self._works)):
            self._reading.leave_snapshot(f"{OUT_OF_WINDOW} ({snapshot.window:g} seconds).")
        await self.channel.put(Block(work.name, item))

    async def _end(self, work: ScanPlan) -> None:
        """Hand on that a collection was read to its end, if it was."""
        # The end of its only cursor is the end of it: one that is dropped ends with an error.
        sure = work.handed and self._reading.begun[work.name] == 1
        try:
            there = sure or await self._reading.presence.is_there(work.name)
        except DRIVER_ERRORS as error:
            self._give_up(work, *self._explain(error))
            return
        if not there and (self._listed or work.handed):
            self._give_up(work, _GONE, _AGAIN)
        elif not work.handed and not self._listed:
            self._give_up(work, _UNSEEN, "")
        elif not work.over:
            work.over = True
            await self.channel.put(End(work.name))

    def _give_up(self, work: ScanPlan, what: str, hint: str) -> None:
        if not work.over:
            work.over = True
            self.channel.put_now(self._fault(work.name, what, hint))
