"""What a run costs: how many queries, how many phone numbers parsed, how much memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import phonenumbers
import pytest

import intact
from intact.engine import DuckEngine
from intact.engine.duck import Row
from intact.findings import Report
from tests.run.world import AS_OF, Data, clean
from tests.sample_data import DEMO_AS_OF, Business, write_dump
from tests.support.memory import MemorySource


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the engine was asked, in order."""
    asked: list[str] = []
    query, execute, fill = DuckEngine.query, DuckEngine.execute, DuckEngine.fill

    def counting_query(self: DuckEngine, sql: str, parameters: Sequence[object] = ()) -> Iterator[Row]:
        asked.append(sql)
        return query(self, sql, parameters)

    def counting_execute(self: DuckEngine, sql: str, parameters: Sequence[object] = ()) -> None:
        asked.append(sql)
        execute(self, sql, parameters)

    def counting_fill(self: DuckEngine, table: str, rows: Any) -> None:
        asked.append(f"fill {table}")
        fill(self, table, rows)

    monkeypatch.setattr(DuckEngine, "query", counting_query)
    monkeypatch.setattr(DuckEngine, "execute", counting_execute)
    monkeypatch.setattr(DuckEngine, "fill", counting_fill)
    return asked


def business(faults: int) -> Data:
    data: Data = {}
    for name, documents in Business(orders=0, faults=faults, seed=3, as_of=DEMO_AS_OF):
        data.setdefault(name, []).extend(documents)
    return data


def count(report: Report) -> int:
    return sum(sum(section.counts.values()) for section in report.sections)


def test_the_number_of_queries_depends_on_neither_documents_nor_findings(statements: list[str]) -> None:
    few = intact.check(MemorySource(business(20), at_once=500), model="delivery", as_of=DEMO_AS_OF)
    first = list(statements)
    statements.clear()
    many = intact.check(MemorySource(business(150), at_once=500), model="delivery", as_of=DEMO_AS_OF)
    assert count(many) > 6 * count(few) > 6 * 500
    # Among the many are spellings of two more fields, and of each it is counted once how many documents there are.
    further = Counter(statements) - Counter(first)
    assert set(further.values()) <= {1}
    assert len(further) <= 2
    assert len(first) < 300  # near forty rules and figures, and what several of them share


def test_only_phones_that_may_be_the_same_are_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    parse = phonenumbers.parse

    def counting(number: str, *arguments: Any, **options: Any) -> phonenumbers.PhoneNumber:
        parsed.append(number)
        return parse(number, *arguments, **options)

    monkeypatch.setattr(phonenumbers, "parse", counting)
    phones = [f"98{number:08}" for number in range(5000)]
    phones += ["+91 98000 00007", "09800000008", "9800000009"]
    customers = [{"_id": n, "id": f"c{n}", "phone": phone} for n, phone in enumerate(phones)]
    report = intact.check(
        MemorySource({**clean(), "customers_v2": customers}, at_once=500),
        model="delivery",
        reports=["duplicates"],
        as_of=AS_OF,
        show_personal=True,
    )
    groups = {str(issue.fields["phone"]): issue.fields for issue in report["duplicates"].issues}
    assert sorted(groups) == ["+919800000007", "+919800000008", "+919800000009"]
    assert groups["+919800000007"]["customer_ids"] == ["c7", "c5000"]
    assert [groups[phone]["exact"] for phone in sorted(groups)] == [False, False, True]
    assert sorted(parsed) == ["+91 98000 00007", "09800000008", "9800000007", "9800000008", "9800000009"]


@pytest.mark.full("30,000 orders, twice")
def test_a_small_budget_finds_what_a_large_one_finds(tmp_path: Path) -> None:
    write_dump(tmp_path / "dump", orders=30_000, faults=20, seed=5, as_of=DEMO_AS_OF)
    small, large = (
        intact.check(tmp_path / "dump", model="delivery", as_of=DEMO_AS_OF, memory=m, show_personal=True)
        for m in ("64MB", "1GB")
    )
    assert small.sections == large.sections
    assert small.headline == large.headline
    assert count(small) > 500
