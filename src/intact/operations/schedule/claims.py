"""Who does what is due: jobs in the history's file, so that machines which share it do nothing twice at once.

A job is claimed by taking its lease, in one transaction. Whoever has it counts its ``beat`` up as long as it works. A
claim whose beat stands still, by the watch of whoever looks, is dead: so neither a clock that jumps nor two machines
whose clocks differ make anybody take what another is still doing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from intact.ledger.history import leases
from intact.ledger.history.attempts import DONE, FAILED, KILLED
from intact.ledger.history.store import Store

LEASE_SECONDS: Final = 90.0
"""How long a claim lives without a beat."""

WAITS: Final = (timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=45))
"""How long to wait after each run that failed; after one more it is given up until it is due the next time."""

GIVEN_UP: Final = 2
"""Exit code under which a run is kept that was given up."""

_SOUND: Final = (
    "typeof(since) = 'integer' AND typeof(tries) = 'integer'"
    " AND typeof(due) IN ('integer', 'null') AND typeof(again) IN ('integer', 'null')"
)
"""What a row of the table is that intact wrote; SQLite lets others write anything."""

_KEPT: Final = 400  # of what is done, a job


@dataclass(frozen=True, slots=True)
class JobState:
    """What is known of a job.

    Attributes:
        name: The daemon's name and the cadence.
        owner: Who is doing it; None for nobody.
        due: What is being done, or was tried last.
        tries: How often that was tried in vain.
        again: When it is tried again.
        done: What was done last: when it was due, when it ended, its exit code.
    """

    name: str
    owner: str | None
    due: datetime | None
    tries: int
    again: datetime | None
    done: tuple[datetime, datetime, int] | None


class Claims:
    """The jobs of a history, as one worker sees them.

    Args:
        path: The history's file; made if it is not there.
        owner: Who claims; no two workers have the same name.
        monotonic: Seconds that only go forward.
        lease: How long a claim lives without a beat, in seconds.
    """

    def __init__(
        self, path: Path, owner: str, monotonic: Callable[[], float], lease: float = LEASE_SECONDS
    ) -> None:
        self._path = path
        self._owner = owner
        self._monotonic = monotonic
        self._lease = lease
        self._beats: dict[str, tuple[leases.Lease, float]] = {}

    def register(self, names: Sequence[str], now: datetime, *, at_once: bool = False) -> None:
        """Make jobs known; what was due before a job was known is not missed.

        Args:
            names: The jobs.
            now: Since when they are known, if they are not yet.
            at_once: Whether a job that was never done is due as of the last time.

        Raises:
            HistoryError: If the history cannot be written.
        """
        with self._writing() as database:
            for name in names:
                self._know(database, name, now)
                if at_once:
                    database.execute(
                        "UPDATE job SET since = 0 WHERE name = ?"
                        " AND NOT EXISTS (SELECT 1 FROM job_due d WHERE d.job = job.name)",
                        (name,),
                    )

    def claim(self, due: Mapping[str, datetime], now: datetime) -> tuple[list[str], list[str]]:
        """Claim what is due, not done, and not in anybody's hands.

        A job that is not known is from now on: somebody may have moved the history away. So is one whose row holds
        what no intact wrote.

        Args:
            due: The moment at which each job was due last.
            now: The present moment.

        Returns:
            The jobs that are this worker's now; and those that are given up, because whoever did them died of it, or
            of something else, again and again.

        Raises:
            HistoryError: If the history cannot be written; nothing is claimed then.
        """
        with self._store() as store, store.errors():
            late = store.database.execute("SELECT 1 FROM job WHERE since > ? LIMIT 1", (_ms(now),)).fetchone()
            sound = {name for (name,) in store.database.execute(f"SELECT name FROM job WHERE {_SOUND}")}
            unknown = [name for name in due if name not in sound]
            if not (
                late
                or unknown
                or any(self._free(store.database, name, moment, now) for name, moment in due.items())
            ):  # no lock is taken: a worker that has nothing to do writes nothing
                return [], []
            with store.writing() as database:
                for name in unknown:
                    self._know(database, name, now)
                # Known since tomorrow: the clock was put back, and what is due until then would be passed over.
                database.execute("UPDATE job SET since = ? WHERE since > ?", (_ms(now), _ms(now)))
                taken = [name for name, moment in due.items() if self._take(database, name, moment, now)]
                given_up = [name for name in taken if self._give_up(database, name, now)]
        return [name for name in taken if name not in given_up], given_up

    def beat(self, names: Sequence[str]) -> bool:
        """Show that one is still at work; False if any of the jobs was taken away.

        Raises:
            HistoryError: If the history cannot be written.
        """
        with self._writing() as database:
            own = [name for name in names if leases.beat(database, _lease(name), self._owner)]
        return len(own) == len(names)

    def finish(self, names: Sequence[str], now: datetime, exit_code: int, process: str = "") -> None:
        """Say that jobs are done, and let go of them.

        Args:
            names: The jobs.
            now: The present moment.
            exit_code: That of the audit.
            process: Which process made it; the history knows from itself how that ended.

        Raises:
            HistoryError: If the history cannot be written.
        """
        with self._writing() as database:
            for name in names:
                self._done(database, name, now, (DONE, exit_code), process)

    def fail(self, names: Sequence[str], now: datetime) -> datetime | None:
        """Say that jobs failed, and let go of them.

        Returns:
            When they are tried again; None if they were tried often enough.

        Raises:
            HistoryError: If the history cannot be written.
        """
        again: datetime | None = None
        with self._writing() as database:
            for name in names:
                if not self._is_mine(database, name):
                    continue
                ((tries,),) = database.execute("SELECT tries FROM job WHERE name = ?", (name,))
                if tries >= len(WAITS):
                    self._done(database, name, now, (FAILED, GIVEN_UP))
                    continue
                again = now + WAITS[tries]
                leases.let_go(database, _lease(name), self._owner)
                database.execute(
                    "UPDATE job SET tries = tries + 1, again = ? WHERE name = ?", (_ms(again), name)
                )
        return again

    def release(self, names: Sequence[str]) -> None:
        """Let go of jobs that were begun and not done, so that anybody does them anew.

        Raises:
            HistoryError: If the history cannot be written.
        """
        with self._writing() as database:
            for name in names:
                leases.let_go(database, _lease(name), self._owner)

    def _know(self, database: sqlite3.Connection, name: str, now: datetime) -> None:
        """Make a job known, if it is not."""
        database.execute("INSERT OR IGNORE INTO job (name, since) VALUES (?, ?)", (name, _ms(now)))
        database.execute(
            "UPDATE job SET since = ?, due = NULL, tries = 0, again = NULL"
            f" WHERE name = ? AND NOT ({_SOUND})",
            (_ms(now), name),
        )

    def _free(self, database: sqlite3.Connection, name: str, moment: datetime, now: datetime) -> bool:
        """Whether a job is due and nobody is doing it; takes note of the beat of whoever is."""
        row = database.execute("SELECT since, due, again FROM job WHERE name = ?", (name,)).fetchone()
        if row is None or _ms(moment) < row[0]:
            return False
        done = "SELECT 1 FROM job_due WHERE job = ? AND due = ?"
        if database.execute(done, (name, _ms(moment))).fetchone():
            return False
        _, tried, again = row
        lease = leases.held(database, _lease(name))
        if lease is not None:
            return self._is_dead(name, lease)
        if tried != _ms(moment) or again is None:
            return True
        # A longer wait than there is: the clock was put back since then.
        return not now < _at(again) <= now + WAITS[-1]

    def _is_dead(self, name: str, lease: leases.Lease) -> bool:
        seen, since = self._beats.get(name, (None, 0.0))
        if seen != lease:
            self._beats[name] = lease, self._monotonic()
            return False
        return self._monotonic() - since >= self._lease

    def _is_mine(self, database: sqlite3.Connection, name: str) -> bool:
        lease = leases.held(database, _lease(name))
        return lease is not None and lease.holder == self._owner

    def _take(self, database: sqlite3.Connection, name: str, moment: datetime, now: datetime) -> bool:
        if not self._free(database, name, moment, now):
            return False
        ((tried, tries),) = database.execute("SELECT due, tries FROM job WHERE name = ?", (name,))
        died = leases.held(database, _lease(name)) is not None  # a worker that died failed too
        tries = tries + died if tried == _ms(moment) else 0
        leases.take(database, _lease(name), self._owner, now)
        database.execute(
            "UPDATE job SET due = ?, tries = ?, again = NULL WHERE name = ?", (_ms(moment), tries, name)
        )
        return True

    def _give_up(self, database: sqlite3.Connection, name: str, now: datetime) -> bool:
        ((tries,),) = database.execute("SELECT tries FROM job WHERE name = ?", (name,))
        if tries > len(WAITS):
            self._done(database, name, now, (KILLED, GIVEN_UP))
        return bool(tries > len(WAITS))

    def _done(
        self,
        database: sqlite3.Connection,
        name: str,
        now: datetime,
        ending: tuple[str, int],
        process: str = "",
    ) -> None:
        lease = leases.held(database, _lease(name))
        if not lease or not leases.let_go(database, _lease(name), self._owner):
            return
        ((number,),) = database.execute(
            "SELECT max(id) FROM attempt WHERE holder = ? AND began >= ? AND outcome = ? AND exit_code = ?",
            (process, lease.taken, *ending),
        )
        if number is None:  # it could not write itself down
            number = database.execute(
                "INSERT INTO attempt (job, holder, began, ended, outcome, exit_code) VALUES (?, ?, ?, ?, ?, ?)",
                (name, process, lease.taken, _ms(now), *ending),
            ).lastrowid
        database.execute(
            "INSERT OR REPLACE INTO job_due (job, due, attempt) SELECT name, due, ? FROM job WHERE name = ?",
            (number, name),
        )
        database.execute("UPDATE job SET tries = 0, again = NULL WHERE name = ?", (name,))
        database.execute(
            "DELETE FROM job_due WHERE job = ? AND due NOT IN"
            " (SELECT due FROM job_due WHERE job = ? ORDER BY attempt DESC LIMIT ?)",
            (name, name, _KEPT),
        )

    def _store(self) -> Store:
        return Store(self._path)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._store() as store, store.writing() as database:
            yield database


def _lease(name: str) -> str:
    return f"job {name}"


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _at(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def states(store: Store) -> list[JobState]:
    """Return what is known of all jobs, by their names.

    Raises:
        HistoryError: If the history cannot be read.
    """
    found = []
    with store.errors():
        jobs = store.database.execute("SELECT name, due, tries, again FROM job ORDER BY name").fetchall()
        for name, due, tries, again in jobs:
            last = store.database.execute(
                "SELECT d.due, a.ended, a.exit_code FROM job_due d JOIN attempt a ON a.id = d.attempt"
                " WHERE d.job = ? ORDER BY a.ended DESC LIMIT 1",
                (name,),
            ).fetchone()
            lease = leases.held(store.database, _lease(name))
            done = None if last is None else (_at(last[0]), _at(last[1]), last[2])
            owner = lease.holder if lease else None
            found.append(JobState(name, owner, due and _at(due), tries, again and _at(again), done))
    return found
