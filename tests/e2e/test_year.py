"""A simulated year: a business with faults that appear, are repaired and come back, audited every day.

What each day says is compared with what was planted, by an account that knows nothing of the history.
"""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import pytest

import intact
from intact.checks import KINDS
from intact.core.errors import SourceError
from intact.findings.records import Finding
from intact.ledger.history import DONE, Store, runs
from intact.ledger.history.run_writing import Writing
from intact.model import load
from intact.sources.base import Fault
from tests.alerts.business import ALL, Office, config, target
from tests.sample.reading import AS_OF, as_database
from tests.sample_data import Business
from tests.support.memory import MemorySource

DAY = timedelta(days=1)
MODEL = load("delivery", KINDS)
MADE_IN = {
    "PHANTOM_DELIVERY_NO_ORDER": "phantom_deliveries",
    "DOUBLE_BILLING": "billing",
    "INVALID_ORDER_STATUS": "status",
    "INVALID_CUSTOMER_REFERENCE": "invalid_references",
}
"""What is planted, and the report that finds it."""

BEGIN = datetime(2027, 1, 1, 6, tzinfo=UTC)
Name = tuple[str, str]
"""Type of a finding, and what it names."""


def due(day: int) -> tuple[str, ...]:
    """Give the reports of a day: two of them daily, two every other day, all seven once a week."""
    daily = ("phantom_deliveries", "billing")
    if day % 7 == 0:
        return tuple(MODEL.reports)
    return (*daily, "status", "invalid_references") if day % 2 else daily


class Clock(datetime):
    """The time of the simulation."""

    today_ = BEGIN

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Any:
        del tz
        return cls.today_


class Place:
    """The business, and what can be wrong in it."""

    def __init__(self) -> None:
        self.clean = as_database(Business(orders=80, seed=3, as_of=AS_OF))
        orders = [o for o in self.clean["orders"] if o["status"] == "cancelled" and o.get("subscription_id")]
        bills = {bill["subscription_id"]: bill for bill in self.clean["billing_records"]}
        self.faults: list[tuple[Name, str, Any]] = [
            *((("INVALID_ORDER_STATUS", o["id"]), "status", o["id"]) for o in orders[:3]),
            *(
                (("INVALID_CUSTOMER_REFERENCE", o["id"]), "customer", o["id"])
                for o in self.clean["orders"][10:14]
            ),
            *(
                (("PHANTOM_DELIVERY_NO_ORDER", d["id"]), "delivery", d["id"])
                for d in self.clean["delivery_statuses"][:4]
            ),
            *((("DOUBLE_BILLING", b["subscription_id"]), "bill", b["id"]) for b in list(bills.values())[:3]),
        ]

    def with_faults(self, there: set[int]) -> dict[str, list[dict[str, Any]]]:
        """Give the database of a day."""
        data = {name: [dict(each) for each in documents] for name, documents in self.clean.items()}
        by_id = {name: {each["id"]: each for each in documents} for name, documents in data.items()}
        for number in sorted(there):
            _, kind, key = self.faults[number]
            if kind == "status":
                by_id["orders"][key]["status"] = "lost"
            elif kind == "customer":
                by_id["orders"][key]["customer_id"] = "gone"
            elif kind == "delivery":
                by_id["delivery_statuses"][key]["order_id"] = None
            else:
                twice = {**by_id["billing_records"][key], "id": f"{key}-again", "_id": f"{key}-again"}
                data["billing_records"].append(twice)
        return data


def named(finding: Finding) -> Name:
    names = {
        "INVALID_ORDER_STATUS": "order_id",
        "INVALID_CUSTOMER_REFERENCE": "order_id",
        "PHANTOM_DELIVERY_NO_ORDER": "delivery_id",
        "DOUBLE_BILLING": "subscription_id",
    }
    return finding.type, str(finding.fields[names[finding.type]])


class Breaking(MemorySource):
    """A source that breaks in the middle, as a server that is lost."""

    async def read(self, wanted: Any) -> Any:
        async for item in super().read(wanted):
            yield item
            raise SourceError("the server is lost", where="memory")


