"""A dump in a tar file, read as it lies: plain or packed, from a file or a pipe, whatever its members' order."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO, Final, cast

from intact.core.errors import SourceError
from intact.sources.base import Block, CollectionInfo, Fault, SourceInfo
from intact.sources.files.dump import (
    METADATA_SUFFIXES,
    dump_files,
    export_files,
    other_files,
    stem_of,
    unescape,
)
from intact.sources.files.export_names import collection_names
from intact.sources.files.file_source import read_file
from intact.sources.files.framing import Cutter
from intact.sources.files.metadata import (
    HAS_OPLOG,
    INTERNAL_DATABASES,
    NOT_ONE_MOMENT,
    UNREADABLE,
    Metadata,
    choose_database,
    read_metadata,
    skip_by_name,
)
from intact.sources.files.sequence import SequencePart, SequenceSource
from intact.sources.files.sniffing import BSON_SUFFIXES, FileKind
from intact.sources.files.streams import CHUNK, BrokenError, Input, gunzip, is_gzip, printable
from intact.sources.files.tar_stream import TarMember, members, packed_by, tar_content

_LARGEST_METADATA: Final = 32 << 20
_OPLOG: Final = ("oplog.bson", "oplog.bson.gz")
_SHOWN: Final = 5
_NO_LINK: Final = "Pack the files themselves, as tar --dereference does."


@dataclass(frozen=True, slots=True)
class _File:
    """Where a member lies, and which collection its name tells."""

    folder: str
    name: str

    @classmethod
    def of(cls, member: TarMember) -> _File:
        folder, name = posixpath.split(posixpath.normpath(printable(member.name)).lstrip("/"))
        return cls(folder, name)

    @property
    def database(self) -> str:
        """The database: the folder in which the files lie."""
        return posixpath.basename(self.folder)

    @property
    def is_metadata(self) -> bool:
        return self.name.lower().endswith(METADATA_SUFFIXES)

    @property
    def is_data(self) -> bool:
        """Whether it holds documents, or would if it could be read; hidden files are nobody's collection."""
        names = [self.name]
        if self.name.startswith(".") or self.name in _OPLOG or self.is_metadata:
            return False
        return bool(dump_files(names) or export_files(names) or other_files(names))


