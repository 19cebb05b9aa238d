"""A report as one JSON document, in the shape of the user's own file and with what intact adds.

The keys of that file (``generated_at``, ``reports``, in each report its total, ``issues`` and ``summary``)
are there with their meaning. The rest is described by the JSON Schema in :mod:`intact.findings.schema`.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from decimal import Decimal

from intact.core import amounts
from intact.core.values import JsonValue
from intact.findings.changes import Changes, TrendPoint
from intact.findings.records import (
    SCHEMA_VERSION,
    CollectionRead,
    Finding,
    Headline,
    Outcome,
    Report,
    RunInfo,
    Section,
    Trouble,
    utc_text,
)
from intact.findings.verdict import BaselineUse, ThresholdOutcome

Document = dict[str, JsonValue]


def to_document(report: Report) -> Document:
    """Return the whole report as a JSON document; amounts are exact (Decimal)."""
    return {**head(report), "reports": {s.name: section_document(s) for s in report.sections}}


def head(report: Report) -> Document:
    """Return everything but the reports themselves."""
    return {
        "schema_version": SCHEMA_VERSION,
        "generated_at": moment(report.run.generated_at),
        "as_of": moment(report.run.as_of),
        **_run(report.run),
        "personal": "shown" if report.run.personal else "masked",
        "complete": report.complete,
        "exit_code": report.exit_code,
        "fail_on": list(report.fail_on),
        "failing": report.failing,
        "accepted": report.accepted,
        "thresholds": [_threshold(each) for each in report.thresholds],
        "baseline": None if report.baseline is None else _baseline(report.baseline),
        "headline": _headline(report.headline, report.run.currency),
        "changes": _changes(report.changes),
        "collections": [_collection(each) for each in report.collections],
        "not_read": [asdict(each) for each in report.not_read],
        "not_read_total": report.not_read_total,
        "not_evaluated": [
            {"report": section.name, **_outcome(each)}
            for section in report.sections
            for each in section.outcomes
            if each.reasons
        ],
        "troubles": [_trouble(each) for each in report.troubles],
        "troubles_total": report.troubles_total,
    }


def section_head(section: Section) -> Document:
    """Return one report without its issues: its total first, as the user's file has it."""
    name, total = section.total
    return {
        name: total,
        "summary": {key: tidy(value) for key, value in section.summary.items()},
        "title": section.title,
        "purpose": section.purpose,
        "cadence": section.cadence,
        "document": section.document,
        "actions": list(section.actions),
        "actions_done": list(section.done),
        "counts": dict(section.counts),
        "accepted": dict(section.accepted),
        "failing": dict(section.failing),
        "complete": not any(each.reasons for each in section.outcomes),
        "checks": [_outcome(each) for each in section.outcomes],
        "figures": [_outcome(each) for each in section.figures],
        "vanished": section.vanished,
        "unconfirmed": section.unconfirmed,
        "explanations": [asdict(each) for each in section.explanations],
    }


def section_document(section: Section) -> Document:
    """Return one report: its total, its issues, its summary, and what intact adds."""
    name, total = section.total
    issues: list[JsonValue] = [issue(each) for each in section.issues]
    return {name: total, "issues": issues, **section_head(section)}


def issue(finding: Finding) -> Document:
    """Return one finding."""
    return {key: value if isinstance(value, str) else tidy(value) for key, value in finding.to_dict().items()}


def plain_document(document: Document) -> Document:
    """Return a document with :func:`plain` amounts."""
    return {key: plain(value) for key, value in document.items()}


def plain(value: JsonValue) -> JsonValue:
    """Turn exact amounts into what ``json.dump`` and most code expect: int where whole, else float."""
    if isinstance(value, Decimal):
        return int(value) if amounts.is_whole(value) else float(value)
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value


def tidy(value: JsonValue) -> JsonValue:
    """Write amounts in lowest terms without an exponent: 120 for 1.2E+2, 12.5 for 12.50."""
    if isinstance(value, Decimal):
        return amounts.tidy(value)
    if isinstance(value, dict):
        return {key: tidy(each) for key, each in value.items()}
    if isinstance(value, list):
        return [tidy(each) for each in value]
    return value


