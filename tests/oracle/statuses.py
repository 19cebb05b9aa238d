"""Report 7: statuses outside their list."""

import difflib
from typing import Any

from tests.oracle.records import Database, Report, issue
from tests.oracle.values import is_text, shown_json, trim

LISTED = {
    "subscriptions_v2": ["draft", "active", "paused", "stopped"],
    "orders": ["pending", "confirmed", "delivered", "cancelled"],
    "delivery_statuses": ["pending", "out_for_delivery", "delivered", "not_delivered", "cancelled"],
}
_TYPES = {
    "subscriptions_v2": ("INVALID_SUBSCRIPTION_STATUS", "invalid_subscriptions"),
    "orders": ("INVALID_ORDER_STATUS", "invalid_orders"),
    "delivery_statuses": ("INVALID_DELIVERY_STATUS", "invalid_deliveries"),
}


def statuses(db: Database) -> Report:
    """Report 7: statuses that are not written exactly as one of the list, a missing one included."""
    issues = []
    summary = {}
    for collection, listed in LISTED.items():
        kind, counted = _TYPES[collection]
        found = []
        for record in db.records[collection]:
            status = record.get("status")
            if not is_text(status) or status not in listed:
                fields = {
                    "status": shown_json(status),
                    "suggestion": suggestion(status, listed),
                    "case_only": is_text(status) and status.casefold() in listed,
                }
                found.append(issue(kind, "HIGH", record, **fields))
        summary[counted] = len(found)
        issues += found
    return Report("total_status_issues", len(issues), issues, summary)


def suggestion(status: Any, listed: list[str]) -> str | None:
    """Give the listed status that was probably meant, or None."""
    if not is_text(status):
        return None
    forms = {_form(each): each for each in listed}
    form = _form(status)
    if form in forms:
        return forms[form]
    near = difflib.get_close_matches(form, list(forms), n=1, cutoff=0.6)
    return forms[near[0]] if near else None


def _form(text: str) -> str:
    bare = trim(text).casefold()
    for separator in (" ", "-", "_"):
        bare = bare.replace(separator, "")
    return bare
