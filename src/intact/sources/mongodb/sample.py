"""A few whole documents of a collection of a server, and the sizes of collections that are not read."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pymongo.errors import OperationFailure

from intact.sources.mongodb.engine import count
from intact.sources.mongodb.errors import DRIVER_ERRORS
from intact.sources.mongodb.handle import Handle
from intact.sources.mongodb.throttle import Throttle

EACH_END: Final = 500
"""So many documents are taken from either end of a collection, by ``_id``, if they fit into one answer (16 MB)."""

SAMPLE_SECONDS: Final = 20.0
"""How long the server may take for one end of a sample; no more than a fourth of what the run has left."""

SIZE_SECONDS: Final = 5.0
"""How long it may take for all sizes together; no more than a tenth of what the run has left."""

_REFUSED: Final = 3

_MOST_BYTES: Final = 12 << 20  # an answer of more may have been cut


async def whole_documents(handle: Handle, pace: Throttle, name: str) -> list[bytes]:
    """Read the first and the last documents of a collection by ``_id``, whole; those in both count once.

    That takes no right but to find, and no more of the server than an index on ``_id``.

    Raises:
        DRIVER_ERRORS: If the server refuses, is lost, or does not answer in time.
    """
    found = await _end(handle, pace, name, 1)
    if len(found) >= EACH_END or sum(map(len, found)) > _MOST_BYTES:
        known = set(found)
        found += [each for each in await _end(handle, pace, name, -1) if each not in known]
    return found


async def _end(handle: Handle, pace: Throttle, name: str, direction: int) -> list[bytes]:
    command = {
        "find": name,
        "filter": {},
        "sort": {"_id": direction},
        "limit": EACH_END,
        "batchSize": EACH_END,
        "singleBatch": True,
    }
    await pace.begin()
    try:
        since = time.monotonic()
        async with asyncio.timeout(min(SAMPLE_SECONDS, handle.patience / 4)):
            found = await handle.documents(command)
        pace.answered(f"{name} (sample)", sum(map(len, found)), len(found), time.monotonic() - since)
    finally:
        await pace.end()
    return found


async def sizes(handle: Handle, names: Iterable[str]) -> dict[str, int]:
    """Ask for the bytes of collections, as the server keeps book of them, until it has refused a few."""
    found: dict[str, int] = {}
    refused = 0
    ends = time.monotonic() + min(SIZE_SECONDS, handle.patience / 10)
    for name in names:
        try:
            reply = await handle.command(statistics(name), seconds=max(0.0, ends - time.monotonic()))
            found[name] = total(reply, "size")
        except (OperationFailure, LookupError, TypeError, ValueError, AttributeError):
            refused += 1
        except DRIVER_ERRORS:
            break  # they only say how large what is not read is
        if refused == _REFUSED:
            break
    return found


def statistics(name: str) -> dict[str, Any]:
    """Return the command that asks how large a collection is, as the server keeps book of it."""
    return {"aggregate": name, "pipeline": [{"$collStats": {"storageStats": {}}}], "cursor": {}}


def total(reply: Mapping[str, Any], what: str) -> int:
    """Return the ``count`` of documents, or their ``size`` in bytes; a cluster answers once for each shard.

    Raises:
        LookupError, TypeError, ValueError: If the answer does not say it.
    """
    return sum(count(each["storageStats"][what]) for each in reply["cursor"]["firstBatch"])
