"""One household of the sample business: its people, subscriptions, orders, deliveries and bills.

Everything that a :class:`Household` makes is consistent. Faults are made by planting functions, which make
what they need here and then break it. Sub-documents (addresses, items) are shared between documents: replace,
never change them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from tests.sample_data import documents
from tests.sample_data.documents import Basket
from tests.sample_data.months import Month
from tests.sample_data.planted import COLLECTIONS, KEY_NAMES, REPORTS, PlantedFinding, name_of, shown
from tests.sample_data.values import Document, Ids, uuid_text

_STYLES: Final = ("double",) * 15 + ("int",) * 4 + ("decimal",)
_PERIOD_STYLES: Final = ("month",) * 14 + ("day",) * 2 + ("date",) * 4
_REPORT_OF: Final = {kind: report for report, kinds in REPORTS.items() for kind in kinds}


@dataclass(frozen=True, slots=True)
class Person:
    """A customer with a user account, linked both ways."""

    customer: Document
    user: Document
    number: int
    style: str
    """How this household's amounts are written; see :func:`tests.sample_data.values.amount`."""

    @property
    def customer_id(self) -> str:
        """The customer's ``id``."""
        return str(self.customer["id"])


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription, who holds it, and what it brings."""

    document: Document
    person: Person
    baskets: tuple[Basket, ...]
    period_style: str

    @property
    def id(self) -> str:
        """The subscription's ``id``."""
        return str(self.document["id"])


@dataclass(slots=True)
class ActivePeriod:
    """One month of one subscription: its orders, what of them was delivered, and its bill if there is one."""

    subscription: Subscription
    month: Month
    orders: list[Document] = field(default_factory=list)
    deliveries: list[Document] = field(default_factory=list)
    delivered: list[tuple[Document, Basket]] = field(default_factory=list)
    paise: int = 0
    bill: Document | None = None


@dataclass(slots=True)
class SubscriptionRun:
    """What all households of one run share."""

    seed: int
    as_of: datetime
    ids: Ids
    compact: bool
    """Whether the households that carry faults order weekly instead of daily, to fit into a small sample."""

    @property
    def month(self) -> Month:
        """The month that has not ended."""
        return Month.of(self.as_of)

    @property
    def today(self) -> datetime:
        """Midnight before ``as_of``."""
        return self.as_of.replace(hour=0, minute=0, second=0, microsecond=0)


