"""The independent oracle finds in a sample exactly what was planted, and nothing where nothing was."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from tests.oracle.audit import audit
from tests.sample.reading import AS_OF, as_database
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

MOMENTS = (
    AS_OF,
    datetime(2026, 1, 1, tzinfo=UTC),
    datetime(2026, 3, 31, 23, 59, 59, tzinfo=UTC),
    datetime(2024, 2, 29, 12, tzinfo=UTC),
)
"""The middle of a month, its first and last moments, and a leap day."""


def _found(business: Business, timezone: str = "UTC") -> Counter[Identity]:
    report = audit(as_database(business), as_of=business.as_of.replace(tzinfo=UTC), timezone=timezone)
    return Counter(
        identity(name, issue) for name, part in report["reports"].items() for issue in part["issues"]
    )


def _planted(business: Business) -> Counter[Identity]:
    return Counter(finding.identity for finding in business.planted.findings)


@pytest.mark.spread(3)
@pytest.mark.parametrize("seed", range(50))
def test_all_that_was_planted_is_found_and_nothing_else(seed: int) -> None:
    orders, faults = (0, 10, 300, 1200)[seed % 4], 1 + seed % 13
    business = Business(orders=orders, seed=seed, faults=faults, as_of=MOMENTS[seed % 3 if seed % 7 else 3])
    assert _found(business) == _planted(business)


@pytest.mark.spread(3)
@pytest.mark.parametrize("seed", range(50))
def test_nothing_is_found_where_nothing_was_planted(seed: int) -> None:
    business = Business(orders=(1, 10, 300, 1500)[seed % 4], seed=seed, as_of=MOMENTS[seed % len(MOMENTS)])
    assert _found(business) == Counter()


@pytest.mark.full("dozens of each fault, read with nested loops")
def test_every_variant_of_every_fault_is_found() -> None:
    faults = dict.fromkeys(FAULT_KINDS, 36) | {"UNREADABLE_VALUE:billing": 80}
    business = Business(orders=0, seed=99, faults=faults, as_of=AS_OF)
    assert _found(business) == _planted(business)


@pytest.mark.full("8,000 orders, read with nested loops")
def test_full_months_with_faults_are_found_too() -> None:
    business = Business(orders=8_000, seed=100, faults=7, as_of=AS_OF)
    assert _found(business) == _planted(business)


def test_the_demonstration_shows_what_was_planted() -> None:
    business = Business(orders=DEMO_ORDERS, seed=DEMO_SEED, faults=DEMO_FAULTS, as_of=DEMO_AS_OF)
    assert _found(business) == _planted(business)


def test_clean_data_stay_clean_by_the_clocks_of_the_business() -> None:
    business = Business(orders=1500, seed=12, as_of=AS_OF)
    assert _found(business, timezone="Asia/Kolkata") == Counter()
