"""The folder of reports in a real Chromium: from its files, and as ``intact serve`` shows it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from intact.operations.folder import Folder, RunMarker
from tests.folder.runs import run
from tests.serve.running import Served, start

sync_api = pytest.importorskip(
    "playwright.sync_api", reason="the folder of reports in a browser: no playwright"
)

PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
JOB = "mongodb://db.example/shop by the model delivery"
GOING: list[RunMarker] = []
"""Runs of this process that go on; one that nothing holds would be taken for killed."""
TOKEN = "kq3W-9fJx_0bT7vLm2Zs"
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'>&amp;\u202e"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of two audits, one with names that want to be markup; one is damaged, two failed, one goes on."""
    place = tmp_path_factory.mktemp("reports")
    kept = Folder(place)
    for day, findings in enumerate([4, 9, 0, 30]):
        compared = run(day, findings=findings)
        kept.keep(replace(compared, headline=replace(compared.headline, new=findings // 2, resolved=day)))
    bad = kept.keep(run(4)).name
    (place / bad / "run.json").write_text("{}")
    kept.keep(run(5, database=HOSTILE, model_title=HOSTILE, currency=HOSTILE))
    kept.keep(run(6, findings=7), kept.begin(JOB))
    kept.fail(kept.begin(JOB), "db.example:27017: it does not answer. Look whether it runs.", 2)
    kept.fail(kept.begin(HOSTILE), HOSTILE, 2)
    GOING.append(kept.begin(HOSTILE))
    return place


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[Served]:
    server = start(folder, INTACT_SERVE_TOKEN=TOKEN)
    yield server
    assert server.end() == (0, "")


class Visit:
    """A page under watch: nothing is logged, nothing breaks, and nothing from elsewhere is asked for."""

    def __init__(self, browser: Any, address: str, context: dict[str, Any]) -> None:
        self.address = address
        self.context = browser.new_context(**context)
        self.page = self.context.new_page()
        self.noise: list[str] = []
        self.page.on("console", lambda message: self.noise.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.noise.append(f"error: {error}"))
        self.page.on("dialog", self._dialog)
        self.page.on("request", lambda request: self._asked(request.url))

    def _dialog(self, dialog: Any) -> None:
        self.noise.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _asked(self, url: str) -> None:
        if not url.startswith((self.address, "data:")):
            self.noise.append(f"asked for {url}")


@pytest.fixture(params=["files", "served"])
def visited(request: pytest.FixtureRequest, browser: Any, folder: Path) -> Iterator[Any]:
    """Give a function that opens the list, from its file or from the server."""
    visits: list[Visit] = []

    def visit(**context: Any) -> Any:
        if request.param == "files":
            address, page = folder.as_uri(), "/index.html"
        else:
            server: Served = request.getfixturevalue("served")
            address, page = f"http://{server.host}", "/"
            context["http_credentials"] = {"username": "asha", "password": TOKEN}
        visits.append(Visit(browser, address, context))
        visits[-1].page.goto(address + page)
        return visits[-1].page

    yield visit
    for each in visits:
        each.context.close()
        assert each.noise == []


def test_the_list_leads_to_a_report_that_works_and_back(visited: Any) -> None:
    page = visited()
    page.get_by_role("link", name="Open the latest report").first.click()
    page.wait_for_selector("html[data-ready]")  # its script ran, under the policies of page and server
    assert page.locator("#list tbody tr").count() == 7
    page.go_back()
    assert page.get_by_role("heading", level=1).inner_text() == "Data consistency reports"


def test_each_run_has_its_numbers_and_its_files(visited: Any) -> None:
    page = visited()
    row = page.locator("section", has_text="model delivery, 5 runs").locator("tbody tr").nth(1)
    assert row.locator("th, td").all_inner_texts()[:8] == [
        "2026-01-08 06:00 UTC",
        "Findings exit 0",
        "30",
        "30",
        "30",
        "INR 3,000.00 unbilled",
        "15",
        "3",
    ]
    row.locator("summary").click()
    row.get_by_role("link", name="BILLING_REPORT_2026_02.md").wait_for(state="visible")


def test_a_run_that_failed_stands_above_all_reports_and_beside_the_latest(visited: Any) -> None:
    page = visited()
    notice = page.get_by_role("region", name="The last runs of 2 audits failed")
    assert "db.example:27017: it does not answer. Look whether it runs. (exit 2)" in notice.inner_text()
    assert (
        notice.bounding_box()["y"]
        < page.get_by_role("link", name="Open the latest report").first.bounding_box()["y"]
    )
    latest = page.locator(".latest", has_text="This is not the last run: that of 20")
    latest.get_by_role("link", name="Open the latest report").wait_for(state="visible")
    assert page.locator(".latest").count() == 2
    assert latest.count() == 1
    assert "began, and has not yet said how it ended" in page.locator("main").inner_text()
    table = page.get_by_role("group", name="Runs that failed")
    assert table.locator("tbody tr").count() == 2


def test_the_json_and_the_documents_open(visited: Any, folder: Path) -> None:
    page = visited()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="JSON, 2026-01-08").click(modifiers=["Control"])
    opened.value.wait_for_load_state()
    shown = json.loads(opened.value.locator("pre").inner_text())
    assert len(shown["reports"]["billing"]["issues"]) == 30


def test_the_trend_is_drawn_to_scale_and_said_in_words(visited: Any) -> None:
    page = visited()
    drawing = page.get_by_role(
        "img", name="Findings of 5 runs: 4 on 2026-01-05, 7 on 2026-01-11, most on 2026-01-08 with 30"
    )
    heights = [float(each.get_attribute("height")) for each in drawing.locator("rect").all()]
    assert len(heights) == 4  # a run without findings has nothing to draw
    assert [round(each / max(heights) * 30) for each in heights] == [4, 9, 30, 7]


def test_names_that_want_to_be_markup_are_text(visited: Any) -> None:
    page = visited()
    title = page.get_by_role("heading", level=2).nth(2).inner_text()
    assert title.count("<script>alert(1)</script><img src=x onerror=alert(2)>") == 2
    assert page.locator("main script, main img").count() == 0


def test_a_run_that_cannot_be_read_is_named(visited: Any) -> None:
    assert "2026-01-09T060000Z: run.json is not of a run" in visited().locator("main").inner_text()


def test_it_needs_no_script(visited: Any) -> None:
    page = visited(java_script_enabled=False)
    page.locator("summary").first.click()
    page.get_by_role("link", name="BILLING_REPORT_2026_02.md").first.wait_for(state="visible")


@pytest.mark.covering
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", [{}, PHONE], ids=["screen", "phone"])
def test_axe_finds_no_fault(visited: Any, scheme: str, device: dict[str, Any]) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="accessibility: no axe")
    page = visited(color_scheme=scheme, bypass_csp=True, **device)
    for each in page.locator("summary").all()[:2]:
        each.click()
    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    found = axe.Axe().run(page, options=options).response["violations"]
    assert [
        (each["id"], each["nodes"][0]["html"][:200], each["nodes"][0]["failureSummary"][:300])
        for each in found
    ] == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("given", [{}, {"http_credentials": {"username": "asha", "password": "wrong"}}])
def test_without_the_token_a_browser_shows_nothing(
    browser: Any, served: Served, given: dict[str, Any]
) -> None:
    context = browser.new_context(**given)
    page = context.new_page()
    answers: list[int] = []
    page.on("response", lambda answer: answers.append(answer.status))
    try:
        page.goto(f"http://{served.host}/")
        assert page.locator("body").inner_text().strip() == "A token is needed."
    except sync_api.Error as error:  # asked for a password, this Chromium has none to give
        assert "ERR_INVALID_AUTH_CREDENTIALS" in error.message
    assert set(answers) <= {401}
    context.close()


def test_no_page_can_put_it_into_a_frame(browser: Any, served: Served, tmp_path: Path) -> None:
    (tmp_path / "frame.html").write_text(f'<iframe src="http://{served.host}/healthz"></iframe>')
    context = browser.new_context()
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto((tmp_path / "frame.html").as_uri())
    page.wait_for_timeout(300)
    context.close()
    assert any("frame" in each.lower() for each in refused)


def test_where_no_links_can_be_made_the_page_leads_to_the_latest(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "symlink_to", refused)
    name = Folder(tmp_path).keep(run()).name
    context = browser.new_context()
    page = context.new_page()
    page.goto((tmp_path / "latest.html").as_uri())
    page.wait_for_url(f"**/{name}/report.html")
    context.close()
