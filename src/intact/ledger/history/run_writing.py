"""The steps in which a run is written into the history, all of them in one transaction."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Final

from intact.core.terms import SEVERITIES, UNREADABLE
from intact.findings.changes import CAME_BACK, CURED, DESTROYED, NEW, PERSISTING, ModelChange, StatusCounts
from intact.findings.document import plain
from intact.findings.records import Report, Section
from intact.ledger.history import rules
from intact.ledger.history.documents import DocumentNumbers
from intact.ledger.history.store import milliseconds

Tally = Counter[tuple[str, str, str]]
"""How many findings there are of each report, status and severity."""

SEEN: Final = (
    "report", "fingerprint", "type", "severity", "collection", "check_", "description", "cause", "money_kind",
    "money", "status", "certain", "documents",
)  # fmt: skip
"""What is kept of each finding until the run is recorded; ``certain`` is 0 for one that could not be confirmed."""

BY_MODEL: Final = "model"
"""How a finding ended that its rule, since it was changed or is gone, does not look for any more."""

_WHOLE: Final = ""
"""Stands for all checks of a report."""


_SCRATCH: Final = (
    "now (finding INTEGER PRIMARY KEY, certain INTEGER NOT NULL)",
    "judged (report TEXT, check_ TEXT, type TEXT, PRIMARY KEY (report, check_, type)) WITHOUT ROWID",
    "asked (report TEXT, check_ TEXT, type TEXT, PRIMARY KEY (report, check_, type)) WITHOUT ROWID",
    "made (report TEXT PRIMARY KEY) WITHOUT ROWID",
    "known (report TEXT PRIMARY KEY) WITHOUT ROWID",
    "agreed (finding INTEGER PRIMARY KEY)",
    "again (finding INTEGER PRIMARY KEY)",
    rules.TABLE,
)


_OTHERWISE: Final = (
    "EXISTS (SELECT 1 FROM changed c WHERE c.report = {0}.report AND"
    " (c.check_ = {0}.check_ AND c.type = {0}.type"
    f" OR {{0}}.type = '{UNREADABLE}' AND (c.check_ = {{0}}.check_ OR {{0}}.check_ = '' AND c.type = '')))"
)
"""Whether the rule of a finding was no rule of the run before, or another one; figures have no type."""


class Writing:
    """A run on its way into the history.

    Args:
        database: The open history, in a transaction.
        audit: Which audit.
        seen: Name of the temporary table that has its findings, see :data:`SEEN`.
        now: When it ends for the history: UTC milliseconds, later than any run before.
        report: The run's report, without what a later run has overtaken.
        documents: Numbers the run's documents; None where they cannot be looked up.
    """

    def __init__(
        self,
        database: sqlite3.Connection,
        audit: int,
        seen: str,
        now: int,
        report: Report,
        documents: DocumentNumbers | None = None,
    ) -> None:
        self._database = database
        self._audit = audit
        self._seen = seen
        self._now = now
        self._report = report
        self._documents = documents
        database.create_function("marks", 2, documents.marks if documents else _no_marks)
        for table in _SCRATCH:
            database.execute(f"CREATE TEMP TABLE IF NOT EXISTS {table}")
            database.execute(f"DELETE FROM temp.{table.partition(' ')[0]}")

    def findings(self) -> None:
        """Write what was found, and note under which numbers."""
        columns = ", ".join(SEEN[:10])
        # What is shown in clear to one reader is kept from those who are told later.
        words = "'', ''" if self._report.run.personal else "description, cause"
        self._database.execute(
            f"INSERT INTO finding (audit, {columns}, documents) SELECT ?, {', '.join(SEEN[:6])}, {words}, money_kind,"
            f" money, marks(collection, documents) FROM {self._seen} WHERE certain"
            " ON CONFLICT DO UPDATE SET type = excluded.type,"
            " severity = excluded.severity, check_ = excluded.check_,"
            " description = iif(excluded.description = '', description, excluded.description),"
            " cause = iif(excluded.cause = '', cause, excluded.cause),"
            " money_kind = excluded.money_kind, money = excluded.money, documents = excluded.documents"
            " WHERE severity <> excluded.severity OR check_ <> excluded.check_ OR type <> excluded.type"
            " OR money IS NOT excluded.money OR documents IS NOT excluded.documents"
            " OR (description = '' AND excluded.description <> '')",
            (self._audit,),
        )
        self._database.execute(
            f"INSERT INTO now SELECT f.id, max(s.certain) FROM {self._seen} s JOIN finding f"
            " ON f.audit = ? AND f.report = s.report AND f.fingerprint = s.fingerprint GROUP BY f.id",
            (self._audit,),
        )

    def model(self, given: rules.Rules) -> ModelChange | None:
        """Hold the model against that of the runs before; say what is new, changed and gone."""
        sections = self._report.sections
        judged = {(s.name, *pair) for s in sections for pair in _judged(s)}
        return rules.compare(self._database, self._audit, given, {s.name for s in sections}, judged)

    def resolve(self) -> tuple[list[tuple[object, ...]], Counter[str]]:
        """End what was looked for in full and not found.

        Not ended is what a check that was not evaluated, or only in part, would have found; nor what could not be
        confirmed. Values that cannot be read may be found by any check of a report. What a rule found that has been
        changed since is ended, too, and not resolved: the rule looks for something else. Where the rule is what it was
        once more, what it had found is comparable again.

        Returns:
            Type, severity, ..., when it was first found, and how of what is resolved; and how much changed rules
            ended, by report.
        """
        judged = [(section.name, *pair) for section in self._report.sections for pair in _judged(section)]
        self._database.executemany("INSERT OR IGNORE INTO judged VALUES (?, ?, ?)", judged)
        self._go_on()
        unread = f"f.type = '{UNREADABLE}'"
        rows = self._database.execute(
            "SELECT f.id, f.id NOT IN (SELECT finding FROM again) AND EXISTS (SELECT 1 FROM changed c"
            f" WHERE c.report = f.report AND NOT c.is_new AND ({unread} OR c.check_ = f.check_ AND c.type = f.type)),"
            " f.documents,"
            " f.type, f.severity, f.report, f.collection, f.description, f.fingerprint,"
            " (SELECT min(x.since) FROM span x WHERE x.finding = f.id)"
            " FROM span s JOIN finding f ON f.id = s.finding WHERE f.audit = ? AND s.until IS NULL"
            " AND f.id NOT IN (SELECT finding FROM now) AND EXISTS (SELECT 1 FROM judged j WHERE j.report = f.report"
            f" AND j.check_ = iif({unread}, '{_WHOLE}', f.check_) AND j.type = iif({unread}, '{_WHOLE}', f.type))"
            " ORDER BY f.report, f.type, f.id",
            (self._audit,),
        ).fetchall()
        gone = [row for row in rows if not row[1]]
        how = self._how([(str(row[6]), row[2]) for row in gone])
        self._end((row[0], each) for row, each in zip(gone, how, strict=True))
        self._end_by_model(row[0] for row in rows if row[1])
        return [(*row[3:], each) for row, each in zip(gone, how, strict=True)], Counter(
            str(row[5]) for row in rows if row[1]
        )

    def _go_on(self) -> None:
        """Take up what the model had ended, where the rule that found it is the same again."""
        same = "r.audit = f.audit AND r.report = f.report AND r.check_ = f.check_ AND r.type = f.type"
        self._database.execute(
            f"INSERT INTO again SELECT s.finding FROM span s JOIN finding f ON f.id = s.finding JOIN rule r ON {same}"
            f" WHERE s.how = '{BY_MODEL}' AND f.audit = ? AND r.digest = s.rule AND EXISTS (SELECT 1 FROM changed)",
            (self._audit,),
        )
        self._database.execute(
            f"UPDATE span SET until = NULL, how = NULL WHERE how = '{BY_MODEL}'"
            " AND finding IN (SELECT finding FROM again)"
        )

    def _how(self, given: Sequence[tuple[str, bytes | None]]) -> list[str | None]:
        """Say how findings were resolved, by the collection and the documents of each."""
        if self._documents is None:
            return [None] * len(given)
        words = {True: CURED, False: DESTROYED, None: None}
        return [words[each] for each in self._documents.fates(given, self._report.collections)]

    def retire(self, reports: Collection[str] | None) -> Counter[str]:
        """End what the model asks for no longer, and count it by report: nobody looks whether it is there.

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
            "SELECT f.id, f.report FROM span s JOIN finding f ON f.id = s.finding WHERE f.audit = ?"
            " AND s.until IS NULL AND f.id NOT IN (SELECT finding FROM now)"
            " AND (? AND f.report NOT IN (SELECT report FROM known)"
            f" OR f.type <> '{UNREADABLE}' AND f.report IN (SELECT report FROM made) AND NOT EXISTS"
            " (SELECT 1 FROM asked a WHERE a.report = f.report AND a.check_ = f.check_ AND a.type = f.type))",
            (self._audit, reports is not None),
        ).fetchall()
        self._end_by_model(number for number, _ in rows)
        return Counter(str(report) for _, report in rows)

    def _end(self, findings: Iterable[tuple[object, str | None]]) -> None:
        self._database.executemany(
            "UPDATE span SET until = max(?, since), how = ? WHERE finding = ? AND until IS NULL",
            ((self._now, how, each) for each, how in findings),
        )

    def _end_by_model(self, findings: Iterable[int]) -> None:
        """End what nobody looks for any more, and note which rule had found it."""
        self._database.executemany(
            f"UPDATE span SET until = max(?, since), how = '{BY_MODEL}', rule = (SELECT c.was FROM changed c JOIN"
            " finding f ON c.report = f.report AND c.check_ = f.check_ AND c.type = f.type WHERE f.id = span.finding)"
            " WHERE finding = ? AND until IS NULL",
            ((self._now, each) for each in findings),
        )

    def begin(self) -> None:
        """Begin what was found and was not there before; what only the model had ended goes on."""
        self._database.execute(
            f"UPDATE span SET until = NULL, how = NULL WHERE how = '{BY_MODEL}'"
            " AND finding IN (SELECT finding FROM now WHERE certain)"
        )
        self._database.execute(
            "INSERT INTO span (finding, since, by_changed_rule) SELECT f.id, ?,"
            f" NOT EXISTS (SELECT 1 FROM span s WHERE s.finding = f.id) AND {_OTHERWISE.format('f')}"
            " FROM now JOIN finding f ON f.id = now.finding WHERE now.certain"
            " AND NOT EXISTS (SELECT 1 FROM span s WHERE s.finding = f.id AND s.until IS NULL)",
            (self._now,),
        )

    def by_changed_rules(self) -> Counter[str]:
        """Count what is new in each report only to rules that are new or changed themselves."""
        rows = self._database.execute(
            f"SELECT s.report, count(*) FROM {self._seen} s WHERE s.status = '{NEW}' AND {_OTHERWISE.format('s')}"
            " GROUP BY s.report"
        )
        return Counter({str(report): int(count) for report, count in rows})

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

    def run(self, tally: Tally, turns: dict[str, StatusCounts], model: ModelChange | None) -> None:
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
            "cured": sum(each.cured for each in turns.values()),
            "destroyed": sum(each.destroyed for each in turns.values()),
            "model": json.dumps(asdict(model)) if model else "",
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


