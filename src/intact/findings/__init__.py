"""What a run found: plain frozen records, and their form as a JSON document.

In come drafts and counts; out goes a report, which is all that reporters and operations see. It may use the core.
"""

from __future__ import annotations

from intact.findings.document import plain, plain_document, to_document
from intact.findings.progress import Progress, Silent
from intact.findings.records import (
    SCHEMA_VERSION,
    CollectionRead,
    Finding,
    Headline,
    Outcome,
    Report,
    RunInfo,
    Section,
    Status,
    Trouble,
)
from intact.findings.schema import json_schema

__all__ = [
    "SCHEMA_VERSION",
    "CollectionRead",
    "Finding",
    "Headline",
    "Outcome",
    "Progress",
    "Report",
    "RunInfo",
    "Section",
    "Silent",
    "Status",
    "Trouble",
    "json_schema",
    "plain",
    "plain_document",
    "to_document",
]
