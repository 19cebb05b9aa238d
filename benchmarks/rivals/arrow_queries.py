"""The seven reports' main queries in SQL, written by hand: joins, duplicates, sums by month."""

# ruff: noqa: S608 - names come from the tables below

from __future__ import annotations

from collections.abc import Iterator

KEYED = ("orders", "customers_v2", "users", "subscriptions_v2", "delivery_statuses", "billing_records")

LINKS = (
    ("CUSTOMER_USER_NOT_FOUND", "customers_v2", "user_id", "users"),
    ("USER_CUSTOMER_NOT_FOUND", "users", "customer_v2_id", "customers_v2"),
    ("INVALID_SUBSCRIPTION_REFERENCE", "orders", "subscription_id", "subscriptions_v2"),
    ("INVALID_ORDER_REFERENCE", "delivery_statuses", "order_id", "orders"),
    ("INVALID_CUSTOMER_REFERENCE", "subscriptions_v2", "customer_id", "customers_v2"),
    ("INVALID_CUSTOMER_REFERENCE", "orders", "customer_id", "customers_v2"),
    ("INVALID_CUSTOMER_REFERENCE", "delivery_statuses", "customer_id", "customers_v2"),
)

STATUSES = (
    ("INVALID_SUBSCRIPTION_STATUS", "subscriptions_v2", "'draft', 'active', 'paused', 'stopped'"),
    ("INVALID_ORDER_STATUS", "orders", "'pending', 'confirmed', 'delivered', 'cancelled'"),
    (
        "INVALID_DELIVERY_STATUS",
        "delivery_statuses",
        "'pending', 'out_for_delivery', 'delivered', 'not_delivered', 'cancelled'",
    ),
)

LEDGER = """
WITH bills AS (
    SELECT subscription_id, period_date[:7] AS period, count(*) AS bills, list(id) AS billing_ids,
        sum(total_amount) AS billed, max(total_amount) AS largest
    FROM billing_records WHERE trim(subscription_id) <> '' AND period_date IS NOT NULL GROUP BY ALL
), delivered AS (
    SELECT subscription_id, strftime(delivery_date, '%Y-%m') AS period, count(*) AS delivered_orders,
        list(id) AS order_ids, sum(list_sum(list_transform(items, lambda item: item.total))) AS calculated
    FROM orders WHERE lower(status) = 'delivered' AND subscription_id IS NOT NULL AND delivery_date IS NOT NULL
    GROUP BY ALL
), ledger AS (
    SELECT *, period < strftime(getvariable('as_of'), '%Y-%m') AS ended
    FROM bills FULL JOIN delivered USING (subscription_id, period)
)
"""

WRITTEN = {
    "UNBILLED_ORDER": """
        SELECT id AS order_id, status, list_sum(list_transform(items, lambda item: item.total)) AS amount
        FROM orders WHERE subscription_id IS NULL AND billed IS DISTINCT FROM true
    """,
    "PENDING_ORDER_NOT_DELIVERED": """
        SELECT id AS order_id, date_diff('day', created_at, getvariable('as_of')) AS days_pending
        FROM orders WHERE subscription_id IS NULL AND lower(status) = 'pending'
    """,
    "CUSTOMER_NO_LOGIN": """
        SELECT id AS customer_id, phone AS customer_phone, status FROM customers_v2 WHERE user_id IS NULL
    """,
    "CUSTOMER_NO_LOGIN_WITH_ACTIVE_SUBSCRIPTIONS": """
        SELECT c.id AS customer_id, count(*) AS active_subscriptions
        FROM customers_v2 c JOIN subscriptions_v2 s ON s.customer_id = c.id
        WHERE c.user_id IS NULL AND lower(s.status) IN ('active', 'paused') GROUP BY ALL
    """,
    "USER_NO_CUSTOMER": "SELECT id AS user_id FROM users WHERE customer_v2_id IS NULL",
    "CUSTOMER_USER_LINK_MISMATCH": """
        SELECT c.id AS customer_id, u.id AS user_id FROM customers_v2 c JOIN users u ON u.id = c.user_id
        WHERE u.customer_v2_id <> c.id
        UNION
        SELECT c.id, u.id FROM users u JOIN customers_v2 c ON c.id = u.customer_v2_id WHERE c.user_id <> u.id
    """,
    "PHANTOM_DELIVERY_NO_ORDER": """
        SELECT d.id AS delivery_id, d.order_id, d.customer_id, d.confirmed_at, d.status
        FROM delivery_statuses d ANTI JOIN orders o ON o.id = d.order_id
    """,
    "DUPLICATE_CUSTOMER_PHONE": r"""
        SELECT right(regexp_replace(phone, '\D', '', 'g'), 10) AS phone, count(*) AS count,
            list(id) AS customer_ids, list(name) AS customer_names,
            arg_max(id, coalesce(updated_at, created_at)) AS keep
        FROM customers_v2 WHERE regexp_matches(phone, '\d') GROUP BY 1 HAVING count(*) > 1
    """,
    "DUPLICATE_USER_EMAIL": """
        SELECT lower(trim(email)) AS email, count(*) AS count, list(id) AS user_ids,
            arg_max(id, coalesce(updated_at, created_at)) AS keep
        FROM users WHERE trim(email) <> '' GROUP BY 1 HAVING count(*) > 1
    """,
    "BILLING_NO_SUBSCRIPTION": """
        SELECT b.id AS billing_id, b.subscription_id, b.total_amount AS amount
        FROM billing_records b ANTI JOIN subscriptions_v2 s ON s.id = b.subscription_id
    """,
    "DOUBLE_BILLING": f"""{LEDGER}
        SELECT subscription_id, period, bills AS count, billing_ids, billed AS total_billed,
            greatest(0, billed - coalesce(calculated, largest)) AS total_overcharge, calculated
        FROM ledger WHERE bills > 1
    """,
    "BILLING_AMOUNT_MISMATCH": f"""{LEDGER}
        SELECT billing_ids[1] AS billing_id, subscription_id, period, billed, calculated,
            billed - calculated AS difference, delivered_orders
        FROM ledger SEMI JOIN subscriptions_v2 s ON s.id = subscription_id
        WHERE bills = 1 AND ended AND abs(billed - coalesce(calculated, 0)) > 0.01
    """,
    "UNBILLED_PERIOD": f"""{LEDGER}
        SELECT subscription_id, period, calculated, delivered_orders, order_ids
        FROM ledger WHERE bills IS NULL AND ended AND calculated <> 0
    """,
}


def queries() -> Iterator[tuple[str, str]]:
    """Give each query with the type of what it finds."""
    yield from WRITTEN.items()
    for finding, source, field, target in LINKS:
        missing = f"{source} s ANTI JOIN {target} t ON t.id = s.{field}"
        yield finding, f"SELECT s.id, s.{field} FROM {missing} WHERE s.{field} IS NOT NULL"
    for name in KEYED:
        duplicate = f"FROM {name} WHERE trim(id) <> '' GROUP BY id HAVING count(*) > 1"
        yield "DUPLICATE_ID", f"SELECT '{name}' AS collection, id, count(*) AS count {duplicate}"
        yield "MISSING_ID", f"SELECT '{name}' AS collection, * FROM {name} WHERE trim(coalesce(id, '')) = ''"
    for finding, name, allowed in STATUSES:
        yield finding, f"SELECT id, status FROM {name} WHERE status IS NULL OR status NOT IN ({allowed})"
