"""What is known of a kept run without opening its report: ``run.json``, small, and believed only if it is sound."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from intact.core.terms import rank
from intact.findings import Report
from intact.findings.news import model_text
from intact.findings.records import utc_text
from intact.ledger.identity import AuditId
from intact.operations.folder.run_reading import LONGEST, VERSION, RecordReader, read, seconds, text, whole

RECORD: Final = "run.json"
"""Name of the file in a run's folder; it is written last."""

KIND: Final = "intact run"
NAME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{6}Z(?:_[1-9][0-9]{0,5})?")
"""Names of the folders of runs: the moment in UTC, and a number where a second had several."""

FILE: Final = re.compile(r"(?:documents/)?[A-Za-z0-9][A-Za-z0-9_-]{0,240}\.[a-z]{2,5}")
"""Names of files in them. Nothing that fits leads out of the folder, on any system."""

LAST: Final = 10**12
"""The largest number of a run; one that somebody made up leaves room for those that follow."""

_DIGEST: Final = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A run's place in the folder, which its report does not know.

    Attributes:
        name: Name of its folder.
        number: Its place in the order in which runs were kept.
        job: What was to be audited.
        asked: Which reports were asked for; none for all.
        began: When it began.
    """

    name: str
    number: int = 0
    job: str | None = None
    asked: tuple[str, ...] = ()
    began: datetime | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """How many findings a report has of a type and a severity."""

    report: str
    type: str
    severity: str
    count: int


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A kept run.

    Attributes:
        name: Name of its folder.
        subject: The database, or where the data is.
        reports: The reports that were made.
        unchecked: How many checks of each report were not evaluated, or not in full.
        counts: Findings by report, type and severity; types that were looked for and not found count 0.
        accepted: How many findings of each report the baseline accepts; they are among the counts.
        new: New findings, those that came back included; None without a history.
        files: Its files, by name, with the SHA-256 of what was written.
        number: Its place in the order in which runs were kept, which no clock that was wrong can change; 0 for those
            of an intact that did not number them.
        job: What was to be audited, as failures name it too; None where that was not said.
        asked: Which reports were asked for; none for all.
        began: When it began; None where that was not said.
        cured: How many of the resolved findings have their documents still; None without a history.
        destroyed: How many of them have lost one.
        not_comparable: How many of the runs before were not found, by rules that were changed or are gone.
        model_change: How the model differs from that of the run before; None where it does not.
        total_critical_issues: The sum that the model declares; None for those of an intact that did not record it.
    """

    name: str
    ended: datetime
    as_of: datetime
    seconds: float
    version: str
    model: str
    title: str
    currency: str | None
    subject: str
    reports: tuple[str, ...]
    exit_code: int
    complete: bool
    failing: int
    documents: int
    affected: int
    unchecked: Mapping[str, int]
    counts: tuple[Count, ...]
    accepted: Mapping[str, int]
    money: Mapping[str, Decimal]
    new: int | None
    resolved: int | None
    files: Mapping[str, str]
    number: int = 0
    job: str | None = None
    asked: tuple[str, ...] = ()
    began: datetime | None = None
    cured: int | None = None
    destroyed: int | None = None
    not_comparable: int | None = None
    model_change: str | None = None
    total_critical_issues: int | None = None

    @property
    def audit(self) -> AuditId:
        """What makes runs comparable."""
        return AuditId(self.model, self.subject, tuple(sorted(self.reports)))

    @property
    def findings(self) -> int:
        """How many findings it has."""
        return sum(each.count for each in self.counts)

    def severity(self, name: str) -> int:
        """Return how many findings it has of a severity."""
        return sum(each.count for each in self.counts if each.severity == name)

    def to_json(self) -> str:
        """Return the text of its file."""
        document = {
            "kind": KIND,
            "version": VERSION,
            "generated_at": utc_text(self.ended),
            "as_of": utc_text(self.as_of),
            "seconds": round(self.seconds, 3),
            "intact": self.version,
            "model": self.model,
            "title": self.title,
            "currency": self.currency,
            "subject": self.subject,
            "reports": list(self.reports),
            "exit_code": self.exit_code,
            "complete": self.complete,
            "failing": self.failing,
            "documents_scanned": self.documents,
            "documents_affected": self.affected,
            "not_evaluated": dict(self.unchecked),
            "findings": [
                {"report": each.report, "type": each.type, "severity": each.severity, "count": each.count}
                for each in self.counts
            ],
            "accepted": dict(self.accepted),
            "total_critical_issues_found": self.total_critical_issues,
            "money_at_stake": {kind: str(amount) for kind, amount in self.money.items()},
            "new": self.new,
            "resolved": self.resolved,
            "cured": self.cured,
            "destroyed": self.destroyed,
            "not_comparable": self.not_comparable,
            "model_change": self.model_change,
            "files": dict(self.files),
            "number": self.number,
            "job": self.job,
            "asked": list(self.asked),
            "began": None if self.began is None else utc_text(self.began),
        }
        return json.dumps(document, indent=2, ensure_ascii=True) + "\n"

    @classmethod
    def of(cls, report: Report, files: Mapping[str, str], place: RunFolder) -> RunRecord:
        """Return the record of a run; its findings are gone through once."""
        run, head, changes = report.run, report.headline, report.changes
        return cls(
            name=place.name,
            ended=run.generated_at,
            as_of=run.as_of,
            seconds=run.seconds,
            version=run.version,
            model=_short(run.model),
            title=_short(run.model_title),
            currency=None if run.currency is None else _short(run.currency),
            subject=_short(AuditId.of(report).subject),
            reports=tuple(section.name for section in report.sections),
            exit_code=report.exit_code,
            complete=report.complete,
            failing=report.failing,
            documents=head.documents_scanned,
            affected=head.documents_affected,
            unchecked={s.name: sum(bool(each.reasons) for each in s.outcomes) for s in report.sections},
            counts=tuple(_counts(report)),
            accepted={section.name: sum(section.accepted.values()) for section in report.sections},
            money=dict(head.money_at_stake),
            new=head.new,
            resolved=head.resolved,
            cured=changes.cured if changes else None,
            destroyed=changes.destroyed if changes else None,
            not_comparable=changes.not_comparable if changes else None,
            model_change=model_text(changes.model) if changes and changes.model else None,
            total_critical_issues=head.total_critical_issues,
            files=dict(files),
            number=place.number,
            job=place.job,
            asked=place.asked,
            began=place.began,
        )

    @classmethod
    def parse(cls, name: str, text: bytes) -> RunRecord:
        """Read a record.

        Args:
            name: Name of its folder.
            text: Its file.

        Raises:
            DamagedError: If it is none, of a later version, or says what no run says.
        """
        return read(RECORD, KIND, text, lambda given: _record(name, given))


