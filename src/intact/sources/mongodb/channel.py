"""What several readers hand to one taker: in order for each of them, and never more than some bytes waiting."""

from __future__ import annotations

import asyncio
from collections import deque

from intact.sources.base import Block, Fault, Item


class Channel:
    """A queue of items, bounded by the bytes of the blocks in it. For one event loop.

    Args:
        limit: How many bytes may wait; one block may, whatever its size.

    Attributes:
        waiting: How many bytes wait.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._items: deque[Item] = deque()
        self._filled = asyncio.Event()
        self._room = asyncio.Event()
        self._closed = False
        self._over: set[str] = set()
        self.waiting = 0

    async def put(self, item: Item) -> None:
        """Hand an item on; a block waits until there is room for it."""
        size = len(item.data) if isinstance(item, Block) else 0
        while size and self.waiting and self.waiting + size > self._limit:
            self._room.clear()
            await self._room.wait()
        self.waiting += size
        self.put_now(item)

    def put_now(self, item: Item) -> None:
        """Hand an item on, whether there is room or not."""
        self._items.append(item)
        self._filled.set()

    def close(self) -> None:
        """Say that nothing more comes."""
        self._closed = True
        self._filled.set()

    async def get(self) -> Item | None:
        """Take the next item; None where nothing more comes. After the fault of a collection nothing comes of it."""
        while True:
            while not self._items:
                if self._closed:
                    return None
                self._filled.clear()
                await self._filled.wait()
            item = self._items.popleft()
            if isinstance(item, Block):
                self.waiting -= len(item.data)
                self._room.set()
            if item.collection in self._over:
                continue
            if isinstance(item, Fault) and item.collection is not None:
                self._over.add(item.collection)
            return item
