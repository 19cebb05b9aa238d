"""A single file of documents, or a stream of them: BSON or Extended JSON, of one collection."""

from __future__ import annotations

from collections.abc import Collection

from intact.core.errors import UsageError
from intact.sources.base import CollectionInfo, SourceInfo
from intact.sources.files.dump import METADATA_SUFFIXES, dumped_collection, stem_of
from intact.sources.files.export_names import collection_names
from intact.sources.files.file_source import CollectionFile, FilesSource
from intact.sources.files.metadata import NOT_ONE_MOMENT
from intact.sources.files.sniffing import FileKind, named_kind
from intact.sources.files.streams import Input, is_file, printable


def open_file(
    source: Input,
    kind: FileKind,
    database: str | None,
    collection: str | None,
    declared: Collection[str] = (),
) -> FilesSource:
    """Open a file of BSON or Extended JSON.

    Args:
        source: The file.
        kind: What it holds.
        database: What the report calls the database.
        collection: What the collection is called, where the file's name does not say it.
        declared: The collections that the model declares, which tell how a name with a point in it is meant.

    Raises:
        UsageError: If nothing tells what the collection is called.
    """
    if collection is None and not source.name:
        raise UsageError(
            f"nothing says which collection {source.label} holds",
            hint="Name it with --collection, as in: orders",
        )
    notes = []
    if (named := named_kind(source.name)) not in (None, kind):
        notes.append(f"{source.label} is named as {named.value}, but holds {kind.value}.")
    if kind is FileKind.BSON:
        file = _dumped(source, collection)
        notes.append(NOT_ONE_MOMENT)
    else:
        stem = printable(stem_of(source.name))
        before, name = collection_names([stem], declared, database)[stem]
        database = database or (None if collection else before)
        file = CollectionFile(CollectionInfo(collection or name, source.size), source, kind)
    return FilesSource(SourceInfo(kind.value, source.label, database, notes=tuple(notes)), [file])


def _dumped(source: Input, collection: str | None) -> CollectionFile:
    """A ``.bson`` file, with the metadata beside it."""
    if source.path is None or not source.name:
        return CollectionFile(CollectionInfo(collection or "", source.size), source, FileKind.BSON)
    directory, stem = source.path.parent, stem_of(source.name)
    metadata = [stem + suffix for suffix in METADATA_SUFFIXES if is_file(directory / (stem + suffix))]
    file = dumped_collection(directory, stem, [source.name], metadata, collection)
    return CollectionFile(file.info, source, FileKind.BSON)