moment = utc_text


def _moment_or_null(value: datetime | None) -> str | None:
    return None if value is None else moment(value)


def _run(run: RunInfo) -> Document:
    return {
        "intact": {
            "version": run.version,
            "projector": run.projector,
            "engine": run.engine,
            "seconds": round(run.seconds, 3),
        },
        "model": {
            "name": run.model,
            "title": run.model_title,
            "file": run.model_file,
            "currency": run.currency,
        },
        "source": {
            "label": run.source,
            "kind": run.source_kind,
            "database": run.database,
            "one_moment": run.one_moment,
            "moment": _moment_or_null(run.moment),
            "read_from": _moment_or_null(run.read_from),
            "read_until": _moment_or_null(run.read_until),
            "notes": list(run.notes),
        },
    }


def _changes(changes: Changes | None) -> Document | None:
    if changes is None:
        return None
    return {
        "before": _moment_or_null(changes.before),
        "new": changes.new,
        "persisting": changes.persisting,
        "came_back": changes.came_back,
        "resolved": changes.resolved,
        "cured": changes.cured,
        "destroyed": changes.destroyed,
        "by_changed_rules": changes.by_changed_rules,
        "not_comparable": changes.not_comparable,
        "model": None if changes.model is None else asdict(changes.model),
        "gone": [{**asdict(each), "first_seen": moment(each.first_seen)} for each in changes.gone],
        "by_report": {name: asdict(turns) for name, turns in changes.by_report.items()},
        "trend": [_then(each) for each in changes.trend],
    }


def _then(then: TrendPoint) -> Document:
    return {
        "moment": moment(then.moment),
        "complete": then.complete,
        "counts": {report: dict(counts) for report, counts in then.counts.items()},
        "severities": dict(then.severities),
        "money_at_stake": {kind: tidy(amount) for kind, amount in then.money.items()},
        "model_changed": then.model_changed,
    }


def _threshold(line: ThresholdOutcome) -> Document:
    return {
        "text": line.text,
        "findings": line.findings,
        "amount": tidy(line.amount),
        "crossed": line.crossed,
    }


def _baseline(use: BaselineUse) -> Document:
    return {
        "file": use.file,
        "entries": use.entries,
        "lapsed": [asdict(each) for each in use.lapsed],
        "lapsed_total": use.lapsed_total,
        "idle": [asdict(each) for each in use.idle],
        "idle_total": use.idle_total,
        "doubts": list(use.doubts),
    }


def _headline(headline: Headline, currency: str | None) -> Document:
    return {
        "total_critical_issues_found": headline.total_critical_issues,
        "critical_findings": headline.critical,
        "documents_scanned": headline.documents_scanned,
        "documents_affected": headline.documents_affected,
        "money_at_stake": {kind: tidy(amount) for kind, amount in headline.money_at_stake.items()},
        "currency": currency,
        "new": headline.new,
        "resolved": headline.resolved,
    }


def _collection(read: CollectionRead) -> Document:
    return {
        "name": read.name,
        "documents": read.documents,
        "lost": read.lost,
        "repeated_fields": read.repeated,
        "repeats": [
            {"document_id": tidy(each.document_id), "fields": list(each.fields)} for each in read.repeats
        ],
        "copies": read.copies,
        "present": read.present,
        "whole": read.whole,
        "note": read.note,
    }


def _outcome(outcome: Outcome) -> Document:
    return {
        "check": outcome.check,
        "type": outcome.type,
        "status": outcome.status.value,
        "findings": outcome.findings,
        "reasons": list(outcome.reasons),
        "line": outcome.line,
        "documents": outcome.documents,
        "values": outcome.values,
        "notes": list(outcome.notes),
    }


def _trouble(trouble: Trouble) -> Document:
    return {
        "collection": trouble.collection,
        "what": trouble.what,
        "where": trouble.where,
        "hint": trouble.hint,
        "documents": trouble.documents,
    }
