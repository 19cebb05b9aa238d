"""A task that is cancelled while the driver waits for a server gives the driver's lock back only if it has it."""

from __future__ import annotations

import asyncio
import sys

import pymongo.lock
import pytest

from intact.sources.mongodb import lock as mongo_lock


async def leaves_before_it_has_the_lock_again() -> bool:
    """Cancel a task that waits, just when its time is over and another task has the lock; say whether it leaves then.

    Whoever leaves gives the lock back: if it is another's by then, two tasks have it, or one that is gone for ever.
    """
    lock = pymongo.lock._async_create_lock()
    condition = pymongo.lock._async_create_condition(lock)

    async def wait() -> None:
        async with lock:
            await pymongo.lock._async_cond_wait(condition, 0.01)

    waiting = asyncio.create_task(wait())
    await asyncio.sleep(0.001)
    async with lock:
        await asyncio.sleep(0.05)
        waiting.cancel()
        await asyncio.sleep(0.01)
        left = waiting.done()
    await asyncio.wait([waiting])
    return left


@pytest.fixture
def as_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver as it comes."""
    monkeypatch.setattr(pymongo.lock, "wait_for", asyncio.wait_for)


def test_a_waiting_task_takes_the_lock_again_before_it_leaves(as_it_comes: None) -> None:
    mongo_lock.mend()
    assert asyncio.run(leaves_before_it_has_the_lock_again()) is False


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="from Python 3.12 on there is nothing to mend")
def test_unmended_it_leaves_without(as_it_comes: None) -> None:
    assert asyncio.run(leaves_before_it_has_the_lock_again()) is True
