"""The report in a notebook: self-contained, harmless HTML."""

from __future__ import annotations

from decimal import Decimal
from html.parser import HTMLParser

import pytest

from tests.findings.test_words import HOSTILE
from tests.reporters import reports
from tests.reporters.reports import finding, section

VOID = {"br"}


class Reader(HTMLParser):
    """Collects text and tags, and checks that tags are closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag."""
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the last one."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note the text."""
        self.text += data


def read(html: str) -> Reader:
    """Read a fragment that must be well formed."""
    reader = Reader()
    reader.feed(html)
    assert not reader.open
    return reader


@pytest.mark.parametrize("make", [reports.mixed, reports.clean, reports.limited, reports.report])
def test_the_fragment_is_well_formed_and_loads_nothing(make: object) -> None:
    found = read(make()._repr_html_())  # type: ignore[operator]
    assert found.tags <= {
        "div",
        "p",
        "strong",
        "br",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "ul",
        "li",
        "span",
        "small",
    }
    assert found.attributes <= {"style", "scope", "colspan"}


def test_it_says_what_was_found_and_what_was_not_checked() -> None:
    text = read(reports.mixed()._repr_html_()).text
    for expected in (
        "Subscription delivery business",
        "8 findings",
        "overcharged: INR 3,500.50",
        "Not everything could be checked",
        "collection users is not in the source",
        "DOUBLE_BILLING",
        "Subscription sub-17 billed 2 times in period 2026-01",
        "clean",
        "Exit code 1",
    ):
        assert expected in text


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "&lt;", *HOSTILE.values()]
)
def test_hostile_values_are_text(text: str) -> None:
    issue = finding("X", description=text, money=("unbilled", Decimal(1)))
    html = reports.report(section(issues=[issue], title=text))._repr_html_()
    found = read(html)
    assert found.tags.isdisjoint({"script", "img"})
    assert all(each.isprintable() for each in html)


def test_a_long_value_is_cut() -> None:
    html = reports.report(section(issues=[finding("X", description="a" * 1_000_000)]))._repr_html_()
    assert len(html) < 10_000
