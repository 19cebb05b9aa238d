"""The whole run against the naive oracle, and against what the sample planted.

The oracle (`tests/oracle`) reads plain dictionaries with nested loops and shares no code with the package.
``INTACT_SEEDS`` asks for other numbers of random databases than the usual ones: with ``INTACT_EFFORT=full``,
``INTACT_SEEDS=5000`` for a long run.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import pytest

from intact.audit.run import check
from intact.checks import KINDS
from intact.findings import Report, to_document
from intact.model import load
from intact.model.specs import Model
from tests.oracle.audit import audit
from tests.oracle.compare import differences
from tests.oracle.worlds import AS_OF, world
from tests.sample.reading import as_database
from tests.sample_data import (
    DEMO_AS_OF,
    DEMO_FAULTS,
    DEMO_ORDERS,
    DEMO_SEED,
    FAULT_KINDS,
    Business,
    Identity,
    identity,
)
from tests.sample_data.planted import REPORTS
from tests.support.memory import MemorySource

SEEDS = int(os.environ.get("INTACT_SEEDS", "0"))
WORLDS = range(SEEDS or 120)
SAMPLES = range(min(SEEDS or 30, 500))
HOSTILE = (0.05, 0.15, 0.3, 0.5, 0.8)
ZONES = ("UTC", "Asia/Kolkata", "America/New_York")
MOMENTS = (
    AS_OF,
    datetime(2026, 2, 1, tzinfo=UTC),
    datetime(2026, 1, 31, 18, 30, tzinfo=UTC),
    datetime(2026, 2, 1, 4, 59, 59, 999000, tzinfo=UTC),
    datetime(2025, 12, 1, tzinfo=UTC),
    datetime(2027, 6, 30, 12, tzinfo=UTC),
)
SAMPLE_AS_OF = (
    datetime(2026, 11, 22, 9, 30, tzinfo=UTC),
    datetime(2026, 1, 1, tzinfo=UTC),
    datetime(2024, 2, 29, 12, tzinfo=UTC),
)


@lru_cache(maxsize=4)
def model_of(zone: str = "UTC") -> Model:
    return replace(load("delivery", KINDS), timezone=zone)


def run(data: Mapping[str, Sequence[Mapping[str, Any]]], as_of: datetime, zone: str = "UTC") -> Report:
    return check(MemorySource(data, at_once=50), model=model_of(zone), as_of=as_of, show_personal=True)


@pytest.mark.spread(8)
@pytest.mark.parametrize("seed", WORLDS)
def test_a_hostile_database_gives_what_the_oracle_finds(seed: int) -> None:
    data = world(seed, hostile=HOSTILE[seed % len(HOSTILE)])
    zone, as_of = ZONES[seed % len(ZONES)], MOMENTS[seed // 2 % len(MOMENTS)]
    report = run(data, as_of, zone)
    assert differences(audit(data, as_of=as_of, timezone=zone), to_document(report)) == []
    assert report.complete
    prints = [finding.fingerprint for section in report.sections for finding in section.issues]
    own = [(section.name, finding.fingerprint) for section in report.sections for finding in section.issues]
    assert len(set(own)) == len(prints)


@pytest.mark.covering
@pytest.mark.parametrize("seed", [0, 7])
@pytest.mark.parametrize("zone", ZONES)
def test_a_clean_database_gives_nothing(seed: int, zone: str) -> None:
    data = world(seed, hostile=0)
    report = run(data, AS_OF, zone)
    assert [finding for section in report.sections for finding in section.issues] == []
    assert differences(audit(data, as_of=AS_OF, timezone=zone), to_document(report)) == []
    assert (report.headline.total_critical_issues, report.headline.documents_affected) == (0, 0)
    assert (report.exit_code, report.complete) == (0, True)
    assert report.headline.money_at_stake == {}


def _found(business: Business) -> Counter[Identity]:
    document: dict[str, Any] = to_document(run(as_database(business), business.as_of))
    reports: dict[str, Any] = document["reports"]
    return Counter(identity(name, issue) for name, part in reports.items() for issue in part["issues"])


def _planted(business: Business) -> Counter[Identity]:
    return Counter(finding.identity for finding in business.planted.findings)


@pytest.mark.spread(4)
@pytest.mark.parametrize("seed", SAMPLES)
def test_all_that_was_planted_is_found_and_nothing_else(seed: int) -> None:
    business = Business(
        orders=(0, 60, 400)[seed % 3],
        seed=seed,
        faults=1 + seed % 7,
        as_of=SAMPLE_AS_OF[seed // 3 % len(SAMPLE_AS_OF)],
    )
    found = _found(business)
    planted = _planted(business)
    assert found - planted == Counter(), "found and not planted"
    assert planted - found == Counter(), "planted and not found"
    assert business.planted.faults == dict.fromkeys(FAULT_KINDS, 1 + seed % 7)


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_found_in_a_sample_without_faults(seed: int) -> None:
    business = Business(orders=600, seed=100 + seed, as_of=SAMPLE_AS_OF[seed])
    assert _found(business) == Counter()


def test_the_demonstration_shows_every_type_of_finding() -> None:
    business = Business(orders=DEMO_ORDERS, seed=DEMO_SEED, faults=DEMO_FAULTS, as_of=DEMO_AS_OF)
    report = run(as_database(business), DEMO_AS_OF)
    shown = {
        (section.name, kind) for section in report.sections for kind, count in section.counts.items() if count
    }
    wanted = {(name, kind) for name, kinds in REPORTS.items() for kind in kinds}
    assert wanted <= shown
    assert {name for name, kind in shown - wanted if kind == "UNREADABLE_VALUE"} == {
        name for name, _ in shown - wanted
    }
    document: dict[str, Any] = to_document(report)
    found = Counter(identity(n, issue) for n, part in document["reports"].items() for issue in part["issues"])
    assert found == _planted(business)
