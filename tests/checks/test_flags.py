"""A flag that a condition asks is true, false, or not there; anything else is said, wherever the condition stands."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

import intact
from intact.checks import KINDS
from intact.findings import Report, Section
from intact.model import parse
from tests.support.memory import MemorySource

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
ABSENT = object()
UNREADABLE = ["true", 1, "yes", "", [True], [], {"a": True}, 0.0]
"""What is no flag, although some of it looks like one."""

MODEL = """
intact: 1
name: flags
title: Flags
collections:
  users: {key: id, named: user_id, references: {team: users}}
  subs: {key: id, named: sub_id, references: {user: users}}
  bills: {key: id, named: bill_id, references: {sub: subs}}
  orders: {key: id, named: order_id, references: {sub: subs}, values: {state: [new]}}
reconciliations:
  monthly:
    of: subs
    entries: {collection: bills, link: sub, period: month, amount: total}
    lines: {collection: orders, link: sub, date: at, amount: total, where: {flag: true}}
reports:
  r:
    title: R
    cadence: monthly
    document: R
    checks:
      - CHECK
    total: {found: TOTAL}
    summary: {SUMMARY}
"""
COMMON = "finding: FOUND, severity: high, description: found"


def report(
    check: str, total: str = "{count: all}", summary: str = "", **data: list[dict[str, Any]]
) -> Report:
    """Audit with one check; collections that are not given are empty."""
    text = (
        MODEL.replace("CHECK", f"{{{check}, {COMMON}}}").replace("TOTAL", total).replace("SUMMARY", summary)
    )
    source = MemorySource({"users": [], "subs": [], "bills": [], "orders": [], **data})
    return intact.check(source, model=parse(text, KINDS), as_of=AS_OF, show_personal=True)


def found(report: Report) -> list[str]:
    """Give type and document of the findings; of unreadable values collection and field too."""
    (section,) = report.sections
    return sorted(_told(section))


def _told(section: Section) -> list[str]:
    return [
        f"{each.type} {each.collection} {each.fields['document_id']} {each.fields['field']}"
        if each.type == "UNREADABLE_VALUE"
        else f"{each.type} {each.fields.get('document_id', each.fields.get('document_ids'))}"
        for each in section.issues
    ]


def flagged(value: object, number: int = 1, **fields: Any) -> dict[str, Any]:
    """Make a document with a flag, or without one."""
    return {"_id": number, "id": number, **fields, **({} if value is ABSENT else {"flag": value})}


VALUES = [True, False, None, ABSENT, *UNREADABLE]


def every(**fields: Any) -> list[dict[str, Any]]:
    """Make a document for each value: 1 has true, 2 false, 3 null, 4 none, and what follows cannot be read."""
    return [flagged(value, number, **fields) for number, value in enumerate(VALUES, start=1)]


UNREAD = [f"UNREADABLE_VALUE orders {number} flag" for number in range(5, len(VALUES) + 1)]
OWN: dict[str, tuple[str, dict[str, Any]]] = {
    "missing-link": ("missing-link: orders.sub", {}),
    "unmatched-link": ("unmatched-link: orders.sub", {"sub": "gone"}),
    "dangling-reference": ("dangling-reference: orders.sub", {"sub": "gone"}),
    "stale-state": ("stale-state: orders", {}),
}
"""Checks with ``where``, and what a document has that each finds."""


@pytest.mark.parametrize("kind", OWN)
def test_where_of_a_check_takes_true_and_says_what_is_no_boolean(kind: str) -> None:
    check, fields = OWN[kind]
    assert found(report(f"{check}, where: {{flag: true}}", orders=every(**fields))) == sorted(
        ["FOUND 1", *UNREAD]
    )


@pytest.mark.parametrize("kind", OWN)
def test_where_of_a_check_takes_null_and_absent_for_null(kind: str) -> None:
    check, fields = OWN[kind]
    made = report(f"{check}, where: {{flag: [false, null]}}", orders=every(**fields))
    assert found(made) == sorted(["FOUND 2", "FOUND 3", "FOUND 4", *UNREAD])


@pytest.mark.parametrize("kind", [*OWN, "allowed-values"])
def test_unless_of_a_check_leaves_out_true_and_says_what_is_no_boolean(kind: str) -> None:
    check, fields = {**OWN, "allowed-values": ("allowed-values: orders.state", {"state": "old"})}[kind]
    where = ", where: {team: null}" if kind == "stale-state" else ""
    made = report(f"{check}, unless: {{flag: true}}{where}", orders=every(**fields))
    assert found(made) == sorted(["FOUND 2", "FOUND 3", "FOUND 4", *UNREAD])


def test_unless_of_duplicates_leaves_out_true_and_says_what_is_no_boolean() -> None:
    check = "duplicate-value: orders.code, compare: exact, ids: ids, unless: {flag: true}"
    alone = [flagged("yes", 100, code="alone"), flagged("yes", 101)]
    assert found(report(check, orders=[*every(code="x"), *alone])) == sorted(["FOUND [2, 3, 4]", *UNREAD])
    pair = [flagged("yes", 5, code="x"), flagged(False, 6, code="x"), flagged(True, 7, code="x")]
    assert found(report(check, orders=pair)) == UNREAD[:1]


def test_where_of_duplicates_takes_true_and_says_what_is_no_boolean() -> None:
    check = "duplicate-value: orders.code, compare: exact, ids: ids, where: {flag: true}"
    alone = [flagged("yes", 100, code="alone"), flagged("yes", 101)]
    made = report(check, orders=[*every(code="x"), flagged(True, 50, code="x"), *alone])
    assert found(made) == sorted(["FOUND [1, 50]", *UNREAD])
    pair = [flagged("yes", 5, code="x"), flagged(True, 6, code="x"), flagged(False, 7, code="x")]
    assert found(report(check, orders=pair)) == UNREAD[:1]
    assert found(report(check, orders=[pair[0], pair[2]])) == []
    both = f"{check[:-1]}, team: a}}"
    teams = [{**each, "team": team} for each, team in zip(pair, "aba", strict=True)]
    assert found(report(both, orders=teams)) == []


def test_having_where_counts_true_and_says_what_is_no_boolean() -> None:
    check = "missing-link: subs.user, having: {n: orders.sub}, having-where: {flag: true}"
    subs = [{"_id": number, "id": number} for number in range(1, len(VALUES) + 1)]
    linked = {"_id": 50, "id": 50, "user": "u"}
    orders = [{**each, "sub": each["id"]} for each in every()]
    nobodys = [flagged("yes", 100, sub=50), flagged("yes", 101, sub="gone"), flagged("yes", 102)]
    made = report(check, subs=[*subs, linked], orders=[*orders, *nobodys])
    assert found(made) == sorted(["FOUND 1", *UNREAD])


@pytest.mark.parametrize(("allowed", "count"), [("true", 1), ("false", 1), ("[false, null]", 3)])
def test_a_figure_over_documents_counts_and_says_what_is_no_boolean(allowed: str, count: int) -> None:
    figure = f"{{documents: orders, where: {{flag: {allowed}}}}}"
    for total, summary in ((figure, ""), ("{count: all}", f"n: {figure}")):
        made = report("missing-link: users.team", total, summary, orders=every())
        assert found(made) == sorted(UNREAD)
        assert made.sections[0].summary.get("n", made.sections[0].total[1]) == count


BOOK = {
    "missing-entry": "missing-entry: monthly, ids: order_ids",
    "double-entry": "double-entry: monthly, ids: bill_ids",
    "unreconciled-amount": "unreconciled-amount: monthly",
}
JANUARY: dict[str, Any] = {"sub": "s", "at": datetime(2026, 1, 5, tzinfo=UTC), "total": 5}


def bills(count: int, **fields: Any) -> list[dict[str, Any]]:
    return [
        {"_id": n, "id": n, "sub": "s", "month": "2026-01", "total": 9, **fields} for n in range(1, count + 1)
    ]


@pytest.mark.parametrize(
    ("kind", "entries"), [("missing-entry", 0), ("unreconciled-amount", 1), ("double-entry", 2)]
)
def test_lines_of_a_reconciliation_say_a_flag_that_is_no_boolean(kind: str, entries: int) -> None:
    made = report(BOOK[kind], orders=every(**JANUARY), subs=[{"_id": 1, "id": "s"}], bills=bills(entries))
    assert [each for each in found(made) if each.startswith("UNREAD")] == sorted(UNREAD)
    for other in set(BOOK) - {kind}:  # each judges other periods
        made = report(
            BOOK[other], orders=every(**JANUARY), subs=[{"_id": 1, "id": "s"}], bills=bills(entries)
        )
        assert found(made) == []


def test_a_period_that_has_no_line_but_one_of_an_unreadable_flag_is_not_clean() -> None:
    orders = [flagged("true", 5, **JANUARY)]
    assert found(report(BOOK["missing-entry"], orders=orders, subs=[{"_id": 1, "id": "s"}])) == UNREAD[:1]


def test_a_sum_without_a_line_whose_flag_cannot_be_read_is_not_complete() -> None:
    orders = [flagged("yes", **JANUARY), {"_id": 2, "id": 2, "flag": True, **JANUARY}]
    for kind, entries in (("missing-entry", 0), ("unreconciled-amount", 1), ("double-entry", 2)):
        made = report(BOOK[kind], orders=orders, subs=[{"_id": 1, "id": "s"}], bills=bills(entries))
        (sum_,) = [each for each in made.sections[0].issues if each.type == "FOUND"]
        assert sum_.fields["amount_complete"] is False
        assert sum_.fields["calculated"] == 5


@pytest.mark.parametrize("kind", BOOK)
def test_a_flag_on_which_no_period_depends_is_not_asked(kind: str) -> None:
    running = {**JANUARY, "at": datetime(2026, 3, 5, tzinfo=UTC)}
    nobody = {**JANUARY, "sub": None}
    for fields in (running, nobody):
        assert found(report(BOOK[kind], orders=[flagged("yes", **fields)])) == []


def test_a_figure_of_lines_without_a_date_says_a_flag_that_is_no_boolean() -> None:
    dated = flagged("yes", 100, **JANUARY)
    made = report("missing-link: users.team", "{undated: monthly}", orders=[*every(sub="s", total=5), dated])
    assert found(made) == sorted(UNREAD)
    assert made.sections[0].total[1] == 1


def test_one_flag_is_said_once_a_report_however_many_conditions_ask_it() -> None:
    check = "stale-state: orders, where: {flag: true}, unless: {flag: false}"
    figure = "{documents: orders, where: {flag: true}}"
    assert found(report(check, figure, f"n: {figure}", orders=[flagged("yes", 5)])) == UNREAD[:1]
