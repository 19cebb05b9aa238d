"""What a writer of the load tests writes with: single documents, chosen so that nobody else works on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from random import Random
from typing import Any, Final, Protocol

from bson.decimal128 import Decimal128

from tests.servers.store import Store

Document = dict[str, Any]

AS_OF: Final = datetime(2026, 3, 15, 10, tzinfo=UTC)
ENDED: Final = datetime(2026, 1, 10)
RUNNING: Final = datetime(2026, 3, 5)


class Target(Protocol):
    """Where a writer writes: single documents, each at once."""

    def insert(self, name: str, document: Mapping[str, Any]) -> None:
        """Put a document in."""

    def replace(self, name: str, document: Mapping[str, Any]) -> None:
        """Put a document in the place of the one with its ``_id``."""

    def delete(self, name: str, id_: Any) -> None:
        """Take a document out."""


@dataclass
class Office:
    """Makes, changes and deletes documents in a store, one write at a time, and repeats each write elsewhere.

    Args:
        store: The data; what is in it already is left alone, but for fields that no report reads.
        seed: Of all that is drawn.
        together: Whether several documents can be changed as one.
        also: Where each write goes too, such as a real server.
    """

    store: Store
    seed: int = 0
    together: bool = False
    also: Target | None = None
    rng: Random = field(init=False)
    _numbers: Iterator[int] = field(init=False, default_factory=lambda: count(1))
    _busy: set[Any] = field(init=False, default_factory=set)
    _own: dict[str, dict[Any, Document]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.rng = Random(f"writer {self.seed}")
        self._own = {
            name: {}
            for name in (
                "users",
                "customers_v2",
                "subscriptions_v2",
                "orders",
                "delivery_statuses",
                "billing_records",
            )
        }

    # --- single writes ------------------------------------------------------------------------------------------------

    def _insert(self, name: str, document: Document) -> Document:
        self._own[name][document["_id"]] = document
        self.store.insert(name, document)
        if self.also:
            self.also.insert(name, document)
        return document

    def _change(self, name: str, document: Document, **fields: Any) -> None:
        document.update(fields)
        self.store.replace(name, document)
        if self.also:
            self.also.replace(name, document)

    def _delete(self, name: str, document: Document) -> None:
        del self._own[name][document["_id"]]
        self.store.delete(name, document["_id"])
        if self.also:
            self.also.delete(name, document["_id"])

    def _at_once(self) -> AbstractContextManager[None]:
        return self.store.at_once() if self.together else nullcontext()

    # --- documents ----------------------------------------------------------------------------------------------------

    def _key(self, kind: str) -> tuple[str, str]:
        """An ``_id`` that is somewhere in the middle of all others, and a key."""
        number = next(self._numbers)
        return f"{self.rng.randrange(10**6):06}-{number}", f"{kind}-{number}"

    def _customer(self) -> Document:
        (first, user), (second, customer) = self._key("user"), self._key("customer")
        number = next(self._numbers)
        email, phone = f"person.{number}@writer.example", f"+9170000{number:05}"
        with self._at_once():
            self._insert("users", {"_id": first, "id": user, "email": email, "customer_v2_id": customer})
            linked = {"user_id": user, "phone": phone, "name": f"Customer {number}", "status": "active"}
            return self._insert("customers_v2", {"_id": second, "id": customer, **linked})

    def _subscription(self, customer: Document) -> Document:
        id_, key = self._key("subscription")
        document = {"_id": id_, "id": key, "customer_id": customer["id"], "status": "active"}
        return self._insert("subscriptions_v2", document)

    def _order(self, subscription: Document, when: datetime = RUNNING, **fields: Any) -> Document:
        id_, key = self._key("order")
        document = {
            "_id": id_,
            "id": key,
            "subscription_id": subscription["id"],
            "customer_id": subscription["customer_id"],
            "status": "confirmed",
            "billed": False,
            "items": [{"total": 60}],
            "created_at": when,
            "delivery_date": when,
        }
        return self._insert("orders", {**document, **fields})

    def _delivery(self, order: Document, key: str = "") -> Document:
        id_, new = self._key("delivery")
        linked = {"order_id": order["id"], "customer_id": order["customer_id"], "status": "pending"}
        return self._insert("delivery_statuses", {"_id": id_, "id": key or new, **linked})

    def _delivered_month(self, subscription: Document) -> Decimal:
        totals = [Decimal(self.rng.randrange(1000, 9000)).scaleb(-2) for _ in range(self.rng.randint(1, 3))]
        for total in totals:
            items = [{"total": Decimal128(total)}]
            self._delivery(self._order(subscription, ENDED, status="delivered", billed=True, items=items))
        return sum(totals, Decimal(0))

    def _bill(self, subscription: Document, amount: Decimal) -> Document:
        id_, key = self._key("bill")
        fields = {"period_date": "2026-01", "total_amount": Decimal128(amount)}
        return self._insert(
            "billing_records", {"_id": id_, "id": key, "subscription_id": subscription["id"], **fields}
        )

    # --- choosing, and keeping others off ----------------------------------------------------------------------------

    def _some(self, name: str, wanted: Callable[[Document], bool] = lambda _: True) -> Document | None:
        """One of the writer's own documents that nobody works on, nor on what it refers to."""
        free = [each for each in self._own[name].values() if self._is_free(each) and wanted(each)]
        if name in {"orders", "subscriptions_v2"}:  # nor on what refers to it: it may be about to be deleted
            referred = {link for each in self._worked_on() for link in links(each)}
            free = [each for each in free if each["id"] not in referred]
        return self.rng.choice(free) if free else None

    def _is_free(self, document: Document) -> bool:
        return not self._busy & {document["_id"], document["id"], *links(document)}

    def _worked_on(self) -> list[Document]:
        return [each for table in self._own.values() for each in table.values() if each["_id"] in self._busy]

    def _children(self, name: str, link: str, parent: Document) -> list[Document]:
        return [each for each in self._own[name].values() if each.get(link) == parent["id"]]

    def _held(self, *documents: Document) -> AbstractContextManager[None]:
        """Keep other pieces of work off documents, and off what refers to them."""
        return Held(self._busy, {each[name] for each in documents for name in ("_id", "id")})

    def _held_keys(self, *keys: Any) -> AbstractContextManager[None]:
        return Held(self._busy, {each for each in keys if each is not None})


LINKS: Final = ("subscription_id", "customer_id", "order_id", "customer_v2_id", "user_id")


@dataclass
class Held:
    busy: set[Any]
    keys: set[Any]

    def __enter__(self) -> None:
        self.keys -= self.busy
        self.busy |= self.keys

    def __exit__(self, *_: object) -> None:
        self.busy -= self.keys


def links(document: Document) -> list[Any]:
    """What a document refers to."""
    return [document[name] for name in LINKS if document.get(name) is not None]
