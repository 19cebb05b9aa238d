"""One moment: a session in which every collection is read as it was at the same time, while the server remembers it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from bson.timestamp import Timestamp
from pymongo.errors import OperationFailure

from intact.sources.mongo_errors import DRIVER_ERRORS
from intact.sources.mongo_handle import Handle
from intact.sources.mongo_retry import Remedy, code_of, remedy

USUAL_WINDOW: Final = 300.0
"""Seconds for which a server remembers a moment, where nobody has set it otherwise."""

LEAST_WINDOW: Final = 10.0
"""Seconds below which nothing is begun: what was set to so little was set so that nobody reads the past."""

WATCHED_SECONDS: Final = 3.0
"""How long reading is watched before its speed is believed."""

HOPELESS: Final = 1.5
"""How many times what is left of the window the rest may take, by its measured speed, before it is given up."""

_WINDOW: Final = "minSnapshotHistoryWindowInSeconds"


@dataclass(slots=True)
class Snapshot:
    """A moment that is read.

    Attributes:
        session: The session that each read takes part in.
        moment: Which moment it is.
        window: For how many seconds the server remembers it.
        began: When it was taken, by the monotonic clock.
    """

    session: Any
    moment: datetime
    window: float
    began: float = field(default_factory=time.monotonic)

    def left(self) -> float:
        """How many seconds the server will remember it yet."""
        return self.window - (time.monotonic() - self.began)

    def hopeless(self, done: float) -> bool:
        """Whether the rest cannot be read in time.

        Args:
            done: What part of everything has been read, from 0 to 1.
        """
        elapsed = time.monotonic() - self.began
        if elapsed < WATCHED_SECONDS or done <= 0:
            return False
        return elapsed / done * (1 - done) > HOPELESS * max(self.left(), 0.0)


async def begin(handle: Handle, collection: str) -> Snapshot | str:
    """Take a moment, by one small read: the next ones, at the same time, would each take another one.

    Args:
        handle: The database.
        collection: A collection that may be read.

    Returns:
        The moment; or why there can be none, as a sentence for the report's header.

    Raises:
        DRIVER_ERRORS: If the server is lost.
    """
    if not handle.replicated:
        return "The server is a standalone, which cannot show all collections as of one moment."
    if not handle.modern:
        return "The server is older than 5.0, and cannot show all collections as of one moment."
    window = await _window(handle)
    if window < LEAST_WINDOW:
        return f"The server remembers the past for {window:g} seconds only ({_WINDOW})."
    try:
        session = await handle.start_snapshot()
    except DRIVER_ERRORS:
        return "The server knows no sessions, and cannot show all collections as of one moment."
    try:
        reply = await handle.command(
            {"find": collection, "filter": {}, "limit": 1, "projection": {"_id": 1}, "singleBatch": True}
            | {"readConcern": {"level": "snapshot"}},
            session=session,
        )
    except DRIVER_ERRORS as error:
        await end(handle, session)
        if isinstance(error, OperationFailure) and remedy(error, snapshot=True) is not Remedy.GIVE_UP:
            return f"The server could not show all collections as of one moment (error {code_of(error)})."
        raise
    moment = _moment(reply)
    if moment is None:
        await end(handle, session)
        return "The server does not say as of which moment it answers."
    return Snapshot(session, moment, window)


async def end(handle: Handle, session: Any) -> None:
    """End a session; one that cannot be ended ends by itself."""
    with contextlib.suppress(*DRIVER_ERRORS):
        await handle.end(session)


async def _window(handle: Handle) -> float:
    """Ask for how long the past is remembered; routers and most users are not told."""
    try:
        reply = await handle.command({"getParameter": 1, _WINDOW: 1}, database="admin")
        return float(reply[_WINDOW])
    except (*DRIVER_ERRORS,):
        return USUAL_WINDOW


def _moment(reply: Mapping[str, Any]) -> datetime | None:
    """Find the time of a read in its answer."""
    cursor = reply.get("cursor")
    time_ = cursor.get("atClusterTime") if isinstance(cursor, Mapping) else None
    time_ = time_ or reply.get("atClusterTime")
    return datetime.fromtimestamp(time_.time, UTC) if isinstance(time_, Timestamp) else None
