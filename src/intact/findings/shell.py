"""The query for mongosh that shows the documents of a finding."""

from __future__ import annotations

import json
import re
from decimal import Decimal

from intact.findings.types import Finding
from intact.values import JsonValue

_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_MOST = 100  # ids in one query; a longer list is nothing to paste
_SMALL = 1 << 31
_LONG = 1 << 63


def document_query(finding: Finding) -> str:
    """Give the query that shows the finding's document, or its documents; empty where it names none.

    The ids are findings' own (relaxed Extended JSON), which mongosh reads through ``EJSON.deserialize`` wherever they
    are more than text and whole numbers.
    """
    one, many = finding.fields.get("document_id"), finding.fields.get("document_ids")
    ids = many if isinstance(many, list) else [one]
    if not ids or ids == [None]:
        return ""
    written = [_literal(each) for each in ids[:_MOST]]
    query = written[0] if len(ids) == 1 else f"{{$in: [{', '.join(written)}]}}"
    return f"{collection(finding.collection)}.find({{_id: {query}}})"


def collection(name: str) -> str:
    """Name a collection in mongosh, whatever characters its name has."""
    return f"db.{name}" if _NAME.fullmatch(name) else f"db.getCollection({json.dumps(name)})"


def _literal(value: JsonValue) -> str:
    if isinstance(value, dict) and list(value) == ["$oid"]:
        return f"ObjectId({json.dumps(value['$oid'])})"
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, int) and -_SMALL <= value < _SMALL:
        return str(value)
    if isinstance(value, int | Decimal) and value == int(value) and -_LONG <= value < _LONG:
        return f'NumberLong("{int(value)}")'
    return f"EJSON.deserialize({json.dumps(value, default=str)})"
