"""What a failure while reading asks for: to go on, to look whether the collection is still there, or to give up."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from enum import Enum, auto
from typing import Final, TypeVar

from pymongo.errors import (
    EncryptionError,
    InvalidName,
    InvalidOperation,
    NetworkTimeout,
    NotPrimaryError,
    OperationFailure,
    ServerSelectionTimeoutError,
)

from intact.sources.mongodb.errors import DRIVER_ERRORS, code_of

T = TypeVar("T")

PATIENCE: Final = 5
"""How many failures in a row, with nothing read in between, end the reading of a range."""

SLOW_PATIENCE: Final = 2
"""The same, of failures that each take a long time to be noticed: a silent server, no server at all."""

ALL_PATIENCE: Final = 200
"""How many failures in all are met with another try in one run."""

_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 5.0


class Remedy(Enum):
    """What to do after a failure."""

    AGAIN = auto()
    """Read on, by a new cursor."""
    LOOK = auto()
    """The same, if the collection is still the one that it was."""
    LEAVE_SNAPSHOT = auto()
    """The moment cannot be read any more: read on as of now."""
    LEAVE_MAJORITY = auto()
    """What the majority has cannot be read: read on without asking for that."""
    GIVE_UP = auto()
    """Nothing would be better another time."""


_REMEDIES: Final[dict[int, Remedy]] = {
    **dict.fromkeys(
        (
            6,  # HostUnreachable
            7,  # HostNotFound
            24,  # LockTimeout
            43,  # CursorNotFound
            46,  # LockBusy
            50,  # MaxTimeMSExpired
            63,  # StaleShardVersion
            64,  # WriteConcernTimeout
            70,  # ShardNotFound
            89,  # NetworkTimeout
            91,  # ShutdownInProgress
            112,  # WriteConflict
            133,  # FailedToSatisfyReadPreference
            134,  # ReadConcernMajorityNotAvailableYet
            150,  # StaleEpoch
            189,  # PrimarySteppedDown
            202,  # NetworkInterfaceExceededTimeLimit
            262,  # ExceededTimeLimit
            365,  # TemporarilyUnavailable
            9001,  # SocketException
            10107,  # NotWritablePrimary
            11600,  # InterruptedAtShutdown
            11602,  # InterruptedDueToReplStateChange
            13388,  # StaleConfig
            13435,  # NotPrimaryNoSecondaryOk
            13436,  # NotPrimaryOrSecondary
        ),
        Remedy.AGAIN,
    ),
    **dict.fromkeys(
        (
            26,  # NamespaceNotFound
            175,  # QueryPlanKilled: also when an index was dropped, and the collection was not
        ),
        Remedy.LOOK,
    ),
    **dict.fromkeys(
        (
            239,  # SnapshotTooOld
            246,  # SnapshotUnavailable
        ),
        Remedy.LEAVE_SNAPSHOT,
    ),
    148: Remedy.LEAVE_MAJORITY,  # ReadConcernMajorityNotEnabled
}

_NO_SNAPSHOTS: Final = frozenset({20, 72, 123, 148, 263})
"""Codes by which servers refuse a snapshot that they cannot give: IllegalOperation, InvalidOptions, NotAReplicaSet,
ReadConcernMajorityNotEnabled, OperationNotSupportedInTransaction."""

_HOPELESS: Final = (InvalidOperation, EncryptionError, InvalidName)


def remedy(error: BaseException, *, snapshot: bool) -> Remedy:
    """Say what to do after a failure.

    Args:
        error: What the driver raised.
        snapshot: Whether the read was one of a snapshot.
    """
    code = code_of(error)
    if snapshot and code in _NO_SNAPSHOTS:
        return Remedy.LEAVE_SNAPSHOT
    found = _REMEDIES.get(code) if code is not None else None
    if found is Remedy.LEAVE_SNAPSHOT and not snapshot:
        return Remedy.AGAIN
    if found is not None:
        return found
    if isinstance(error, NotPrimaryError):
        return Remedy.AGAIN
    if isinstance(error, (*_HOPELESS, OperationFailure)):
        return Remedy.GIVE_UP
    return Remedy.AGAIN  # a connection, or an answer that makes no sense: another one may


class Tries:
    """How often reading was taken up again, in a whole run: it goes on as long as something comes of it.

    Attributes:
        lost: Whether the server is given up: it has not answered for so long that nobody else need wait for it.
    """

    def __init__(self) -> None:
        self._left = ALL_PATIENCE
        self._absent = 0
        self.lost = False

    def progress(self) -> None:
        """Note that something was read."""
        self._absent = 0

    def again(self, error: BaseException, failures: int) -> bool:
        """Whether to try once more.

        Args:
            error: The last failure.
            failures: How many there were in a row, with this one.
        """
        if isinstance(error, ServerSelectionTimeoutError):
            self._absent += 1
            self.lost = self.lost or self._absent > SLOW_PATIENCE
        self._left -= 1
        slow = isinstance(error, ServerSelectionTimeoutError | NetworkTimeout | TimeoutError)
        return failures <= (SLOW_PATIENCE if slow else PATIENCE) and self._left > 0 and not self.lost

    async def until_answered(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask again and again, as long as that leads anywhere.

        Raises:
            DRIVER_ERRORS: The last failure.
        """
        failures = 0
        while True:
            try:
                return await ask()
            except DRIVER_ERRORS as error:
                failures += 1
                if remedy(error, snapshot=False) is Remedy.GIVE_UP or not self.again(error, failures):
                    raise
            await pause(failures)


async def pause(failures: int) -> None:
    """Wait before another try: longer each time, and never for just as long as others do."""
    longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (failures - 1))
    await asyncio.sleep(longest * random.uniform(0.5, 1))  # noqa: S311 - no secret
