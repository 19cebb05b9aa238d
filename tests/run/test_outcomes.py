"""How a run ends: what makes it fail, what it could not do, and what its figures count."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import bson
import pytest

import intact
from intact.core.errors import SourceError, UsageError
from intact.findings import Report
from intact.findings.records import Outcome, Status
from intact.sources.base import Fault
from tests.run.world import AS_OF, Data, bill, clean, delivery, order, without, write
from tests.support.extended import document
from tests.support.memory import MemorySource


def audit(data: Data, *, faults: list[Fault] | None = None, **options: Any) -> Report:
    return intact.check(
        MemorySource(data, faults=faults or []), **{"model": "delivery", "as_of": AS_OF, **options}
    )


def found(report: Report) -> list[str]:
    return sorted(issue.type for section in report.sections for issue in section.issues)


def outcome(report: Report, check: str) -> Outcome:
    (each,) = [o for section in report.sections for o in section.outcomes if o.check == check]
    return each


def test_a_business_in_which_nothing_is_wrong_ends_with_0() -> None:
    report = audit(clean())
    assert found(report) == []
    assert report.complete
    assert report.exit_code == 0
    assert report.headline.documents_scanned == 6
    assert report.headline.documents_affected == 0
    assert report.headline.money_at_stake == {}
    assert {each.status for section in report.sections for each in section.outcomes} == {Status.CLEAN}


@pytest.mark.parametrize(
    ("collection", "documents", "type_"),
    [
        ("delivery_statuses", [delivery(1), delivery(2, order_id=None)], "PHANTOM_DELIVERY_NO_ORDER"),
        ("billing_records", [bill(1), bill(2)], "DOUBLE_BILLING"),
    ],
)
def test_a_phantom_delivery_and_a_double_billing_end_with_1(
    collection: str, documents: list[Any], type_: str
) -> None:
    report = audit({**clean(), collection: documents})
    assert found(report) == [type_]
    assert (report.exit_code, report.failing) == (1, 1)


def test_another_finding_ends_with_0() -> None:
    (user,) = clean()["users"]
    staff = {**without(user, "customer_v2_id"), "_id": 2, "id": "u2", "email": "ravi@example.in"}
    report = audit({**clean(), "users": [user, staff]})
    assert found(report) == ["USER_NO_CUSTOMER"]
    assert report.exit_code == 0


# One delivery that is phantom (critical), refers to no order (high) and has a wrong status (high); two customers
# that share a phone (medium).
(CUSTOMER,), (USER,) = clean()["customers_v2"], clean()["users"]
FAULTY: Data = {
    **clean(),
    "delivery_statuses": [delivery(1), delivery(2, status="done")],
    "customers_v2": [
        {**CUSTOMER, "_id": 1, "id": "c1", "user_id": "u1", "phone": "98765 00001"},
        {**CUSTOMER, "_id": 2, "id": "c2", "user_id": "u2", "phone": "+919876500001"},
    ],
    "users": [
        {**USER, "_id": 1, "id": "u1", "email": "asha@example.in", "customer_v2_id": "c1"},
        {**USER, "_id": 2, "id": "u2", "email": "ravi@example.in", "customer_v2_id": "c2"},
    ],
}


@pytest.mark.spread(4)
@pytest.mark.parametrize(
    ("fail_on", "failing"),
    [
        (None, 1),
        (["none"], 0),
        ([], 0),
        (["critical"], 1),
        (["HIGH"], 3),
        (["medium"], 4),
        (["low"], 4),
        (["INVALID_DELIVERY_STATUS"], 1),
        (["invalid_order_reference", "DUPLICATE_CUSTOMER_PHONE"], 2),
        (["high", "INVALID_DELIVERY_STATUS"], 3),
        (["DOUBLE_BILLING", "UNREADABLE_VALUE"], 0),
    ],
)
def test_fail_on_counts_each_finding_once(fail_on: list[str] | None, failing: int) -> None:
    report = audit(FAULTY, fail_on=fail_on)
    assert report.failing == failing
    assert report.exit_code == (1 if failing else 0)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("DOUBLE_BILING", "DOUBLE_BILLING"),
        ("critcal", "CRITICAL"),
        ("phantom_delivery", "PHANTOM_DELIVERY_NO_ORDER"),
    ],
)
def test_what_fail_on_does_not_know_is_refused_with_the_nearest_name(name: str, meant: str) -> None:
    with pytest.raises(UsageError) as caught:
        audit(FAULTY, fail_on=[name])
    assert name in caught.value.message
    assert meant in caught.value.hint


def test_a_limit_lists_less_and_counts_the_same() -> None:
    phantoms = [delivery(n, order_id=None, status="done") for n in range(5)]
    data = {**clean(), "delivery_statuses": phantoms}
    whole, short, none = audit(data), audit(data, limit=2), audit(data, limit=0)
    for report, listed in ((whole, 5), (short, 2), (none, 0)):
        for name in ("phantom_deliveries", "status"):
            assert len(report[name].issues) == listed
            assert report[name].total[1] == 5
            assert report[name].counts == whole[name].counts
            assert report[name].summary == whole[name].summary
        assert report.headline == whole.headline
        assert (report.failing, report.exit_code) == (5, 1)
    assert whole["phantom_deliveries"].counts == {"PHANTOM_DELIVERY_NO_ORDER": 5}
    assert whole.headline.total_critical_issues == 10
    assert whole.headline.documents_affected == 5
    assert [i.fingerprint for i in short["status"].issues] == [i.fingerprint for i in whole["status"].issues][
        :2
    ]


def test_reports_that_are_not_asked_for_are_not_made_and_what_they_need_is_not_read() -> None:
    report = audit(FAULTY, reports=["status", "phantom_deliveries"])
    assert [section.name for section in report.sections] == ["phantom_deliveries", "status"]
    assert found(report) == ["INVALID_DELIVERY_STATUS", "PHANTOM_DELIVERY_NO_ORDER"]
    assert sorted(each.name for each in report.collections) == [
        "delivery_statuses",
        "orders",
        "subscriptions_v2",
    ]
    assert report.headline.total_critical_issues == 2
    assert report.headline.documents_scanned == 4
    with pytest.raises(KeyError):
        report["billing"]


def test_what_a_report_that_was_not_asked_for_would_find_does_not_make_a_run_fail() -> None:
    report = audit(FAULTY, reports=["billing"])
    assert report.exit_code == 0


def test_a_report_that_the_model_does_not_have_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UsageError, match="biling") as caught:
        audit(FAULTY, reports=["biling"])
    assert "'billing'" in caught.value.hint


# Not evaluated.


def test_without_the_bills_nothing_is_said_to_be_unbilled() -> None:
    report = audit(without(clean(), "billing_records"))
    assert found(report) == []
    assert report.exit_code == 3
    assert not report.complete
    (bills,) = [each for each in report.collections if each.name == "billing_records"]
    assert not bills.present
    assert not bills.whole
    assert "no collection 'billing_records'" in bills.note
    for name in ("missing-entry monthly_billing", "unmatched-link billing_records.subscription_id"):
        each = outcome(report, name)
        assert each.status is Status.NOT_EVALUATED
        assert any("no collection 'billing_records'" in reason for reason in each.reasons)


def test_without_the_orders_no_delivery_is_phantom_and_what_else_is_wrong_is_found() -> None:
    data = {**without(clean(), "orders"), "billing_records": [bill(1), bill(2)]}
    data["subscriptions_v2"] = [{"_id": 1, "id": "s1", "customer_id": "c1", "status": "actve"}]
    report = audit(data)
    assert outcome(report, "unmatched-link delivery_statuses.order_id").findings == 0
    assert "INVALID_ORDER_REFERENCE" not in found(report)
    assert "INVALID_SUBSCRIPTION_STATUS" in found(report)
    assert outcome(report, "allowed-values orders.status").status is Status.NOT_EVALUATED


def test_1_wins_over_3() -> None:
    data = {**without(clean(), "users"), "delivery_statuses": [delivery(2)]}
    report = audit(data)
    assert not report.complete
    assert report.exit_code == 1
    assert "CUSTOMER_USER_NOT_FOUND" not in found(report)


def test_a_delivery_without_an_order_is_phantom_even_where_the_orders_are_absent() -> None:
    data = {**without(clean(), "orders"), "delivery_statuses": [delivery(1), delivery(2, order_id=None)]}
    report = audit(data)
    phantoms = report["phantom_deliveries"]
    assert [issue.fields["delivery_id"] for issue in phantoms.issues] == ["d2"]
    assert report.exit_code == 1


def test_of_a_dump_that_breaks_off_only_what_is_certain_is_said(tmp_path: Path) -> None:
    data = clean()
    data["orders"] = [order(n, subscription_id=None, billed=n != 2) for n in range(1, 7)]
    data["delivery_statuses"] = [delivery(n) for n in range(1, 7)] + [delivery(7, order_id=None)]
    data["billing_records"] = []
    place = write(tmp_path / "shop", data)
    whole = intact.check(place, model="delivery", as_of=AS_OF)
    assert found(whole) == ["PHANTOM_DELIVERY_NO_ORDER", "UNBILLED_ORDER"]
    assert whole.exit_code == 1
    orders = (place / "orders.bson").read_bytes()
    (place / "orders.bson").write_bytes(
        orders[: len(orders) // 2 + 10]
    )  # the third order is whole, the fourth not
    report = intact.check(place, model="delivery", as_of=AS_OF, fail_on=["none"])
    assert found(report) == ["PHANTOM_DELIVERY_NO_ORDER", "UNBILLED_ORDER"]  # both are certain
    assert report["phantom_deliveries"].issues[0].fields["delivery_id"] == "d7"
    assert report["invalid_references"].issues == ()
    assert report.exit_code == 3
    (trouble,) = report.troubles
    assert trouble.collection == "orders"
    assert trouble.documents is None
    assert "orders.bson" in trouble.where
    (read,) = [each for each in report.collections if each.name == "orders"]
    assert (read.documents, read.present, read.whole) == (3, True, False)
    phantoms = outcome(report, "unmatched-link delivery_statuses.order_id")
    assert phantoms.status is Status.VIOLATED
    assert any("may be in the part that was not read" in reason for reason in phantoms.reasons)
    missing = outcome(report, "missing-link orders.subscription_id")
    assert any("only the part that was read has been checked" in reason for reason in missing.reasons)


def test_a_broken_document_in_the_middle_loses_itself_and_what_stands_on_it() -> None:
    data = clean()
    broken = bytearray(bson.encode(order(2)))
    broken[4] = 0x7A  # no type of BSON
    data["orders"] = [order(1), bytes(broken), order(3, subscription_id=None, billed=False)]
    data["delivery_statuses"] = [delivery(1), delivery(2), delivery(3)]
    report = audit(data)
    assert found(report) == ["UNBILLED_ORDER"]
    assert report["orphaned_orders"].issues[0].fields["order_id"] == "o3"
    assert report.exit_code == 3
    (read,) = [each for each in report.collections if each.name == "orders"]
    assert (read.documents, read.lost, read.whole) == (3, 1, False)
    (trouble,) = report.troubles
    assert (trouble.collection, trouble.documents) == ("orders", 1)
    assert "byte" not in trouble.where  # it lies in no file
    assert report.headline.documents_scanned == 10


def test_a_broken_document_of_a_file_is_told_with_its_place(tmp_path: Path) -> None:
    place = write(tmp_path / "shop", clean())
    sound, broken = bson.encode(order(1)), bytearray(bson.encode(order(2)))
    broken[4] = 0x7A
    (place / "orders.bson").write_bytes(sound + broken)
    report = intact.check(place, model="delivery", as_of=AS_OF)
    (trouble,) = report.troubles
    assert trouble.where.endswith(f", byte {len(sound) + 4}")  # where the type stands
    assert report.exit_code == 3


def test_a_fault_of_nobody_knows_what_leaves_no_collection_whole() -> None:
    data = {**clean(), "delivery_statuses": [delivery(1), delivery(2), delivery(3, order_id=None)]}
    report = audit(data, faults=[Fault(None, "it breaks off", "shop.archive, byte 99", "Copy it again.")])
    assert found(report) == ["PHANTOM_DELIVERY_NO_ORDER"]
    assert report["phantom_deliveries"].issues[0].fields["delivery_id"] == "d3"
    assert not any(each.whole for each in report.collections)
    assert all(each.present for each in report.collections)
    (trouble,) = report.troubles
    assert trouble.collection is None
    assert all(each.reasons for section in report.sections for each in section.outcomes)


def test_a_fault_in_what_no_report_needs_is_told_and_withholds_nothing() -> None:
    report = audit(clean(), faults=[Fault("audit_log", "it breaks off", "audit_log.bson, byte 9")])
    assert report.troubles_total == 1
    assert report.not_evaluated == ()
    assert report.exit_code == 3


def test_a_source_with_none_of_the_collections_is_refused_with_what_is_there() -> None:
    with pytest.raises(SourceError) as caught:
        audit({"people": [], "invoices": []})
    assert "invoices, people" in caught.value.hint
    assert "orders" in caught.value.message
    assert caught.value.where == "memory"


def test_a_source_with_nothing_at_all_is_refused() -> None:
    with pytest.raises(SourceError, match="none"):
        audit({})


# What is counted.


def test_of_a_field_twice_the_first_counts_and_the_document_is_counted() -> None:
    data = clean()
    one, other, confirmed = '"order_id": "o1"', '"order_id": "o9"', '"confirmed_at": "2026-01-10"'
    twice = [f"{one}, {other}", f"{other}, {one}", f'{one}, "x": 1, "x": 2']
    data["delivery_statuses"] = [
        document(
            f'{{"_id": {n}, "id": "d{n}", {fields}, "customer_id": "c1", "status": "delivered", {confirmed}}}'
        )
        for n, fields in enumerate(twice, 1)
    ]
    report = audit(data)
    assert [issue.fields["delivery_id"] for issue in report["phantom_deliveries"].issues] == ["d2"]
    repeated = {each.name: each.repeated for each in report.collections}
    assert repeated.pop("delivery_statuses") == 2
    assert set(repeated.values()) == {0}
    assert report.complete


def test_documents_affected_counts_each_document_once() -> None:
    report = audit(FAULTY)
    assert found(report) == [
        "DUPLICATE_CUSTOMER_PHONE",
        "INVALID_DELIVERY_STATUS",
        "INVALID_ORDER_REFERENCE",
        "PHANTOM_DELIVERY_NO_ORDER",
    ]
    assert report.headline.documents_affected == 3  # the delivery, and both customers
    assert report.headline.total_critical_issues == 4  # the user's sum counts the delivery three times
    assert report.headline.documents_scanned == 9


def test_documents_affected_counts_the_members_of_groups() -> None:
    data = clean()
    data["billing_records"] = [bill(1), bill(2), bill(3)]  # one DOUBLE_BILLING: three documents
    data["orders"] = [order(1), order(2, delivery_date="2026-02-01"), order(3, delivery_date="2026-02-28")]
    report = audit(data)
    assert found(report) == ["DOUBLE_BILLING", "UNBILLED_PERIOD"]
    assert report.headline.documents_affected == 5


def test_money_at_stake_counts_each_amount_once() -> None:
    data = clean()
    data["orders"] = [
        order(1),
        order(
            2, subscription_id=None, billed=False, status="pending", items=[{"total": 12.5}, {"total": 17.5}]
        ),
        order(3, subscription_id=None, billed=False, status="cancelled"),
        order(4, delivery_date="2026-02-03", items=[{"total": 7}]),
    ]
    data["billing_records"] = [
        bill(1),
        bill(2, total_amount=60),
        bill(3, subscription_id="s9", total_amount=70),
    ]
    report = audit(data)
    assert found(report) == sorted([
        "UNBILLED_ORDER", "UNBILLED_ORDER", "PENDING_ORDER_NOT_DELIVERED", "UNBILLED_PERIOD", "DOUBLE_BILLING",
        "BILLING_NO_SUBSCRIPTION",
    ])  # fmt: skip
    assert report.headline.money_at_stake == {
        "billed_without_subscription": Decimal(70),
        "overcharged": Decimal(60),  # 110 billed, 50 owed
        "unbilled": Decimal(37),  # 30 of the order that is not cancelled, 7 of February
    }
    assert report["orphaned_orders"].summary["revenue_at_risk"] == Decimal(30)
    assert report["billing"].summary["total_overcharge"] == Decimal(60)


@pytest.mark.parametrize("status", ["a\u2028b", ["a\x85b"], {"a\nb": "\u2029"}])
def test_a_description_is_one_line_whatever_a_value_holds(status: object) -> None:
    (issue,) = audit({**clean(), "delivery_statuses": [delivery(1, status=status)]})["status"].issues
    assert len(issue.description.splitlines()) == 1
    assert issue.fields["status"] == status


# Fingerprints.


def prints(report: Report) -> dict[tuple[str, str], str]:
    return {
        (
            issue.type,
            json.dumps(issue.fields.get("document_id", issue.fields.get("document_ids"))),
        ): issue.fingerprint
        for section in report.sections
        for issue in section.issues
    }


def test_fingerprints_stay_while_the_fault_stays_whatever_happens_around_it() -> None:
    one = prints(audit(FAULTY))
    more = {**FAULTY, "delivery_statuses": [delivery(9, order_id=None), *FAULTY["delivery_statuses"]]}
    other = prints(audit(more, as_of="2026-07-01", reports=None))
    assert len(one) == 4
    assert {key: other[key] for key in one} == one


def test_fingerprints_differ_for_different_faults() -> None:
    report = audit({**FAULTY, "delivery_statuses": [delivery(n, status="done") for n in range(2, 9)]})
    every = [issue.fingerprint for section in report.sections for issue in section.issues]
    assert len(set(every)) == len(every) == 7 * 3 + 1
    assert all(len(each) == 20 and int(each, 16) >= 0 for each in every)


def test_the_same_document_with_another_wrong_value_is_another_fault() -> None:
    one = prints(audit({**clean(), "delivery_statuses": [delivery(1, status="done")]}))
    other = prints(audit({**clean(), "delivery_statuses": [delivery(1, status="gone")]}))
    assert list(one) == list(other)
    assert one != other
