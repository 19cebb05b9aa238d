"""What is known of a kept run without opening its report: ``run.json``, small, and believed only if it is sound."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from intact.findings import Report
from intact.findings.digest import SEVERITIES
from intact.findings.types import utc_text

RECORD: Final = "run.json"
"""Name of the file in a run's folder; it is written last."""

KIND: Final = "intact run"
VERSION: Final = 1

NAME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{6}Z(?:_[1-9][0-9]{0,5})?")
"""Names of the folders of runs: the moment in UTC, and a number where a second had several."""

FILE: Final = re.compile(r"(?:documents/)?[A-Za-z0-9][A-Za-z0-9_-]{0,240}\.[a-z]{2,5}")
"""Names of files in them. Nothing that fits leads out of the folder, on any system."""

_DIGEST: Final = re.compile("[0-9a-f]{64}")
_LONGEST: Final = 500
_MOST: Final = 5_000
_LARGEST: Final = 10**15


class DamagedError(ValueError):
    """A record that cannot be believed; the text says why."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many findings a report has of a type and a severity."""

    report: str
    type: str
    severity: str
    count: int


@dataclass(frozen=True, slots=True)
class Record:
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

    @property
    def audit(self) -> tuple[str, str, tuple[str, ...]]:
        """What makes runs comparable: model, subject, and which reports were made."""
        return self.model, self.subject, tuple(sorted(self.reports))

    @property
    def findings(self) -> int:
        """How many findings it has."""
        return sum(each.count for each in self.counts)

    def severity(self, name: str) -> int:
        """Give how many findings it has of a severity."""
        return sum(each.count for each in self.counts if each.severity == name)

    def to_json(self) -> str:
        """Give the text of its file."""
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
            "money_at_stake": {kind: str(amount) for kind, amount in self.money.items()},
            "new": self.new,
            "resolved": self.resolved,
            "files": dict(self.files),
        }
        return json.dumps(document, indent=2, ensure_ascii=True) + "\n"

    @classmethod
    def of(cls, report: Report, name: str, files: Mapping[str, str]) -> Record:
        """Give the record of a run; its findings are gone through once."""
        run, head = report.run, report.headline
        return cls(
            name=name,
            ended=run.generated_at,
            as_of=run.as_of,
            seconds=run.seconds,
            version=run.version,
            model=_short(run.model),
            title=_short(run.model_title),
            currency=None if run.currency is None else _short(run.currency),
            subject=_short(run.database or run.source),
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
            files=dict(files),
        )

    @classmethod
    def parse(cls, name: str, text: bytes) -> Record:
        """Read a record.

        Args:
            name: Name of its folder.
            text: Its file.

        Raises:
            DamagedError: If it is none, of a later version, or says what no run says.
        """
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            raise DamagedError(f"{RECORD} is no JSON") from None
        if not isinstance(document, dict) or document.get("kind") != KIND:
            raise DamagedError(f"{RECORD} is not of a run")
        if document.get("version") != VERSION:
            raise DamagedError(f"{RECORD} is of another version of intact")
        try:
            return _record(name, _Reader(document))
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            raise DamagedError(f"{RECORD} is damaged") from error


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
            worst = min(by_severity, key=_rank, default=declared.get(name, ""))
            by_severity[worst] += total - by_severity.total()
            found += [Count(section.name, name, each, count) for each, count in sorted(by_severity.items())]
    return found


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)


def _short(text: str) -> str:
    return text[:_LONGEST]


class _Reader:
    """Values out of a document that anybody may have written; each is what it has to be, or an error."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def text(self, key: str) -> str:
        value = self._document[key]
        if not isinstance(value, str) or len(value) > _LONGEST:
            raise ValueError(key)
        return value

    def moment(self, key: str) -> datetime:
        value = datetime.fromisoformat(self.text(key))
        if value.tzinfo is None:
            raise ValueError(key)
        return value

    def number(self, key: str) -> int:
        return _whole(self._document[key])

    def number_or_none(self, key: str) -> int | None:
        return None if self._document[key] is None else self.number(key)

    def flag(self, key: str) -> bool:
        value = self._document[key]
        if not isinstance(value, bool):
            raise TypeError(key)
        return value

    def mapping(self, key: str) -> dict[str, Any]:
        value = self._document[key]
        if not isinstance(value, dict) or len(value) > _MOST or any(len(each) > _LONGEST for each in value):
            raise ValueError(key)
        return value

    def items(self, key: str) -> list[Any]:
        value = self._document[key]
        if not isinstance(value, list) or len(value) > _MOST:
            raise ValueError(key)
        return value

    def value(self, key: str) -> Any:
        return self._document[key]


def _record(name: str, given: _Reader) -> Record:
    return Record(
        name=name,
        ended=given.moment("generated_at"),
        as_of=given.moment("as_of"),
        seconds=_seconds(given.value("seconds")),
        version=given.text("intact"),
        model=given.text("model"),
        title=given.text("title"),
        currency=None if given.value("currency") is None else given.text("currency"),
        subject=given.text("subject"),
        reports=tuple(_text(each) for each in given.items("reports")),
        exit_code=given.number("exit_code"),
        complete=given.flag("complete"),
        failing=given.number("failing"),
        documents=given.number("documents_scanned"),
        affected=given.number("documents_affected"),
        unchecked={key: _whole(value) for key, value in given.mapping("not_evaluated").items()},
        counts=tuple(_count(_Reader(each)) for each in given.items("findings")),
        accepted={key: _whole(value) for key, value in given.mapping("accepted").items()},
        money={key: _amount(value) for key, value in given.mapping("money_at_stake").items()},
        new=given.number_or_none("new"),
        resolved=given.number_or_none("resolved"),
        files={_file(key): _digest(value) for key, value in given.mapping("files").items()},
    )


def _count(given: _Reader) -> Count:
    return Count(given.text("report"), given.text("type"), given.text("severity"), given.number("count"))


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise TypeError
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LARGEST:
        raise ValueError
    return value


def _seconds(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= _LARGEST:
        raise ValueError
    return float(value)


def _amount(value: object) -> Decimal:
    amount = Decimal(_text(value))
    if not amount.is_finite():
        raise ValueError
    return amount


def _file(name: str) -> str:
    if not FILE.fullmatch(name) or name == RECORD:
        raise ValueError
    return name


def _digest(value: object) -> str:
    digest = _text(value)
    if not _DIGEST.fullmatch(digest):
        raise ValueError
    return digest
