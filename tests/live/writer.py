"""A business that works while it is audited: a writer after whose every write the data are consistent.

Parents are written before their children, children are deleted before their parents, and what two documents must agree
on is changed so that neither write makes a fault:

* orders of the running month are free: no report judges what is not billed yet;
* a billed month grows by one paisa at a time, order and bill in turn: they never differ by more than the tolerance;
* an email is handed on only once its old owner has another one; a key is used again only once its document is gone;
* what can only be changed together (a customer and the user account, the merge of two customers) is changed together
  where the server has transactions, and is left alone where it has not.

A reader who puts together what it read at different times sees faults that never were in all of these.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import bson
from bson.decimal128 import Decimal128

from tests.live.office import ENDED, RUNNING, Document, Office, links

Steps = Generator[None, None, None]
"""A piece of work: after each write it pauses, and the data are consistent at each pause."""


@dataclass
class Writer(Office):
    """Works on a store, many things at a time. What :class:`~tests.live.office.Office` takes, and:

    Args:
        restless: Whether faults come and go as well: such a writer is consistent no more.
        at_work: How many pieces of work go on at once, interleaved.

    Attributes:
        written: How many steps were made.
    """

    restless: bool = False
    at_work: int = 4
    written: int = 0
    _working: list[Steps] = field(init=False, default_factory=list)

    # --- what tests call ----------------------------------------------------------------------------------------------

    def found(self, customers: int = 6) -> None:
        """Open the business: customers with accounts, subscriptions, orders, deliveries and bills, all at once."""
        with self.store.at_once():
            for number in range(customers):
                customer = self._customer()
                for _ in range(1 + number % 2):
                    subscription = self._subscription(customer)
                    self._bill(subscription, self._delivered_month(subscription))
                    for _ in range(3):
                        self._delivery(self._order(subscription))

    def step(self, steps: int = 1) -> None:
        """Make so many writes, each of some piece of work that goes on."""
        for _ in range(steps):
            while len(self._working) < self.at_work:
                self._working.append(self.rng.choice(self._trades())())
            work = self.rng.choice(self._working)
            try:
                next(work)
            except StopIteration:
                self._working.remove(work)
            self.written += 1

    # --- trades -------------------------------------------------------------------------------------------------------

    def _trades(self) -> list[Callable[[], Steps]]:
        alone = [
            self._new_orders, self._new_orders, self._cancel_order, self._close_subscription, self._new_subscription,
            self._move_order, self._move_order, self._grow_month, self._grow_month, self._shift_amounts,
            self._swap_emails, self._hand_on_phone, self._rename_delivery, self._change_status, self._one_time,
            self._move_delivery, self._touch,
        ]  # fmt: skip
        with_others = [self._new_customer, self._merge, self._leave, self._bill_month, self._swap_accounts]
        broken = (
            [self._break_link, self._break_status, self._break_key, self._break_bill] if self.restless else []
        )
        return [*alone, *broken, *(with_others if self.together else [])]

    def _new_orders(self) -> Steps:
        """Parents first: the order, then its delivery."""
        subscription = self._some("subscriptions_v2")
        if subscription is None:
            return
        with self._held(subscription):
            order = self._order(subscription)
            with self._held(order):
                yield
                delivery = self._delivery(order)
                yield
                self._change("delivery_statuses", delivery, status="out_for_delivery")
                yield
                self._change("orders", order, status="delivered")

    def _new_subscription(self) -> Steps:
        customer = self._some("customers_v2")
        if customer is None or len(self._own["subscriptions_v2"]) > 30:
            return
        with self._held(customer):
            subscription = self._subscription(customer)
        with self._held(subscription):
            yield
            bill = self._bill(subscription, Decimal(0))
            yield
            zero = [{"total": Decimal128("0")}]
            order = self._order(subscription, ENDED, status="delivered", billed=True, items=zero)
            with self._held(bill, order):
                yield
                self._delivery(order)

    def _cancel_order(self) -> Steps:
        """Children first: the deliveries, then the order."""
        order = self._some("orders", lambda each: each["created_at"] == RUNNING)
        if order is None:
            return
        with self._held(order):
            for delivery in self._children("delivery_statuses", "order_id", order):
                self._delete("delivery_statuses", delivery)
                yield
            self._delete("orders", order)
            yield

    def _close_subscription(self) -> Steps:
        """All that refers to it, then the subscription: nothing of a billed month that comes to something."""
        subscription = self._some("subscriptions_v2", lambda each: not self._owes(each))
        if subscription is None or len(self._own["subscriptions_v2"]) < 6:
            return
        ordered = {each["id"] for each in self._children("orders", "subscription_id", subscription)}
        if any(ordered & set(links(each)) for each in self._worked_on()):
            return
        with self._held(subscription):
            self._change("subscriptions_v2", subscription, status="stopped")
            yield
            orders = self._children("orders", "subscription_id", subscription)
            with self._held(*orders):
                for order in orders:
                    for delivery in self._children("delivery_statuses", "order_id", order):
                        self._delete("delivery_statuses", delivery)
                        yield
                    self._delete("orders", order)
                    yield
            for bill in self._children("billing_records", "subscription_id", subscription):
                self._delete("billing_records", bill)
                yield
            self._delete("subscriptions_v2", subscription)

    def _owes(self, subscription: Document) -> bool:
        bills = self._children("billing_records", "subscription_id", subscription)
        orders = self._children("orders", "subscription_id", subscription)
        billed = [bill["total_amount"].to_decimal() for bill in bills]
        return any(billed) or any(each["created_at"] == ENDED and _amount(each) for each in orders)

    def _move_order(self) -> Steps:
        """To another subscription, and to its customer."""
        order = self._some(
            "orders", lambda each: each["created_at"] == RUNNING and each["subscription_id"] is not None
        )
        subscription = self._some("subscriptions_v2")
        if order is None or subscription is None:
            return
        with self._held(order, subscription):
            self._change("orders", order, subscription_id=subscription["id"])
            yield
            self._change("orders", order, customer_id=subscription["customer_id"])
            yield
            for delivery in self._children("delivery_statuses", "order_id", order):
                self._change("delivery_statuses", delivery, customer_id=subscription["customer_id"])
                yield

    def _move_delivery(self) -> Steps:
        delivery, order = self._some("delivery_statuses"), self._some("orders")
        if delivery is None or order is None:
            return
        with self._held(delivery, order):
            self._change(
                "delivery_statuses", delivery, order_id=order["id"], customer_id=order["customer_id"]
            )
            yield

    def _grow_month(self) -> Steps:
        """Order and bill by a paisa in turn: never further apart than the tolerance."""
        bill = self._some("billing_records")
        if bill is None:
            return
        orders = [
            each
            for each in self._own["orders"].values()
            if each["subscription_id"] == bill["subscription_id"] and each["created_at"] == ENDED
        ]
        orders = [each for each in orders if each["_id"] not in self._busy]
        if not orders:
            return
        order = self.rng.choice(orders)
        with self._held(bill, *orders), self._held_keys(bill["subscription_id"]):
            paisa = Decimal(self.rng.choice(["0.01", "0.01", "-0.01"]))
            for _ in range(self.rng.randint(2, 8)):
                if _amount(order) + paisa < 0:
                    break
                self._change("orders", order, items=[{"total": Decimal128(_amount(order) + paisa)}])
                yield
                billed = bill["total_amount"].to_decimal() + paisa
                self._change("billing_records", bill, total_amount=Decimal128(billed))
                yield

    def _shift_amounts(self) -> Steps:
        """From one order of a billed month to another one, by a paisa."""
        one = self._some("orders", lambda each: each["created_at"] == ENDED and _amount(each) > 1)
        if one is None or self._busy & {one["subscription_id"]}:
            return
        others = [
            each
            for each in self._children("orders", "subscription_id", {"id": one["subscription_id"]})
            if each["created_at"] == ENDED and each is not one and each["_id"] not in self._busy
        ]
        if not others:
            return
        paisa = Decimal("0.01")
        with self._held(one, others[0]), self._held_keys(one["subscription_id"]):
            for _ in range(self.rng.randint(2, 6)):
                self._change("orders", one, items=[{"total": Decimal128(_amount(one) - paisa)}])
                yield
                self._change("orders", others[0], items=[{"total": Decimal128(_amount(others[0]) + paisa)}])
                yield

    def _swap_emails(self) -> Steps:
        one, other = self._some("users"), self._some("users")
        if one is None or other is None or one is other:
            return
        with self._held(one, other):
            first, second = one["email"], other["email"]
            self._change("users", one, email=f"between.{next(self._numbers)}@writer.example")
            yield
            self._change("users", other, email=first)
            yield
            self._change("users", one, email=second)
            yield

    def _hand_on_phone(self) -> Steps:
        one, other = self._some("customers_v2"), self._some("customers_v2")
        if one is None or other is None or one is other:
            return
        with self._held(one, other):
            phone = one["phone"]
            self._change("customers_v2", one, phone=f"+9170000{next(self._numbers):05}")
            yield
            self._change("customers_v2", other, phone=phone)
            yield

    def _rename_delivery(self) -> Steps:
        """The same delivery under another ``_id``: gone first, then there again."""
        delivery = self._some("delivery_statuses")
        order = delivery and next(
            (each for each in self._own["orders"].values() if each["id"] == delivery["order_id"]), None
        )
        if delivery is None or order is None:
            return
        with self._held(order, delivery):
            self._delete("delivery_statuses", delivery)
            yield
            self._delivery(order, delivery["id"])
            yield

    def _change_status(self) -> Steps:
        name = self.rng.choice(["subscriptions_v2", "delivery_statuses"])
        document = self._some(name)
        if document is None:
            return
        with self._held(document):
            for status in _STATUSES[name]:
                self._change(name, document, status=status)
                yield

    def _one_time(self) -> Steps:
        """An order that belongs to a subscription, then to none and is paid, then to one again."""
        order = self._some("orders", lambda each: each["created_at"] == RUNNING)
        if order is None:
            return
        with self._held(order), self._held_keys(order["subscription_id"]):
            subscription = order["subscription_id"]
            self._change("orders", order, subscription_id=None, billed=True, status="delivered")
            yield
            self._change("orders", order, status="cancelled")
            yield
            self._change("orders", order, subscription_id=subscription, billed=False, status="pending")
            yield

    def _touch(self) -> Steps:
        """A field that no report reads, of a document that was there before: of a planted fault, perhaps."""
        name = self.rng.choice(["orders", "delivery_statuses", "billing_records", "users"])
        others = [
            version.document
            for _, version in self.store.tables[name].rows(None)
            if version.document["_id"] not in self._own[name]
            and bson.encode(version.document) == version.data
        ]
        if others:
            document = self.rng.choice(others)
            touched = {**document, "touched": next(self._numbers)}
            self.store.replace(name, touched)
            if self.also:
                self.also.replace(name, touched)
        yield

    # --- trades with several documents at once ------------------------------------------------------------------------

    def _new_customer(self) -> Steps:
        if len(self._own["customers_v2"]) < 20:
            customer = self._customer()
            with self._held(customer):
                yield
                self._subscription(customer)
        yield

    def _merge(self) -> Steps:
        """Two customers become one: children are moved first, then customer and account go."""
        one, other = self._some("customers_v2"), self._some("customers_v2")
        if one is None or other is None or one is other or len(self._own["customers_v2"]) < 4:
            return
        subscriptions = self._children("subscriptions_v2", "customer_id", one)
        with self._held(one, other, *subscriptions):
            for name in ("subscriptions_v2", "orders", "delivery_statuses"):
                for child in self._children(name, "customer_id", one):
                    if child["_id"] in self._own[name]:  # nobody has deleted it meanwhile
                        self._change(name, child, customer_id=other["id"])
                        yield
            # Others may have brought it children meanwhile.
            if not any(self._children(name, "customer_id", one) for name in self._own):
                with self._at_once():
                    self._part(one)
            yield

    def _leave(self) -> Steps:
        customer = self._some(
            "customers_v2",
            lambda each: not any(self._children(name, "customer_id", each) for name in self._own),
        )
        if customer is not None:
            with self._at_once():
                self._part(customer)
        yield

    def _part(self, customer: Document) -> None:
        for user in self._children("users", "customer_v2_id", customer):
            self._delete("users", user)
        self._delete("customers_v2", customer)

    def _bill_month(self) -> Steps:
        """A month grows by much: order and bill at once."""
        bill = self._some("billing_records")
        if bill is None:
            return
        subscriptions = self._own["subscriptions_v2"].values()
        owner = [each for each in subscriptions if each["id"] == bill["subscription_id"]]
        if not owner:
            return
        with self._held_keys(bill["subscription_id"]), self._held(bill):
            with self._at_once():
                amount = Decimal(self.rng.randrange(100, 9000)).scaleb(-2)
                items = [{"total": Decimal128(amount)}]
                order = self._order(owner[0], ENDED, status="delivered", billed=True, items=items)
                self._change(
                    "billing_records",
                    bill,
                    total_amount=Decimal128(bill["total_amount"].to_decimal() + amount),
                )
            yield
            self._delivery(order)
            yield

    def _swap_accounts(self) -> Steps:
        """Two customers change their accounts: four documents at once."""
        one, other = self._some("customers_v2"), self._some("customers_v2")
        if one is None or other is None or one is other:
            return
        (first,), (second,) = (self._children("users", "customer_v2_id", each) for each in (one, other))
        with self._at_once():
            self._change("customers_v2", one, user_id=second["id"])
            self._change("customers_v2", other, user_id=first["id"])
            self._change("users", first, customer_v2_id=other["id"])
            self._change("users", second, customer_v2_id=one["id"])
        yield

    # --- faults that come and go --------------------------------------------------------------------------------------

    def _broken(self, name: str, **fields: Any) -> Steps:
        document = self._some(name)
        if document is None:
            return
        with self._held(document):
            before = {each: document[each] for each in fields}
            for _ in range(2):
                self._change(name, document, **fields)
                for _ in range(self.rng.randint(1, 12)):
                    yield
                self._change(name, document, **before)
                yield

    def _break_link(self) -> Steps:
        yield from self._broken("delivery_statuses", order_id=f"nowhere-{self.rng.randrange(3)}")

    def _break_status(self) -> Steps:
        yield from self._broken("orders", status="lost")

    def _break_key(self) -> Steps:
        yield from self._broken("billing_records", id=f"same-{self.rng.randrange(2)}")

    def _break_bill(self) -> Steps:
        yield from self._broken("billing_records", total_amount=Decimal128(str(self.rng.randrange(1, 5))))


_STATUSES: Final[Mapping[str, tuple[str, ...]]] = {
    "subscriptions_v2": ("paused", "stopped", "active"),
    "delivery_statuses": ("out_for_delivery", "not_delivered", "cancelled", "delivered"),
}


def _amount(order: Document) -> Decimal:
    total = order["items"][0]["total"]
    return total.to_decimal() if isinstance(total, Decimal128) else Decimal(total)
