"""What a rule leaves out without a finding is said beside it: nothing is clean that was not looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from intact.audit.run import check
from intact.checks import KINDS
from intact.findings import Report
from intact.model import parse
from intact.reporters.console import render
from tests.support import small
from tests.support.memory import MemorySource
from tests.support.small_model import audit as audited

RULES = [
    {"double-entry": "billing", "ids": "bills", "finding": "TWICE"},
    {"unreconciled-amount": "billing", "finding": "WRONG"},
    {"missing-entry": "billing", "ids": "sales", "finding": "UNBILLED"},
]
COLLECTIONS = {
    "shops": {"key": "_id", "named": "shop"},
    "bills": {"key": "_id", "named": "bill", "references": {"shop": "shops"}},
    "sales": {"key": "_id", "named": "sale", "references": {"shop": "shops"}},
}
BILLING = {
    "of": "shops",
    "entries": {"collection": "bills", "link": "shop", "period": "month", "amount": "total"},
    "lines": {
        "collection": "sales", "link": "shop", "date": "at", "amount": "sum", "where": {"state": "done"},
    },
}  # fmt: skip


def bill(number: int, **more: Any) -> dict[str, Any]:
    return {"_id": number, "shop": number, "month": "2026-01", "total": 10, **more}


def sale(number: int, **more: Any) -> dict[str, Any]:
    return {"_id": number, "shop": number, "at": "2026-01-05", "sum": 10, "state": "done", **more}


def business(shops: int, bills: Sequence[Any], sales: Sequence[Any]) -> Report:
    data = {"shops": [{"_id": number} for number in range(shops)], "bills": bills, "sales": sales}
    return audited(data, COLLECTIONS, RULES, reconciliations={"billing": BILLING})


def notes(report: Report, type_: str) -> list[str]:
    return [note for s in report.sections for each in s.outcomes if each.type == type_ for note in each.notes]


@pytest.mark.parametrize("rule", ["TWICE", "WRONG", "UNBILLED"])
@pytest.mark.parametrize("without", [{}, {"month": None}])
def test_bills_without_a_period_are_counted_beside_what_rests_on_them(
    rule: str, without: dict[str, Any]
) -> None:
    bills = [bill(0), {**{k: v for k, v in bill(1).items() if k != "month"}, **without}]
    assert notes(business(3, bills, [sale(0)]), rule) == [
        "1 of 2 documents of bills are of no period, for want of `month`"
    ]


def test_of_documents_without_a_date_only_those_count_that_are_lines_of_somebody() -> None:
    lines = [sale(0), sale(1, at=None), sale(2, at=None, shop=[0, 1])]
    others = [sale(3, at=None, state="open"), sale(4, at="never")]
    nobodys = [sale(5 + at, at=None, shop=each) for at, each in enumerate([None, "", " ", [], [None]])]
    found = notes(business(4, [bill(0)], [*lines, *others, *nobodys]), "UNBILLED")
    assert found == ["2 of 10 documents of sales are of no period, for want of `at`"]


def test_where_nearly_all_bills_have_their_period_under_another_name_that_name_is_said() -> None:
    bills = [
        {**small.SECOND_BILL, "_id": n, "id": f"b-{n}", "period_date": None, "month": "2026-01"}
        for n in range(2, 21)
    ]
    report = small.audit(small.small(billing_records=bills))
    found = {each.type: each.notes for s in report.sections for each in s.outcomes if s.name == "billing"}
    note = (
        "19 of 20 documents of billing_records are of no period, for want of `period_date`; `month` is in 19"
    )
    assert found["DOUBLE_BILLING"] == found["UNBILLED_PERIOD"] == (note,)


def test_what_is_noted_of_several_rules_is_printed_once() -> None:
    page = " ".join("".join(render(business(3, [bill(0), bill(1, month=None)], [sale(0)]))).split())
    assert page.count("of no period") == 1
    assert "TWICE, WRONG, UNBILLED: 1 of 2 documents of bills are of no period" in page


@pytest.mark.parametrize("rule", ["TWICE", "WRONG", "UNBILLED"])
def test_bills_and_sales_of_shops_of_which_none_exists_doubt_the_reconciliation(rule: str) -> None:
    bills, sales = [bill(n, shop=f"S{n}") for n in (1, 2)], [sale(n, shop=f"S{n}") for n in (1, 2)]
    assert notes(business(2, bills, sales), rule) == [
        f"2 of 2 documents of {name} that have a period refer to no document of shops: the reconciliation probably"
        " names the wrong field or collection"
        for name in ("bills", "sales")
    ]


def test_a_few_bills_of_shops_that_are_gone_doubt_nothing() -> None:
    bills, sales = [bill(n) for n in range(9)], [sale(n) for n in range(9)]
    assert not notes(business(7, bills, sales), "WRONG")


def figures(where: dict[str, Any], states: Sequence[Any]) -> Report:
    report = {
        "title": "R", "cadence": "daily", "document": "R",
        "checks": [{
            "missing-key": "sales", "finding": "NO_KEY", "severity": "high", "description": "It has no key.",
        }],
        "total": {"total": {"count": "all"}},
        "summary": {"waiting": {"documents": "sales", "where": where}},
    }  # fmt: skip
    model = {
        "intact": 1, "name": "m", "title": "M", "collections": {"sales": {"key": "_id"}}, "reports": {"r": report},
    }  # fmt: skip
    source = MemorySource({"sales": [{"_id": at, "state": each} for at, each in enumerate(states)]})
    return check(source, model=parse(str(model).replace("'", '"'), KINDS, "m.yml"))


NONE = (
    "`state` is waiting in none of 10 documents of sales: there is nothing of the kind, or the rule names the wrong"
    " value"
)
ALL = "`state` is waiting in all 10 documents of sales: the condition tells nothing apart"


@pytest.mark.parametrize(
    ("states", "told"),
    [
        (["open"] * 10, NONE),
        (["waiting"] * 10, ALL),
        ([*["open"] * 9, "waiting"], ""),
        (["open"] * 9, ""),
    ],
)
def test_a_figure_of_which_the_condition_tells_nothing_apart_is_doubted(states: list[str], told: str) -> None:
    report = figures({"state": "waiting"}, states)
    (figure,) = report.sections[0].figures
    assert figure.notes == ((told,) if told else ())
    page = " ".join("".join(render(report)).split())
    assert (told in page) if told else ("documents of sales" not in page)
