"""No false alarm under load: 80 audits of databases that a consistent writer works on all the time.

Every fault of a report must have been true at one instant of the audit, with all that it says; the naive oracle, on
the database as it was at each instant, is the judge. What is planted and stays must be found and confirmed.

``INTACT_AUDITS`` asks for other numbers of audits than the usual 80.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pytest
from pymongo.database import Database

from intact.audit.recheck import again
from tests.live.audits import Audit, audit, many_ranges
from tests.live.history import INDEXES, History, Planted, planted_business
from tests.live.office import Document
from tests.live.writer import Writer
from tests.oracle.compare import differences
from tests.servers.fixtures import Mongo
from tests.servers.proxy import Proxy
from tests.servers.scripted import Command
from tests.servers.snapshots import SnapshotServer
from tests.servers.store import Store

LOG: Final = logging.getLogger("tests.live")
AUDITS: Final = int(os.environ.get("INTACT_AUDITS", "80"))
QUARTER: Final = max(1, AUDITS // 4)
CONFIRMED: Final = "confirmed"
UNCONFIRMED: Final = "unconfirmed"
SHORT: Final = "a window too short"
STANDALONE: Final = "a standalone"
MUCH: Final = 300
"""Steps of the writer after which it mostly works less."""


@dataclass
class World:
    """A database with planted faults, and its writer at work.

    Attributes:
        begun: The time at which the writer begins.
        much: Steps after which the writer works less.
    """

    planted: Planted
    writer: Writer
    begun: int
    much: int

    @classmethod
    def of(cls, seed: int, *, together: bool, restless: bool = False) -> World:
        """Make the database of a seed, and let the writer open its business."""
        planted = planted_business(seed % 5, orders=20 * (seed % 3))
        writer = Writer(planted.store, seed, together=together, restless=restless)
        writer.found()
        return cls(planted, writer, planted.store.time, MUCH if seed % 7 else 10 * MUCH)

    def work(self, command: Command) -> None:
        """Write something: much at first, then less, as it takes less time to look again than to read everything."""
        much = self.writer.written < self.much
        self.writer.step(self.writer.rng.randrange(8 if much else 2))


@dataclass
class Tally:
    """What came of many audits, each judged as it is added."""

    audits: int = 0
    one_moment: int = 0
    vanished: int = 0
    unconfirmed: int = 0

    def add(self, done: Audit, world: World) -> None:
        """Judge an audit by what was true while it lasted."""
        history, planted = History(world.planted.store), world.planted.planted
        # A writer without faults of its own has been held against the oracle at every instant, elsewhere.
        times = range(world.begun, world.planted.store.time + 1 if world.writer.restless else world.begun + 1)
        certain = done.of_state(None, CONFIRMED)
        false = [name for name in certain if not history.ever(done.issues[name], times)]
        assert not false, "reported as certain, and never true"
        assert not planted - certain, "planted, and not found or not confirmed"
        assert done.report.exit_code == 1
        assert done.report.complete or done.of_state(UNCONFIRMED), (
            "nothing is unconfirmed, yet something is missing"
        )
        self.audits += 1
        self.one_moment += done.report.run.one_moment
        self.vanished += done.vanished
        self.unconfirmed += len(done.of_state(UNCONFIRMED))


@pytest.fixture(autouse=True)
def in_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing wait between looks: the writer works by the server's commands, and not by the clock."""
    monkeypatch.setattr(again, "_PAUSES", (0.0, 0.0, 0.0))