def crash(how: str, data: Any, path: Path, reports: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that ends before its end: while reading, or in the middle of recording."""
    if how == "reading":
        with pytest.raises(SourceError):
            intact.check(Breaking(data), model=MODEL, reports=reports, as_of=AS_OF, history=path)
        return

    def killed(*_: object) -> None:
        raise SystemError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(Writing, "day", killed)  # all else of the run is written by then
        source = MemorySource(data, at_once=500)
        with pytest.raises(SystemError, match="killed"):
            intact.check(source, model=MODEL, reports=reports, as_of=AS_OF, history=path)


@pytest.fixture
def unsynchronised(monkeypatch: pytest.MonkeyPatch) -> None:
    """No power fails in this year, so nothing waits for the disk."""
    opened = Store._open

    def quickly(self: Store, *, new: bool) -> None:
        opened(self, new=new)
        self.database.execute("PRAGMA synchronous = OFF")

    monkeypatch.setattr(Store, "_open", quickly)


@pytest.mark.full("a year of audits")
@pytest.mark.usefixtures("unsynchronised")
def test_each_day_of_a_year_says_what_was_planted(  # noqa: PLR0915 - a day is told in one piece
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("intact.ledger.history.recorder.datetime", Clock)
    chance, place, path = random.Random(17), Place(), tmp_path / "history.sqlite"
    there: set[int] = set()
    known: set[Name] = set()  # there, as far as the last run could tell
    ever: set[Name] = set()
    letters: Counter[str] = Counter()
    diary: list[tuple[int, bool, int]] = []
    crashes = recorded = 0
    with Store(path) as store:
        office = Office(store, config(target("office", digest=None, at_once=ALL)))
    for day in range(365):
        office.now = Clock.today_ = BEGIN + day * DAY
        for number in range(len(place.faults)):
            if chance.random() < (0.1 if number in there else 0.02):
                there ^= {number}
        data = place.with_faults(there)
        reports = due(day)
        if chance.random() < 0.1:
            crash(chance.choice(["reading", "recording"]), data, path, reports, monkeypatch)
            crashes += 1
            with Store(path) as store:
                assert len(runs(store)) == recorded
        broken = [Fault(None, "the dump breaks off", "dump")] if chance.random() < 0.05 else []
        source = MemorySource(data, at_once=500, faults=broken)
        report = intact.check(source, model=MODEL, reports=reports, as_of=AS_OF, history=path)
        recorded += 1

        planted = {place.faults[number][0] for number in there}
        planted = {name for name in planted if MADE_IN[name[0]] in reports}
        found = {named(each): each for section in report.sections for each in section.issues}
        assert set(found) <= planted if broken else set(found) == planted, day
        expected = {
            name: "persisting" if name in known else "came back" if name in ever else "new" for name in found
        }
        assert {name: each.status for name, each in found.items()} == expected, day
        looked_for = {name for name in known if MADE_IN[name[0]] in reports}
        resolved = set() if broken else looked_for - set(found)
        assert report.changes is not None
        assert report.changes.resolved == len(resolved), day
        known = (known | set(found)) - resolved
        ever |= set(found)

        with Store(path) as store:
            office.store = store
            before = len(office.post.taken)
            desk = office.desk
            attempt = desk.begin("memory")
            desk.watch("delivery", "memory", currency="INR", urgent=("DOUBLE_BILLING",), link="")
            if broken:
                desk.incomplete("memory", ["the dump breaks off"])
            else:
                desk.good("memory")
            attempt.end(store, DONE, report.exit_code, office.now)
            desk.deliver()
            told = Counter(number for _, letter in office.post.taken[before:] for number, _ in letter.told)
            marks = {
                mark: number
                for number, mark in store.database.execute("SELECT id, lower(hex(fingerprint)) FROM finding")
            }
        fresh = {found[name].fingerprint for name, status in expected.items() if status != "persisting"}
        assert told == Counter(marks[mark] for mark in fresh), day
        for _, letter in office.post.taken[before:]:
            letters["with news" if letter.told else "all clear" if letter.cleared else "of the run"] += 1
        diary.append((day, bool(broken), len(fresh)))
    with Store(path) as store:
        assert len(runs(store)) == recorded == 365
    assert crashes > 20
    # Silence on every day without news, and one word when all is well again.
    days_with_news = sum(1 for *_, fresh in diary if fresh)
    assert letters["with news"] == days_with_news
    assert letters["of the run"] <= 2 * sum(1 for _, incomplete, _ in diary if incomplete)
    assert days_with_news < 120
