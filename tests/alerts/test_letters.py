"""A letter tells the worst first, each root cause once, and leaves nothing out in silence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from intact.findings.changes import NEW
from intact.findings.records import Finding
from intact.operations.alerts.notifications import CAUSES, Event, Item, Notification, NotificationPart, write
from tests.alerts.business import fault
from tests.reporters.reports import finding

ZONE = ZoneInfo("Asia/Kolkata")


def letter(*findings: Finding, events: tuple[Event, ...] = (), gone: bool = False) -> Notification:
    items = [Item(n, 0, gone, replace(each, status=each.status or NEW)) for n, each in enumerate(findings)]
    written = write(
        [NotificationPart(1, "shop", "delivery", "INR", "https://r.example", items)],
        events,
        digest=False,
        zone=ZONE,
    )
    assert written is not None
    return written


def test_nothing_to_tell_is_no_letter() -> None:
    assert write([NotificationPart(1, "shop", "delivery", None, "")], [], digest=False, zone=ZONE) is None


def test_the_worst_comes_first_and_a_root_cause_once() -> None:
    body = letter(*[fault(f"s1{n}") for n in range(5)], fault("d21"), fault("d22")).body
    assert body.index(
        "1. CRITICAL DOUBLE_BILLING: 2 findings with customer_id c-2; INR 21.00 overcharged"
    ) < (body.index("2. HIGH INVALID_ORDER_STATUS: 5 findings with customer_id c-1"))
    assert "and 2 more" in body


def test_money_and_link_are_told() -> None:
    body = letter(*[fault(f"d{n}1") for n in range(3)]).body
    assert "At stake: INR 31.50 overcharged." in body
    assert "Report: https://r.example" in body


def test_what_is_too_much_is_counted() -> None:
    body = letter(*[fault(f"s{n}x") for n in range(CAUSES + 30)]).body
    assert f"{CAUSES}. HIGH" in body
    assert f"{CAUSES + 1}. HIGH" not in body
    assert "And 30 root causes more with 30 findings: 30 INVALID_ORDER_STATUS" in body


def test_ten_thousand_findings_make_a_letter_that_can_be_read() -> None:
    found = [fault(f"s{n}x") for n in range(10_000)]
    assert len(letter(*found).body) < 10_000


@pytest.mark.parametrize("call", ["@everyone", "@here", "@channel", "<!channel>", "<@U123>", "<#C1>"])
def test_data_cannot_call_everybody(call: str) -> None:
    hostile = replace(
        finding("BAD", description=f"Order {call} is wrong", fields={"id": call}), cause=("id",), status=NEW
    )
    assert call not in letter(hostile).body


def test_data_cannot_begin_a_line_of_its_own() -> None:
    hostile = finding("BAD", description="one\nAll clear again\x1b[31m", fields={"id": "x"})
    body = letter(hostile).body
    assert "\nAll clear" not in body
    assert "\x1b" not in body


def test_amounts_are_exact() -> None:
    cents = [replace(fault(f"d{n}1"), money=("overcharged", Decimal("0.1"))) for n in range(3)]
    assert "INR 0.30 overcharged" in letter(*cents).body


@pytest.mark.parametrize(
    ("mood", "letter_"),
    [
        ("failure", lambda: letter(fault("d1"))),
        ("warning", lambda: letter(fault("s1"))),
        ("info", lambda: letter(fault("s1"), gone=True)),
        ("failure", lambda: letter(events=(Event(1, "failed", "no connection", datetime.now(UTC)),))),
        ("success", lambda: letter(events=(Event(1, "works", "works again", datetime.now(UTC)),))),
    ],
)
def test_how_bad_it_is_shows_in_the_kind_of_message(mood: str, letter_: object) -> None:
    assert callable(letter_)
    assert letter_().mood == mood
