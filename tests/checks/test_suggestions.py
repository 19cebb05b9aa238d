"""What is suggested for a text that is not allowed: the same word misspelt, and never another word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intact.checks.suggestions import suggest
from tests.oracle.statuses import LISTED, suggestion

DELIVERIES = tuple(LISTED["delivery_statuses"])


@pytest.mark.parametrize(
    ("text", "allowed", "meant"),
    [
        ("delivred", DELIVERIES, "delivered"),
        ("delievred", DELIVERIES, "delivered"),
        ("canceled", DELIVERIES, "cancelled"),
        ("cancelled", ("canceled",), "canceled"),
        ("cancled", DELIVERIES, "cancelled"),
        ("Pendng", DELIVERIES, "pending"),
        ("stoped", ("draft", "stopped"), "stopped"),
        ("actve", ("active", "inactive"), "active"),
        ("Not-Delivered ", DELIVERIES, "not_delivered"),
        ("NOTDELIVERED", DELIVERIES, "not_delivered"),
        ("out for delivry", DELIVERIES, "out_for_delivery"),
        ("OutForDelivery", DELIVERIES, "out_for_delivery"),
        ("delivered\N{ZERO WIDTH SPACE}", DELIVERIES, "delivered"),
        ("opne", ("open",), "open"),
        ("new", ("New ",), "New "),
    ],
)
def test_the_same_word_misspelt_is_what_was_meant(text: str, allowed: tuple[str, ...], meant: str) -> None:
    assert suggest(text, allowed)[0] == meant


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("PARTIALLY_DELIVERED", DELIVERIES),
        ("partially delivered", DELIVERIES),
        ("undelivered", DELIVERIES),
        ("un-delivered", DELIVERIES),
        ("redelivered", DELIVERIES),
        ("delivered_late", DELIVERIES),
        ("not_delivered", ("delivered", "pending")),
        ("delivered", ("not_delivered", "pending")),
        ("unpaid", ("paid",)),
        ("paid", ("unpaid",)),
        ("prepaid", ("paid", "unpaid")),
        ("inactive", ("active",)),
        ("active", ("inactive",)),
        ("in_active", ("active",)),
        ("invalid", ("valid",)),
        ("incomplete", ("complete",)),
        ("disabled", ("enabled",)),
        ("unconfirmed", ("confirmed",)),
        ("new", ("net",)),
        ("on", ("no",)),
        ("off", ("of",)),
        ("skipped", ("shipped",)),
        ("packed", ("picked",)),
        ("passed", ("paused",)),
        ("reserved", ("reversed",)),
        ("sold", ("hold",)),
        ("step1", ("step2",)),
        ("level_10", ("level_11",)),
        ("pcked", ("picked", "packed")),
        ("", ("a",)),
        ("   ", ("a",)),
        ("__", ("a",)),
    ],
)
def test_another_word_is_never_suggested(text: str, allowed: tuple[str, ...]) -> None:
    assert suggest(text, allowed)[0] is None


@given(st.sampled_from(sorted({each for listed in LISTED.values() for each in listed})), st.data())
def test_a_random_slip_is_read_as_the_oracle_reads_it(word: str, data: st.DataObject) -> None:
    letters = list(word)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(letters) - 1)) if letters else 0
        letters[at : at + data.draw(st.integers(0, 1))] = data.draw(st.text("abdelnrtuAZ _-12", max_size=2))
    text = "".join(letters)
    for listed in LISTED.values():
        mine = suggest(text, tuple(listed))[0]
        assert mine == suggestion(text, listed)
