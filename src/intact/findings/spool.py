"""Findings in any number: the first in memory, the rest in a temporary file."""

from __future__ import annotations

import pickle
from array import array
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from itertools import chain, repeat
from operator import attrgetter, eq
from threading import Lock
from typing import IO, Any, Final, Generic, TypeVar, overload
from weakref import finalize

from intact.core import temporary
from intact.core.errors import EngineError

T = TypeVar("T")

IN_MEMORY: Final = 10_000
"""How many stay in memory."""

_CHUNK: Final = 1_000


class Compared(Sequence[T], Generic[T]):
    """A sequence that equals any other one with equal items in the same order."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str | bytes):
            return NotImplemented
        return len(self) == len(other) and all(map(eq, self, other))

    __hash__ = None  # type: ignore[assignment]  # it can grow


class Spool(Compared[T]):
    """A sequence that is appended to, and then read, front to back or anywhere.

    Several readers may read at once. The file has no name, so nothing of it is left when the process ends, however it
    ends.
    """

    def __init__(self) -> None:
        self._first: list[T] = []
        self._last: list[T] = []
        self._offsets = array("Q", [0])
        self._file: IO[bytes] | None = None
        self._lock = Lock()

    def append(self, item: T) -> None:
        """Add one at the end.

        Raises:
            EngineError: If the disk is full.
        """
        if len(self._first) < IN_MEMORY:
            self._first.append(item)
            return
        self._last.append(item)
        if len(self._last) == _CHUNK:
            self._write()

    def _write(self) -> None:
        data = pickle.dumps(_columns(self._last), pickle.HIGHEST_PROTOCOL)
        try:
            with self._lock:
                if self._file is None:
                    self._file = temporary.file()
                    finalize(self, self._file.close)
                self._file.seek(self._offsets[-1])
                rest = memoryview(data)
                while rest:
                    rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise EngineError(
                f"the findings cannot be kept on the disk ({(error.strerror or str(error)).lower()})",
                where=str(temporary.place()),
                hint="Make room, set TMPDIR to another folder, or list fewer of each type with --limit.",
            ) from error
        self._offsets.append(self._offsets[-1] + len(data))
        self._last = []

    def _chunk(self, number: int) -> list[T]:
        if self._file is None or number == len(self._offsets) - 1:
            return self._last
        begin, end = self._offsets[number], self._offsets[number + 1]
        with self._lock:
            self._file.seek(begin)
            data = bytearray()
            while len(data) < end - begin and (piece := self._file.read(end - begin - len(data))):
                data += piece
        return _items(pickle.loads(data))  # noqa: S301 - our own bytes

    def __len__(self) -> int:
        return len(self._first) + (len(self._offsets) - 1) * _CHUNK + len(self._last)

    def __iter__(self) -> Iterator[T]:
        yield from self._first
        for number in range(len(self._offsets)):
            yield from self._chunk(number)

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[T]: ...
    def __getitem__(self, at: int | slice) -> T | Sequence[T]:
        if isinstance(at, slice):
            return [self[index] for index in range(*at.indices(len(self)))]
        index = at + len(self) if at < 0 else at
        if not 0 <= index < len(self):
            raise IndexError(at)
        if index < len(self._first):
            return self._first[index]
        number, offset = divmod(index - len(self._first), _CHUNK)
        return self._chunk(number)[offset]


def _columns(items: list[T]) -> tuple[type[T] | None, list[Any]]:
    """Return the class of records and their columns; None and the items themselves where they are no such records.

    Pickled and made again one by one, a million findings take twice as long.
    """
    kinds = set(map(type, items))
    kind = kinds.pop()
    names = () if kinds else _slots(kind)
    if not names:
        return None, items
    return kind, list(zip(*map(attrgetter(*names), items), strict=True))


def _items(packed: tuple[type[T] | None, list[Any]]) -> list[T]:
    """Return what :func:`_columns` took apart, put together again."""
    kind, columns = packed
    if kind is None:
        return columns
    made = list(map(object.__new__, repeat(kind, len(columns[0]))))
    for name, column in zip(_slots(kind), columns, strict=True):
        deque(map(getattr(kind, name).__set__, made, column), maxlen=0)  # frozen or not
    return made


def _slots(kind: type) -> tuple[str, ...]:
    """Return the names of a record's slots; none unless it is a dataclass that has several, and nothing else."""
    names = tuple(each.name for each in fields(kind)) if is_dataclass(kind) else ()
    return names if len(names) > 1 and names == kind.__dict__.get("__slots__") else ()


class Joined(Compared[T]):
    """Several sequences as one, one after the other."""

    def __init__(self, parts: Iterable[Sequence[T]]) -> None:
        self._parts = tuple(part for part in parts if len(part))
        self._ends = list(_running(len(part) for part in self._parts))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __iter__(self) -> Iterator[T]:
        return chain.from_iterable(self._parts)

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[T]: ...
    def __getitem__(self, at: int | slice) -> T | Sequence[T]:
        if isinstance(at, slice):
            return [self[index] for index in range(*at.indices(len(self)))]
        index = at + len(self) if at < 0 else at
        if not 0 <= index < len(self):
            raise IndexError(at)
        part = bisect_right(self._ends, index)
        return self._parts[part][index - (self._ends[part - 1] if part else 0)]


def _running(sizes: Iterable[int]) -> Iterator[int]:
    total = 0
    for size in sizes:
        total += size
        yield total
