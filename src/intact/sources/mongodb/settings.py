"""How a live server may be read: what users can say of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DEFAULT_CURSORS: Final = 4
"""How many cursors read at once, where nobody says otherwise: a server notices little of so few."""

READING_SHARE: Final = 0.8
"""What part of the time for a run reading may take: the rest is for the checks, and for looking again."""

READ_PREFERENCES: Final = ("primary", "primaryPreferred", "secondary", "secondaryPreferred", "nearest")
"""Which member of a replica set can be read, by MongoDB's own names."""


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """How a server is read.

    Attributes:
        read_preference: Which member, as MongoDB names it; None for what the URI or the handle says, else
            ``secondaryPreferred``.
        strict_read_only: Whether each command that the driver sends is held against the list of those that read.
        max_rate: How many bytes a second may be read, on average; None for as many as come.
        cursors: How many cursors read at once.
        seconds: After how many seconds reading ends with what was read; None for as long as it takes.
    """

    read_preference: str | None = None
    strict_read_only: bool = False
    max_rate: int | None = None
    cursors: int = DEFAULT_CURSORS
    seconds: float | None = None
