"""The comparison: silent about a report that is right, and clear about one that is not."""

import copy
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.oracle.audit import audit
from tests.oracle.compare import differences
from tests.oracle.facts import bill, order, run, subscription
from tests.oracle.worlds import AS_OF, world

Report = dict[str, Any]


def as_report(expected: Report) -> Report:
    """Make the report document that says just what the oracle says."""
    made = {
        "reports": expected["reports"],
        "headline": {
            "documents_affected": expected["documents_affected"],
            "money_at_stake": expected["money_at_stake"],
            "total_critical_issues_found": expected["total_critical_issues"],
        },
    }
    made = copy.deepcopy(made)
    for report in made["reports"].values():
        report["issues"].reverse()
        for issue in report["issues"]:
            issue.pop("_values", None)
            issue |= {"description": "some words", "fingerprint": "0123"}
    return made


@pytest.mark.parametrize("seed", range(12))
def test_what_the_oracle_says_itself_is_right(seed: int) -> None:
    expected = audit(world(seed, hostile=seed / 11), as_of=AS_OF)
    made = as_report(expected)
    assert differences(expected, made) == []
    assert differences(expected, json.loads(json.dumps(made, default=float))) == []


def sample() -> Report:
    """Audit a small database with a phantom, a double billing and an unreadable value."""
    return run(
        orders=[order("o1", None, billed=False, items=[{"total": "x"}, {"total": True}, {"total": 0.1}])],
        delivery_statuses=[{"id": "d1", "order_id": " O1 ", "status": "delivered"}],
        billing_records=[bill("b1", 10), bill("b2", 10)],
        subscriptions_v2=[subscription("s1")],
    )


def issue_of(made: Report, report: str, kind: str) -> Report:
    """Give the first finding of a type in a report."""
    issue: Report = next(each for each in made["reports"][report]["issues"] if each["type"] == kind)
    return issue


def drop_double(made: Report) -> None:
    made["reports"]["billing"]["issues"] = []


def add_double(made: Report) -> None:
    made["reports"]["billing"]["issues"].append(issue_of(made, "billing", "DOUBLE_BILLING"))


def wrong_overcharge(made: Report) -> None:
    issue_of(made, "billing", "DOUBLE_BILLING")["total_overcharge"] = 20


def no_near_match(made: Report) -> None:
    del issue_of(made, "phantom_deliveries", "PHANTOM_DELIVERY_NO_ORDER")["near_match"]


def wrong_order(made: Report) -> None:
    issue_of(made, "billing", "DOUBLE_BILLING")["billing_ids"].reverse()


def wrong_pair(made: Report) -> None:
    issue_of(made, "orphaned_orders", "UNREADABLE_VALUE").update(value="x", value_type="bool")


def text_for_money(made: Report) -> None:
    issue_of(made, "orphaned_orders", "UNBILLED_ORDER")["amount"] = "0.1"


def one_for_true(made: Report) -> None:
    issue_of(made, "orphaned_orders", "UNBILLED_ORDER")["amount_complete"] = 0


def wrong_total(made: Report) -> None:
    made["reports"]["billing"]["total_billing_issues"] = 2


def wrong_summary(made: Report) -> None:
    made["reports"]["orphaned_orders"]["summary"]["revenue_at_risk"] = 0.2


def no_summary_key(made: Report) -> None:
    del made["reports"]["phantom_deliveries"]["summary"]["marked_delivered"]


def no_report(made: Report) -> None:
    del made["reports"]["duplicates"]


def wrong_money(made: Report) -> None:
    made["headline"]["money_at_stake"]["overcharged"] = 11


def wrong_sum(made: Report) -> None:
    made["headline"]["total_critical_issues_found"] += 1


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (drop_double, "billing: missing DOUBLE_BILLING billing_records"),
        (add_double, "billing: unexpected DOUBLE_BILLING billing_records"),
        (wrong_overcharge, "total_overcharge: expected 10, got 20"),
        (no_near_match, "near_match: expected {kind: 'case+whitespace', value: 'o1'}, got None"),
        (wrong_order, "billing_ids: expected ['b1', 'b2'], got ['b2', 'b1']"),
        (wrong_pair, "field='items[].total': value, value_type: expected one of"),
        (text_for_money, "amount: expected 0.1, got '0.1'"),
        (one_for_true, "amount_complete: expected False, got 0"),
        (wrong_total, "billing: total_billing_issues: expected 1, got 2"),
        (wrong_summary, "orphaned_orders: summary.revenue_at_risk: expected 0.1, got 0.2"),
        (no_summary_key, "phantom_deliveries: summary.marked_delivered: expected 1, got nothing"),
        (no_report, "reports: no report duplicates"),
        (wrong_money, "headline: money_at_stake.overcharged: expected 10, got 11"),
        (wrong_sum, "headline: total_critical_issues_found: expected 4, got 5"),
    ],
)
def test_a_difference_is_said_once_and_clearly(spoil: Callable[[Report], None], words: str) -> None:
    expected = sample()
    made = as_report(expected)
    spoil(made)
    (said,) = differences(expected, made)
    assert words in said


def test_an_optional_field_that_should_not_be_there_is_said() -> None:
    expected = run(
        orders=[order(status="Delivered")], billing_records=[bill()], subscriptions_v2=[subscription()]
    )
    made = as_report(expected)
    made["reports"]["status"]["issues"][0]["near_match"] = {"kind": "case", "value": "delivered"}
    made["reports"]["invalid_references"]["issues"].append({"type": "NEW", "document_id": 1})
    assert [line.split(":")[0] for line in differences(expected, made)] == ["invalid_references", "status"]


def test_any_of_the_bad_values_may_be_shown() -> None:
    expected = sample()
    made = as_report(expected)
    issue_of(made, "orphaned_orders", "UNREADABLE_VALUE").update(value=True, value_type="bool")
    assert differences(expected, made) == []


def test_numbers_are_the_same_however_they_were_read() -> None:
    expected = sample()
    made = as_report(expected)
    unbilled = issue_of(made, "orphaned_orders", "UNBILLED_ORDER")
    for amount in (0.1, Decimal("0.10")):
        unbilled["amount"] = amount
        assert differences(expected, made) == []
    unbilled["amount"] = Decimal("0.1000000000000000055")
    assert len(differences(expected, made)) == 1
