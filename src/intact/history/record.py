"""What a run finds, held against what runs before it found, and then recorded."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, NamedTuple

from intact.findings.digest import SEVERITIES
from intact.findings.document import plain
from intact.findings.spool import Spool
from intact.findings.types import CAME_BACK, NEW, PERSISTING, Changes, Finding, Gone, Report, Turns
from intact.history.store import Store
from intact.history.trend import trend

LISTED: Final = 100
"""How many resolved findings a report lists; all are counted."""

_UNCONFIRMED: Final = "unconfirmed"
_AT_ONCE: Final = 10_000
_TEXT: Final = 300  # of a description; a longer one is cut


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of a finding.

    Attributes:
        status: ``new``, ``persisting`` or ``came back``.
        first_seen: When it was first found.
        since: When it last appeared.
    """

    status: str
    first_seen: datetime
    since: datetime


class _Seen(NamedTuple):
    """What is kept of a finding until it is recorded."""

    report: str
    fingerprint: bytes
    type: str
    severity: str
    collection: str
    check: str
    description: str
    status: str
    cause: str
    money_kind: str | None
    money: str | None
    certain: bool


class Memory:
    """What the history knows, for one run: asked for each finding while the report is made, then told of the run.

    Runs belong together where they are by the same model of the same subject: a database's name, wherever it is read
    from, so that tonight's dump follows last night's; a place, where no database is named.

    Args:
        store: The open history.
        model: Name of the model.
        subject: The database's name, or where the data is.
        now: When the run is made.
    """

    def __init__(self, store: Store, model: str, subject: str, now: datetime) -> None:
        self._store = store
        self._now = _milliseconds(now)
        self._moment = now
        with store.writing() as database:
            database.execute("INSERT OR IGNORE INTO audit (model, subject) VALUES (?, ?)", (model, subject))
            ((self._audit,),) = database.execute(
                "SELECT id FROM audit WHERE model = ? AND subject = ?", (model, subject)
            )
        with store.errors():
            row = store.database.execute(
                "SELECT ended FROM run WHERE audit = ? ORDER BY ended DESC, id DESC LIMIT 1", (self._audit,)
            ).fetchone()
            ((self._latest,),) = store.database.execute(
                "SELECT max(as_of) FROM run WHERE audit = ?", (self._audit,)
            )
        self.before: datetime | None = None if row is None else _moment(row[0])
        self.notes: list[str] = []
        if row is not None and row[0] >= self._now:
            self.notes.append(
                f"The clock says {now:%Y-%m-%d %H:%M} UTC, which is before the last recorded run: it was put back, or"
                " was wrong then. The run is recorded as made right after that one."
            )
            self._now = int(row[0]) + 1
        self._seen: Spool[_Seen] = Spool()

    def note(self, finding: Finding) -> Finding:
        """Take note of a finding of this run, and give it with its past.

        One that could not be confirmed begins nothing and ends nothing: it persists, or nothing is known of its past.

        Raises:
            HistoryError: If the history cannot be read.
        """
        past, certain = self._past(finding), finding.state != _UNCONFIRMED
        self._seen.append(
            _Seen(
                finding.report,
                bytes.fromhex(finding.fingerprint),
                finding.type,
                finding.severity,
                finding.collection,
                finding.check,
                finding.description[:_TEXT],
                past.status if certain or past.status == PERSISTING else "",
                _cause(finding),
                finding.money[0] if finding.money else None,
                str(finding.money[1]) if finding.money else None,
                certain,
            )
        )
        if not certain and past.status != PERSISTING:
            return finding
        return replace(finding, status=past.status, first_seen=past.first_seen, since=past.since)

    def _past(self, finding: Finding) -> Past:
        with self._store.errors():
            row = self._store.database.execute(
                "SELECT min(s.since), max(s.until IS NULL), max(s.since) FROM finding f JOIN span s ON s.finding = f.id"
                " WHERE f.audit = ? AND f.report = ? AND f.fingerprint = ?",
                (self._audit, finding.report, bytes.fromhex(finding.fingerprint)),
            ).fetchone()
        first, is_open, last = row
        if first is None:
            return Past(NEW, self._moment, self._moment)
        if is_open:
            return Past(PERSISTING, _moment(first), _moment(last))
        return Past(CAME_BACK, _moment(first), self._moment)

    def record(self, report: Report) -> Report:
        """Record a run, whole or not at all, and give its report with what changed.

        Only what a check looked for in full and did not find is resolved: not what a check that was not evaluated, or
        only in part, would have found, and not what belongs to a report that was not made.

        A run about the past, as of a moment before that of an earlier run, is held against the history and not
        recorded: it says nothing of what is there now.

        Raises:
            HistoryError: If it could not be recorded; the history is then as it was.
        """
        if self._latest is not None and _milliseconds(report.run.as_of) < self._latest:
            past, latest = report.run.as_of, _moment(self._latest)
            what = f"it is as of {past:%Y-%m-%d %H:%M} UTC, and the history has a run as of {latest:%Y-%m-%d %H:%M} UTC"
            self.notes = [f"This run is not in the history: {what}."]
            return report
        judged = [
            (section.name, outcome.check)
            for section in report.sections
            for outcome in section.outcomes
            if not outcome.reasons
        ]
        if any(True for section in report.sections for each in section.outcomes if each.reasons):
            # Values that cannot be read are made by any check of a report.
            whole = {s.name for s in report.sections if not any(each.reasons for each in s.outcomes)}
        else:
            whole = {section.name for section in report.sections}
        clear = (
            report.run.personal
        )  # what is shown in clear to one reader is kept from those who are told later
        with self._store.writing() as database:
            database.execute("CREATE TEMP TABLE IF NOT EXISTS now (finding INTEGER PRIMARY KEY)")
            database.execute("DELETE FROM now")
            database.execute("CREATE TEMP TABLE IF NOT EXISTS unsure (finding INTEGER PRIMARY KEY)")
            database.execute("DELETE FROM unsure")
            for seen in _batches(self._seen):
                database.executemany(
                    "INSERT INTO finding (audit, report, fingerprint, type, severity, collection, check_, description,"
                    " cause, money_kind, money) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                    " ON CONFLICT DO UPDATE SET type = excluded.type, severity = excluded.severity,"
                    " check_ = excluded.check_, description = excluded.description, cause = excluded.cause,"
                    " money_kind = excluded.money_kind, money = excluded.money"
                    " WHERE severity <> excluded.severity OR check_ <> excluded.check_"
                    " OR money IS NOT excluded.money OR (description = '' AND excluded.description <> '')",
                    (
                        (
                            self._audit,
                            each.report,
                            each.fingerprint,
                            each.type,
                            each.severity,
                            each.collection,
                            each.check,
                            "" if clear else each.description,
                            "" if clear else each.cause,
                            each.money_kind,
                            each.money,
                        )
                        for each in seen
                        if each.certain
                    ),
                )
                for table, certain in (("now", True), ("unsure", False)):
                    database.executemany(
                        f"INSERT OR IGNORE INTO {table} SELECT id FROM finding"
                        " WHERE audit = ? AND report = ? AND fingerprint = ?",
                        (
                            (self._audit, each.report, each.fingerprint)
                            for each in seen
                            if each.certain is certain
                        ),
                    )
            database.execute("CREATE TEMP TABLE IF NOT EXISTS judged (report TEXT, check_ TEXT)")
            database.execute("DELETE FROM judged")
            database.executemany("INSERT INTO judged VALUES (?, ?)", judged)
            database.executemany("INSERT INTO judged VALUES (?, '')", ((name,) for name in whole))
            gone = list(
                database.execute(
                    "SELECT f.id, f.type, f.severity, f.report, f.collection, f.description, f.fingerprint, s.since"
                    " FROM span s JOIN finding f ON f.id = s.finding"
                    " WHERE f.audit = ? AND s.until IS NULL AND f.id NOT IN (SELECT finding FROM now)"
                    " AND f.id NOT IN (SELECT finding FROM unsure)"
                    " AND EXISTS (SELECT 1 FROM judged j WHERE j.report = f.report AND j.check_ = f.check_)"
                    " AND (f.type <> 'UNREADABLE_VALUE'"
                    "  OR EXISTS (SELECT 1 FROM judged j WHERE j.report = f.report AND j.check_ = ''))"
                    " ORDER BY f.report, f.type, f.id",
                    (self._audit,),
                )
            )
            database.executemany(
                "UPDATE span SET until = ? WHERE finding = ? AND until IS NULL",
                ((max(self._now, row[7]), row[0]) for row in gone),
            )
            database.execute(
                "INSERT OR IGNORE INTO span (finding, since)"
                " SELECT finding, ? FROM now"
                " WHERE NOT EXISTS (SELECT 1 FROM span s WHERE s.finding = now.finding AND s.until IS NULL)",
                (self._now,),
            )
            tally = Counter((each.report, each.status, each.severity) for each in self._seen)
            turns = _turns(report, tally, Counter(row[3] for row in gone))
            self._insert_run(database, report, tally, turns)
            self._insert_day(database, report)
            before = trend(database, self._audit, report)
        changes = Changes(
            before=self.before,
            new=sum(each.new for each in turns.values()),
            persisting=sum(each.persisting for each in turns.values()),
            came_back=sum(each.came_back for each in turns.values()),
            resolved=len(gone),
            gone=tuple(
                Gone(type_, severity, name, collection, text, mark.hex(), _moment(since))
                for _, type_, severity, name, collection, text, mark, since in gone[:LISTED]
            ),
            by_report=turns,
            trend=before,
        )
        headline = replace(report.headline, new=changes.new + changes.came_back, resolved=changes.resolved)
        return replace(report, changes=changes, headline=headline)

    def _insert_run(
        self,
        database: sqlite3.Connection,
        report: Report,
        tally: Counter[tuple[str, str, str]],
        turns: dict[str, Turns],
    ) -> None:
        run, headline = report.run, report.headline
        by_type = {
            f"{section.name} {name}": n for section in report.sections for name, n in section.counts.items()
        }
        severities = {
            severity: number
            for severity in SEVERITIES
            if (number := sum(n for (*_, of), n in tally.items() if of == severity))
        }
        database.execute(
            "INSERT INTO run (audit, name, ended, as_of, seconds, source, version, exit_code, complete, documents,"
            " affected, failing, reports, counts, money, new, persisting, came_back, resolved,"
            " severities) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                self._audit,
                uuid.uuid4().hex[:12],
                self._now,
                _milliseconds(run.as_of),
                run.seconds,
                run.source,
                run.version,
                report.exit_code,
                report.complete,
                headline.documents_scanned,
                headline.documents_affected,
                report.failing,
                json.dumps([section.name for section in report.sections]),
                json.dumps(by_type),
                json.dumps({kind: plain(amount) for kind, amount in headline.money_at_stake.items()}),
                sum(each.new for each in turns.values()),
                sum(each.persisting for each in turns.values()),
                sum(each.came_back for each in turns.values()),
                sum(each.resolved for each in turns.values()),
                json.dumps(severities),
            ),
        )

    def _insert_day(self, database: sqlite3.Connection, report: Report) -> None:
        """Keep the last numbers of the day, of what was checked in full; they stay when runs are pruned."""
        day = self._moment.astimezone(UTC).date().isoformat()
        for section in report.sections:
            if any(outcome.reasons for outcome in section.outcomes):
                continue
            database.execute(
                "DELETE FROM day WHERE audit = ? AND day = ? AND report = ?", (self._audit, day, section.name)
            )
            database.executemany(
                "INSERT INTO day (audit, day, report, type, count) VALUES (?, ?, ?, ?, ?)",
                ((self._audit, day, section.name, name, count) for name, count in section.counts.items()),
            )


def _turns(report: Report, tally: Counter[tuple[str, str, str]], resolved: Counter[str]) -> dict[str, Turns]:
    """Give how many findings of each report are new, and so on."""
    statuses: Counter[tuple[str, str]] = Counter()
    for (name, status, _), number in tally.items():
        statuses[name, status] += number
    return {
        name: Turns(
            statuses[name, NEW], statuses[name, PERSISTING], statuses[name, CAME_BACK], resolved[name]
        )
        for name in (section.name for section in report.sections)
    }


def _batches(items: Iterable[_Seen]) -> Iterator[list[_Seen]]:
    batch: list[_Seen] = []
    for item in items:
        batch.append(item)
        if len(batch) == _AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def _cause(finding: Finding) -> str:
    """Give the values that findings of one root cause share, as JSON; nothing where there are none, or long ones."""
    shared = {name: finding.fields.get(name) for name in finding.cause}
    text = json.dumps(shared, ensure_ascii=False, default=str) if shared else ""
    return text if len(text) <= _TEXT else ""


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
