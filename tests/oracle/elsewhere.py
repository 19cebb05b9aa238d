"""Values that find nothing where they should and something elsewhere: by the key or the `_id` of which collection."""

from typing import Any, Final
from weakref import WeakKeyDictionary

from tests.oracle.records import NAMES, Database, elements
from tests.oracle.values import Identity, identity, is_null

Place = tuple[str, str]

_PLACES: Final[WeakKeyDictionary[Database, dict[Place, set[Identity]]]] = WeakKeyDictionary()
_LOST: Final[WeakKeyDictionary[Database, dict[Place, set[Identity]]]] = WeakKeyDictionary()


def elsewhere(db: Database, link: Place, referenced: str, reference: Any) -> dict[str, Any]:
    """Give the finding's field `elsewhere` for a reference that finds nothing, or no field at all.

    Its own target comes first, then the place with the most of the values that this field refers to in vain.
    """
    value, places, lost = identity(reference), _places(db), _lost(db, link, referenced)
    found = [place for place, values in places.items() if value in values]
    if not found:
        return {}
    name, field = max(found, key=lambda place: (place[0] == referenced, len(places[place] & lost)))
    return {"elsewhere": {"collection": name, "field": field}}


def _places(db: Database) -> dict[Place, set[Identity]]:
    """Give all that documents are found by; of places with as many values the first wins."""
    if db not in _PLACES:
        table = _PLACES[db] = {}
        for name in NAMES:
            records = db.records[name]
            table[name, "id"] = set().union(*(record.keys for record in records))
            own = [record.get("_id") for record in records]
            table[name, "_id"] = {identity(each) for each in own if not is_null(each)}
    return _PLACES[db]


def _lost(db: Database, link: Place, referenced: str) -> set[Identity]:
    table = _LOST.setdefault(db, {})
    if link not in table:
        collection, field = link
        held = [each for record in db.records[collection] for each in elements(record.get(field))]
        table[link] = {identity(each) for each in held if not db.find(referenced, each)}
    return table[link]
