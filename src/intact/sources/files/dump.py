"""The collections of one database: what ``mongodump`` wrote into a directory, or a directory of exports.

``mongodump`` writes ``<collection>.bson`` and ``<collection>.metadata.json``, either of them gzipped or not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final
from urllib.parse import unquote_plus

from intact.core.errors import SourceError
from intact.sources.base import CollectionInfo, Fault
from intact.sources.files.export_names import collection_names
from intact.sources.files.file_source import CollectionFile
from intact.sources.files.metadata import NO_METADATA, UNREADABLE, Metadata, read_metadata, skip_by_name
from intact.sources.files.sniffing import BSON_SUFFIXES, JSON_SUFFIXES, FileKind
from intact.sources.files.streams import BrokenError, Input, printable

METADATA_SUFFIXES: Final = (".metadata.json", ".metadata.json.gz")
_TABLES: Final = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
_PACKED: Final = (".zst", ".xz", ".bz2", ".lz4", ".zip", ".7z")
_DOCUMENTS: Final = (".bson", ".json", ".jsonl", ".ndjson", ".csv", ".tsv")
_NOT_EXPORTS: Final = (
    "prelude.json",
    "prelude.json.gz",
    "planted.json",
)  # the last is the demo's list of faults
_LARGEST_METADATA: Final = 32 << 20


def dump_files(names: Iterable[str]) -> list[str]:
    """The names of documents and metadata that ``mongodump`` writes."""
    return [name for name in names if name.lower().endswith(BSON_SUFFIXES + METADATA_SUFFIXES)]


def export_files(names: Iterable[str]) -> list[str]:
    """The names of files that ``mongoexport`` users have."""
    return [
        name
        for name in names
        if name.lower().endswith(JSON_SUFFIXES)
        and not name.lower().endswith(METADATA_SUFFIXES)
        and name not in _NOT_EXPORTS
    ]


def other_files(names: Iterable[str]) -> dict[str, str]:
    """Return the names of files that hold documents in a form that is not read, each with why."""
    return {name: why for name in names if (why := _not_read(name))}


def _not_read(name: str) -> str:
    lower = name.lower()
    if lower.endswith(_TABLES):
        return "a table as text, which keeps no types; export it again with mongoexport, without --type=csv"
    packed = lower.endswith(_PACKED) and Path(lower).stem.endswith(_DOCUMENTS)
    return f"packed as {Path(lower).suffix}, which intact does not read; unpack it first" if packed else ""


def directory_collections(
    directory: Path, names: Sequence[str], declared: Collection[str] = (), database: str | None = None
) -> list[CollectionFile]:
    """Return the collections that the files of a directory hold: dumped, exported, and those that cannot be read.

    Args:
        directory: Where they lie.
        names: The names of its files.
        declared: The collections that the model declares, which tell how a name with a point in it is meant.
        database: The database that the user named.
    """
    found = [
        *dumped_collections(directory, names),
        *exported_collections(directory, export_files(names), declared, database),
    ]
    there = {file.info.name for file in found}
    others = _unread_collections(directory, names, declared, database)
    return _each_once([*found, *(file for file in others if file.info.name not in there)])


def not_read_notes(names: Iterable[str]) -> list[str]:
    """Return a sentence on each file that holds documents in a form that is not read."""
    return [f"{printable(name)} was not read: it is {why}." for name, why in other_files(names).items()]


def dumped_collections(directory: Path, names: Iterable[str]) -> list[CollectionFile]:
    """The collections that the files of a dump hold."""
    names = list(names)
    data, metadata = _by_stem(names, BSON_SUFFIXES), _by_stem(names, METADATA_SUFFIXES)
    exported = _by_stem(export_files(names), JSON_SUFFIXES)
    return _each_once(
        dumped_collection(directory, stem, data.get(stem, ()), metadata.get(stem, ()))
        for stem in sorted({*data, *metadata})
        if stem in data or stem not in exported
    )


def dumped_collection(
    directory: Path, stem: str, data: Sequence[str], metadata: Sequence[str], name: str | None = None
) -> CollectionFile:
    """The collection that lies in the files of one stem.

    Args:
        directory: Where they lie.
        stem: What their names begin with.
        data: The names of the files with documents, one if all is well.
        metadata: The names of the files with metadata.
        name: The collection's name, if the user gave one.
    """
    known = _metadata(directory / metadata[0]) if metadata else Metadata(notes=(NO_METADATA,))
    name = name or known.name or unescape(stem)
    path = directory / (data[0] if data else f"{stem}.bson")
    source = Input(printable(path), path)
    info = CollectionInfo(name, source.size, skip_by_name(name) or known.skip, known.notes)
    fault = None
    if len(data) > 1:
        fault = _both(name, directory, data)
    elif not data and not info.skip:
        what = f"its documents are not there: it has a {metadata[0]}, but no {stem}.bson"
        fault = Fault(name, what, printable(directory), "Copy or dump it again.")
    return CollectionFile(info, source, FileKind.BSON, fault)


def exported_collections(
    directory: Path, names: Iterable[str], declared: Collection[str] = (), database: str | None = None
) -> list[CollectionFile]:
    """The collections that exports hold, one a file, named after it."""
    files = []
    stems = sorted(_by_stem(names, JSON_SUFFIXES).items())
    named = collection_names((printable(stem) for stem, _ in stems), declared, database)
    for stem, found in stems:
        path, (before, name) = directory / found[0], named[printable(stem)]
        if database is not None and before not in (None, database):
            continue  # of another database
        source = Input(printable(path), path)
        fault = _both(name, directory, found) if len(found) > 1 else None
        info = CollectionInfo(name, source.size, skip_by_name(name))
        files.append(CollectionFile(info, source, FileKind.JSON, fault))
    return files


def _unread_collections(
    directory: Path, names: Iterable[str], declared: Collection[str], database: str | None
) -> Iterator[CollectionFile]:
    others = other_files(names)
    named = collection_names((printable(stem_of(name)) for name in others), declared, database)
    for name, why in others.items():
        path = directory / name
        info = CollectionInfo(named[printable(stem_of(name))][1], None, why)
        yield CollectionFile(info, Input(printable(path), path), FileKind.JSON)


def stem_of(name: str) -> str:
    """A file's name without what says its kind."""
    plain = Path(name).stem if name.lower().endswith((".gz", *_PACKED)) else name
    for suffix in (".metadata.json", *_DOCUMENTS):
        if plain.lower().endswith(suffix):
            return plain[: -len(suffix)] or name
    return Path(plain).stem or name


