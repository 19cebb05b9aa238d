"""Whether no value stands twice in a column that comes in pieces, told without comparing all of them with each other.

A dump is in the order of its ``_id`` nearly always, and so is each range that is read of a server: values of which each
is greater than the one before are all different, and so are those of pieces that do not overlap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

_ZERO: Final = pa.scalar(0, pa.int32())


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a column of texts: the first and last value, and by which orders it ascends without a repetition.

    Attributes:
        first: Its first value.
        last: Its last.
        by_text: Whether it ascends by the bytes of the texts.
        by_length: Whether it ascends by their length, then by their bytes, as whole numbers do.
    """

    first: str
    last: str
    by_text: bool
    by_length: bool


def span(values: pa.Array) -> Span | None:
    """Return what is known of a piece of a column; None if it is empty, has a null, or ascends by neither order."""
    if not len(values) or values.null_count:
        return None
    before, after = values[:-1], values[1:]
    greater = pc.greater(after, before)
    longer = pc.subtract(pc.binary_length(after), pc.binary_length(before))
    by_length = pc.or_(pc.greater(longer, _ZERO), pc.and_(pc.equal(longer, _ZERO), greater))
    found = Span(str(values[0]), str(values[-1]), _all(greater), _all(by_length))
    return found if found.by_text or found.by_length else None


def all_different(spans: Sequence[Span | None]) -> bool:
    """Say whether it is certain that no value stands twice in all the pieces together."""
    known = [each for each in spans if each is not None]
    if len(known) < len(spans):
        return False
    by_text = all(each.by_text for each in known) and _apart(known, str.encode)
    return by_text or (all(each.by_length for each in known) and _apart(known, _length_first))


def _apart(spans: Sequence[Span], key: Callable[[str], Any]) -> bool:
    """Say whether pieces overlap nowhere."""
    ends = sorted((key(each.first), key(each.last)) for each in spans)
    return all(one[1] < other[0] for one, other in pairwise(ends))


def _length_first(text: str) -> tuple[int, bytes]:
    data = text.encode()
    return len(data), data


def _all(mask: pa.BooleanArray) -> bool:
    return bool(pc.all(mask, min_count=0).as_py())
