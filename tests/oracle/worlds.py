"""Small random delivery businesses: consistent ones, and ones with every fault that the reports look for.

`world(seed, hostile=0)` is clean: customers and users point at each other, delivered orders are billed, bills
equal the sums of their orders, and no report finds anything at `AS_OF`, in whatever time zone. With `hostile`
above 0 it is the chance of an odd choice, field by field.
"""

import calendar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final

from bson.decimal128 import Decimal128

from tests.oracle import odd
from tests.oracle.values import MISSING

Document = dict[str, Any]
Month = tuple[int, int]

AS_OF: Final = datetime(2026, 3, 15, 10, 0, tzinfo=UTC)
"""The moment to audit a world at: March 2026 runs, the months before it have ended."""

_ENDED: Final[list[Month]] = [(2025, 12), (2026, 1), (2026, 2)]
_RUNNING: Final[Month] = (2026, 3)
_NEXT: Final[Month] = (2026, 4)
_PREFIXES: Final = {
    "customers_v2": "cust",
    "users": "user",
    "subscriptions_v2": "sub",
    "orders": "ord",
    "delivery_statuses": "del",
    "billing_records": "bill",
}


def world(seed: int, *, hostile: float) -> dict[str, list[Document]]:
    """Make the database of a seed; `hostile` from 0 to 1 is the chance of an odd choice."""
    return _Business(Random(f"world {seed}"), hostile).build()


