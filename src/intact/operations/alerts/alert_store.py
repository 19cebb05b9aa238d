"""What is remembered of alerts, in the history's file: who was told of what, what waits, who could not be reached."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from intact.core.terms import SEVERITIES
from intact.findings.changes import CAME_BACK, NEW, ModelChange, StatusCounts
from intact.findings.records import Finding
from intact.ledger.history import Store, leases
from intact.ledger.history.views import model_changes
from intact.operations.alerts.config import Names, Snooze, Target
from intact.operations.alerts.notifications import Event, Item, Notification, NotificationPart, ended, moment

REMIND: Final = timedelta(hours=23)
"""After how long the same failure is told again, while it goes on."""

LONGEST_PAUSE: Final = timedelta(hours=6)
"""How long a target that cannot be reached is left alone at most."""

_FIRST_PAUSE: Final = timedelta(minutes=1)
_SENDING: Final = timedelta(minutes=5)
"""Longer than any sending takes: a claim that is older is over."""


@dataclass(frozen=True, slots=True)
class TargetRow:
    """What is known of a target.

    Attributes:
        failures: How often in a row it could not be reached.
        failing_since: Since when; None where it could be reached last time.
        next_try: When it is tried again.
        error: Why it could not be reached.
        digested: When it got its last digest; None for never.
    """

    id: int
    name: str
    failures: int
    failing_since: datetime | None
    next_try: datetime
    error: str
    digested: datetime | None


@dataclass(frozen=True, slots=True)
class Watch:
    """One audit of which a target is told.

    Attributes:
        since: From when on; what was resolved before is old news.
        alarm: Whether it was told of findings, and not yet that all is clear.
        urgent: What is told at once, by the model.
        complete: Whether the last run of the audit was.
    """

    part: NotificationPart
    since: int
    alarm: bool
    urgent: Names
    complete: bool


class AlertStore:
    """What is remembered for the targets of one alerts file.

    Args:
        store: The open history.
        file: The identity of the alerts file.

    All methods raise HistoryError where the history cannot be read or written.
    """

    def __init__(self, store: Store, file: str) -> None:
        self._store = store
        self._file = file

    # Targets

    def target(self, name: str) -> TargetRow:
        """Return what is known of a target."""
        query = (
            "SELECT id, name, failures, failing_since, next_try, error, digested"
            " FROM alert_target WHERE file = ? AND name = ?"
        )
        with self._store.errors():
            row = self._store.database.execute(query, (self._file, name)).fetchone()
        if row is None:
            with self._store.writing() as database:
                database.execute(
                    "INSERT OR IGNORE INTO alert_target (file, name) VALUES (?, ?)", (self._file, name)
                )
            with self._store.errors():
                row = self._store.database.execute(query, (self._file, name)).fetchone()
        with self._store.errors():
            number, name, failures, since, next_try, error, digested = row
            return TargetRow(
                number,
                name,
                failures,
                None if since is None else moment(since),
                moment(next_try),
                error,
                moment(digested) if digested else None,
            )

    def failing(self) -> list[TargetRow]:
        """Return the targets that could not be reached the last time."""
        with self._store.errors():
            rows = self._store.database.execute(
                "SELECT name FROM alert_target WHERE file = ? AND failures > 0 ORDER BY id", (self._file,)
            ).fetchall()
        return [self.target(name) for (name,) in rows]

    def claim(self, target: int, now: datetime, wait: float) -> bool:
        """Reserve the sending to a target for this process, so that no two send the same; False where another has it.

        A claim whose process is dead is taken over, and so is one that is older than any sending takes.
        """
        ends = time.monotonic() + wait
        while not self._claimed(target, now):
            if time.monotonic() >= ends:
                return False
            time.sleep(0.1)
        return True

    def _claimed(self, target: int, now: datetime) -> bool:
        with self._store.writing() as database:
            lease, me = leases.held(database, _lease(target)), leases.process_name()
            if lease and lease.holder != me and not leases.is_over(lease.holder, lease.taken, now, _SENDING):
                return False
            leases.take(database, _lease(target), me, now)
        return True

    def release(self, target: int, digested: datetime | None = None) -> None:
        """Give a claim back; ``digested`` is when a digest was due of which there was nothing to tell."""
        with self._store.writing() as database:
            leases.let_go(database, _lease(target), leases.process_name())
            database.execute(
                "UPDATE alert_target SET digested = coalesce(?, digested) WHERE id = ?",
                (None if digested is None else _ms(digested), target),
            )

    def sent(self, target: int, letter: Notification, now: datetime) -> None:
        """Remember that a letter arrived."""
        with self._store.writing() as database:
            database.executemany(
                "INSERT OR IGNORE INTO alert_told VALUES (?, ?, ?)",
                ((target, finding, since) for finding, since in letter.told),
            )
            database.executemany("DELETE FROM alert_event WHERE id = ?", ((each,) for each in letter.events))
            for alarm, audits in ((0, letter.cleared), (1, letter.alarmed)):
                database.executemany(
                    "UPDATE alert_watch SET alarm = ? WHERE target = ? AND audit = ?",
                    ((alarm, target, audit) for audit in audits),
                )
            leases.let_go(database, _lease(target), leases.process_name())
            database.execute(
                "UPDATE alert_target SET failures = 0, failing_since = NULL, next_try = 0, error = '',"
                " digested = CASE WHEN ? THEN ? ELSE digested END WHERE id = ?",
                (letter.digest, _ms(now), target),
            )

    def reached(self, target: int) -> None:
        """Remember that a target could be reached."""
        self.sent(target, Notification("", "", "info"), moment(0))

    def failed(self, target: int, why: str, now: datetime) -> datetime:
        """Remember that a target could not be reached; give when it is to be tried again."""
        with self._store.writing() as database:
            leases.let_go(database, _lease(target), leases.process_name())
            ((failures,),) = database.execute("SELECT failures FROM alert_target WHERE id = ?", (target,))
            pause: timedelta = min(_FIRST_PAUSE * 2 ** min(failures, 20), LONGEST_PAUSE)
            database.execute(
                "UPDATE alert_target SET failures = failures + 1, failing_since = coalesce(failing_since, ?),"
                " next_try = ?, error = ? WHERE id = ?",
                (_ms(now), _ms(now + pause), why, target),
            )
        return now + pause

    # Findings

    def watch(
        self, target: int, audit: int, *, currency: str | None, urgent: Names, link: str, now: datetime
    ) -> None:
        """Let a target be told of an audit from now on, or remember what is new about that."""
        with self._store.writing() as database:
            database.execute(
                "INSERT INTO alert_watch (target, audit, since, currency, urgent, link) VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET currency = excluded.currency, urgent = excluded.urgent,"
                " link = excluded.link",
                (target, audit, _ms(now), currency, json.dumps(sorted(urgent.names)), link),
            )

    def watched(self, target: int) -> list[Watch]:
        """Return the audits of which a target is told."""
        query = (
            "SELECT w.audit, a.subject, a.model, w.currency, w.link, w.since, w.alarm, w.urgent,"
            " (SELECT r.complete FROM run r WHERE r.audit = w.audit ORDER BY r.ended DESC, r.id DESC LIMIT 1)"
            " FROM alert_watch w JOIN audit a ON a.id = w.audit WHERE w.target = ? ORDER BY w.audit"
        )
        with self._store.errors():
            rows = self._store.database.execute(query, (target,)).fetchall()
            return [
                Watch(
                    NotificationPart(audit, subject, model, currency, link),
                    since,
                    bool(alarm),
                    Names(frozenset(json.loads(urgent))),
                    bool(complete),
                )
                for audit, subject, model, currency, link, since, alarm, urgent, complete in rows
            ]

    def untold(self, target: int, watch: Watch) -> Iterator[Item]:
        """Yield each appearance of a finding of which a target has not been told, the earliest first.

        What the baseline accepts is nobody's news; it becomes that when it is accepted no longer.
        """
        query = (
            "SELECT f.id, s.since, s.until, f.type, f.severity, f.report, f.collection, f.description,"
            " f.fingerprint, f.money_kind, f.money, f.check_, f.cause,"
            " EXISTS (SELECT 1 FROM span b WHERE b.finding = f.id AND b.since < s.since), s.by_changed_rule, s.how"
            " FROM finding f JOIN span s ON s.finding = f.id"
            " WHERE f.audit = ? AND NOT f.accepted AND s.how IS NOT 'model' AND (s.until IS NULL OR s.until > ?)"
            " AND NOT EXISTS"
            " (SELECT 1 FROM alert_told t WHERE t.target = ? AND t.finding = f.id AND t.since = s.since)"
            " ORDER BY s.since, f.id"
        )
        with self._store.errors():
            yield from map(
                _item, self._store.database.execute(query, (watch.part.audit, watch.since, target)).fetchall()
            )

    def there(self, watch: Watch, target: Target) -> bool:
        """Say whether any finding is there still that a target is told of, at once or in a digest."""
        query = (
            "SELECT DISTINCT f.type, f.severity, f.report FROM finding f JOIN span s ON s.finding = f.id"
            " WHERE f.audit = ? AND NOT f.accepted AND s.until IS NULL"
        )
        with self._store.errors():
            rows = self._store.database.execute(query, (watch.part.audit,)).fetchall()
        at_once = target.at_once or watch.urgent
        return any(
            target.takes(type_, severity, report)
            and (target.digest is not None or at_once.take(type_, severity))
            for type_, severity, report in rows
        )

    def not_comparable(self, target: int, watch: Watch) -> int:
        """Count of what a target was told what the model's change has ended: nobody knows whether it is there."""
        query = (
            "SELECT count(*) FROM alert_told t JOIN finding f ON f.id = t.finding"
            " JOIN span s ON s.finding = f.id AND s.since = t.since"
            " WHERE t.target = ? AND f.audit = ? AND s.how = 'model'"
        )
        with self._store.errors():
            ((number,),) = self._store.database.execute(query, (target, watch.part.audit))
        return int(number)

    def ended(self, target: int, watch: Watch) -> StatusCounts:
        """Say how that was resolved of which a target was told since all was clear the last time."""
        query = (
            "SELECT s.since, s.until, s.how FROM alert_told t JOIN finding f ON f.id = t.finding"
            " JOIN span s ON s.finding = f.id AND s.since = t.since"
            " WHERE t.target = ? AND f.audit = ? AND s.until IS NOT NULL AND s.how IS NOT 'model'"
            " ORDER BY s.until DESC"
        )
        found, begin = [], None
        with self._store.errors():
            for since, until, how in self._store.database.execute(query, (target, watch.part.audit)):
                if begin is not None and until < begin:
                    break  # nothing was there for a while: what ended before is another alarm's
                begin = since if begin is None else min(begin, since)
                found.append(how)
        return ended(found)

    def model_change(self, watch: Watch, items: Sequence[Item]) -> ModelChange | None:
        """Add up how the model was changed by the runs that found these items; None where it was not."""
        with self._store.errors():
            return model_changes(
                self._store, watch.part.audit, min((each.since for each in items), default=None)
            )

    def skip(self, target: int, items: Iterable[Item]) -> None:
        """Remember appearances as told that nobody needs to hear of any more."""
        with self._store.writing() as database:
            database.executemany(
                "INSERT OR IGNORE INTO alert_told VALUES (?, ?, ?)",
                ((target, each.number, each.since) for each in items),
            )

    # Runs

    def trouble(self, targets: Sequence[int], kind: str, job: str, text: str, now: datetime) -> None:
        """Let targets be told that a run failed or was incomplete; not of the same again before a day has passed."""
        said = (
            f"{kind} {''.join(c for c in text if not c.isdigit())}"  # a count in it makes it no other failure
        )
        with self._store.writing() as database:
            for target in targets:
                row = database.execute(
                    "SELECT said, at FROM alert_trouble WHERE target = ? AND job = ?", (target, job)
                ).fetchone()
                if row is not None and row[0] == said and 0 <= _ms(now) - row[1] < _ms_of(REMIND):
                    continue
                database.execute(
                    "INSERT OR REPLACE INTO alert_trouble VALUES (?, ?, ?, ?)", (target, job, said, _ms(now))
                )
                _insert_event(database, target, kind, job, text, now)

    def relief(self, job: str, text: str, now: datetime) -> None:
        """Let those who were told of a failure of a run be told that it works again."""
        with self._store.writing() as database:
            rows = database.execute(
                "SELECT b.target FROM alert_trouble b JOIN alert_target t ON t.id = b.target"
                " WHERE t.file = ? AND b.job = ?",
                (self._file, job),
            ).fetchall()
            for (target,) in rows:
                database.execute("DELETE FROM alert_trouble WHERE target = ? AND job = ?", (target, job))
                _insert_event(database, target, "works", job, text, now)

    def events(self, target: int) -> list[Event]:
        """Return what a target is to be told of runs."""
        with self._store.errors():
            rows = self._store.database.execute(
                "SELECT id, kind, text, made FROM alert_event WHERE target = ? ORDER BY id", (target,)
            ).fetchall()
            return [Event(number, kind, text, moment(made)) for number, kind, text, made in rows]

    # Snoozes

    def snooze(self, snooze: Snooze) -> None:
        """Tell nobody of something before a moment; replaces what was said of it before."""
        with self._store.writing() as database:
            database.execute(
                "INSERT OR REPLACE INTO alert_snooze VALUES (?, ?, ?)",
                (self._file, snooze.what, _ms(snooze.until)),
            )

    def wake(self, what: str) -> bool:
        """End a snooze; False where there is none."""
        with self._store.writing() as database:
            return bool(
                database.execute(
                    "DELETE FROM alert_snooze WHERE file = ? AND what = ?", (self._file, what)
                ).rowcount
            )

    def snoozes(self) -> list[Snooze]:
        """Return what is snoozed by command, the first to end first."""
        with self._store.errors():
            rows = self._store.database.execute(
                "SELECT what, until FROM alert_snooze WHERE file = ? ORDER BY until, what", (self._file,)
            ).fetchall()
            return [Snooze(what, moment(until)) for what, until in rows]


