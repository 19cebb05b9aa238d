"""Reports to look at in a browser."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path

from intact import check
from intact.core.values import JsonValue
from intact.findings import Finding, Report
from tests.reporters import reports
from tests.reporters.reports import finding, section
from tests.sample_data import DEMO_AS_OF, DEMO_FAULTS, DEMO_SEED, write_dump


@cache
def sample(folder: str) -> Report:
    """Audit the sample business, written into a folder."""
    place = Path(folder) / "sample"
    write_dump(place, orders=1000, seed=DEMO_SEED, faults=DEMO_FAULTS, as_of=DEMO_AS_OF)
    return check(str(place), model="delivery", as_of=DEMO_AS_OF)


def some(count: int) -> Report:
    """Make a report with so many findings: half of them critical with money, half high, of a few causes."""
    return reports.report(section("made", list(_findings(count)), title="Made up"), failing=0)


def _findings(count: int) -> Iterator[Finding]:
    random.seed(7)
    customers = [_uuid() for _ in range(max(1, count // 50))]
    for number in range(count):
        order, month = _uuid(), f"2026-{number % 12 + 1:02}"
        oid: JsonValue = {"$oid": f"{random.getrandbits(96):024x}"}
        if number % 2:
            made = finding(
                "UNBILLED_ORDER",
                "CRITICAL",
                report="made",
                description=f"Order {order} is unbilled",
                fields={
                    "order_id": order,
                    "number": number,
                    "days_pending": number % 400,
                    "document_id": oid,
                },
                money=("unbilled", Decimal(number)),
            )
            yield replace(made, when=month)
        else:
            customer = customers[number // 2 % len(customers)]
            made = finding(
                "INVALID_CUSTOMER_REFERENCE",
                report="made",
                description=f"Order {order} references non-existent customer {customer}",
                fields={"order_id": order, "customer_id": customer, "document_id": oid},
            )
            yield replace(
                made, cause=("customer_id",), when=f"{month}-15", check="dangling-reference orders.x"
            )


def _uuid() -> str:
    return str(uuid.UUID(int=random.getrandbits(128)))
