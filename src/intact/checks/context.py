"""What the checks of one run share: the engine, the model, the moment, and relations that several of them need."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from intact.checks import elsewhere, sql
from intact.checks.near import NearMatch, near_matches
from intact.checks.presence import Presence
from intact.core.paths import Path
from intact.engine import DIGEST, DuckEngine, Row, Texts, quoted, strays
from intact.model.specs import Collection, Link, Model
from intact.project.occurrence import Occurrence

_FEW: Final = 10_000
"""Documents that are taken out of a table to be joined with."""


@dataclass(frozen=True, slots=True)
class Read:
    """Whether a collection is there, and whether all of it is; why not, as a sentence without full stop."""

    present: bool
    whole: bool
    reason: str = ""


@dataclass(slots=True)
class Context:
    """One run.

    Attributes:
        engine: Holds a table a collection.
        model: What must hold.
        as_of: The moment from which ages and periods count, in UTC milliseconds.
        read: What of each declared collection is there.
        sought: The references whose values that find nothing are looked for elsewhere; all of them together.
        excerpt: Whether the engine has only the documents that decide about some findings. What would take all of
            them (near matches, values found elsewhere, references to the records of a group) is left out then.
        occurrences: For each declared collection that was read, which fields occur in it.
        rivals: Collections in which one ``_id`` stands in several documents of different content.
        scanned: Which paths have a value at all, of the scan, where this is an excerpt of it.
        nameless: Collections with documents that have no ``_id``.
    """

    engine: DuckEngine
    model: Model
    as_of: int
    read: Mapping[str, Read]
    excerpt: bool = False
    occurrences: Mapping[str, Occurrence] = field(default_factory=dict)
    sought: Sequence[Link] = ()
    rivals: frozenset[str] = frozenset()
    scanned: Presence | None = None
    nameless: frozenset[str] = frozenset()
    _relations: dict[str, str] = field(default_factory=dict)
    _near: dict[str, dict[str, NearMatch]] = field(default_factory=dict)
    _elsewhere: tuple[str, Sequence[elsewhere.KeyField]] | None = None

    @property
    def presence(self) -> Presence:
        """Tells which paths have a value in no document."""
        if self.scanned is None:
            self.scanned = Presence(self.engine, self.model, self.occurrences)
        return self.scanned

    def dead(self, *links: Link) -> bool:
        """Say whether no document has a value at one of some paths, though documents should have."""
        return any(self.presence.dead(link.collection, (link.path,)) for link in links)

    def query(self, text: str) -> Iterator[Row]:
        """Run a query."""
        return self.engine.query(text)

    def collection(self, name: str) -> Collection:
        """Return a declared collection."""
        return self.model.collections[name]

    def occurrence(self, name: str) -> Occurrence:
        """Tell which fields occur in a collection."""
        return self.occurrences[name]

    def target(self, link: Link) -> Collection:
        """Return the collection that a declared reference leads to."""
        return self.model.collections[self.model.collections[link.collection].references[link.path]]

    def is_whole(self, name: str) -> bool:
        """Tell whether all of a collection was read."""
        return self.read[name].whole

    def relation(self, name: str, text: Callable[[], str]) -> str:
        """Make a relation once: run the query that ``text`` gives and keep its rows as a table.

        Returns:
            The table's name, quoted.
        """
        if name not in self._relations:
            self._relations[name] = quoted(f"${name}")  # no collection can be called so
            self.engine.execute(f"CREATE TABLE {self._relations[name]} AS {text()}")
        return self._relations[name]

    def order(self, name: str) -> str:
        """Return terms to sort documents (alias ``d``) by: the same, in whatever order they were read."""
        terms = sql.in_order("d._id")
        if (
            name in self.rivals | self.nameless
        ):  # there the whole document is compared, but for its secret number
            columns = [
                f"d.{quoted(each)}" for each in self.engine.filled(name) if each not in {"_id", DIGEST}
            ]
            terms += f", row({', '.join(columns)})" if columns else ""
        return terms

    def has_arrays(self, link: Link) -> bool:
        """Tell whether any document has an array at a path: a column without a value need not be looked at again."""
        return self.engine.count(link.collection, f"{link.path}@each") > 0

    def links(self, link: Link, *, also: Sequence[str] = (), where: str = "TRUE", table: str = "") -> str:
        """Query ``(_row, ref, is_array, …also)``: the values by which documents refer (:func:`sql.links`)."""
        arrays = self.has_arrays(link)
        return sql.links(link.collection, link.path, also=also, where=where, table=table, arrays=arrays)

    def priced(self, collection: str, amount: Path, currency: Path | None, table: str = "") -> str:
        """Return the table of documents with what an amount comes to (:func:`sql.money`).

        Where each element of an array has a currency of its own, a document is there once for each of them.

        Args:
            collection: Whose documents.
            amount: The amount.
            currency: Its currency.
            table: Where the documents are, quoted, if not all of the collection are meant.
        """
        table = table or quoted(collection)
        if currency is None or not currency.is_list:
            return table
        sums = self.relation(
            f"{amount} of {collection} by currency",
            lambda: sql.by_currency(quoted(collection), amount, self.model.currency),
        )
        return f"(SELECT t.*, s.* EXCLUDE (_row) FROM {table} t JOIN {sums} s ON s._row = t._row)"

    def keys(self, collection: Collection) -> str:
        """Query ``(k, _row)``: the values by which documents of a collection are found (:func:`sql.keys`)."""
        key = collection.key
        return sql.keys(collection, arrays=key is not None and self.has_arrays(Link(collection.name, key)))

    def dangling(self, link: Link) -> str:
        """Return the table ``(_row, ref, is_array)`` of the values by which documents refer to nothing."""
        name, target = f"dangling {link}", self.target(link)
        if name not in self._relations:
            key = Link(target.name, target.key) if target.key is not None else None
            named = Texts(target.name, "_id", None) if key is None else self._texts(key)
            found = strays(self.engine, self._texts(link), named)
            if found is not None:  # else the engine has to join: columns on the disk, or no native part
                self.engine.fill(f"${name}", found)
                self._relations[name] = quoted(f"${name}")

        def text() -> str:
            refs, keys = self.links(link), self.keys(target)
            return f"SELECT * FROM {refs} l WHERE NOT EXISTS (SELECT 1 FROM {keys} f WHERE f.k = l.ref)"

        return self.relation(name, text)

    def _texts(self, link: Link) -> Texts:
        """Return the columns of the values at a path."""
        each = f"{link.path}@each" if self.has_arrays(link) else None
        return Texts(link.collection, f"{link.path}@key", each)

    def looked_up(self, link: Link) -> tuple[int, int]:
        """Count the values by which documents refer, each once a document, and how many of them find something."""
        ((values,),) = self.query(f"SELECT count(*) FROM {self.links(link)}")
        ((dangling,),) = self.query(f"SELECT count(*) FROM {self.dangling(link)}")
        return int(str(values)), int(str(values)) - int(str(dangling))

    def dangling_values(self, link: Link, most: int) -> dict[str, int]:
        """Return some of the values that refer to nothing, and how many times each does."""
        query = f"SELECT ref, count(*) FROM {self.dangling(link)} GROUP BY ref ORDER BY ref LIMIT {most}"
        return {str(ref): int(str(count)) for ref, count in self.query(query)}

    def _found_elsewhere(self, places: Sequence[elsewhere.KeyField], values: Sequence[str]) -> str:
        """Return the table ``(k, place)`` of which values are found in which places, a place named by its number."""
        refs = self.relation(
            "looked for elsewhere", lambda: " UNION ".join(f"SELECT ref FROM {table}" for table in values)
        )
        # One place after the other: together their keys would not fit into a small budget.
        each = [
            self.relation(
                f"found in {place.collection.name} {place.field}",
                partial(elsewhere.found, self.keys(place.keyed), refs),
            )
            for place in places
        ]
        numbered = [f"SELECT k, {number} AS place FROM {table}" for number, table in enumerate(each)]
        return self.relation(
            "found elsewhere", lambda: " UNION ALL ".join(numbered) or elsewhere.NOTHING_FOUND
        )

    def elsewhere(self, link: Link) -> tuple[str, Sequence[elsewhere.KeyField]]:
        """Return the table ``(ref, place)`` of values that refer to nothing and are found elsewhere, and the places.

        A value is looked for in all places that have been read, for all references together.
        """
        if self.excerpt:
            return self.relation("found nowhere", lambda: elsewhere.NOTHING), ()
        if self._elsewhere is None:  # once for all references: a model may have thousands
            looked = elsewhere.places(self.model, self.engine)
            links = [each for each in self.sought if self._is_judged(each)] or [link]
            values = [self.dangling(each) for each in links]
            self._elsewhere = self._found_elsewhere(looked, values), looked
        found, places = self._elsewhere
        best = self.relation(
            f"elsewhere {link}",
            lambda: elsewhere.best(found, self.dangling(link), places, self.target(link).name),
        )
        return best, places

    def _is_judged(self, link: Link) -> bool:
        """Tell whether what a reference finds is known."""
        return self.read[link.collection].present and self.read[self.target(link).name].whole

    def unmatched(self, link: Link) -> str:
        """Return a query ``(_row)`` of the documents that refer, and of whose references none finds anything."""
        each = sql.column(link.path, "each")
        dangling = self.dangling(link)
        return (
            f"(SELECT _row FROM {dangling} WHERE NOT is_array UNION ALL"
            f" SELECT g._row FROM (SELECT _row, count(*) AS n FROM {dangling} WHERE is_array GROUP BY _row) g"
            f" JOIN {self.documents(link.collection, dangling)} c ON c._row = g._row AND g.n = list_unique(c.{each}))"
        )

    def unread(self, collection: str) -> str:
        """Return the table of the documents, with all their columns, in which any value cannot be read."""
        name = f"unread {collection}"
        if name not in self._relations:
            bad = [each for each in self.engine.filled(collection) if each.endswith("@bad")]
            self.engine.extract(collection, bad, f"${name}")
            self._relations[name] = quoted(f"${name}")
        return self._relations[name]

    def documents(self, collection: str, rows: str) -> str:
        """Return a table with all documents whose numbers ``_row`` a table has: of few documents one of their own.

        To join with it costs nothing, while a join with all documents has to go through all of them.
        """
        return self._few(f"documents of {rows}", collection, f"SELECT DISTINCT _row FROM {rows}")

    def selected(self, collection: str, where: str) -> str:
        """Return a table with all documents (alias ``d``) for which a condition holds: of few one of their own.

        To find their numbers first costs half of carrying along whatever is to be shown of them.
        """
        table = quoted(collection)
        return self._few(
            f"those of {table} where {where}", collection, f"SELECT d._row FROM {table} d WHERE {where}"
        )

    def _few(self, name: str, collection: str, numbers: str) -> str:
        """Return a table of a collection's documents whose numbers a query gives, or of all where they are many."""
        if name not in self._relations:
            few = self.engine.size(collection) > _FEW
            query = f"{numbers} LIMIT {_FEW + 1}"
            rows = sorted(int(str(row)) for (row,) in self.query(query)) if few else []
            few = few and len(rows) <= _FEW
            if few:
                self.engine.pick(collection, rows, f"${name}")
            self._relations[name] = quoted(f"${name}" if few else collection)
        return self._relations[name]

    def near(self, link: Link) -> dict[str, NearMatch]:
        """Return the near matches of the values by which documents refer to nothing."""
        if self.excerpt:
            return {}
        if str(link) not in self._near:
            refs = self.query(f"SELECT DISTINCT ref FROM {self.dangling(link)}")
            self._near[str(link)] = near_matches(
                self.engine, (str(ref) for (ref,) in refs), self.target(link)
            )
        return self._near[str(link)]