def _insert_event(
    database: sqlite3.Connection, target: int, kind: str, job: str, text: str, now: datetime
) -> None:
    database.execute(
        "INSERT INTO alert_event (target, made, kind, job, text) VALUES (?, ?, ?, ?, ?)",
        (target, _ms(now), kind, job, text),
    )


def _item(row: Sequence[object]) -> Item:
    number, since, until, type_, severity, report, collection, text, mark, kind, money, *rest = row
    check, cause, back, by_changed_rule, how = rest
    fields = json.loads(str(cause)) if cause else {}
    finding = Finding(
        type=str(type_),
        severity=str(severity) if severity in SEVERITIES else SEVERITIES[-1],
        report=str(report),
        collection=str(collection),
        description=str(text),
        fields=fields,
        fingerprint=mark.hex() if isinstance(mark, bytes) else "",
        money=None if kind is None else (str(kind), Decimal(str(money))),
        check=str(check),
        cause=tuple(fields),
        status=CAME_BACK if back else NEW,
        first_seen=moment(int(str(since))),
    )
    ends = None if how is None else str(how)
    return Item(int(str(number)), int(str(since)), until is not None, finding, bool(by_changed_rule), ends)


def _lease(target: int) -> str:
    return f"alerts {target}"


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _ms_of(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)
