"""What was true when: the naive oracle on a store as it was at any instant, and the faults that are planted in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from functools import cache
from typing import Any

from tests.live.office import AS_OF, Document
from tests.oracle.audit import audit
from tests.oracle.compare import _issue_differences
from tests.sample.reading import as_database
from tests.sample_data import Business, Identity, identity
from tests.sample_data.planted import IDENTITY_FIELDS
from tests.servers.store import Store

_MASKED = frozenset({"phone", "email"})
"""Reports may show these masked; the documents of the group say as well which fault it is."""


def name_of(report: str, issue: Mapping[str, Any]) -> Identity:
    """Give what makes a finding itself: its report, type, documents, and the values that tell it from others."""
    shown = {name for name in IDENTITY_FIELDS.get(issue["type"], ()) if name in _MASKED}
    return identity(report, {**issue, **dict.fromkeys(shown, "")})


@dataclass(frozen=True)
class Planted:
    """A store with faults of every kind, which stay.

    Attributes:
        planted: The findings that an audit must give.
    """

    store: Store
    planted: frozenset[Identity]


def planted_business(seed: int, orders: int = 0, *, indexed: bool = True) -> Planted:
    """Make a small business with one fault of each kind.

    Args:
        seed: Of the business.
        orders: How many orders it has, at least.
        indexed: Whether the keys and references have indexes on the server.
    """
    business = Business(orders=orders, seed=seed, faults=1, as_of=AS_OF)
    store = Store(as_database(business))
    if indexed:
        for name, field in INDEXES:
            store.index(name, field)
    found = frozenset(
        name_of(each.report, {**each.ids, **each.as_json()}) for each in business.planted.findings
    )
    return Planted(store, found)


INDEXES = (
    ("orders", "id"),
    ("orders", "subscription_id"),
    ("customers_v2", "id"),
    ("customers_v2", "user_id"),
    ("users", "id"),
    ("users", "customer_v2_id"),
    ("subscriptions_v2", "id"),
    ("subscriptions_v2", "customer_id"),
    ("delivery_statuses", "id"),
    ("billing_records", "id"),
    ("billing_records", "subscription_id"),
)


class History:
    """What an oracle finds on a store as of any of its times."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._audited = cache(self._audit)
        self._named = cache(self._name)

    def findings(self, time: int) -> frozenset[Identity]:
        """What is wrong at a time."""
        return frozenset(self._named(time))

    def at(self, time: int) -> Document:
        """The oracle's whole report as of a time."""
        return self._audited(time)

    def ever(self, finding: tuple[str, Mapping[str, Any]], times: Iterable[int]) -> bool:
        """Whether a finding, with all that it says, was true at one of these times."""
        name, issue = finding
        wanted = name_of(name, issue)
        return any(
            not _issue_differences(_unmasked(true), _unmasked(issue))
            for time in times
            for true in self._named(time).get(wanted, ())
        )

    def _name(self, time: int) -> dict[Identity, list[Document]]:
        named: dict[Identity, list[Document]] = {}
        for name, part in self._audited(time)["reports"].items():
            for issue in part["issues"]:
                named.setdefault(name_of(name, issue), []).append(issue)
        return named

    def _audit(self, time: int) -> Document:
        return audit(self.store.state(time), as_of=AS_OF.astimezone(UTC))


def _unmasked(issue: Mapping[str, Any]) -> Document:
    """A finding without what a report may mask."""
    hidden = {"phone", "email", "customer_phone", "customer_names"}
    return {name: value for name, value in issue.items() if name not in hidden}
