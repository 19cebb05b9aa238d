"""The files of a sample: the same bytes for the same seed, and nothing overwritten by accident."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Final, cast

from tests.sample_data.business import Business
from tests.sample_data.errors import SampleError
from tests.sample_data.planted import COLLECTIONS
from tests.sample_data.values import Document

PLANTED: Final = "planted.json"

_SUFFIXES: Final = (".bson", ".bson.gz", ".metadata.json", ".metadata.json.gz", ".jsonl", ".jsonl.gz")
_GZIP_LEVEL: Final = 4  # half the time of mongodump's 6 for a tenth more bytes


def prepare_directory(directory: Path, force: bool) -> None:
    """Make a directory for a sample.

    Args:
        directory: The directory; made where it does not exist.
        force: Whether it may hold files already.

    Raises:
        SampleError: It is a file, or holds files and ``force`` is not set.
    """
    if directory.exists() and not directory.is_dir():
        raise SampleError(f"{directory} is a file, not a directory")
    if directory.is_dir() and not force and any(directory.iterdir()):
        raise SampleError(
            f"{directory} is not empty; choose another directory or use --force to write into it"
        )
    directory.mkdir(parents=True, exist_ok=True)


def remove_older(directory: Path) -> None:
    """Remove what an earlier sample left in a directory, in whatever form; other files stay."""
    for name in COLLECTIONS:
        for suffix in _SUFFIXES:
            (directory / f"{name}{suffix}").unlink(missing_ok=True)


@contextmanager
def opened(path: Path, zipped: bool) -> Iterator[IO[bytes]]:
    """Open a file to write bytes, through gzip where asked, whose header holds neither a name nor a time."""
    with path.open("wb") as raw:
        if not zipped:
            yield raw
            return
        with gzip.GzipFile("", "wb", _GZIP_LEVEL, raw, mtime=0) as packed:
            yield cast("IO[bytes]", packed)


def write_collections(
    business: Business, paths: Mapping[str, Path], encode: Callable[[Document], bytes], zipped: bool
) -> None:
    """Write every collection to a file of its own, one encoded document after the other."""
    with ExitStack() as stack:
        files = {name: stack.enter_context(opened(path, zipped)) for name, path in paths.items()}
        for name, documents in business:
            files[name].write(b"".join(map(encode, documents)))
