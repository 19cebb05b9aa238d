"""Bills against orders by subject, month and currency, naively: what counts, what is owed, what is too much.

For the small model of ``tests/checks/test_currencies.py``: a bill does not count where its status is cancelled, where
``hidden`` is true or where ``duplicate_of`` has a value; an order counts where it is not ``free``. A currency is text
in any letter case with white space around it; without one an amount is in the model's. A currency that is no text is
none: the amount is in no period, as that of an unreadable period.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.oracle.values import is_blank, is_null, is_text, total, trim

Document = Mapping[str, Any]
Finding = tuple[Any, ...]


@dataclass
class _Period:
    bills: list[Document] = field(default_factory=list)
    orders: list[Document] = field(default_factory=list)
    open_orders: list[Document] = field(default_factory=list)


def ledger(
    db: Mapping[str, Sequence[Document]], currency: str, running: str
) -> tuple[list[Finding], Counter[str]]:
    """Give the findings as tuples, and the money at stake by kind and currency."""
    found: list[Finding] = []
    periods: dict[tuple[str, str, str], _Period] = {}
    for name in ("bills", "orders"):
        for document in db[name]:
            counts = _counts(document, name)
            if counts is None and name == "bills":
                found.append(("UNREADABLE_VALUE", name, document["_id"], "hidden"))
            if counts is False or (counts is None and name == "bills"):
                continue
            code = document.get("currency")
            if not is_null(code) and not is_text(code):
                found += [("UNREADABLE_VALUE", name, document["_id"], "currency")] if counts else []
                continue
            code = currency if is_null(code) or is_blank(code) else trim(str(code)).upper()
            period = periods.setdefault((document["sub"], document["month"], code), _Period())
            (getattr(period, name) if counts else period.open_orders).append(document)
    money: Counter[str] = Counter()
    for (subject, month, code), period in periods.items():
        if month < running or len(period.bills) > 1:
            found += [("UNREADABLE_VALUE", "orders", each["_id"], "free") for each in period.open_orders]
        found += _judge(subject, month, code, period, month < running, money)
    return found, money


def _counts(document: Document, name: str) -> bool | None:
    """Whether a document counts; None where a flag that is no boolean leaves it open."""
    if name == "bills":
        status, flag = document.get("status"), document.get("hidden")
        if (is_text(status) and status.casefold() == "cancelled") or not is_null(
            document.get("duplicate_of")
        ):
            return False
    else:
        flag = document.get("free")
    return None if not is_null(flag) and not isinstance(flag, bool) else flag is not True


def _judge(
    subject: str, month: str, code: str, period: _Period, ended: bool, money: Counter[str]
) -> list[Finding]:
    billed = total([Decimal(str(each["total"])) for each in period.bills])
    calculated = total([Decimal(str(each["total"])) for each in period.orders])
    if len(period.bills) > 1:
        largest = max(Decimal(str(each["total"])) for each in period.bills)
        owed = largest if not period.orders else calculated if ended else max(calculated, largest)
        over = max(Decimal(0), billed - owed)
        _add(money, "overcharged", code, over)
        return [("TWICE", subject, month, code, len(period.bills), billed, over)]
    if not ended:
        return []
    if period.bills and billed != calculated:
        kind = "overbilled" if billed > calculated else "underbilled"
        _add(money, kind, code, abs(billed - calculated))
        return [("DIFFERS", subject, month, code, period.bills[0]["_id"], billed - calculated)]
    if not period.bills and calculated:
        _add(money, "unbilled" if calculated > 0 else "unbilled_negative", code, abs(calculated))
        return [("UNBILLED", subject, month, code, len(period.orders), calculated)]
    return []


def _add(money: Counter[str], kind: str, code: str, amount: Decimal) -> None:
    if amount:
        money[f"{kind}_{code}"] += amount  # type: ignore[assignment]  # a counter of amounts
