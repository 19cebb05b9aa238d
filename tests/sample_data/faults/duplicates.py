"""Faults of identity: one phone, e-mail address or id for several records, or no id at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from tests.sample_data.documents import national_number
from tests.sample_data.faults.billing import bill_of
from tests.sample_data.household import Household
from tests.sample_data.planted import COLLECTIONS
from tests.sample_data.values import Document

_Forms = Callable[[str], tuple[object, ...]]

_PHONES: Final[tuple[_Forms, ...]] = (
    lambda n: (f"+91 {n[:5]} {n[5:]}", n),
    lambda n: (f"+91{n}", f"+91{n}"),
    lambda n: (f"0{n[:5]} {n[5:]}", f"+91-{n[:5]}-{n[5:]}", f"91 {n[:5]} {n[5:]}"),
    lambda n: (int(n), f"(+91) {n[:5]}{n[5:]}", f"{n}.0"),
    lambda n: (f" {n}", f"{n[:4]}-{n[4:7]}-{n[7:]}", f"0091{n}", f"+91 {n}"),
)
"""Ways to write one ten-digit number in several records."""

_EMAILS: Final[tuple[_Forms, ...]] = (
    lambda name: (f"{name}@example.com", f"{name.upper()}@Example.com"),
    lambda name: (f"{name}@example.com", f"{name}@example.com"),
    lambda name: (f" {name}@example.org", f"{name}@example.org ", f"{name.title()}@EXAMPLE.ORG"),
    lambda name: (f"{name}.weiß@example.net", f"{name}.WEISS@example.net"),
)
"""Ways to write one address in several records."""


def phone(home: Household, turn: int) -> None:
    """Plant DUPLICATE_CUSTOMER_PHONE: one number, in turns written alike and differently, or one text."""
    phone_group(home, turn)


def phone_group(home: Household, turn: int) -> list[Document]:
    """Plant a group of customers with one phone and give them."""
    number = home.run.ids.number("person")
    way = turn % (len(_PHONES) + 1)
    if way < len(_PHONES):
        digits = national_number(number)
        forms, compared = _PHONES[way](digits), f"+91{digits}"
    else:
        compared = f"call gate 2, flat {_letters(number)}"
        forms = (compared, f"{compared} ")
    members = [home.person().customer for _ in forms]
    for member, form in zip(members, forms, strict=True):
        member["phone"] = form
    home.expect("DUPLICATE_CUSTOMER_PHONE", "customers_v2", *members, phone=compared)
    return members


def email(home: Household, turn: int) -> None:
    """Plant DUPLICATE_USER_EMAIL: the same address, in turns written alike and in different letter case."""
    email_group(home, turn)


def email_group(home: Household, turn: int) -> list[Document]:
    """Plant a group of users with one e-mail address and give them."""
    name = f"family{home.run.ids.number('person')}"
    forms = [str(form) for form in _EMAILS[turn % len(_EMAILS)](name)]
    members = [home.person().user for _ in forms]
    for member, form in zip(members, forms, strict=True):
        member["email"] = form
    home.expect("DUPLICATE_USER_EMAIL", "users", *members, email=forms[0].strip().casefold())
    return members


def id_twice(home: Household, turn: int) -> None:
    """Plant DUPLICATE_ID: two records, in turns three, with one id; each collection in its turn."""
    collection = COLLECTIONS[turn % len(COLLECTIONS)]
    copies = 2 if turn // len(COLLECTIONS) % 3 == 2 else 1
    if collection == "billing_records":
        first, changes = _next_bills(home, copies)
    else:
        first, changes = _copies(home, collection, copies)
    members = [first, *(home.copy(collection, first, **change) for change in changes)]
    if collection == "orders" and turn // len(COLLECTIONS) % 2 == 1:
        _number(home, members)
    home.expect("DUPLICATE_ID", collection, *members, id=members[0]["id"])


def _copies(home: Household, collection: str, copies: int) -> tuple[Document, list[dict[str, Any]]]:
    """Make a record of a collection, and the changes that keep its copies from breaking another rule."""
    person = home.person()
    if collection == "customers_v2":
        numbers = [national_number(home.run.ids.number("person")) for _ in range(copies)]
        return person.customer, [{"phone": f"+91 {number[:5]} {number[5:]}"} for number in numbers]
    if collection == "users":
        numbers = [str(home.run.ids.number("person")) for _ in range(copies)]
        return person.user, [{"email": f"second.account{number}@example.com"} for number in numbers]
    if collection == "subscriptions_v2":
        return home.subscription(person, home.run.today, "draft").document, [{}] * copies
    order = home.one_time(person, home.run.today - timedelta(days=home.rng.randint(1, 90)))
    return (order if collection == "orders" else home.documents[collection][0]), [{}] * copies


def _next_bills(home: Household, copies: int) -> tuple[Document, list[dict[str, Any]]]:
    """Make a right bill, whose copies become bills of the running month, each of another subscription."""
    period = home.ended()
    bill, running = bill_of(period), home.run.month.text
    others = [period.subscription, home.subscription(period.subscription.person, home.run.month.first)]
    return bill, [{"period_date": running, "subscription_id": other.id} for other in others[:copies]]


def _number(home: Household, members: list[Document]) -> None:
    """Give records a legacy id that is a number, as int in one and as double in the others."""
    number = 100_000 + home.run.ids.number("legacy id")
    for delivery in home.documents["delivery_statuses"]:
        delivery["order_id"] = number
    for index, member in enumerate(members):
        member["id"] = float(number) if index else number


def id_missing(home: Household, turn: int) -> None:
    """Plant MISSING_ID: a record whose id is missing, null or blank; each collection in its turn.

    A customer or user without an id cannot be linked, so CUSTOMER_NO_LOGIN or USER_NO_CUSTOMER comes with it.
    """
    collection = COLLECTIONS[turn % len(COLLECTIONS)]
    document = _unreferenced(home, collection)
    document["id"] = (None, "   ", None)[turn // len(COLLECTIONS) % 3]
    if turn // len(COLLECTIONS) % 3 == 2:
        del document["id"]
    home.expect("MISSING_ID", collection, document)
    if collection == "customers_v2":
        home.expect("CUSTOMER_NO_LOGIN", collection, document)
    if collection == "users":
        home.expect("USER_NO_CUSTOMER", collection, document)


def _unreferenced(home: Household, collection: str) -> Document:
    """Make a record to which nothing refers by its id."""
    if collection == "customers_v2":
        return home.customer_alone().customer
    if collection == "users":
        return home.user_alone()
    if collection == "orders":
        return home.cancelled(home.subscription(home.person(), home.run.today - timedelta(days=60)))
    if collection == "subscriptions_v2":
        return home.subscription(home.person(), home.run.today, "draft").document
    home.ended()
    return home.documents[collection][-1]


def _letters(number: int) -> str:
    """Write a number in capital letters."""
    text = ""
    while number:
        number, digit = divmod(number - 1, 26)
        text = chr(65 + digit) + text
    return text
