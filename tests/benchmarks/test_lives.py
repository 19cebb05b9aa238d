"""What lives for months is measured as it is used, and what could not be measured says so."""

from __future__ import annotations

import pytest
from benchmarks import html_page, idle, page
from benchmarks.html_page import Measured
from benchmarks.idle import Idle
from benchmarks.one_by_one import OneByOne
from benchmarks.page import Results


def results(**more: object) -> Results:
    given: dict[str, object] = {
        "date": "2026-11-23",
        "machine": "a machine",
        "versions": "versions",
        "projector": "native",
        "memory": "1GB",
        "repeat": 1,
        "audited": [],
        "one_by_one": OneByOne(),
    }
    return Results(**{**given, **more})  # type: ignore[arg-type]


def test_the_page_has_what_was_measured_of_the_html_report_and_of_the_daemon() -> None:
    text = page.render(
        results(
            html={10_000: Measured(1_500_000, 0.5, 0.6, 0.07, 0.08), 100_000: "there is no Chromium"},
            idle={"alone": Idle(300.0, 35.2, 0.031), "with an alerts file": Idle(300.0, 35.4, 0.172)},
        )
    )
    assert "| 10,000 | 1.5 MB | 0.50 s | 0.60 s | 0.07 s | 0.08 s |" in text
    assert "| 100,000 | not run: there is no Chromium | - | - | - | - |" in text
    assert "| with an alerts file | 35 MB | 0.17 % |" in text


def test_a_machine_without_a_browser_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html_page, "program", lambda: None)
    assert isinstance(html_page.measured(10, 1), str)


def test_an_idle_daemon_stays_below_the_memory_that_it_may_have() -> None:
    found = idle.measure(0.5, alerts=False, settled=3.0)
    assert 10 < found.memory < 80
    assert found.share >= 0