class Household:
    """Makes the documents of one household, all drawn from its own random numbers."""

    def __init__(self, run: SubscriptionRun, number: int) -> None:
        self.run = run
        self.rng = Random(f"{run.seed}/household/{number}")
        self.documents: dict[str, list[Document]] = {name: [] for name in COLLECTIONS}
        self.findings: list[PlantedFinding] = []

    def add(self, collection: str, document: Document) -> Document:
        """Add a document to a collection and give it back."""
        self.documents[collection].append(document)
        return document

    def copy(self, collection: str, document: Document, **changes: Any) -> Document:
        """Add a copy of a document with an ``_id`` of its own and other changes."""
        stamp = document["_id"].generation_time.replace(tzinfo=None)
        return self.add(collection, {**document, "_id": self.run.ids.object_id(stamp), **changes})

    def remove(self, collection: str, document: Document) -> None:
        """Take a document out of its collection again."""
        self.documents[collection] = [kept for kept in self.documents[collection] if kept is not document]

    def expect(self, kind: str, collection: str, *found: Document, report: str = "", **ids: Any) -> None:
        """Note a finding that an audit must give. Call it when the documents are as they will be written.

        Args:
            kind: Type of the finding.
            collection: Collection of the finding.
            found: The document it names, or the documents of its group.
            report: Report, needed where several can have the type.
            ids: Id fields beside the record's own.
        """
        named = {KEY_NAMES[collection]: name_of(found[0])} if len(found) == 1 and kind != "MISSING_ID" else {}
        shown_ids = {**named, **{name: shown(value) for name, value in ids.items()}}
        stamps = tuple(shown(document["_id"]) for document in found)
        self.findings.append(PlantedFinding(report or _REPORT_OF[kind], kind, collection, shown_ids, stamps))

    def ago(self, days: float) -> datetime:
        """Give a moment so many days before ``as_of``."""
        return self.run.as_of - timedelta(days=days)

    # ---- people ----

    def person(self) -> Person:
        """Add a customer and the user account, linked both ways."""
        number = self.run.ids.number("person")
        joined = self.ago(30 + 700 * self.rng.random())
        customer = documents.customer(self.rng, self.run.ids, number, joined)
        user = documents.user(self.rng, self.run.ids, number, customer)
        customer["user_id"] = user["id"]
        self.add("customers_v2", customer)
        self.add("users", user)
        return Person(customer, user, number, self.rng.choice(_STYLES))

    def customer_alone(self, user_id: object = None) -> Person:
        """Add a customer without the user; it points at ``user_id``, or at nothing where that is None."""
        person = self.person()
        self.remove("users", person.user)
        person.customer["user_id"] = user_id
        if user_id is None and self.rng.random() < 0.5:
            del person.customer["user_id"]
        return person

    def user_alone(self, customer_id: object = None) -> Document:
        """Add a user without the customer; it points at ``customer_id``, or at nothing where that is None."""
        person = self.person()
        self.remove("customers_v2", person.customer)
        person.user["customer_v2_id"] = customer_id
        if customer_id is None and self.rng.random() < 0.5:
            del person.user["customer_v2_id"]
        return person.user

    # ---- trade ----

    def subscription(self, person: Person, started: datetime, status: str = "active") -> Subscription:
        """Add a subscription of a person."""
        baskets = documents.baskets(self.rng, person.style)
        document = documents.subscription(
            self.rng, self.run.ids, person.customer, baskets[0], started, status
        )
        self.add("subscriptions_v2", document)
        return Subscription(document, person, baskets, self.rng.choice(_PERIOD_STYLES))

    def period(
        self,
        subscription: Subscription,
        month: Month,
        days: Iterable[int],
        billed: bool = True,
        *,
        sure: bool = False,
    ) -> ActivePeriod:
        """Add a month of orders with their deliveries, and the right bill where it is billed.

        Args:
            subscription: Whose orders.
            month: The month.
            days: Days of the month on which an order is due, from 1 on, none after ``as_of``.
            billed: Whether the month gets its bill; without a delivered order it gets none.
            sure: Whether every order is delivered, none cancelled.
        """
        period = ActivePeriod(subscription, month)
        rng, today = self.rng, self.run.today
        for number in days:
            day, lot = month.day(number), rng.random()
            basket = subscription.baskets[0 if lot < 0.72 else 1 if lot < 0.86 else 2]
            if day >= today:
                self._due(period, day, basket)
            elif sure or lot < 0.96:
                self._delivered(period, day, basket, billed)
            else:
                self._cancelled(period, day, basket)
        if billed and period.delivered:
            period.bill = self.bill(subscription, month, period.paise)
        return period

    def _delivered(self, period: ActivePeriod, day: datetime, basket: Basket, billed: bool) -> None:
        order = self.order(period.subscription.person, period.subscription, day, basket, "delivered", billed)
        period.orders.append(order)
        period.deliveries.append(self.delivery(period.subscription.person, order["id"], day, "delivered"))
        period.delivered.append((order, basket))
        period.paise += basket.paise

    def _cancelled(self, period: ActivePeriod, day: datetime, basket: Basket) -> None:
        order = self.order(period.subscription.person, period.subscription, day, basket, "cancelled", False)
        period.orders.append(order)
        if self.rng.random() < 0.5:
            status = self.rng.choice(("cancelled", "not_delivered"))
            period.deliveries.append(self.delivery(period.subscription.person, order["id"], day, status))

    def _due(self, period: ActivePeriod, day: datetime, basket: Basket) -> None:
        status, way = self.rng.choice(
            (("confirmed", "out_for_delivery"), ("confirmed", "pending"), ("pending", ""))
        )
        order = self.order(period.subscription.person, period.subscription, day, basket, status, False)
        period.orders.append(order)
        if way:
            period.deliveries.append(self.delivery(period.subscription.person, order["id"], day, way))

    def order(
        self,
        person: Person,
        subscription: Subscription | None,
        day: datetime,
        basket: Basket,
        status: str,
        billed: bool,
    ) -> Document:
        """Add one order, without its delivery; a one-time order where there is no subscription."""
        source = subscription.document if subscription else None
        document = documents.order(
            self.rng, self.run.ids, person.customer, source, day, basket, status, billed
        )
        self.documents["orders"].append(document)
        return document

    def delivery(self, person: Person, order_id: object, day: datetime, status: str) -> Document:
        """Add the delivery of an order, confirmed where its status is ``delivered``."""
        document = documents.delivery(self.rng, self.run.ids, person.customer, order_id, day, status)
        self.documents["delivery_statuses"].append(document)
        return document

    def bill(self, subscription: Subscription, month: Month, paise: int) -> Document:
        """Add a bill of a subscription for a month."""
        person = subscription.person
        style = person.style if self.rng.random() < 0.95 else "decimal"
        document = documents.bill(self.rng, self.run.ids, subscription.document, month, paise, style)
        documents.write_period(document, month, subscription.period_style)
        return self.add("billing_records", document)

    def one_time(self, person: Person, day: datetime) -> Document:
        """Add a delivered, billed order without a subscription, and its delivery."""
        basket = self.rng.choice(documents.baskets(self.rng, person.style))
        order = self.order(person, None, day, basket, "delivered", True)
        self.delivery(person, order["id"], day, "delivered")
        return order

    # ---- what planting functions start from ----

    def ended(self, billed: bool = True) -> ActivePeriod:
        """Add a person with a subscription and one ended month of at least four orders, all delivered."""
        month = self.run.month.plus(-self.rng.randint(1, 6))
        subscription = self.subscription(self.person(), month.first)
        step = 5 if self.run.compact else 1
        days = range(self.rng.randint(1, 6), month.days + 1, step)
        return self.period(subscription, month, days, billed, sure=True)

    def running(self) -> ActivePeriod:
        """Add a person with a subscription and the running month up to yesterday, not billed yet."""
        subscription = self.subscription(self.person(), self.run.month.first)
        days = range(1, self.run.today.day, 5 if self.run.compact else 1)
        return self.period(subscription, self.run.month, days, billed=False, sure=True)

    def cancelled(self, subscription: Subscription, reference: object = None) -> Document:
        """Add a cancelled order, which no sum counts; ``reference`` replaces the id of its subscription."""
        day = self.run.today - timedelta(days=self.rng.randint(1, 60))
        order = self.order(
            subscription.person, subscription, day, subscription.baskets[0], "cancelled", False
        )
        if reference is not None:
            order["subscription_id"] = reference
        return order

    def fresh(self) -> str:
        """Give an id that nothing has."""
        return uuid_text(self.rng)
