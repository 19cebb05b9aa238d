"""The second run: what is true in a dairy's database, by the model that the docs write for it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from intact.findings import Report
from tests.dairy.audited import MODEL, audit, count, findings, short, shorts, total, which


@pytest.fixture(scope="module")
def report() -> Report:
    return audit(MODEL)


def changed(folder: Path, old: str, new: str) -> Report:
    """Audit by the model with something else in it."""
    text = MODEL.read_text(encoding="utf-8")
    assert old in text
    (folder / "dairy.yml").write_text(text.replace(old, new), encoding="utf-8")
    return audit(folder / "dairy.yml")


def test_everything_that_the_model_asks_can_be_judged_and_no_collection_is_left_out(report: Report) -> None:
    assert [(each.type, each.reasons) for each in report.not_evaluated] == []
    assert report.not_read == ()
    assert report.headline.documents_scanned == 4699


def test_row_1_each_bill_finds_its_order(report: Report) -> None:
    (outcome,) = [each for each in report["orders"].outcomes if each.type == "BILL_WITHOUT_ORDER"]
    assert (outcome.findings, outcome.values) == (0, 50)


def test_row_2_orders_with_two_bills(report: Report) -> None:
    twice = list(findings(report, "ORDER_BILLED_TWICE"))
    assert which(twice, "order_id") == [
        "4e056d8b",
        "6513270e",
        "aae11b47",
        "aea70f02",
        "c51c05fe",
        "da57adea",
    ]
    assert {each.fields["count"] for each in twice} == {2}


def test_rows_3_and_5_delivered_and_not_marked_billed_of_which_seven_were_paid(report: Report) -> None:
    summary = report["orders"].summary
    assert (summary["delivered_not_marked"], summary["partly_delivered_not_marked"]) == (17 + 7, 4)
    delivered = [
        each
        for each in findings(report, "NOT_MARKED_BILLED")
        if each.fields["status"] in {"DELIVERED", "PARTIALLY_DELIVERED"}
    ]
    assert total(delivered) == 3638.50 + 1067.50


def test_row_5_paid_yet_not_marked_billed(report: Report) -> None:
    paid = list(findings(report, "PAID_NOT_MARKED_BILLED"))
    assert which(paid, "order_id") == [
        "6513270e",
        "676158f2",
        "6b0d549b",
        "86086204",
        "9531985d",
        "afd3eeba",
        "d2e22a0f",
    ]
    assert total(paid) == 1067.50


def test_row_7_all_orders_not_marked_billed_by_their_total_amount(report: Report) -> None:
    unmarked = list(findings(report, "NOT_MARKED_BILLED"))
    assert (len(unmarked), total(unmarked)) == (68, 11012.50)
    assert total(each for each in unmarked if each.fields["status"] == "cancelled") == 2354.00
    assert report.headline.money_at_stake == {"not_marked_billed": 8658.50}


def test_row_8_orders_by_voice(report: Report) -> None:
    voice = list(findings(report, "ORDER_BY_VOICE"))
    assert which(voice, "order_id") == ["00eb4e11", "24056360", "50ea7da7", "736506ec", "7c73b6c9"]
    assert total(voice) == 681.00
    users = list(findings(report, "ORDER_OF_NO_USER"))
    assert which(users, "order_id") == which(voice, "order_id")
    assert {str(each.fields["elsewhere"]) for each in users} == {
        str({"collection": "customers_v2", "field": "id"})
    }


def test_row_9_pending_orders(report: Report) -> None:
    pending = list(findings(report, "ORDER_STILL_PENDING"))
    assert len(pending) == 21
    assert which((each for each in pending if each.fields.get("stale")), "order_id") == [
        "36f675cc",
        "8d116ece",
        "d23f0824",
    ]


def test_row_12_deliveries_without_an_order_are_counted_and_no_order_is_lost(report: Report) -> None:
    assert report["deliveries"].summary["without_an_order"] == 4193
    assert count(report, "UNKNOWN_ORDER") == 0


def test_row_13_deliveries_by_link_are_read_and_their_orders_are_there(report: Report) -> None:
    assert report["deliveries"].summary["by_link"] == 11
    judged = [each.values for each in report["deliveries"].outcomes if each.type == "UNKNOWN_ORDER"]
    assert sorted(map(int, filter(None, judged))) == [11, 60]


def test_row_17_not_delivered_and_yet_a_time_of_delivery(report: Report) -> None:
    assert which(findings(report, "NOT_DELIVERED_YET_DATED"), "delivery_id") == [
        "85de65f9",
        "afd5b056",
        "b47f61a3",
        "cb1eed52",
        "fb3a5063",
    ]


def test_rows_20_and_21_ids_of_users_where_customers_are_asked_for(tmp_path: Path) -> None:
    found = list(
        findings(
            changed(tmp_path, "customer_id: users", "customer_id: customers_v2"),
            "UNKNOWN_CUSTOMER",
        )
    )
    found += findings(audit(tmp_path / "dairy.yml"), "ORDER_OF_NO_USER")
    found += findings(audit(tmp_path / "dairy.yml"), "BILL_OF_NO_USER")
    elsewhere = Counter(each.collection for each in found if "elsewhere" in each.fields)
    assert elsewhere == {
        "orders": 84,
        "delivery_statuses": 43,
        "billing_records": 47,
        "delivery_status": 11,
    }
    assert len(found) == 225 - 1, "all but the subscription of row 25"


def test_row_21_bills_and_deliveries_by_link_name_users_and_each_is_there(report: Report) -> None:
    assert count(report, "BILL_OF_NO_USER") == 0
    assert count(report, "UNKNOWN_CUSTOMER", "delivery_status") == 0


def test_row_24_customers_who_are_gone(report: Report) -> None:
    gone = [each for each in findings(report, "UNKNOWN_CUSTOMER") if "elsewhere" not in each.fields]
    assert Counter(which(gone, "customer_id")) == {"5db44567": 20, "7e29bdd7": 19}
    assert which(findings(report, "CUSTOMER_NOT_FOUND"), "user_id") == ["6888c8ee", "979543b2"]


def test_row_25_a_subscription_of_an_invented_customer(report: Report) -> None:
    assert which(findings(report, "SUBSCRIPTION_OF_NOBODY"), "subscription_id") == ["361c2757"]


def test_row_26_logins_that_are_not_found_by_their_id(report: Report) -> None:
    assert which(findings(report, "LOGIN_NOT_FOUND"), "customer_id") == [
        "08ab7813",
        "147b37b0",
        "acf0de12",
        "b694132a",
        "fff200f7",
    ]


def test_row_27_the_login_of_another_person(report: Report) -> None:
    (found,) = findings(report, "LOGIN_OF_ANOTHER")
    assert (short(found.fields["customer_id"]), short(found.fields["user_id"])) == ("a00ebc42", "8869d0c8")


def test_row_28_customers_without_a_login_who_are_served_by_nobody(report: Report) -> None:
    five = [f"cust-00{number}" for number in range(1, 6)]
    assert which(findings(report, "CUSTOMER_WITHOUT_LOGIN"), "customer_id") == five
    nobody = list(findings(report, "UNKNOWN_DELIVERY_BOY"))
    assert which(nobody, "customer_id") == five
    assert sorted(str(each.fields["delivery_boy_id"]) for each in nobody) == [
        f"db-00{number}" for number in range(1, 6)
    ]


def test_row_29_of_the_users_without_a_customer_those_who_are_customers(report: Report) -> None:
    assert count(report, "LOGIN_WITHOUT_CUSTOMER") == 26


def test_row_30_phones_of_two_customers(report: Report) -> None:
    assert count(report, "SAME_PHONE") == 7


def test_row_32_phones_of_several_users(report: Report) -> None:
    sizes = Counter(len(shorts(each, "user_ids")) for each in findings(report, "SAME_PHONE_OF_USERS"))
    assert sizes == {2: 14, 3: 1}


def test_row_33_of_two_users_with_one_e_mail_the_older_is_the_one_that_orders_refer_to(
    report: Report,
) -> None:
    (found,) = findings(report, "SAME_EMAIL")
    assert shorts(found, "user_ids") == ["81edfa91", "b4956418"]
    assert (short(found.fields["keep"]), short(found.fields["most_referred_to"])) == ("81edfa91", "b4956418")


def test_row_36_subscriptions_that_name_their_customer_by_the_other_field(report: Report) -> None:
    found = list(findings(report, "SUBSCRIPTION_WITHOUT_CUSTOMER"))
    assert which(found, "subscription_id") == ["36907b28", "3abc9408", "f6a6eca6"]
    assert {each.fields["status"] for each in found} == {"active"}
    assert all(each.fields["customerId"] for each in found)


def test_row_37_active_subscriptions_in_the_older_collection(report: Report) -> None:
    assert which(findings(report, "OLD_SUBSCRIPTION_ACTIVE"), "subscription_id") == [
        "48b3efba",
        "73d027f8",
        "7ab41d84",
        "e5bec9af",
        "e5e188db",
        "fda24851",
    ]


def test_rows_35_38_and_39_statuses_that_nobody_declared(report: Report) -> None:
    found = Counter((each.collection, each.fields["status"]) for each in findings(report, "UNKNOWN_STATUS"))
    assert found == {
        ("subscriptions_v2", None): 9,
        ("orders", "CONFIRMED"): 5,
        ("orders", "PENDING"): 3,
        ("customers_v2", "Active"): 1,
    }
    (active,) = findings(report, "UNKNOWN_STATUS", "customers_v2")
    assert short(active.fields["customer_id"]) == "faba8e7c"


def test_row_40_documents_without_an_id(report: Report, tmp_path: Path) -> None:
    missing = Counter(each.collection for each in findings(report, "KEY_MISSING"))
    assert missing == {"billing_records": 14, "orders": 5}
    by_id = changed(tmp_path, "    key: _id\n", "    key: id\n")
    assert count(by_id, "KEY_MISSING") == 30
