"""Report 7: statuses outside their list."""

import re
from functools import cache
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
    """Give the listed status that was probably meant, or None.

    The same letters in another case, with other white space, hyphens or underscores; else, word by word, one letter
    off, or two where a word has eight. A letter before the word, any in a word of three, and a digit make another
    word.
    """
    if not is_text(status):
        return None
    same = [each for each in listed if _words(each, "") == _words(status, "")]
    if same:
        return same[0]
    off = {each: _off(_words(status), _words(each)) for each in listed}
    least = min(off.values())
    near = [each for each in listed if off[each] == least]
    return near[0] if least < _TOO_MANY and len(near) == 1 else None


_TOO_MANY = 99


def _words(text: str, between: str = " ") -> list[str]:
    apart = re.sub(r"([a-z])([A-Z])", r"\1 \2", trim(text))
    words = re.split(r"[-_\s]+", apart.casefold())
    return [each for each in between.join(words).split(" ") if each]


def _off(words: list[str], wanted: list[str]) -> int:
    if len(words) != len(wanted):
        return _TOO_MANY
    letters = [_edits(one, other) for one, other in zip(words, wanted, strict=True)]
    for one, other, apart in zip(words, wanted, letters, strict=True):
        if re.findall(r"[0-9]", one) != re.findall(r"[0-9]", other):
            return _TOO_MANY
        begins = one[0] == other[0] or (len(one) > 1 and one[1] + one[0] == other[:2])
        if apart > _allowed(one, other) or (apart and not begins):
            return _TOO_MANY
    whole = sum(letters)
    return whole if whole <= _allowed("".join(words), "".join(wanted)) else _TOO_MANY


def _allowed(one: str, other: str) -> int:
    if min(len(one), len(other)) < 4:
        return 0
    return 2 if max(len(one), len(other)) >= 8 else 1


@cache
def _edits(one: str, other: str) -> int:
    """Count letters to put in, take out, change, or swap with the next."""
    if not one or not other:
        return len(one) + len(other)
    found = [
        _edits(one[1:], other[1:]) + (one[0] != other[0]),
        _edits(one[1:], other) + 1,
        _edits(one, other[1:]) + 1,
    ]
    if len(one) > 1 < len(other) and one[:2] == other[1::-1]:
        found.append(_edits(one[2:], other[2:]) + 1)
    return min(found)
