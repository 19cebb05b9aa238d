"""The page on a phone, on paper, in the dark, and to someone who cannot see it."""

from __future__ import annotations

from typing import Any

import pytest

from intact.findings import Report
from tests.browser.watched import Opener
from tests.browser.worlds import sample, some
from tests.reporters import reports

PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return sample(str(tmp_path_factory.getbasetemp()))


def background(page: Any) -> int:
    """Give how light the page is, 0 to 255."""
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return max(int(part) for part in colour.strip("rgba()").split(",")[:3])


def test_a_phone_never_scrolls_sideways(opened: Opener, audited: Report) -> None:
    page = opened(audited, **PHONE)
    for details in page.locator("#list details summary").all()[:5]:
        details.click()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width == 360
    wide = page.evaluate(
        "[...document.querySelectorAll('main *')].filter(e => !e.closest('.across, pre, .unseen, svg')"
        " && e.getBoundingClientRect().right > 361).map(e => e.tagName + e.className)"
    )
    assert wide == []


def test_on_a_phone_text_is_large_enough_to_read(opened: Opener, audited: Report) -> None:
    page = opened(audited, **PHONE)
    small = page.evaluate(
        "[...document.querySelectorAll('main *')].filter(e => e.textContent.trim() && !e.closest('.unseen')"
        " && parseFloat(getComputedStyle(e).fontSize) < 12)"
        ".map(e => e.tagName + '.' + e.className)"
    )
    assert small == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_follows_the_system_and_can_be_switched(opened: Opener, scheme: str) -> None:
    page = opened(reports.mixed(), color_scheme=scheme)
    light = scheme == "light"
    assert (background(page) > 200) == light
    page.get_by_label("Appearance").select_option("dark" if light else "light")
    assert (background(page) > 200) != light
    page.reload()
    assert (background(page) > 200) != light  # and is remembered
    page.get_by_label("Appearance").select_option("")
    assert (background(page) > 200) == light


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_paper_is_white_and_has_no_controls(opened: Opener, scheme: str) -> None:
    page = opened(reports.mixed(), color_scheme=scheme)
    page.emulate_media(media="print", color_scheme=scheme)
    assert background(page) == 255
    for gone in ("#controls", "#pages", ".theme", "#list summary", ".copy"):
        assert not any(each.is_visible() for each in page.locator(gone).all())
    for there in (".verdict", ".report", "#list tbody tr"):
        assert page.locator(there).first.is_visible()


def test_what_is_printed_has_more_than_one_page_of_the_list(opened: Opener) -> None:
    page = opened(some(230))
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#list tbody tr").count() == 230
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator("#list tbody tr").count() == 50


def test_it_prints(opened: Opener, audited: Report) -> None:
    assert opened(audited).pdf(format="A4").startswith(b"%PDF")


@pytest.mark.covering
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("which", ["sample", "mixed", "clean", "changed"])
@pytest.mark.parametrize("device", [{}, PHONE], ids=["screen", "phone"])
def test_axe_finds_no_fault(
    opened: Opener, audited: Report, scheme: str, which: str, device: dict[str, Any]
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="accessibility: no axe")
    others = {"mixed": reports.mixed, "clean": reports.clean, "changed": reports.changed}
    made = others[which]() if which in others else audited
    page = opened(made, color_scheme=scheme, **device)
    for details in page.locator("details > summary").all()[:12]:
        details.click()
    for details in page.locator("#list summary").all()[:3]:
        details.click()
    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    found = axe.Axe().run(page, options=options).response["violations"]
    assert [
        (each["id"], each["nodes"][0]["html"][:200], each["nodes"][0]["failureSummary"][:300])
        for each in found
    ] == []
