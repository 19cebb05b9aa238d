"""The sample as Extended JSON, one document a line, as mongoexport writes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from bson import json_util

from tests.sample_data.business import Business
from tests.sample_data.errors import SampleError
from tests.sample_data.metadata import check_database
from tests.sample_data.planted import COLLECTIONS, Planted
from tests.sample_data.sample_files import PLANTED, prepare_directory, remove_older, write_collections
from tests.sample_data.values import Document

_FORMS = {"relaxed": json_util.RELAXED_JSON_OPTIONS, "canonical": json_util.CANONICAL_JSON_OPTIONS}


def write_extended_json(
    directory: str | Path,
    *,
    orders: int = 2000,
    seed: int = 1,
    faults: int | Mapping[str, int] = 0,
    as_of: datetime,
    database: str = "delivery",
    form: str = "relaxed",
    gzip: bool = False,
    force: bool = False,
) -> Planted:
    """Write a sample as Extended JSON lines: ``<directory>/<collection>.jsonl``.

    What was planted is written to ``<directory>/planted.json`` at the end.

    Args:
        directory: Where to; made where it does not exist.
        orders: How many orders the business has; see :class:`~tests.sample_data.business.Business`.
        seed: The seed; the same gives the same bytes.
        faults: How many faults of each kind, or by kind.
        as_of: The moment of the data, UTC where naive.
        database: Name of the database, for ``planted.json``.
        form: ``relaxed`` or ``canonical``.
        gzip: Whether to compress each file (``.jsonl.gz``).
        force: Whether the directory may hold files already.

    Raises:
        SampleError: The sample cannot be made as asked.
    """
    business = Business(
        orders=orders, seed=seed, faults=faults, as_of=as_of, database=check_database(database)
    )
    encode = line_encoder(form)
    target = Path(directory)
    prepare_directory(target, force)
    remove_older(target)
    suffix = ".jsonl.gz" if gzip else ".jsonl"
    write_collections(business, {name: target / f"{name}{suffix}" for name in COLLECTIONS}, encode, gzip)
    business.planted.write(target / PLANTED)
    return business.planted


def line_encoder(form: str) -> Callable[[Document], bytes]:
    """Give the function that writes a document as one line of Extended JSON.

    Raises:
        SampleError: The form is neither ``relaxed`` nor ``canonical``.
    """
    if form not in _FORMS:
        raise SampleError(f"Extended JSON is relaxed or canonical, not {form!r}")
    options = _FORMS[form]

    def encode(document: Document) -> bytes:
        text = json_util.dumps(document, json_options=options, separators=(",", ":"), ensure_ascii=False)
        return f"{text}\n".encode()

    return encode
