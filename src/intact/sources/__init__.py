"""Sources: where the bytes come from. :func:`open_source` decides what a source is by looking at it.

In comes a path, a URI or a driver's handle; out go blocks of whole BSON documents, and faults that say what could not
be read. It may use the core, and interprets nothing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from pathlib import Path
from typing import Final

from intact.core.errors import SourceError, UsageError
from intact.sources.base import Block, CollectionInfo, End, Fault, Item, Restart, Source, SourceInfo
from intact.sources.files.archive import ArchiveSource
from intact.sources.files.directory import open_directory
from intact.sources.files.selected import SelectedSource
from intact.sources.files.single import open_file
from intact.sources.files.sniffing import FileKind, sniff
from intact.sources.files.streams import Input, explain, printable
from intact.sources.files.tar_source import TarSource
from intact.sources.mongodb.settings import LiveOptions
from intact.sources.mongodb.uri import is_mongodb_uri

__all__ = [
    "Block",
    "CollectionInfo",
    "End",
    "Fault",
    "Item",
    "Restart",
    "Source",
    "SourceInfo",
    "open_source",
]

STANDARD_INPUT: Final = "-"
_URL: Final = re.compile(r"([a-z][a-z0-9+.-]+):/+", re.IGNORECASE)


def open_source(
    source: object,
    *,
    database: str | None = None,
    collection: str | None = None,
    live: LiveOptions | None = None,
    declared: Collection[str] = (),
) -> Source:
    """Open whatever holds collections, told apart by looking at it and not by its name.

    Args:
        source: A MongoDB URI; a database handle of PyMongo or Motor; the path of a ``mongodump`` directory, of
            an archive, of a ``.bson`` file, of Extended JSON as ``mongoexport`` writes it, or of a directory of
            such files; a tar file of any of these; ``-`` for standard input. Each file may be gzipped.
        database: The database to read, where the source has several.
        collection: The collection that a single file of documents holds, where its name does not say it.
        live: How a server is read; of no account for files.
        declared: The collections that the model declares: they tell what a file such as ``shop.orders.json`` holds.

    Returns:
        The source. Nothing of a live server has been asked yet.

    Raises:
        SourceError: If there is nothing that can be read.
        UsageError: If the source, the database and the collection do not go together.
    """
    if not isinstance(source, str | os.PathLike):
        return _open_handle(source, database, collection, live)
    text = os.fsdecode(source)
    if is_mongodb_uri(text):
        _refuse_collection(collection, "a server")
        from intact.sources.mongodb.live import LiveSource  # noqa: PLC0415 - the driver is loaded for live sources only

        return LiveSource.from_uri(text, database=database, options=live)
    if text == STANDARD_INPUT:
        return _open_stream(Input.standard(), database, collection, declared)
    path = _existing(text)
    if path.is_dir():
        _refuse_collection(collection, "a directory")
        return open_directory(path, database, declared)
    return _open_stream(Input(printable(path), path), database, collection, declared)


def _open_handle(
    handle: object, database: str | None, collection: str | None, options: LiveOptions | None
) -> Source:
    from intact.sources.mongodb.live import LiveSource  # noqa: PLC0415 - the driver is loaded for live sources only

    live = LiveSource.from_handle(handle, options=options)
    _refuse_collection(collection, "a server")
    if database not in (None, live.info.database):
        hint = "Hand over the handle of the database that is meant."
        raise UsageError(f"the handle is of the database {live.info.database!r}, not {database!r}", hint=hint)
    return live


def _existing(text: str) -> Path:
    """The path that a text names.

    Raises:
        SourceError: If there is nothing.
        UsageError: If it is a URL. It is not repeated, since it may hold a password.
    """
    path = Path(text)
    try:
        path.stat()
    except (OSError, ValueError) as error:
        if (url := _URL.match(text)) is not None:
            what = f"a source cannot begin with {url[0]}"
            hint = "A URI begins with mongodb:// or mongodb+srv://; of anything else fetch the file first."
            raise UsageError(what, hint=hint) from error
        what, hint = explain(error, path) if isinstance(error, OSError) else ("it is no path", "")
        raise SourceError(what, where=printable(_no_password(text)), hint=hint) from error
    return path


def _no_password(text: str) -> str:
    """Leave out of a text that is no file what would be a credential if it was meant to be a URI."""
    before, at, after = text.rpartition("@")
    return f"...@{after.partition('?')[0]}" if at and before else text


def _open_stream(
    source: Input, database: str | None, collection: str | None, declared: Collection[str]
) -> Source:
    try:
        kind = sniff(source)
        if kind is FileKind.ARCHIVE:
            _refuse_collection(collection, "an archive")
            return ArchiveSource(source, database)
        if kind is FileKind.TAR:
            _refuse_collection(collection, "a tar file")
            return TarSource(source, database, declared)
        if kind is FileKind.SELECTED:
            _refuse_collection(collection, "a file of several collections")
            return SelectedSource(source, database)
        return open_file(source, kind, database, collection, declared)
    except BaseException:
        source.close()
        raise


def _refuse_collection(collection: str | None, what: str) -> None:
    if collection is not None:
        raise UsageError(f"{what} names its collections itself", hint="Leave --collection out.")
