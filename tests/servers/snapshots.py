"""A server that keeps what was: snapshot reads as of one time, living cursors, and faults at chosen places of a scan.

It answers as a replica set, a router or a standalone, from a :class:`~tests.servers.store.Store`::

    with SnapshotServer(store, batch_documents=10) as server:
        server.between = lambda command: writer.step()   # data changes before each batch is read
        server.inject(Injection("orders", "middle", Error(43)))
        check(server.uri())

Reads only: it knows no command that writes. Whoever changes data does so on the store.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import bson
from bson.raw_bson import RawBSONDocument
from bson.regex import Regex

from tests.servers.bson_order import key
from tests.servers.description import Describing, Topology
from tests.servers.matching import MISSING, RefusedError, bad_value, matches, predicate
from tests.servers.scripted import BATCH_BYTES, FIRST_BATCH, Command, Error, Half, Step
from tests.servers.store import Record, Store, Table, Version, elements, joined

Place = Literal["first", "middle", "last", "look"]


@dataclass(slots=True)
class Injection:
    """A fault, and where it strikes.

    Attributes:
        collection: Whose batches.
        at: ``first``: before anything of the collection has been sent. ``middle``: with the batch by which half of it
            is sent. ``last``: with the batch by which all of it is sent. ``look``: once all of it has been sent, with
            the next batch of it.
        step: What is answered in place of the batch; None: the batch as usual.
        act: What happens to the server before.
        times: How often it strikes.
        struck: How often it has.
    """

    collection: str
    at: Place
    step: Step | None = None
    act: Callable[[SnapshotServer], None] | None = None
    times: int = 1
    struck: int = 0


@dataclass(slots=True)
class _Reading:
    """A cursor: a question, and how far it is answered.

    Attributes:
        at: The time that it sees; None: what is there whenever it looks.
        by_id: Whether documents come in the order of their ``_id``; otherwise in natural order.
        down: Whether they come from the greatest ``_id`` downwards, in one batch.
        after: The last document that was sent, by its ``_id`` or by its number.
        rest: What is left of an aggregation; None for a find.
    """

    name: str
    table: Table | None
    session: Any
    at: int | None = None
    wanted: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)
    by_id: bool = False
    left: int = 0
    down: bool = False
    after: Any = None
    rest: list[bytes] | None = None


@dataclass(slots=True)
class _Page:
    """A batch that could be sent next."""

    documents: list[bytes]
    records: list[Record]
    end: bool


class SnapshotServer(Describing):
    """One member, or a router, or a standalone; a context manager that is listening inside.

    Args:
        store: The data. Several members share one.
        topology: What it greets as.
        window: For how many writes a snapshot can be read, after which reads end in 239; None for ever.
        batch_documents: The most documents in a batch, whatever is asked for.
        batch_bytes: The most bytes in a batch; one document always goes.
        seed: Of what ``$sample`` draws.

    Attributes:
        between: Called before each batch is made.
        revoked: Collections that the user may not read any more; ``*`` is for all.
        oldest: The earliest time that can be read.
        snapshots: Whether snapshots can be read at all: otherwise such reads end in 246.
        primary: Whether it takes itself for the primary.
        others: The other members of its set.
        read_at: The times as of which anything was read.
        pretends: Where the server reads the present whatever it is asked for: which time its first batches name, by
            their number from 0; None names none.
    """

    def __init__(
        self,
        store: Store,
        *,
        topology: Topology = "replica set",
        window: int | None = None,
        batch_documents: int | None = None,
        batch_bytes: int = BATCH_BYTES,
        seed: int = 0,
    ) -> None:
        super().__init__(store, topology)
        self.window = window
        self.batch_documents = batch_documents
        self.batch_bytes = batch_bytes
        self.between: Callable[[Command], object] | None = None
        self.revoked: set[str] = set()
        self.oldest = 0
        self.snapshots = True
        self.others: list[SnapshotServer] = []
        self.read_at: set[int] = set()
        self.pretends: Callable[[int], int | None] | None = None
        self._first_batches = 0
        self._random = random.Random(seed)
        self._readings: dict[int, _Reading] = {}
        self._injections: list[Injection] = []
        self._sent: dict[str, set[int]] = defaultdict(set)

    # --- what tests do to it ------------------------------------------------------------------------------------------

    def inject(self, *injections: Injection) -> None:
        """Let these faults strike, once they may."""
        self._injections += injections

    def lose(self) -> None:
        """Go down for good: the port closes, and every connection. From the server's own thread."""
        self._loop.call_soon_threadsafe(self._stopped.set)

    def join(self, *others: SnapshotServer) -> None:
        """Make one replica set of this server and others, which are its secondaries; faults strike all alike."""
        members = [self, *others]
        for each in members:
            each.others = [other for other in members if other is not each]
            each.primary = each is self
            each._injections, each._sent = self._injections, self._sent

    def expire(self) -> None:
        """Forget everything that was: no snapshot that was begun can be read any further."""
        with self.store.at_once():
            self.oldest = self.store.time

    def step_down(self) -> None:
        """Let another member be the primary; cursors live on here."""
        self.primary = False
        self.others[0].primary = True
        for each in [self, *self.others]:
            each._election += 1

    @property
    def open_cursors(self) -> int:
        """How many cursors are open."""
        return len(self._readings)

    def sent_whole(self, name: str) -> bool:
        """Whether all that is in a collection now has been sent at least once."""
        table = self._table(name)
        return table is not None and self._count(name, table) >= len(table.living)

    def _members(self) -> Sequence[Describing]:
        return [self, *self.others]

    # --- how it answers -----------------------------------------------------------------------------------------------

    def _step(self, command: Command) -> Step | None:
        with self.store.lock:
            if command.name in {"find", "getMore", "aggregate"} and self.between:
                self.between(command)
            scripted = super()._step(command)
            return scripted or (
                self._struck(command) if self._injections and command.name in {"find", "getMore"} else None
            )

    def _struck(self, command: Command) -> Step | None:
        """What an injection makes of a batch; None where none strikes."""
        name, table = command.collection, self._table(command.collection)
        if table is None or command.body.get("limit") == 1:
            return None
        try:
            reading = self._reading(command)
            page = self._page(reading, self._size(command))
        except RefusedError:
            return None
        before, whole = self._count(name, table), len(table.living)
        after = len(self._sent[name] | {record.number for record in page.records})
        places = {
            "first": before == 0,
            "middle": before < whole / 2 <= after,
            "last": before < whole == after,
            "look": before == whole,
        }
        for each in self._injections:
            if each.collection == name and each.struck < each.times and places[each.at]:
                each.struck += 1
                if each.act:
                    each.act(self)
                if each.step:
                    if isinstance(each.step, Error) and command.name == "getMore":
                        self._readings.pop(command.body["getMore"], None)  # an error ends a cursor
                    return each.step
        return None

    def _count(self, name: str, table: Table) -> int:
        return len(self._sent[name] & {record.number for record in table.living.values()})

    def _document(self, command: Command, step: Step | None) -> dict[str, Any]:
        try:
            with self.store.lock:
                self._allow(command)
                sent = set(self._sent[command.collection])
                answer = super()._document(command, step)
                if isinstance(step, Half):  # it does not arrive
                    self._sent[command.collection] = sent
        except RefusedError as error:
            answer = {"ok": 0.0, "errmsg": error.message, "code": error.code, "codeName": error.name}
        if self.topology != "standalone":
            now = self._timestamp(self.store.time)
            signature = {"hash": bytes(20), "keyId": bson.Int64(0)}
            answer |= {"operationTime": now, "$clusterTime": {"clusterTime": now, "signature": signature}}
        return answer

    def _allow(self, command: Command) -> None:
        name, body = command.name, command.body
        data = {"find", "getMore", "aggregate", "count", "listIndexes", "collStats"}
        if name in data and self.revoked & {"*", command.collection}:
            message = f"not authorized on {command.database} to execute command {{ {name}: ... }}"
            raise RefusedError(13, "Unauthorized", message)
        level = body.get("readConcern", {}).get("level")
        # The driver puts the read concern on every command of a snapshot session; few take it.
        if level == "snapshot" and name not in {"find", "aggregate", "getMore"}:
            raise RefusedError(72, "InvalidOptions", f"{name} does not support read concern snapshot")
        mode = body.get("$readPreference", {}).get("mode", "primary")
        elsewhere = self.topology == "replica set" and not self.primary and mode == "primary"
        if elsewhere and name in data - {"getMore"}:  # a cursor goes on where it began
            raise RefusedError(13435, "NotPrimaryNoSecondaryOk", "not primary and secondaryOk=false")

    # --- reading ------------------------------------------------------------------------------------------------------

    def _on_find(self, command: Command) -> dict[str, Any]:
        reading = self._reading(command)
        end = command.body.get("singleBatch", False)
        return self._reply("firstBatch", command, next(self._cursor_ids), reading, end=end)

    def _on_getMore(self, command: Command) -> dict[str, Any]:  # noqa: N802 - the command's name
        identifier = command.body["getMore"]
        try:
            reading = self._reading(command)
        finally:
            self._readings.pop(identifier, None)  # an error ends a cursor too
        return self._reply("nextBatch", command, identifier, reading)

    def _on_killCursors(self, command: Command) -> dict[str, Any]:  # noqa: N802 - the command's name
        killed = [each for each in command.body["cursors"] if self._readings.pop(each, None)]
        return {"cursorsKilled": killed}

    def _on_aggregate(self, command: Command) -> dict[str, Any]:
        name = command.collection
        reading = _Reading(name, self._table(name), command.body.get("lsid"), self._time_of(command))
        reading.rest = self._aggregate(reading, command.body["pipeline"])
        return self._reply("firstBatch", command, next(self._cursor_ids), reading)

    def _reading(self, command: Command) -> _Reading:
        """The cursor that a find begins or a getMore goes on with.

        Raises:
            RefusedError: If there is no such cursor, or it cannot be read on.
        """
        body = command.body
        if command.name == "getMore":
            reading = self._readings.get(body["getMore"])
            if reading is None:
                raise RefusedError(43, "CursorNotFound", f"cursor id {body['getMore']} not found")
            if reading.session != body.get("lsid"):
                raise RefusedError(50738, "Location50738", "Cannot run getMore on another session's cursor")
            if reading.table is not self._table(reading.name):
                raise RefusedError(175, "QueryPlanKilled", f"collection dropped: {reading.name}")
            self._still_kept(reading.at)
            return reading
        by_id = "_id" in body.get("sort", {}) or "_id" in _hint(body)
        if len(body.get("sort", {})) > 1 or body.get("skip"):
            raise bad_value("only sorting by _id is known here")
        wanted, fields = body.get("filter", {}), body.get("projection", {})
        at, left = self._time_of(command), abs(body.get("limit", 0))
        down = body.get("sort", {}).get("_id") == -1
        if down and not body.get("singleBatch"):
            raise bad_value("only one batch is known downwards here")
        name = command.collection
        return _Reading(name, self._table(name), body.get("lsid"), at, wanted, fields, by_id, left, down)

    def _time_of(self, command: Command) -> int | None:
        """The time that a command asks for; None for what there is now."""
        concern = command.body.get("readConcern", {})
        if concern.get("level") != "snapshot":
            return None
        if self.topology == "standalone":
            message = "node needs to be a replica set member to use read concern snapshot"
            raise RefusedError(123, "NotAReplicaSet", message)
        table = self._table(command.collection)
        if not self.snapshots or (table and table.options.get("capped")):
            raise RefusedError(246, "SnapshotUnavailable", "no snapshot can be read")
        if self.pretends is not None:
            return None
        stamp = concern.get("atClusterTime")
        at = self.store.time if stamp is None else stamp.inc - 1
        self._still_kept(at)
        if table is None and self._was_dropped(command.collection, at):
            raise RefusedError(246, "SnapshotUnavailable", "the collection was dropped since")
        return at

    def _was_dropped(self, name: str, since: int) -> bool:
        gone = (table.dropped for known, table in self.store.tables.items() if known.endswith(f" {name}"))
        return any(each is not None and each > since for each in gone)

    def _still_kept(self, at: int | None) -> None:
        if at is None:
            return
        oldest = self.oldest if self.window is None else max(self.oldest, self.store.time - self.window)
        if at < oldest:
            raise RefusedError(239, "SnapshotTooOld", "read timestamp is older than the oldest available")
        self.read_at.add(at)

    def _size(self, command: Command) -> int:
        asked = command.body.get("batchSize", FIRST_BATCH if command.name == "find" else 0)
        if command.name == "aggregate":  # of which nobody expects more than one batch
            return int(command.body.get("cursor", {}).get("batchSize", FIRST_BATCH))
        sizes = [each for each in (asked, self.batch_documents) if each]
        return min(sizes) if sizes else 0

    def _reply(
        self, place: str, command: Command, identifier: int, reading: _Reading, *, end: bool = False
    ) -> dict[str, Any]:
        page = self._page(reading, self._size(command))
        if command.body.get("limit") != 1:  # that only takes a moment
            self._sent[reading.name] |= {record.number for record in page.records}
        if page.records:
            last = page.records[-1]
            reading.after = last.order if reading.by_id else last.number
        if reading.left:
            reading.left -= len(page.documents)
            end = end or not reading.left
        if reading.rest is not None:
            del reading.rest[: len(page.documents)]
        if page.end or end:
            identifier = 0
        else:
            self._readings[identifier] = reading
        batch = [RawBSONDocument(each) for each in page.documents]
        cursor: dict[str, Any] = {"id": bson.Int64(identifier), "ns": f"{command.database}.{reading.name}"}
        named = reading.at if self.pretends is None else self._pretended(command)
        if named is not None:
            cursor["atClusterTime"] = self._timestamp(named)
        return {"cursor": {**cursor, place: batch}}

    def _pretended(self, command: Command) -> int | None:
        """Name a time that is not the one that is read."""
        if self.pretends is None or command.body.get("readConcern", {}).get("level") != "snapshot":
            return None
        self._first_batches += 1
        return self.pretends(self._first_batches - 1)

    def _page(self, reading: _Reading, size: int) -> _Page:
        """The next batch, without sending it."""
        page = _Page([], [], end=True)
        length = 0
        for record, data in self._rest(reading):
            full = (size and len(page.documents) >= size) or (
                length and length + len(data) > self.batch_bytes
            )
            if full or (reading.left and len(page.documents) >= reading.left):
                page.end = False
                break
            page.documents.append(data)
            length += len(data)
            if record:
                page.records.append(record)
        return page

    def _rest(self, reading: _Reading) -> Iterator[tuple[Record | None, bytes]]:
        """What a cursor has not sent yet, as it is by now, in order and projected."""
        if reading.rest is not None:
            yield from ((None, each) for each in reading.rest)
            return
        found = predicate(reading.wanted)
        for record, version in self._found(reading):
            place = record.order if reading.by_id else record.number
            if (reading.after is None or place > reading.after) and found(version.document):
                yield record, _projected(version.data, reading.fields)

    def _found(self, reading: _Reading) -> Iterator[tuple[Record, Version]]:
        """The documents that may match, in the cursor's order."""
        if reading.table is None:
            return
        records: Sequence[Record] = reading.table.records
        looked_up = _by_index(reading.table, reading.wanted)
        if looked_up is not None:
            records = sorted(looked_up, key=lambda record: record.number)
        if reading.by_id:
            records = sorted(records, key=lambda record: record.order, reverse=reading.down)
        for record in records:
            version = record.at(reading.at)
            if version:
                yield record, version

    # --- aggregations -------------------------------------------------------------------------------------------------

    def _aggregate(self, reading: _Reading, pipeline: Sequence[Mapping[str, Any]]) -> list[bytes]:
        if reading.table is None:
            if pipeline and "$collStats" in pipeline[0]:
                raise RefusedError(26, "NamespaceNotFound", f"Collection [{reading.name}] not found.")
            return []
        rows = [version.data for _, version in reading.table.rows(reading.at)]
        for stage in pipeline:
            rows = self._stage(rows, reading.name, *next(iter(stage.items())))
        return rows

    def _stage(self, rows: list[bytes], name: str, stage: str, given: Any) -> list[bytes]:
        match stage:
            case "$match":
                return [each for each in rows if matches(bson.decode(each), given)]
            case "$sample":
                return self._random.sample(rows, min(int(given["size"]), len(rows)))
            case "$project":
                return [_projected(each, given) for each in rows]
            case "$sort" if list(given) == ["_id"]:
                return sorted(rows, key=lambda each: key(bson.decode(each)["_id"]))
            case "$limit":
                return rows[: int(given)]
            case "$count":
                return [bson.encode({given: len(rows)})] if rows else []
            case "$group" if not isinstance(given["_id"], str | Mapping):
                counts = {
                    each: len(rows) for each, sums in given.items() if sums in ({"$sum": 1}, {"$count": {}})
                }
                return [bson.encode({"_id": given["_id"], **counts})] if rows else []
            case "$collStats":
                size = sum(map(len, rows))
                facts = {"count": len(rows), "size": size, "storageSize": size, "capped": False}
                return [bson.encode({"ns": f"shop.{name}", "count": len(rows), "storageStats": facts})]
        raise RefusedError(40324, "Location40324", f"Unrecognized pipeline stage name: '{stage}'")


