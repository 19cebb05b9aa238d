"""How runs ended: each is written down when it begins, and again when it ends, so that a killed one is known."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Final

from intact.ledger.history.leases import is_over, process_name
from intact.ledger.history.store import Store, milliseconds, moment_of

DONE: Final = "done"
FAILED: Final = "failed"
INTERRUPTED: Final = "interrupted"
KILLED: Final = "killed"
"""How a run ended; a killed one has never said so itself."""

_LOST: Final = timedelta(days=2)
"""After how long a run of another machine is given up."""

_KEPT: Final = 400
"""How many ended runs are kept of what is audited, beside those that a schedule refers to."""


def ending_of(error: BaseException) -> tuple[str, int] | None:
    """Return how a run ended that an error has ended, and its exit code.

    None for what is no failure of the run: help was shown, or nobody reads what it prints.
    """
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED, 130
    if isinstance(error, BrokenPipeError) or getattr(error, "exit_code", None) == 0:
        return None
    return (FAILED, 2) if isinstance(error, Exception) else (INTERRUPTED, 130)


class Attempt:
    """A run of this process.

    Args:
        job: What is audited, in words without a secret; the same for each run of it.
        alerts: The identity of the alerts file whose targets are told if it never ends; empty for none.
    """

    def __init__(self, job: str, alerts: str = "") -> None:
        self._of = job, alerts
        self._began = datetime.now(UTC)
        self._number: int | None = None

    def begin(self, store: Store, now: datetime) -> list[datetime]:
        """Write down that it begins, and of those before it which have died that they did; return when those began.

        Raises:
            HistoryError: If the history cannot be written.
        """
        self._began = now
        with store.writing() as database:
            rows = database.execute(
                "SELECT id, began, holder FROM attempt WHERE job = ? AND alerts = ? AND outcome IS NULL",
                self._of,
            ).fetchall()
            lost = [row for row in rows if row[2] == process_name() or is_over(row[2], row[1], now, _LOST)]
            killed = f"UPDATE attempt SET outcome = '{KILLED}' WHERE id = ?"
            database.executemany(killed, ((row[0],) for row in lost))
            self._insert(database)
        return [moment_of(began) for _, began, _ in lost]

    def end(self, store: Store, outcome: str, exit_code: int | None, now: datetime) -> None:
        """Write down how it ended; what is said last counts.

        Raises:
            HistoryError: If the history cannot be written.
        """
        with store.writing() as database:
            database.execute(
                "UPDATE attempt SET ended = ?, outcome = ?, exit_code = ? WHERE id = ?",
                (milliseconds(now), outcome, exit_code, self._number or self._insert(database)),
            )
            database.execute(
                "DELETE FROM attempt WHERE job = ? AND outcome IS NOT NULL AND id NOT IN (SELECT attempt FROM job_due)"
                " AND id NOT IN (SELECT id FROM attempt WHERE job = ? ORDER BY id DESC LIMIT ?)",
                (self._of[0], self._of[0], _KEPT),
            )

    def take_back(self, store: Store) -> None:
        """Let it not have been: nothing was to be audited.

        Raises:
            HistoryError: If the history cannot be written.
        """
        with store.writing() as database:
            database.execute("DELETE FROM attempt WHERE id = ?", (self._number,))

    def _insert(self, database: sqlite3.Connection) -> int:
        number = database.execute(
            "INSERT INTO attempt (job, alerts, holder, began) VALUES (?, ?, ?, ?)",
            (*self._of, process_name(), milliseconds(self._began)),
        ).lastrowid
        self._number = number
        return number or 0