def unescape(stem: str) -> str:
    """The collection's name that ``mongodump`` escaped as in a URL's query."""
    try:
        return unquote_plus(printable(stem), errors="strict")
    except UnicodeDecodeError:
        return printable(stem)


def _by_stem(names: Iterable[str], suffixes: tuple[str, ...]) -> dict[str, list[str]]:
    stems: dict[str, list[str]] = {}
    for name in sorted(names):
        if name.lower().endswith(suffixes):
            stems.setdefault(stem_of(name), []).append(name)
    return stems


def _each_once(files: Iterable[CollectionFile]) -> list[CollectionFile]:
    """Make a fault of two files that hold the same collection."""
    by_name: dict[str, CollectionFile] = {}
    for file in files:
        other = by_name.setdefault(file.info.name, file)
        if other is not file:
            what = f"two files hold it: {other.source.label} and {file.source.label}"
            fault = Fault(file.info.name, what, other.source.label, "Remove the one that is not meant.")
            by_name[file.info.name] = replace(other, fault=fault)
    return list(by_name.values())


def _both(name: str, directory: Path, files: Sequence[str]) -> Fault:
    what = f"there are both {' and '.join(map(printable, files))}, and nobody can tell which is meant"
    return Fault(name, what, printable(directory), "Remove the one that is not meant.")


def _metadata(path: Path) -> Metadata:
    source = Input(printable(path), path)
    try:
        return read_metadata(b"".join(_bounded(source.content())))
    except (SourceError, BrokenError):
        return Metadata(notes=(UNREADABLE,))
    finally:
        source.close()


def _bounded(chunks: Iterator[bytes]) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > _LARGEST_METADATA:
            raise BrokenError("no metadata are that large")
        yield chunk