def turns_of(
    report: Report,
    tally: Tally,
    gone: Iterable[tuple[str, str | None]],
    by_changed_rules: Counter[str],
    ended: Counter[str],
) -> dict[str, StatusCounts]:
    """Return how many findings of each report are new, and so on.

    Args:
        report: The run's report.
        tally: What was found.
        gone: The report of each finding that is resolved, and how.
        by_changed_rules: How many are new to changed rules only, by report.
        ended: How many were ended by the model, by report.
    """
    statuses: Counter[tuple[str, str]] = Counter()
    for (name, status, _), number in tally.items():
        statuses[name, status] += number
    how = Counter(gone)
    resolved = Counter[str]()
    for (name, _), number in how.items():
        resolved[name] += number
    return {
        name: StatusCounts(
            new=statuses[name, NEW],
            persisting=statuses[name, PERSISTING],
            came_back=statuses[name, CAME_BACK],
            resolved=resolved[name],
            cured=how[name, CURED],
            destroyed=how[name, DESTROYED],
            by_changed_rules=by_changed_rules[name],
            not_comparable=ended[name],
        )
        for name in (section.name for section in report.sections)
    }


def _no_marks(*_: object) -> None:
    """Stand for the numbers of documents where there are none."""


def _judged(section: Section) -> set[tuple[str, str]]:
    """Return the checks, each with the type of its findings, of which a report has found all that there is.

    Several rules may have the same kind and the same path, and findings do not say which of them has made them.
    """
    partly = {(each.check, each.type) for each in section.outcomes if each.reasons}
    whole = {(each.check, each.type) for each in section.outcomes} - partly
    return whole if partly else whole | {(_WHOLE, _WHOLE)}
