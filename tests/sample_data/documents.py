"""The documents of the sample business, each made by one function, as the business would write it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from tests.sample_data.months import Month
from tests.sample_data.values import Amount, Document, Ids, amount, uuid_text
from tests.sample_data.words import (
    AREAS,
    EXTRAS,
    FIRST_NAMES,
    LAST_NAMES,
    MAIL_HOSTS,
    MILK,
    NOTES,
    SLOTS,
    STREETS,
    Product,
)

_HOUR: Final = timedelta(hours=1)
_SPREAD: Final = (
    387_420_489  # 3**18, coprime to 10**8: neighbours in the count are far apart as phone numbers
)


@dataclass(frozen=True, slots=True)
class Basket:
    """What one order brings, and what it costs in whole paise."""

    items: list[Document]
    item_paise: tuple[int, ...]
    paise: int
    total: Amount


# ---- people ----


def national_number(number: int) -> str:
    """Give the ten-digit Indian mobile number of a person; every number below 10**8 has its own."""
    return f"98{number * _SPREAD % 10**8:08d}"


def phone(rng: Random, number: int) -> object:
    """Write a person's phone number in one of the ways that people write it; one in a hundred has none."""
    digits, lot = national_number(number), rng.random()
    if lot < 0.6:
        return f"+91 {digits[:5]} {digits[5:]}"
    if lot < 0.98:
        return rng.choice((f"+91{digits}", digits, f"0{digits}", f"+91-{digits[:5]}-{digits[5:]}"))
    return int(digits) if lot < 0.99 else rng.choice((None, "", " ", "-", "not given"))


def email(rng: Random, number: int, name: str) -> str | None:
    """Give a person's e-mail address, unlike all others in any letter case; one in a hundred has none."""
    address = f"{name.replace(' ', '.')}{number}@{rng.choice(MAIL_HOSTS)}"
    lot = rng.random()
    if lot < 0.01:
        return rng.choice((None, "", "  "))
    return address if lot < 0.1 else address.lower()


def customer(rng: Random, ids: Ids, number: int, joined: datetime) -> Document:
    """Make a customer; the caller links it to its user."""
    area, pincode = rng.choice(AREAS)
    name = f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}"
    document = {
        "_id": ids.object_id(joined),
        "id": uuid_text(rng),
        "user_id": None,
        "name": name,
        "phone": phone(rng, number),
        "address": {
            "line1": f"{rng.randint(1, 480)}, {rng.choice(STREETS)}",
            "area": area,
            "city": "Bengaluru",
            "pincode": pincode,
        },
        "location": {"type": "Point", "coordinates": _somewhere(rng)},
        "delivery_slot": rng.choice(SLOTS),
        "wallet_balance": 0.0,
        "tags": [] if rng.random() < 0.8 else ["early bird"],
        "status": rng.choice(("active", "active", "active", "inactive")),
        "created_at": joined,
        "updated_at": joined + rng.random() * timedelta(days=20),
    }
    if rng.random() < 0.02:
        del document["updated_at"]
    return _milliseconds(document)


def user(rng: Random, ids: Ids, number: int, owner: Document) -> Document:
    """Make the user account of a customer."""
    joined = owner["created_at"] + _HOUR * rng.random()
    return _milliseconds(
        {
            "_id": ids.object_id(joined),
            "id": uuid_text(rng),
            "email": email(rng, number, owner["name"]),
            "name": owner["name"],
            "role": "customer",
            "customer_v2_id": owner["id"],
            "is_active": True,
            "locale": rng.choice(("en", "en", "kn", "hi")),
            "created_at": joined,
            "updated_at": joined + rng.random() * timedelta(days=20),
        }
    )


# ---- trade ----


def baskets(rng: Random, style: str) -> tuple[Basket, ...]:
    """Draw the usual basket of a household, the same with one extra, and the same with two."""
    usual = [(rng.choice(MILK), rng.choice((1, 1, 1, 2, 3)))]
    if rng.random() < 0.35:
        usual.append((rng.choice(EXTRAS), 1))
    extras = [(product, rng.choice((1, 1, 2))) for product in rng.sample(EXTRAS, 2)]
    return tuple(_basket(usual + extras[:count], style) for count in range(3))


def _basket(lines: list[tuple[Product, int]], style: str) -> Basket:
    paise = tuple(product.paise * quantity for product, quantity in lines)
    items = [
        {
            "product_id": product.code,
            "name": f"{product.name} {product.unit}",
            "quantity": quantity,
            "price": amount(product.paise, style),
            "total": amount(cost, style),
        }
        for (product, quantity), cost in zip(lines, paise, strict=True)
    ]
    return Basket(items, paise, sum(paise), amount(sum(paise), style))


