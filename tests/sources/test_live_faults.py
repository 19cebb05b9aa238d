"""What goes wrong with a live server: each has a sentence of its own, in time, and costs no more than it must."""

from __future__ import annotations

import http.server
import socket
import threading
import time
import traceback
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote_plus

import bson
import pytest

from intact.core.errors import IntactError
from intact.sources.base import CollectionInfo
from intact.sources.mongodb import handle as mongo_handle
from intact.sources.mongodb.live import NOT_LISTED
from tests.servers.fixtures import Mongo
from tests.servers.reading import Read, read, refusal
from tests.servers.scripted import (
    AS_USUAL,
    Close,
    Error,
    Garbage,
    Half,
    Reply,
    ScriptedServer,
    Silence,
    Step,
    Tampered,
)

AGAIN = "Run the audit again."
NOT_UNDERSTOOD = "the server's answer cannot be understood"
NOT_MONGODB = "does not speak MongoDB's protocol. Check the port: another program may own it."
CLOSES = (
    "closes the connection, as MongoDB would not. "
    "Another program may own the port; or the MongoDB there wants TLS (tls=true in the URI)."
)
DOCUMENTS: dict[str, list[dict[str, Any]]] = {
    "orders": [{"_id": number} for number in range(250)],
    "users": [{"_id": 1, "id": "u"}],
}
WANTED = {"orders": ["id"], "users": ["id"]}


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a collection of 250 documents take three batches."""
    monkeypatch.setattr(mongo_handle, "BATCH_DOCUMENTS", 100)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(DOCUMENTS) as running:
        yield running


def read_both(server: ScriptedServer, **options: Any) -> Read:
    """Read orders, of which something goes wrong, and users, which must not suffer from it."""
    result = read(server.uri(serverSelectionTimeoutMS=4000), WANTED, **options)
    assert len(result.documents("users")) == 1
    return result


# --- nothing can be read ---------------------------------------------------------------------------------------------


def test_no_server() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"
        error = refusal(f"mongodb://bob:s3cret@{address}/shop?serverSelectionTimeoutMS=300", within=3)
    assert str(error) == (
        f"mongodb://{address}/shop: no MongoDB answers at {address}. "
        "Nothing listens there: is the server running, and is the port right?"
    )


def test_no_server_is_said_within_five_seconds_where_the_uri_does_not_set_the_time() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        error = refusal(f"mongodb://{address}/shop", within=6.5)
    assert str(error) == (
        f"mongodb://{address}/shop: no MongoDB answers at {address}. "
        "Is the address right, and does a firewall let this machine through?"
    )


def test_a_host_name_that_does_not_exist() -> None:
    error = refusal("mongodb://bob:s3cret@nowhere.invalid/shop?serverSelectionTimeoutMS=300", within=3)
    assert str(error) == (
        "mongodb://nowhere.invalid:27017/shop: the host name in nowhere.invalid:27017 cannot be found. "
        "Check its spelling, and that this machine's DNS knows it."
    )


def test_a_cluster_name_that_does_not_exist() -> None:
    error = refusal("mongodb+srv://bob:s3cret@nowhere.invalid/shop", within=12)
    assert error.where == "mongodb+srv://nowhere.invalid/shop"
    # Where there is no network, DNS does not answer at all.
    assert error.message in {
        "DNS knows no MongoDB by the name nowhere.invalid",
        "DNS does not answer when it is asked for nowhere.invalid",
    }


def test_a_server_that_speaks_http() -> None:
    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        address = f"127.0.0.1:{web.server_port}"
        error = refusal(f"mongodb://{address}/shop?serverSelectionTimeoutMS=500")
        web.shutdown()
    assert str(error).startswith(f"mongodb://{address}/shop: ")
    assert str(error).endswith((NOT_MONGODB, CLOSES, "does a firewall let this machine through?"))


@pytest.mark.parametrize(
    ("step", "end"),
    [
        (Garbage(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"), (NOT_MONGODB, CLOSES)),
        (Garbage(b"220 mail.example ESMTP\r\n" * 9), (NOT_MONGODB, CLOSES)),
        (Garbage(bytes(100)), (NOT_MONGODB, CLOSES)),
        (Close(), (CLOSES,)),
        (Half(), (CLOSES,)),
        (
            Error(123, "go away"),
            ("refuses the driver's greeting. Is it a MongoDB, of version 4.4 or newer?",),
        ),
    ],
)
def test_a_server_that_is_no_mongodb(server: ScriptedServer, step: Step, end: tuple[str, ...]) -> None:
    server.script("hello", step, repeat=True)
    error = refusal(server.uri(serverSelectionTimeoutMS=1500))
    assert server.address in str(error)
    assert str(error).endswith(end)


def test_a_server_that_is_too_old() -> None:
    with ScriptedServer(hello={"maxWireVersion": 6}) as server:
        error = refusal(server.uri())
    assert error.message.endswith("is of a version that the installed PyMongo cannot talk to")


def test_another_replica_set_than_the_uri_names(server: ScriptedServer) -> None:
    server.be_replica_set("rs1")
    error = refusal(server.uri(replicaSet="rs0", serverSelectionTimeoutMS=500))
    assert error.message == f"{server.address} does not belong to the replica set that the URI names"


def test_a_server_without_tls(server: ScriptedServer) -> None:
    error = refusal(server.uri(tls="true", serverSelectionTimeoutMS=500))
    assert error.message == f"no MongoDB answers at {server.address}"


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (Error(13, "command listCollections requires authentication"), "wants a user and a password"),
        (Error(11601), "answers with error 11601 (Scripted): scripted"),
        (
            Error(123, "odd {0} { find: 1 }."),
            "answers with error 123 (Scripted): odd {0} { find: 1 }",
        ),
        (Error(10107, "not primary"), "is shutting down, or changing its role"),
        (Close(), "closed the connection in the middle of a command"),
        (Reply({"cursor": 5}), "cannot be understood"),
        (
            Reply({"cursor": {"id": 0, "ns": "shop.$cmd", "firstBatch": 5}}),
            "cannot be understood",
        ),
        (
            Reply({"cursor": {"id": 0, "ns": "shop.$cmd", "firstBatch": [5]}}),
            "cannot be understood",
        ),
        (Reply({}), "cannot be understood"),
    ],
)
def test_a_listing_that_fails(server: ScriptedServer, step: Step, message: str) -> None:
    server.script("listCollections", step, repeat=True)
    assert message in refusal(server.uri()).message


def test_a_listing_that_is_not_answered(server: ScriptedServer) -> None:
    server.script("listCollections", Silence(), repeat=True)
    assert refusal(server.uri(), patience=0.3).message == (
        f"the MongoDB at {server.address} does not answer in time"
    )


# --- credentials -----------------------------------------------------------------------------------------------------

USER, PASSWORD, TOKEN = "bob@corp", "p@ss:w/rd?#%", "tök3n"
WAYS = {
    "escaped": (f"{quote_plus(USER)}:{quote_plus(PASSWORD)}", {}),
    "user only": (quote_plus(USER), {"authMechanism": "PLAIN", "authSource": "$external"}),
    "token": (
        f"{quote_plus(USER)}:{quote_plus(PASSWORD)}",
        {"authMechanism": "MONGODB-AWS", "authMechanismProperties": f"AWS_SESSION_TOKEN:{quote_plus(TOKEN)}"},
    ),
    "proxy": ("", {"proxyHost": "127.0.0.1", "proxyUsername": USER, "proxyPassword": quote_plus(PASSWORD)}),
    "key": ("", {"tls": "true", "tlsCertificateKeyFile": __file__, "tlsCertificateKeyFilePassword": TOKEN}),
}


def assert_hidden(error: IntactError) -> None:
    """Neither the error nor what Python would print of it holds a part of the credentials, in any form."""
    shown = "".join(traceback.format_exception(error, limit=0)) + str(error) + repr(error)
    for secret in (USER, PASSWORD, TOKEN):
        assert secret not in shown
        assert quote_plus(secret) not in shown


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_no_way_of_giving_credentials_shows_them(
    server: ScriptedServer, way: tuple[str, dict[str, Any]]
) -> None:
    credentials, options = way
    options = {name: value.replace("@", "%40") for name, value in options.items()}
    assert_hidden(refusal(server.uri(credentials=credentials, serverSelectionTimeoutMS=300, **options)))


@pytest.mark.parametrize("code", [11, 18, 8000])
def test_a_wrong_password(server: ScriptedServer, code: int) -> None:
    server.script("saslStart", Error(code, f"Could not find user {USER}@shop with {PASSWORD}"), repeat=True)
    error = refusal(server.uri(credentials=WAYS["escaped"][0]))
    assert str(error) == (
        f"mongodb://{server.address}/shop: the MongoDB at {server.address} does not accept the user name or password. "
        "Check both, and authSource: the database that knows the user. Characters such as @ are escaped."
    )
    assert_hidden(error)


def test_a_server_that_repeats_the_credentials_is_not_quoted(server: ScriptedServer) -> None:
    server.script("listCollections", Error(123, f"odd: {USER!r}"), repeat=True)
    error = refusal(server.uri(), within=2)
    assert error.message.endswith(f"answers with error 123 (Scripted): odd: {USER!r}"), (
        "harmless where it is no credential"
    )
    server.script("saslStart", Error(123, "odd: user=corp"), repeat=True)  # a part of the user's name
    error = refusal(server.uri(credentials=WAYS["escaped"][0]))
    assert error.message == f"the MongoDB at {server.address} answers with error 123 (Scripted)"
    assert_hidden(error)


# --- a part cannot be read -------------------------------------------------------------------------------------------


def test_no_right_to_list_reads_what_is_wanted(server: ScriptedServer) -> None:
    server.script("listCollections", Error(13, "not authorized on shop"), repeat=True)
    result = read(server.uri(), {**WANTED, "nowhere": ["id"]})
    assert len(result.documents("orders")) == 250
    assert NOT_LISTED in result.info.notes
    (fault,) = result.faults
    assert fault.collection == "nowhere"
    assert str(fault) == (
        f"mongodb://{server.address}/shop, nowhere: "
        "no document of it is to be seen, and perhaps there is no such collection"
    )


def test_no_right_to_list_all_lists_what_the_user_may_read(server: ScriptedServer) -> None:
    views = [{"name": "users", "type": "collection"}, {"name": "recent", "type": "view"}]
    allowed = Reply({"cursor": {"id": 0, "ns": "shop.$cmd.listCollections", "firstBatch": views}})
    server.script("listCollections", Error(13, "not authorized on shop"), allowed)
    server.script("find:orders", Error(13, "not authorized on shop"), repeat=True)
    result = read_both(server)
    assert list(result.listed) == ["users", "recent"]
    assert result.listed["recent"].skip
    assert result.listed["orders"] == CollectionInfo("orders")
    assert "orders" in result.listed
    assert [fault.what for fault in result.faults] == ["the user has no right to read it"]
    asked = server.named("listCollections")[-1].body
    assert (asked["nameOnly"], asked["authorizedCollections"]) == (True, True)


@pytest.mark.parametrize("code", [13, 8000])
def test_no_right_to_read_one_collection(server: ScriptedServer, code: int) -> None:
    server.script("find:orders", Error(code, "user is not allowed to do action [find]"), repeat=True)
    (fault,) = read_both(server).faults
    assert (fault.collection, fault.documents) == ("orders", None)
    assert str(fault) == (
        f"mongodb://{server.address}/shop, orders: the user has no right to read it. "
        "Grant the role read on the database, or find on the collection."
    )


CHANGED_ROLE = "the server was shut down, or changed its role, while it was read"
PASSING: list[tuple[Step, str]] = [
    (Error(43), "the server lost the cursor while it was read"),
    (Error(50), "the server ended the read, which took longer than its time limit"),
    (Error(91), CHANGED_ROLE),
    (Error(175), "it was dropped, renamed or rebuilt while it was read"),
    (Error(189), CHANGED_ROLE),
    (Error(10107), CHANGED_ROLE),
    (Error(11600), CHANGED_ROLE),
    (Error(11602), CHANGED_ROLE),
    (Error(13436), CHANGED_ROLE),
    (Close(), "the connection broke off while it was read"),
    (Half(), "the connection broke off while it was read"),
    (Silence(), "the server stopped answering while it was read"),
    (Garbage(b"HTTP/1.1 200 OK\r\n\r\n" * 9), NOT_UNDERSTOOD),
    (Reply({"cursor": 5}), NOT_UNDERSTOOD),
    (Reply({}), NOT_UNDERSTOOD),
    (Reply({"cursor": {"id": 0, "ns": "shop.orders", "nextBatch": 5}}), NOT_UNDERSTOOD),
    (Reply({"cursor": {"id": 0, "ns": "shop.orders", "nextBatch": [5]}}), NOT_UNDERSTOOD),
]
"""What may be better the next time."""

LASTING: list[tuple[Step, str]] = [
    (Error(13), "the user has no right to read it"),
    (Error(136), "the collection is capped, and was overwritten faster than it was read"),
    (Error(237), "someone on the server ended the read"),
    (Error(11601), "someone on the server ended the read"),
    (Error(4242, "out of\n luck."), "the server answers with error 4242 (Scripted): out of luck"),
]
"""What is not tried again: it would not be better, or somebody does not want it."""


def names_of(steps: list[tuple[Step, str]]) -> list[str]:
    return [repr(step)[:30] for step, _ in steps]


@pytest.mark.parametrize(("step", "what"), PASSING, ids=names_of(PASSING))
def test_a_scan_that_breaks_off_once_is_read_whole(server: ScriptedServer, step: Step, what: str) -> None:
    server.script("getMore", step)
    result = read_both(server, patience=1)
    assert result.faults == []
    assert result.documents("orders") == [bson.encode(document) for document in DOCUMENTS["orders"]]
    assert result.restarts == ["orders"]
    assert sorted(result.ended) == ["orders", "users"]


@pytest.mark.parametrize(("step", "what"), PASSING, ids=names_of(PASSING))
def test_a_scan_that_breaks_off_again_and_again_is_said_to_be_incomplete(
    server: ScriptedServer, step: Step, what: str
) -> None:
    server.script("getMore", step, repeat=True)
    result = read_both(server, patience=1.5)
    (fault,) = result.faults
    assert (fault.collection, fault.what, fault.documents) == ("orders", what, None)
    assert fault.where == f"mongodb://{server.address}/shop, orders"
    assert len(result.documents("orders")) <= 100
    assert result.ended == ["users"]


@pytest.mark.parametrize(("step", "what"), LASTING, ids=names_of(LASTING))
def test_a_scan_that_is_refused_keeps_what_came_and_is_not_tried_again(
    server: ScriptedServer, step: Step, what: str
) -> None:
    server.script("getMore", step)
    result = read_both(server)
    assert [(fault.collection, fault.what) for fault in result.faults] == [("orders", what)]
    assert len(result.documents("orders")) == 100
    assert len(server.named("find")) == 2


@pytest.mark.parametrize(
    ("step", "what"),
    [
        (Error(175), "it was dropped, renamed or rebuilt while it was read"),
        (Error(13436), CHANGED_ROLE),
        (Close(), "the connection broke off while it was read"),
        (Half(), "the connection broke off while it was read"),
        (Silence(), "the server stopped answering while it was read"),
        (Garbage(bytes(99)), NOT_UNDERSTOOD),
        (Reply({"cursor": {"id": 0, "ns": "shop.orders", "firstBatch": 5}}), NOT_UNDERSTOOD),
        (Reply({"cursor": {"id": 0, "ns": "shop.orders", "firstBatch": [5]}}), NOT_UNDERSTOOD),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_scan_that_never_begins_lets_the_rest_be_read(
    server: ScriptedServer, step: Step, what: str
) -> None:
    server.script("find:orders", step, repeat=True)
    result = read_both(server, patience=2)
    assert [fault.what for fault in result.faults] == [what]
    assert result.documents("orders") == []


def test_a_dropped_collection_whose_continuation_is_empty_is_not_taken_for_read(
    server: ScriptedServer,
) -> None:
    # As MongoDB does: a find on a collection that is not there has no documents, and no error.
    empty = Reply({"cursor": {"id": 0, "ns": "shop.orders", "firstBatch": []}})
    server.script("find:orders", AS_USUAL, empty, repeat=True)
    server.script("getMore", Error(43))
    listing = [{"name": "users", "type": "collection", "options": {}}]
    gone = Reply({"cursor": {"id": 0, "ns": "shop.$cmd.listCollections", "firstBatch": listing}})
    server.script("listCollections", AS_USUAL, gone, repeat=True)
    (fault,) = read_both(server).faults
    assert (fault.collection, fault.what) == (
        "orders",
        "it was dropped, renamed or rebuilt while it was read",
    )


def test_a_collection_that_was_made_anew_is_not_taken_for_the_old_one() -> None:
    def listing(number: int) -> list[dict[str, Any]]:
        info = {"uuid": bson.Binary(bytes([number] * 16), 4)}
        return [{"name": name, "type": "collection", "options": {}, "info": info} for name in DOCUMENTS]

    later = Reply({"cursor": {"id": 0, "ns": "shop.$cmd.listCollections", "firstBatch": listing(2)}})
    with ScriptedServer(DOCUMENTS, listing=listing(1)) as server:
        server.script("getMore", Error(43))
        server.script("listCollections", AS_USUAL, later, repeat=True)
        (fault,) = read_both(server).faults
    assert (fault.collection, fault.what) == (
        "orders",
        "it was dropped, renamed or rebuilt while it was read",
    )


def test_a_connection_that_breaks_before_anything_came_is_made_again(server: ScriptedServer) -> None:
    server.script("find:orders", Close())
    result = read_both(server)
    assert result.faults == []
    assert len(result.documents("orders")) == 250


def test_a_document_whose_length_lies_is_not_handed_on(server: ScriptedServer) -> None:
    document = bson.encode({"_id": 1, "id": "mark"})
    server.collections["orders"] = [document]
    server.script("find:orders", Tampered(document, b"\xff" + document[1:]), repeat=True)
    (fault,) = read_both(server).faults
    assert fault.what == NOT_UNDERSTOOD


def test_a_server_that_is_gone_for_good_is_not_looked_for_by_each_collection() -> None:
    names = ["orders", *"abcdef"]
    with ScriptedServer(dict.fromkeys(names, DOCUMENTS["orders"])) as server:
        server.script("getMore", AS_USUAL, Close())
        server.script("hello", AS_USUAL, AS_USUAL, AS_USUAL, Close(), repeat=True)
        begun = time.monotonic()
        uri = server.uri(serverSelectionTimeoutMS=500, heartbeatFrequencyMS=500)
        result = read(uri, dict.fromkeys(names, ()))
    assert time.monotonic() - begun < 10
    assert [fault.collection for fault in result.faults] == names
    assert result.faults[-1].what == "the server no longer answers"
    assert result.ended == []


def test_a_name_that_no_collection_can_have(server: ScriptedServer) -> None:
    server.script("listCollections", Error(13), repeat=True)
    result = read(server.uri(), {"a..b": ["id"], "users": ["id"]})
    assert [fault.what for fault in result.faults] == ["no collection can have this name"]
    assert result.order == ["a..b", "users"]


@pytest.mark.parametrize(
    ("point", "what"),
    [
        ({"errorCode": 43}, "the server lost the cursor while it was read"),
        ({"errorCode": 175}, "it was dropped, renamed or rebuilt while it was read"),
        ({"closeConnection": True}, "the connection broke off while it was read"),
    ],
)
def test_the_same_on_a_server_that_was_not_written_here(
    java_mongo: Mongo, point: dict[str, Any], what: str
) -> None:
    documents = [{"_id": number} for number in range(150)]
    java_mongo.insert({"orders": documents, "users": [{"_id": 1}]})
    with java_mongo.failing("getMore", mode={"times": 1}, **point):
        result = read(java_mongo.uri, WANTED)
    assert result.faults == []
    assert result.documents("orders") == [bson.encode(document) for document in documents]
    with java_mongo.failing("getMore", **point):
        result = read(java_mongo.uri, WANTED)
    assert [(fault.collection, fault.what) for fault in result.faults] == [("orders", what)]
    assert len(result.documents("users")) == 1
