"""The JSON Schema of the JSON report, version 1.

It lives here as Python, so that the package carries it; ``docs/schemas/report-1.json`` is written from it,
and a test compares the two. What a finding carries beside the common fields depends on its type and on the
model, so findings are open objects here; ``docs/findings.md`` lists the fields of the shipped model.
"""

from __future__ import annotations

from typing import Final

from intact.distribution import SCHEMAS
from intact.findings.types import SCHEMA_VERSION, Status
from intact.values import JsonValue

Schema = dict[str, JsonValue]

SCHEMA_ID: Final = f"{SCHEMAS}/report-{SCHEMA_VERSION}.json"

_MOMENT: Final = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$"
_SEVERITIES: Final[list[JsonValue]] = ["CRITICAL", "HIGH", "MEDIUM", "LOW"]


def json_schema() -> Schema:
    """Give the JSON Schema (2020-12) of the JSON report."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "intact report",
        "description": "What one run of intact found, and what it could not check.",
        **_object(
            {
                "schema_version": {
                    "const": SCHEMA_VERSION,
                    "description": "Raised when a key changes its meaning or goes away, not when one is added.",
                },
                "generated_at": _moment("When the run ended."),
                "as_of": _moment("The moment from which ages and periods are counted."),
                "intact": _object(
                    {
                        "version": _text("Version of intact."),
                        "projector": _text("Which projector read the documents."),
                        "engine": _text("Which engine ran the checks."),
                        "seconds": {"type": "number", "minimum": 0, "description": "How long the run took."},
                    }
                ),
                "model": _model(),
                "source": _source(),
                "personal": {
                    "enum": ["masked", "shown"],
                    "description": "Whether values that the model calls personal are masked.",
                },
                "complete": {
                    "type": "boolean",
                    "description": "Whether all could be checked. If not, an empty list proves nothing.",
                },
                "exit_code": {"enum": [0, 1, 3], "description": "What `intact check` ended with."},
                "fail_on": _texts(
                    "Finding types, severities or thresholds at which a run ends with exit code 1."
                ),
                "failing": _count("How many findings make this run fail; accepted ones do not."),
                "accepted": _count("How many findings the baseline accepts."),
                "thresholds": _list("What makes a run fail, with the true numbers.", _threshold()),
                "baseline": _baseline(),
                "headline": _headline(),
                "changes": _changes(),
                "collections": _list("What was read.", _collection()),
                "not_read": _list(
                    "Collections that the source has and no rule reads; at most some hundred.", _not_read()
                ),
                "not_read_total": _count("How many such collections there are in all."),
                "not_evaluated": _list(
                    "Checks of which all or a part was not evaluated.", _outcome(report=True)
                ),
                "troubles": _list("What could not be read; at most some hundred.", _trouble()),
                "troubles_total": _count("How many troubles there were in all."),
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
    return {
        "type": "object",
        "description": "One report. Its total stands under a name of its own, such as total_orphaned_orders.",
        "properties": {
            "issues": _list(
                "The findings, at most as many of each type as the run was limited to.",
                {"$ref": "#/$defs/finding"},
            ),
            "summary": {
                "type": "object",
                "description": "Its figures, by the names that the model gives them.",
            },
            "title": _text("Its title."),
            "purpose": _text("What it is for, in one sentence."),
            "cadence": {"enum": ["daily", "weekly", "monthly"], "description": "How often it is due."},
            "document": _text("Name of its document, without date and suffix."),
            "actions": _texts("What people are to do with it."),
            "actions_done": _texts("Those of them that the run itself does."),
            "counts": {
                "type": "object",
                "description": "How many findings there are of each type, whatever the limit.",
                "additionalProperties": _count(""),
            },
            "accepted": _counts("How many findings of each type the baseline accepts."),
            "failing": _counts("How many findings of each type make the run fail."),
            "complete": {
                "type": "boolean",
                "description": "Whether all of its checks could be made in full.",
            },
            "checks": _list("How its checks ended.", _outcome()),
            "figures": _list("How much its figures over documents judged.", _outcome()),
            "vanished": _count(
                "Candidates that were gone when their documents were looked at again; they are no findings."
            ),
            "unconfirmed": _count("Findings that could not be looked at again."),
            "explanations": _list("What its findings mean, one a check.", _explanation()),
        },
        "required": [
            "issues",
            "summary",
            "title",
            "purpose",
            "cadence",
            "document",
            "actions",
            "actions_done",
            "counts",
            "accepted",
            "failing",
            "complete",
            "checks",
            "figures",
            "vanished",
            "unconfirmed",
            "explanations",
        ],
        "minProperties": 18,
        "additionalProperties": _count("The report's total."),
    }


def _finding() -> Schema:
    return {
        "type": "object",
        "description": "One thing to fix. It names a document or a group, and carries more fields by its type.",
        "properties": {
            "type": _text("UNBILLED_ORDER and so on."),
            "severity": {"enum": _SEVERITIES},
            "collection": _text("Where it is to be fixed."),
            "description": _text("One line."),
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
            "near_match": _object(
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
            "elsewhere": _object(
                {
                    "collection": _text("Where the value that finds nothing where it should is found."),
                    "field": _text("Its key there, or _id."),
                }
            ),
        },
        "required": ["type", "severity", "collection", "description", "fingerprint", "meta"],
        "oneOf": [{"required": ["document_id"]}, {"required": ["document_ids"]}],
    }


def _meta() -> Schema:
    """Describe what every finding carries beside the fields of its type."""
    return _object(
        {
            "check": _text("Kind and target of the check that found it, as in the model."),
            "when": _text_or_null("The month (2026-01) or day (2026-01-31) that the fault is of."),
            "money": {
                "description": "What is at stake; null where it is no money.",
                "oneOf": [
                    {"type": "null"},
                    _object({"kind": _text("Kind of money."), "amount": {"type": "number"}}),
                ],
            },
            "cause": _texts("Names of the fields that findings with one root cause share."),
            "state": {
                "enum": ["confirmed", "unconfirmed", None],
                "description": "Whether its documents were looked at again, where not all was of one moment.",
            },
            "status": {
                "enum": ["new", "persisting", "came back", None],
                "description": "Against the runs before; null without a history.",
            },
            "first_seen": _text_or_null("When the first run found it; null without a history."),
            "accepted": {
                "description": "By which entry of the baseline it does not fail the run; null where by none.",
                "oneOf": [
                    {"type": "null"},
                    _object(
                        {
                            "reason": _text("Why."),
                            "owner": _text("Who answers for it."),
                            "until": _text("The last day on which it holds."),
                            "line": _count("Line in the baseline's file."),
                        }
                    ),
                ],
            },
            "page": _text("Address of the page that explains it."),
        }
    )


def _explanation() -> Schema:
    return _object(
        {
            "type": _text("The type of the findings."),
            "check": _text("Kind and target, as in the model."),
            "severity": {"enum": _SEVERITIES},
            "what": _text("What the check finds."),
            "why": _text("Why it matters."),
            "repair": _text("How to repair."),
            "cannot_see": _text("What the check cannot see."),
            "mongosh": _text("A query that shows the same faults; may be empty."),
            "url": _text("Address of the page."),
        }
    )


def _headline() -> Schema:
    return _object(
        {
            "total_critical_issues_found": _count(
                "The sum that the model declares, whatever their severity."
            ),
            "critical_findings": _count("Findings whose severity is CRITICAL."),
            "documents_scanned": _count("Documents read, lost ones included."),
            "documents_affected": _count("Documents that a finding concerns, each once."),
            "money_at_stake": {
                "type": "object",
                "description": "Amounts by kind, each amount once.",
                "additionalProperties": {"type": "number"},
            },
            "currency": _text_or_null("ISO 4217 code."),
            "new": _count_or_null("Findings that the run before did not have; null without a history."),
            "resolved": _count_or_null("Findings that only the run before had; null without a history."),
        }
    )


def _changes() -> Schema:
    gone: Schema = {
        "type": _text("Its type."),
        "severity": {"enum": _SEVERITIES},
        "report": _text("Name of its report."),
        "collection": _text("Where it was."),
        "description": _text("One line."),
        "fingerprint": _text("Its fingerprint."),
        "first_seen": _moment("When the first run found it."),
    }
    changes = _object(
        {
            "before": _text_or_null("When the run before was made; null for the first one."),
            "new": _count("Findings that no run before has found."),
            "persisting": _count("Findings that were there already."),
            "came_back": _count("Findings that had been resolved."),
            "resolved": _count("Findings of the runs before that are gone."),
            "gone": _list("Those, at most a hundred.", _object(gone)),
            "by_report": {
                "type": "object",
                "description": "The same numbers for each report.",
                "additionalProperties": _object(
                    {name: _count("") for name in ("new", "persisting", "came_back", "resolved")}
                ),
            },
            "trend": _list(
                "The last run of each day that made the same reports, this run last; at most ninety.",
                _then(),
            ),
        }
    )
    return {
        "description": "What changed since the run before; null without a history.",
        "oneOf": [{"type": "null"}, changes],
    }


def _then() -> Schema:
    return _object(
        {
            "moment": _moment("When the run was made."),
            "complete": {"type": "boolean", "description": "Whether all could be checked."},
            "counts": {
                "type": "object",
                "description": "How many findings of each type it had, by report.",
                "additionalProperties": _counts(""),
            },
            "severities": _counts("How many it had of each severity; empty where that is not known."),
            "money_at_stake": {
                "type": "object",
                "description": "Amounts by kind.",
                "additionalProperties": {"type": "number"},
            },
        }
    )


def _threshold() -> Schema:
    return _object(
        {
            "text": _text("As it was asked for: HIGH, DOUBLE_BILLING>5, new:overcharged>1000."),
            "findings": _count("How many findings it looks at; accepted ones are left out."),
            "amount": {
                "type": ["number", "null"],
                "description": "What they come to; null unless it is of money.",
            },
            "crossed": {"type": "boolean", "description": "Whether these findings make the run fail."},
        }
    )


def _baseline() -> Schema:
    entry = _object(
        {
            "line": _count("Its line in the file."),
            "entry": _text("Its type, and its fingerprint or conditions."),
            "why": _text("One sentence."),
            "findings": _count("How many findings fire that it names."),
        }
    )
    use = _object(
        {
            "file": _text("Its path, as given."),
            "entries": _count("How many entries it has."),
            "lapsed": _list("Entries whose findings fire nevertheless; at most a hundred.", entry),
            "lapsed_total": _count("How many these are."),
            "idle": _list("Entries that match nothing any more; at most a hundred.", entry),
            "idle_total": _count("How many these are."),
            "doubts": _texts("What else is wrong with the file."),
        }
    )
    return {"description": "What became of the baseline; null without one.", "oneOf": [{"type": "null"}, use]}


def _model() -> Schema:
    return _object(
        {
            "name": _text("Name of the model."),
            "title": _text("Its title."),
            "file": _text("Where it was read from."),
            "currency": _text_or_null("ISO 4217 code of its amounts."),
        }
    )


def _source() -> Schema:
    return _object(
        {
            "label": _text("Where the data is, never with a credential."),
            "kind": _text("dump, archive, bson, extended-json or mongodb."),
            "database": _text_or_null("Name of the database."),
            "one_moment": {"type": "boolean", "description": "Whether all collections are of one moment."},
            "moment": _text_or_null("The moment as of which a server was read, where it was one."),
            "read_from": _text_or_null("When reading a server began; null for files."),
            "read_until": _text_or_null("When reading it, and looking again, had ended."),
            "notes": _texts("What a reader should know of the source."),
        }
    )


def _collection() -> Schema:
    return _object(
        {
            "name": _text("Its name."),
            "documents": _count("Documents seen, lost ones included."),
            "lost": _count("Documents that could not be taken in."),
            "repeated_fields": _count("Documents that give a field twice which the audit reads."),
            "repeats": _list(
                "The first of these documents.",
                _object(
                    {
                        "document_id": {"description": "Its _id; null where it has none."},
                        "fields": _texts("The fields that it gives twice, as paths."),
                    }
                ),
            ),
            "copies": _count(
                "Documents that were the same, byte for byte, as another one; they are not in `documents`."
            ),
            "present": {"type": "boolean", "description": "Whether the source has it."},
            "whole": {"type": "boolean", "description": "Whether all of it was read."},
            "note": _text("Why not, or what else to know; mostly empty."),
        }
    )


def _not_read() -> Schema:
    return _object(
        {
            "name": _text("Its name."),
            "bytes": _count_or_null("How large it is in the source; null where that is not known."),
            "reason": _text("Why it could not be read anyway, such as a view; mostly empty."),
            "beside": _text("The collection of the model that its name is like; empty where none is."),
        }
    )


def _outcome(*, report: bool = False) -> Schema:
    fields: Schema = {
        "check": _text("Kind and target, as in the model."),
        "type": _text("The type of its findings."),
        "status": {"enum": [each.value for each in Status]},
        "findings": _count("How many it made."),
        "reasons": _texts("Why it, or a part of it, was not evaluated."),
        "line": _count("Line in the model file."),
        "documents": _count_or_null(
            "How many documents there were for it; null where a collection was not read."
        ),
        "values": _count_or_null(
            "How many of them, or of their values, it judged; null where that is not known."
        ),
        "notes": _texts(
            "What is to be known beside what it found, such as where its values are, or why the rule is probably wrong."
        ),
    }
    return _object({"report": _text("Name of the report."), **fields} if report else fields)


def _trouble() -> Schema:
    return _object(
        {
            "collection": _text_or_null("Where; null for the source as a whole."),
            "what": _text("One sentence."),
            "where": _text("File and offset, or the document's id and path."),
            "hint": _text("What to do; may be empty."),
            "documents": _count_or_null("How many documents it concerns; null where unknown."),
        }
    )


def _object(properties: Schema) -> Schema:
    """Give an object with these properties; others may come with a later version of intact."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
    }


def _list(description: str, items: Schema) -> Schema:
    return {"type": "array", "description": description, "items": items}


def _texts(description: str) -> Schema:
    return _list(description, {"type": "string"})


def _text(description: str) -> Schema:
    return {"type": "string", "description": description}


def _text_or_null(description: str) -> Schema:
    return {"type": ["string", "null"], "description": description}


def _count(description: str) -> Schema:
    return {"type": "integer", "minimum": 0, **({"description": description} if description else {})}


def _counts(description: str) -> Schema:
    return {"type": "object", "description": description, "additionalProperties": _count("")}


def _count_or_null(description: str) -> Schema:
    return {"type": ["integer", "null"], "minimum": 0, "description": description}


def _moment(description: str) -> Schema:
    return {"type": "string", "format": "date-time", "pattern": _MOMENT, "description": description}
