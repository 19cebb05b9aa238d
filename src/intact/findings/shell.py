"""The query for mongosh that shows the documents of a finding."""

from __future__ import annotations

from typing import Final

from intact.core import mongosh
from intact.findings.records import Finding

_LONGEST: Final = 1_000
_MOST: Final = 100  # ids in one query; a longer list is nothing to paste


def document_query(finding: Finding) -> str:
    """Return the query that shows the finding's document, or its documents.

    It is empty where the finding names none, or by an ``_id`` that is too long to be pasted.
    """
    one, many = finding.fields.get("document_id"), finding.fields.get("document_ids")
    ids = many if isinstance(many, list) else [one]
    if not ids or ids == [None]:
        return ""
    if any(isinstance(each, str | list | dict) and len(str(each)) > _LONGEST for each in ids[:_MOST]):
        return ""
    written = [mongosh.literal(each) for each in ids[:_MOST]]
    query = written[0] if len(ids) == 1 else f"{{$in: [{', '.join(written)}]}}"
    return f"{mongosh.collection(finding.collection)}.find({{_id: {query}}})"
