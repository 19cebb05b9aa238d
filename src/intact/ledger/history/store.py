"""The history's file: SQLite, opened, checked, and brought to the present version.

One file, with SQLite's rollback journal: what a run records is one transaction, so a kill at any moment leaves all of
it or nothing, and two runs wait for each other. Times are UTC milliseconds.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

from intact.core.errors import HistoryError

VARIABLE: Final = "INTACT_HISTORY"
"""Environment variable that names the file."""

APPLICATION: Final = 0x1A7AC7
"""What SQLite's header says the file is, so that no other database is written into."""

_IN_MEMORY: Final = ":memory:"

WAIT_SECONDS: Final = 30.0
_TRY_MILLISECONDS: Final = 200
"""How long to wait for another run that is recording."""

_MIGRATIONS: Final = (
    """
    CREATE TABLE audit (
        id INTEGER PRIMARY KEY,
        model TEXT NOT NULL,
        subject TEXT NOT NULL,
        UNIQUE (model, subject)
    );
    CREATE TABLE run (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        audit INTEGER NOT NULL REFERENCES audit,
        name TEXT NOT NULL UNIQUE,
        ended INTEGER NOT NULL,
        as_of INTEGER NOT NULL,
        seconds REAL NOT NULL,
        source TEXT NOT NULL,
        version TEXT NOT NULL,
        exit_code INTEGER NOT NULL,
        complete INTEGER NOT NULL,
        documents INTEGER NOT NULL,
        affected INTEGER NOT NULL,
        failing INTEGER NOT NULL,
        reports TEXT NOT NULL,
        counts TEXT NOT NULL,
        money TEXT NOT NULL,
        new INTEGER NOT NULL,
        persisting INTEGER NOT NULL,
        came_back INTEGER NOT NULL,
        resolved INTEGER NOT NULL
    );
    CREATE INDEX run_by_time ON run (audit, ended);
    CREATE TABLE finding (
        id INTEGER PRIMARY KEY,
        audit INTEGER NOT NULL REFERENCES audit,
        fingerprint BLOB NOT NULL,
        report TEXT NOT NULL,
        type TEXT NOT NULL,
        severity TEXT NOT NULL,
        collection TEXT NOT NULL,
        check_ TEXT NOT NULL,
        description TEXT NOT NULL,
        UNIQUE (audit, report, fingerprint)
    );
    CREATE TABLE span (
        finding INTEGER NOT NULL REFERENCES finding,
        since INTEGER NOT NULL,
        until INTEGER,
        PRIMARY KEY (finding, since)
    ) WITHOUT ROWID;
    CREATE INDEX span_open ON span (finding) WHERE until IS NULL;
    CREATE TABLE day (
        audit INTEGER NOT NULL REFERENCES audit,
        day TEXT NOT NULL,
        report TEXT NOT NULL,
        type TEXT NOT NULL,
        count INTEGER NOT NULL,
        PRIMARY KEY (audit, day, report, type)
    ) WITHOUT ROWID;
    """,
    """
    ALTER TABLE finding ADD COLUMN cause TEXT NOT NULL DEFAULT '';
    ALTER TABLE finding ADD COLUMN money_kind TEXT;
    ALTER TABLE finding ADD COLUMN money TEXT;
    CREATE TABLE alert_target (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        file TEXT NOT NULL,
        name TEXT NOT NULL,
        failures INTEGER NOT NULL DEFAULT 0,
        failing_since INTEGER,
        next_try INTEGER NOT NULL DEFAULT 0,
        error TEXT NOT NULL DEFAULT '',
        digested INTEGER NOT NULL DEFAULT 0,
        claim TEXT,
        claimed INTEGER NOT NULL DEFAULT 0,
        UNIQUE (file, name)
    );
    CREATE TABLE alert_watch (
        target INTEGER NOT NULL REFERENCES alert_target,
        audit INTEGER NOT NULL REFERENCES audit,
        since INTEGER NOT NULL,
        alarm INTEGER NOT NULL DEFAULT 0,
        currency TEXT,
        urgent TEXT NOT NULL,
        link TEXT NOT NULL,
        PRIMARY KEY (target, audit)
    ) WITHOUT ROWID;
    CREATE TABLE alert_told (
        target INTEGER NOT NULL REFERENCES alert_target,
        finding INTEGER NOT NULL,
        since INTEGER NOT NULL,
        PRIMARY KEY (target, finding, since)
    ) WITHOUT ROWID;
    CREATE TABLE alert_event (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        target INTEGER NOT NULL REFERENCES alert_target,
        made INTEGER NOT NULL,
        kind TEXT NOT NULL,
        job TEXT NOT NULL,
        text TEXT NOT NULL
    );
    CREATE TABLE alert_trouble (
        target INTEGER NOT NULL REFERENCES alert_target,
        job TEXT NOT NULL,
        said TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (target, job)
    ) WITHOUT ROWID;
    CREATE TABLE alert_run (
        token TEXT PRIMARY KEY,
        file TEXT NOT NULL,
        job TEXT NOT NULL,
        began INTEGER NOT NULL,
        process TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE alert_snooze (
        file TEXT NOT NULL,
        what TEXT NOT NULL,
        until INTEGER NOT NULL,
        PRIMARY KEY (file, what)
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE job (
        name TEXT PRIMARY KEY,
        since INTEGER NOT NULL,
        owner TEXT,
        beat INTEGER NOT NULL DEFAULT 0,
        due INTEGER,
        tries INTEGER NOT NULL DEFAULT 0,
        again INTEGER
    ) WITHOUT ROWID;
    CREATE TABLE job_done (
        job TEXT NOT NULL REFERENCES job,
        due INTEGER NOT NULL,
        ended INTEGER NOT NULL,
        exit_code INTEGER NOT NULL,
        PRIMARY KEY (job, due)
    ) WITHOUT ROWID;
    """,
    "ALTER TABLE run ADD COLUMN severities TEXT NOT NULL DEFAULT '{}'",
    "ALTER TABLE finding ADD COLUMN accepted INTEGER NOT NULL DEFAULT 0",
    """
    ALTER TABLE finding ADD COLUMN documents BLOB;
    ALTER TABLE span ADD COLUMN how TEXT;
    ALTER TABLE span ADD COLUMN by_changed_rule INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE run ADD COLUMN model TEXT NOT NULL DEFAULT '';
    ALTER TABLE run ADD COLUMN cured INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE run ADD COLUMN destroyed INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE rule (
        audit INTEGER NOT NULL REFERENCES audit,
        report TEXT NOT NULL,
        check_ TEXT NOT NULL,
        type TEXT NOT NULL,
        digest TEXT NOT NULL,
        judged TEXT NOT NULL,
        PRIMARY KEY (audit, report, check_, type)
    ) WITHOUT ROWID;
    """,
    "ALTER TABLE span ADD COLUMN rule TEXT",
    """
    CREATE TABLE lease (
        name TEXT PRIMARY KEY,
        holder TEXT NOT NULL,
        taken INTEGER NOT NULL,
        beat INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID;
    CREATE TABLE attempt (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        job TEXT NOT NULL,
        alerts TEXT NOT NULL DEFAULT '',
        holder TEXT NOT NULL,
        began INTEGER NOT NULL,
        ended INTEGER,
        outcome TEXT,
        exit_code INTEGER
    );
    CREATE INDEX attempt_by_job ON attempt (job);
    CREATE TABLE job_due (
        job TEXT NOT NULL REFERENCES job,
        due INTEGER NOT NULL,
        attempt INTEGER NOT NULL REFERENCES attempt,
        PRIMARY KEY (job, due)
    ) WITHOUT ROWID;
    INSERT INTO attempt (job, holder, began, ended, outcome, exit_code)
        SELECT job, '', due, ended, iif(exit_code = 2, 'failed', 'done'), exit_code FROM job_done ORDER BY ended;
    INSERT INTO job_due SELECT job, began, id FROM attempt WHERE job IN (SELECT name FROM job);
    INSERT INTO attempt (job, alerts, holder, began) SELECT job, file, process, began FROM alert_run ORDER BY began;
    INSERT INTO lease SELECT 'job ' || name, owner, due, beat FROM job
        WHERE typeof(owner) = 'text' AND typeof(due) = 'integer' AND typeof(beat) = 'integer';
    INSERT INTO lease SELECT 'alerts ' || id, claim, claimed, 0 FROM alert_target WHERE claim IS NOT NULL;
    DROP TABLE job_done;
    DROP TABLE alert_run;
    ALTER TABLE job DROP COLUMN owner;
    ALTER TABLE job DROP COLUMN beat;
    ALTER TABLE alert_target DROP COLUMN claim;
    ALTER TABLE alert_target DROP COLUMN claimed
    """,
)
"""What brings the file from each version to the next; the first makes it."""

