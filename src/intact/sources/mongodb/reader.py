"""Several cursors at work on one reading: all collections as of one moment, or one level after the other.

A plan says what is read of a collection: the whole of it (:mod:`intact.sources.mongodb.scan_plan`), or some documents
that are looked up (:mod:`intact.sources.mongodb.reread`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import aclosing
from typing import Final

from pymongo.errors import ServerSelectionTimeoutError

from intact.sources.base import End, Fault, Item
from intact.sources.mongodb.channel import Channel
from intact.sources.mongodb.commands import WouldWriteError
from intact.sources.mongodb.errors import DRIVER_ERRORS
from intact.sources.mongodb.scan import GaveUpError, Reading, scan
from intact.sources.mongodb.scan_plan import Part, ScanPlan, part_done

WAITING_BYTES: Final = 32 << 20
"""How many bytes may have been read and not been taken yet, beside two batches for each cursor."""

OUT_OF_WINDOW: Final = "All of it could not have been read while the server remembers one moment"

_GONE: Final = "it was dropped, renamed or rebuilt while it was read"
_AGAIN: Final = "Run the audit again."
_UNSEEN: Final = "no document of it is to be seen, and perhaps there is no such collection"
_BROKEN_OFF: Final = "the connection broke off while it was read"


class Reader:
    """Reads what plans say.

    Args:
        reading: What all cursors share. A moment is taken once all is planned, where none was asked for before.
        plans: The collections, in the order in which they are to be read.
        ends: When reading ends in any case, by the monotonic clock; None for never.
    """

    def __init__(self, reading: Reading, plans: Sequence[ScanPlan], *, ends: float | None = None) -> None:
        self._reading = reading
        self._faults = reading.faults
        self._plans = list(plans)
        self._ends = ends
        self._active: list[ScanPlan] = []
        self._turn = asyncio.Condition()
        self._channel = Channel(WAITING_BYTES)
        self._running: asyncio.Task[None] | None = None

    @property
    def why(self) -> str:
        """Why not everything was read as of one moment, as a sentence; empty where it was."""
        capped = [each.name for each in self._plans if not each.past]
        if self._reading.why or not capped:
            return self._reading.why
        return f"A capped collection ({', '.join(capped)}) cannot be read as of a moment."

    async def next(self) -> Item | None:
        """Return the next item; None at the end. Ends in time; whatever was not read to its end has a fault.

        Raises:
            SourceError: If the driver was about to send what it may not.
            BaseException: What nobody expected, after everything was ended.
        """
        running = self._running = self._running or asyncio.create_task(self._run())
        if (item := await self._channel.get()) is not None:
            return item
        await asyncio.wait([running])
        try:
            if not running.cancelled():  # else by :meth:`stop`
                running.result()
        except WouldWriteError as error:
            raise error.explained(self._faults.label) from None
        return None

    async def stop(self) -> None:
        """End reading, and wait until it has ended. May be called twice."""
        if self._running is not None:
            await _stop(self._running)

    async def close(self) -> None:
        """End reading, and what the reading holds on the server. May be called twice."""
        await self.stop()
        await self._reading.close()

    async def _run(self) -> None:
        working = asyncio.create_task(self._read_all())
        what, hint = _BROKEN_OFF, ""
        try:
            left = None if self._ends is None else max(0.0, self._ends - time.monotonic())
            done, _ = await asyncio.wait([working], timeout=left)
            if done:
                working.result()
            else:
                what, hint = "the time for the run was over", "Give it more with --max-duration."
        finally:
            await _stop(working)
            for plan in self._plans:
                told = what + plan.progress() if hint else what
                self._give_up(plan, self._faults.say(plan.name, told, hint))
            self._channel.close()

    async def _read_all(self) -> None:
        some = asyncio.Semaphore(self._reading.pace.cursors)

        async def prepare(plan: ScanPlan) -> None:
            async with some:
                await plan.prepare(self._reading.handle)

        try:
            async with asyncio.TaskGroup() as group:
                for plan in self._plans:
                    group.create_task(prepare(plan))
            if not self._reading.asked:
                # As late as can be: the server does not remember it for long.
                await self._reading.take_moment([each.name for each in self._plans if each.past])
            async with asyncio.TaskGroup() as group:
                self._group = group
                for plan in self._plans:
                    if not plan.left:
                        group.create_task(self._end(plan))
                for _ in range(self._reading.pace.cursors):
                    group.create_task(self._keep_reading())
            if (snapshot := self._reading.moment()) is not None:
                await snapshot.ask_once_more(self._reading.handle)
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None

    async def _keep_reading(self) -> None:
        while (plan := await self._next()) is not None:
            try:
                await self._read(plan, plan.parts.pop(0))
            finally:
                async with self._turn:
                    self._active.remove(plan)
                    self._turn.notify_all()

    async def _next(self) -> ScanPlan | None:
        """Wait for a collection of which a part may be read now; None where there is nothing more."""
        async with self._turn:
            while True:
                waiting = [each for each in self._plans if each.parts and not each.over]
                if not waiting:
                    return None
                # Within one moment the order is of no account; else what others refer to comes last.
                latest = min(each.level for each in (*waiting, *self._active))
                plan = waiting[0]
                if self._reading.moment() is not None or plan.level <= latest:
                    self._active.append(plan)
                    return plan
                await self._turn.wait()

    async def _read(self, plan: ScanPlan, part: Part) -> None:
        """Read one part of a collection, and see whether this was the last one."""
        if self._reading.tries.lost:
            self._give_up(plan, self._faults.of(plan.name, ServerSelectionTimeoutError()))
            return
        try:
            async with aclosing(scan(self._reading, plan, part)) as coming:
                async for data in coming:
                    if plan.over:
                        return
                    if (item := plan.take(data)) is not None:
                        self._watch_window(plan)
                        await self._channel.put(item)
        except GaveUpError as error:
            self._give_up(plan, self._faults.of(plan.name, error.__cause__ or error))
            return
        plan.left -= 1
        if not plan.left and not plan.over:
            self._group.create_task(self._end(plan))

    def _watch_window(self, plan: ScanPlan) -> None:
        snapshot = self._reading.moment()
        if plan.whole and snapshot is not None and snapshot.hopeless(part_done(self._plans)):
            self._reading.leave_snapshot(f"{OUT_OF_WINDOW} ({snapshot.window:g} seconds).")

    async def _end(self, plan: ScanPlan) -> None:
        """Hand on that a collection was read to its end, if it was: one that was dropped gives no error, either."""
        listing = self._reading.listing
        # The end of its only cursor is the end of it: one that is dropped ends with an error.
        sure = plan.handed and self._reading.begun[plan.name] == 1
        unknown = not plan.whole and not listing.knows(plan.name)
        try:
            there = sure or unknown or await listing.is_there(plan.name)
        except DRIVER_ERRORS as error:
            self._give_up(plan, self._faults.of(plan.name, error))
            return
        if not there and (listing.complete or plan.handed):
            self._give_up(plan, self._faults.say(plan.name, _GONE, _AGAIN))
        elif plan.whole and not plan.handed and not listing.complete:
            self._give_up(plan, self._faults.say(plan.name, _UNSEEN))
        elif not plan.over:
            plan.over = True
            await self._channel.put(End(plan.name))

    def _give_up(self, plan: ScanPlan, fault: Fault) -> None:
        if not plan.over:
            plan.over = True
            self._channel.put_now(fault)


async def _stop(task: asyncio.Task[None]) -> None:
    """End a task, and wait until it has ended; what it ended with is of no account any more.

    One that is ending already is left to it: cancelled once more it would leave its cursors.
    """
    if not task.cancelling():
        task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.exception()
