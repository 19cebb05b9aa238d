"""Work on the parts of a column, on all processors at once: the native part lets other threads run meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from intact.core.stopping import Stop

T = TypeVar("T")
U = TypeVar("U")


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def side_by_side(work: Callable[[T], U], parts: Sequence[T], stop: Stop) -> Iterator[U]:
    """Yield what becomes of each part, in order.

    Args:
        work: What is done with a part.
        parts: The parts.
        stop: Ends it before all is done.
    """
    if len(parts) == 1:  # as with the few documents that are looked at again: not worth a thread
        yield work(parts[0])
        return
    pool = ThreadPoolExecutor(processors(), "intact parts")
    try:
        yield from stop.watched(pool.map(work, parts))
    finally:
        pool.shutdown(cancel_futures=True)
