"""A larger business in a small memory budget, still to the last finding."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from intact.audit.run import check
from intact.findings import to_document
from tests.sample_data import identity, write_dump

AS_OF = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


@pytest.mark.full("200,000 orders")
def test_two_hundred_thousand_orders_in_64_megabytes_give_what_was_planted(tmp_path: Path) -> None:
    planted = write_dump(tmp_path, orders=200_000, seed=5, faults=20, as_of=AS_OF)
    report = check(tmp_path, model="delivery", as_of=AS_OF, memory="64MB", show_personal=True)
    reports: Any = to_document(report)["reports"]
    found = Counter(identity(name, issue) for name, part in reports.items() for issue in part["issues"])
    assert found == Counter(finding.identity for finding in planted.findings)
    assert report.headline.documents_scanned == sum(planted.documents.values())
