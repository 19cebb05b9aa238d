"""Whether a collection is still the one that it was when reading began.

A server answers a ``find`` on a collection that was dropped with no document and no error. So whenever a collection
was read with more than one cursor, or seems empty, its end is believed only if it is still there.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from pymongo.errors import OperationFailure

from intact.sources.mongodb.errors import DRIVER_ERRORS, lacks_right
from intact.sources.mongodb.handle import Handle
from intact.sources.mongodb.retry import Tries


class ListedCollections:
    """Collections as the server listed them when reading began.

    Args:
        handle: The database.
        entries: The entries of listCollections by name; fewer, or none, where the user may not list them.
        tries: How often to try.
        complete: Whether the user may list all collections, with what the server knows of them.
    """

    def __init__(
        self, handle: Handle, entries: Mapping[str, Mapping[str, Any]], tries: Tries, *, complete: bool
    ) -> None:
        self._handle = handle
        self._entries = entries
        self._tries = tries
        self.complete = complete

    async def is_gone(self, collection: str) -> bool:
        """Whether it is certain that it was dropped, renamed, or dropped and made anew."""
        try:
            return not await self._there(collection)
        except DRIVER_ERRORS:
            return False  # whoever goes on reading will see

    async def is_there(self, collection: str) -> bool:
        """Whether it is certain that it is still there, and the same.

        Raises:
            DRIVER_ERRORS: If the server does not tell.
        """
        return await self._tries.until_answered(partial(self._there, collection))

    def knows(self, collection: str) -> bool:
        """Whether it was among those that the server listed."""
        return collection in self._entries

    async def _there(self, collection: str) -> bool:
        if not self.complete:
            return await self._seen(collection)
        listed = await self._handle.listing(filter={"name": collection})
        found = [entry for entry in listed if entry.get("name") == collection]
        # Some servers know no UUID; there a collection that was dropped and made anew looks like the old one.
        return bool(found) and _identity(found[0]) == _identity(self._entries.get(collection, found[0]))

    async def _seen(self, collection: str) -> bool:
        """Ask for the collections that the user may read: by name only, but anybody may ask."""
        try:
            listed = await self._handle.listing(nameOnly=True, authorizedCollections=True)
        except OperationFailure as error:
            if not lacks_right(error):
                raise
            listed = []
        if any(entry.get("name") == collection for entry in listed):
            return True
        # Not even that may be asked: a collection with documents is there. Of others nothing is certain.
        try:
            return int((await self._handle.command({"count": collection})).get("n", 0)) > 0
        except OperationFailure:
            return False


def _identity(entry: Mapping[str, Any]) -> object:
    info = entry.get("info")
    return info.get("uuid") if isinstance(info, Mapping) else None
