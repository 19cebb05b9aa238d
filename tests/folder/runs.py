"""Runs to keep: reports made by hand, each of another moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from intact.findings import Report, Section
from tests.reporters import reports

FIRST = datetime(2026, 1, 5, 6, 0, 0, 250000, tzinfo=UTC)


def run(day: int = 0, *, findings: int = 3, moment: datetime | None = None, **changes: Any) -> Report:
    """Give the report of a run that many days after the first, with so many unbilled orders of 100 each."""
    made = moment or FIRST + timedelta(days=day)
    found = [
        reports.finding(
            "UNBILLED_ORDER",
            "CRITICAL",
            report="billing",
            description=f"Order {number} is unbilled",
            fields={"order_id": f"o-{number}", "document_id": f"o-{number}"},
            money=("unbilled", Decimal(100)),
        )
        for number in range(findings)
    ]
    billing = replace(reports.section("billing", found, title="Billing"), document="BILLING_REPORT")
    sections: tuple[Section, ...] = (billing, reports.section("status", title="Status"))
    info = replace(reports.RUN, generated_at=made, **changes)
    money = {"unbilled": Decimal(100 * findings)} if findings else {}
    return reports.report(*sections, failing=0, money=money, run=info)
