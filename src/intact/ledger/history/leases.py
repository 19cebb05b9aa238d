"""One lease for whatever two must not do at once: a row that says who holds it, in the history's file.

Whoever holds a lease may die with it. Of a process of this machine that can be asked; of another machine's a lease is
over when it is too old, or when its beat stands still for too long by the watch of whoever looks.
"""

from __future__ import annotations

import os
import socket
import sqlite3
import uuid
from datetime import datetime, timedelta
from typing import NamedTuple

from intact.ledger.history.store import milliseconds


class Lease(NamedTuple):
    """Who holds a lease, since when in UTC milliseconds, and how often there was a sign of life."""

    holder: str
    taken: int
    beat: int


def process_name(number: int | None = None) -> str:
    """Return by which name a process of this machine holds leases; this one where no number is given."""
    return f"{socket.gethostname()} {number or os.getpid()}"


def new_holder() -> str:
    """Return a name that no other holder has; people can tell from it where it runs."""
    return f"{process_name()} {uuid.uuid4().hex[:8]}"


def held(database: sqlite3.Connection, name: str) -> Lease | None:
    """Return who holds a lease; None for nobody, and where the row holds what no intact wrote."""
    row = database.execute(
        "SELECT holder, taken, beat FROM lease WHERE name = ? AND typeof(holder) = 'text'"
        " AND typeof(taken) = 'integer' AND typeof(beat) = 'integer'",
        (name,),
    ).fetchone()
    return None if row is None else Lease(*row)


def take(database: sqlite3.Connection, name: str, holder: str, now: datetime) -> None:
    """Take a lease; the caller, in whose transaction this is, knows that nobody else holds it."""
    database.execute(
        "INSERT OR REPLACE INTO lease (name, holder, taken) VALUES (?, ?, ?)",
        (name, holder, milliseconds(now)),
    )


def beat(database: sqlite3.Connection, name: str, holder: str) -> bool:
    """Show a sign of life; False where another holds the lease."""
    counted = "UPDATE lease SET beat = beat + 1 WHERE name = ? AND holder = ?"
    return bool(database.execute(counted, (name, holder)).rowcount)


def let_go(database: sqlite3.Connection, name: str, holder: str) -> bool:
    """Return a lease back; False where another holds it."""
    return bool(database.execute("DELETE FROM lease WHERE name = ? AND holder = ?", (name, holder)).rowcount)


def is_over(holder: str, since: int, now: datetime, longest: timedelta) -> bool:
    """Tell whether a process is no more that began something, or has had it for longer than that takes.

    One that begins only later did so by a clock that was wrong.
    """
    return not 0 <= milliseconds(now) - since < longest // timedelta(milliseconds=1) or _is_gone(holder)


def _is_gone(holder: str) -> bool:
    """Tell whether a process is known to be no more."""
    host, number, *_ = [*holder.split(" "), ""]
    if host != socket.gethostname() or not number.isdecimal() or os.name != "posix":
        return False
    try:
        os.kill(int(number), 0)
    except (ProcessLookupError, OverflowError):
        return True
    except OSError:  # it is somebody else's
        return False
    return False
