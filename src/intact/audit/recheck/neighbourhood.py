"""The neighbourhood of candidates in the tables of an engine: which documents decide, and what they are like."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection as Sized
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from intact.audit.recheck.candidates import Candidate, Task, Want
from intact.checks import sql
from intact.checks.base import ID, Draft, Hop
from intact.core.paths import Path
from intact.engine import DuckEngine, quoted
from intact.model.specs import Model
from intact.project import Column, schema

_OWN, _ASKED, _AFFECTED, _TORN = "$again own", "$again asked", "$again affected", "$again torn"


@dataclass(frozen=True, slots=True)
class State:
    """What a neighbourhood is like: how many documents, a text that is the same for the same, whether any is torn."""

    documents: int = 0
    text: str = ""
    torn: bool = False


class NeighbourhoodLookup:
    """Asks an engine for the neighbourhoods of candidates.

    Args:
        engine: Has the tables, of the scan or of a look.
        model: What must hold.
    """

    def __init__(self, engine: DuckEngine, model: Model) -> None:
        self._engine = engine
        self._model = model

    def ids(self, drafts: Sequence[Draft]) -> list[list[str | None]]:
        """Return the ``_id`` of the documents that each draft affects, in the order of its rows."""
        found: list[list[str | None]] = [[None] * len(draft.rows) for draft in drafts]
        by_collection: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
        for number, draft in enumerate(drafts):
            by_collection[draft.collection] += [(number, at, row) for at, row in enumerate(draft.rows)]
        for collection, affected in by_collection.items():
            self._fill(_AFFECTED, ("c", "at", "number"), affected, (pa.int64(), pa.int64(), pa.int64()))
            query = (
                f"SELECT a.c, a.at, d._id FROM {quoted(_AFFECTED)} a"
                f" JOIN {quoted(collection)} d ON d._row = a.number"
            )
            for draft_number, place, document_id in self._engine.query(query):
                found[_int(draft_number)][_int(place)] = None if document_id is None else str(document_id)
        return found

    def wants(self, candidates: Sequence[Candidate]) -> list[tuple[Want, ...]]:
        """Return the documents that decide about each candidate, as its documents are in this engine."""
        found: list[set[Want]] = []
        chained: dict[tuple[Hop, ...], list[int]] = defaultdict(list)
        for number, candidate in enumerate(candidates):
            draft = candidate.draft
            around = candidate.task.around(draft)
            found.append(set(around.values))
            if around.own:
                found[-1].update((draft.collection, ID, each) for each in (*candidate.ids, *draft.beside))
            for chain in around.chains:
                if chain[0].collection == draft.collection:
                    chained[chain].append(number)
        for chain, numbers in chained.items():
            own = [(number, each) for number in numbers for each in candidates[number].ids]
            self._fill(_OWN, ("c", "id"), own, (pa.int64(), pa.string()))
            for number, want in self._led_to(chain):
                found[number].add(want)
        return [tuple(sorted(each)) for each in found]

    def _led_to(self, chain: tuple[Hop, ...]) -> Iterator[tuple[int, Want]]:
        """Yield what the hops of a chain lead to, from the documents in the table of own ones."""
        table = quoted(chain[0].collection)
        rows = f"SELECT o.c, d._row FROM {quoted(_OWN)} o JOIN {table} d ON d._id = o.id"
        for hop in chain:
            values = (
                f"SELECT DISTINCT r.c, v.v FROM ({rows}) r"
                f" JOIN {leading_on(hop.collection, hop.path, self._model)} v ON v._row = r._row"
            )
            for number, value in self._engine.query(values):
                yield _int(number), (hop.to, hop.at, str(value))
            rows = (
                f"SELECT DISTINCT a.c, h._row FROM ({values}) a JOIN {holders(hop.to, hop.at)} h ON h.v = a.v"
            )

    def states(
        self,
        candidates: Sequence[Candidate],
        wants: Sequence[tuple[Want, ...]],
        torn: Mapping[str, Sized[str]] | None = None,
    ) -> list[State]:
        """Tell what the documents that decide about candidates are like.

        Args:
            candidates: The candidates.
            wants: The documents that decide about each.
            torn: By collection the ``_id`` of documents that were read twice and were different.
        """
        found = [State()] * len(candidates)
        by_task: dict[Task, list[int]] = defaultdict(list)
        for number, candidate in enumerate(candidates):
            by_task[candidate.task].append(number)
        torn = {name: ids for name, ids in (torn or {}).items() if ids}
        pairs = [(name, each) for name, ids in torn.items() for each in ids]
        self._fill(_TORN, ("collection", "id"), pairs, (pa.string(), pa.string()))
        for task, numbers in by_task.items():
            places: dict[tuple[str, Path], int] = {}
            asked = [
                (number, places.setdefault((collection, path), len(places)), value)
                for number in numbers
                for collection, path, value in wants[number]
            ]
            if not places:  # nothing can be asked for: a document whose _id is null, and which has no key
                continue
            self._fill(_ASKED, ("c", "place", "v"), asked, (pa.int64(), pa.int64(), pa.string()))
            for found_number, count, text, any_torn in self._engine.query(_states(task, places, torn)):
                found[_int(found_number)] = State(_int(count), str(text), bool(any_torn))
        return found

    def _fill(
        self,
        table: str,
        names: Sequence[str],
        rows: Sequence[tuple[object, ...]],
        types: Sequence[pa.DataType],
    ) -> None:
        columns = list(zip(*rows, strict=True)) or [()] * len(names)
        arrays = [pa.array(column, kind) for column, kind in zip(columns, types, strict=True)]
        self._engine.fill(table, pa.table(dict(zip(names, arrays, strict=True))))


def leading_on(collection: str, path: Path, model: Model) -> str:
    """Query ``(v, _row)``: the values that lead on. A key may be an array, a reference is each of its elements."""
    if path in {ID, model.collections[collection].key}:
        return holders(collection, path)
    return f"(SELECT ref AS v, _row FROM {sql.links(collection, path)})"


def holders(collection: str, path: Path) -> str:
    """Query ``(v, _row)``: by which values documents are found at a path, as a server finds them."""
    table = quoted(collection)
    if path == ID:
        return f"(SELECT _id AS v, _row FROM {table} WHERE _id IS NOT NULL)"
    key, each = sql.column(path, "key"), sql.column(path, "each")
    return (
        f"(SELECT {key} AS v, _row FROM {table} WHERE {key} IS NOT NULL"
        f" UNION ALL SELECT v, _row FROM (SELECT unnest({each}) AS v, _row FROM {table} WHERE {each} IS NOT NULL)"
        " WHERE v IS NOT NULL)"
    )


def _states(task: Task, places: Mapping[tuple[str, Path], int], torn: Sized[str]) -> str:
    """Query ``(c, documents, text, torn)`` of the candidates of a task, in some collections of which some are torn."""
    items = []
    for collection in sorted({name for name, _ in places}):
        rows = " UNION ".join(
            f"SELECT a.c, h._row FROM {quoted(_ASKED)} a JOIN {holders(name, path)} h ON h.v = a.v"
            f" WHERE a.place = {place}"
            for (name, path), place in places.items()
            if name == collection
        )
        text = _digest(task.columns.get(collection, frozenset()))
        among = f"d._id IN (SELECT id FROM {quoted(_TORN)} WHERE collection = {sql.text(collection)})"
        is_torn = f"coalesce({among}, FALSE)" if collection in torn else "FALSE"
        items.append(
            f"SELECT r.c, {sql.text(collection + ' ')} || {text} AS item, {is_torn} AS torn"
            f" FROM ({rows}) r JOIN {quoted(collection)} d ON d._row = r._row"
        )
    return (
        "SELECT c, count(*), sha256(string_agg(item, ',' ORDER BY item)), bool_or(torn)"
        f" FROM ({' UNION ALL '.join(items)}) GROUP BY c"
    )


def _digest(columns: Iterable[Column]) -> str:
    """Expression for a document (alias ``d``): equal exactly if all its columns are, as far as SHA-256 tells apart."""
    parts = []
    for field in schema(list(columns)):
        name = f"d.{quoted(field.name)}"
        if pa.types.is_string(field.type):
            text = f"length({name}) || ':' || {name}"
        elif pa.types.is_list(field.type) and not pa.types.is_decimal(field.type.value_type):
            text = f"to_json({name})::VARCHAR"
        else:
            text = f"{name}::VARCHAR"
        parts.append(f"coalesce({text}, '-')")
    return f"sha256(concat_ws('|', {', '.join(parts)}))"


def _int(value: object) -> int:
    return int(value)  # type: ignore[call-overload, no-any-return]  # the engine's numbers
