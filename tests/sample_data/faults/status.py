"""Faults of statuses: typos, letter case, white space, other types, or none."""

from __future__ import annotations

from typing import Any, Final

from tests.sample_data.household import Household
from tests.sample_data.values import Document

_MISSING: Final = object()

_SUBSCRIPTION: Final[tuple[Any, ...]] = (
    "Active", "actve", _MISSING, "on_hold", " paused", 1, None, "STOPPED", ["active"], "", True, "Drafts",
)  # fmt: skip
_ORDER: Final[tuple[Any, ...]] = (
    "canceled", "Cancelled", "comfirmed", "CONFIRMED", _MISSING, "refunded", "cancelled ", 4, None,
    ["cancelled"], "", {"code": "cancelled"},
)  # fmt: skip
_DELIVERY: Final[tuple[Any, ...]] = (
    "out for delivery", "Delivered", "deliverd", "OUT-FOR-DELIVERY", _MISSING, "returned",
    "delivered\n", 2.5, None, ["delivered"], "notdelivered", False,
)  # fmt: skip


def of_subscription(home: Household, turn: int) -> None:
    """Plant INVALID_SUBSCRIPTION_STATUS."""
    subscription = home.subscription(home.person(), home.run.today).document
    _write(subscription, _SUBSCRIPTION[turn % len(_SUBSCRIPTION)])
    home.expect("INVALID_SUBSCRIPTION_STATUS", "subscriptions_v2", subscription)


def of_order(home: Household, turn: int) -> None:
    """Plant INVALID_ORDER_STATUS; every third time on a delivered order, which still counts as delivered."""
    if turn % 3 == 2:
        order, _ = home.ended().delivered[0]
        order["status"] = ("Delivered", "DELIVERED")[turn // 3 % 2]
    else:
        order = home.cancelled(home.subscription(home.person(), home.run.month.plus(-3).first))
        _write(order, _ORDER[(turn - turn // 3) % len(_ORDER)])
    home.expect("INVALID_ORDER_STATUS", "orders", order)


def of_delivery(home: Household, turn: int) -> None:
    """Plant INVALID_DELIVERY_STATUS."""
    home.one_time(home.person(), home.run.today)
    delivery = home.documents["delivery_statuses"][0]
    _write(delivery, _DELIVERY[turn % len(_DELIVERY)])
    home.expect("INVALID_DELIVERY_STATUS", "delivery_statuses", delivery)


def _write(document: Document, status: object) -> None:
    document["status"] = status
    if status is _MISSING:
        del document["status"]
