"""The JSON Schema of the JSON report, version 1.

It lives here as Python, so that the package carries it; ``docs/schemas/report-1.json`` is written from it,
and a test compares the two. What a finding carries beside the common fields depends on its type and on the
model, so findings are open objects here; ``docs/findings.md`` lists the fields of the shipped model.
"""

from __future__ import annotations

from typing import Final

from intact.core.distribution import SCHEMAS
from intact.core.terms import SEVERITIES
from intact.findings.records import SCHEMA_VERSION, Status
from intact.findings.schema_parts import (
    Schema,
    amounts,
    count,
    count_or_null,
    counts,
    flag,
    list_of,
    moment,
    nullable,
    object_of,
    one_of,
    text,
    text_or_null,
    texts,
)

SCHEMA_ID: Final = f"{SCHEMAS}/report-{SCHEMA_VERSION}.json"


def json_schema() -> Schema:
    """Return the JSON Schema (2020-12) of the JSON report."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "intact report",
        "description": "What one run of intact found, and what it could not check.",
        **object_of(
            {
                "schema_version": {
                    "const": SCHEMA_VERSION,
                    "description": "Raised when a key changes its meaning or goes away, not when one is added.",
                },
                "generated_at": moment("When the run ended."),
                "as_of": moment("The moment from which ages and periods are counted."),
                "intact": object_of(
                    {
                        "version": text("Version of intact."),
                        "projector": text("Which projector read the documents."),
                        "engine": text("Which engine ran the checks."),
                        "seconds": {"type": "number", "minimum": 0, "description": "How long the run took."},
                    }
                ),
                "model": _model(),
                "source": _source(),
                "personal": one_of(
                    ["masked", "shown"], "Whether values that the model calls personal are masked."
                ),
                "complete": flag("Whether all could be checked. If not, an empty list proves nothing."),
                "exit_code": one_of([0, 1, 3], "What `intact check` ended with."),
                "fail_on": texts(
                    "Finding types, severities or thresholds at which a run ends with exit code 1."
                ),
                "failing": count("How many findings make this run fail; accepted ones do not."),
                "accepted": count("How many findings the baseline accepts."),
                "thresholds": list_of("What makes a run fail, with the true numbers.", _threshold()),
                "baseline": _baseline(),
                "headline": _headline(),
                "changes": _changes(),
                "collections": list_of("What was read.", _collection()),
                "not_read": list_of(
                    "Collections that the source has and no rule reads; at most some hundred.", _not_read()
                ),
                "not_read_total": count("How many such collections there are in all."),
                "not_evaluated": list_of(
                    "Checks of which all or a part was not evaluated.", _outcome(report=True)
                ),
                "troubles": list_of("What could not be read; at most some hundred.", _trouble()),
                "troubles_total": count("How many troubles there were in all."),
                "reports": {
                    "type": "object",
                    "description": "The reports by name, in the model's order.",
                    "additionalProperties": {"$ref": "#/$defs/report"},
                },
            }
        ),
        "$defs": {"report": _report(), "finding": _finding()},
    }


def _report() -> Schema:
    properties: Schema = {
        "issues": list_of(
            "The findings, at most as many of each type as the run was limited to.",
            {"$ref": "#/$defs/finding"},
        ),
        "summary": {
            "type": "object",
            "description": "Its figures, by the names that the model gives them.",
        },
        "title": text("Its title."),
        "purpose": text("What it is for, in one sentence."),
        "cadence": one_of(["daily", "weekly", "monthly"], "How often it is due."),
        "document": text("Name of its document, without date and suffix."),
        "actions": texts("What people are to do with it."),
        "actions_done": texts("Those of them that the run itself does."),
        "counts": counts("How many findings there are of each type, whatever the limit."),
        "accepted": counts("How many findings of each type the baseline accepts."),
        "failing": counts("How many findings of each type make the run fail."),
        "complete": flag("Whether all of its checks could be made in full."),
        "checks": list_of("How its checks ended.", _outcome()),
        "figures": list_of("How much its figures over documents judged.", _outcome()),
        "vanished": count(
            "Candidates that were gone when their documents were looked at again; they are no findings."
        ),
        "unconfirmed": count("Findings that could not be looked at again."),
        "explanations": list_of("What its findings mean, one a check.", _explanation()),
    }
    return {
        "type": "object",
        "description": "One report. Its total stands under a name of its own, such as total_orphaned_orders.",
        "properties": properties,
        "required": list(properties),
        "minProperties": len(properties) + 1,
        "additionalProperties": count("The report's total."),
    }


def _finding() -> Schema:
    return {
        "type": "object",
        "description": "One thing to fix. It names a document or a group, and carries more fields by its type.",
        "properties": {
            "type": text("UNBILLED_ORDER and so on."),
            "severity": {"enum": [*SEVERITIES]},
            "collection": text("Where it is to be fixed."),
            "description": text("One line."),
            "fingerprint": {
                "type": "string",
                "pattern": "^[0-9a-f]{20}$",
                "description": "The same from run to run while the fault stays the same.",
            },
            "document_id": {
                "description": "The _id of the document: text, a number, or relaxed Extended JSON."
            },
            "document_ids": {"type": "array", "description": "The _ids of a group's documents."},
            "meta": _meta(),
            "near_match": object_of(
                {
                    "kind": {
                        "type": "string",
                        "pattern": (
                            r"^((type|case|whitespace)(\+(case|whitespace))*|byte-order|notation|rounding|copy)$"
                        ),
                        "description": "How the value that exists differs from the one that was looked for.",
                    },
                    "value": {"description": "The value that exists."},
                }
            ),
            "elsewhere": object_of(
                {
                    "collection": text("Where the value that finds nothing where it should is found."),
                    "field": text("Its key there, or _id."),
                }
            ),
        },
        "required": ["type", "severity", "collection", "description", "fingerprint", "meta"],
        "oneOf": [{"required": ["document_id"]}, {"required": ["document_ids"]}],
    }


def _meta() -> Schema:
    """Describe what every finding carries beside the fields of its type."""
    return object_of(
        {
            "check": text("Kind and target of the check that found it, as in the model."),
            "when": text_or_null("The month (2026-01) or day (2026-01-31) that the fault is of."),
            "money": nullable(
                "What is at stake; null where it is no money.",
                object_of({"kind": text("Kind of money."), "amount": {"type": "number"}}),
            ),
            "cause": texts("Names of the fields that findings with one root cause share."),
            "state": one_of(
                ["confirmed", "unconfirmed", None],
                "Whether its documents were looked at again, where not all was of one moment.",
            ),
            "status": one_of(
                ["new", "persisting", "came back", None], "Against the runs before; null without a history."
            ),
            "first_seen": text_or_null("When the first run found it; null without a history."),
            "accepted": nullable(
                "By which entry of the baseline it does not fail the run; null where by none.",
                object_of(
                    {
                        "reason": text("Why."),
                        "owner": text("Who answers for it."),
                        "until": text("The last day on which it holds."),
                        "line": count("Line in the baseline's file."),
                    }
                ),
            ),
            "page": text("Address of the page that explains it."),
        }
    )


def _explanation() -> Schema:
    return object_of(
        {
            "type": text("The type of the findings."),
            "check": text("Kind and target, as in the model."),
            "severity": {"enum": [*SEVERITIES]},
            "what": text("What the check finds."),
            "why": text("Why it matters."),
            "repair": text("How to repair."),
            "cannot_see": text("What the check cannot see."),
            "mongosh": text("A query that shows the same faults; may be empty."),
            "url": text("Address of the page."),
        }
    )


def _headline() -> Schema:
    return object_of(
        {
            "total_critical_issues_found": count("The sum that the model declares, whatever their severity."),
            "critical_findings": count("Findings whose severity is CRITICAL."),
            "documents_scanned": count("Documents read, lost ones included."),
            "documents_affected": count("Documents that a finding concerns, each once."),
            "money_at_stake": amounts("Amounts by kind, each amount once."),
            "currency": text_or_null("ISO 4217 code."),
            "new": count_or_null("Findings that the run before did not have; null without a history."),
            "resolved": count_or_null("Findings that only the run before had; null without a history."),
        }
    )


def _changes() -> Schema:
    gone: Schema = {
        "type": text("Its type."),
        "severity": {"enum": [*SEVERITIES]},
        "report": text("Name of its report."),
        "collection": text("Where it was."),
        "description": text("One line."),
        "fingerprint": text("Its fingerprint."),
        "first_seen": moment("When the first run found it."),
        "how": {
            "enum": ["cured", "destroyed", None],
            "description": "cured: its documents are there, without the fault; destroyed: one of them is gone; null"
            " where they could not be looked up.",
        },
    }
    numbers: Schema = {
        "new": count("Findings that no run before has found."),
        "persisting": count("Findings that were there already."),
        "came_back": count("Findings that had been resolved."),
        "resolved": count("Findings of the runs before that are gone."),
        "cured": count("Those whose documents are there, without the fault."),
        "destroyed": count("Those of which a document is there no more."),
        "by_changed_rules": count("New findings of rules that are new or changed themselves."),
        "not_comparable": count(
            "Findings of the runs before that rules, changed or gone since, do not find: not resolved."
        ),
    }
    changes = object_of(
        {
            "before": text_or_null("When the run before was made; null for the first one."),
            **numbers,
            "model": _model_change(),
            "gone": list_of("Those, at most a hundred.", object_of(gone)),
            "by_report": {
                "type": "object",
                "description": "The same numbers for each report.",
                "additionalProperties": object_of({name: count("") for name in numbers}),
            },
            "trend": list_of(
                "The last run of each day that made the same reports, this run last; at most ninety.",
                _then(),
            ),
        }
    )
    return nullable("What changed since the run before; null without a history.", changes)


def _model_change() -> Schema:
    change: Schema = {
        "new": count("Rules that the model of the run before did not have."),
        "changed": count("Rules that judge otherwise."),
        "gone": count("Rules that it has no more."),
        "figures": count("Figures that are new, changed or gone."),
    }
    return nullable(
        "How the model differs from that of the run before; null where it does not.", object_of(change)
    )


def _then() -> Schema:
    return object_of(
        {
            "moment": moment("When the run was made."),
            "complete": flag("Whether all could be checked."),
            "counts": {
                "type": "object",
                "description": "How many findings of each type it had, by report.",
                "additionalProperties": counts(""),
            },
            "severities": counts("How many it had of each severity; empty where that is not known."),
            "money_at_stake": amounts("Amounts by kind."),
            "model_changed": flag(
                "Whether the model was changed since the run before it: the two are not comparable."
            ),
        }
    )


def _threshold() -> Schema:
    return object_of(
        {
            "text": text("As it was asked for: HIGH, DOUBLE_BILLING>5, new:overcharged>1000."),
            "findings": count("How many findings it looks at; accepted ones are left out."),
            "amount": {
                "type": ["number", "null"],
                "description": "What they come to; null unless it is of money.",
            },
            "crossed": flag("Whether these findings make the run fail."),
        }
    )


def _baseline() -> Schema:
    entry = object_of(
        {
            "line": count("Its line in the file."),
            "entry": text("Its type, and its fingerprint or conditions."),
            "why": text("One sentence."),
            "findings": count("How many findings fire that it names."),
        }
    )
    use = object_of(
        {
            "file": text("Its path, as given."),
            "entries": count("How many entries it has."),
            "lapsed": list_of("Entries whose findings fire nevertheless; at most a hundred.", entry),
            "lapsed_total": count("How many these are."),
            "idle": list_of("Entries that match nothing any more; at most a hundred.", entry),
            "idle_total": count("How many these are."),
            "doubts": texts("What else is wrong with the file."),
        }
    )
    return nullable("What became of the baseline; null without one.", use)


def _model() -> Schema:
    return object_of(
        {
            "name": text("Name of the model."),
            "title": text("Its title."),
            "file": text("Where it was read from."),
            "currency": text_or_null("ISO 4217 code of its amounts."),
        }
    )


def _source() -> Schema:
    return object_of(
        {
            "label": text("Where the data is, never with a credential."),
            "kind": text("dump, archive, bson, extended-json or mongodb."),
            "database": text_or_null("Name of the database."),
            "one_moment": flag("Whether all collections are of one moment."),
            "moment": text_or_null("The moment as of which a server was read, where it was one."),
            "read_from": text_or_null("When reading a server began; null for files."),
            "read_until": text_or_null("When reading it, and looking again, had ended."),
            "notes": texts("What a reader should know of the source."),
        }
    )


def _collection() -> Schema:
    return object_of(
        {
            "name": text("Its name."),
            "documents": count("Documents seen, lost ones included."),
            "lost": count("Documents that could not be taken in."),
            "repeated_fields": count("Documents that give a field twice which the audit reads."),
            "repeats": list_of(
                "The first of these documents.",
                object_of(
                    {
                        "document_id": {"description": "Its _id; null where it has none."},
                        "fields": texts("The fields that it gives twice, as paths."),
                    }
                ),
            ),
            "copies": count(
                "Documents that were the same, byte for byte, as another one; they are not in `documents`."
            ),
            "present": flag("Whether the source has it."),
            "whole": flag("Whether all of it was read."),
            "note": text("Why not, or what else to know; mostly empty."),
        }
    )


def _not_read() -> Schema:
    return object_of(
        {
            "name": text("Its name."),
            "bytes": count_or_null("How large it is in the source; null where that is not known."),
            "reason": text("Why it could not be read anyway, such as a view; mostly empty."),
            "beside": text("The collection of the model that its name is like; empty where none is."),
        }
    )


def _outcome(*, report: bool = False) -> Schema:
    fields: Schema = {
        "check": text("Kind and target, as in the model."),
        "type": text("The type of its findings."),
        "status": {"enum": [each.value for each in Status]},
        "findings": count("How many it made."),
        "reasons": texts("Why it, or a part of it, was not evaluated."),
        "line": count("Line in the model file."),
        "documents": count_or_null(
            "How many documents there were for it; null where a collection was not read."
        ),
        "values": count_or_null(
            "How many of them, or of their values, it judged; null where that is not known."
        ),
        "notes": texts(
            "What is to be known beside what it found, such as where its values are, or why the rule is probably wrong."
        ),
    }
    return object_of({"report": text("Name of the report."), **fields} if report else fields)


def _trouble() -> Schema:
    return object_of(
        {
            "collection": text_or_null("Where; null for the source as a whole."),
            "what": text("One sentence."),
            "where": text("File and offset, or the document's id and path."),
            "hint": text("What to do; may be empty."),
            "documents": count_or_null("How many documents it concerns; null where unknown."),
        }
    )
