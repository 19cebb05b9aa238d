"""What the snapshot server says of itself: what it is, who else is there, and what collections it has."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence
from typing import Any, Final, Literal

import bson

from tests.servers.matching import RefusedError, matches
from tests.servers.scripted import Command, ScriptedServer
from tests.servers.store import Store, Table

Topology = Literal["replica set", "sharded", "standalone"]

SET_NAME: Final = "rs0"


class Describing(ScriptedServer):
    """A member of a replica set, a router or a standalone, without the reading.

    Attributes:
        store: The data.
        topology: What it greets as.
        primary: Whether it takes itself for the primary.
        parameters: What getParameter gives.
    """

    def __init__(self, store: Store, topology: Topology) -> None:
        super().__init__()
        self.store = store
        self.topology = topology
        self.primary = True
        self.parameters: dict[str, Any] = {"minSnapshotHistoryWindowInSeconds": 300}
        self._election = 1
        self._began = int(time.time())

    def _members(self) -> Sequence[Describing]:
        return [self]

    def _timestamp(self, at: int) -> bson.Timestamp:
        return bson.Timestamp(self._began, at + 1)

    def _table(self, name: str) -> Table | None:
        return self.store.tables.get(name)

    def _on_hello(self, command: Command) -> dict[str, Any]:
        now = dt.datetime.now(dt.UTC)
        greeting = {**super()._on_hello(command), "localTime": now}
        if self.topology == "sharded":
            return {**greeting, "msg": "isdbgrid"}
        if self.topology == "standalone":
            return greeting
        members = self._members()
        leader = next((each.address for each in members if each.primary), None)
        return {
            **greeting,
            "setName": SET_NAME,
            "setVersion": 1,
            "electionId": bson.ObjectId(self._election.to_bytes(12)),
            "ismaster": self.primary,
            "isWritablePrimary": self.primary,
            "secondary": not self.primary,
            "hosts": sorted(each.address for each in members),
            "me": self.address,
            **({"primary": leader} if leader else {}),
            "lastWrite": {
                "lastWriteDate": now,
                "opTime": {"ts": self._timestamp(self.store.time), "t": bson.Int64(1)},
            },
        }

    def _on_buildInfo(self, _: Command) -> dict[str, Any]:  # noqa: N802 - the command's name
        return {"version": "7.0.5", "versionArray": [7, 0, 5, 0], "maxBsonObjectSize": 16_777_216}

    def _on_connectionStatus(self, _: Command) -> dict[str, Any]:  # noqa: N802 - the command's name
        return {"authInfo": {"authenticatedUsers": [], "authenticatedUserRoles": []}}

    def _on_getParameter(self, command: Command) -> dict[str, Any]:  # noqa: N802 - the command's name
        known = {name: value for name, value in self.parameters.items() if name in command.body}
        if not known:
            raise RefusedError(72, "InvalidOptions", "no option found to get")
        return known

    def _on_listCollections(self, command: Command) -> dict[str, Any]:  # noqa: N802 - the command's name
        wanted = command.body.get("filter", {})
        entries = [
            {
                "name": name,
                "type": "collection",
                "options": table.options,
                "info": {"readOnly": False, "uuid": bson.Binary(table.uuid, 4)},
            }
            for name, table in self.store.tables.items()
            if table.dropped is None
        ]
        listing = [each for each in entries if matches(each, wanted)]
        return {"cursor": {"id": 0, "ns": f"{command.database}.$cmd.listCollections", "firstBatch": listing}}

    def _on_listIndexes(self, command: Command) -> dict[str, Any]:  # noqa: N802 - the command's name
        table = self._table(command.collection)
        namespace = f"{command.database}.{command.collection}"
        if table is None:
            raise RefusedError(26, "NamespaceNotFound", f"ns does not exist: {namespace}")
        listing = [{"v": 2, "key": {"_id": 1}, "name": "_id_"}, *table.indexes]
        return {"cursor": {"id": 0, "ns": namespace, "firstBatch": listing}}

    def _on_count(self, command: Command) -> dict[str, Any]:
        table = self._table(command.collection)
        wanted = command.body.get("query") or {}
        rows = table.rows(None) if table else ()
        return {"n": sum(matches(version.document, wanted) for _, version in rows)}

    def _on_collStats(self, command: Command) -> dict[str, Any]:  # noqa: N802 - the command's name
        table = self._table(command.collection)
        lengths = [len(version.data) for _, version in table.rows(None)] if table else []
        return {"count": len(lengths), "size": sum(lengths), "storageSize": sum(lengths)}
