"""Telling what a directory is: a dump of one database or several, exports, or something else.

``mongodump`` writes ``<directory>/<database>/<collection>.bson``. The directory of one database may be named as
well as the one above it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Final

from intact.core.errors import SourceError
from intact.sources.base import SourceInfo
from intact.sources.files.dump import (
    directory_collections,
    dump_files,
    export_files,
    not_read_notes,
    other_files,
)
from intact.sources.files.file_source import FilesSource
from intact.sources.files.metadata import HAS_OPLOG, NO_METADATA, NOT_ONE_MOMENT, choose_database
from intact.sources.files.sniffing import ARCHIVE_MAGIC, FileKind
from intact.sources.files.streams import Input, explain, is_directory, is_file, printable

_OPLOG: Final = frozenset({"oplog.bson", "oplog.bson.gz"})
_SHOWN: Final = 5
_LOOKED_AT: Final = 20
_NAME_A_DUMP: Final = "Name the directory that mongodump wrote, an archive, a .bson or a .jsonl file."


def open_directory(directory: Path, database: str | None, declared: Collection[str] = ()) -> FilesSource:
    """Open a directory.

    Args:
        directory: The directory.
        database: The database to read, where there are several.
        declared: The collections that the model declares, which tell how a name with a point in it is meant.

    Raises:
        SourceError: If it holds no dump, or several databases of which none was named.
    """
    label, names = printable(directory), _names(directory)
    below = _databases(directory, names)
    if (own := [name for name in dump_files(names) if name not in _OPLOG]) and database not in below:
        here = printable(directory.resolve().name)
        _check_choice(label, database, here, own, below)
        return _dump(directory, label, here, names, [_oplog_note(directory.parent)], declared)
    if below:
        chosen = choose_database(below, database, label)
        path = directory / chosen
        beside = [*export_files(names), *other_files(names)]
        notes = [_oplog_note(directory), *_beside(beside)]
        return _dump(path, label, chosen, _names(path), notes, declared)
    if export_files(names):
        files = directory_collections(directory, names, declared, database)
        info = SourceInfo("extended-json", label, database, notes=tuple(not_read_notes(names)))
        return FilesSource(info, files)
    raise _no_dump(directory, label, names)


def _dump(
    directory: Path, label: str, database: str, names: list[str], notes: list[str], declared: Collection[str]
) -> FilesSource:
    files = directory_collections(directory, names, declared)
    notes = [*notes, *not_read_notes(names)]
    dumped = [file for file in files if file.kind is FileKind.BSON]
    if dumped and all(NO_METADATA in file.info.notes for file in dumped):
        notes.append("The dump has no metadata: views and collations are not known.")
        files = [replace(file, info=replace(file.info, notes=())) for file in files]
    return FilesSource(SourceInfo("dump", label, database, notes=tuple(notes)), files)


def _beside(names: list[str]) -> list[str]:
    """Say which files beside the databases of a dump are not read."""
    if not names:
        return []
    shown = ", ".join(map(printable, names[:_SHOWN])) + (
        f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    )
    return [f"Beside the databases lie files that belong to none and were not read: {shown}."]


def _oplog_note(directory: Path) -> str:
    return HAS_OPLOG if any(is_file(directory / name) for name in _OPLOG) else NOT_ONE_MOMENT


def _names(directory: Path) -> list[str]:
    """What is in a directory; hidden files are nobody's collection."""
    try:
        return sorted(path.name for path in directory.iterdir() if not path.name.startswith("."))
    except OSError as error:
        what, hint = explain(error, directory)
        raise SourceError(what, where=printable(directory), hint=hint) from error


def _databases(directory: Path, names: list[str]) -> list[str]:
    """The directories below that hold files of a dump, or that nobody can look into."""
    found = []
    for name in names:
        if is_directory(directory / name):
            try:
                if not dump_files(_names(directory / name)):
                    continue
            except SourceError:
                pass
            found.append(name)
    return found


def _check_choice(label: str, database: str | None, here: str, own: list[str], below: list[str]) -> None:
    """Refuse to guess where a directory holds files of a database that was not named, and others below."""
    if database not in (None, here):
        hint = f"Leave --database out: its files are taken to be the database {here!r}."
        raise SourceError(f"it has no database {database!r}, but the files of one", where=label, hint=hint)
    if below and database is None:
        what = f"it holds files of a dump ({own[0]}) and databases below it ({', '.join(below)})"
        raise SourceError(what, where=label, hint=f"Name one with --database; {here!r} stands for the files.")


def _no_dump(directory: Path, label: str, names: list[str]) -> SourceError:
    """Say what a directory holds instead of a dump."""
    if not names:
        return SourceError("the directory is empty", where=label, hint=_NAME_A_DUMP)
    if "WiredTiger" in names or any(name.endswith(".wt") for name in names):
        hint = "Dump the server with mongodump, or give its URI."
        return SourceError(
            "it is the data directory of a MongoDB server, and no dump", where=label, hint=hint
        )
    if others := other_files(names):
        name, why = next(iter(others.items()))
        return SourceError(f"{printable(name)} is {why}", where=label, hint=_NAME_A_DUMP)
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    what = f"there is no dump in this directory, only {', '.join(map(printable, names[:_SHOWN]))}{more}"
    return SourceError(what, where=label, hint=_nearby(directory, names) or _NAME_A_DUMP)


def _nearby(directory: Path, names: list[str]) -> str:
    """Look for a dump one step further down."""
    for name in islice(names, _LOOKED_AT):
        path = directory / name
        if is_directory(path) and _holds_dump(path):
            return f"Did you mean {printable(path)}?"
        if is_file(path) and _is_archive(path):
            return f"Did you mean the archive {printable(path)}?"
    return ""


def _holds_dump(directory: Path) -> bool:
    try:
        return bool(_databases(directory, _names(directory)))
    except SourceError:
        return False


def _is_archive(path: Path) -> bool:
    source = Input(path.name, path)
    try:
        return source.unpacked_head().startswith(ARCHIVE_MAGIC)
    except SourceError:
        return False
    finally:
        source.close()
