"""Values of the database are shown and never obeyed, and come back exactly."""

from __future__ import annotations

import codecs
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from intact.core.values import JsonValue
from intact.findings import Outcome, Status, Trouble
from intact.findings.records import FindingExplanation
from intact.reporters.html_report import render
from tests.browser.watched import Opener, Watched
from tests.findings.test_words import HOSTILE
from tests.reporters import reports
from tests.reporters.reports import finding, section

MARKUP = {
    "script": "<script>document.title='owned'</script>",
    "image": "<img src=x onerror=\"document.title='owned'\">",
    "end of the data": "</script><script>document.title='owned'</script><!--",
    "comment": "<!-- <script>",
    "attribute": "\"'><svg onload=\"document.title='owned'\">",
    "link": "javascript:document.title='owned'",
    "entity": "&lt;b&gt;&amp;&#10;",
    "template": "${document.title='owned'}{{7*7}}",
    "NUL and digits": "\x000\x00",
    "replacement pattern": "$& $1 $$ \\0",
}
ALL = {**HOSTILE, **MARKUP}


@pytest.mark.spread(6)
@pytest.mark.parametrize("name", ALL)
def test_it_is_harmless_wherever_it_stands(opened: Opener, name: str) -> None:
    text = ALL[name]
    made = replace(
        finding(
            "X",
            description=f"Order {text} is odd",
            collection=text,
            fields={"order_id": text, text: "value", "order_ids": [text, text], "document_id": {"a": text}},
            money=(text, Decimal(5)),
        ),
        cause=("order_id",),
        when=text,
        check=text,
        url="javascript:document.title='owned'",
    )
    other = replace(made, fields={**made.fields, "n": 2}, fingerprint="0" * 20)
    about = FindingExplanation(
        "X", text, "HIGH", text, text, text, text, text, "javascript:document.title='owned'"
    )
    spot = replace(
        section(
            issues=[made, other],
            title=text,
            outcomes=(Outcome(text, text, Status.NOT_EVALUATED, 0, (text,)),),
        ),
        explanations=(about,),
        purpose=text,
        actions=(text,),
        summary={text: {text: text}},
    )
    run = replace(reports.RUN, source=text, model_title=text, notes=(text,))
    report = reports.report(
        spot, run=run, troubles=(Trouble(text, text, text, text),), money={text: Decimal(1)}
    )
    page = opened(report, f"#{made.fingerprint}")
    page.locator(f'[id="{made.fingerprint}"] details[open]').wait_for()
    assert page.title().endswith(": data consistency report")
    assert page.locator("main script, main img, main svg[onload]").count() == 0
    links = page.eval_on_selector_all("a", "all => all.map(a => a.getAttribute('href'))")
    assert not any(each.startswith("javascript") for each in links)
    value = page.locator(f'[id="{made.fingerprint}"] .value').first
    shown = value.inner_text().removeprefix('"').removesuffix('"')
    assert all(each.isprintable() for each in shown)
    if name in HOSTILE:
        assert codecs.decode(shown, "unicode_escape") == text


def test_all_of_it_is_copied_exactly_and_found_by_searching_for_it(opened: Opener) -> None:
    made = {
        text: finding("X", description="odd", fields={"order_id": text, "document_id": "plain"})
        for name, text in ALL.items()
        if name != "lone surrogate"  # which neither an address nor a test can hold: see below
    }
    page = opened(reports.report(section(issues=list(made.values()))))
    page.evaluate("() => { navigator.clipboard.writeText = async text => { window.copied = text; }; }")
    for text, one in made.items():
        page.evaluate("text => { location.hash = `show?${new URLSearchParams({q: text})}`; }", text)
        row = page.locator(f'[id="{one.fingerprint}"]')
        row.locator("summary").click()
        row.get_by_role("button", name="Copy order_id").click()
        assert page.evaluate("window.copied") == text


def test_a_lone_surrogate_is_exact_to_the_script(opened: Opener) -> None:
    made = finding("X", description="odd \udc80", fields={"order_id": "a\udc80b", "document_id": 1})
    page = opened(reports.report(section(issues=[made])), f"#{made.fingerprint}")
    page.evaluate(
        "() => { navigator.clipboard.writeText = async text => { window.copied = text.charCodeAt(1); }; }"
    )
    page.get_by_role("button", name="Copy order_id").click()
    assert page.evaluate("window.copied") == 0xDC80


def test_a_megabyte_in_a_name_is_cut_and_says_where_all_of_it_is(opened: Opener) -> None:
    text = "Ω" * 1_000_000
    made = finding("X", description=f"Name {text}", fields={"name": text, "document_id": 1})
    page = opened(reports.report(section(issues=[made])), f"#{made.fingerprint}")
    row = page.locator("#list tbody tr")
    assert "more characters" in row.inner_text()
    assert len(row.inner_text()) < 10_000
    page.get_by_role("button", name="Copy name").click()
    copied: str = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(text[:10_000])
    assert "JSON" in copied[10_000:]
    assert len(copied) < 11_000


def test_no_script_runs_but_the_page_s_own(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("".join(render(reports.mixed())), encoding="utf-8")
    watched = Watched(browser, path.as_uri(), {})
    page = watched.open()
    page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.injected = 1";
          document.body.append(script);
          const image = document.createElement("img");
          image.setAttribute("onerror", "window.injected = 2");
          image.src = "data:image/png;base64,AAAA";
          document.body.append(image);
        }"""
    )
    assert page.evaluate("fetch('https://example.org/').then(() => 'sent', () => 'refused')") == "refused"
    assert page.evaluate("window.injected") is None
    assert len(watched.noise) >= 3
    assert all("Content Security Policy" in each for each in watched.noise)
    watched.context.close()


def test_the_words_of_a_near_match_are_escaped_once(opened: Opener) -> None:
    near: JsonValue = {"kind": "whitespace", "value": "\to-1"}
    made = finding("X", description="odd", fields={"order_id": "o-1", "near_match": near, "document_id": 1})
    page = opened(reports.report(section(issues=[made])), f"#{made.fingerprint}")
    assert 'the text "\\to-1" exists (other white space)' in page.locator(".fields").first.inner_text()