def subscription(
    rng: Random, ids: Ids, owner: Document, basket: Basket, started: datetime, status: str
) -> Document:
    """Make a subscription of a customer."""
    created = started - timedelta(days=rng.randint(1, 9), seconds=rng.randint(0, 80_000))
    return {
        "_id": ids.object_id(created),
        "id": uuid_text(rng),
        "customer_id": owner["id"],
        "status": status,
        "mode": rng.choice(("daily", "daily", "alternate_days", "weekdays")),
        "shift": "morning",
        "items": basket.items,
        "start_date": started,
        "price_per_delivery": basket.total,
        "auto_renew": True,
        "created_at": created,
        "updated_at": created + timedelta(days=2),
    }


def order(
    rng: Random,
    ids: Ids,
    owner: Document,
    subscribed: Document | None,
    day: datetime,
    basket: Basket,
    status: str,
    billed: bool,
) -> Document:
    """Make an order for a day; of a subscription, or a one-time order that names none."""
    created = day - timedelta(seconds=rng.randrange(21_600, 43_200), milliseconds=rng.randrange(1000))
    document: Document = {
        "_id": ids.object_id(created),
        "id": uuid_text(rng),
        "order_number": f"ORD-{day.year}-{ids.number('order'):08d}",
    }
    if subscribed is not None:
        document["subscription_id"] = subscribed["id"]
    elif rng.random() < 0.5:
        document["subscription_id"] = None
    lot = rng.random()
    document |= {
        "customer_id": owner["id"],
        "status": status,
        "items": basket.items,
        "total_amount": basket.total,
        "billed": billed,
        "delivery_date": day,
        "delivery_slot": owner["delivery_slot"],
        "address": owner["address"],
        "created_at": created,
    }
    if lot < 0.1:
        document["notes"] = NOTES[int(lot * 60)]
    return document


def delivery(
    rng: Random, ids: Ids, owner: Document, order_id: object, day: datetime, status: str
) -> Document:
    """Make the delivery of an order, confirmed in the morning of its day where it was delivered."""
    planned = day - timedelta(seconds=rng.randrange(3_600, 7_200))
    confirmed = day + timedelta(seconds=rng.randrange(600, 10_800), milliseconds=rng.randrange(1000))
    return {
        "_id": ids.object_id(planned),
        "id": uuid_text(rng),
        "order_id": order_id,
        "customer_id": owner["id"],
        "route": f"BLR-{owner['address']['pincode'][-3:]}",
        "status": status,
        "confirmed_at": confirmed if status == "delivered" else None,
        "confirmed_by": "shared_link" if status == "delivered" else None,
        "delivery_date": day,
        "created_at": planned,
    }


def bill(rng: Random, ids: Ids, subscribed: Document, month: Month, paise: int, style: str) -> Document:
    """Make the bill of a subscription for a month; its ``period_date`` is text such as ``2026-01``."""
    issued = month.plus(1).first + timedelta(seconds=rng.randrange(7_200, 80_000))
    paid = rng.random() < 0.9
    return {
        "_id": ids.object_id(issued),
        "id": uuid_text(rng),
        "invoice_number": f"INV-{month.year}-{ids.number('invoice'):07d}",
        "subscription_id": subscribed["id"],
        "customer_id": subscribed["customer_id"],
        "period_date": month.text,
        "total_amount": amount(paise, style),
        "currency": "INR",
        "status": "paid" if paid else "issued",
        "due_date": month.plus(1).day(10),
        "created_at": issued,
        "updated_at": issued + (timedelta(days=3) if paid else timedelta()),
    }


def write_period(document: Document, month: Month, style: str) -> None:
    """Write the period of a bill as ``month`` (2026-01), ``day`` (2026-01-01), ``date`` or ISO ``moment``."""
    forms: dict[str, Any] = {
        "month": month.text,
        "day": f"{month.text}-01",
        "date": month.first,
        "moment": f"{month.text}-01T00:00:00Z",
    }
    document["period_date"] = forms[style]


def _somewhere(rng: Random) -> list[float]:
    """Draw a longitude and a latitude in the city."""
    return [round(77.5 + rng.random() / 5, 6), round(12.9 + rng.random() / 5, 6)]


def _milliseconds(document: Document) -> Document:
    """Cut the moments of a document to whole milliseconds, as BSON keeps them."""
    for name, value in document.items():
        if isinstance(value, datetime):
            document[name] = value.replace(microsecond=value.microsecond // 1000 * 1000)
    return document
