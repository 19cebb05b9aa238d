"""A file that holds several collections in turn, with a marker before each that names it."""

from __future__ import annotations

from collections.abc import Iterator

from intact.sources.base import Block, CollectionInfo, Fault, SourceInfo
from intact.sources.files.framing import Cutter
from intact.sources.files.marker import next_marker
from intact.sources.files.metadata import skip_by_name
from intact.sources.files.sequence import SequencePart, SequenceSource
from intact.sources.files.streams import Input


class SelectedSource(SequenceSource):
    """A stream of documents with markers between the collections."""

    def __init__(self, source: Input, database: str | None) -> None:
        note = "The file holds several collections in turn; it is not of one moment."
        super().__init__(SourceInfo("bson", source.label, database, notes=(note,)), source)
        self._at = 0

    def _place(self) -> str:
        return self._source.byte(self._at)

    def _parts(self) -> Iterator[SequencePart | Fault]:
        name = ""
        self._at = 0
        for run in Cutter(self._source.content()).runs():
            at, begin = 0, self._at
            while at < len(run):
                marker = next_marker(run, at)
                stop, after, following = marker or (len(run), len(run), name)
                if stop > at:
                    yield _part(name, run[at:stop], begin + at)
                if marker:
                    yield SequencePart(CollectionInfo(following, None, skip_by_name(following)))
                at, name = after, following
            self._at += len(run)


def _part(name: str, documents: bytes, offset: int) -> SequencePart:
    return SequencePart(
        CollectionInfo(name, None, skip_by_name(name)), iter([Block(name, documents, offset)])
    )
