"""A scripted server that tells of itself what the doctor asks for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from tests.run.world import clean
from tests.servers.scripted import Command, ScriptedServer

COLLECTIONS = (
    "orders",
    "customers_v2",
    "users",
    "subscriptions_v2",
    "delivery_statuses",
    "billing_records",
)
LINKS = {
    "orders": ("id", "subscription_id", "customer_id"),
    "customers_v2": ("id", "user_id"),
    "users": ("id", "customer_v2_id"),
    "subscriptions_v2": ("id", "customer_id"),
    "delivery_statuses": ("id", "order_id", "customer_id"),
    "billing_records": ("id", "subscription_id"),
}
"""What the model "delivery" says: the key of each collection, and its references."""

READ_SHOP = {
    "resource": {"db": "shop", "collection": ""},
    "actions": ["find", "listCollections", "listIndexes"],
}


def _documents(name: str) -> list[dict[str, Any]]:
    """Give thirty documents with all that the model reads, of which the first is one that others refer to."""
    first = {"updated_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC), **clean().get(name, [{"id": "0"}])[0]}
    return [{**first, "_id": 0}] + [{**first, "_id": n, "id": str(n)} for n in range(1, 30)]


class TellingServer(ScriptedServer):
    """A server of the database ``shop`` with the collections of the model "delivery".

    Args:
        collections: The names of the collections.
        listing: What listCollections answers.
        version: What buildInfo answers.
        window: For how long it keeps its history; None refuses to say.
        privileges: What the user may do; None where the server asks for no user.
        indexes: The indexed fields of each collection.
        ahead: By how many seconds its clock is ahead.
        lets_read: Whether it lets everybody read, whatever it says that a user may do.
    """

    def __init__(
        self,
        collections: Sequence[str] = COLLECTIONS,
        *,
        listing: Sequence[Mapping[str, Any]] | None = None,
        version: str = "7.0.14",
        window: int | None = 300,
        privileges: Sequence[Mapping[str, Any]] | None = (READ_SHOP,),
        indexes: Mapping[str, Sequence[str]] = LINKS,
        ahead: float = 0,
        lets_read: bool = False,
        hello: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__({name: _documents(name) for name in collections}, listing=listing, hello=hello)
        self._version = version
        self._window = window
        self._privileges = privileges
        self._indexes = indexes
        self._lets_read = lets_read
        self._ahead = dt.timedelta(seconds=ahead)

    def _on_hello(self, command: Command) -> dict[str, Any]:
        return {**super()._on_hello(command), "localTime": dt.datetime.now(dt.UTC) + self._ahead}

    def _on_buildInfo(self, _: Command) -> dict[str, Any]:  # noqa: N802 - the command's name
        return {"version": self._version}

    def _on_connectionStatus(self, _: Command) -> dict[str, Any]:  # noqa: N802 - the command's name
        users = [] if self._privileges is None else [{"user": "bob", "db": "admin"}]
        given = list(self._privileges or ())
        return {"authInfo": {"authenticatedUsers": users, "authenticatedUserPrivileges": given}}

    def _on_getParameter(self, _: Command) -> dict[str, Any]:  # noqa: N802 - the command's name
        if self._window is None:
            return {"ok": 0.0, "code": 13, "codeName": "Unauthorized", "errmsg": "not authorized on admin"}
        return {"minSnapshotHistoryWindowInSeconds": self._window}

    def _on_find(self, command: Command) -> dict[str, Any]:
        if not self._may_find(command):
            return {"ok": 0.0, "code": 13, "codeName": "Unauthorized", "errmsg": "not authorized on shop"}
        return super()._on_find(command)

    def _may_find(self, command: Command) -> bool:
        resources = [each["resource"] for each in self._privileges or () if "find" in each["actions"]]
        return (
            self._lets_read
            or self._privileges is None
            or any(
                each.get("anyResource")
                or (
                    each.get("db") in {"", command.database}
                    and each.get("collection") in {"", command.collection}
                )
                for each in resources
            )
        )

    def _on_listIndexes(self, command: Command) -> dict[str, Any]:  # noqa: N802 - the command's name
        paths = ["_id", *self._indexes.get(command.collection, ())]
        found = [{"v": 2, "name": f"{path}_1", "key": {path: 1}} for path in paths]
        return {"cursor": {"id": 0, "ns": f"shop.{command.collection}", "firstBatch": found}}

    def _on_aggregate(self, command: Command) -> dict[str, Any]:
        (stage,) = command.body["pipeline"]
        assert stage == {"$collStats": {"storageStats": {}}}
        shards = [
            {"storageStats": {"count": 20, "size": 2000}},
            {"storageStats": {"count": 10, "size": 1000}},
        ]
        return {"cursor": {"id": 0, "ns": "", "firstBatch": shards}}
