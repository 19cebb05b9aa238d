"""A model of one report, made of a few lines, and its audit of documents."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from intact.audit.run import check
from intact.checks import KINDS
from intact.findings import Report
from intact.model import parse
from tests.support.memory import MemorySource


def audit(
    data: Mapping[str, Sequence[Any]],
    collections: Mapping[str, Any],
    checks: Sequence[Mapping[str, Any]],
    **head: Any,
) -> Report:
    """Audit documents by a model of one report, called ``all``, with these checks.

    A check without a severity, a description or a finding type gets one: ``FINDING`` and its number.
    """
    made = [
        {"finding": f"FINDING_{at}", "severity": "high", "description": "It is wrong.", **each}
        for at, each in enumerate(checks, start=1)
    ]
    report = {
        "title": "All",
        "cadence": "monthly",
        "document": "ALL",
        "checks": made,
        "total": {"total": {"count": "all"}},
        "summary": {},
    }
    model = {
        "intact": 1,
        "name": "public",
        "title": "Public",
        **head,
        "collections": collections,
        "reports": {"all": report},
    }
    parsed = parse(json.dumps(model), KINDS, "public.yml")
    return check(MemorySource(data), model=parsed, as_of="2026-03-15T10:00:00Z", show_personal=True)
