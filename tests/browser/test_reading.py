"""The HTML report opens from a file, leads where its links say, and works without scripts."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from intact.findings import Report
from tests.browser.watched import Opener, says
from tests.browser.worlds import sample, some
from tests.reporters import reports
from tests.reporters.reports import finding, section


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return sample(str(tmp_path_factory.getbasetemp()))


def test_it_opens_and_shows_the_money_on_top(opened: Opener, audited: Report) -> None:
    page = opened(audited)
    assert page.title().startswith("Subscription delivery business")
    top = page.locator(".verdict").inner_text()
    for kind, amount in audited.headline.money_at_stake.items():
        assert kind.replace("_", " ").capitalize() in top
        assert f"INR {amount:,.2f}" in top
    assert page.locator(".verdict").bounding_box()["y"] < 300


def test_every_report_has_its_section_with_its_figures(opened: Opener, audited: Report) -> None:
    page = opened(audited)
    for each in audited.sections:
        text = page.locator(f"#report-{each.name}").inner_text()
        assert each.title in text
        assert each.purpose in text
        assert re.search(rf"\n{each.total[1]:,}\n", text)
        for action in each.actions:
            assert action in text
        for name in each.counts:
            assert name in text


def test_every_link_within_the_page_leads_somewhere(opened: Opener, audited: Report) -> None:
    page = opened(audited)
    links = page.eval_on_selector_all('a[href^="#"]', "all => all.map(a => a.getAttribute('href').slice(1))")
    assert len(links) > 50
    known = {each.fingerprint for one in audited.sections for each in one.issues}
    lost = [
        each
        for each in links
        if each not in known and not each.startswith("show?") and not page.locator(f'[id="{each}"]').count()
    ]
    assert lost == []


@pytest.mark.parametrize("place", [0, 77, 1234, 2499])
def test_an_anchor_opens_its_finding_wherever_it_is(opened: Opener, place: int) -> None:
    made = some(2500)
    wanted = made.sections[0].issues[place]
    page = opened(made, f"#{wanted.fingerprint}")
    row = page.locator(f'[id="{wanted.fingerprint}"]')
    assert wanted.description in row.inner_text()
    assert row.locator("details").get_attribute("open") is not None
    assert str(wanted.fields["order_id"]) in row.locator(".fields").first.inner_text()
    assert page.evaluate("document.activeElement.closest('tr').id") == wanted.fingerprint
    box = row.bounding_box()
    assert 0 <= box["y"] < page.viewport_size["height"]


def test_an_anchor_lifts_a_filter_that_hides_its_finding(opened: Opener) -> None:
    made = some(300)
    wanted = next(each for each in made.sections[0].issues if each.severity == "HIGH")
    page = opened(made, "#show?severity=CRITICAL")
    assert "150 that match" in page.locator("#range").inner_text()
    page.evaluate(f"location.hash = '{wanted.fingerprint}'")
    page.locator(f'[id="{wanted.fingerprint}"] details[open]').wait_for()
    assert not page.locator("[name=severity][value=CRITICAL]").is_checked()


def test_an_anchor_of_a_finding_that_is_gone_says_so(opened: Opener) -> None:
    page = opened(some(20), "#00000000000000000000")
    assert "There is no finding 00000000000000000000" in page.locator("#range").inner_text()


def test_a_root_cause_shows_its_findings(opened: Opener) -> None:
    page = opened(some(400))
    cause = page.locator(".causes li").first
    count = int(re.search(r"(\d+) findings", cause.inner_text())[1])  # type: ignore[index]
    cause.get_by_text("Show them").click()
    page.locator("#chosen").wait_for()
    assert f"of {count} that match, of 400" in page.locator("#range").inner_text()
    page.locator("#unchoose").click()
    says(page, "of 400")


def test_without_scripts_it_is_still_a_report(opened: Opener, audited: Report) -> None:
    page = opened(audited, java_script_enabled=False)
    assert page.locator(".verdict").is_visible()
    assert page.locator(".report").count() == len(audited.sections)
    assert page.locator("#list tbody tr").count() == 25
    assert not page.locator("#controls").is_visible()
    first = page.locator("#list tbody tr").first
    first.locator("summary").click()
    assert first.locator(".fields").is_visible()
    assert "db." in first.locator(".query").inner_text()
    page.locator(".kind details").first.locator("summary").click()
    assert page.locator(".kind details pre").first.is_visible()


def test_what_was_not_checked_stands_before_the_reports(opened: Opener) -> None:
    page = opened(reports.mixed())
    unchecked = page.locator("#not-checked")
    text = unchecked.inner_text()
    assert "the file ends in the middle of a document" in text
    assert "Dump it again." in text
    assert "collection users is not in the source" in text
    assert unchecked.bounding_box()["y"] < page.locator(".reports").bounding_box()["y"]


def test_a_clean_report_says_that_all_was_checked(opened: Opener) -> None:
    page = opened(reports.clean())
    assert "Nothing was found, and everything was checked." in page.locator(".verdict").inner_text()
    assert page.locator("#findings").count() == 0


def test_action_items_stay_ticked_when_the_page_is_opened_again(opened: Opener) -> None:
    page = opened(reports.mixed())
    page.locator(".actions input").first.check()
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert page.locator(".actions input").first.is_checked()
    assert not page.locator(".actions input").nth(1).is_checked()


def test_the_chart_of_money_has_its_numbers_as_a_table(opened: Opener, tmp_path: Path) -> None:
    made = [
        replace(finding("X", fields={"document_id": n}, money=("lost", Decimal(amount))), when=when)
        for n, (amount, when) in enumerate([("10.25", "2026-01"), ("5", "2026-01-31"), ("7", "2026-03")])
    ]
    page = opened(reports.report(section(issues=made)))
    page.get_by_text("The numbers").click()
    rows = page.locator("figure details tbody tr").all_inner_texts()
    assert [row.split("\t") for row in rows] == [["Jan 2026", "INR 15.25"], ["Mar 2026", "INR 7.00"]]
    bars = page.locator("svg.columns rect")
    heights = [bars.nth(n).bounding_box()["height"] for n in range(bars.count())]
    assert heights[0] / heights[1] == pytest.approx(15.25 / 7, rel=0.05)
    assert "most in Jan 2026" in page.locator("#months-said").inner_text()
