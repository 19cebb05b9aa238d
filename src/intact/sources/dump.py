"""The collections of one database: what ``mongodump`` wrote into a directory, or a directory of exports.

``mongodump`` writes ``<collection>.bson`` and ``<collection>.metadata.json``, either of them gzipped or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final
from urllib.parse import unquote_plus

from intact.errors import SourceError
from intact.sources.base import CollectionInfo, Fault
from intact.sources.files import CollectionFile
from intact.sources.metadata import NO_METADATA, UNREADABLE, Metadata, read_metadata, skip_by_name
from intact.sources.sniffing import BSON_SUFFIXES, JSON_SUFFIXES
from intact.sources.streams import BrokenError, Input, printable

METADATA_SUFFIXES: Final = (".metadata.json", ".metadata.json.gz")
_NOT_EXPORTS: Final = ("prelude.json", "prelude.json.gz")
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


def dumped_collections(directory: Path, names: Iterable[str]) -> list[CollectionFile]:
    """The collections that the files of a dump hold."""
    data, metadata = _by_stem(names, BSON_SUFFIXES), _by_stem(names, METADATA_SUFFIXES)
    return _each_once(
        dumped_collection(directory, stem, data.get(stem, ()), metadata.get(stem, ()))
        for stem in sorted({*data, *metadata})
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
    return CollectionFile(info, source, fault)


def exported_collections(directory: Path, names: Iterable[str]) -> list[CollectionFile]:
    """The collections that a directory of exports holds, one a file, named after it."""
    files = []
    for stem, found in sorted(_by_stem(names, JSON_SUFFIXES).items()):
        path, name = directory / found[0], printable(stem)
        source = Input(printable(path), path)
        fault = _both(name, directory, found) if len(found) > 1 else None
        files.append(CollectionFile(CollectionInfo(name, source.size, skip_by_name(name)), source, fault))
    return files


def stem_of(name: str) -> str:
    """A file's name without what says its kind."""
    plain = name[: -len(".gz")] if name.lower().endswith(".gz") else name
    for suffix in (".metadata.json", ".bson", ".json", ".jsonl", ".ndjson"):
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
