"""Counts agree with their nouns, words stand apart and numbers are written in one way: in all forms, of 0, 1 and 2."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import bson
import pytest
from rich.console import Console

import intact
from intact.checks import KINDS
from intact.core.counts import agreed, counted
from intact.findings.apart import read_text
from intact.findings.notebook import to_html
from intact.findings.records import CollectionRead
from intact.model import parse
from intact.operations.alerts.notifications import Item, NotificationPart, write
from intact.reporters import console
from tests.cli.running import invoke
from tests.reporters import reports
from tests.reporters.readers import text_of, written
from tests.support.memory import MemorySource

AS_OF = datetime(2026, 2, 1, tzinfo=UTC)
MODEL = """
intact: 1
name: shop
title: S
currency: INR
fail-on: [TWICE, LOST]
collections:
  users: {key: id, named: user}
  orders: {key: id, named: order, references: {user: users}, optional: [user]}
  empty: {key: id, named: thing}
reports:
  one:
    title: A
    purpose: All of them.
    cadence: daily
    document: ONE
    checks:
      - dangling-reference: orders.user
        finding: LOST
        severity: high
        description: 'Order {order} is of {user}'
      - missing-link: orders.user
        finding: UNPAID
        severity: critical
        description: 'Order {order} is of nobody and comes to {amount}'
        amount: total
        money: {over: unbilled, under: owed}
      - duplicate-value: users.email
        compare: text
        ids: users
        finding: TWICE
        severity: high
        description: '{email} is in {users}'
    total: {all: {count: all}}
    summary: {}
