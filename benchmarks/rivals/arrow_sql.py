"""What one would write today: PyMongoArrow into DuckDB, and the seven reports' main queries by hand in SQL.

PyMongoArrow reads from a server. So that no server is measured, its converter is given the documents of the files, in
batches as long as a server's, the way ``find_arrow_all`` gives it what the server sent; DuckDB then queries the Arrow
tables where they lie. ``allow_invalid`` is needed: without it the first status that is a number ends the program. With
it every value of another type is null without a word, and amounts that are decimals are among them.

    python arrow_sql.py DUMP FILE.json
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from struct import Struct

import duckdb
import pyarrow as pa
from arrow_queries import queries
from pymongoarrow.api import Schema
from pymongoarrow.context import PyMongoArrowContext

BATCH = 16_000_000
"""Bytes of a batch: a server sends no longer ones."""

ITEMS = pa.list_(pa.struct([("total", pa.float64())]))
SCHEMAS = {
    "orders": {
        "id": str,
        "subscription_id": str,
        "customer_id": str,
        "status": str,
        "billed": bool,
        "items": ITEMS,
        "created_at": datetime,
        "delivery_date": datetime,
    },
    "customers_v2": {
        "id": str,
        "user_id": str,
        "phone": str,
        "name": str,
        "status": str,
        "created_at": datetime,
        "updated_at": datetime,
    },
    "users": {
        "id": str,
        "email": str,
        "customer_v2_id": str,
        "created_at": datetime,
        "updated_at": datetime,
    },
    "subscriptions_v2": {"id": str, "customer_id": str, "status": str},
    "delivery_statuses": {
        "id": str,
        "order_id": str,
        "customer_id": str,
        "status": str,
        "confirmed_at": datetime,
    },
    "billing_records": {"id": str, "subscription_id": str, "period_date": str, "total_amount": float},
}


def batches(path: Path) -> Iterator[bytes]:
    """Cut a file into runs of whole documents."""
    data = path.read_bytes()
    length = Struct("<i").unpack_from
    start = at = 0
    while at < len(data):
        (size,) = length(data, at)
        if at + size - start > BATCH:
            yield data[start:at]
            start = at
        at += size
    yield data[start:]


def table(path: Path, schema: Schema) -> tuple[pa.Table, float]:
    """Convert a file, batch by batch, as ``find_arrow_all`` does; tell how long that took, without reading it."""
    tables, seconds = [], 0.0
    for batch in batches(path):
        began = time.perf_counter()
        context = PyMongoArrowContext(schema, allow_invalid=True)
        context.process_bson_stream(batch)
        tables.append(context.finish())
        seconds += time.perf_counter() - began
    return pa.concat_tables(tables), seconds


def main(folder: Path, target: Path) -> None:
    """Load, query, write what was found, and print how many of each type."""
    connection = duckdb.connect()
    documents = size = 0
    converting = 0.0
    for name, fields in SCHEMAS.items():
        (path,) = folder.rglob(f"{name}.bson")
        rows, seconds = table(path, Schema(fields))
        documents, size, converting = (
            documents + rows.num_rows,
            size + path.stat().st_size,
            converting + seconds,
        )
        connection.register(name, rows)
    connection.execute("SET VARIABLE as_of = TIMESTAMP '2026-11-22'")
    counts: dict[str, int] = {}
    report: dict[str, list[dict[str, object]]] = {}
    for finding, sql in queries():
        cursor = connection.execute(sql)
        names = [column[0] for column in cursor.description]
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        report.setdefault(finding, []).extend(found)
        counts[finding] = len(report[finding])
    target.write_text(json.dumps(report, indent=2, default=str), "utf-8")
    print(json.dumps({"documents": documents, "bytes": size, "converting": converting, "findings": counts}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
