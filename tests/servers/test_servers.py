"""The servers that other tests stand on do what is said of them."""

from __future__ import annotations

import bson
import pytest
from pymongo import MongoClient
from pymongo.errors import AutoReconnect, OperationFailure

from tests.servers.fixtures import Document, Mongo, Server
from tests.servers.java import java_server
from tests.servers.proxy import Proxy
from tests.servers.scripted import AS_USUAL, Close, Error, Reply, ScriptedServer


def test_a_fail_point_fails_what_it_names_and_as_often(java_mongo: Mongo) -> None:
    orders = java_mongo.handle.orders
    with java_mongo.failing("find", mode={"times": 1}, errorCode=13, namespace=f"{java_mongo.name}.orders"):
        assert java_mongo.handle.users.find_one() is None
        with pytest.raises(OperationFailure) as failed:
            orders.find_one()
        assert orders.find_one() is None
    assert failed.value.code == 13
    with java_mongo.failing("find", mode={"skip": 1}, closeConnection=True):
        assert orders.find_one() is None
        with pytest.raises(AutoReconnect):
            orders.find_one()
    assert orders.find_one() is None


def test_a_cursor_sees_what_happens_behind_its_place(java_mongo: Mongo) -> None:
    orders = java_mongo.handle.orders
    orders.insert_many({"_id": number} for number in range(10))
    cursor = orders.find({}, batch_size=4)
    seen = [next(cursor)["_id"] for _ in range(4)]
    orders.delete_many({"_id": {"$in": [0, 5]}})
    orders.update_one({"_id": 6}, {"$set": {"moved": True}})
    orders.insert_one({"_id": 10})
    rest = list(cursor)
    # What was deleted before the scan is over makes room, which the new document may take.
    assert seen == [0, 1, 2, 3]
    assert {document["_id"] for document in rest} >= {4, 6, 7, 8, 9}
    assert {"_id": 5} not in rest
    assert {"_id": 6, "moved": True} in rest


def test_a_cursor_by_id_sees_what_happens_behind_its_place(java_mongo: Mongo) -> None:
    orders = java_mongo.handle.orders
    orders.insert_many({"_id": number} for number in (8, 2, 6, 0, 4, 9.5, "text"))
    cursor = orders.find({}, batch_size=3).sort("_id", 1)
    seen = [next(cursor)["_id"] for _ in range(3)]
    orders.delete_one({"_id": 6})
    orders.insert_many([{"_id": 1}, {"_id": 7}])
    assert seen == [0, 2, 4]
    assert [document["_id"] for document in cursor] == [7, 8, 9.5, "text"]


def test_a_range_by_expression_is_read_in_order_and_through_all_types(java_mongo: Mongo) -> None:
    orders = java_mongo.handle.orders
    ids = [
        None,
        -1,
        0.5,
        bson.Int64(7),
        bson.Decimal128("8.5"),
        "a",
        {"a": 1},
        b"b",
        bson.ObjectId(),
        False,
        True,
    ]
    orders.insert_many({"_id": each} for each in reversed(ids))
    bounds: list[tuple[int | None, int | None]] = [(None, 3), (3, 6), (6, None), (None, None)]
    for begin, end in bounds:
        limits = [] if begin is None else [{"$gte": ["$_id", {"$literal": ids[begin]}]}]
        limits += [] if end is None else [{"$lt": ["$_id", {"$literal": ids[end]}]}]
        found = orders.find({"$expr": {"$and": limits}}, batch_size=2).sort("_id", 1)
        assert [document["_id"] for document in found] == ids[begin:end]


def test_batches_are_cut_as_by_a_current_server(java_mongo: Mongo) -> None:
    orders = java_mongo.handle.orders
    orders.insert_many({"_id": number, "text": "x" * 1000} for number in range(20_000))
    batches: list[bytes] = [*orders.find_raw_batches()]
    counts = [len(bson.decode_all(batch)) for batch in batches]
    assert (counts[0], sum(counts)) == (101, 20_000)
    assert max(map(len, batches)) < 17_000_000


def test_it_greets_as_a_replica_set_where_it_is_told_to() -> None:
    with (
        java_server("rs0") as port,
        MongoClient[Document](f"mongodb://127.0.0.1:{port}/?replicaSet=rs0") as client,
    ):
        assert client.admin.command("hello")["setName"] == "rs0"
        assert client.topology_description.topology_type_name == "ReplicaSetWithPrimary"


def test_a_database_uri_keeps_options_and_the_users_home() -> None:
    server = Server("real", "mongodb://u:p@h:1/home?tls=true")
    assert server.uri_of("shop") == "mongodb://u:p@h:1/shop?tls=true&authSource=home"
    assert Server("java", "mongodb://h:1/").uri_of("shop") == "mongodb://h:1/shop"
    assert (
        Server("real", "mongodb://u:p@h/?authSource=x").uri_of("shop") == "mongodb://u:p@h/shop?authSource=x"
    )


def test_the_scripted_server_pages_and_kills_cursors() -> None:
    documents = [{"_id": number} for number in range(250)]
    with ScriptedServer({"orders": documents}) as server, MongoClient[Document](server.uri()) as client:
        assert list(client.shop.orders.find()) == documents
        cursor = client.shop.orders.find(batch_size=10)
        next(cursor)
        assert len(server.cursors) == 1
        cursor.close()
        assert server.cursors == {}
        client.close()
    assert [command.name for command in server.commands if command.name != "hello"] == [
        "find",
        "getMore",
        "find",
        "killCursors",
        "endSessions",
    ]


def test_the_scripted_server_follows_its_script_then_goes_on_as_usual() -> None:
    with ScriptedServer({"orders": [{"_id": 1}]}) as server:
        server.script("find:orders", AS_USUAL, Error(50, "too slow"), Close())
        server.script("count", Reply({"n": 7}), repeat=True)
        with MongoClient[Document](server.uri(retryReads="false")) as client:
            orders = client.shop.orders
            assert orders.find_one() == {"_id": 1}
            with pytest.raises(OperationFailure, match="too slow"):
                orders.find_one()
            with pytest.raises(AutoReconnect):
                orders.find_one()
            assert orders.find_one() == {"_id": 1}
            assert [orders.estimated_document_count() for _ in range(2)] == [7, 7]


def test_something_can_happen_before_each_batch_of_a_server(java_mongo: Mongo) -> None:
    orders = java_mongo.handle.orders
    orders.insert_many({"_id": number} for number in range(10))
    host, port = java_mongo.handle.client.address or ("", 0)
    with Proxy(host, port) as proxy:
        proxy.batch_documents = 4
        proxy.between = lambda _: orders.update_one({"_id": 5}, {"$inc": {"asked": 1}})
        uri = f"mongodb://{proxy.address}/?directConnection=true"
        with MongoClient[Document](uri) as client:
            found = client[java_mongo.name].orders.find({}, batch_size=100).sort("_id", 1)
            assert list(found)[5] == {"_id": 5, "asked": 2}
        assert len(proxy.named("getMore")) >= 2
