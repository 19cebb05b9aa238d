"""Pytest plugin: servers to read from. Named in ``pytest_plugins`` of the top conftest.

* ``java_server``: mongo-java-server, started once a run.
* ``secantus_server``: SecantusDB, started once a run.
* ``mongo_server``: both, and a real MongoDB where there is one: its tests run on each. What SecantusDB is wrong about
  is listed in :data:`tests.servers.secantus.WRONG`; there a test has to fail.
* ``mongo``: an empty database of its own on ``mongo_server``, dropped after the test.
* ``java_mongo``: the same on ``java_server`` only, for tests that need its fail points or its living cursors.

Under ``INTACT_REQUIRE_ALL=1`` a machine without Java fails these tests where it would otherwise skip them. A
real MongoDB lies in no registry that tests may fetch from, so its absence is said in the header and is no
failure.
"""

from __future__ import annotations

import gc
import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import urlsplit, urlunsplit

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from tests.servers import real, secantus
from tests.servers.java import UnavailableError
from tests.servers.java import java_server as run_java_server

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Server:
    """A server that is running.

    Attributes:
        kind: ``java``, ``secantus`` or ``real``.
        uri: Where it is, perhaps with credentials and options.
    """

    kind: str
    uri: str

    def uri_of(self, database: str) -> str:
        """The URI with this database in its path; the user is looked up where it was before."""
        parts = urlsplit(self.uri)
        query = parts.query
        if "@" in parts.netloc and "authsource=" not in query.lower():
            query = f"{query}&authSource={parts.path.strip('/') or 'admin'}".lstrip("&")
        return urlunsplit((parts.scheme, parts.netloc, f"/{database}", query, ""))


@dataclass(frozen=True, slots=True)
class Mongo:
    """An empty database for one test.

    Attributes:
        server: Where it lives.
        uri: The URI that names it: what ``intact check`` takes.
        handle: A blocking handle to fill and change it.
    """

    server: Server
    uri: str
    handle: Database[Document]

    @property
    def name(self) -> str:
        """The database's name."""
        return self.handle.name

    def insert(self, collections: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        """Create these collections, with these documents; an empty list makes an empty collection."""
        for name, documents in collections.items():
            if documents:
                self.handle[name].insert_many([dict(each) for each in documents])
            else:
                self.handle.create_collection(name)

    @property
    def replicated(self) -> bool:
        """Whether the server is a member of a replica set: then all is read as of one moment."""
        return "setName" in self.handle.client.admin.command("hello")

    def in_turn(self, names: Sequence[str]) -> list[str]:
        """Give collections as they were read one after the other; within one moment their order is of no account."""
        return sorted(names) if self.replicated else list(names)

    @property
    def open_cursors(self) -> int:
        """How many cursors are open on the whole server."""
        status = self.handle.client.admin.command("serverStatus")
        count: int = status["metrics"]["cursor"]["open"]["total"]
        return count

    @contextmanager
    def failing(self, *commands: str, mode: str | Document = "alwaysOn", **data: Any) -> Iterator[None]:
        """Let commands fail inside, as MongoDB's ``failCommand`` does (errorCode, closeConnection, …)."""
        point = {
            "configureFailPoint": "failCommand",
            "mode": mode,
            "data": {"failCommands": list(commands), **data},
        }
        self.handle.client.admin.command(point)
        try:
            yield
        finally:
            self.handle.client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Say of the tests on SecantusDB which it has to fail, and which it takes too long for."""
    slow = []  # not skipped: nothing that the machine lacks would make them run; the summary lists them
    for item in items:
        if isinstance(item, pytest.Function) and item.name.partition("[")[2].startswith("secantus"):
            if reason := secantus.WRONG.get(item.originalname):
                item.add_marker(pytest.mark.xfail(strict=True, reason=f"SecantusDB: {reason}"))
            if item.originalname in secantus.SLOW:
                slow.append(item)
    items[:] = [item for item in items if item not in slow]
    config.hook.pytest_deselected(items=slow)


def unavailable(reason: str) -> NoReturn:
    """Skip a test for what the machine lacks, or fail it where nothing may be left out."""
    if os.environ.get("INTACT_REQUIRE_ALL") == "1":
        pytest.fail(f"INTACT_REQUIRE_ALL=1, but {reason}")
    pytest.skip(f"NOT RUN: {reason}")


def pytest_configure(config: pytest.Config) -> None:
    """Forgive the driver a socket.

    PyMongo, closed while it is still connecting to a server that does not answer, leaves the socket to the garbage
    collector, and so does dnspython; whichever test runs then would fail for it. intact opens no sockets itself.
    """
    config.addinivalue_line("filterwarnings", "ignore:unclosed <socket.socket:ResourceWarning")
    config.addinivalue_line("filterwarnings", "ignore:unclosed transport <_Selector:ResourceWarning")
    for owner in ("<socket.socket", "<function _SelectorTransport.__del__"):
        ignored = f"Exception ignored in. {owner}"
        config.addinivalue_line("filterwarnings", f"ignore:{ignored}:pytest.PytestUnraisableExceptionWarning")


def pytest_sessionfinish() -> None:
    """Collect such sockets before pytest's own last look, which knows of no filter."""
    gc.collect()


def pytest_report_header() -> list[str]:
    """Say which servers the live tests run on."""
    found = real.available()
    said = (
        f"a real MongoDB ({found})" if found else "NOT run against a real MongoDB (no MONGODB_URI, no mongod)"
    )
    return [f"live tests: scripted server, snapshot server, mongo-java-server 1.47.0, SecantusDB, {said}"]


def _database(server: Server) -> Iterator[Mongo]:
    uri = server.uri_of(f"intact_test_{uuid.uuid4().hex[:12]}")
    with MongoClient[Document](uri, serverSelectionTimeoutMS=5000) as client:
        handle = client.get_default_database()
        yield Mongo(server, uri, handle)
        client.drop_database(handle.name)


@pytest.fixture(scope="session")
def java_server() -> Iterator[Server]:
    """A mongo-java-server for the whole run."""
    try:
        with run_java_server() as port:
            yield Server("java", f"mongodb://127.0.0.1:{port}/")
    except UnavailableError as reason:
        unavailable(f"mongo-java-server cannot be started: {reason}")


@pytest.fixture(scope="session")
def real_server() -> Iterator[Server]:
    """A real MongoDB for the whole run."""
    with real.real_server() as uri:
        yield Server("real", uri)


@pytest.fixture(scope="session")
def secantus_server() -> Iterator[Server]:
    """A SecantusDB for the whole run."""
    if not secantus.program():
        unavailable("SecantusDB is not installed (pip install --pre secantusdb)")
    with secantus.secantus_server() as uri:
        yield Server("secantus", uri)


@pytest.fixture(scope="session", params=["java", "secantus", *(["real"] if real.available() else [])])
def mongo_server(request: pytest.FixtureRequest) -> Server:
    """Each server that a test of reading is to run on."""
    server: Server = request.getfixturevalue(f"{request.param}_server")
    return server


@pytest.fixture
def mongo(mongo_server: Server) -> Iterator[Mongo]:
    """An empty database on each server."""
    yield from _database(mongo_server)


@pytest.fixture
def java_mongo(java_server: Server) -> Iterator[Mongo]:
    """An empty database on mongo-java-server."""
    yield from _database(java_server)
