"""The whole business as a stream of documents, of any size, the same for the same seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from random import Random
from typing import Final

from tests.sample_data import everyday
from tests.sample_data.errors import SampleError
from tests.sample_data.faults import FAULTS
from tests.sample_data.household import Household, SubscriptionRun
from tests.sample_data.months import in_utc
from tests.sample_data.planted import COLLECTIONS, Planted, PlantedFinding
from tests.sample_data.values import Document, Ids

BATCH: Final = 2000
"""Documents that are gathered, over all collections, before they are handed on."""

_USUAL_ORDERS: Final = 40
_SPREAD: Final = 0.9
"""The part of the business over which the faults are spread; the rest brings the orders to their number."""

Batch = tuple[str, list[Document]]


class Business:
    """A milk-delivery business, iterated as batches ``(collection, documents)``, each time the same.

    Collections alternate, so a batch of orders is soon followed by its deliveries and bills. Documents of a
    household lie together, in the order in which they are made. Memory does not grow with their number.
    Documents share parts (addresses, items), so a consumer must not change them in place.

    Args:
        orders: How many orders. Exactly so many without faults; the orders that faults need may come on top.
        seed: The seed of all that is drawn.
        faults: How many faults: a number of each kind in :data:`FAULT_KINDS`, or a number by kind.
        as_of: The moment of the data; naive is UTC. Months before its month have ended and are billed.
        database: Name of the database.
    """

    def __init__(
        self,
        *,
        orders: int = 2000,
        seed: int = 1,
        faults: int | Mapping[str, int] = 0,
        as_of: datetime,
        database: str = "delivery",
    ) -> None:
        if orders < 0:
            raise SampleError(f"the number of orders must not be negative, it is {orders}")
        self.orders, self.seed, self.database = orders, seed, database
        self.as_of = in_utc(as_of)
        self.faults = fault_counts(faults)
        self._planted: Planted | None = None

    @property
    def planted(self) -> Planted:
        """What was planted. It is known once the business has been iterated to its end.

        Raises:
            SampleError: It has not been.
        """
        if self._planted is None:
            raise SampleError("what was planted is known only after all documents have been taken")
        return self._planted

    def __iter__(self) -> Iterator[Batch]:
        counts: Counter[str] = Counter(dict.fromkeys(COLLECTIONS, 0))
        findings: list[PlantedFinding] = []
        gathered: dict[str, list[Document]] = {name: [] for name in COLLECTIONS}
        for home in self._households():
            findings += home.findings
            for name, documents in home.documents.items():
                gathered[name] += documents
            if sum(map(len, gathered.values())) >= BATCH:
                yield from _batches(gathered, counts)
                gathered = {name: [] for name in COLLECTIONS}
        yield from _batches(gathered, counts)
        self._planted = Planted(
            self.database, self.seed, self.as_of, self.faults, dict(counts), tuple(findings)
        )

    def _households(self) -> Iterator[Household]:
        queue = self._queue()
        compact = len(queue) * _USUAL_ORDERS > self.orders
        run = SubscriptionRun(self.seed, self.as_of, Ids(self.seed), compact)
        made = number = planted = 0
        while made < self.orders or planted < len(queue):
            home = Household(run, number)
            if planted < len(queue) and made >= self.orders * _SPREAD * planted / len(queue):
                kind, turn = queue[planted]
                FAULTS[kind](home, turn)
                planted += 1
                made += len(home.documents["orders"])
            else:
                made += everyday.fill(home, self.orders - made)
            number += 1
            yield home

    def _queue(self) -> list[tuple[str, int]]:
        """Give every fault as (kind, how many of its kind came before), in the order of planting."""
        queue = [(kind, turn) for kind, count in self.faults.items() for turn in range(count)]
        Random(f"{self.seed}/faults").shuffle(queue)
        return queue


def _batches(gathered: dict[str, list[Document]], counts: Counter[str]) -> Iterator[Batch]:
    for name, documents in gathered.items():
        if documents:
            counts[name] += len(documents)
            yield name, documents


def fault_counts(faults: int | Mapping[str, int]) -> dict[str, int]:
    """Give the number of faults by kind, in the order of the kinds, from what a caller asked for.

    Raises:
        SampleError: A kind is unknown or a number negative.
    """
    asked = dict.fromkeys(FAULTS, faults) if isinstance(faults, int) else dict(faults)
    for kind, count in asked.items():
        if kind not in FAULTS:
            raise SampleError(f"no fault is called {kind}; the kinds are {', '.join(FAULTS)}")
        if count < 0:
            raise SampleError(f"the number of {kind} faults must not be negative, it is {count}")
    return {kind: asked[kind] for kind in FAULTS if asked.get(kind)}
