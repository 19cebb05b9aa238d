"""An excerpt of a scan: the documents that decide about some candidates, in an engine of their own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import pyarrow as pa

from intact.audit.recheck.candidates import Candidate
from intact.audit.recheck.neighbourhood import holders, leading_on
from intact.checks.base import ID, Hop
from intact.core.paths import Path
from intact.engine import DuckEngine, quoted
from intact.model.specs import Model
from intact.project import Column, schema

_SOUGHT = "$excerpt sought"


def excerpt(
    scan: DuckEngine,
    model: Model,
    candidates: Sequence[Candidate],
    columns: Mapping[str, set[Column]],
    *,
    into: DuckEngine,
) -> None:
    """Copy what decides about candidates, so that each of them is asked about in small tables.

    What is around all candidates is looked up together, in as many passes over the scan as the checks have ways to lead
    on, however many candidates there are. It may be more than decides about each of them, and is never less.

    Args:
        scan: Has the tables of the scan.
        model: What must hold.
        candidates: With the ``_id`` of their documents.
        columns: The columns of the scan, by collection.
        into: An engine without tables.
    """
    rows = _rows(scan, model, candidates)
    for name, each in columns.items():
        made = schema(sorted(each, key=lambda column: (column.path, column.role.value)))
        into.create(name, made)
        if name not in rows:
            continue
        wanted = " UNION ALL ".join(rows[name])
        query = (
            f"SELECT {', '.join(quoted(field.name) for field in made)} FROM {quoted(name)}"
            f" WHERE _row IN ({wanted})"
        )
        for batch in scan.batches(query):
            renamed = pa.RecordBatch.from_arrays(batch.columns, names=made.names)
            into.load(name, [renamed.cast(made)])


def _rows(scan: DuckEngine, model: Model, candidates: Sequence[Candidate]) -> dict[str, list[str]]:
    """Return queries ``(_row)`` of the documents that decide, by collection."""
    sought: dict[tuple[str, Path], set[str]] = defaultdict(set)
    starts: dict[Hop, set[str]] = defaultdict(set)
    ways: set[tuple[Hop, ...]] = set()
    for candidate in candidates:
        draft = candidate.draft
        around = candidate.task.around(draft)
        for collection, path, value in around.values:
            sought[collection, path].add(value)
        if around.own:
            sought[draft.collection, ID].update(candidate.ids, draft.beside)
        for chain in around.chains:
            if chain[0].collection == draft.collection:
                starts[chain[0]].update(candidate.ids)
                ways.update(chain[: length + 1] for length in range(len(chain)))
    found: dict[str, list[str]] = defaultdict(list)
    places = {place: number for number, place in enumerate(sought)}
    begin = {hop: len(places) + number for number, hop in enumerate(starts)}
    _fill(
        scan,
        [(places[place], value) for place, values in sought.items() for value in values]
        + [(begin[hop], value) for hop, values in starts.items() for value in values],
    )
    for (collection, path), number in places.items():
        found[collection].append(
            f"SELECT _row FROM {holders(collection, path)} WHERE v IN ({_asked(number)})"
        )
    tables: dict[tuple[Hop, ...], str] = {}
    for way in sorted(ways, key=len):
        *_, hop = way
        start = f"SELECT _row FROM {quoted(hop.collection)} WHERE _id IN ({_asked(begin.get(hop, -1))})"
        last = f"SELECT _row FROM {tables[way[:-1]]}" if len(way) > 1 else start
        tables[way] = quoted(f"$excerpt {len(tables)}")
        values = f"SELECT v FROM {leading_on(hop.collection, hop.path, model)} WHERE _row IN ({last})"
        scan.execute(
            f"CREATE OR REPLACE TABLE {tables[way]} AS"
            f" SELECT DISTINCT _row FROM {holders(hop.to, hop.at)} WHERE v IN ({values})"
        )
        found[hop.to].append(f"SELECT _row FROM {tables[way]}")
    return found


def _fill(scan: DuckEngine, asked: Sequence[tuple[int, str]]) -> None:
    numbers, values = zip(*asked, strict=True) if asked else ((), ())
    columns = {"place": pa.array(numbers, pa.int64()), "v": pa.array(values, pa.string())}
    scan.fill(_SOUGHT, pa.table(columns))


def _asked(number: int) -> str:
    return f"SELECT v FROM {quoted(_SOUGHT)} WHERE place = {number}"