"""
SPOKEN = ("console", "github", "markdown", "junit", "sarif", "html")
WRONG = re.compile(r"(?<![\w.,:/$#-])1 (?:more |of the |root |other )?([a-z]{3,}s)\b(?! of [a-z]+ id)")
VERBS = frozenset(
    (
        "is",
        "was",
        "has",
        "does",
        "makes",
        "this",
        "refers",
        "stands",
        "exists",
        "less",
        "its",
        "names",
        "gives",
    )
)

SINGULAR = re.compile(
    r"(?<![\w.,:/-])(?:0|2) (?:more )?(document|finding|collection|group|reference|record|check|value|byte|cause"
    r"|character|run|rule)\b(?! or)(?!-)"
)


def data(number: int) -> dict[str, list[dict[str, Any]]]:
    """Make so many of each fault."""
    users = [
        {"_id": f"u{at}{half}", "id": f"u{at}{half}", "email": f"e{at}"}
        for at in range(number)
        for half in "ab"
    ]
    lost = [{"_id": f"l{at}", "id": f"l{at}", "user": "gone", "total": 1} for at in range(number)]
    unpaid = [{"_id": f"n{at}", "id": f"n{at}", "total": 1234567.5} for at in range(number)]
    return {"users": users, "orders": [*lost, *unpaid], "empty": []}


def audit(number: int) -> intact.Report:
    return intact.check(MemorySource(data(number)), model=parse(MODEL, KINDS), as_of=AS_OF)


def said(report: intact.Report) -> dict[str, str]:
    found = {name: text_of(name, report) for name in SPOKEN if name != "html"}
    found["html"] = written("html", report).decode()
    issues = [each for section in report.sections for each in section.issues]
    items = [Item(at, 0, False, replace(each, status="new")) for at, each in enumerate(issues)]
    letter = write(
        [NotificationPart(1, "shop", "shop", "INR", "", items)], [], digest=False, zone=ZoneInfo("UTC")
    )
    return found | {"notebook": to_html(report), "alert": f"{letter.title}\n{letter.body}" if letter else ""}


def wrong(text: str) -> list[str]:
    """Give what does not agree; of a page only its words, not its scripts and styles."""
    plain = re.sub(r"<(script|style)\b.*?</\1>", " ", text, flags=re.DOTALL)
    plain = re.sub(r"<[^<>]*>", "", plain)
    return [each[0] for each in WRONG.finditer(plain) if each[1] not in VERBS] + [
        each[0] for each in SINGULAR.finditer(plain)
    ]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_counts_agree_with_their_nouns_in_every_form(number: int) -> None:
    assert {name: found for name, text in said(audit(number)).items() if (found := wrong(text))} == {}


def test_the_search_finds_what_does_not_agree() -> None:
    assert wrong("1 bytes, 1 collections, 2 document") == ["1 bytes", "1 collections", "2 document"]
    assert wrong("1 byte, 0 documents, 21 bytes, 1.1 bytes, 1 is") == []


@pytest.mark.parametrize("number", [1, 2])
def test_an_amount_is_written_in_one_way_in_every_form_for_people(number: int) -> None:
    """In the sentence of a finding as in what it puts at stake: never 1234567.5 beside 1,234,567.50."""
    for name, text in said(audit(number)).items():
        if name in {"console", "alert", "notebook", "markdown"}:
            assert "1234567" not in text, name
            assert "1,234,567.50" in text, name
    assert {each.description for each in audit(number)["one"].issues if each.type == "UNPAID"} == {
        f"Order n{at} is of nobody and comes to 1,234,567.50" for at in range(number)
    }


def test_two_currencies_are_never_added() -> None:
    text = MODEL.replace("amount: total", "amount: total\n        currency: currency").replace(
        "currency: INR\n", ""
    )
    orders = [
        {"_id": at, "id": at, "total": 1000, "currency": each} for at, each in enumerate(("INR", "USD"))
    ]
    report = intact.check(
        MemorySource({"users": [], "empty": [], "orders": orders}), model=parse(text, KINDS), as_of=AS_OF
    )
    assert report.headline.money_at_stake == {"unbilled_INR": Decimal(1000), "unbilled_USD": Decimal(1000)}
    assert [name for name, told in said(report).items() if "2,000" in told or "2000.00" in told] == []


@pytest.mark.parametrize("title", ["S", "AB", "Six", "A much longer title of a report, which is cut"])
def test_the_columns_of_the_console_stand_apart_whatever_the_titles(title: str) -> None:
    shown = text_of("console", reports.report(reports.section(title=title, counts={"BAD": 1})))
    (line,) = [line for line in shown.splitlines() if line.startswith("REPORT")]
    assert re.match(r"REPORT +DUE +CRITICAL +HIGH +MEDIUM +LEAST JUDGED$", line)


@pytest.mark.parametrize("width", [20, 30, 40, 50, 79, 100, 200])
def test_no_line_of_the_console_is_wider_than_the_terminal_but_what_is_to_be_copied(width: int) -> None:
    page = io.StringIO()
    console._Page(
        Console(file=page, width=width, color_system=None, markup=False, highlight=False, emoji=False),
        fancy=False,
        encoding="utf-8",
    ).show(audit(2))
    lines = [line for line in page.getvalue().splitlines() if not re.match(r" +(intact |--)", line)]
    assert [line for line in lines if len(line.rstrip()) > max(width, 20 + 30)] == []
    assert "Exit code" in " ".join(page.getvalue().split())


def test_collections_without_a_document_are_said_to_be_empty() -> None:
    report = audit(1)
    assert read_text(report) == "4 documents of 2 collections, 1 more is empty"
    more = tuple(CollectionRead(f"c{at}", 0, 0, 0, present=True, whole=True) for at in range(3))
    assert read_text(replace(report, collections=(*report.collections, *more))).endswith("4 more are empty")


def test_a_word_goes_with_its_number() -> None:
    assert [agreed(number, "is", "are") for number in (0, 1, 2)] == ["are", "is", "are"]
    assert counted(1, "document or part", "documents or parts") == "1 document or part"


@pytest.mark.parametrize("number", [0, 1, 2])
def test_counts_agree_in_the_doctors_lines(number: int, tmp_path: Path) -> None:
    model = tmp_path / "shop.yml"
    model.write_text(MODEL)
    for name, documents in data(number).items():
        (tmp_path / f"{name}.bson").write_bytes(b"".join(map(bson.encode, documents)))
    assert wrong(invoke("doctor", str(tmp_path), "--model", str(model)).output) == []
    assert wrong(invoke("check", str(tmp_path), "--model", str(model), "--no-history").output) == []


def test_no_source_writes_a_plural_by_hand() -> None:
    """``counted`` does; a sentence that has a number and a noun in the plural is wrong of one."""
    by_hand = re.compile(r"""\}s?\{['"]s['"] (\*|if)|['"]s['"] \* \(""")
    place = Path(intact.__file__).parent
    found = [path.name for path in place.rglob("*.py") if by_hand.search(path.read_text())]
    assert found == []
