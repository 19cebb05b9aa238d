"""What a run finds, held against what runs before it found, and then recorded."""

from __future__ import annotations

import itertools
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from intact.findings.changes import CAME_BACK, NEW, PERSISTING, Changes, ResolvedFinding, StatusCounts
from intact.findings.news import model_notes
from intact.findings.records import Finding, Report
from intact.ledger.history.documents import DocumentNumbers
from intact.ledger.history.known import Known, Spans
from intact.ledger.history.rules import Rules, Unlike
from intact.ledger.history.run_writing import SEEN, Writing, turns_of
from intact.ledger.history.store import Store, milliseconds, moment_of
from intact.ledger.history.superseded import superseded
from intact.ledger.history.trend import trend
from intact.ledger.identity import AuditId

LISTED: Final = 100
"""How many resolved findings a report lists; all are counted."""

_UNCONFIRMED: Final = "unconfirmed"
_AT_ONCE: Final = 1_000
_TEXT: Final = 300  # of a description; a longer one is cut
_JSON: Final = json.JSONEncoder(ensure_ascii=False, default=str)
_NUMBER: Final = itertools.count(1)


class MovedError(Exception):
    """Another run of the same audit was recorded while this one was made: what is new has to be asked again."""


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


class RunComparison:
    """What the history knows, for one run: asked for each finding while the report is made, then told of the run.

    Runs belong together where they are by the same model of the same subject: a database's name, wherever it is read
    from, so that tonight's dump follows last night's; a place, where no database is named.

    Args:
        store: The open history.
        model: Name of the model.
        subject: The database's name, or where the data is.
        now: When the run is made.
        reports: Names of all reports of the model; None where they are not known.
        rules: Digests of all its rules; None where they are not known: then they are taken for what they were.
        documents: Numbers the run's documents; None where they cannot be looked up.
    """

    def __init__(
        self,
        store: Store,
        model: str,
        subject: str,
        now: datetime,
        reports: Collection[str] | None = None,
        *,
        rules: Rules | None = None,
        documents: DocumentNumbers | None = None,
    ) -> None:
        self._store = store
        self._moment = now
        self._reports = reports
        self._rules = rules
        self._documents = documents
        self.notes: list[str] = []
        self._waiting: list[tuple[object, ...]] = []
        self._seen = f"temp.seen_{next(_NUMBER)}"
        with store.writing() as database:
            database.execute("INSERT OR IGNORE INTO audit (model, subject) VALUES (?, ?)", (model, subject))
            self._audit = AuditId(model, subject).number(database) or 0
        with store.errors():
            self._known = Known(store, self._audit)
            self._unlike = Unlike(store.database, self._audit, rules)
            self._pasts: dict[Spans | None, Past] = {}  # few, and shared by many
            store.database.execute(f"CREATE TABLE {self._seen} ({', '.join(SEEN)})")
            last = self._opened = self._last()
            self.before: datetime | None = None if last is None else moment_of(last)
        if last is not None and last >= milliseconds(now):
            self.notes.append(
                f"The clock says {now:%Y-%m-%d %H:%M} UTC, which is before the last recorded run: it was put back, or"
                " was wrong then. The run is recorded as made right after that one."
            )

    def _last(self) -> int | None:
        """Return when the last run ended."""
        ((last,),) = self._store.database.execute(
            "SELECT max(ended) FROM run WHERE audit = ?", (self._audit,)
        )
        return None if last is None else int(last)

    def note(self, finding: Finding, rows: Sequence[int] = ()) -> Finding:
        """Take note of a finding of this run, and give it with its past.

        One that could not be confirmed begins nothing and ends nothing: it persists, or nothing is known of its past.

        Args:
            finding: The finding.
            rows: Numbers of the documents that it affects, in the engine's table of its collection.

        Raises:
            HistoryError: If the history cannot be read.
        """
        past, certain = self._past(finding), finding.state != _UNCONFIRMED
        known = certain or past.status == PERSISTING
        self._waiting.append(
            (
                finding.report,
                bytes.fromhex(finding.fingerprint),
                finding.type,
                finding.severity,
                finding.collection,
                finding.check,
                finding.description[:_TEXT],
                _cause(finding),
                finding.money[0] if finding.money else None,
                str(finding.money[1]) if finding.money else None,
                past.status if known else "",
                certain,
                self._documents.note(finding.collection, rows) if self._documents else None,
            )
        )
        if len(self._waiting) >= _AT_ONCE:
            self._put_down()
        if not known:
            return finding
        return replace(
            finding,
            status=past.status,
            first_seen=past.first_seen,
            since=past.since,
            by_changed_rule=past.status == NEW and finding in self._unlike,
        )

    def _put_down(self) -> None:
        places = ", ".join("?" * len(SEEN))
        with self._store.setting_aside() as database:
            database.executemany(f"INSERT INTO {self._seen} VALUES ({places})", self._waiting)
        self._waiting.clear()

    def _past(self, finding: Finding) -> Past:
        spans = self._known.of(finding.report, bytes.fromhex(finding.fingerprint))
        past = self._pasts.get(spans)
        if past is None:
            with self._store.errors():
                past = self._pasts[spans] = self._past_of(spans)
        return past

    def _past_of(self, spans: Spans | None) -> Past:
        if spans is None:
            return Past(NEW, self._moment, self._moment)
        first, is_open, last = spans
        if is_open:
            return Past(PERSISTING, moment_of(first), moment_of(last))
        return Past(CAME_BACK, moment_of(first), self._moment)

    def record(
        self, report: Report, accepted: Iterable[tuple[str, str]] = (), *, asks_again: bool = False
    ) -> Report:
        """Record a run, whole or not at all, and give its report with what changed.

        Only what a check looked for in full and did not find is resolved: not what a check that was not evaluated, or
        only in part, would have found, and not what belongs to a report that was not made. What is about the past, as
        of a moment before that of a run that made the same report, is held against the history and not recorded.

        Args:
            report: The run's report.
            accepted: Report and fingerprint of each finding that the baseline accepts.
            asks_again: Whether the caller makes the report again where another run came between.

        Raises:
            HistoryError: If it could not be recorded; the history is then as it was.
            MovedError: If another run came between, and the caller asks again; nothing is recorded then.
        """
        self._put_down()
        with self._store.writing() as database:
            if asks_again and self._last() != self._opened:
                raise MovedError
            kept = self._without_past(report)
            if report.sections and not kept.sections:
                return report
            last = self._last()
            now = max(milliseconds(self._moment), 0 if last is None else last + 1)
            writing = Writing(database, self._audit, self._seen, now, kept, self._documents)
            writing.findings()
            model = None if self._rules is None else writing.model(self._rules)
            gone, ended = writing.resolve()
            retired = writing.retire(self._reports)
            by_changed_rules = writing.by_changed_rules()
            writing.begin()
            writing.accept(accepted)
            tally, how = writing.tally(), [(str(row[2]), _how(row[-1])) for row in gone]
            turns = turns_of(kept, tally, how, by_changed_rules, ended + retired)
            writing.run(tally, turns, model)
            writing.day(self._moment)
            changes = replace(
                self._changes(turns, gone),
                trend=trend(database, self._audit, kept),
                model=model,
                not_comparable=(ended + retired).total(),
            )
            database.execute(f"DROP TABLE {self._seen}")
        self.notes += model_notes(changes, ended.total(), retired.total())
        headline = replace(report.headline, new=changes.new + changes.came_back, resolved=changes.resolved)
        return replace(report, changes=changes, headline=headline)

    def _without_past(self, report: Report) -> Report:
        """Leave out the reports that a later run has overtaken, and say so."""
        database, as_of = self._store.database, report.run.as_of
        past = superseded(database, self._audit, (s.name for s in report.sections), as_of, self._moment)
        if not past:
            return report
        database.executemany(f"DELETE FROM {self._seen} WHERE report = ?", ((name,) for name in past))
        sections = tuple(section for section in report.sections if section.name not in past)
        which = "This run is" if not sections else f"Of this run {', '.join(sorted(past))} is"
        self.notes.append(
            f"{which} not in the history: it is as of {as_of:%Y-%m-%d %H:%M} UTC, and the history has a later one."
        )
        return replace(report, sections=sections)

    def _changes(self, turns: dict[str, StatusCounts], gone: list[tuple[object, ...]]) -> Changes:
        """Say what a run found against the runs before."""
        return Changes(
            before=self.before,
            new=sum(each.new for each in turns.values()),
            persisting=sum(each.persisting for each in turns.values()),
            came_back=sum(each.came_back for each in turns.values()),
            resolved=len(gone),
            cured=sum(each.cured for each in turns.values()),
            destroyed=sum(each.destroyed for each in turns.values()),
            by_changed_rules=sum(each.by_changed_rules for each in turns.values()),
            gone=tuple(gone_of(row) for row in gone[:LISTED]),
            by_report=turns,
        )


def gone_of(row: Iterable[object]) -> ResolvedFinding:
    """Return a finding of an earlier run, of its type, severity, ..., description, mark, moment, and how it ended."""
    type_, severity, report, collection, description, mark, since, how = row
    if not isinstance(mark, bytes) or not isinstance(since, int):
        raise TypeError("a fingerprint is bytes, and a moment is a number")
    return ResolvedFinding(
        str(type_),
        str(severity),
        str(report),
        str(collection),
        str(description),
        mark.hex(),
        moment_of(since),
        _how(how),
    )


def _how(written: object) -> str | None:
    return None if written is None else str(written)


def _cause(finding: Finding) -> str:
    """Return the values that findings of one root cause share, as JSON; nothing where there are none, or long ones."""
    shared = {name: finding.fields.get(name) for name in finding.cause}
    text = _JSON.encode(shared) if shared else ""
    return text if len(text) <= _TEXT else ""
