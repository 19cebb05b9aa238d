"""Where a value that refers to nothing is found after all: among the keys and the ``_id`` of which collection.

All values of all references are looked for together, in one pass over each place, and then each reference takes for
each of its values the place that suits it best.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from intact.checks.base import ID
from intact.core.paths import Path
from intact.core.values import JsonValue
from intact.engine import DuckEngine
from intact.model.specs import Collection, Model

NOTHING: Final = "SELECT NULL::VARCHAR AS ref, NULL::INTEGER AS place WHERE FALSE"
NOTHING_FOUND: Final = "SELECT NULL::VARCHAR AS k, NULL::INTEGER AS place WHERE FALSE"


@dataclass(frozen=True, slots=True)
class KeyField:
    """A field by which documents are found."""

    collection: Collection
    field: Path

    @property
    def shown(self) -> dict[str, JsonValue]:
        """What a finding says of it."""
        return {"collection": self.collection.name, "field": str(self.field)}

    @property
    def keyed(self) -> Collection:
        """The collection, with this field as its key."""
        return self.collection if self.field == self.collection.key else replace(self.collection, key=None)


def places(model: Model, engine: DuckEngine) -> list[KeyField]:
    """Return the places of all collections that have been read, each collection's key before its ``_id``."""
    found = []
    for collection in model.collections.values():
        there = engine.filled(collection.name)
        fields = [collection.key] if collection.key is not None else []
        found += [KeyField(collection, field) for field in fields if f"{field}@key" in there]
        found += [KeyField(collection, ID)] * ("_id" in there and ID not in fields)
    return found


def found(keys: str, values: str) -> str:
    """Query ``(k)``: which values are found in a place.

    Args:
        keys: A query of the values there, as MongoDB finds them.
        values: A table with a column ``ref``.
    """
    # The keys go past the few values that are looked for, and not the other way round: no table is made of all keys.
    return f"SELECT DISTINCT k FROM {keys} WHERE k IN (SELECT ref FROM {values})"


def best(found_: str, dangling: str, looked: Sequence[KeyField], target: str) -> str:
    """Query ``(ref, place)``: for each value of a reference the place that says most about it.

    The target comes before all other collections, and of these the one that has most of the reference's values.
    """
    own = [number for number, place in enumerate(looked) if place.collection.name == target]
    is_own = f"(f.place IN ({', '.join(map(str, own))}))" if own else "FALSE"
    return (
        "SELECT ref, place FROM (SELECT ref, place,"
        " row_number() OVER (PARTITION BY ref ORDER BY own DESC, n DESC, place)"
        f" AS rank FROM (SELECT d.ref, f.place, {is_own} AS own, count(*) OVER (PARTITION BY f.place) AS n"
        f" FROM (SELECT DISTINCT ref FROM {dangling}) d JOIN {found_} f ON f.k = d.ref)) WHERE rank = 1"
    )
