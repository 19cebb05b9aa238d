"""A model that does not fit its data: a rule that looked at nothing is never clean."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import intact
from intact.audit.run import check
from intact.checks import BY_NAME, CHECKS, KINDS
from intact.findings.records import Outcome, Report, Status
from intact.model import load, parse
from intact.model.specs import Model, Rule
from tests.run.world import AS_OF, Data, bill, clean, order, without
from tests.support.memory import MemorySource
from tests.support.small_model import audit as public

MODEL = load("delivery", KINDS)


def audit(data: Data, model: Model = MODEL) -> Report:
    return check(MemorySource(data), model=model, as_of=AS_OF)


def outcome(report: Report, type_: str) -> Outcome:
    (found,) = [o for section in report.sections for o in section.outcomes if o.type == type_]
    return found


def outcomes(report: Report, type_: str) -> list[Outcome]:
    return [o for section in report.sections for o in section.outcomes if o.type == type_]


def renamed(data: Data, collection: str, name: str, to: str) -> Data:
    """The same business, in which one field has another name."""
    documents = [
        {to if key == name else key: value for key, value in each.items()} for each in data[collection]
    ]
    return {**data, collection: documents}


@pytest.mark.parametrize("check_", CHECKS, ids=lambda each: each.__name__.rpartition(".")[2])
def test_a_check_rests_on_every_path_that_it_reads(check_: Any) -> None:
    rules = [r for report in MODEL.reports.values() for r in report.rules if BY_NAME[r.kind] is check_]
    assert rules, "the shipped model has no rule of it"
    for rule in rules:
        read = {(name, column.path) for name, column in check_.columns(rule, MODEL)}
        rests = {(rest.collection, path) for rest in check_.rests(rule, MODEL) for path in rest.paths}
        assert read <= rests


def test_a_business_in_which_nothing_is_wrong_is_clean_and_says_how_much_was_judged() -> None:
    report = audit(clean())
    assert report.exit_code == 0
    assert {o.status for s in report.sections for o in s.outcomes} == {Status.CLEAN}
    assert outcome(report, "UNBILLED_ORDER").coverage == "0 of 1"  # the one order is billed
    assert outcome(report, "CUSTOMER_NO_LOGIN").coverage == "1 of 1"
    assert outcome(report, "CUSTOMER_USER_LINK_MISMATCH").coverage == "2 of 2"
    assert outcome(report, "DUPLICATE_ID").coverage == "6 of 6"
    assert outcome(report, "BILLING_AMOUNT_MISMATCH").coverage == "1 of 1"


def test_an_empty_database_is_clean_and_judged_nothing_of_nothing() -> None:
    report = audit({name: [] for name in clean()})
    assert report.exit_code == 0
    assert {o.coverage for s in report.sections for o in s.outcomes} == {"0 of 0"}


def test_a_period_of_another_name_is_not_evaluated_and_says_of_how_many_documents() -> None:
    data = clean() | {"billing_records": [bill(1), bill(2), bill(3, subscription_id="s1")]}
    assert audit(data).exit_code == 1  # three bills of one month
    report = audit(renamed(data, "billing_records", "period_date", "month"))
    assert report.exit_code == 3
    for type_ in ("DOUBLE_BILLING", "BILLING_AMOUNT_MISMATCH", "UNBILLED_PERIOD"):
        found = outcome(report, type_)
        assert (found.status, found.findings, found.values) == (Status.NOT_EVALUATED, 0, 0)
        assert any("`period_date` is in none of 3 documents of billing_records" in r for r in found.reasons)


def test_null_in_all_documents_is_no_value_either() -> None:
    data = clean() | {"billing_records": [bill(1, period_date=None), bill(2, period_date=None)]}
    (reason, *_) = outcome(audit(data), "UNBILLED_PERIOD").reasons
    assert reason == (
        "`period_date` has a value in none of 2 documents of billing_records (it is null or empty in 2)"
    )


@pytest.mark.parametrize("items", [None, [], [None], [{}], [{"price": 5}], [{"total": None}, None]])
def test_an_amount_in_no_element_of_any_array_is_no_value(items: Sequence[Any] | None) -> None:
    data = clean() | {"orders": [order(1, items=items)]}
    report = audit(data)
    assert outcome(report, "BILLING_AMOUNT_MISMATCH").findings == 0
    reasons = outcome(report, "BILLING_AMOUNT_MISMATCH").reasons
    assert any("`items[].total` is in none of 1 document of orders" in reason for reason in reasons)


@pytest.mark.parametrize("link", [[], [None], [None, None]])
def test_an_array_of_nothing_but_null_is_no_value(link: list[None]) -> None:
    data = clean() | {"orders": [order(1, subscription_id=link)]}
    assert (
        "`subscription_id` has a value in none of 1 document"
        in outcome(audit(data), "INVALID_SUBSCRIPTION_REFERENCE").reasons[0]
    )


def test_one_value_in_one_document_is_enough() -> None:
    many = [order(n, subscription_id=None) for n in range(2, 50)]
    report = audit(clean() | {"orders": [order(1), *many]})
    assert outcome(report, "INVALID_SUBSCRIPTION_REFERENCE").status is Status.CLEAN
    assert outcome(report, "INVALID_SUBSCRIPTION_REFERENCE").coverage == "1 of 49"


def test_where_a_key_is_in_no_document_nothing_is_said_to_dangle() -> None:
    data = renamed(clean(), "orders", "id", "order_number")
    report = audit(data)
    found = outcome(report, "INVALID_ORDER_REFERENCE")
    assert (found.status, found.findings) == (Status.NOT_EVALUATED, 0)
    assert any("`id` is in none of 1 document of orders" in reason for reason in found.reasons)
    assert outcome(report, "PHANTOM_DELIVERY_NO_ORDER").findings == 0
    missing = outcome(report, "MISSING_ID")
    assert (missing.status, missing.findings) == (Status.VIOLATED, 1)
    assert missing.notes == ("all of them: the rule probably names the wrong field",)


def test_missing_links_stay_where_no_document_has_the_link_and_the_rule_is_doubted() -> None:
    data = renamed(clean(), "customers_v2", "user_id", "userId")
    found = outcome(audit(data), "CUSTOMER_NO_LOGIN")
    assert (found.status, found.findings) == (Status.VIOLATED, 1)
    assert any("`user_id` is in none of 1 document of customers_v2" in reason for reason in found.reasons)
    assert found.notes == ("all of them: the rule probably names the wrong field",)


def test_what_an_unless_that_never_holds_finds_stays_with_the_reason() -> None:
    orders = [without(order(n, subscription_id=None if n > 1 else "s1"), "billed") for n in (1, 2)]
    found = outcome(audit(clean() | {"orders": orders}), "UNBILLED_ORDER")
    assert (found.status, found.findings) == (Status.VIOLATED, 1)
    assert any("`billed` is in none of 2 documents of orders" in reason for reason in found.reasons)


def test_values_that_stand_in_no_document_are_not_outside_a_list() -> None:
    found = outcome(audit(renamed(clean(), "orders", "status", "state")), "INVALID_ORDER_STATUS")
    assert (found.status, found.findings, found.coverage) == (Status.NOT_EVALUATED, 0, "0 of 1")


def test_of_paths_that_stand_for_each_other_one_is_enough() -> None:
    data = clean()  # nothing has an updated_at
    assert outcome(audit(data), "DUPLICATE_USER_EMAIL").status is Status.CLEAN
    data["users"] = [without(each, "created_at") for each in data["users"]]
    (reason, *_) = outcome(audit(data), "DUPLICATE_USER_EMAIL").reasons
    assert reason == "`updated_at` and `created_at` are in none of 1 document of users"


def test_a_figure_that_rests_on_a_path_without_values_says_nothing() -> None:
    report = audit(renamed(clean(), "billing_records", "total_amount", "amount"))
    (section,) = [s for s in report.sections if s.name == "orphaned_customers"]
    assert section.summary["billed_to_customers_without_login"] is None
    found = outcome(report, "billed_to_customers_without_login")
    assert (found.status, found.values) == (Status.NOT_EVALUATED, 0)
    assert found.reasons == ("`total_amount` is in none of 1 document of billing_records; `amount` is in 1",)


@pytest.mark.parametrize("asked", [None, "voice", [None, "voice"], True])
@pytest.mark.parametrize("value", ["web", "", 5, True, dt.datetime(2026, 1, 1), {}, [5]])
def test_a_path_that_only_a_condition_asks_has_whatever_value_documents_have(value: Any, asked: Any) -> None:
    rule = {"stale-state": "orders", "where": {"source": asked}}
    data = {"orders": [{"_id": 1, "source": value}, {"_id": 2, "source": None}, {"_id": 3}]}
    report = public(data, {"orders": {"key": "_id", "named": "order"}}, [rule])
    assert not report.not_evaluated


def test_a_count_of_findings_that_no_rule_looked_for_says_nothing() -> None:
    report = audit(renamed(clean(), "billing_records", "period_date", "month"))
    (section,) = [s for s in report.sections if s.name == "billing"]
    assert section.summary["unbilled_periods"] is None
    assert section.summary["amount_mismatches"] == 0 or section.summary["amount_mismatches"] is None


def test_a_path_that_a_model_calls_optional_may_be_in_no_document() -> None:
    data = clean()
    data["delivery_statuses"] = [without(each, "confirmed_at") for each in data["delivery_statuses"]]
    assert audit(data).exit_code == 3
    text = (Path(intact.__file__).parent / "model" / "models" / MODEL.file).read_text(encoding="utf-8")
    model = parse(
        text.replace("dated: confirmed_at", "dated: confirmed_at\n    optional: [confirmed_at]"), KINDS
    )
    assert audit(data, model).exit_code == 0


def test_rules_of_the_shipped_model_are_of_every_kind() -> None:
    rules: list[Rule] = [rule for report in MODEL.reports.values() for rule in report.rules]
    assert {rule.kind for rule in rules} == set(BY_NAME)


def test_amounts_that_stand_in_no_document_are_said_to_be_incomplete() -> None:
    bills = [bill(1), bill(2), bill(3, subscription_id="s9")]
    data = renamed({**clean(), "billing_records": bills}, "billing_records", "total_amount", "amount")
    (section,) = [s for s in audit(data).sections if s.name == "billing"]
    found = {each.type: each.fields for each in section.issues}
    assert set(found) == {"BILLING_NO_SUBSCRIPTION", "DOUBLE_BILLING"}
    assert all(fields["amount_complete"] is False for fields in found.values())


def test_the_name_that_was_probably_meant_is_said_with_its_documents() -> None:
    data = clean() | {"billing_records": [bill(1), bill(2), without(bill(3), "period_date")]}
    (reason, *_) = outcome(
        audit(renamed(data, "billing_records", "period_date", "month")), "UNBILLED_PERIOD"
    ).reasons
    assert reason == "`period_date` is in none of 3 documents of billing_records; `month` is in 2"


def test_a_personal_path_that_is_misspelt_masks_nothing_and_is_said() -> None:
    text = (Path(intact.__file__).parent / "model" / "models" / MODEL.file).read_text(encoding="utf-8")
    report = audit(clean(), parse(text.replace("personal: [phone, name]", "personal: [phone, nmae]"), KINDS))
    assert report.exit_code == 3
    (reason,) = outcome(report, "CUSTOMER_NO_LOGIN").reasons
    assert reason == "`nmae` is in none of 1 document of customers_v2; `name` is in 1"


def many(count: int, **changes: Any) -> Data:
    """Orders of subscriptions, beside a clean business."""
    return clean() | {"orders": [order(n, **changes) for n in range(1, count + 1)]}


@pytest.mark.parametrize(
    ("wrong", "right", "doubted"), [(1, 0, False), (2, 0, True), (8, 1, False), (9, 1, True), (8, 2, False)]
)
def test_a_reference_of_which_nearly_every_value_dangles_is_doubted(
    wrong: int, right: int, *, doubted: bool
) -> None:
    customers = ["gone"] * wrong + ["c1"] * right
    orders = [order(n, customer_id=customer) for n, customer in enumerate(customers, 1)]
    (found, *_) = [
        o
        for o in outcomes(audit(clean() | {"orders": orders}), "INVALID_CUSTOMER_REFERENCE")
        if "orders" in o.check
    ]
    assert (found.findings, found.coverage) == (wrong, f"{wrong + right} of {wrong + right}")
    told = f"{wrong} of {wrong + right} references find nothing: the rule probably names the wrong field or collection"
    assert found.notes == ((told,) if doubted else ())


def test_values_of_which_none_is_in_the_list_doubt_it() -> None:
    found = outcome(audit(many(3, status="shipped abroad")), "INVALID_ORDER_STATUS")
    assert found.notes == ("3 of 3 values are not in the list: the list is probably that of another field",)


def test_where_most_values_differ_in_letter_case_the_code_or_the_model_may_be_wrong() -> None:
    data = many(3, status="DELIVERED")
    data["orders"].append(order(4))
    (note, *_) = outcome(audit(data), "INVALID_ORDER_STATUS").notes
    assert note.startswith("3 of 4 values differ from the list in letter case only: the code, or the model,")


def test_a_condition_that_holds_for_all_or_for_none_is_said() -> None:
    data = many(10)
    report = audit(data)
    assert (
        "`billed` is true in all 10 documents of orders: the condition tells nothing apart"
        in outcome(report, "UNBILLED_ORDER").notes
    )
    (pending,) = outcome(report, "PENDING_ORDER_NOT_DELIVERED").notes
    assert pending.startswith("`status` is pending in none of 10 documents of orders")
    assert outcome(report, "UNBILLED_ORDER").status is Status.CLEAN
    assert outcome(audit(many(9)), "UNBILLED_ORDER").notes == ()  # too few to tell


def test_the_date_by_which_findings_are_dated_says_what_it_is_for() -> None:
    """Else nobody knows why a rule that asks no date is not evaluated in full."""
    model = parse(
        """
intact: 1
name: dated
title: Dated
collections:
  users: {key: id, named: user, dated: created_at, references: {boss: users}}
reports:
  one:
    title: One
    purpose: All.
    cadence: daily
    document: ONE
    checks:
      - {missing-link: users.boss, finding: NOBODY, severity: low, description: 'User {user}'}
      - stale-state: users
        where: {state: new}
        since: created_at
        finding: OLD
        severity: low
        description: 'User {user}'
    total: {all: {count: all}}
    summary: {}
""",
        KINDS,
    )
    users = [{"_id": at, "id": str(at), "state": "new", "boss": "0"} for at in range(3)]
    nobody, old = intact.check(MemorySource({"users": users}), model=model).sections[0].outcomes
    assert "`created_at`, by which findings are dated, is in none of 3 documents of users" in nobody.reasons
    assert old.reasons == ("`created_at` is in none of 3 documents of users",)
