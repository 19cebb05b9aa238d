"""The documents of the sample, held against what was planted and what a naive audit finds, read as a person would."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from intact import check
from intact.findings import Finding, Report
from intact.reporters.markdown import document, document_name
from tests.oracle.audit import audit
from tests.reporters import reports
from tests.reporters.pages import Part, parse, part
from tests.reporters.readers import same
from tests.reporters.reports import finding, section
from tests.sample.reading import read_dump
from tests.sample_data import DEMO_AS_OF, DEMO_FAULTS, DEMO_ORDERS, DEMO_SEED, Planted, write_dump

Sample = tuple[Path, Planted]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """Make the sample of ``intact demo``."""
    place = tmp_path_factory.mktemp("sample") / "dump"
    planted = write_dump(place, orders=DEMO_ORDERS, seed=DEMO_SEED, faults=DEMO_FAULTS, as_of=DEMO_AS_OF)
    return place, planted


@pytest.fixture(scope="module")
def report(sample: Sample) -> Report:
    """Audit it."""
    return check(sample[0], model="delivery", as_of=DEMO_AS_OF, show_personal=True)


@pytest.fixture(scope="module")
def naive(sample: Sample) -> dict[str, Any]:
    """Audit it with code that shares nothing with the package."""
    found: dict[str, Any] = audit(read_dump(sample[0]), as_of=DEMO_AS_OF)
    return found


def document_of(report: Report, name: str) -> str:
    """Give the document of a report."""
    return "".join(document(report, report[name], ("report.json",)))


def answer(text: str, question: str) -> str:
    """Give the answer to one of the questions at the beginning."""
    return part(text, "In short").after(question)


def of_type(text: str, name: str) -> Part:
    """Give what is said of a type of findings."""
    return part(text, f"{name}:")


def issues(naive: dict[str, Any], report: str, *types: str) -> list[dict[str, Any]]:
    """Give the findings of the naive audit, of some types or all."""
    found: list[dict[str, Any]] = naive["reports"][report]["issues"]
    return [each for each in found if not types or each["type"] in types]


def amount(value: Decimal) -> str:
    """Write an amount as people read it."""
    return f"INR {value:,.2f}"


# -------------------------------------------------------------------------------------------- phantom deliveries


def test_phantom_deliveries_says_how_many_which_and_since_when(report: Report, sample: Sample) -> None:
    text = document_of(report, "phantom_deliveries")
    planted = [each for each in sample[1].findings if each.report == "phantom_deliveries"]
    assert answer(text, "How many?") == f"{len(planted)} findings, all critical."

    found = of_type(text, "PHANTOM_DELIVERY_NO_ORDER")
    assert found.heading == f"PHANTOM_DELIVERY_NO_ORDER: {len(planted)} findings, CRITICAL"
    assert sorted(same(each) for (each,) in found.column("delivery_id")) == sorted(
        same(each.ids["delivery_id"]) for each in planted
    )
    assert sorted(same(each) for (each,) in found.column("_id")) == sorted(
        same(each.document_ids[0]) for each in planted
    )

    ids = {each.ids["delivery_id"] for each in planted}
    dates = sorted(
        each["confirmed_at"]
        for each in read_dump(sample[0])["delivery_statuses"]
        if each["id"] in ids and each.get("confirmed_at")
    )
    since = answer(text, "Since when?")
    assert since.startswith(f"Since {dates[0]:%Y-%m-%d}; the latest is of {dates[-1]:%Y-%m-%d}.")
    undated = len(planted) - len(dates)
    assert undated == 1
    assert since.endswith(f"1 finding of {len(planted)} has no date.")


def test_phantom_deliveries_says_what_it_costs_what_first_and_how_to_repair_it(
    report: Report, naive: dict[str, Any]
) -> None:
    text = document_of(report, "phantom_deliveries")
    found = issues(naive, "phantom_deliveries")
    near = sum(each.get("near_match") is not None for each in found)
    assert "holds no amount" in answer(text, "How much money?")
    latest = max((each for each in found if each["confirmed_at"]), key=lambda each: str(each["confirmed_at"]))
    assert latest["delivery_id"] in answer(text, "What first?")
    assert f"For {near} of {len(found)} the record that is looked for exists" in answer(
        text, "How to repair?"
    )
    assert any(
        "Find out which order was meant" in each for each in of_type(text, "PHANTOM_DELIVERY_NO_ORDER").words
    )
    assert "delivery_statuses.aggregate" in of_type(text, "PHANTOM_DELIVERY_NO_ORDER").blocks[0]
    assert answer(text, "Is anything unchecked?").startswith("No: every check")


# -------------------------------------------------------------------------------------------- billing


def test_billing_says_how_many_which_and_since_when(
    report: Report, sample: Sample, naive: dict[str, Any]
) -> None:
    text = document_of(report, "billing")
    planted = [each for each in sample[1].findings if each.report == "billing"]
    assert answer(text, "How many?").startswith(f"{len(planted)} findings, ")
    for name, key in {
        "DOUBLE_BILLING": "subscription_id",
        "BILLING_NO_SUBSCRIPTION": "billing_id",
        "BILLING_AMOUNT_MISMATCH": "billing_id",
        "UNBILLED_PERIOD": "subscription_id",
    }.items():
        mine = [each for each in planted if each.type == name]
        ids = sorted(same(each.ids[key]) for each in mine)
        assert sorted(same(each) for (each,) in of_type(text, name).column(key)) == ids
        documents = [sorted(map(same, each.document_ids)) for each in mine]
        shown = [sorted(map(same, each)) for each in of_type(text, name).column("_id")]
        assert sorted(shown) == sorted(documents)
    months = sorted(each["period"] for each in issues(naive, "billing") if "period" in each)
    first, last = re.fullmatch(
        r"Since (\S+); the latest is of (\S+)\.(?: \d+ findings? of .*)?", answer(text, "Since when?")
    ).groups()  # type: ignore[union-attr]
    assert first[:7] <= months[0]
    assert last[:7] >= months[-1]


def test_billing_says_how_much_money_and_whom_to_credit(report: Report, naive: dict[str, Any]) -> None:
    text = document_of(report, "billing")
    doubles, wrong, unbilled = (
        issues(naive, "billing", name)
        for name in ("DOUBLE_BILLING", "BILLING_AMOUNT_MISMATCH", "UNBILLED_PERIOD")
    )
    owed: dict[str, Decimal] = defaultdict(Decimal)
    bills: dict[str, Decimal] = defaultdict(Decimal)
    for each in doubles:
        owed[each["subscription_id"]] += each["total_overcharge"]
    for each in wrong:
        if each["difference"] > 0:
            owed[each["subscription_id"]] += each["difference"]
        else:
            bills[each["period"]] -= each["difference"]
    for each in unbilled:
        bills[each["period"]] += each["calculated"]
    owed = {name: total for name, total in owed.items() if total}

    said = answer(text, "How much money?")
    for kind in ("overcharged", "overbilled", "underbilled", "billed_without_subscription"):
        assert f"{amount(naive['money_at_stake'][kind])} {kind.replace('_', ' ')}" in said
    listed = part(text, "Credits to issue")
    assert dict(
        zip(((each,) for (each,) in listed.column("subscription_id")), listed.texts("Credit"), strict=True)
    ) == {(name,): amount(total) for name, total in owed.items()}
    assert any(amount(sum(owed.values(), Decimal(0))) in each for each in listed.words)
    due = part(text, "To be billed")
    assert dict(zip(due.texts("Month"), due.texts("Not billed"), strict=True)) == {
        month: amount(total) for month, total in sorted(bills.items())
    }


def test_billing_says_what_first_and_how_to_repair_it(report: Report, naive: dict[str, Any]) -> None:
    text = document_of(report, "billing")
    doubles = issues(naive, "billing", "DOUBLE_BILLING")
    dearest = max(doubles, key=lambda each: each["total_overcharge"])
    assert parse(text)[1].words[0].startswith(f"ACT NOW: {len(doubles)} of ")
    first = answer(text, "What first?")
    assert first.startswith(f"{len(doubles)} DOUBLE_BILLING (CRITICAL, ")
    assert (
        f"beginning with subscription_id {dearest['subscription_id']}, which has the most at stake" in first
    )
    assert "cancel the others, and issue a credit" in answer(text, "How to repair?")
    assert answer(text, "Is anything unchecked?").startswith("No: every check")


def test_what_could_not_be_checked_is_said_first_and_last_and_nothing_is_ticked(
    sample: Sample, tmp_path: Path
) -> None:
    place = tmp_path / "delivery"
    place.mkdir()
    for each in (sample[0] / "delivery").glob("*.bson"):
        (place / each.name).write_bytes(each.read_bytes())
    orders = place / "orders.bson"
    orders.write_bytes(orders.read_bytes()[:-7])
    cut = check(tmp_path, model="delivery", as_of=DEMO_AS_OF)
    text = document_of(cut, "phantom_deliveries")
    assert "Part of the audit could not be done" in parse(text)[1].words[0]
    assert answer(text, "Is anything unchecked?").startswith("Yes")
    unchecked = " ".join(part(text, "What was not checked").words)
    assert "orders.bson" in unchecked
    assert "PHANTOM_DELIVERY_NO_ORDER" in unchecked
    assert not any(each.startswith("[x]") for each in part(text, "What to do").words)
    assert (
        "in part"
        in dict(
            zip(
                part(text, "What was read").texts("Collection"),
                part(text, "What was read").texts("Whole"),
                strict=True,
            )
        )["orders"]
    )


# -------------------------------------------------------------------------------------------- the others


def test_what_the_run_has_done_is_ticked_and_what_people_must_do_is_not(report: Report) -> None:
    items = part(document_of(report, "orphaned_orders"), "What to do").words
    assert items[:5] == [
        "[x] Run query monthly",
        "[x] Count unbilled orders",
        "[x] Calculate total revenue loss",
        "[ ] Mark for billing in batch process",
        "[x] Document in BILLING_ORPHAN_REPORT_2026_11.md",
    ]


def test_every_report_has_a_document_named_by_its_month(report: Report) -> None:
    assert sorted(document_name(each, report) for each in report.sections) == [
        "BILLING_INTEGRITY_REPORT_2026_11.md",
        "BILLING_ORPHAN_REPORT_2026_11.md",
        "CUSTOMER_LINKING_REPORT_2026_11.md",
        "DUPLICATE_MERGE_LOG_2026_11.md",
        "PHANTOM_DELIVERY_INVESTIGATION_2026_11.md",
        "REFERENCE_CLEANUP_PLAN_2026_11.md",
        "STATUS_CLEANUP_LOG_2026_11.md",
    ]


def test_every_planted_finding_stands_in_its_document_with_its_documents(
    report: Report, sample: Sample
) -> None:
    texts = {each.name: parse(document_of(report, each.name)) for each in report.sections}
    for planted in sample[1].findings:
        wanted = sorted(map(same, planted.document_ids))
        (found,) = (each for each in texts[planted.report] if each.heading.startswith(f"{planted.type}:"))
        assert wanted in [sorted(map(same, each)) for each in found.column("_id")], planted


def test_the_merge_log_names_what_to_keep_what_to_archive_and_every_reference_that_would_move(
    report: Report, naive: dict[str, Any]
) -> None:
    groups = [each for each in parse(document_of(report, "duplicates")) if re.match(r"\d+\. ", each.heading)]
    duplicates = issues(
        naive, "duplicates", "DUPLICATE_CUSTOMER_PHONE", "DUPLICATE_USER_EMAIL", "DUPLICATE_ID"
    )
    assert len(groups) == len(duplicates)
    said = {tuple(each.words): each for each in groups}
    for wanted in duplicates:
        ids = wanted.get("customer_ids", wanted.get("user_ids"))
        if ids is None:
            (group,) = (each for each in groups if f"with id {wanted['id']}" in each.heading)
        else:
            (group,) = (
                g for words, g in said.items() if words[0] == f"[ ] Keep {wanted['keep']}, the most recent"
            )
            archived = next(each for each in group.words if each.startswith("[ ] Archive "))
            assert sorted(archived.removeprefix("[ ] Archive ").split(", ")) == sorted(
                each for each in ids if each != wanted["keep"]
            )
        moved = {
            (each["collection"] + "." + each["field"], each["value"], each["count"])
            for each in wanted["references"]
        }
        lines = [
            re.fullmatch(r"(\S+) = (\S+): (\d+) documents?, .*", each)
            for each in group.words
            if " = " in each
        ]
        assert {(each[1], each[2], int(each[3])) for each in lines if each} == moved
        for reference in wanted["references"]:
            assert {same(each) for each in reference["ids"][:1]} <= {same(each) for each in group.codes}


def test_the_clean_up_plan_says_of_each_target_what_is_gone_and_what_refers_to_it(
    report: Report, naive: dict[str, Any]
) -> None:
    plan = part(document_of(report, "invalid_references"), "Clean-up plan")
    wanted: dict[str, int] = defaultdict(int)
    for each in issues(naive, "invalid_references"):
        name = {
            "INVALID_SUBSCRIPTION_REFERENCE": "subscription_id",
            "INVALID_ORDER_REFERENCE": "order_id",
            "INVALID_CUSTOMER_REFERENCE": "customer_id",
        }[each["type"]]
        wanted[f"{name} {same(each[name])}"] += 1
    names = [text.split()[0] for text in plan.texts("Gone")]
    gone = [f"{name} {same(value)}" for name, (value,) in zip(names, plan.column("Gone"), strict=True)]
    counts = [int(text.split()[0]) for text in plan.texts("References")]
    assert dict(zip(gone, counts, strict=True)) == wanted


# -------------------------------------------------------------------------------------------- many, few, none


def orders_of(customer: str, number: int) -> list[Finding]:
    """Make findings of one root cause: the orders of a customer who is gone."""
    return [
        replace(
            finding(
                "INVALID_CUSTOMER_REFERENCE",
                report="invalid_references",
                fields={
                    "order_id": f"{customer}-{at}",
                    "customer_id": customer,
                    "document_id": f"_{customer}-{at}",
                },
                money=("lost", Decimal(at)),
            ),
            check="dangling-reference orders.customer_id",
            cause=("customer_id",),
            when=f"2026-01-{at % 28 + 1:02d}",
        )
        for at in range(number)
    ]


def test_many_orders_of_one_deleted_customer_are_one_line() -> None:
    made = reports.report(
        section(
            "invalid_references", [*orders_of("c-17", 3000), *orders_of("c-18", 1), *orders_of("c-19", 2)]
        )
    )
    text = "".join(document(made, made.sections[0]))
    assert len(text) < 10_000
    assert "3,000 with customer_id c-17" in answer(text, "Which?")

    found = of_type(text, "INVALID_CUSTOMER_REFERENCE")
    causes = found.tables[0]
    assert [(row[0][0], row[1][0], row[4][0]) for row in causes[1:]] == [
        ("customer_id c-17", "3,000", "2026-01-01 to 2026-01-28"),
        ("customer_id c-19", "2", "2026-01-01 to 2026-01-02"),
    ]
    assert causes[1][3][0] == "INR 4,498,500.00 lost"
    listed = [value for (value,) in found.column("customer_id")]
    assert {name: listed.count(name) for name in listed} == {"c-17": 10, "c-18": 1, "c-19": 2}
    assert any("13 of the 3,003" in each for each in found.words)

    gone = part(text, "Clean-up plan")
    assert gone.texts("References") == [
        "3,000 from orders.customer_id", "2 from orders.customer_id", "1 from orders.customer_id"
    ]  # fmt: skip


def test_of_very_many_findings_those_with_the_most_at_stake_are_listed() -> None:
    many = [
        finding("BAD", fields={"order_id": f"o-{at}", "document_id": at}, money=("lost", Decimal(at)))
        for at in range(1000)
    ]
    made = reports.report(section(issues=many))
    found = of_type("".join(document(made, made.sections[0], ("all.csv",))), "BAD")
    assert [value for (value,) in found.column("order_id")] == [f"o-{at}" for at in range(999, 799, -1)]
    assert any("200 of the 1,000" in each and "all.csv" in each for each in found.words)


def test_a_limited_run_says_that_it_lists_less_than_it_counts() -> None:
    made = reports.limited()
    text = "".join(document(made, made.sections[0]))
    assert "40 findings" in answer(text, "How many?")
    assert "lists 1 of them" in answer(text, "How many?")


def test_nothing_found_is_said_and_asks_nothing_of_anybody() -> None:
    made = reports.clean()
    text = "".join(document(made, made.sections[0]))
    questions = [each.partition("?")[0] for each in part(text, "In short").words]
    assert questions == ["How many", "Is anything unchecked"]
    assert parse(text)[1].words[0] == "Nothing found."
    assert part(text, "What was found").words == ["Nothing."]


def test_findings_that_vanished_or_could_not_be_looked_at_again_are_told_apart() -> None:
    sure = [replace(each, state="confirmed") for each in orders_of("c-1", 2)]
    unsure = [replace(each, state="unconfirmed") for each in orders_of("c-2", 1)]
    made = reports.report(replace(section(issues=[*sure, *unsure]), vanished=4, unconfirmed=1))
    text = "".join(document(made, made.sections[0]))
    said = answer(text, "Was it looked at again?")
    assert "4 were no longer wrong then" in said
    assert "1 could not be looked at again" in said
    assert sorted(of_type(text, "INVALID_CUSTOMER_REFERENCE").texts("Looked at again")) == [
        "confirmed",
        "confirmed",
        "unconfirmed",
    ]
