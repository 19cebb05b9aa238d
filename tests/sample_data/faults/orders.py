"""Faults of one-time orders: not billed, or never delivered."""

from __future__ import annotations

from datetime import timedelta

from tests.sample_data.household import Household
from tests.sample_data.values import Document


def unbilled(home: Household, turn: int) -> None:
    """Plant UNBILLED_ORDER: a one-time order whose ``billed`` is false, null or missing."""
    order = home.one_time(home.person(), home.run.today - timedelta(days=home.rng.randint(1, 200)))
    _unbill(order, turn)
    if turn % 4 == 3:
        order["status"] = ("cancelled", "confirmed")[turn // 4 % 2]
        home.documents["delivery_statuses"].clear()
    home.expect("UNBILLED_ORDER", "orders", order)


def _unbill(order: Document, turn: int) -> None:
    order["billed"] = (False, None, False)[turn % 3]
    if turn % 3 == 2:
        del order["billed"]


def pending(home: Household, turn: int) -> None:
    """Plant PENDING_ORDER_NOT_DELIVERED: a paid one-time order still pending, for long or without a date."""
    order = home.one_time(home.person(), home.run.today)
    home.documents["delivery_statuses"].clear()
    order["status"] = "pending"
    variant = turn % 6
    if variant == 4:
        del order["created_at"]
    else:
        age = (2.5, 120.25, 31.0, 410.5, 0.0, 90.0)[variant]
        created = home.ago(age)
        order["delivery_date"] = created.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(
            days=1
        )
        order["created_at"] = created.isoformat(timespec="seconds") + "Z" if variant == 2 else created
    home.expect("PENDING_ORDER_NOT_DELIVERED", "orders", order)
