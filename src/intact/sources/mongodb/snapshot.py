"""One moment: a session in which every collection is read as it was at the same time, while the server remembers it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from bson.timestamp import Timestamp
from pymongo.errors import OperationFailure

from intact.sources.mongodb.errors import DRIVER_ERRORS, code_of
from intact.sources.mongodb.handle import Handle
from intact.sources.mongodb.retry import Remedy, Tries, remedy

USUAL_WINDOW: Final = 300.0
"""Seconds for which a server remembers a moment, where nobody has set it otherwise."""

LEAST_WINDOW: Final = 10.0
"""Seconds below which nothing is begun: what was set to so little was set so that nobody reads the past."""

WATCHED_SECONDS: Final = 3.0
"""How long reading is watched before its speed is believed."""

HOPELESS: Final = 1.5
"""How many times what is left of the window the rest may take, by its measured speed, before it is given up."""

ANOTHER_MOMENT: Final = "The server answers as of another moment than the one it was asked for."

_ANSWERED: Final = "_process_response"
_WINDOW: Final = "minSnapshotHistoryWindowInSeconds"


class Witness:
    """Sees, in each first batch of a session, as of which moment the server says that it answers.

    A server may take the read concern, name a time, and read the present all the same: then each answer names another
    time than was asked for, or none. So the first answer alone proves nothing. No driver shows users the time of later
    answers; but each of them hands every answer to its session, which is where this stands. Where a driver has no such
    place any more, nothing is believed.

    Args:
        session: A session of one of the drivers; Motor's has PyMongo's inside.

    Attributes:
        moment: What the first answer named.
        first: Whether there was one.
        doubt: Why not all answers are as of one moment, as a sentence; empty while they are.
    """

    def __init__(self, session: Any) -> None:
        self.moment: Timestamp | None = None
        self.first = False
        self.doubt = ""
        inner = getattr(session, "delegate", session)
        usual = getattr(inner, _ANSWERED, None)
        if usual is None:
            self.doubt = "The installed driver does not show as of which moment the server answers."
            return

        def answered(reply: Mapping[str, Any]) -> Any:
            self._see(reply)
            return usual(reply)

        setattr(inner, _ANSWERED, answered)

    def _see(self, reply: Mapping[str, Any]) -> None:
        cursor = reply.get("cursor")
        if not isinstance(cursor, Mapping) or "firstBatch" not in cursor:
            return
        named = cursor.get("atClusterTime") or reply.get("atClusterTime")
        named = named if isinstance(named, Timestamp) else None
        if not self.first:
            self.moment, self.first = named, True
        elif named is None or named != self.moment:
            self.doubt = ANOTHER_MOMENT


@dataclass(slots=True)
class Snapshot:
    """A moment that is read.

    Attributes:
        session: The session that each read takes part in.
        moment: Which moment it is.
        window: For how many seconds the server remembers it.
        collection: By a small read of which it was taken.
        witness: Sees whether the server keeps to it.
        began: When it was taken, by the monotonic clock.
    """

    session: Any
    moment: datetime
    window: float
    collection: str
    witness: Witness
    began: float = field(default_factory=time.monotonic)

    async def ask_once_more(self, handle: Handle) -> None:
        """Let the server name the moment once more, after all was read: later batches of a cursor name none.

        What it cannot show any more it showed as long as it was read.
        """
        with contextlib.suppress(*DRIVER_ERRORS):
            await handle.command(_small(self.collection), session=self.session)

    @property
    def doubt(self) -> str:
        """Why what was read is not as of the moment, as a sentence; empty where it is."""
        return self.witness.doubt

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


async def begin(handle: Handle, names: Sequence[str], tries: Tries) -> Snapshot | str:
    """Take a moment, by one small read: the next ones, at the same time, would each take another one.

    Args:
        handle: The database.
        names: Collections. Where the user may not read one, or it cannot be read as of a moment, another may do.
        tries: How often to try.

    Returns:
        The moment; or why there can be none, as a sentence for the report's header.
    """
    for name in names:
        try:
            return await tries.until_answered(partial(_begin, handle, name))
        except OperationFailure:
            continue
        except DRIVER_ERRORS:
            break
    return "The server did not say as of which moment it can be read."


async def _begin(handle: Handle, collection: str) -> Snapshot | str:
    """Take a moment by a collection.

    Raises:
        DRIVER_ERRORS: If the server is lost; OperationFailure if it refuses this collection.
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
    witness = Witness(session)
    try:
        # The second answer shows whether the first one can be believed.
        for _ in range(2):
            await handle.command(_small(collection), session=session)
    except DRIVER_ERRORS as error:
        await end(handle, session)
        if isinstance(error, OperationFailure) and remedy(error, snapshot=True) is not Remedy.GIVE_UP:
            return f"The server could not show all collections as of one moment (error {code_of(error)})."
        raise
    if witness.moment is None or witness.doubt:
        await end(handle, session)
        silent = witness.first and witness.moment is None
        return "The server does not say as of which moment it answers." if silent else witness.doubt
    return Snapshot(session, datetime.fromtimestamp(witness.moment.time, UTC), window, collection, witness)


def _small(collection: str) -> dict[str, Any]:
    """Return a read of one document, as of a moment."""
    one = {"find": collection, "filter": {}, "limit": 1, "projection": {"_id": 1}, "singleBatch": True}
    return one | {"readConcern": {"level": "snapshot"}}


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