@dataclass
class _Business:
    """A database in the making: the planned keys, which references lead to, and the documents so far."""

    rng: Random
    hostile: float
    planned: dict[str, list[Any]] = field(default_factory=dict)
    final: dict[str, list[Any]] = field(default_factory=dict)
    documents: dict[str, list[Document]] = field(default_factory=lambda: {name: [] for name in _PREFIXES})
    delivered: dict[tuple[int, Month], Decimal] = field(default_factory=dict)
    numbers: list[int] = field(default_factory=list)
    emails: list[str] = field(default_factory=list)

    def build(self) -> dict[str, list[Document]]:
        """Make all collections, each in random order."""
        people, subscriptions = self.rng.randint(10, 18), self.rng.randint(10, 16)
        for name, size in (("customers_v2", people), ("users", people), ("subscriptions_v2", subscriptions)):
            self._plan_keys(name, size)
        for name in ("orders", "delivery_statuses", "billing_records"):
            self._plan_keys(name, 100)
        self._people(people)
        self._subscriptions(subscriptions)
        self._orders(subscriptions)
        self._one_time_orders()
        self._deliveries()
        self._bills()
        for documents in self.documents.values():
            self.rng.shuffle(documents)
        return self.documents

    # -------------------------------------------------------------------------------------- choices

    def odd(self, rate: float = 1.0) -> bool:
        """Decide whether the next choice is an odd one."""
        return self.rng.random() < self.hostile * rate

    def either(self, clean: Any, spoiled: Any, rate: float = 1.0) -> Any:
        """Take the clean value, or by chance the odd one."""
        return spoiled if self.odd(rate) else clean

    def _plan_keys(self, name: str, size: int) -> None:
        style = self.rng.choice(odd.KEY_STYLES)
        keys = [odd.clean_key(self.rng, style, _PREFIXES[name], number) for number in range(1, size + 1)]
        self.planned[name] = keys
        self.final[name] = [
            odd.odd_key(self.rng, key, keys[: max(3, size // 4)]) if self.odd(0.4) else key for key in keys
        ]

    def reference(self, name: str, number: int) -> Any:
        """Make a reference to a record, by its key as planned or as it became, or an odd one."""
        final = self.final[name][number]
        key = self.planned[name][number] if final is MISSING or self.rng.random() < 0.5 else final
        if self.odd(0.6):
            return odd.odd_reference(self.rng, self.planned[name][number], self.planned[name])
        return odd.same_number(self.rng, key) if self.rng.random() < 0.2 else key

    def add(self, name: str, /, **fields: Any) -> None:
        """Add a document with an `_id` and its key; MISSING leaves a field out."""
        documents = self.documents[name]
        document = {"_id": self._document_id(len(documents)), "id": self.final[name][len(documents)]} | fields
        kept = [(key, value) for key, value in document.items() if value is not MISSING]
        if self.rng.random() < 0.2:
            kept = [kept[0], *self.rng.sample(kept[1:], len(kept) - 1)]
        documents.append(dict(kept))

    def _document_id(self, number: int) -> Any:
        if self.rng.random() < 0.85:
            return odd.an_object_id(self.rng)
        forms = [
            number, number + 0.25, Decimal128(f"{number}.1"), f"id {number}", {"n": number},
            odd.a_uuid(self.rng), datetime(2025, 1, 1) + timedelta(hours=number), odd.a_uuid(self.rng, 3),
        ]  # fmt: skip
        return self.rng.choice(forms)

    def day(self, month: Month, *, around: bool = False) -> datetime:
        """Pick a moment in the middle of a month, or by the request anywhere in it."""
        last = calendar.monthrange(*month)[1]
        day = self.rng.randint(1, last) if around else self.rng.randint(4, 25)
        return datetime(*month, day, self.rng.randint(0, 23), self.rng.choice([0, 15, 30]))

    def date(self, moment: datetime, rate: float = 1.0) -> Any:
        """Write a date, cleanly or oddly."""
        return self.either(odd.clean_date(self.rng, moment), odd.odd_date(self.rng, moment), rate)

    def status(self, status: str) -> Any:
        """Write a status, cleanly or oddly."""
        return self.either(status, odd.odd_status(self.rng, status), 0.5)

    # ---------------------------------------------------------------------------------- collections

    def _people(self, size: int) -> None:
        rng = self.rng
        self.numbers = [9_800_000_000 + rng.randint(0, 9_999) * 10_000 + number for number in range(size)]
        self.emails = [f"strasse.{number}.{rng.randint(100, 999)}@example.com" for number in range(size)]
        for number in range(size):
            created = self.day(rng.choice(_ENDED))
            phone, email = self.numbers[number], self.emails[number]
            self.add(
                "customers_v2",
                user_id=self.reference("users", number),
                phone=self.either(
                    odd.clean_phone(rng, phone),
                    odd.odd_phone(rng, self.numbers[:6]),
                ),
                name=self.either(f"Customer {number}", odd.odd_name(rng), 0.5),
                status=self.either("active", odd.anything(rng), 0.3),
                **self._changes(created),
            )
            self.add(
                "users",
                email=self.either(
                    rng.choice([email, email, email.title(), f" {email}"]),
                    odd.odd_email(rng, email, self.emails[:6]),
                ),
                customer_v2_id=self.reference("customers_v2", number),
                **self._changes(created),
            )

    def _changes(self, created: datetime) -> dict[str, Any]:
        """Make `created_at` and `updated_at`; odd ones often tie."""
        if self.odd(0.4):
            created = datetime(2026, 1, 1)
        updated = created + timedelta(days=self.rng.choice([0, 0, 1, 5]))
        missing = self.rng.random() < 0.3
        return {
            "created_at": self.date(created, 0.5),
            "updated_at": MISSING if missing else self.date(updated, 0.5),
        }

    def _subscriptions(self, size: int) -> None:
        for _ in range(size):
            self.add(
                "subscriptions_v2",
                customer_id=self.reference(
                    "customers_v2", self.rng.randrange(len(self.planned["customers_v2"]))
                ),
                status=self.status(self.rng.choice(["draft", "active", "active", "paused", "stopped"])),
            )

    def _items(self) -> tuple[list[Document], Decimal]:
        """Make the items of an order and their sum."""
        prices = [
            Decimal(self.rng.randint(1, 20_000)).scaleb(-2).quantize(Decimal("0.01"))
            if self.rng.random() < 0.6
            else self.rng.choice([Decimal("0.10"), Decimal("0.20"), Decimal("60.00"), Decimal("100.00")])
            for _ in range(self.rng.randint(1, 3))
        ]
        items: list[Document] = []
        for price in prices:
            total = self.either(odd.clean_amount(self.rng, price), odd.odd_amount(self.rng, price), 0.2)
            items.append({"name": "milk"} if total is MISSING else {"name": "milk", "total": total})
        return items, sum(prices, Decimal(0))

    def _order(
        self, subscription: Any, customer: Any, status: str, billed: bool, created: datetime
    ) -> Decimal:
        rng = self.rng
        items, amount = self._items()
        self.add(
            "orders",
            subscription_id=subscription,
            customer_id=customer,
            status=self.status(status),
            billed=self.either(billed, odd.odd_flag(rng, billed), 0.7),
            items=self.either(items, odd.odd_items(rng, items), 0.5),
            created_at=self.date(created, 0.5),
            delivery_date=self.date(created, 0.5) if status == "delivered" or rng.random() < 0.5 else MISSING,
        )
        return amount

    def _orders(self, subscriptions: int) -> None:
        """Make the orders of subscriptions, and note what was delivered in which month."""
        rng = self.rng
        for number in range(subscriptions):
            for month in rng.sample([*_ENDED, _RUNNING], rng.randint(1, 3)):
                for _ in range(rng.choice([0, 1, 1, 2])):
                    status = rng.choice(["delivered"] * 4 + ["pending", "confirmed", "cancelled"])
                    amount = self._order(
                        self.reference("subscriptions_v2", number),
                        self.reference("customers_v2", rng.randrange(len(self.planned["customers_v2"]))),
                        status,
                        rng.random() < 0.8,
                        self.day(month, around=self.odd()),
                    )
                    if status == "delivered":
                        key = (number, month)
                        self.delivered[key] = self.delivered.get(key, Decimal(0)) + amount

    def _one_time_orders(self) -> None:
        """Make orders without a subscription: delivered and billed where all is well."""
        rng = self.rng
        for _ in range(rng.randint(4, 10)):
            status, billed = "delivered", True
            created = self.day(rng.choice(_ENDED))
            if self.odd():
                status = rng.choice(["pending", "pending", "confirmed", "cancelled", "delivered"])
                age = rng.choice([0, 1, 30, 90, 91, 100, 365, -3])
                created = AS_OF.replace(tzinfo=None) - timedelta(
                    days=age, minutes=rng.choice([0, 0, -30, 30])
                )
                billed = rng.random() < 0.5
            nothing = rng.choice([MISSING, MISSING, None, [], [None]])
            customer = self.reference("customers_v2", rng.randrange(len(self.planned["customers_v2"])))
            self._order(nothing, customer, status, billed, created)

    def _deliveries(self) -> None:
        rng = self.rng
        statuses = ["pending", "out_for_delivery", "delivered", "delivered", "not_delivered", "cancelled"]
        for number in rng.sample(
            range(len(self.documents["orders"])), len(self.documents["orders"]) * 3 // 4
        ):
            self.add(
                "delivery_statuses",
                order_id=self.reference("orders", number),
                customer_id=self.reference("customers_v2", rng.randrange(len(self.planned["customers_v2"]))),
                status=self.status(rng.choice(statuses)),
                confirmed_at=self.date(self.day(rng.choice(_ENDED)), 0.5),
            )

    def _bills(self) -> None:
        """Bill every ended month with deliveries once, some running ones, or anything else."""
        rng = self.rng
        for (number, month), amount in self.delivered.items():
            if self.odd(0.6):
                for part in self._odd_parts(amount):
                    self._bill(number, month, part)
            elif month in _ENDED or rng.random() < 0.5:
                self._bill(number, month, amount)
        for number in rng.sample(range(len(self.planned["subscriptions_v2"])), 4):
            if not any((number, month) in self.delivered for month in [*_ENDED, _RUNNING]):
                self._bill(number, rng.choice(_ENDED), Decimal("0.00"))
            elif self.odd():
                self._bill(number, rng.choice([*_ENDED, _RUNNING, _NEXT, _NEXT]), Decimal("75.50"))

    def _odd_parts(self, amount: Decimal) -> list[Decimal]:
        """Split what is owed into the bills of a month as they should not be."""
        cent = Decimal("0.01")
        half = (amount / 2).quantize(cent)
        return self.rng.choice(
            [
                [], [], [amount, amount], [amount, amount], [half, amount - half], [half, half, half],
                [amount, Decimal("10.00")], [amount + cent], [amount - cent], [amount + 2 * cent],
                [amount - 5], [amount * 2], [amount, -amount], [half], [-amount, Decimal("0.00")],
                [Decimal("0.00")] * 2,
            ]
        )  # fmt: skip

    def _bill(self, number: int, month: Month, amount: Decimal) -> None:
        rng = self.rng
        middle = self.day(month)
        self.add(
            "billing_records",
            subscription_id=self.reference("subscriptions_v2", number),
            period_date=self.either(
                rng.choice(["{:04}-{:02}".format(*month), odd.clean_date(rng, middle)]),
                odd.odd_date(rng, middle),
                0.4,
            ),
            total_amount=self.either(odd.clean_amount(rng, amount), odd.odd_amount(rng, amount), 0.4),
        )
