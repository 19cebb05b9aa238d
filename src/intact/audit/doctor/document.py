"""The diagnosis for machines: its JSON document, and the JSON Schema of it."""

from __future__ import annotations

import json
from typing import Final

from intact.audit.doctor.records import SCHEMA_VERSION, Diagnosis, Fit, Level
from intact.core.distribution import SCHEMAS
from intact.core.values import JsonValue

Schema = dict[str, JsonValue]

SCHEMA_ID: Final = f"{SCHEMAS}/doctor-{SCHEMA_VERSION}.json"


def render(diagnosis: Diagnosis) -> str:
    """Return a diagnosis as indented JSON in ASCII, ending with a line break."""
    return json.dumps(_document(diagnosis), indent=2, allow_nan=False) + "\n"


def _document(diagnosis: Diagnosis) -> dict[str, JsonValue]:
    seconds = diagnosis.seconds
    return {
        "schema_version": SCHEMA_VERSION,
        "source": {
            "label": diagnosis.source,
            "kind": diagnosis.kind,
            "database": diagnosis.database,
        },
        "model": diagnosis.model,
        "can_run": diagnosis.can_run,
        "exit_code": diagnosis.exit_code,
        "documents": diagnosis.documents,
        "seconds": None if seconds is None else round(seconds, 3),
        "lines": [
            {
                "subject": line.subject,
                "level": line.level.value,
                "what": line.what,
                "means": line.means,
                "remedy": line.remedy,
                "stops": line.stops,
            }
            for line in diagnosis.lines
        ],
        "collections": [
            {
                "name": each.name,
                "present": each.present,
                "documents": each.documents,
                "bytes": each.bytes,
                "skip": each.skip,
                "unindexed": None if each.unindexed is None else list(each.unindexed),
            }
            for each in diagnosis.collections
        ],
        "fit": None if diagnosis.fit is None else _fit(diagnosis.fit),
    }


def _fit(fit: Fit) -> dict[str, JsonValue]:
    return {
        "paths": [
            {
                "collection": each.collection,
                "path": each.path,
                "documents": each.documents,
                "of": each.of,
                "types": dict(each.types),
                "values": each.values,
                "found": each.found,
                "meant": [{"path": path, "documents": documents} for path, documents in each.meant],
            }
            for each in fit.paths
        ],
        "withheld": [
            {"check": each.check, "type": each.type, "reasons": list(each.reasons)} for each in fit.withheld
        ],
        "lost": fit.lost,
        "sample": fit.sample,
    }


def json_schema() -> Schema:
    """Return the JSON Schema (2020-12) of the document."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "intact diagnosis",
        "description": "What an audit of a source would meet, as `intact doctor --format json` prints it.",
        **_object(
            {
                "schema_version": {
                    "const": SCHEMA_VERSION,
                    "description": "Raised when a key changes its meaning or goes away, not when one is added.",
                },
                "source": _object(
                    {
                        "label": _a("string", "Where the data is, never with a credential."),
                        "kind": _a("string", "dump, archive, bson, extended-json or mongodb."),
                        "database": _maybe("string", "Name of the database."),
                    }
                ),
                "model": _a("string", "Name of the model."),
                "can_run": _a("boolean", "Whether an audit is possible at all."),
                "exit_code": {
                    "enum": [0, 2, 3],
                    "description": "What `intact doctor` ended with: 3 if an audit would leave something out.",
                },
                "documents": _maybe("integer", "About how many documents an audit reads; null if unknown."),
                "seconds": _maybe("number", "About how long reading takes; null if unknown."),
                "lines": {
                    "type": "array",
                    "description": "What was looked at, the gravest first.",
                    "items": _line(),
                },
                "collections": {
                    "type": "array",
                    "description": "The collections of the model.",
                    "items": _collection(),
                },
                "fit": {
                    "oneOf": [_fits(), {"type": "null"}],
                    "description": "How the model fits the documents of a dump, or a sample of a server's.",
                },
            }
        ),
    }


def _line() -> Schema:
    return _object(
        {
            "subject": _a("string", "What it is about."),
            "level": {"enum": [each.value for each in Level]},
            "what": _a("string", "What is so."),
            "means": _a("string", "What that means for an audit; may be empty."),
            "remedy": _a("string", "A command that would change it; mostly empty."),
            "stops": _a("boolean", "Whether no audit is possible with it."),
        }
    )


def _collection() -> Schema:
    return _object(
        {
            "name": _a("string", "Its name."),
            "present": _maybe("boolean", "Whether the source has it; null where nobody can tell."),
            "documents": _maybe("integer", "About how many documents it has."),
            "bytes": _maybe("integer", "How many bytes there are to read."),
            "skip": _a("string", "Why an audit does not read it; mostly empty."),
            "unindexed": {
                "type": ["array", "null"],
                "items": {"type": "string"},
                "description": "Paths by which documents are looked up and that no index serves; null if unknown.",
            },
        }
    )


def _fits() -> Schema:
    path: Schema = {
        "collection": _a("string", "Its collection."),
        "path": _a("string", "The path."),
        "documents": _a("integer", "How many documents have a value other than null there."),
        "of": _a("integer", "How many documents were read."),
        "types": {
            "type": "object",
            "description": "How many documents have a value of each type there, by MongoDB's names.",
            "additionalProperties": _a("integer", "How many."),
        },
        "values": _maybe(
            "integer", "How many values refer; null where it is no reference that is looked up."
        ),
        "found": _maybe("integer", "How many of them find something; null where it is none."),
        "meant": _array(
            "What was probably meant, where it has no value.",
            _object(
                {
                    "path": _a("string", "The path."),
                    "documents": _a("integer", "How many documents have a value there."),
                }
            ),
        ),
    }
    check: Schema = {
        "check": _a("string", "Kind and target, as in the model."),
        "type": _a("string", "The type of its findings."),
        "reasons": _array("Why.", {"type": "string"}),
    }
    return _object(
        {
            "paths": _array("Each declared path of the collections that are there.", _object(path)),
            "withheld": _array(
                "Checks and figures that would not be evaluated, or not in full.", _object(check)
            ),
            "lost": _a("integer", "How many troubles reading has met."),
            "sample": _a("boolean", "Whether only a sample of the documents was read, as of a server."),
        }
    )


def _array(description: str, items: Schema) -> Schema:
    return {"type": "array", "description": description, "items": items}


def _object(properties: Schema) -> Schema:
    """Return an object with these properties; others may come with a later version of intact."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def _a(kind: str, description: str) -> Schema:
    bound: Schema = {"minimum": 0} if kind in {"integer", "number"} else {}
    return {"type": kind, **bound, "description": description}


def _maybe(kind: str, description: str) -> Schema:
    return {**_a(kind, description), "type": [kind, "null"]}
