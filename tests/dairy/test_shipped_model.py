"""A first run: what is true in a dairy's database, as far as the shipped model can say it."""

from __future__ import annotations

from collections import Counter

import pytest

from intact.findings import Report
from tests.dairy.audited import audit, count, findings, short, shorts, total, which


@pytest.fixture(scope="module")
def report() -> Report:
    return audit()


def test_row_1_no_bill_names_a_subscription(report: Report) -> None:
    assert count(report, "BILLING_NO_SUBSCRIPTION") == 50


def test_row_3_orders_delivered_and_not_marked_billed_are_within_the_unbilled_ones(report: Report) -> None:
    """Row 5 as well: 21 have no bill, 7 were paid; only who knows the bills' orders can tell them apart."""
    told = Counter(str(each.fields["status"]) for each in findings(report, "UNBILLED_ORDER"))
    assert told["DELIVERED"] + told["PARTIALLY_DELIVERED"] == 21 + 7


def test_row_7_all_orders_not_marked_billed_and_the_cancelled_ones_owe_nothing(report: Report) -> None:
    unbilled = list(findings(report, "UNBILLED_ORDER"))
    assert len(unbilled) == 68
    assert report.headline.money_at_stake == {"unbilled": 7977.5}
    assert report["orphaned_orders"].summary["revenue_at_risk"] == 7977.5
    assert sum(1 for each in unbilled if each.fields["status"] == "cancelled") == 14


def test_row_8_orders_by_voice_have_no_total_in_their_items_and_say_that_the_amount_is_not_complete(
    report: Report,
) -> None:
    incomplete = [
        each for each in findings(report, "UNBILLED_ORDER") if each.fields.get("amount_complete") is False
    ]
    assert sorted(short(each.fields["document_id"]) for each in incomplete) == [
        "00eb4e11",
        "24056360",
        "50ea7da7",
        "736506ec",
        "7c73b6c9",
    ]
    assert total(incomplete) == 0


def test_row_9_pending_orders_in_either_case_and_three_of_them_old(report: Report) -> None:
    pending = list(findings(report, "PENDING_ORDER_NOT_DELIVERED"))
    assert len(pending) == 21
    old = [each for each in pending if each.fields.get("stale")]
    assert which(old, "order_id") == ["36f675cc", "8d116ece", "d23f0824"]


def test_row_12_deliveries_without_an_order_and_none_that_names_a_lost_one(report: Report) -> None:
    phantoms = list(findings(report, "PHANTOM_DELIVERY_NO_ORDER"))
    assert len(phantoms) == 4193
    assert {(each.fields["order_id"], each.fields["status"]) for each in phantoms} == {(None, "delivered")}
    assert count(report, "INVALID_ORDER_REFERENCE") == 0


def test_row_20_a_users_id_stands_where_a_customers_is_asked_for(report: Report) -> None:
    elsewhere = [
        each
        for each in findings(report, "INVALID_CUSTOMER_REFERENCE")
        if each.fields.get("elsewhere") == {"collection": "users", "field": "id"}
    ]
    assert Counter(each.collection for each in elsewhere) == {"orders": 84, "delivery_statuses": 43}
    assert count(report, "INVALID_CUSTOMER_REFERENCE") == 167
    notes = {note for each in report["invalid_references"].outcomes for note in each.notes}
    assert any(note.startswith("84 of 84 are ids of users") for note in notes), notes
    assert any(note.startswith("43 of 82 are ids of users") for note in notes), notes


def test_row_24_customers_who_are_gone_are_still_named_by_deliveries_and_users(report: Report) -> None:
    gone = [
        each
        for each in findings(report, "INVALID_CUSTOMER_REFERENCE", "delivery_statuses")
        if "elsewhere" not in each.fields
    ]
    assert Counter(which(gone, "customer_id")) == {"5db44567": 20, "7e29bdd7": 19}
    users = list(findings(report, "USER_CUSTOMER_NOT_FOUND"))
    assert {short(each.fields["user_id"]): short(each.fields["customer_v2_id"]) for each in users} == {
        "979543b2": "5db44567",
        "6888c8ee": "7e29bdd7",
    }


