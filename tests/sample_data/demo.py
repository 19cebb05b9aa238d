"""The sample that the demonstration audits: small, always the same, with faults of every kind."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

DEMO_ORDERS: Final = 4000
DEMO_SEED: Final = 31
DEMO_AS_OF: Final = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
DEMO_FAULTS: Final[Mapping[str, int]] = {
    "UNBILLED_ORDER": 9,
    "PENDING_ORDER_NOT_DELIVERED": 6,
    "CUSTOMER_NO_LOGIN": 5,
    "CUSTOMER_NO_LOGIN_WITH_ACTIVE_SUBSCRIPTIONS": 4,
    "USER_NO_CUSTOMER": 3,
    "CUSTOMER_USER_NOT_FOUND": 4,
    "USER_CUSTOMER_NOT_FOUND": 2,
    "CUSTOMER_USER_LINK_MISMATCH": 2,
    "PHANTOM_DELIVERY_NO_ORDER": 4,
    "INVALID_SUBSCRIPTION_REFERENCE": 5,
    "INVALID_ORDER_REFERENCE": 6,
    "INVALID_CUSTOMER_REFERENCE": 3,
    "DUPLICATE_CUSTOMER_PHONE": 6,
    "DUPLICATE_USER_EMAIL": 4,
    "DUPLICATE_ID": 2,
    "MISSING_ID": 3,
    "BILLING_NO_SUBSCRIPTION": 6,
    "DOUBLE_BILLING": 7,
    "BILLING_AMOUNT_MISMATCH": 5,
    "UNBILLED_PERIOD": 4,
    "INVALID_SUBSCRIPTION_STATUS": 4,
    "INVALID_ORDER_STATUS": 6,
    "INVALID_DELIVERY_STATUS": 4,
    "UNREADABLE_VALUE:orphaned_orders": 2,
    "UNREADABLE_VALUE:orphaned_customers": 1,
    "UNREADABLE_VALUE:duplicates": 1,
    "UNREADABLE_VALUE:billing": 4,
}
"""About as bad as a business that never looked: every type of finding, most in several variants."""
