"""Faults of references: deliveries without an order, and ids that lead nowhere."""

from __future__ import annotations

from datetime import timedelta

from tests.sample_data.household import Household
from tests.sample_data.values import NEAR


def phantom(home: Household, turn: int) -> None:
    """Plant PHANTOM_DELIVERY_NO_ORDER alone: a delivery that names no order."""
    day = home.run.today - timedelta(days=home.rng.randint(1, 300))
    status = ("delivered", "delivered", "out_for_delivery")[turn % 3]
    delivery = home.delivery(home.person(), None, day, status)
    if turn % 3 == 1:
        del delivery["order_id"]
    elif turn % 5 == 4:
        delivery["order_id"] = []
    home.expect("PHANTOM_DELIVERY_NO_ORDER", "delivery_statuses", delivery)


def to_order(home: Household, turn: int) -> None:
    """Plant INVALID_ORDER_REFERENCE, with PHANTOM_DELIVERY_NO_ORDER unless one of several orders is found."""
    person = home.person()
    day = home.run.today - timedelta(days=home.rng.randint(1, 300))
    order = home.one_time(person, day)
    way = turn % (len(NEAR) + 1)
    several = way == len(NEAR)
    reference = home.fresh() if several else NEAR[way](str(order["id"]), home.rng)
    delivery = home.delivery(person, [order["id"], reference] if several else reference, day, "delivered")
    if not several:
        home.expect("PHANTOM_DELIVERY_NO_ORDER", "delivery_statuses", delivery)
    home.expect("INVALID_ORDER_REFERENCE", "delivery_statuses", delivery, order_id=reference)


def to_subscription(home: Household, turn: int) -> None:
    """Plant INVALID_SUBSCRIPTION_REFERENCE: an order, for which no bill is due, of a lost subscription."""
    subscription = home.subscription(home.person(), home.run.month.first)
    way = turn % (len(NEAR) + 1)
    several = way == len(NEAR)
    reference = home.fresh() if several else NEAR[way](subscription.id, home.rng)
    if (turn + turn // 6) % 2 == 0:
        order = home.cancelled(subscription, [subscription.id, reference] if several else reference)
    else:
        day = home.run.month.first  # delivered in the month that has not ended
        order = home.order(
            subscription.person, subscription, day, subscription.baskets[1], "delivered", False
        )
        order["subscription_id"] = [subscription.id, reference] if several else reference
        home.delivery(subscription.person, order["id"], day, "delivered")
    home.expect("INVALID_SUBSCRIPTION_REFERENCE", "orders", order, subscription_id=reference)


def to_customer(home: Household, turn: int) -> None:
    """Plant INVALID_CUSTOMER_REFERENCE: in turns of a subscription, an order and a delivery."""
    period = home.ended()
    reference = NEAR[turn // 3 % len(NEAR)](period.subscription.person.customer_id, home.rng)
    collection, document = (
        ("subscriptions_v2", period.subscription.document),
        ("orders", period.orders[0]),
        ("delivery_statuses", period.deliveries[0]),
    )[turn % 3]
    document["customer_id"] = reference
    home.expect("INVALID_CUSTOMER_REFERENCE", collection, document, customer_id=reference)
