"""Documents that say to which collection those after them belong: ``{"__cmd": "select", "collection": "users"}``.

They have no ``_id``, as a document of a collection has. Controllers of networks back up their database so.
"""

from __future__ import annotations

from typing import Final

import bson
from bson.errors import BSONError

_COMMAND: Final = b"__cmd\0"
_LARGEST_MARKER: Final = 1024
_LENGTH: Final = 4


def selected(document: bytes) -> str | None:
    """Return the collection that a document says comes next; None if it is an ordinary one."""
    if _COMMAND not in document[:_LARGEST_MARKER] or len(document) > _LARGEST_MARKER:
        return None
    try:
        marker = bson.decode(document)
    except (BSONError, ValueError, TypeError, OverflowError, RecursionError):
        return None
    name = marker.get("collection")
    is_marker = marker.get("__cmd") == "select" and "_id" not in marker
    return name if is_marker and isinstance(name, str) and name else None


def first_selected(head: bytes) -> str | None:
    """Return the collection that the first document of a stream names, if it is a marker."""
    return selected(head[: int.from_bytes(head[:_LENGTH], "little")])


def next_marker(data: bytes, at: int = 0) -> tuple[int, int, str] | None:
    """Return where the next marker in a run of documents begins and ends, and the collection that it names."""
    found = data.find(_COMMAND, at)
    while found >= 0:
        end = at
        while end <= found:  # to the document that holds it
            at, end = end, end + int.from_bytes(data[end : end + _LENGTH], "little")
        if (name := selected(data[at:end])) is not None:
            return at, end, name
        at, found = end, data.find(_COMMAND, end)
    return None
