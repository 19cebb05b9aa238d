"""The small inputs after public reports that lie beside the checkout, as documents in BSON."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from ruamel.yaml import YAML

from intact.checks import KINDS
from intact.findings import Report
from intact.model import parse
from intact.run import check
from tests.support.extended import documents
from tests.support.memory import MemorySource

FOLDER: Final = Path(__file__).parents[2].parent / "shared" / "reports"


def public(name: str) -> dict[str, list[bytes]]:
    """Give the documents of an input by collection; the test is skipped, or fails, where the inputs are not there."""
    if not FOLDER.is_dir():
        message = f"LEFT OUT: ../shared/reports is not beside the checkout, so {name} is not tested"
        if os.environ.get("INTACT_REQUIRE_ALL") == "1":
            pytest.fail(message)
        pytest.skip(message)
    given = YAML(typ="safe", pure=True).load((FOLDER / f"{name}.yml").read_text(encoding="utf-8"))
    found = {
        collection: documents("\n".join(lines)) for collection, lines in (given["documents"] or {}).items()
    }
    for collection, lines in (given["bytes"] or {}).items():
        found.setdefault(collection, []).extend(bytes.fromhex(line) for line in lines)
    return found


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