def _counts(report: Report) -> list[Count]:
    """Count findings by type and severity; of a type of which not all are listed, the rest count as its worst."""
    found: list[Count] = []
    for section in report.sections:
        listed: dict[str, Counter[str]] = {}
        for finding in section.issues:
            listed.setdefault(finding.type, Counter())[finding.severity] += 1
        declared = {each.type: each.severity for each in section.explanations}
        for name, total in section.counts.items():
            by_severity = listed.get(name, Counter())
            worst = min(by_severity, key=rank, default=declared.get(name, ""))
            by_severity[worst] += total - by_severity.total()
            found += [Count(section.name, name, each, count) for each, count in sorted(by_severity.items())]
    return found


def _short(text: str) -> str:
    return text[:LONGEST]


def _record(name: str, given: RecordReader) -> RunRecord:
    return RunRecord(
        name=name,
        ended=given.moment("generated_at"),
        as_of=given.moment("as_of"),
        seconds=seconds(given.value("seconds")),
        version=given.text("intact"),
        model=given.text("model"),
        title=given.text("title"),
        currency=None if given.value("currency") is None else given.text("currency"),
        subject=given.text("subject"),
        reports=tuple(text(each) for each in given.items("reports")),
        exit_code=given.number("exit_code"),
        complete=given.flag("complete"),
        failing=given.number("failing"),
        documents=given.number("documents_scanned"),
        affected=given.number("documents_affected"),
        unchecked={key: whole(value) for key, value in given.mapping("not_evaluated").items()},
        counts=tuple(_count(RecordReader(each)) for each in given.items("findings")),
        accepted={key: whole(value) for key, value in given.mapping("accepted").items()},
        money={key: _amount(value) for key, value in given.mapping("money_at_stake").items()},
        new=given.number_or_none("new"),
        resolved=given.number_or_none("resolved"),
        cured=given.number_or_none("cured"),
        destroyed=given.number_or_none("destroyed"),
        not_comparable=given.number_or_none("not_comparable"),
        model_change=given.text_or_none("model_change"),
        total_critical_issues=given.number_or_none("total_critical_issues_found"),
        files={_file(key): _digest(value) for key, value in given.mapping("files").items()},
        number=min(given.number_or_none("number") or 0, LAST),
        job=given.text_or_none("job"),
        asked=tuple(text(each) for each in given.items_or_none("asked")),
        began=given.moment_or_none("began"),
    )


def _count(given: RecordReader) -> Count:
    return Count(given.text("report"), given.text("type"), given.text("severity"), given.number("count"))


def _amount(value: object) -> Decimal:
    amount = Decimal(text(value))
    if not amount.is_finite():
        raise ValueError
    return amount


def _file(name: str) -> str:
    if not FILE.fullmatch(name) or name == RECORD:
        raise ValueError
    return name


def _digest(value: object) -> str:
    digest = text(value)
    if not _DIGEST.fullmatch(digest):
        raise ValueError
    return digest
