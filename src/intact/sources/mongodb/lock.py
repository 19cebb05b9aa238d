"""Keeps PyMongo's locks whole on Python 3.11, whose ``asyncio.wait_for`` can lose them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable
from typing import TypeVar

import pymongo.lock

T = TypeVar("T")


async def wait_for(awaitable: Awaitable[T], timeout: float | None) -> T:  # noqa: ASYNC109 - the signature of asyncio's
    """Wait as ``asyncio.wait_for`` does from Python 3.12 on: in the task itself.

    Raises:
        TimeoutError: If it takes longer.
    """
    async with asyncio.timeout(timeout):
        return await awaitable


def mend() -> None:
    """Let PyMongo wait for its locks by :func:`wait_for`, where Python's own is the old one.

    Up to Python 3.11 ``asyncio.wait_for`` waits in a task of its own. Whoever is cancelled just when its time is over
    leaves that task behind. PyMongo waits for servers like this, and the task that is left takes the lock of the
    topology and keeps it: every later read waits for ever, and so does the end of the program.
    """
    if sys.version_info < (3, 12) and hasattr(pymongo.lock, "wait_for"):
        pymongo.lock.wait_for = wait_for
