"""What answers and cannot be read: members without data, versions, other programs. One sentence each, in time."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.servers.reading import refusal
from tests.servers.scripted import ScriptedServer

RECOVERING = {"isWritablePrimary": False, "ismaster": False, "secondary": False}


def said(server: ScriptedServer, **options: Any) -> tuple[str, str]:
    """The sentence and the hint, with HOST for the server."""
    error = refusal(server.uri(credentials="bob:s3cret", serverSelectionTimeoutMS=700, **options), within=3)
    assert "s3cret" not in str(error)
    return error.message.replace(server.address, "HOST"), error.hint


@contextmanager
def member(**hello: Any) -> Iterator[ScriptedServer]:
    """A member of the replica set rs0 that greets like this."""
    with ScriptedServer({}) as server:
        server.be_replica_set("rs0")
        server.hello.pop("primary")
        server.hello |= hello
        yield server


@pytest.mark.parametrize("options", [{}, {"replicaSet": "rs0"}])
def test_nothing_but_an_arbiter(options: dict[str, Any]) -> None:
    with member(**RECOVERING, arbiterOnly=True) as server:
        message, hint = said(server, **options)
    assert message == "nothing but an arbiter answers at HOST, which holds no data"
    assert hint == "Name a member that holds data."


@pytest.mark.parametrize("options", [{}, {"replicaSet": "rs0"}])
def test_nothing_but_a_member_that_recovers(options: dict[str, Any]) -> None:
    with member(**RECOVERING) as server:
        message, _ = said(server, **options)
    assert message == "what answers at HOST is starting up or recovering, and cannot be read"


def test_a_secondary_where_the_primary_is_asked_for() -> None:
    with member(**{**RECOVERING, "secondary": True}) as server:
        uri = server.uri(serverSelectionTimeoutMS=700, replicaSet="rs0", readPreference="primary")
        message = refusal(uri, within=3).message.replace(server.address, "HOST")
    assert message == "no member of the deployment at HOST can be read now"


@pytest.mark.parametrize("direct", ["true", "false"])
def test_another_replica_set_than_the_uri_names(direct: str) -> None:
    with ScriptedServer({}) as server:
        server.be_replica_set("rs0")
        message, hint = said(server, replicaSet="rs1", directConnection=direct)
    assert message == "HOST does not belong to the replica set that the URI names"
    assert hint == "Check replicaSet=… in the URI."


@pytest.mark.parametrize(
    ("oldest", "newest", "advice"),
    [
        (0, 5, "MongoDB 4.4 or newer can be read."),
        (0, 6, "MongoDB 4.4 or newer can be read."),
        (90, 99, "Install a newer PyMongo."),
    ],
)
def test_a_version_that_the_driver_cannot_talk_to(oldest: int, newest: int, advice: str) -> None:
    with ScriptedServer({}, hello={"minWireVersion": oldest, "maxWireVersion": newest}) as server:
        message, hint = said(server)
    assert message == "the MongoDB at HOST is of a version that the installed PyMongo cannot talk to"
    assert hint == advice


@pytest.mark.parametrize(
    "greeting",
    [b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"220 mail ESMTP\r\n"],
)
def test_another_program_that_speaks_first(greeting: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        stopped = threading.Event()
        listening.settimeout(0.1)

        def serve() -> None:
            while not stopped.is_set():
                try:
                    client, _ = listening.accept()
                except TimeoutError:
                    continue
                with client:
                    client.sendall(greeting)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        error = refusal(f"mongodb://bob:s3cret@127.0.0.1:{port}/shop?serverSelectionTimeoutMS=700", within=3)
        stopped.set()
        thread.join()
    assert "Another program may own the port" in error.hint or "another program may own it" in error.hint
    assert "s3cret" not in str(error)


def test_a_port_that_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        error = refusal(f"mongodb://bob:s3cret@{address}/shop?serverSelectionTimeoutMS=700", within=3)
    assert error.message == f"no MongoDB answers at {address}"
