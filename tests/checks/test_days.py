"""A date that is declared as a day is that day where it says a period, and where it says which is the latest."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

import intact
from intact.checks import KINDS
from intact.model import parse
from tests.support.memory import MemorySource

MODEL = """
intact: 1
name: shop
title: Shop
timezone: Asia/Kolkata
collections:
  subscriptions: {key: _id, named: subscription}
  bills: {key: _id, named: bill, references: {sub: subscriptions}}
  people: {key: _id, named: person}
reconciliations:
  monthly:
    of: subscriptions
    entries: {collection: bills, link: sub, period: PERIOD, amount: total}
    lines: {collection: orders, link: sub, date: date, amount: total, where: {done: true}}
reports:
  all:
    title: All
    cadence: daily
    document: ALL
    checks:
      - {double-entry: monthly, finding: TWICE, severity: critical, description: "{count} in {period}", ids: bills}
      - {duplicate-value: people.mail, finding: SAME, severity: high, description: "{mail}", compare: text,
         ids: people, latest: LATEST}
    total: {found: {count: all}}
""".replace("  people:", "  orders: {key: _id, named: order, references: {sub: subscriptions}}\n  people:")
LATE = datetime(2026, 1, 31, 20, tzinfo=UTC)
"""The last evening of January; in India it is February."""


def found(period: str, latest: str, **data: list[dict[str, Any]]) -> dict[str, Any]:
    """Audit; give the fields of the findings by type."""
    text = MODEL.replace("PERIOD", period).replace("LATEST", latest)
    whole = {"subscriptions": [{"_id": "s"}], "bills": [], "people": [], "orders": [], **data}
    report = intact.check(
        MemorySource(whole), model=parse(text, KINDS), as_of=datetime(2026, 4, 1, tzinfo=UTC)
    )
    return {each.type: dict(each.fields) for each in report["all"].issues}


@pytest.mark.parametrize("projector", ["pure", "native"])
@pytest.mark.parametrize(
    ("period", "first", "months"),
    [
        ("{path: at, as: day}", "2026-01-15", {"2026-01"}),
        ("{path: at, as: day}", "2026-02-15", set()),
        ("at", "2026-01-15", set()),
        ("at", "2026-02-15", {"2026-02"}),
    ],
)
def test_a_bills_period_that_is_a_day_is_in_the_month_of_that_day(
    period: str, first: str, months: set[str], projector: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTACT_PROJECTOR", projector)
    bills = [{"_id": n, "sub": "s", "total": 5, "at": at} for n, at in enumerate([first, LATE])]
    issues = found(period, "[made]", bills=bills)
    assert {each["period"] for type_, each in issues.items() if type_ == "TWICE"} == months


@pytest.mark.parametrize("projector", ["pure", "native"])
@pytest.mark.parametrize(
    ("dates", "latest", "keep"),
    [
        ([LATE, "2026-01-31"], "[made]", "p0"),
        (["2026-02-01", LATE], "[{path: made, as: day}]", "p0"),
        ([datetime(2026, 1, 30, 20, tzinfo=UTC), LATE], "[{path: made, as: day}]", "p1"),
    ],
)
def test_the_latest_by_a_day_is_of_the_latest_day(
    dates: list[Any], latest: str, keep: str, projector: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTACT_PROJECTOR", projector)
    people = [{"_id": f"p{n}", "mail": "a@b.example", "made": made} for n, made in enumerate(dates)]
    assert found("at", latest, people=people)["SAME"]["keep"] == keep
