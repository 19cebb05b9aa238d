"""What several readers hand to one taker: in order for each of them, and never more than some bytes waiting."""

from __future__ import annotations

import asyncio
from collections import deque

from intact.sources.base import Block, Item


class Channel:
    """A queue of items, bounded by the bytes of the blocks in it.

    Args:
        limit: How many bytes may wait; one block may, whatever its size.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._items: deque[Item] = deque()
        self._changed = asyncio.Condition()
        self._closed = False
        self.waiting = 0

    async def put(self, item: Item) -> None:
        """Hand an item on; a block waits until there is room for it."""
        size = len(item.data) if isinstance(item, Block) else 0
        async with self._changed:
            if size:
                await self._changed.wait_for(lambda: not self.waiting or self.waiting + size <= self._limit)
            self.waiting += size
            self._items.append(item)
            self._changed.notify_all()

    def put_now(self, item: Item) -> None:
        """Hand on what takes no room, at once."""
        self._items.append(item)

    async def close(self) -> None:
        """Say that nothing more comes."""
        async with self._changed:
            self._closed = True
            self._changed.notify_all()

    async def get(self) -> Item | None:
        """Take the next item; None where nothing more comes."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._items or self._closed)
            if not self._items:
                return None
            item = self._items.popleft()
            if isinstance(item, Block):
                self.waiting -= len(item.data)
            self._changed.notify_all()
            return item
