"""What it costs to remember: the size of a history of many runs, and the time to record a run and to compare two."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

from intact.findings.records import Finding, Headline, Outcome, Report, RunInfo, Section, Status
from intact.ledger.history import RunComparison, Store, compare, runs

BEGIN: Final = datetime(2026, 1, 1, 6, tzinfo=UTC)
DAY: Final = timedelta(days=1)
CHURN: Final = 100
"""One of so many findings goes from run to run, and another one comes."""

BACK: Final = 5
"""One of so many that come has been there before."""

_TYPES: Final = ("INVALID_ORDER_REFERENCE", "UNBILLED_ORDER", "DOUBLE_BILLING", "CUSTOMER_NO_LOGIN")


@dataclass(frozen=True)
class Took:
    """What something took, in seconds: on the clock, and of the processor."""

    wall: float
    processor: float


@dataclass(frozen=True)
class Remembered:
    """What was measured.

    Attributes:
        runs: How many runs are in the history.
        findings: How many findings each of them has.
        megabytes: How large the file is then.
        known: How many findings it knows.
        compared: What it took to compare the last run with the one a hundred runs before.
        large: How many findings a large run has.
        first: What it took to record that, all of them new: to ask for each, and to write.
        again: The same, all of them known.
        large_compared: What it took to compare those two.
    """

    runs: int = 0
    findings: int = 0
    megabytes: float = 0
    known: int = 0
    compared: Took = Took(0, 0)
    large: int = 0
    first: tuple[Took, Took] = (Took(0, 0), Took(0, 0))
    again: tuple[Took, Took] = (Took(0, 0), Took(0, 0))
    large_compared: Took = Took(0, 0)


def measure(many: int, findings: int, large: int) -> Remembered:
    """Measure in a folder that is gone afterwards.

    Args:
        many: How many runs to record.
        findings: How many findings each of them has.
        large: How many findings the large run has.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "history.sqlite")
        with Store(path) as store:
            _record_many(store, many, findings)
            ((known,),) = store.database.execute("SELECT count(*) FROM finding")
            last, earlier = runs(store, limit=100)[:: min(99, many - 1)]
            compared = _took(lambda: compare(store, earlier, last))
        size = path.stat().st_size / 1e6
        with Store(Path(folder, "large.sqlite")) as store:
            made = [_finding(number) for number in range(large)]
            first = _record(store, BEGIN, made)
            made[: large // CHURN] = [_finding(large + number) for number in range(large // CHURN)]
            again = _record(store, BEGIN + DAY, made)
            last, earlier = runs(store)
            large_compared = _took(lambda: compare(store, earlier, last))
    return Remembered(many, findings, size, known, compared, large, first, again, large_compared)


def _record_many(store: Store, many: int, findings: int) -> None:
    """Record a run a day, of which each differs a little from the one before."""
    chance = random.Random(1)
    there, gone = [_finding(number) for number in range(findings)], [_finding(findings)]
    next_one = findings + 1
    for day in range(many):
        _record(store, BEGIN + day * DAY, there)
        for _ in range(findings // CHURN):
            place = chance.randrange(len(there))
            gone.append(there[place])
            if chance.randrange(BACK) == 0:
                there[place] = gone.pop(chance.randrange(len(gone)))
            else:
                there[place], next_one = _finding(next_one), next_one + 1


def _record(store: Store, moment: datetime, findings: list[Finding]) -> tuple[Took, Took]:
    """Record a run; give what it took to ask for each of its findings, and to write."""
    memory = RunComparison(store, "delivery", "shop", moment)
    asked = _took(lambda: _note(memory, findings))
    report = _report(findings, moment)
    return asked, _took(lambda: memory.record(report))


def _note(memory: RunComparison, findings: Iterable[Finding]) -> None:
    for each in findings:
        memory.note(each)


def _took(work: Callable[[], object]) -> Took:
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return Took(time.perf_counter() - wall, time.process_time() - processor)


def _finding(number: int) -> Finding:
    """Make a finding as reports of the shipped model have them: ids are UUIDs, a fifth has money."""
    chance = random.Random(number)
    order, customer = f"{chance.getrandbits(128):032x}", f"{chance.getrandbits(128):032x}"
    type_ = _TYPES[number % len(_TYPES)]
    return Finding(
        type_,
        "HIGH",
        "invalid_references",
        "orders",
        f"Order {order} of customer {customer} refers to a subscription that is not there",
        {"order_id": order, "customer_id": customer, "document_id": order},
        f"{chance.getrandbits(80):020x}",
        ("unbilled", Decimal(number % 10_000) / 100) if number % 5 == 0 else None,
        check=f"dangling-reference {type_.lower()}",
        cause=("customer_id",),
    )


def _report(findings: list[Finding], moment: datetime) -> Report:
    outcomes = tuple(
        Outcome(f"dangling-reference {each.lower()}", each, Status.VIOLATED, 1) for each in _TYPES
    )
    counts = dict.fromkeys(_TYPES, len(findings) // len(_TYPES))
    section = Section(
        "invalid_references",
        "Invalid references",
        "",
        "monthly",
        "",
        ("total", len(findings)),
        findings,
        counts,
        {},
        outcomes,
    )
    return Report(replace(_RUN, as_of=moment), Headline(0, 0, 0, {}), (section,), ())


_RUN: Final = RunInfo(
    generated_at=BEGIN,
    as_of=BEGIN,
    seconds=1.0,
    version="",
    projector="",
    engine="",
    model="delivery",
    model_title="",
    model_file="",
    currency="INR",
    source="dump/shop",
    source_kind="dump",
    database="shop",
    one_moment=True,
)