def test_row_25_a_subscription_of_an_invented_customer(report: Report) -> None:
    (found,) = findings(report, "INVALID_CUSTOMER_REFERENCE", "subscriptions_v2")
    assert (short(found.fields["subscription_id"]), found.fields["customer_id"]) == (
        "361c2757",
        "no-such-customer",
    )


def test_row_26_customers_who_name_their_user_by_the_text_of_its__id(report: Report) -> None:
    found = list(findings(report, "CUSTOMER_USER_NOT_FOUND"))
    assert which(found, "customer_id") == ["08ab7813", "147b37b0", "acf0de12", "b694132a", "fff200f7"]


def test_row_27_a_customer_who_is_linked_to_another_persons_login(report: Report) -> None:
    (found,) = findings(report, "CUSTOMER_USER_LINK_MISMATCH")
    assert (short(found.fields["customer_id"]), short(found.fields["user_id"])) == ("a00ebc42", "8869d0c8")


def test_row_28_customers_without_a_user_have_an_active_subscription_each(report: Report) -> None:
    five = [f"cust-00{number}" for number in range(1, 6)]
    assert which(findings(report, "CUSTOMER_NO_LOGIN"), "customer_id") == five
    active = list(findings(report, "CUSTOMER_NO_LOGIN_WITH_ACTIVE_SUBSCRIPTIONS"))
    assert which(active, "customer_id") == five
    assert {each.fields["active_subscriptions"] for each in active} == {1}


def test_row_29_users_without_a_customer(report: Report) -> None:
    assert count(report, "USER_NO_CUSTOMER") == 33


def test_row_30_phones_of_two_customers_the_one_that_a_spreadsheet_wrote_too(report: Report) -> None:
    groups = {tuple(shorts(each, "customer_ids")) for each in findings(report, "DUPLICATE_CUSTOMER_PHONE")}
    pairs = [
        ("b9a40858", "c7923461"),
        ("eccb8b39", "5fc76225"),
        ("ff735fbb", "9e25105a"),
        ("8514cbda", "66e14fc1"),
        ("617c4c52", "a9b0d576"),
        ("dc5b501c", "98d4467d"),
        ("f264a0fb", "c43292d2"),  # written 9731020013.0
    ]
    assert groups == {tuple(sorted(pair)) for pair in pairs}


def test_row_33_an_e_mail_in_two_letter_cases(report: Report) -> None:
    (found,) = findings(report, "DUPLICATE_USER_EMAIL")
    assert shorts(found, "user_ids") == ["81edfa91", "b4956418"]


def test_row_35_subscriptions_without_a_status(report: Report) -> None:
    assert which(findings(report, "INVALID_SUBSCRIPTION_STATUS"), "subscription_id") == [
        "0016ec70",
        "50ec253b",
        "5524c86e",
        "73dd2102",
        "931f175e",
        "a9d46960",
        "d05f2c3c",
        "e885e43f",
        "ef1acb62",
    ]


def test_row_38_order_statuses_outside_the_list_and_no_meaning_is_mapped_to_another(report: Report) -> None:
    found = list(findings(report, "INVALID_ORDER_STATUS"))
    assert Counter((each.fields["status"], each.fields.get("suggestion")) for each in found) == {
        ("DELIVERED", "delivered"): 69,
        ("CONFIRMED", "confirmed"): 5,
        ("PENDING", "pending"): 3,
        ("PARTIALLY_DELIVERED", None): 4,
    }


def test_row_40_documents_without_an_id(report: Report) -> None:
    found = Counter(each.collection for each in findings(report, "MISSING_ID"))
    assert found == {"billing_records": 14, "orders": 5}


def test_collections_that_no_rule_reads_are_named_those_of_like_names_first(report: Report) -> None:
    names = [each.name for each in report.not_read]
    assert set(names) == {"delivery_status", "subscriptions", "payment_transactions", "addresses", "products"}
    like = {each.name: each.beside for each in report.not_read if each.beside}
    assert like == {"delivery_status": "delivery_statuses", "subscriptions": "subscriptions_v2"}
    assert set(names[:2]) == set(like)
    assert report.headline.documents_scanned == 4609
