"""What changed since the run before: filtered, sorted, followed, and drawn over time."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from tests.browser.watched import Opener, says
from tests.reporters import reports
from tests.reporters.reports import section

PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def page(opened: Opener) -> Any:
    return opened(reports.changed())


def listed(page: Any) -> list[tuple[str, str]]:
    """Give the orders that the list shows, each with its status as it is shown."""
    rows = page.locator("#list tbody tr").all()
    return [(row.locator(".record code").inner_text(), row.locator(".c-seen").inner_text()) for row in rows]


def test_the_numbers_lead_to_what_they_count(page: Any) -> None:
    numbers = page.locator(".numbers.changes > div").all_inner_texts()
    assert [each.split("\n") for each in numbers] == [
        ["New", "2"],
        ["Came back", "1"],
        ["Resolved", "3"],
        ["As before", "2"],
    ]
    page.locator(".numbers.changes a").nth(1).click()
    says(page, "1 to 1 of 1 that match")
    assert listed(page) == [("o-2", "Came back")]


@pytest.mark.parametrize(
    ("choice", "wanted"),
    [
        ("new", {"o-1": "New", "o-5": "New"}),
        ("came back", {"o-2": "Came back"}),
        ("persisting", {"o-3": "since 2025-12-03", "o-4": "since 2026-01-31"}),
        ("fresh", {"o-1": "New", "o-5": "New", "o-2": "Came back"}),
    ],
)
def test_the_list_is_filtered_by_status(page: Any, choice: str, wanted: dict[str, str]) -> None:
    page.get_by_label("Status", exact=True).select_option(choice)
    says(page, f"{len(wanted)} that match, of 5")
    assert dict(listed(page)) == wanted
    assert "status=" in page.url
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert dict(listed(page)) == wanted


def test_sorted_by_status_what_is_new_comes_first_and_the_oldest_last(page: Any) -> None:
    page.get_by_role("columnheader", name="Status").get_by_role("button").click()
    assert [name for name, _ in listed(page)] == ["o-1", "o-5", "o-2", "o-4", "o-3"]
    page.get_by_role("columnheader", name="Status").get_by_role("button").click()
    assert next(name for name, _ in listed(page)) == "o-3"


def test_a_finding_that_is_resolved_is_found_by_its_address(opened: Opener) -> None:
    page = opened(reports.changed(), f"#{2:020x}")
    row = page.locator(f"#gone-{2:020x}")
    assert row.is_visible()
    assert "gone-2" in row.inner_text()
    assert "target" in row.get_attribute("class")


def test_what_is_resolved_unfolds_even_where_nothing_is_left_to_list(opened: Opener) -> None:
    made = reports.changed()
    page = opened(replace(made, sections=(section(), section("billing"))))
    assert page.locator("#findings").count() == 0
    page.locator(".numbers.changes a", has_text="3").click()
    assert page.locator("#resolved tbody tr").first.is_visible()


def test_the_trends_are_drawn_inside_their_frames(page: Any) -> None:
    drawn = page.locator("figure.trend")
    assert drawn.count() == 2
    frame = drawn.first.locator("svg[role=img]").bounding_box()
    marks = [each.bounding_box() for each in drawn.first.locator("circle.high").all()]
    assert len(marks) == 4
    for mark in marks:
        assert frame["x"] - 1 <= mark["x"] <= mark["x"] + mark["width"] <= frame["x"] + frame["width"] + 1
    steps = [after["x"] - before["x"] for before, after in pairwise(marks)]
    assert steps[0] > 20 * steps[1] > 0, "58 days are wider than one"


def test_the_numbers_of_a_trend_unfold(page: Any) -> None:
    page.locator("figure.trend").first.get_by_text("The numbers").click()
    row = page.locator("figure.trend").first.locator("tbody tr").first.inner_text()
    assert row.split("\t") == ["2026-02-01", "5", "0"]


def test_on_a_phone_it_never_scrolls_sideways(opened: Opener) -> None:
    page = opened(reports.changed(), **PHONE)
    page.locator("#resolved summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_without_scripts_all_of_it_can_be_read(opened: Opener) -> None:
    page = opened(reports.changed(), java_script_enabled=False)
    assert "Order has invalid status" in page.locator("#changed").inner_text()
    assert [status for _, status in listed(page)].count("New") == 2
    page.locator("#resolved summary").click()
    assert page.locator("#resolved tbody tr").count() == 3


def test_without_a_history_there_is_none_of_it(opened: Opener) -> None:
    page = opened(reports.mixed())
    for gone in ("#changed", "#status", ".numbers.changes", "figure.trend", ".c-seen"):
        assert page.locator(gone).count() == 0
