"""Whole runs on a source that changes: what is there is confirmed, what is not vanishes, what is open is said."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import pytest

from intact.audit.recheck import again
from intact.audit.run import check
from intact.core.stopping import Stop, TimeOverError
from intact.findings import Finding, Report
from intact.sources.base import Fault
from tests.recheck.changing import Change, ChangingSource, Data, Document
from tests.support.memory import MemorySource
from tests.support.small import AS_OF, MODEL, PHANTOM, SECOND_BILL, found, small

ORDER = small()["orders"][0]
CUSTOMER = small()["customers_v2"][0]


@dataclass(frozen=True)
class Case:
    """A fault.

    Attributes:
        data: The business with the fault.
        mend: Changes one document so that the fault is gone: collection, ``_id``, and the fields.
        touch: Changes one that decides about the fault, and leaves the fault.
    """

    data: Data
    mend: tuple[str, int, Document]
    touch: tuple[str, int, str]


def order(number: int, **changes: Any) -> Document:
    return {**ORDER, "_id": number, "id": f"o-{number}", **changes}


def customer(number: int, **changes: Any) -> Document:
    own = {"_id": number, "id": f"c-{number}", "user_id": "u-1", "phone": f"98765000{number:02}"}
    return {**CUSTOMER, **own, **changes}


FAULTS: dict[str, Case] = {
    "UNBILLED_ORDER": Case(
        small(orders=[order(2, subscription_id=None, billed=False)]),
        ("orders", 2, {"billed": True}),
        ("orders", 2, "status"),
    ),
    "PENDING_ORDER_NOT_DELIVERED": Case(
        small(orders=[order(2, subscription_id=None, billed=True, status="pending")]),
        ("orders", 2, {"status": "cancelled"}),
        ("orders", 2, "created_at"),
    ),
    "CUSTOMER_NO_LOGIN_WITH_ACTIVE_SUBSCRIPTIONS": Case(
        small(
            customers_v2=[customer(2, user_id=None)],
            subscriptions_v2=[{"_id": 2, "id": "s-2", "customer_id": "c-2", "status": "active"}],
        ),
        ("subscriptions_v2", 2, {"status": "stopped"}),
        ("subscriptions_v2", 2, "paused"),
    ),
    "CUSTOMER_USER_NOT_FOUND": Case(
        small(
            customers_v2=[customer(2, user_id="u-2")],
            users=[{"_id": 2, "id": "other", "email": "b@example.com"}],
        ),
        ("users", 2, {"id": "u-2"}),
        ("customers_v2", 2, "id"),
    ),
    "CUSTOMER_USER_LINK_MISMATCH": Case(
        small(customers_v2=[customer(2)]),
        ("customers_v2", 2, {"user_id": None}),
        ("users", 1, "id:array"),
    ),
    "PHANTOM_DELIVERY_NO_ORDER": Case(
        small(delivery_statuses=[PHANTOM], orders=[order(8, subscription_id="s-1", status="cancelled")]),
        ("orders", 8, {"id": "o-9"}),
        ("delivery_statuses", 2, "confirmed_at"),
    ),
    "INVALID_SUBSCRIPTION_REFERENCE": Case(
        small(orders=[order(2, subscription_id="s-9", status="cancelled")]),
        ("orders", 2, {"subscription_id": "s-1"}),
        ("orders", 2, "id"),
    ),
    "DUPLICATE_CUSTOMER_PHONE": Case(
        small(customers_v2=[customer(2, phone="+91 98765 43210")]),
        ("customers_v2", 2, {"phone": "9876500099"}),
        ("customers_v2", 2, "name"),
    ),
    "DUPLICATE_ID": Case(
        small(customers_v2=[customer(2, id="c-1")]),
        ("customers_v2", 2, {"id": "c-2"}),
        ("customers_v2", 2, "_new"),
    ),
    "MISSING_ID": Case(
        small(customers_v2=[customer(2, id=None)]),
        ("customers_v2", 2, {"id": "c-2"}),
        ("customers_v2", 2, "id:blank"),
    ),
    "BILLING_NO_SUBSCRIPTION": Case(
        small(billing_records=[{**SECOND_BILL, "subscription_id": "s-7"}]),
        ("billing_records", 2, {"subscription_id": "s-1", "period_date": "2025-11"}),
        ("billing_records", 2, "id"),
    ),
    "DOUBLE_BILLING": Case(
        small(billing_records=[SECOND_BILL]),
        ("billing_records", 2, {"period_date": "2025-12"}),
        ("orders", 1, "total"),
    ),
    "BILLING_AMOUNT_MISMATCH": Case(
        small(orders=[order(2)]),
        ("billing_records", 1, {"total_amount": 200}),
        ("orders", 2, "total"),
    ),
    "UNBILLED_PERIOD": Case(
        small(orders=[order(2, delivery_date="2026-02-10")]),
        ("orders", 2, {"status": "cancelled"}),
        ("orders", 2, "total"),
    ),
    "INVALID_ORDER_STATUS": Case(
        small(orders=[order(2, status="Deliverd")]),
        ("orders", 2, {"status": "cancelled"}),
        ("orders", 2, "id"),
    ),
    "UNREADABLE_VALUE": Case(
        small(orders=[order(2, items=[{"total": "much"}])]),
        ("orders", 2, {"items": [{"total": 5}]}),
        ("orders", 1, "total"),
    ),
}


def report_of(name: str) -> list[str]:
    """The report that has findings of a type; the billing report where several have."""
    own = [each.name for each in MODEL.reports.values() if name in {rule.finding for rule in each.rules}]
    return own or ["billing"]


def document(data: Data, collection: str, number: int) -> Document:
    return next(each for each in data[collection] if each["_id"] == number)


def mended(case: Case) -> Change:
    collection, number, fields = case.mend
    return lambda data: document(data, collection, number).update(fields)


def touched(case: Case) -> Change:
    """A change that comes again with every look, each time another one."""
    collection, number, what = case.touch
    times = iter(range(1, 100))

    def change(data: Data) -> None:
        own, time_ = document(data, collection, number), next(times)
        if what == "total":
            own["items"] = [{"total": 300 + time_}]
        elif what == "_new":
            data[collection].append(customer(100 + time_, id="c-1"))
        elif what == "id:array":
            own["id"] = ["u-1", f"x{time_}"]
        elif what == "id:blank":
            own["id"] = " " * time_
        elif what == "created_at":
            own[what] = f"2025-01-{time_:02}"
        elif what == "paused":
            own["status"] = "active" if time_ % 2 == 0 else "paused"
        elif what == "status":
            own[what] = f"odd {time_}"
        else:
            own[what] = f"changed {time_}"

    return change


def audit(source: ChangingSource, **options: Any) -> Report:
    report = check(source, **{"model": MODEL, "as_of": AS_OF, "show_personal": True, **options})
    assert all(look.closed for look in source.looks)
    return report


def states(report: Report, kind: str) -> list[str]:
    return [each.state for each in found(report, kind)]


def fresh(name: str) -> tuple[Data, Case]:
    case = FAULTS[name]
    return {
        collection: [dict(each) for each in documents] for collection, documents in case.data.items()
    }, case


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(again, "_PAUSES", (0.0, 0.0, 0.0))


@pytest.mark.covering
@pytest.mark.parametrize("one_moment", [False, True])
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_that_is_there_is_confirmed_as_the_scan_found_it(name: str, one_moment: bool) -> None:
    data, _ = fresh(name)
    source = ChangingSource(data, one_moment=one_moment)
    report = audit(source, reports=report_of(name))
    assert set(states(report, name)) == {"confirmed"}
    assert (report.complete, {section.vanished for section in report.sections}) == (True, {0})
    assert len(source.looks) == 1
    alone = audit(ChangingSource(data), recheck_limit=0, reports=report_of(name))
    assert [strip(each) for each in found(report)] == [strip(each) for each in found(alone)]


def strip(finding: Finding) -> dict[str, Any]:
    """A finding without its state."""
    told: dict[str, Any] = finding.to_dict()
    return {**told, "meta": {**told["meta"], "state": None}}


@pytest.mark.covering
@pytest.mark.parametrize("one_moment", [False, True])
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_that_is_gone_vanishes_and_is_counted(name: str, one_moment: bool) -> None:
    data, case = fresh(name)
    source = ChangingSource(data, [mended(case)], one_moment=one_moment)
    report = audit(source, reports=report_of(name))
    assert states(report, name) == []
    assert sum(section.vanished for section in report.sections) >= 1
    assert len(source.looks) == (1 if one_moment else 2)
    assert report.complete


@pytest.mark.spread(4)
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_whose_documents_change_with_every_look_is_reported_unconfirmed(name: str) -> None:
    data, case = fresh(name)
    source = ChangingSource(data, [touched(case)])
    report = audit(source, reports=report_of(name))
    assert "unconfirmed" in states(report, name)
    assert sum(section.unconfirmed for section in report.sections) >= 1
    assert len(source.looks) == 4
    assert report.complete


@pytest.mark.spread(4)
@pytest.mark.parametrize("name", FAULTS)
def test_documents_that_change_do_not_matter_in_a_look_of_one_moment(name: str) -> None:
    data, case = fresh(name)
    report = audit(ChangingSource(data, [touched(case)], one_moment=True), reports=report_of(name))
    assert set(states(report, name)) == {"confirmed"}


@pytest.mark.spread(4)
@pytest.mark.parametrize("name", FAULTS)
def test_other_documents_that_a_look_hands_on_change_no_verdict(name: str) -> None:
    data, case = fresh(name)
    there = audit(ChangingSource(data, everything=True), reports=report_of(name))
    assert set(states(there, name)) == {"confirmed"}
    gone = audit(ChangingSource(data, [mended(case)], everything=True), reports=report_of(name))
    assert states(gone, name) == []


@pytest.mark.spread(4)
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_the_source_leaves_findings_unconfirmed_and_the_run_incomplete(name: str) -> None:
    data, _ = fresh(name)
    faults = [Fault(each, "the cursor was lost", "mongodb://memory/shop", "Run it again.") for each in data]
    report = audit(ChangingSource(data, faults=faults), fail_on=["none"], reports=report_of(name))
    assert set(states(report, name)) == {"unconfirmed"}
    assert report.exit_code == 3
    assert {trouble.collection for trouble in report.troubles} == set(data)
    assert "could not be looked at again: the cursor was lost" in report.troubles[0].what


def test_a_fault_in_one_collection_concerns_only_the_findings_that_stand_on_it() -> None:
    data = small(delivery_statuses=[PHANTOM], customers_v2=[customer(2, id=None)])
    faults = [Fault("orders", "the cursor was lost", "mongodb://memory/shop")]
    report = audit(ChangingSource(data, faults=faults))
    assert states(report, "PHANTOM_DELIVERY_NO_ORDER") == ["unconfirmed"]
    assert states(report, "MISSING_ID") == ["confirmed"]


def test_unconfirmed_findings_make_a_run_fail_as_others_do() -> None:
    faults = [Fault(None, "the server is gone", "mongodb://memory/shop")]
    report = audit(ChangingSource(small(delivery_statuses=[PHANTOM]), faults=faults))
    assert (report.failing, report.exit_code, report.complete) == (1, 1, False)


def test_a_server_that_cannot_be_reached_any_more_leaves_everything_unconfirmed() -> None:
    report = audit(ChangingSource(small(delivery_statuses=[PHANTOM]), lost=1), fail_on=["none"])
    assert states(report, "PHANTOM_DELIVERY_NO_ORDER") == ["unconfirmed"]
    assert report.exit_code == 3
    assert report.troubles[0].what == "findings could not be looked at again: the server cannot be reached"


def test_a_server_that_is_lost_between_two_looks_leaves_open_what_was_open() -> None:
    data = small(delivery_statuses=[PHANTOM], customers_v2=[customer(2, id=None)])
    mend = lambda data: document(data, "delivery_statuses", 2).update(order_id="o-1")  # noqa: E731
    report = audit(ChangingSource(data, [mend], lost=2))
    assert states(report, "PHANTOM_DELIVERY_NO_ORDER") == ["unconfirmed"]
    assert states(report, "MISSING_ID") == ["confirmed"]
    assert not report.complete


def test_beyond_the_limit_findings_are_unconfirmed_and_the_worst_are_looked_at_first() -> None:
    data = small(delivery_statuses=[PHANTOM], customers_v2=[customer(2, user_id=None)])
    report = audit(ChangingSource(data), recheck_limit=1, fail_on=["none"])
    assert states(report, "PHANTOM_DELIVERY_NO_ORDER") == ["confirmed"]
    assert states(report, "CUSTOMER_NO_LOGIN") == ["unconfirmed"]
    assert report.exit_code == 3
    assert "findings were not looked at again: they are too many" in report.troubles[0].what


def test_when_the_time_is_over_findings_are_unconfirmed_and_the_report_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = ChangingSource(small(delivery_statuses=[PHANTOM]))

    def late() -> None:
        raise TimeOverError

    monkeypatch.setattr(again.Recheck, "_prepare", lambda *_: late())
    report = audit(source, fail_on=["none"])
    assert states(report, "PHANTOM_DELIVERY_NO_ORDER") == ["unconfirmed"]
    assert report.exit_code == 3
    assert "the time that the run had was over" in report.troubles[0].what
    assert source.looks == []


def test_a_deadline_is_over_once_its_moment_has_passed() -> None:
    now = time.monotonic()
    stops = [Stop(moment) for moment in (None, now - 1, now + 1000)]
    assert [stop.over for stop in stops] == [False, True, False]


def test_a_group_that_lost_one_of_three_is_reported_as_it_is_now() -> None:
    data = small(billing_records=[SECOND_BILL, {**SECOND_BILL, "_id": 3, "id": "b-3"}])
    changes: list[Change] = [lambda data: data["billing_records"].__delitem__(2), lambda data: None]
    report = audit(ChangingSource(data, changes))
    (double,) = found(report, "DOUBLE_BILLING")
    assert (double.state, double.fields["count"], double.fields["billing_ids"]) == (
        "confirmed",
        2,
        ["b-1", "b-2"],
    )
    assert double.money is not None
    assert double.money[1] == 100


def test_a_group_of_people_that_lost_the_one_it_was_named_by_is_still_a_finding() -> None:
    data = small(customers_v2=[customer(2, phone="+919876543210"), customer(3, phone="098765 43210")])
    changes: list[Change] = [
        lambda data: document(data, "customers_v2", 1).update(phone="1"),
        lambda data: None,
    ]
    report = audit(ChangingSource(data, changes))
    (same,) = found(report, "DUPLICATE_CUSTOMER_PHONE")
    assert (same.state, same.fields["customer_ids"]) == ("confirmed", ["c-2", "c-3"])


def test_a_reference_that_names_something_else_that_is_not_there_is_still_a_finding() -> None:
    data = small(delivery_statuses=[PHANTOM])
    changes: list[Change] = [
        lambda data: document(data, "delivery_statuses", 2).update(order_id="o-77"),
        lambda data: None,
    ]
    report = audit(ChangingSource(data, changes))
    (phantom,) = found(report, "PHANTOM_DELIVERY_NO_ORDER")
    assert (phantom.state, phantom.fields["order_id"]) == ("confirmed", "o-77")


@pytest.mark.parametrize("one_moment", [False, True])
def test_a_reference_that_names_something_else_that_is_there_is_none(one_moment: bool) -> None:
    data = small(delivery_statuses=[PHANTOM])
    change: Change = lambda data: document(data, "delivery_statuses", 2).update(order_id="o-1")  # noqa: E731
    report = audit(ChangingSource(data, [change], one_moment=one_moment))
    assert found(report) == []


def test_one_finding_does_not_become_another_one_that_was_found_already() -> None:
    second = {**PHANTOM, "_id": 3, "id": "d-3", "order_id": ["o-9", "o-10"]}
    data = small(delivery_statuses=[second])
    change: Change = lambda data: document(data, "delivery_statuses", 3).update(order_id=["o-9"])  # noqa: E731
    report = audit(ChangingSource(data, [change, lambda data: None]))
    prints = [each.fingerprint for each in found(report, "INVALID_ORDER_REFERENCE")]
    assert len(prints) == len(set(prints)) == 1


def test_a_document_that_changes_within_a_look_settles_nothing_though_it_is_as_it_was_in_the_end() -> None:
    """It is fetched by its ``_id`` for one finding and by its subscription for another, and changes in between."""
    data = small(orders=[order(2, customer_id="c-7", delivery_date="2026-02-10")])
    was, other = [{"total": 100}], [{"total": 7}]
    source = ChangingSource(data, [lambda data: document(data, "orders", 2).update(items=other)])

    def between(data: Data) -> None:
        if [str(each.path) for each in source.looks[-1].asked[-1:]] == ["_id"]:
            document(data, "orders", 2)["items"] = was

    source.between = between
    report = audit(source)
    assert states(report, "UNBILLED_PERIOD") == ["unconfirmed"]
    asked = [str(each.path) for each in source.looks[0].asked if each.collection == "orders"]
    assert asked == ["_id", "subscription_id"]


def test_a_change_of_what_decides_nothing_is_no_change() -> None:
    data = small(delivery_statuses=[PHANTOM])
    times = iter(range(100))
    touch: Change = lambda data: document(data, "delivery_statuses", 2).update(driver=next(times))  # noqa: E731
    source = ChangingSource(data, [touch])
    assert states(audit(source), "PHANTOM_DELIVERY_NO_ORDER") == ["confirmed"]
    assert len(source.looks) == 1


def test_a_near_match_stays_though_the_key_that_is_near_is_not_fetched_again() -> None:
    data = small(orders=[order(2, subscription_id="S-1", status="cancelled")])
    changes: list[Change] = [
        lambda data: document(data, "orders", 2).update(status="pending"),
        lambda data: None,
    ]
    report = audit(ChangingSource(data, changes))
    (dangling,) = found(report, "INVALID_SUBSCRIPTION_REFERENCE")
    assert (dangling.state, dangling.fields["near_match"]) == ("confirmed", {"kind": "case", "value": "s-1"})


def test_findings_that_vanished_count_in_no_figure_and_no_total() -> None:
    data = small(delivery_statuses=[PHANTOM], billing_records=[SECOND_BILL])
    changes = [mended(FAULTS["DOUBLE_BILLING"])]
    report = audit(ChangingSource(data, changes))
    assert report["billing"].summary["double_bills"] == 0
    assert report["billing"].vanished == 1
    assert report["phantom_deliveries"].total == ("total_phantom_deliveries", 1)
    assert "overcharged" not in report.headline.money_at_stake
    assert report.failing == 1


def test_the_report_tells_when_it_was_read_and_what_came_of_looking_again() -> None:
    report = audit(ChangingSource(small(delivery_statuses=[PHANTOM])))
    assert report.run.read_from is not None
    assert report.run.read_until is not None
    assert report.run.read_from <= report.run.read_until <= report.run.generated_at
    assert (report.run.one_moment, report.run.moment) == (False, None)
    told = next(note for note in report.run.notes if "looked at again" in note)
    assert "of 2 findings 2 were there still" in told
    assert any("Figures that count documents are of the scan" in note for note in report.run.notes)


def test_a_value_that_several_rules_cannot_read_is_one_of_the_findings_that_were_there_still() -> None:
    """The note counts what the report holds: not 870 of 870 where it holds 869."""
    unreadable = {**SECOND_BILL, "total_amount": "a lot", "period_date": "2026-02"}
    report = audit(ChangingSource(small(billing_records=[unreadable], delivery_statuses=[PHANTOM])))
    held = len(found(report))
    assert len(found(report, "UNREADABLE_VALUE")) >= 1
    told = next(note for note in report.run.notes if "looked at again" in note)
    assert f"of {held} findings {held} were there still" in told


def test_a_value_that_several_rules_could_not_read_is_one_of_those_that_vanished() -> None:
    unreadable = {**SECOND_BILL, "total_amount": "a lot", "period_date": "2026-02"}
    changes: list[Change] = [lambda data: document(data, "billing_records", 2).update(total_amount=0)]
    data = small(billing_records=[unreadable])
    one = check(MemorySource(data), model=MODEL, as_of=AS_OF)
    report = audit(ChangingSource(data, changes))
    assert found(report, "UNREADABLE_VALUE") == []
    gone = len(found(one, "UNREADABLE_VALUE"))
    told = next(note for note in report.run.notes if "looked at again" in note)
    assert f", {gone} were not and are not reported" in told


def test_where_nothing_was_found_nothing_is_looked_at_again() -> None:
    source = ChangingSource(small())
    report = audit(source)
    assert (source.looks, report.exit_code) == ([], 0)


def test_many_findings_are_looked_at_with_few_look_ups(monkeypatch: pytest.MonkeyPatch) -> None:
    data = small(orders=[order(at, customer_id=f"c-{at}", status="cancelled") for at in range(2, 1502)])
    source = ChangingSource(data)
    report = audit(source)
    assert states(report, "INVALID_CUSTOMER_REFERENCE") == ["confirmed"] * 1500
    asked = [(each.collection, str(each.path)) for look in source.looks for each in look.asked]
    assert sorted(asked) == [("customers_v2", "id"), ("orders", "_id")]
    monkeypatch.setattr(again, "_AT_ONCE", 1000)
    more = ChangingSource(data)
    assert found(audit(more)) == found(report)
    assert len(more.looks) == 2


def test_a_run_says_that_it_looks_again() -> None:
    phases: list[str] = []

    class Progress:
        def start(self, total: int | None) -> None: ...
        def advance(self, bytes_read: int, documents: int, collection: str) -> None: ...
        def phase(self, text: str) -> None:
            phases.append(text)

    audit(ChangingSource(small(delivery_statuses=[PHANTOM])), progress=Progress())
    assert phases[-1] == "looking again at 2 findings"
    assert phases[0].startswith("checking ")


@pytest.mark.parametrize("one_moment", [False, True])
def test_a_fault_that_was_changed_meanwhile_is_reported_as_it_is_now(one_moment: bool) -> None:
    data = small(billing_records=[{**SECOND_BILL, "subscription_id": "s-1"}], orders=[order(2, total=5)])
    source = ChangingSource(
        data,
        [lambda data: document(data, "billing_records", 2).update(total_amount=70), lambda _: None],
        one_moment=one_moment,
    )
    (bills,) = found(audit(source, reports=["billing"]), "DOUBLE_BILLING")
    assert (bills.state, bills.fields["total_billed"]) == ("confirmed", 170)
