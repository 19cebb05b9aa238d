"""The whole run against the oracle on whatever documents hypothesis can build."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import bson
from hypothesis import given, settings
from hypothesis import strategies as st

from intact.audit.run import check
from intact.findings import to_document
from tests.oracle.audit import audit
from tests.oracle.compare import differences
from tests.support.bsons import names, scalars
from tests.support.cases import occurring
from tests.support.effort import share
from tests.support.memory import MemorySource
from tests.support.small import AS_OF, MODEL

VALUES = st.one_of(
    scalars,
    st.lists(scalars, max_size=2),
    st.dictionaries(names, scalars, max_size=2),
    st.just([[1, ["a"]], {"a": {}}]),
)
"""Whatever is there, and short: what is only shown is cut where it is long."""

FIELDS = {
    "orders": ["subscription_id", "customer_id", "status", "billed", "items", "created_at", "delivery_date"],
    "customers_v2": ["user_id", "phone", "name", "status", "created_at", "updated_at"],
    "users": ["email", "customer_v2_id", "created_at", "updated_at"],
    "subscriptions_v2": ["customer_id", "status"],
    "delivery_statuses": ["order_id", "customer_id", "status", "confirmed_at"],
    "billing_records": ["subscription_id", "period_date", "total_amount"],
}
WIDE = bson.CodecOptions[dict[str, Any]](datetime_conversion=bson.DatetimeConversion.DATETIME_AUTO)
KEYS = st.sampled_from(["a", "A", " a", 5, 5.0, "5", None, "", ["a", "b"]])
USUAL = {
    "status": st.sampled_from(
        ["pending", "delivered", "Delivered", "cancelled", "active", "paused", "draft"]
    ),
    "items": st.lists(st.fixed_dictionaries({"total": VALUES}), max_size=3),
    "billed": st.booleans(),
    "phone": st.sampled_from(["9876543210", "+91 98765 43210", "+919876543211", "12", 12]),
    "email": st.sampled_from(["a@b", "A@B ", "straße", "STRASSE"]),
    "total_amount": st.sampled_from([5, 5.5, "5.50", -5, 1e300]),
} | dict.fromkeys(
    ["created_at", "updated_at", "delivery_date", "period_date", "confirmed_at"],
    st.sampled_from(
        ["2026-01", "2026-01-31T23:00:00-05:00", datetime(2026, 1, 5), datetime(2026, 3, 1), "2025-12-31"]
    ),
)


def documents(fields: list[str]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Make a few documents: each field usual, like a key, anything at all, or absent."""
    each = {
        field: st.one_of(USUAL.get(field, KEYS), USUAL.get(field, KEYS), KEYS, VALUES) for field in fields
    }
    one = st.fixed_dictionaries({}, optional={"id": st.one_of(KEYS, KEYS, VALUES), **each})
    return st.lists(one, max_size=6).map(
        lambda found: [{"_id": f"{number}", **document} for number, document in enumerate(found)]
    )


@given(st.fixed_dictionaries({name: documents(fields) for name, fields in FIELDS.items()}))
@settings(max_examples=share(40))
def test_any_documents_give_what_the_oracle_finds(data: dict[str, list[dict[str, Any]]]) -> None:
    stored = {name: [bson.decode(bson.encode(each), WIDE) for each in found] for name, found in data.items()}
    # A few odd documents have many a path nowhere; what fit says of those has tests of its own.
    report = check(MemorySource(data), model=occurring(MODEL), as_of=AS_OF, show_personal=True)
    assert report.complete
    assert differences(audit(stored, as_of=AS_OF), to_document(report)) == []
