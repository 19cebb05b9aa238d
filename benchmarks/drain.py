"""A bare drain: the cursors that an audit opens, read to their end, and nothing done with what comes.

    python benchmarks/drain.py URI DATABASE

The same projections, filters, hints and batch sizes, as many at once. It prints the documents' bytes and its seconds.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

from pymongo import AsyncMongoClient

from intact.audit.evaluate import needs
from intact.audit.ingest import reading_order
from intact.checks import KINDS
from intact.model import load
from intact.sources.mongodb.handle import BATCH_DOCUMENTS, BY_ID, NATURAL_ORDER, Handle
from intact.sources.mongodb.ranges import Range
from intact.sources.mongodb.scan_plan import ScanPlan
from intact.sources.mongodb.settings import DEFAULT_CURSORS


async def drain(uri: str, database: str) -> dict[str, float]:
    """Read everything that an audit reads."""
    model = load("delivery", KINDS)
    columns = needs(model, tuple(model.reports.values()))
    begun = time.perf_counter()
    async with AsyncMongoClient[dict[str, Any]](uri) as client:
        handle = Handle(client[database], comment="drain", patience=300, leave_primary=True)
        await handle.greet()
        listed = {str(entry["name"]) for entry in await handle.listing()}
        works = [
            ScanPlan.of(name, sorted({column.path for column in columns[name]}), {})
            for name in reading_order(model, columns)
            if name in listed
        ]
        await asyncio.gather(*(work.prepare(handle) for work in works))
        waiting = [(work, range_) for work in works for range_ in work.parts]

        async def read() -> int:
            found = 0
            while waiting:
                work, range_ = waiting.pop(0)
                cursor = client[database][work.name].find_raw_batches(**_asked(work, range_))
                found += sum([len(batch) async for batch in cursor])
            return found

        found = sum(await asyncio.gather(*(read() for _ in range(DEFAULT_CURSORS))))
    return {"bytes": found, "seconds": time.perf_counter() - begun}


def _asked(work: ScanPlan, range_: Range | None) -> dict[str, Any]:
    more = {"sort": list(BY_ID.items()), "filter": range_.filter()} if range_ is not None else {"filter": {}}
    hint = list((NATURAL_ORDER if range_ is None else BY_ID).items())
    return {"projection": work.fields, "batch_size": BATCH_DOCUMENTS, "hint": hint, **more}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(drain(*sys.argv[1:]))))