VERSION: Final = len(_MIGRATIONS)


def default_path() -> Path:
    """Return where the history lies unless told otherwise: what :data:`VARIABLE` says, else the user's state folder.

    Raises:
        HistoryError: If the user has none.
    """
    given = os.environ.get(VARIABLE)
    if given:
        return Path(given)
    try:
        home = Path.home()
    except RuntimeError as error:
        raise HistoryError(
            "this user has no home folder, and so no state folder",
            hint=f"Name a file with --history or in {VARIABLE}.",
        ) from error
    if sys.platform == "win32":
        folder = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        folder = home / "Library" / "Application Support"
    else:
        folder = Path(os.environ.get("XDG_STATE_HOME") or home / ".local" / "state")
    return folder / "intact" / "history.sqlite"


class Store:
    """An open history.

    Args:
        path: Its file; made, with its folder, if it is not there. None for one in memory, which ends with this object.
        make: Whether to make it; otherwise a file that is not there is an error.

    Attributes:
        lasting: Whether what is written is there for the next run.

    Raises:
        HistoryError: If it cannot be opened, is no history, or is of a later version of intact.
    """

    def __init__(self, path: Path | None, *, make: bool = True) -> None:
        self.path = Path(_IN_MEMORY) if path is None else path
        self.lasting = path is not None
        self._told = False
        with self.errors():
            if path is None:
                self._open(new=False)
                return
            if make:
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            elif not path.exists():
                raise HistoryError(
                    "there is no history",
                    where=str(path),
                    hint="It begins with the first run that records one.",
                )
            self._open(new=not path.exists())

    def _open(self, *, new: bool) -> None:
        self.database = sqlite3.connect(
            self.path, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            if new and os.name == "posix":
                self.path.chmod(0o600)
            self.database.execute("PRAGMA foreign_keys = ON")
            self._migrate()
        except BaseException:
            self.database.close()
            raise

    def _migrate(self) -> None:
        """Bring the file to the present version, one step after the other, each whole or not at all."""
        if self._version() == VERSION:
            return
        with self.writing():
            version = self._version()
            if self.lasting and 0 < version < VERSION:
                self._keep_as_it_was(version)
            for number in range(version, VERSION):
                for statement in _MIGRATIONS[number].split(";"):
                    self.database.execute(statement)
                self.database.execute(f"PRAGMA user_version = {number + 1}")
            self.database.execute(f"PRAGMA application_id = {APPLICATION}")

    def _keep_as_it_was(self, version: int) -> None:
        """Keep a copy beside the file, which the intact that wrote it can read; nobody else may be writing."""
        kept = self.path.with_name(f"{self.path.name}.format-{version}")
        part = kept.with_name(f"{kept.name}.part")
        part.unlink(missing_ok=True)
        part.touch(0o600, exist_ok=False)
        with (
            contextlib.closing(sqlite3.connect(self.path)) as old,
            contextlib.closing(sqlite3.connect(part)) as copy,
        ):
            old.backup(copy)
        part.replace(kept)

    def _version(self) -> int:
        """Return the version of the file, 0 for a new one.

        Raises:
            HistoryError: If it is no history, or of a later version.
        """
        ((version,),) = self.database.execute("PRAGMA user_version")
        ((application,),) = self.database.execute("PRAGMA application_id")
        ((tables,),) = self.database.execute("SELECT count(*) FROM sqlite_master")
        if tables and application != APPLICATION:
            raise HistoryError(
                "this is a database, but no history of intact",
                where=str(self.path),
                hint="Name another file.",
            )
        if version > VERSION:
            raise HistoryError(
                f"the history was written by a later version of intact (format {version}; this one knows {VERSION})",
                where=str(self.path),
                hint="Install that version, or name another file with --history.",
            )
        return int(version)

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Write all of it or nothing; waits for another run that is writing.

        Raises:
            HistoryError: If it could not be written.
        """
        with self._transaction("BEGIN IMMEDIATE") as database:
            yield database

    @contextlib.contextmanager
    def setting_aside(self) -> Iterator[sqlite3.Connection]:
        """Write into temporary tables, all of it or nothing; nobody waits for that.

        Raises:
            HistoryError: If it could not be written.
        """
        with self._transaction("BEGIN") as database:
            yield database

    @contextlib.contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self.errors():
            self._begin(begin)
            try:
                yield self.database
                self.database.execute("COMMIT")
            except BaseException:
                if self.database.in_transaction:
                    self.database.execute("ROLLBACK")
                raise

    def _begin(self, begin: str) -> None:
        """Begin, when no other run is writing any more; a signal comes through meanwhile, as it would not in SQLite."""
        ends = time.monotonic() + WAIT_SECONDS
        self.database.execute(f"PRAGMA busy_timeout = {_TRY_MILLISECONDS}")
        try:
            while True:
                try:
                    self.database.execute(begin)
                except sqlite3.OperationalError as error:
                    if (
                        error.sqlite_errorcode != sqlite3.SQLITE_BUSY
                        or self._told
                        or time.monotonic() >= ends
                    ):
                        raise
                else:
                    return
        finally:
            self.database.execute(f"PRAGMA busy_timeout = {int(WAIT_SECONDS * 1000)}")

    def interrupt(self) -> None:
        """Make what it is doing fail soon, from another thread; nothing of it is written."""
        self._told = True
        self.database.interrupt()

    def interrupt_statements(self) -> None:
        """Go on: a run whose time is over is recorded."""

    @contextlib.contextmanager
    def errors(self) -> Iterator[None]:
        """Turn errors of SQLite and of the system, and values that no run wrote, into a sentence about the file."""
        try:
            yield
        except sqlite3.Error as error:
            raise HistoryError(_what(error), where=str(self.path), hint=_hint(error)) from error
        except _SENSELESS as error:
            what, hint = _SAID[sqlite3.SQLITE_CORRUPT]
            raise HistoryError(f"{what} ({type(error).__name__})", where=str(self.path), hint=hint) from error
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise HistoryError(
                f"the history cannot be opened ({reason})",
                where=str(self.path),
                hint="Name another file with --history, or leave it out with --no-history.",
            ) from error

    def close(self) -> None:
        """Close the file. May be called twice."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


_SENSELESS: Final = (ValueError, TypeError, ArithmeticError, LookupError, AttributeError)
"""What comes of bytes that were changed where SQLite does not notice: text that is no JSON, a moment that is none."""

_SAID: Final = {
    sqlite3.SQLITE_BUSY: ("another process keeps the history locked", "Wait for it to end, and run again."),
    sqlite3.SQLITE_CORRUPT: ("the history is damaged", "Move it away; the next run begins a new one."),
    sqlite3.SQLITE_NOTADB: ("this is no history of intact", "Name another file, or move this one away."),
    sqlite3.SQLITE_READONLY: (
        "the history may not be written",
        "Ask for the right to, or name another file.",
    ),
    sqlite3.SQLITE_FULL: ("the disk is full, so the history could not be written", "Make room."),
    sqlite3.SQLITE_CANTOPEN: (
        "the history cannot be opened",
        "Check that its folder is there and may be written.",
    ),
    sqlite3.SQLITE_IOERR: ("the disk failed under the history", "Check the disk, or name another file."),
}


def milliseconds(moment: datetime) -> int:
    """Return a moment as the history writes it."""
    return int(moment.timestamp() * 1000)


def moment_of(written: int) -> datetime:
    """Return a moment of the history, in UTC."""
    return datetime.fromtimestamp(written / 1000, UTC)


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _what(error: sqlite3.Error) -> str:
    return _SAID.get(_code(error), (f"the history cannot be used ({error})", ""))[0]


def _hint(error: sqlite3.Error) -> str:
    return _SAID.get(_code(error), ("", "Name another file with --history."))[1]
