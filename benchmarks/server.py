"""A server to run what needs one: mongo-java-server, in memory. It is not MongoDB, and the tables say so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import bson
from benchmarks import samples
from bson.decimal128 import Decimal128
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from tests.servers.java import UnavailableError, java_server

NAME: Final = "mongo-java-server 1.47.0"
DATABASE: Final = "delivery"
AT_ONCE: Final = 5_000
HEAP: Final = "8g"
"""Memory that the server may take; of it only what the documents need is touched."""


@contextmanager
def filled(dump: Path, *, indexed: bool = True, references: Sequence[tuple[str, str]] = ()) -> Iterator[str]:
    """Run the server with the documents of a dump.

    Decimals are stored as doubles: the user's sample code cannot add them up. Each document is given the ``type`` by
    which refscan knows its class.

    Args:
        dump: The documents.
        indexed: Whether each ``id`` has a unique index.
        references: Further fields with an index, each with its collection.

    Yields:
        The server's URI.

    Raises:
        UnavailableError: If it cannot be started here.
    """
    with java_server(heap=HEAP) as port:
        uri = f"mongodb://127.0.0.1:{port}"
        try:
            with MongoClient[dict[str, Any]](uri) as client:
                for path in samples.files(dump):
                    collection = client[DATABASE][path.stem]
                    if indexed:
                        collection.create_index("id", unique=True)
                    for name, field in references:
                        if name == path.stem:
                            collection.create_index(field)
                    documents = [
                        _plain(each) | {"type": f"{DATABASE}:{path.stem}"}
                        for each in bson.decode_all(path.read_bytes())
                    ]
                    for first in range(0, len(documents), AT_ONCE):
                        collection.insert_many(documents[first : first + AT_ONCE])
        except PyMongoError as error:
            raise UnavailableError(f"the server could not be filled: {error}") from error
        yield uri


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal128):
        return float(value.to_decimal())
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value
