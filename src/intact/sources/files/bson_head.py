"""Whether bytes begin a BSON document: asked before any other form, since a length may look like another form's mark.

A document of 60 bytes begins with ``<``, one of 6,838,850 with ``BZh``, one of 560,927 with the mark of gzip. The
elements that follow tell them apart.
"""

from __future__ import annotations

import re
from struct import Struct
from typing import Final

SMALLEST: Final = 5
"""The length of a document without a field."""

LARGEST: Final = (16 << 20) + (16 << 10)
"""The length of the largest document that a server hands out: 16 MiB, and 16 KiB for its own use."""

ELEMENT_TYPES: Final = frozenset((*range(1, 0x14), 0x7F, 0xFF))
"""The type codes that an element can have."""

_LENGTH: Final = Struct("<i")
_FIXED: Final = {
    0x01: 8,  # double
    0x06: 0,  # undefined
    0x07: 12,  # ObjectId
    0x08: 1,  # boolean
    0x09: 8,  # date
    0x0A: 0,  # null
    0x10: 4,  # int
    0x11: 8,  # timestamp
    0x12: 8,  # long
    0x13: 16,  # decimal128
    0x7F: 0,  # MaxKey
    0xFF: 0,  # MinKey
}
_COUNTED: Final = {
    0x02: (4, 1),  # string
    0x03: (0, SMALLEST),  # document
    0x04: (0, SMALLEST),  # array
    0x05: (5, 0),  # binary
    0x0C: (16, 1),  # DBPointer
    0x0D: (4, 1),  # code
    0x0E: (4, 1),  # symbol
    0x0F: (0, 14),  # code with scope
}
"""How many bytes a value takes beside those that its length counts, and the least that its length can be."""

_UTF_16: Final = re.compile(rb"(?:\xff\xfe)?(?:[\t\n\r -~]\0){4,}+", re.DOTALL)
"""Text of two bytes a character, which may look like a document whose fields have empty names."""

_REGEX: Final = 0x0B
_BOOL: Final = 0x08


def length_of(head: bytes) -> int | None:
    """Return the length that the first bytes give, if a document can have it."""
    if len(head) < _LENGTH.size:
        return None
    size: int = _LENGTH.unpack_from(head)[0]
    return size if SMALLEST <= size <= LARGEST else None


def begins_bson(head: bytes) -> bool:
    """Return whether bytes begin a document: its length can be one, and so can each element that is seen of it."""
    size = length_of(head)
    if size is None or len(head) < SMALLEST or _UTF_16.match(head):
        return False
    at, last = _LENGTH.size, size - 1
    while at < last and at < len(head):
        end = _element_end(head, at, last)
        if end is None:
            return False
        at = end
    return at >= len(head) or (at == last and head[at] == 0)


def _element_end(head: bytes, at: int, last: int) -> int | None:
    """Return where an element ends, which may be behind the bytes that are seen; None where there can be none."""
    code = head[at]
    if code not in ELEMENT_TYPES:
        return None
    start = _after_zero(head, at + 1)
    if code == _REGEX:
        start = _after_zero(head, _after_zero(head, start))
    end: int | None = start
    if start < len(head):
        if code == _BOOL and head[start] > 1:
            return None
        end = _counted_end(head, start, code) if code in _COUNTED else start + _FIXED.get(code, 0)
    return None if end is None or end > last else end


def _counted_end(head: bytes, start: int, code: int) -> int | None:
    if len(head) < start + _LENGTH.size:
        return len(head)
    length: int = _LENGTH.unpack_from(head, start)[0]
    extra, least = _COUNTED[code]
    return start + length + extra if length >= least else None


def _after_zero(head: bytes, at: int) -> int:
    """Return what comes behind the next zero byte; the end of what is seen, where none is seen."""
    return head.find(0, at) + 1 or len(head)
