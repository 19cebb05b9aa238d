"""Collections that lie one after the other in one stream, which tells what they are on the way."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from intact.core.paths import Path
from intact.sources.base import Block, CollectionInfo, End, Fault, SourceInfo
from intact.sources.files.file_source import FileSource
from intact.sources.files.streams import BrokenError, Input


@dataclass(frozen=True, slots=True)
class SequencePart:
    """What a stream has of a collection at one place; what of it is not taken is passed over.

    Attributes:
        info: The collection, as far as it is known here.
        items: Its blocks and faults.
        fault: Why it is not read, where that is known beforehand.
    """

    info: CollectionInfo
    items: Iterator[Block | Fault] | None = None
    fault: Fault | None = None


class SequenceSource(FileSource):
    """A stream of several collections. A file is gone through once to list them; a pipe lists them when it was read."""

    def __init__(self, info: SourceInfo, source: Input) -> None:
        super().__init__(replace(info, size=source.size, listed=not source.once))
        self._source = source
        self._found: dict[str, CollectionInfo] = {}
        self._over: set[str] = set()  # collections of which nothing more may come
        self._whole: set[str] = set()  # those that are known to be complete, though the stream goes on

    @property
    def bytes_read(self) -> int:
        """How many bytes of the stream have been read."""
        return self._source.bytes_read

    async def read(self, wanted: Mapping[str, Sequence[Path]]) -> AsyncIterator[Block | Fault | End]:
        """Read the wanted collections once; of a pipe all, as far as they come."""
        if self._info.listed:
            async for item in super().read(wanted):
                yield item
            return
        await self.collections()
        reading = self._reading = self._read(set(wanted))
        try:
            for item in reading:
                yield item
        finally:
            reading.close()

    async def close(self) -> None:
        """Close the stream. May be called twice."""
        await super().close()
        self._source.close()

    @abstractmethod
    def _parts(self) -> Iterator[SequencePart | Fault]:
        """Yield what the stream has, in its order.

        Raises:
            BrokenError: If the stream breaks off.
            SourceError: If nothing of it can be read.
        """

    @abstractmethod
    def _place(self) -> str:
        """Name the place up to which the stream has been read."""

    def _list(self) -> Mapping[str, CollectionInfo]:
        if self._info.listed:
            try:
                for part in self._parts():
                    if isinstance(part, SequencePart):
                        self._find(part.info)
            except BrokenError:
                pass  # reading comes to the same place, and says so
            finally:
                self._source.close()
        return self._found

    def _read(self, names: Collection[str]) -> Generator[Block | Fault | End, None, None]:
        reason: BrokenError | None = None
        seen: set[str] = set()
        try:
            for part in self._parts():
                if isinstance(part, Fault):
                    yield from self._kept([part])
                    continue
                self._find(part.info)
                if part.info.name in names and not part.info.skip:
                    seen.add(part.info.name)
                    yield from self._kept([part.fault] if part.fault else part.items or ())
        except BrokenError as error:
            reason = error
        finally:
            self._source.close()
        for name in sorted(names):
            if reason is not None and name not in self._over and name not in self._whole:
                what = f"it may not be whole: {reason.what}"
                yield Fault(name, what, self._place(), reason.hint)
            elif name in seen and name not in self._over:
                yield End(name)

    def _find(self, info: CollectionInfo) -> None:
        """Take in a collection; one that can be read goes before one of the same name that cannot."""
        if info.name not in self._found or self._found[info.name].skip:
            self._found[info.name] = info

    def _kept(self, items: Iterator[Block | Fault] | Sequence[Fault]) -> Iterator[Block | Fault]:
        """Hand on what comes, and nothing of a collection behind a fault that ends it."""
        for item in items:
            if item.collection in self._over:
                continue
            if isinstance(item, Fault) and item.documents is None and item.collection is not None:
                self._over.add(item.collection)
            yield item
