"""Collections that remember what they were: every write has a time of its own, and any time can be read."""

from __future__ import annotations

import itertools
import threading
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import bson
from bson.codec_options import CodecOptions, DatetimeConversion

from tests.servers.bson_order import Key, key

Document = dict[str, Any]

DECODING: Final = CodecOptions[Document](datetime_conversion=DatetimeConversion.DATETIME_AUTO)
_FIXED: Final = {1: 8, 6: 0, 7: 12, 8: 1, 9: 8, 10: 0, 16: 4, 17: 8, 18: 8, 19: 16, 127: 0, 255: 0}


def elements(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Take a document apart: each top-level name with its whole element, in order."""
    at = 4
    while data[at]:
        end = data.index(0, at + 1)
        begin, kind = end + 1, data[at]
        if kind in _FIXED:
            stop = begin + _FIXED[kind]
        elif kind == 11:  # a regular expression: two C strings
            stop = data.index(0, data.index(0, begin) + 1) + 1
        else:
            length = int.from_bytes(data[begin : begin + 4], "little")
            stop = begin + length + {3: 0, 4: 0, 15: 0, 5: 5, 12: 16}.get(kind, 4)
        yield data[at + 1 : end].decode("utf-8", "surrogateescape"), data[at:stop]
        at = stop


def joined(parts: Iterable[bytes]) -> bytes:
    """Make a document of elements."""
    body = b"".join(parts)
    return (len(body) + 5).to_bytes(4, "little") + body + b"\0"


@dataclass(frozen=True)
class Version:
    """What a document was from a time on; no bytes: it was not there."""

    time: int
    data: bytes

    @cached_property
    def document(self) -> Document:
        """The document as Python has it."""
        return bson.decode(self.data, DECODING)


@dataclass
class Record:
    """A document over time.

    Attributes:
        number: Its place in natural order.
        versions: What it was, the oldest first.
    """

    number: int
    versions: list[Version] = field(default_factory=list)

    def at(self, time: int | None) -> Version | None:
        """What it was at a time, by default now; None where it was not there."""
        place = len(self.versions) if time is None else bisect_right(self.versions, time, key=_time)
        version = self.versions[place - 1] if place else None
        return version if version and version.data else None

    @cached_property
    def order(self) -> Key:
        """The sorting key of its ``_id``, which never changes."""
        return key(next(each for each in self.versions if each.data).document["_id"])


def _time(version: Version) -> int:
    return version.time


@dataclass
class Table:
    """A collection.

    Attributes:
        records: Every document that ever was in it, in natural order.
        indexes: What listIndexes answers, beside the one on ``_id``.
        options: Its options, as listCollections has them.
        dropped: When it was dropped; None while it is there.
        living: The documents that are in it now, by the key of their ``_id``.
    """

    indexes: list[Document] = field(default_factory=list)
    options: Document = field(default_factory=dict)
    uuid: bytes = b""
    records: list[Record] = field(default_factory=list)
    dropped: int | None = None
    living: dict[Key, Record] = field(default_factory=dict)
    found: dict[str, dict[Key, list[Record]]] = field(default_factory=dict)

    def rows(self, time: int | None) -> Iterator[tuple[Record, Version]]:
        """The documents as of a time, by default now, in natural order."""
        for record in self.records:
            version = record.at(time)
            if version:
                yield record, version

    def note(self, record: Record, document: Document) -> None:
        """Keep the hash indexes up to date: which records ever held a value at a top-level field."""
        for name, table in self.found.items():
            value = document.get(name)
            for each in [value, *value] if isinstance(value, list) else [value]:
                held = table.setdefault(key(each), [])
                if not held or held[-1] is not record:
                    held.append(record)


class Store:
    """A database with its whole history.

    Args:
        collections: The documents that are there from the beginning, as mappings or as BSON.

    Attributes:
        time: The time of the last write, counted in writes.
        lock: Held by whoever reads or writes.
    """

    def __init__(self, collections: Mapping[str, Sequence[Mapping[str, Any] | bytes]] | None = None) -> None:
        self.time = 0
        self.lock = threading.RLock()
        self.tables: dict[str, Table] = {}
        self._numbers = itertools.count(1)
        self._joined = 0
        for name, documents in (collections or {}).items():
            table = self.create(name)
            for document in documents:
                data = document if isinstance(document, bytes) else bson.encode(document)
                self._insert(table, data, 0)

    def create(self, name: str) -> Table:
        """Make a collection, empty."""
        with self.lock:
            table = Table(found={"_id": {}}, uuid=bytes([*range(15), len(self.tables)]))
            self.tables[name] = table
            return table

    def index(self, name: str, field_: str, **more: Any) -> None:
        """Say that a collection has an index on a top-level field, and look up by it."""
        table = self.tables[name]
        table.indexes.append({"v": 2, "key": {field_: 1}, "name": f"{field_}_1", **more})
        table.found[field_] = {}
        for record in table.records:
            for version in filter(lambda each: each.data, record.versions):
                table.note(record, version.document)

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Let the writes inside have one time: a transaction."""
        with self.lock:
            self._joined += 1
            self.time += self._joined == 1
            try:
                yield
            finally:
                self._joined -= 1

    def insert(self, name: str, document: Mapping[str, Any]) -> None:
        """Put a document in.

        Raises:
            ValueError: If its ``_id`` is there already.
        """
        with self.at_once():
            table = self.tables.get(name) or self.create(name)
            self._insert(table, bson.encode(document), self.time)

    def replace(self, name: str, document: Mapping[str, Any]) -> None:
        """Put a document in the place of the one with its ``_id``."""
        with self.at_once():
            table = self.tables[name]
            record = table.living[key(document["_id"])]
            self._write(table, record, bson.encode(document))

    def update(self, name: str, id_: Any, /, **fields: Any) -> None:
        """Set fields of a document."""
        self.replace(name, {**self.get(name, id_), **fields})

    def delete(self, name: str, id_: Any) -> None:
        """Take a document out."""
        with self.at_once():
            table = self.tables[name]
            record = table.living.pop(key(id_))
            self._write(table, record, b"")

    def drop(self, name: str) -> None:
        """Drop a collection. What it was can still be read as of an earlier time."""
        with self.at_once():
            table = self.tables.pop(name)
            table.dropped = self.time
            self.tables[f"dropped {self.time} {name}"] = table

    def get(self, name: str, id_: Any) -> Document:
        """Give a document as it is now."""
        version = self.tables[name].living[key(id_)].at(None)
        assert version
        return version.document

    def state(self, time: int | None = None) -> dict[str, list[Document]]:
        """Give all documents as of a time, by default now."""
        with self.lock:
            return {
                name: [version.document for _, version in table.rows(time)]
                for name, table in self.tables.items()
                if table.dropped is None
            }

    def _insert(self, table: Table, data: bytes, time: int) -> None:
        version = Version(time, data)
        record = Record(next(self._numbers), [version])
        if record.order in table.living:
            raise ValueError(f"the _id {version.document['_id']!r} is there already")
        table.living[record.order] = record
        table.records.append(record)
        table.note(record, version.document)

    def _write(self, table: Table, record: Record, data: bytes) -> None:
        version = Version(self.time, data)
        if record.versions[-1].time == self.time:
            record.versions[-1] = version
        else:
            record.versions.append(version)
        if data:
            table.note(record, version.document)
