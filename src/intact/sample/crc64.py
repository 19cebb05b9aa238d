"""CRC-64/XZ, the checksum that a mongodump archive carries for each collection.

The xz library computes this very checksum in C and puts it at the end of what it compresses. So the bytes go
through its cheapest compressor, whose output is thrown away but for the end: about 90 MB/s, where a loop in
Python does 9.
"""

from __future__ import annotations

from typing import Final, Protocol

try:
    import lzma
except ImportError:  # a Python built without the xz library
    lzma = None  # type: ignore[assignment]

_POLYNOMIAL: Final = 0xC96C5795D7870F42  # reflected
_ALL_ONES: Final = (1 << 64) - 1
_XZ_FOOTER: Final = 12
_XZ_END: Final = 64  # holds the check (8 bytes), the index of one block (at most 32) and the footer


class Crc64(Protocol):
    """A checksum that grows with what it is given."""

    def update(self, data: bytes) -> None:
        """Take the next bytes."""

    def finish(self) -> int:
        """Give the checksum of all bytes taken, as an unsigned number. Call it once, at the end."""


class TableCrc64:
    """The checksum byte by byte."""

    def __init__(self) -> None:
        self._table = [_table_entry(byte) for byte in range(256)]
        self._state = _ALL_ONES

    def update(self, data: bytes) -> None:
        """Take the next bytes."""
        state, table = self._state, self._table
        for byte in data:
            state = table[(state ^ byte) & 0xFF] ^ (state >> 8)
        self._state = state

    def finish(self) -> int:
        """Give the checksum of all bytes taken."""
        return self._state ^ _ALL_ONES


class XzCrc64:
    """The checksum by the xz library."""

    def __init__(self) -> None:
        cheapest = {
            "id": lzma.FILTER_LZMA2,
            "dict_size": 4096,
            "mode": lzma.MODE_FAST,
            "mf": lzma.MF_HC3,
            "nice_len": 5,
            "depth": 1,
        }
        self._compressor = lzma.LZMACompressor(lzma.FORMAT_XZ, lzma.CHECK_CRC64, filters=[cheapest])
        self._empty = True

    def update(self, data: bytes) -> None:
        """Take the next bytes."""
        self._empty = self._empty and not data
        self._compressor.compress(data)

    def finish(self) -> int:
        """Give the checksum of all bytes taken."""
        if self._empty:  # a stream of nothing has no block, so no checksum either; that of nothing is 0
            return 0
        end = self._compressor.flush()[-_XZ_END:]
        index = (int.from_bytes(end[-8:-4], "little") + 1) * 4
        after = len(end) - _XZ_FOOTER - index
        return int.from_bytes(end[after - 8 : after], "little")


def _table_entry(byte: int) -> int:
    for _ in range(8):
        byte = (byte >> 1) ^ (_POLYNOMIAL if byte & 1 else 0)
    return byte


def new_crc64() -> Crc64:
    """Give the fastest checksum that this Python has."""
    return TableCrc64() if lzma is None else XzCrc64()
