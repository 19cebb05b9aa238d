"""Ranges of ``_id``: how a collection is read in parts, and how reading goes on after it broke off.

``{_id: {$gte: a, $lt: b}}`` sees values of one type only: of a collection whose ``_id`` are of several types it loses
documents without a word. So the bounds are compared by expressions, which follow MongoDB's order over all types. The
first range has no lower end and the last no upper one, and where one ends the next begins: each document lies in
exactly one of them, whatever the bounds are.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from struct import Struct
from typing import Any, Final

import bson
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.errors import BSONError

WORTH_RANGES: Final = 200_000
"""Documents from which on a collection is read in ranges; a smaller one is read as a whole, and again if need be."""

PER_RANGE: Final = 100_000
"""Documents that a range should have at least."""

MOST_RANGES: Final = 16
"""Ranges at most: what is lost is taken up after the last document, so no range need be small."""

SAMPLES_PER_RANGE: Final = 20
"""How many ``_id`` are drawn for each range, so that ranges are of similar size."""

_LENGTH: Final = Struct("<i")
EXACT: Final[CodecOptions[dict[str, Any]]] = CodecOptions(
    datetime_conversion=DatetimeConversion.DATETIME_MS  # a date may lie beyond Python's
)
"""How an ``_id`` is decoded that is sent back to the server."""


@dataclass(frozen=True, slots=True)
class Bound:
    """One end of a range, an ``_id``."""

    value: Any


@dataclass(frozen=True, slots=True)
class Range:
    """A part of a collection, by ``_id``.

    Attributes:
        lower: Where it begins; None for the first document of all.
        upper: Where it ends, which is no longer a part of it; None for the last document of all.
        beyond: Whether the document at ``lower`` itself is no part of it.
    """

    lower: Bound | None = None
    upper: Bound | None = None
    beyond: bool = False

    def filter(self) -> dict[str, Any]:
        """Return the filter that finds its documents and no others."""
        ends = []
        if self.lower:
            ends.append({"$gt" if self.beyond else "$gte": ["$_id", {"$literal": self.lower.value}]})
        if self.upper:
            ends.append({"$lt": ["$_id", {"$literal": self.upper.value}]})
        return {"$expr": {"$and": ends}} if ends else {}

    def after(self, bound: Bound, *, beyond: bool = True) -> Range:
        """Return what is left of it behind a document; with it, unless ``beyond``."""
        return replace(self, lower=bound, beyond=beyond)


def how_many(documents: int | None) -> int:
    """Say in how many ranges a collection is to be read; 1 is as a whole.

    Args:
        documents: About how many it has; None if that is not known.
    """
    if documents is None or documents < WORTH_RANGES:
        return 1
    return max(2, min(MOST_RANGES, documents // PER_RANGE))


def sampling(collection: str, ranges: int) -> dict[str, Any]:
    """Return the command that draws the ``_id`` from which bounds are made, in MongoDB's own order."""
    return {
        "aggregate": collection,
        # Projected before they are sorted: what is sorted is small, however large the documents are.
        "pipeline": [
            {"$sample": {"size": ranges * SAMPLES_PER_RANGE}},
            {"$project": {"_id": 1}},
            {"$sort": {"_id": 1}},
        ],
        "cursor": {"batchSize": ranges * SAMPLES_PER_RANGE + 1},
    }


def cut(sampled: Iterable[bytes], ranges: int) -> list[Range]:
    """Make ranges of sampled ``_id``.

    Args:
        sampled: Documents with an ``_id`` each, as BSON, in the order of the server that will be asked for the ranges.
        ranges: How many there should be; there are fewer where the samples are few or alike.
    """
    values: dict[bytes, Bound] = {}
    for document in sampled:
        if (bound := id_of(document)) is not None:
            values.setdefault(bson.encode({"": bound.value}, codec_options=EXACT), bound)
    bounds = list(values.values())
    step = len(bounds) / ranges
    places = sorted({int(number * step) for number in range(1, ranges)}) if bounds else []
    ends = [None, *(bounds[place] for place in places), None]
    return [Range(lower, upper) for lower, upper in itertools.pairwise(ends)]


def split(data: bytes) -> Iterator[bytes]:
    """Take documents that lie end to end apart."""
    at = 0
    while at < len(data):
        size = _LENGTH.unpack_from(data, at)[0]
        yield data[at : at + size]
        at += size


def count(data: bytes) -> int:
    """Count documents that lie end to end.

    Raises:
        ValueError: If they do not fill the bytes exactly.
    """
    at, found, end = 0, 0, len(data)
    while at + _LENGTH.size < end:
        size = _LENGTH.unpack_from(data, at)[0]
        if size <= _LENGTH.size:
            break
        at += size
        found += 1
    if at != end:
        raise ValueError("a batch does not consist of whole documents")
    return found


def last(data: bytes) -> bytes:
    """Return the last one of documents that lie end to end."""
    document = b""
    for document in split(data):  # noqa: B007 - the last one is wanted
        pass
    return document


def id_of(document: bytes) -> Bound | None:
    """Return a document's ``_id``; None if it cannot be written into a query just as it is.

    The driver turns an undefined into a null and a pointer into a document, which lie elsewhere in the order.
    """
    try:
        value = bson.decode(document, EXACT)["_id"]
        return Bound(value) if bson.encode({"_id": value}, codec_options=EXACT)[4:-1] in document else None
    except (BSONError, LookupError, ValueError):
        return None
