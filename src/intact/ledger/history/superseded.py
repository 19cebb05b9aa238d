"""Which reports of a run say nothing of what is there now, because a run of a later moment is recorded already."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from datetime import datetime

from intact.ledger.history.store import milliseconds


def superseded(
    database: sqlite3.Connection, audit: int, names: Iterable[str], as_of: datetime, now: datetime
) -> set[str]:
    """Return the reports that a recorded run has made as of a later moment.

    Each report has its own past: a run of one that takes long is not overtaken by one of another. And what was made as
    of a moment that is still to come overtakes nothing: a clock was wrong, or somebody looked ahead.

    Args:
        database: The open history.
        audit: Which audit.
        names: The reports that the run has made.
        as_of: From when the run counts.
        now: When it is recorded.
    """
    rows = database.execute(
        "SELECT reports FROM run WHERE audit = ? AND as_of > ? AND as_of <= ?",
        (audit, milliseconds(as_of), milliseconds(now)),
    )
    later = {name for (reports,) in rows for name in json.loads(reports)}
    return later & set(names)
