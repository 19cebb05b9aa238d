"""The sample as a mongodump directory."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import bson

from tests.sample_data.business import Business
from tests.sample_data.metadata import check_database, metadata_json
from tests.sample_data.planted import COLLECTIONS, Planted
from tests.sample_data.sample_files import PLANTED, opened, prepare_directory, remove_older, write_collections


def write_dump(
    directory: str | Path,
    *,
    orders: int = 2000,
    seed: int = 1,
    faults: int | Mapping[str, int] = 0,
    as_of: datetime,
    database: str = "delivery",
    gzip: bool = False,
    force: bool = False,
) -> Planted:
    """Write a sample as mongodump does: ``<directory>/<database>/<collection>.bson`` with its metadata.

    What was planted is written to ``<directory>/planted.json`` at the end.

    Args:
        directory: Where to; made where it does not exist.
        orders: How many orders the business has; see :class:`~tests.sample_data.business.Business`.
        seed: The seed; the same gives the same bytes.
        faults: How many faults of each kind, or by kind.
        as_of: The moment of the data, UTC where naive.
        database: Name of the database.
        gzip: Whether to compress each file (``.bson.gz``).
        force: Whether the directory may hold files already.

    Raises:
        SampleError: The sample cannot be made as asked.
    """
    business = Business(
        orders=orders, seed=seed, faults=faults, as_of=as_of, database=check_database(database)
    )
    target = Path(directory)
    prepare_directory(target, force)
    inner = target / database
    inner.mkdir(exist_ok=True)
    remove_older(inner)
    suffix = ".gz" if gzip else ""
    for name in COLLECTIONS:
        with opened(inner / f"{name}.metadata.json{suffix}", gzip) as file:
            file.write(metadata_json(database, name).encode())
    paths = {name: inner / f"{name}.bson{suffix}" for name in COLLECTIONS}
    write_collections(business, paths, bson.encode, gzip)
    business.planted.write(target / PLANTED)
    return business.planted
