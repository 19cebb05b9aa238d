"""In how many documents of a collection each field occurs, and with which types.

Counted are the fields of every *place* that is looked into: of whole documents, and of the embedded documents on the
declared paths, as MongoDB finds them (through arrays, one level at each name). So ``items[].total_price`` is known
where ``items[].total`` is declared. A document counts once, however many elements its arrays have; one that could not
be read counts nothing.

>>> bills = Occurrence([Path.parse("period_date")])
>>> bills.documents = 50
>>> bills.count((), "month", 36, {values.STRING: 36})
>>> bills.of(Path.parse("period_date")), bills.of(Path.parse("month"))
(0, 36)
>>> bills.probably_meant(Path.parse("period_date"), Role.DATE)
[(Path(steps=('month',)), 36)]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from intact.core import values
from intact.core.paths import EACH, Path
from intact.project.columns import Role
from intact.project.meant import NameCandidate, ranked

MAX_NAMES: Final = 1_000
"""So many names of a place are kept beside the declared ones. Of a map by id there can be millions."""

LONGEST_NAME: Final = 120
"""So many bytes may a name have that nobody declared, to be kept."""

Names = tuple[str, ...]
"""Field names that lead to a place, arrays on the way left out. What is not UTF-8 in one is escaped."""


@dataclass(slots=True)
class Field:
    """A field of a place.

    Attributes:
        documents: How many documents have a value other than null there.
        kinds: How many documents have a value of each kind there.
    """

    documents: int = 0
    kinds: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class Place:
    """The fields of the documents at one place.

    Attributes:
        fields: Each field that is kept, by name.
        declared: How many of them are declared.
        further: Whether there were more names than are kept: what is counted of one that is not declared may then be
            too low.
    """

    fields: dict[str, Field] = field(default_factory=dict)
    declared: int = 0
    further: bool = False


@dataclass(slots=True)
class Occurrence:
    """The fields that occur in a collection.

    Attributes:
        paths: The declared paths. They are always counted.
        documents: How many documents were counted: all that could be read, or in pure Python the first ten thousand
            of the collection.
        places: What occurs, by the names that lead to the place.
    """

    paths: Iterable[Path] = ()
    documents: int = 0
    places: dict[Names, Place] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.paths = frozenset(self.paths)
        self.places.setdefault((), Place())
        for path in self.paths:
            names = _names(path)
            for end in range(len(names)):
                place = self.places.setdefault(names[:end], Place())
                if names[end] not in place.fields:
                    place.fields[names[end]] = Field()
                    place.declared += 1

    def of(self, path: Path) -> int:
        """Return in how many documents there is a value other than null at a path.

        Raises:
            LookupError: If the place of the path was not looked into: neither it nor one beside it is declared.
        """
        return self._field(path).documents

    def kinds(self, path: Path) -> dict[str, int]:
        """Return how many documents have a value of each type there, by MongoDB's names, the most frequent first.

        Raises:
            LookupError: If the place of the path was not looked into.
        """
        found = self._field(path).kinds
        return {
            values.TYPE_NAMES[kind]: found[kind]
            for kind in sorted(found, key=lambda each: (-found[each], each))
        }

    def probably_meant(self, path: Path, role: Role | None = None, most: int = 3) -> list[tuple[Path, int]]:
        """Return the paths that were probably meant by one that has a value nowhere, the likeliest first.

        They are looked for beside the path, else among the fields of the whole document. A field that the model uses
        already is proposed only where it is spelt alike.

        Args:
            path: The path.
            role: What it is used as; None for whatever it is.
            most: How many to give.

        Returns:
            Each path, and in how many documents it has a value other than null.
        """
        at = self._first_wrong(path)
        before, wrong, after = path.steps[:at], path.steps[at], path.steps[at + 1 :]
        asked, arrays = (None, ()) if set(after) - {EACH} else (role, after)
        found = ranked(wrong, self._candidates(before), asked)
        if not found and before:
            before, arrays = (), ()
            found = ranked(path.name, self._candidates(()), role)
        return [(Path((*before, each.name, *arrays)), each.documents) for each in found[:most]]

    def count(self, names: Names, name: str, documents: int, kinds: Mapping[int, int]) -> None:
        """Add documents that have a field.

        Args:
            names: The names that lead to its place.
            name: Its name.
            documents: How many have a value other than null there.
            kinds: How many have a value of each kind there.
        """
        place = self.places.setdefault(names, Place())
        known = place.fields.get(name)
        if known is None:
            if (
                len(place.fields) >= MAX_NAMES + place.declared
                or len(name.encode("utf-8", "surrogateescape")) > LONGEST_NAME
            ):
                place.further = True
                return
            known = place.fields[name] = Field()
        known.documents += documents
        for kind, count in kinds.items():
            known.kinds[kind] = known.kinds.get(kind, 0) + count

    def take(
        self, names: Names, fields: Iterable[tuple[str, int, Mapping[int, int]]], *, further: bool
    ) -> None:
        """Add what was counted at a place; ``further`` says that there were more names."""
        for name, documents, kinds in fields:
            self.count(names, name, documents, kinds)
        if further:
            self.places.setdefault(names, Place()).further = True

    def add(self, other: Occurrence) -> None:
        """Add the documents of another part of the collection."""
        self.documents += other.documents
        for names, place in other.places.items():
            fields = ((name, each.documents, each.kinds) for name, each in place.fields.items())
            self.take(names, fields, further=place.further)

    def _field(self, path: Path) -> Field:
        *way, name = _names(path)
        place = self.places.get(tuple(way))
        if place is None:
            raise LookupError(f"the fields beside {path} were not counted")
        return place.fields.get(name, _NOTHING)

    def _first_wrong(self, path: Path) -> int:
        """Return the first step of a path that leads to no value."""
        for at, step in enumerate(path.steps):
            if step != EACH and not self._field(Path(path.steps[: at + 1])).documents:
                return at
        return len(path.steps) - 1 - (path.steps[-1] == EACH)

    def _candidates(self, before: tuple[str, ...]) -> list[NameCandidate]:
        names = tuple(step for step in before if step != EACH)
        declared = {_names(path)[: len(names) + 1] for path in (*self.paths, _ID)}
        return [
            NameCandidate(name, each.documents, each.kinds, (*names, name) in declared)
            for name, each in self.places[names].fields.items()
        ]


_NOTHING: Final = Field()
_ID: Final = Path(("_id",))


def decoded(name: bytes) -> str:
    """Return a field name as text; what is not UTF-8 in it is escaped, so that different names stay different."""
    return name.decode("utf-8", "surrogateescape")


def _names(path: Path) -> Names:
    return tuple(step for step in path.steps if step != EACH)
