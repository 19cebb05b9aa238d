"""The steps in which a run is written into the history, all of them in one transaction."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections import Counter
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Final

from intact.findings.digest import SEVERITIES
from intact.findings.document import plain
from intact.findings.types import CAME_BACK, NEW, PERSISTING, Report, Section, Turns
from intact.history.store import milliseconds

Tally = Counter[tuple[str, str, str]]
"""How many findings there are of each report, status and severity."""

SEEN: Final = (
    "report", "fingerprint", "type", "severity", "collection", "check_", "description", "cause", "money_kind",
    "money", "status", "certain",
)  # fmt: skip
"""What is kept of each finding until the run is recorded; ``certain`` is 0 for one that could not be confirmed."""

_WHOLE: Final = ""
"""Stands for all checks of a report."""

_UNREADABLE: Final = "UNREADABLE_VALUE"

_SCRATCH: Final = (
    "now (finding INTEGER PRIMARY KEY, certain INTEGER NOT NULL)",
    "judged (report TEXT, check_ TEXT, type TEXT, PRIMARY KEY (report, check_, type)) WITHOUT ROWID",
    "asked (report TEXT, check_ TEXT, type TEXT, PRIMARY KEY (report, check_, type)) WITHOUT ROWID",
    "made (report TEXT PRIMARY KEY) WITHOUT ROWID",
    "known (report TEXT PRIMARY KEY) WITHOUT ROWID",
    "agreed (finding INTEGER PRIMARY KEY)",
)


class Writing:
    """A run on its way into the history.

    Args:
        database: The open history, in a transaction.
        audit: Which audit.
        seen: Name of the temporary table that has its findings, see :data:`SEEN`.
        now: When it ends for the history: UTC milliseconds, later than any run before.
        report: The run's report, without what a later run has overtaken.
    """

    def __init__(self, database: sqlite3.Connection, audit: int, seen: str, now: int, report: Report) -> None:
        self._database = database
        self._audit = audit
        self._seen = seen
        self._now = now
        self._report = report
        for table in _SCRATCH:
            database.execute(f"CREATE TEMP TABLE IF NOT EXISTS {table}")
            database.execute(f"DELETE FROM temp.{table.partition(' ')[0]}")

    def findings(self) -> None:
        """Write what was found, and note under which numbers."""
        columns = ", ".join(SEEN[:10])
        # What is shown in clear to one reader is kept from those who are told later.
        words = "'', ''" if self._report.run.personal else "description, cause"
        self._database.execute(
            f"INSERT INTO finding (audit, {columns}) SELECT ?, {', '.join(SEEN[:6])}, {words}, money_kind, money"
            f" FROM {self._seen} WHERE certain ON CONFLICT DO UPDATE SET type = excluded.type,"
            " severity = excluded.severity, check_ = excluded.check_,"
            " description = iif(excluded.description = '', description, excluded.description),"
            " cause = iif(excluded.cause = '', cause, excluded.cause),"
            " money_kind = excluded.money_kind, money = excluded.money"
            " WHERE severity <> excluded.severity OR check_ <> excluded.check_ OR type <> excluded.type"
            " OR money IS NOT excluded.money OR (description = '' AND excluded.description <> '')",
            (self._audit,),
        )
        self._database.execute(
            f"INSERT INTO now SELECT f.id, max(s.certain) FROM {self._seen} s JOIN finding f"
            " ON f.audit = ? AND f.report = s.report AND f.fingerprint = s.fingerprint GROUP BY f.id",
            (self._audit,),
        )

    def resolve(self) -> list[tuple[object, ...]]:
        """End what was looked for in full and not found; give it: type, severity, ..., since when.

        Not ended is what a check that was not evaluated, or only in part, would have found; nor what could not be
        confirmed. Values that cannot be read may be found by any check of a report.
        """
        judged = [(section.name, *pair) for section in self._report.sections for pair in _judged(section)]
        self._database.executemany("INSERT OR IGNORE INTO judged VALUES (?, ?, ?)", judged)
        unread = f"f.type = '{_UNREADABLE}'"
        rows = self._database.execute(
            "SELECT f.id, f.type, f.severity, f.report, f.collection, f.description, f.fingerprint, s.since"
            " FROM span s JOIN finding f ON f.id = s.finding WHERE f.audit = ? AND s.until IS NULL"
            " AND f.id NOT IN (SELECT finding FROM now) AND EXISTS (SELECT 1 FROM judged j WHERE j.report = f.report"
            f" AND j.check_ = iif({unread}, '{_WHOLE}', f.check_) AND j.type = iif({unread}, '{_WHOLE}', f.type))"
            " ORDER BY f.report, f.type, f.id",
            (self._audit,),
        ).fetchall()
        self._end(number for number, *_ in rows)
        return [row[1:] for row in rows]

    def retire(self, reports: Collection[str] | None) -> int:
        """End what the model asks for no longer, and give how much that is: nobody looks whether it is there.

        Args:
            reports: The reports of the model; None where they are not known.
        """
        sections = self._report.sections
        add = self._database.executemany
        add("INSERT INTO made VALUES (?)", ((section.name,) for section in sections))
        asked = {(s.name, each.check, each.type) for s in sections for each in s.outcomes}
        add("INSERT INTO asked VALUES (?, ?, ?)", asked)
        add("INSERT INTO known VALUES (?)", ((name,) for name in reports or ()))
        rows = self._database.execute(
            "SELECT f.id FROM span s JOIN finding f ON f.id = s.finding WHERE f.audit = ? AND s.until IS NULL"
            " AND f.id NOT IN (SELECT finding FROM now) AND (? AND f.report NOT IN (SELECT report FROM known)"
            f" OR f.type <> '{_UNREADABLE}' AND f.report IN (SELECT report FROM made) AND NOT EXISTS"
            " (SELECT 1 FROM asked a WHERE a.report = f.report AND a.check_ = f.check_ AND a.type = f.type))",
            (self._audit, reports is not None),
        ).fetchall()
        self._end(number for (number,) in rows)
        return len(rows)

    def _end(self, findings: Iterable[object]) -> None:
        self._database.executemany(
            "UPDATE span SET until = max(?, since) WHERE finding = ? AND until IS NULL",
            ((self._now, each) for each in findings),
        )

    def begin(self) -> None:
        """Begin what was found and was not there before."""
        self._database.execute(
            "INSERT INTO span (finding, since) SELECT finding, ? FROM now WHERE certain"
            " AND NOT EXISTS (SELECT 1 FROM span s WHERE s.finding = now.finding AND s.until IS NULL)",
            (self._now,),
        )

    def accept(self, accepted: Iterable[tuple[str, str]]) -> None:
        """Note which of the findings the baseline accepts now; of what was not found nothing new is known."""
        self._database.executemany(
            "INSERT OR IGNORE INTO agreed SELECT id FROM finding WHERE audit = ? AND report = ? AND fingerprint = ?",
            ((self._audit, report, bytes.fromhex(mark)) for report, mark in accepted),
        )
        self._database.execute(
            "UPDATE finding SET accepted = NOT accepted WHERE id IN (SELECT finding FROM now)"
            " AND accepted <> (id IN (SELECT finding FROM agreed))"
        )

    def tally(self) -> Tally:
        """Count what was found."""
        rows = self._database.execute(
            f"SELECT report, status, severity, count(*) FROM {self._seen} GROUP BY report, status, severity"
        )
        return Counter({(report, status, severity): number for report, status, severity, number in rows})

    def run(self, tally: Tally, turns: dict[str, Turns]) -> None:
        """Write the run's own row."""
        report, run, headline = self._report, self._report.run, self._report.headline
        counts = {f"{s.name} {name}": number for s in report.sections for name, number in s.counts.items()}
        of = Counter[str]()
        for (_, _, severity), number in tally.items():
            of[severity] += number
        row = {
            "audit": self._audit,
            "name": uuid.uuid4().hex[:12],
            "ended": self._now,
            "as_of": milliseconds(run.as_of),
            "seconds": run.seconds,
            "source": run.source,
            "version": run.version,
            "exit_code": report.exit_code,
            "complete": report.complete,
            "documents": headline.documents_scanned,
            "affected": headline.documents_affected,
            "failing": report.failing,
            "reports": json.dumps([section.name for section in report.sections]),
            "counts": json.dumps(counts),
            "money": json.dumps({kind: plain(amount) for kind, amount in headline.money_at_stake.items()}),
            "new": sum(each.new for each in turns.values()),
            "persisting": sum(each.persisting for each in turns.values()),
            "came_back": sum(each.came_back for each in turns.values()),
            "resolved": sum(each.resolved for each in turns.values()),
            "severities": json.dumps({each: of[each] for each in SEVERITIES if of[each]}),
        }
        places = ", ".join(f":{name}" for name in row)
        self._database.execute(f"INSERT INTO run ({', '.join(row)}) VALUES ({places})", row)

    def day(self, moment: datetime) -> None:
        """Keep the last numbers of the day, of what was checked in full; they stay when runs are pruned."""
        day = moment.astimezone(UTC).date().isoformat()
        for section in self._report.sections:
            if any(outcome.reasons for outcome in section.outcomes):
                continue
            of = self._audit, day, section.name
            self._database.execute("DELETE FROM day WHERE audit = ? AND day = ? AND report = ?", of)
            self._database.executemany(
                "INSERT INTO day (audit, day, report, type, count) VALUES (?, ?, ?, ?, ?)",
                ((*of, name, count) for name, count in section.counts.items()),
            )


def turns_of(report: Report, tally: Tally, resolved: Counter[str]) -> dict[str, Turns]:
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


def _judged(section: Section) -> set[tuple[str, str]]:
    """Give the checks, each with the type of its findings, of which a report has found all that there is.

    Several rules may have the same kind and the same path, and findings do not say which of them has made them.
    """
    partly = {(each.check, each.type) for each in section.outcomes if each.reasons}
    whole = {(each.check, each.type) for each in section.outcomes} - partly
    return whole if partly else whole | {(_WHOLE, _WHOLE)}
