"""The same document more than once in a collection: leftovers of moved chunks, a file given twice, a scan that repeats.

Documents of one ``_id`` and the same bytes are one document, and so are documents without an ``_id`` of the same bytes:
all but the first are dropped. Documents of one ``_id`` and other bytes stay, in a table of their own: nobody can know
which of them counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from intact.engine.cursor import quoted
from intact.engine.duck import DuckEngine
from intact.engine.recurring import recurring

DIGEST: Final = "_digest"
"""Column with a number of the bytes of each document, equal for equal bytes."""

_ROWS: Final = "$rows now"
_CANDIDATES: Final = "$candidates now"


@dataclass(frozen=True, slots=True)
class Copies:
    """What was found in a collection.

    Attributes:
        dropped: How many documents were the same as one before them.
        rivals: How many ``_id`` are left that several documents have, with different content.
        overtaken: How many documents were dropped because a later one of the same ``_id`` came, with other content.
        nameless: Whether there are documents without an ``_id``.
    """

    dropped: int = 0
    rivals: int = 0
    overtaken: int = 0
    nameless: bool = False


def rivals(collection: str) -> str:
    """Name the table ``(_row, _id)`` of documents that share their ``_id``, quoted; it is there if there are any."""
    return quoted(f"$rivals {collection}")


def drop_copies(engine: DuckEngine, collection: str, *, changing: bool = False) -> Copies:
    """Drop documents that are the same as one before them, and find those of one ``_id`` that are not the same.

    Args:
        engine: With the collection.
        collection: Its name.
        changing: Whether it was written to while it was read: then a document may have come again after it was
            changed, and the last one counts.
    """
    table, digest = quoted(collection), quoted(DIGEST)
    nameless = engine.count(collection, "_id") < engine.size(collection)
    rows = recurring(engine, collection, "_id").chunks
    if nameless:
        rows += recurring(engine, collection, DIGEST, where="_id IS NULL").chunks
    if not any(map(len, rows)):
        return Copies(nameless=nameless)
    engine.fill(_ROWS, pa.table({"_row": pa.chunked_array(rows, pa.int64())}))
    engine.execute(
        f"CREATE OR REPLACE TABLE {quoted(_CANDIDATES)} AS SELECT _row, _id, {digest} AS digest FROM {table}"
        f" WHERE _row IN (SELECT _row FROM {quoted(_ROWS)})"
    )
    numbered = (
        "SELECT _row, row_number() OVER (PARTITION BY _id, digest ORDER BY _row) AS number,"
        " _id IS NOT NULL AND digest <> last_value(digest) OVER (PARTITION BY _id ORDER BY _row"
        " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS overtaken"
        f" FROM {quoted(_CANDIDATES)}"
    )
    late = "overtaken" if changing else "false"
    ((overtaken,),) = engine.query(f"SELECT count(*) FROM ({numbered}) WHERE number = 1 AND {late}")
    batches = list(engine.batches(f"SELECT _row FROM ({numbered}) WHERE number > 1 OR {late}"))
    dropped = pa.chunked_array([batch.column(0) for batch in batches], pa.int64())
    if len(dropped):
        engine.drop(collection, dropped)
    several = f"SELECT _id FROM {quoted(_CANDIDATES)} GROUP BY _id HAVING count(DISTINCT digest) > 1"
    engine.execute(
        f"CREATE OR REPLACE TABLE {rivals(collection)} AS SELECT min(_row) AS _row, _id FROM {quoted(_CANDIDATES)}"
        f" WHERE _id IS NOT NULL AND _id IN ({several}) AND NOT {'true' if changing else 'false'} GROUP BY _id, digest"
    )
    ((count,),) = engine.query(f"SELECT count(DISTINCT _id) FROM {rivals(collection)}")
    late_ones = int(str(overtaken))
    return Copies(len(dropped) - late_ones, int(str(count)), late_ones, nameless)
