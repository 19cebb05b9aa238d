"""The list of findings: searched, filtered, sorted, turned page by page, with and without a mouse; copied from."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from intact.core.values import JsonValue
from intact.findings.records import FindingExplanation
from tests.browser.watched import Opener, says
from tests.browser.worlds import some
from tests.reporters import reports
from tests.reporters.reports import finding, section

COUNT = 230


@pytest.fixture
def page(opened: Opener) -> Any:
    return opened(some(COUNT))


def shown(page: Any) -> list[str]:
    """Give the fingerprints of the rows that are shown."""
    found: list[str] = page.eval_on_selector_all("#list tbody tr", "all => all.map(row => row.id)")
    return found


def all_pages(page: Any) -> list[str]:
    """Turn all the pages and give what they show."""
    found = shown(page)
    while page.get_by_role("button", name="Next").is_enabled():
        page.get_by_role("button", name="Next").click()
        found += shown(page)
    return found


def test_its_pages_have_every_finding_once(page: Any) -> None:
    assert sorted(all_pages(page)) == sorted(each.fingerprint for each in some(COUNT).sections[0].issues)


@pytest.mark.parametrize("how", ["the id", "capitals", "several words", "an ObjectId", "a fingerprint"])
def test_searching_finds_a_finding_by_any_of_its_values(page: Any, how: str) -> None:
    wanted = some(COUNT).sections[0].issues[118]
    order, oid = str(wanted.fields["order_id"]), wanted.fields["document_id"]
    assert isinstance(oid, dict)
    text = {
        "the id": order,
        "capitals": order.upper(),
        "several words": f"references {order[:20]}",
        "an ObjectId": str(oid["$oid"]),
        "a fingerprint": wanted.fingerprint,
    }[how]
    page.get_by_label("Search").fill(text)
    says(page, "1 to 1 of 1 that match")
    assert shown(page) == [wanted.fingerprint]


def test_searching_for_what_is_not_there_says_so(page: Any) -> None:
    page.get_by_label("Search").fill("no such thing")
    says(page, f"None of {COUNT} findings matches")
    assert shown(page) == []
    page.get_by_role("button", name="Clear all filters").click()
    says(page, f"1 to 50 of {COUNT}")


def test_filters_by_severity_type_and_report_work_together(opened: Opener) -> None:
    made = [
        finding(kind, severity, report=report, fields={"document_id": f"{report}{kind}{number}"})
        for report in ("one", "two")
        for kind, severity in (("A", "CRITICAL"), ("B", "HIGH"), ("C", "HIGH"))
        for number in range(3)
    ]
    sections = [
        section(name, [each for each in made if each.report == name], title=name) for name in ("one", "two")
    ]
    page = opened(reports.report(*sections))

    def expected(**wanted: str) -> list[str]:
        return sorted(
            each.fingerprint
            for each in made
            if all(getattr(each, name) == value for name, value in wanted.items())
        )

    page.get_by_role("checkbox", name="High").check()
    says(page, "of 12 that match")
    assert sorted(shown(page)) == expected(severity="HIGH")
    page.get_by_label("Report", exact=True).select_option("two")
    says(page, "of 6 that match")
    assert sorted(shown(page)) == expected(severity="HIGH", report="two")
    page.get_by_label("Type").select_option("C")
    says(page, "of 3 that match")
    assert sorted(shown(page)) == expected(type="C", report="two")


def test_a_state_can_be_chosen_where_documents_were_looked_at_again(opened: Opener) -> None:
    made = [
        replace(finding("X", fields={"document_id": number}), state=state)
        for number, state in enumerate(["confirmed", "unconfirmed", "confirmed"])
    ]
    page = opened(reports.report(section(issues=made)))
    page.get_by_label("State").select_option("unconfirmed")
    says(page, "of 1 that match")
    assert shown(page) == [made[1].fingerprint]


def test_the_filter_is_in_the_address_and_comes_back_from_it(page: Any, opened: Opener) -> None:
    page.get_by_role("checkbox", name="Critical").check()
    page.get_by_label("Search").fill("2026-02")
    says(page, "of 20 that match")
    before = shown(page)
    again = opened(some(COUNT), page.evaluate("location.hash"))
    assert shown(again) == before
    assert again.get_by_label("Search").input_value() == "2026-02"


def test_it_begins_with_the_worst_where_the_run_fails_first(opened: Opener) -> None:
    made = [
        finding(kind, severity, fields={"document_id": kind})
        for kind, severity in (
            ("M", "MEDIUM"),
            ("C", "CRITICAL"),
            ("DOUBLE_BILLING", "CRITICAL"),
            ("H", "HIGH"),
        )
    ]
    page = opened(reports.report(section(issues=made), failing=1))
    types = page.locator("#list tbody .type").all_inner_texts()
    assert types == ["DOUBLE_BILLING", "C", "H", "M"]


def test_sorting_by_money_is_by_amount_and_what_has_none_is_last(opened: Opener) -> None:
    amounts = ["9", "100.5", None, "100.25", "1E+3"]
    made = [
        finding("X", fields={"document_id": n}, money=None if each is None else ("lost", Decimal(each)))
        for n, each in enumerate(amounts)
    ]
    page = opened(reports.report(section(issues=made)))
    button = page.get_by_role("button", name="At stake")
    head = page.get_by_role("columnheader", name="At stake")
    button.click()
    assert page.locator(".c-stake").all_inner_texts() == [
        "INR 1,000.00",
        "INR 100.50",
        "INR 100.25",
        "INR 9.00",
        "",
    ]
    assert head.get_attribute("aria-sort") == "descending"
    button.click()
    assert page.locator(".c-stake").all_inner_texts() == [
        "INR 9.00",
        "INR 100.25",
        "INR 100.50",
        "INR 1,000.00",
        "",
    ]
    assert head.get_attribute("aria-sort") == "ascending"
    assert page.locator("[aria-sort]").count() == 1


def test_sorting_by_date_and_type(opened: Opener) -> None:
    made = [
        replace(finding(kind, fields={"document_id": kind}), when=when)
        for kind, when in (("B", "2026-01-05"), ("C", None), ("A", "2025-12"))
    ]
    page = opened(reports.report(section(issues=made)))
    types = page.locator("#list tbody .type")
    page.get_by_role("button", name="When").click()
    assert types.all_inner_texts() == ["B", "A", "C"]
    page.get_by_role("button", name="Finding").click()
    assert types.all_inner_texts() == ["A", "B", "C"]


def test_it_can_be_used_with_the_keyboard_alone(page: Any) -> None:
    keys = page.keyboard
    page.get_by_label("Search").focus()
    keys.type("unbilled")
    says(page, "of 115 that match")
    for _ in range(60):  # to the first row, through the other fields and the heads
        keys.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "SUMMARY":
            break
    rows = shown(page)
    assert page.evaluate("document.activeElement.closest('tr').id") == rows[0]
    keys.press("ArrowDown")
    keys.press("ArrowDown")
    keys.press("ArrowUp")
    assert page.evaluate("document.activeElement.closest('tr').id") == rows[1]
    keys.press("Enter")
    opened = page.locator("#list details[open]")
    assert opened.count() == 1
    assert opened.locator(".fields").first.is_visible()
    keys.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Copy order_id"
    keys.press("Enter")
    assert page.evaluate("navigator.clipboard.readText()") == page.evaluate(
        "document.querySelector('#list details[open] .value').textContent"
    )
    keys.press("Escape")
    assert opened.count() == 0
    assert page.evaluate("document.activeElement.closest('tr').id") == rows[1]
    keys.press("End")
    assert page.evaluate("document.activeElement.closest('tr').id") == rows[-1]


def test_a_turned_page_is_announced_and_read_from_its_beginning(page: Any) -> None:
    page.get_by_role("button", name="Next").click()
    assert page.evaluate("document.activeElement.id") == "range"
    assert page.locator("#range").inner_text() == f"Findings 51 to 100 of {COUNT}"
    assert page.locator("#list tbody tr").first.get_attribute("aria-rowindex") == "52"
    assert page.locator("#list").get_attribute("aria-rowcount") == str(COUNT + 1)
    page.get_by_label("Search").fill("unbilled")
    says(page, f"115 of {COUNT} findings", "#said")


def test_the_list_is_a_table_to_a_screen_reader(page: Any) -> None:
    tree = page.locator("#list").aria_snapshot()
    assert 'table "All findings"' in tree
    assert tree.count("- row ") == 51
    assert tree.count("columnheader") == 5


def test_ids_and_the_query_are_copied_exactly(opened: Opener) -> None:
    fields: dict[str, JsonValue] = {
        "order_id": " o-1\u200b\n",
        "amount": Decimal("12345678901234567890.10"),
        "order_ids": ["a", "b,c"],
        "document_id": {"$oid": "65a000000000000000000001"},
    }
    made = finding("X", fields=fields)
    page = opened(reports.report(section(issues=[made])), f"#{made.fingerprint}")

    def copied(name: str) -> str:
        page.get_by_role("button", name=name, exact=True).click()
        text: str = page.evaluate("navigator.clipboard.readText()")
        return text

    assert copied("Copy order_id") == " o-1\u200b\n"
    assert copied("Copy document_id") == 'ObjectId("65a000000000000000000001")'
    assert Decimal(copied("Copy amount")) == fields["amount"]
    assert copied("Copy all") == "a\nb,c"
    assert copied("Copy fingerprint") == made.fingerprint
    assert copied("Copy query") == 'db.orders.find({_id: ObjectId("65a000000000000000000001")})'
    assert page.locator("#said").inner_text() == "Copied"


def test_copying_works_where_the_clipboard_is_refused(opened: Opener) -> None:
    made = finding("X", fields={"order_id": "o-\u202e17", "document_id": 1})
    page = opened(reports.report(section(issues=[made])), f"#{made.fingerprint}")
    page.evaluate("() => { navigator.clipboard.writeText = async () => { throw new Error('refused'); }; }")
    page.get_by_role("button", name="Copy order_id").click()
    says(page, "Copied", "#said")
    assert page.evaluate("navigator.clipboard.readText()") == "o-\u202e17"
    assert page.evaluate("document.activeElement.textContent").endswith("order_id")


def test_a_finding_shows_all_that_it_has(opened: Opener) -> None:
    made = replace(
        finding(
            "PHANTOM",
            fields={
                "order_id": None,
                "near_match": {"kind": "type", "value": 77},
                "stale": True,
                "document_id": 5,
            },
            money=("unbilled", Decimal("1234.5")),
        ),
        check="unmatched-link deliveries.order_id",
        when="2026-01-31",
        state="unconfirmed",
        url="https://docs.example.org/checks/unmatched-link/",
    )
    page = opened(reports.report(section(issues=[made])), f"#{made.fingerprint}")
    row = page.locator("#list tbody tr")
    text = row.inner_text()
    for part in (
        "PHANTOM", "High", "INR 1,234.50", "2026-01-31", "orders", "Status consistency",
        "unmatched-link deliveries.order_id", "unconfirmed", made.fingerprint, "unbilled", "true",
        "near match: the number 77 exists (another type)",
    ):  # fmt: skip
        assert part in text
    link = row.get_by_role("link", name="Read more about PHANTOM")
    assert link.get_attribute("href") == made.url


def test_the_query_of_a_type_is_copied_exactly(opened: Opener) -> None:
    query = 'db.orders.aggregate([\n  {$match: {status: "a\\tb\u00a0c"}},\n])'
    about = FindingExplanation(
        "X", "a b", "HIGH", "What", "Why", "Repair", "Blind", query, "https://docs.example.org/"
    )
    made = replace(section(issues=[finding("X")]), explanations=(about,))
    page = opened(reports.report(made))
    page.get_by_text("Query and limits").click()
    page.locator(".kind").get_by_role("button", name="Copy query").click()
    assert page.evaluate("navigator.clipboard.readText()") == query
    assert "\n  {$match" in page.locator(".kind pre").inner_text()


def test_a_fault_that_is_in_two_reports_is_listed_in_both_and_has_one_anchor(opened: Opener) -> None:
    one = finding("UNREADABLE_VALUE", report="one")
    sections = [section(name, [replace(one, report=name)], title=name) for name in ("one", "two")]
    page = opened(reports.report(*sections), f"#{one.fingerprint}")
    assert page.locator("#list tbody tr").count() == 2
    assert page.locator(f'[id="{one.fingerprint}"]').count() == 1
    assert page.locator(".target details[open]").count() == 1
    page.get_by_label("Report", exact=True).select_option("two")
    says(page, "of 1 that match")
    plain = opened(reports.report(*sections), java_script_enabled=False)
    assert plain.locator(f'[id="{one.fingerprint}"]').count() == 1


def test_a_type_of_two_severities_is_counted_by_each(opened: Opener) -> None:
    made = [
        finding("X", severity, fields={"document_id": n})
        for n, severity in enumerate(("HIGH", "CRITICAL", "HIGH"))
    ]
    page = opened(reports.report(section(issues=made)))
    assert [each.strip() for each in page.locator(".chip").all_inner_texts()] == ["Critical 1", "High 2"]
    cells = page.locator(".reports tbody td.number").all_inner_texts()
    assert cells == ["1", "2", "0"]


def test_a_row_names_its_record_where_the_description_does_not(opened: Opener) -> None:
    made = [
        finding(
            "A",
            description="Order has invalid status",
            fields={"status": "x", "order_id": "o-7", "document_id": 1},
        ),
        finding("B", description="Order o-8 is bad", fields={"order_id": "o-8", "document_id": 2}),
        finding(
            "C",
            description="A document has no id",
            fields={"document_id": {"$oid": "65a000000000000000000001"}},
        ),
        finding("D", description="Twice", fields={"order_id": None, "document_ids": ["a", "b"]}),
    ]
    page = opened(reports.report(section(issues=made)))
    rows = page.locator("#list tbody .c-finding")
    expected = ["order_id o-7", "", 'document_id ObjectId("65a000000000000000000001")', ""]
    assert ["".join(row.locator(".record").all_inner_texts()) for row in rows.all()] == expected
    plain = opened(reports.report(section(issues=made)), java_script_enabled=False)
    rows = plain.locator("#list tbody .c-finding")
    assert ["".join(row.locator(".record").all_inner_texts()) for row in rows.all()] == expected
