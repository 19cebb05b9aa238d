"""The projector alone: every block of a dump through it, with the columns that an audit of all reports needs.

Blocks are read first, some hundred megabytes at a time, and then projected while the clock runs; what comes out is
counted and thrown away. With several threads they share one projector a collection, as its native form allows.

    python projector_alone.py DUMP THREADS
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path

from intact.audit.evaluate import needs
from intact.audit.ingest import reading_order
from intact.checks import KINDS
from intact.model import load
from intact.project import Projector, implementation, projector
from intact.sources import Block, open_source
from intact.sources.base import End

AT_ONCE = 128_000_000
"""Bytes that are held while the clock runs."""


async def loads(folder: Path) -> AsyncIterator[tuple[Projector, list[Block]]]:
    """Read blocks of a collection until there are enough of them, with the projector that they are for."""
    model = load("delivery", KINDS)
    columns = needs(model, model.reports.values())
    for name in reading_order(model, columns):
        source = open_source(folder)
        await source.collections()
        wanted = sorted(columns[name], key=lambda column: (column.path, column.role.value))
        made, held, size = projector(wanted), [], 0
        async for item in source.read({name: [column.path for column in wanted]}):
            if isinstance(item, End):
                continue
            if not isinstance(item, Block):
                raise SystemExit(f"the dump cannot be read: {item}")
            held.append(item)
            size += len(item.data)
            if size >= AT_ONCE:
                yield made, held
                held, size = [], 0
        yield made, held
        await source.close()


def project(made: Projector, block: Block) -> tuple[int, int]:
    """Project a block: how many documents, and how many could not be taken in."""
    batch = made.project(block.data, block.offset or 0)
    return batch.documents, batch.lost


async def measure(folder: Path, threads: int) -> dict[str, object]:
    """Project all of a dump, and tell how long it took without reading it."""
    documents = lost = size = 0
    wall = processor = 0.0
    with ThreadPoolExecutor(threads) as pool:
        over = map if threads == 1 else pool.map
        async for made, blocks in loads(folder):
            began, used = time.perf_counter(), time.process_time()
            for count, broken in over(project, repeat(made), blocks):
                documents += count
                lost += broken
            wall += time.perf_counter() - began
            processor += time.process_time() - used
            size += sum(len(block.data) for block in blocks)
    found = {"documents": documents, "lost": lost, "bytes": size, "wall": wall, "processor": processor}
    return {"implementation": implementation(), "threads": threads, **found}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(Path(sys.argv[1]), int(sys.argv[2])))))
