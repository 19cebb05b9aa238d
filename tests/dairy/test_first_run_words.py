"""What a stranger reads first on a database that does not fit: which rule is meant, and what to do first."""

from __future__ import annotations

import pytest

from tests.cli.running import invoke
from tests.dairy.audited import AS_OF, DUMP, MODEL


def printed(*options: str, columns: str = "80") -> str:
    return invoke("check", str(DUMP), "--as-of", AS_OF, "--no-history", *options, COLUMNS=columns).stdout


@pytest.fixture(scope="module")
def first() -> str:
    return printed()


def test_of_several_checks_of_one_type_a_note_says_which_is_meant(first: str) -> None:
    text = " ".join(first.split())
    assert "INVALID_CUSTOMER_REFERENCE (orders.customer_id): 84 of 84 are ids of users" in text
    assert "INVALID_CUSTOMER_REFERENCE (delivery_statuses.customer_id): 43 of 82 are ids of users" in text


def test_what_to_do_begins_with_what_was_not_checked_where_rules_named_there_found_something(
    first: str,
) -> None:
    steps = " ".join(first.partition("WHAT TO DO NEXT")[2].split())
    put_right = steps.index("1. Put right what stands under NOT CHECKED")
    assert put_right < steps.index("2. Then look at 4,193 PHANTOM_DELIVERY_NO_ORDER")


def test_four_severities_leave_room_for_how_much_was_judged() -> None:
    table = printed("--model", str(MODEL)).partition("\nREPORT ")[2].partition("\n\n")[0].splitlines()
    assert len(table) == 5, "a line a report"
    assert table[0].endswith("LOW  LEAST JUDGED")
