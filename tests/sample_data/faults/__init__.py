"""The faults that can be planted: one function a kind, which makes a small household and breaks one thing.

A planting function gets an empty household and its turn (how many faults of its kind came before it); the
turns go through the variants of the fault, so a few of a kind already show them all. It notes with
:meth:`~tests.sample_data.household.Household.expect` every finding that an audit must give for it: its own, and
those that cannot be avoided with it. All that it makes beside the fault is consistent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from tests.sample_data.faults import billing, duplicates, links, orders, references, status, unreadable
from tests.sample_data.household import Household

Planter = Callable[[Household, int], None]

FAULTS: Final[Mapping[str, Planter]] = {
    "UNBILLED_ORDER": orders.unbilled,
    "PENDING_ORDER_NOT_DELIVERED": orders.pending,
    "CUSTOMER_NO_LOGIN": links.no_login,
    "CUSTOMER_NO_LOGIN_WITH_ACTIVE_SUBSCRIPTIONS": links.no_login_active,
    "USER_NO_CUSTOMER": links.no_customer,
    "CUSTOMER_USER_NOT_FOUND": links.user_not_found,
    "USER_CUSTOMER_NOT_FOUND": links.customer_not_found,
    "CUSTOMER_USER_LINK_MISMATCH": links.mismatch,
    "PHANTOM_DELIVERY_NO_ORDER": references.phantom,
    "INVALID_SUBSCRIPTION_REFERENCE": references.to_subscription,
    "INVALID_ORDER_REFERENCE": references.to_order,
    "INVALID_CUSTOMER_REFERENCE": references.to_customer,
    "DUPLICATE_CUSTOMER_PHONE": duplicates.phone,
    "DUPLICATE_USER_EMAIL": duplicates.email,
    "DUPLICATE_ID": duplicates.id_twice,
    "MISSING_ID": duplicates.id_missing,
    "BILLING_NO_SUBSCRIPTION": billing.no_subscription,
    "DOUBLE_BILLING": billing.double,
    "BILLING_AMOUNT_MISMATCH": billing.mismatch,
    "UNBILLED_PERIOD": billing.unbilled,
    "INVALID_SUBSCRIPTION_STATUS": status.of_subscription,
    "INVALID_ORDER_STATUS": status.of_order,
    "INVALID_DELIVERY_STATUS": status.of_delivery,
    "UNREADABLE_VALUE:orphaned_orders": unreadable.in_orphaned_orders,
    "UNREADABLE_VALUE:orphaned_customers": unreadable.in_orphaned_customers,
    "UNREADABLE_VALUE:duplicates": unreadable.in_duplicates,
    "UNREADABLE_VALUE:billing": unreadable.in_billing,
}
"""Every kind of fault: the types of finding, UNREADABLE_VALUE once for each report in which it can occur."""