@pytest.mark.full("some dozens of audits of data that change")
@pytest.mark.parametrize("topology", ["replica set", "sharded"])
def test_of_one_moment_a_report_says_exactly_what_was_true_at_that_moment(topology: Any) -> None:
    for seed in range(QUARTER // 2):
        world = World.of(seed, together=True, restless=bool(seed % 2))
        store = world.planted.store
        with SnapshotServer(store, topology=topology, batch_documents=5 + seed % 16) as server, many_ranges():
            server.between = world.work
            done = audit(server.uri())
        (moment,) = server.read_at
        assert done.report.run.one_moment
        assert differences(History(store).at(moment), done.document) == [], f"seed {seed}"
        assert done.of_state(None) == done.found
        assert store.time > 2 * moment, "too little was written after the moment"


def audited(mode: str, world: World, seed: int, **options: Any) -> Audit:
    """Audit a database that is written to and cannot be read as of one moment to the end."""
    replicated = mode == SHORT
    with (
        SnapshotServer(
            world.planted.store,
            topology="replica set" if replicated else "standalone",
            window=10 + seed % 20 if replicated else None,
            batch_documents=5 + seed % 16,
        ) as server,
        many_ranges(),
    ):
        server.between = world.work
        done = audit(server.uri(), **options)
        assert not server.open_cursors
    assert not done.report.run.one_moment
    return done


@pytest.mark.full("some dozens of audits of data that change")
@pytest.mark.parametrize("mode", [SHORT, STANDALONE])
def test_looked_at_again_nothing_is_confirmed_that_never_was(mode: str) -> None:
    tally = Tally()
    for seed in range(QUARTER):
        world = World.of(seed, together=mode == SHORT, restless=seed % 5 == 2)
        tally.add(audited(mode, world, seed), world)
    assert tally.vanished, "no look was ever needed: the writer is too tame"
    LOG.info("%s: %s", mode, tally)


@pytest.mark.full("a dozen audits of data that change")
@pytest.mark.parametrize("mode", [SHORT, STANDALONE])
def test_without_looking_again_there_would_be_false_alarms(mode: str) -> None:
    false: Counter[str] = Counter()
    for seed in range(6):
        world = World.of(seed, together=mode == SHORT)
        done = audited(mode, world, seed, recheck_limit=0)
        assert done.of_state(UNCONFIRMED) == done.found
        assert world.planted.planted <= done.found
        false += Counter(name[1] for name in done.found - world.planted.planted)
    assert len(false) > 2, "these tests could not fail"


class Mirror:
    """Repeats a writer's writes in a database of a server."""

    def __init__(self, database: Database[Document]) -> None:
        self._database = database

    def insert(self, name: str, document: Mapping[str, Any]) -> None:
        """Put a document in."""
        self._database[name].insert_one(dict(document))

    def replace(self, name: str, document: Mapping[str, Any]) -> None:
        """Put a document in the place of the one with its ``_id``."""
        self._database[name].replace_one({"_id": document["_id"]}, document)

    def delete(self, name: str, id_: Any) -> None:
        """Take a document out."""
        self._database[name].delete_one({"_id": id_})


@pytest.mark.full("some dozens of audits of data that change")
def test_on_a_real_wire_server_whose_data_change_between_batches_nothing_is_confirmed_that_never_was(
    mongo: Mongo,
) -> None:
    tally = Tally()
    for seed in range(QUARTER):
        world = World.of(seed, together=False, restless=seed % 5 == 2)
        fill(mongo, world.planted.store)
        world.writer.also = Mirror(mongo.handle)
        with Proxy(*address_of(mongo)) as proxy, many_ranges():
            proxy.batch_documents = 5 + seed % 16
            proxy.between = world.work
            done = audit(f"mongodb://{proxy.address}/{mongo.name}?directConnection=true")
        tally.add(done, world)
    assert tally.one_moment or tally.vanished, "no look was ever needed: the writer is too tame"
    LOG.info("%s: %s", mongo.server.kind, tally)


def fill(mongo: Mongo, store: Store) -> None:
    """Make a server's database what a store is now."""
    mongo.handle.client.drop_database(mongo.name)
    for name, documents in store.state().items():
        mongo.handle[name].insert_many(documents)
    for name, path in INDEXES:
        mongo.handle[name].create_index(path)


def address_of(mongo: Mongo) -> tuple[str, int]:
    mongo.handle.command("ping")
    found = mongo.handle.client.address
    assert found
    return found[0], found[1] or 27017
