"""The HTML report in a real Chromium, driven by Playwright.

Playwright's own download of Chromium is not asked for: the system's is taken (``chromium`` on Debian, or Chrome),
or the one that ``INTACT_CHROMIUM`` names. Without any these tests are left out, and say so.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from intact.findings import Report
from intact.reporters.html_report import render
from tests.browser.watched import Opener, Watched
from tests.support.tools import working

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str:
    """Return the program; empty if none starts."""
    return os.environ.get("INTACT_CHROMIUM") or working(*NAMES)


@pytest.fixture(scope="module")  # as long as Playwright runs, no other test of this process can use asyncio
def browser() -> Iterator[Any]:
    """Start Chromium, once a module."""
    sync_api = pytest.importorskip(
        "playwright.sync_api", reason="the HTML report in a browser: no playwright"
    )
    program = chromium()
    if not program:
        pytest.skip("the HTML report in a browser: there is no chromium on the PATH that starts")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        yield browser
        browser.close()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Opener]:
    """Give a function that opens a report from its file, and insist that every page it opened behaved."""
    pages: list[Watched] = []

    def open_page(report: Report, anchor: str = "", **context: Any) -> Any:
        path = tmp_path / f"report{len(pages)}.html"
        path.write_text("".join(render(report)), encoding="utf-8")
        watched = Watched(browser, path.as_uri(), context)
        pages.append(watched)
        return watched.open(anchor)

    yield open_page
    for each in pages:
        each.insist()