class TarSource(SequenceSource):
    """A tar file that holds a dump, or exports."""

    def __init__(self, source: Input, database: str | None, declared: Collection[str] = ()) -> None:
        super().__init__(SourceInfo("tar", source.label), source)
        self._wanted_database = database
        self._declared = declared
        self._folder: str | None = None
        self._metadata: dict[tuple[str, str], Metadata] = {}
        self._files: list[_File] = []  # those with documents, in the order of the tar file
        self._others: list[str] = []
        self._taken: dict[str, str] = {}  # by collection the member that holds it
        self._oplog = False
        self._cutter: Cutter | None = None

    def _place(self) -> str:
        return f"{self._source.label}, byte {self._cutter.offset if self._cutter else 0} of the tar file"

    def _list(self) -> dict[str, CollectionInfo]:
        if self._source.once:
            self._describe()
            return self._found
        try:
            for member in self._members():
                self._look_at(member, _File.of(member))
        except BrokenError as error:
            if not self._files:
                raise self._refused(error) from error
            self._info = replace(self._info, listed=False)  # what else it had nobody knows
        finally:
            self._source.close()
        self._choose()
        for file in self._files:
            if file.folder == self._folder and (info := self._collection(file)) is not None:
                self._find(info)
        return self._found

    def _members(self) -> Iterator[TarMember]:
        self._cutter = Cutter(tar_content(self._source))
        return members(self._cutter)

    def _look_at(self, member: TarMember, file: _File) -> None:
        """Take in what a member tells of the others."""
        self._oplog = self._oplog or file.name in _OPLOG
        if file.is_metadata and not file.name.startswith("."):
            self._metadata[file.folder, stem_of(file.name)] = _read_metadata(member)
        elif file.is_data:
            self._files.append(file)
        elif len(self._others) <= _SHOWN:
            self._others.append(printable(member.name))

    def _choose(self) -> None:
        """Choose the folder that is read.

        Raises:
            SourceError: If there is none, or if there are several and none was named.
        """
        label, wanted = self._source.label, self._wanted_database
        folders = list(dict.fromkeys(file.folder for file in self._files))
        if not folders:
            there = ", ".join(self._others[:_SHOWN]) or "nothing at all"
            hint = "Pack the directory that mongodump wrote: tar -c dump"
            raise SourceError(f"there is no dump in this tar file, only {there}", where=label, hint=hint)
        names = {_File(folder, "").database: folder for folder in folders}
        if len(names) < len(folders):
            names = {folder: folder for folder in folders}
        (first, *more) = names
        dumped = bool(dump_files(file.name for file in self._files))
        if more or (wanted is not None and dumped and first not in ("", wanted)):
            first = choose_database(names, wanted, label)
        self._folder = names[first]
        self._describe()

    def _describe(self) -> None:
        database = self._wanted_database or posixpath.basename(self._folder or "") or None
        note = HAS_OPLOG if self._oplog else NOT_ONE_MOMENT
        self._info = replace(self._info, database=database, notes=(note,))

    def _parts(self) -> Iterator[SequencePart | Fault]:
        self._taken.clear()
        try:
            for member in self._members():
                file = _File.of(member)
                if self._source.once:
                    self._meet(member, file)
                if file.is_data and file.folder == self._folder:
                    yield from self._part(member, file)
                elif file.is_metadata and file.folder == self._folder and self._source.once:
                    yield from self._late_name(file)
        except BrokenError as error:
            if self._folder is None:
                raise self._refused(error) from error
            raise
        if self._folder is None:
            self._choose()

    def _refused(self, error: BrokenError) -> SourceError:
        """Say why nothing of it can be read; what is packed and holds no tar file is not read at all."""
        if (packed := packed_by(self._source)) and not self._others and not self._metadata:
            what, hint = (
                f"it is compressed with {packed}",
                f"Unpack it first, or on the way: {packed} -dc FILE | intact check -",
            )
        else:
            what, hint = error.what, error.hint
        return SourceError(what, where=self._source.label, hint=hint)

    def _meet(self, member: TarMember, file: _File) -> None:
        """Take in a member of a pipe, where what comes is not known beforehand.

        Raises:
            SourceError: If it shows that there are several databases, of which none was named.
        """
        self._look_at(member, file)
        if not file.is_data or file.folder == self._folder:
            return
        if self._wanted_database is not None:
            is_it = file.database == self._wanted_database
        else:
            is_it = file.database not in INTERNAL_DATABASES
        if is_it and self._folder is not None:
            what = f"it holds several databases: {printable(self._folder)} and {printable(file.folder)}"
            raise SourceError(what, where=self._source.label, hint="Name the one to audit with --database.")
        if is_it:
            self._folder = file.folder
            self._describe()

    def _part(self, member: TarMember, file: _File) -> Iterator[SequencePart]:
        """Yield what a member holds of a collection."""
        info, label = self._collection(file), f"{self._source.label}, {printable(member.name)}"
        if info is None:
            return
        if info.skip:
            yield SequencePart(info)
            return
        if (fault := self._unreadable(member, info.name, label)) is not None:
            yield SequencePart(info, fault=fault)
            return
        self._taken[info.name] = printable(member.name)
        kind = FileKind.BSON if file.name.lower().endswith(BSON_SUFFIXES) else FileKind.JSON
        content = Input(label, stream=cast("BinaryIO", member.content))
        yield SequencePart(info, self._documents(member, read_file(content, info.name, kind), info.name))

    def _documents(
        self, member: TarMember, items: Iterator[Block | Fault], name: str
    ) -> Iterator[Block | Fault]:
        yield from items
        if not member.content.left:
            self._whole.add(name)

    def _unreadable(self, member: TarMember, name: str, label: str) -> Fault | None:
        """Say why the documents of a member cannot be read, if that is known beforehand."""
        if member.link:
            what = f"it is a link to {printable(member.link)}, and holds no documents"
            return Fault(name, what, label, _NO_LINK)
        if member.sparse:
            return Fault(name, "holes were left out of it", label, "Pack it again without --sparse.")
        if name in self._taken:
            what = f"{self._taken[name]} holds {name} too, and nobody can tell which is meant"
            return Fault(name, what, label, "Pack it again with one of them.")
        return None

    def _collection(self, file: _File) -> CollectionInfo | None:
        """Tell which collection a file holds; None where it is of another database."""
        stem = printable(stem_of(file.name))
        if dump_files([file.name]):
            known = self._metadata.get((file.folder, stem_of(file.name)), Metadata())
            name = known.name or unescape(stem)
            return CollectionInfo(name, None, skip_by_name(name) or known.skip, known.notes)
        before, name = collection_names([stem], self._declared, self._wanted_database)[stem]
        if self._wanted_database is not None and before not in (None, self._wanted_database):
            return None
        return CollectionInfo(name, None, skip_by_name(name) or other_files([file.name]).get(file.name, ""))

    def _late_name(self, file: _File) -> Iterator[Fault]:
        """Say that metadata give a collection another name than the one under which it has been read."""
        stem = stem_of(file.name)
        name, real = unescape(printable(stem)), self._metadata[file.folder, stem].name
        if real not in (None, name) and name in self._taken:
            what = (
                f"{self._taken[name]} holds the collection {real}, as its metadata say, which came after it"
            )
            yield Fault(name, what, self._place(), "Give the tar file by its name instead of a pipe.")


def _read_metadata(member: TarMember) -> Metadata:
    data = member.content.read(CHUNK)
    try:
        if is_gzip(data):
            unpacked = gunzip(iter([data]))
            data = next(unpacked, b"")
    except BrokenError:
        return Metadata(notes=(UNREADABLE,))
    return read_metadata(data) if member.content.left == 0 else Metadata(notes=(UNREADABLE,))