def _hint(body: Mapping[str, Any]) -> Mapping[str, Any]:
    hint = body.get("hint", {})
    return {hint.removesuffix("_").rsplit("_", 1)[0]: 1} if isinstance(hint, str) else hint


def _by_index(table: Table, wanted: Mapping[str, Any]) -> list[Record] | None:
    """What an index finds for a filter that asks for values of one field; None where none helps."""
    if len(wanted) != 1:
        return None
    name, asked = next(iter(wanted.items()))
    index = table.found.get(name)
    if index is None:
        return None
    if not isinstance(asked, Mapping) or not next(iter(asked), "").startswith("$"):
        values = [asked]
    elif set(asked) == {"$in"}:
        values = list(asked["$in"])
    elif set(asked) == {"$eq"}:
        values = [asked["$eq"]]
    else:
        return None
    if any(each is None or each is MISSING or isinstance(each, Regex) for each in values):
        return None
    found = {record.number: record for each in values for record in index.get(key(each), ())}
    return list(found.values())


def _projected(data: bytes, fields: Mapping[str, Any]) -> bytes:
    """Keep the top-level fields that a projection names; without one, all."""
    if not fields:
        return data
    if any(
        "." in name or not each or isinstance(each, Mapping) for name, each in fields.items() if name != "_id"
    ):
        raise bad_value("only top-level fields can be projected here")
    names = set(fields) | ({"_id"} if fields.get("_id", 1) else set())
    if not fields.get("_id", 1):
        names -= {"_id"}
    return joined(element for name, element in elements(data) if name in names)
