"""The ordinary households of the sample business: everything in them is as it should be.

Of a hundred customers about 36 have no subscription, 50 have one and 14 have two; a subscription lasts one to
eight months, mostly short, somewhere in the last fourteen, and brings milk daily or on weekdays. A third of
the customers have a few one-time orders. That comes to about 40 orders and 1.5 bills a customer.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from tests.sample_data.household import Household, Person
from tests.sample_data.months import Month

HISTORY_MONTHS: Final = 14
"""How far back the business goes, in months before the running one."""

_LENGTHS: Final = (1, 1, 1, 1, 2, 2, 2, 3, 4, 8)


def fill(home: Household, limit: int) -> int:
    """Fill a household with ordinary, consistent trade.

    Args:
        home: The household, empty.
        limit: The most orders that it may get.

    Returns:
        How many orders it got.
    """
    rng, person = home.rng, home.person()
    made = 0
    if rng.random() < 0.35:
        for _ in range(min(rng.randint(1, 4), limit)):
            home.one_time(person, home.run.today - timedelta(days=rng.randint(1, 400)))
            made += 1
    lot = rng.random()
    for _ in range(0 if lot < 0.36 else 1 if lot < 0.86 else 2):
        made += _subscribe(home, person, limit - made)
    if rng.random() < 0.06:
        home.subscription(person, home.run.today, "draft")
    return made


def _subscribe(home: Household, person: Person, limit: int) -> int:
    """Add a subscription with its months, at most ``limit`` orders, and give their number."""
    rng, running = home.rng, home.run.month
    start = running.plus(-rng.randint(0, HISTORY_MONTHS - 1))
    last = min(start.plus(rng.choice(_LENGTHS) - 1), running)
    alive = last == running
    status = rng.choice(("active", "active", "active", "paused")) if alive else "stopped"
    subscription = home.subscription(person, start.first, status)
    weekdays = rng.random() < 0.25
    first_day, made, month = rng.randint(1, 12), 0, start
    while month <= last and made < limit:
        days = list(_days(home, month, first_day if month == start else 1, weekdays))[: limit - made]
        billed = month < running or rng.random() < 0.05
        home.period(subscription, month, days, billed)
        made += len(days)
        month = month.plus(1)
    return made


def _days(home: Household, month: Month, first: int, weekdays: bool) -> Iterator[int]:
    """Give the days of a month on which an order is due, none after ``as_of``."""
    end = home.run.today.day if month == home.run.month else month.days
    offset = month.first.weekday()
    for number in range(first, end + 1):
        if not weekdays or (offset + number - 1) % 7 < 5:
            yield number
