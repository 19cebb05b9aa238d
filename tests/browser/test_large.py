"""A hundred thousand findings open, and stay usable."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from intact.findings import Report
from intact.reporters.html_report import render
from tests.browser.watched import Watched, says
from tests.browser.worlds import some

pytestmark = pytest.mark.full("a hundred thousand findings in a browser")

COUNT = 100_000
MOST = 30 << 20


@pytest.fixture(scope="module")
def large() -> Report:
    return some(COUNT)


@pytest.fixture(scope="module")
def file(large: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "large.html"
    with path.open("w", encoding="utf-8") as out:
        out.writelines(render(large))
    return path


@pytest.fixture
def page(browser: Any, file: Path) -> Iterator[Any]:
    watched = Watched(browser, file.as_uri(), {})
    yield watched.open()
    watched.insist()


def test_the_file_can_be_mailed(file: Path) -> None:
    assert file.stat().st_size < MOST


def test_it_opens_and_has_only_one_page_of_rows_in_the_document(page: Any) -> None:
    assert page.locator("#range").inner_text() == "Findings 1 to 50 of 100,000"
    assert page.locator("#list tbody tr").count() == 50
    assert page.evaluate("document.querySelectorAll('*').length") < 6000


def test_its_last_finding_is_found_sorted_and_reached(page: Any, large: Report) -> None:
    wanted = large.sections[0].issues[COUNT - 2]
    page.get_by_label("Search").fill(str(wanted.fields["order_id"]))
    says(page, "1 to 1 of 1 that")
    assert page.locator("#list tbody tr").get_attribute("id") == wanted.fingerprint
    page.get_by_role("button", name="Clear all filters").click()
    page.get_by_role("button", name="Last").click()
    page.get_by_role("button", name="At stake").click()
    assert page.locator(".c-stake").first.inner_text() == "INR 99,999.00"
    far = large.sections[0].issues[54_321]
    page.evaluate(f"location.hash = '{far.fingerprint}'")
    page.locator(f'[id="{far.fingerprint}"] details[open]').wait_for()


def test_a_filter_narrows_it(page: Any) -> None:
    page.get_by_role("checkbox", name="Critical").check()
    says(page, "50,000 that match")
