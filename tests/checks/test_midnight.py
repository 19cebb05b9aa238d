"""Dates of midnight in UTC, in a model of another time zone, look like days: the run says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import intact
from intact.checks import KINDS
from intact.model import parse
from tests.support.memory import MemorySource

MODEL = """
intact: 1
name: days
title: Days
timezone: ZONE
collections:
  orders: {key: _id, named: order_id, dated: DATED}
reports:
  r:
    title: R
    cadence: monthly
    document: R
    checks:
      - {stale-state: orders, where: {state: old}, finding: OLD, severity: high, description: d}
    total: {found: {count: all}}
"""
DAY = datetime(2026, 1, 1, tzinfo=UTC)


def notes(dates: list[Any], zone: str = "Asia/Kolkata", dated: str = "at") -> list[str]:
    orders = [{"_id": number, "state": "old", "at": date} for number, date in enumerate(dates)]
    model = parse(MODEL.replace("ZONE", zone).replace("DATED", dated), KINDS)
    report = intact.check(
        MemorySource({"orders": orders}), model=model, as_of=datetime(2026, 3, 1, tzinfo=UTC)
    )
    return [each for each in report.run.notes if "midnight" in each]


def test_dates_that_are_all_midnight_in_utc_are_said_where_the_zone_is_another() -> None:
    (note,) = notes([DAY, DAY + timedelta(days=40), None, "2026-01-05", "soon"])
    assert note.startswith("orders.at is midnight in UTC in each of 2 dates.")
    assert "{path: at, as: day}" in note
    assert note.endswith("Asia/Kolkata.")


def test_the_only_date_there_is_is_no_plural() -> None:
    (note,) = notes([DAY])
    assert note.startswith("orders.at is midnight in UTC in its only date.")


@pytest.mark.parametrize(
    ("dates", "zone", "dated"),
    [
        ([DAY, DAY], "UTC", "at"),
        ([DAY, DAY], "Africa/Abidjan", "at"),  # on UTC all year
        ([DAY, DAY], "Asia/Kolkata", "{path: at, as: day}"),
        ([DAY, DAY + timedelta(milliseconds=1)], "Asia/Kolkata", "at"),
        (["2026-01-05", None, 5], "Asia/Kolkata", "at"),
        ([], "Asia/Kolkata", "at"),
    ],
)
def test_other_dates_get_no_note(dates: list[Any], zone: str, dated: str) -> None:
    assert notes(dates, zone, dated) == []


def test_a_day_is_the_day_of_the_finding_in_every_zone() -> None:
    for zone, dated, expected in (
        ("America/Sao_Paulo", "at", ["2025-12-31", "2026-01-01"]),
        ("America/Sao_Paulo", "{path: at, as: day}", ["2026-01-01", "2026-01-01"]),
    ):
        model = parse(MODEL.replace("ZONE", zone).replace("DATED", dated), KINDS)
        orders = [{"_id": 1, "state": "old", "at": DAY}, {"_id": 2, "state": "old", "at": "2026-01-01"}]
        report = intact.check(
            MemorySource({"orders": orders}), model=model, as_of=datetime(2026, 3, 1, tzinfo=UTC)
        )
        assert [each.when for each in report.sections[0].issues] == expected


@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Asia/Kolkata"])
def test_a_date_that_is_said_to_be_a_day_begins_with_that_day_whatever_its_time(zone: str) -> None:
    dates = [datetime(2026, 2, 28, hour, 59, tzinfo=UTC) for hour in (0, 4, 23)] + ["2026-02-28"]
    text = MODEL.replace("ZONE", zone).replace("DATED", "{path: at, as: day}")
    text = text.replace("severity: high", "severity: high, since: {path: at, as: day}")
    orders = [{"_id": at, "state": "old", "at": each} for at, each in enumerate(dates)]
    report = intact.check(
        MemorySource({"orders": orders}),
        model=parse(text, KINDS),
        as_of=datetime(2026, 3, 1, 12, tzinfo=UTC),
    )
    found = [each for each in report.sections[0].issues if "days_pending" in each.fields]
    assert [(each.when, each.fields["days_pending"]) for each in found] == [("2026-02-28", 1)] * 4


def test_a_path_is_a_day_or_an_instant_in_the_whole_model() -> None:
    check = "where: {state: old}, since: at"
    text = (
        MODEL.replace("ZONE", "UTC")
        .replace("DATED", "{path: at, as: day}")
        .replace("where: {state: old}", check)
    )
    with pytest.raises(intact.ModelError, match="is read as a date here and as a day in line"):
        parse(text, KINDS)
    with pytest.raises(intact.ModelError, match="is no form of a date"):
        parse(MODEL.replace("ZONE", "UTC").replace("DATED", "{path: at, as: days}"), KINDS)
