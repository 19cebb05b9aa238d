"""Servers that only look like MongoDB: each is named, and none of its promises counts as protection."""

from __future__ import annotations

import datetime as dt
from typing import Any

import bson
import pytest

import intact
from intact.audit.doctor.records import Diagnosis, Level, Line
from intact.sources.mongodb.engine import Engine, engine, set_name
from tests.diagnosis.server import COLLECTIONS, TellingServer
from tests.servers.scripted import Error, Reply

HEX = "d6b5a1e2c3f40516273849505a6b7c8d9e0f1a2b"
VALIDATED: list[dict[str, Any]] = [
    {"name": name, "type": "collection", "options": {"validator": {"$jsonSchema": {"required": ["id"]}}}}
    for name in COLLECTIONS
]


def lines(found: Diagnosis, subject: str) -> list[Line]:
    return [each for each in found.lines if each.subject == subject]


@pytest.mark.parametrize(
    ("hello", "build", "host", "named"),
    [
        ({}, {"version": "7.0.77", "ferretdb": {"version": "v2.7.0"}}, "db:27017", "FerretDB 2.7.0"),
        ({}, {"version": "7.0.42", "ferretdbVersion": "v1.24.0"}, "db:27017", "FerretDB 1.24.0"),
        ({}, {"version": "8.2.11", "secantusVersion": "0.7.0b3"}, "db:27017", "SecantusDB 0.7.0b3"),
        (
            {"msg": "isdbgrid", "internal": {"documentdb_versions": ["0.117-0", "0.117.0"]}},
            {"version": "7.0.0"},
            "db:10260",
            "DocumentDB 0.117-0",
        ),
        ({"internal": {"cosmos_versions": ["1.2"]}}, {}, "db:10260", "Azure Cosmos DB 1.2"),
        ({}, {"version": "4.2.0"}, "shop.mongo.Cosmos.azure.com:10255", "Azure Cosmos DB"),
        ({}, {"version": "5.0.0"}, "shop.cluster-x.docdb.amazonaws.com:27017", "Amazon DocumentDB"),
        ({}, {"version": "7.0.77", "gitVersion": "none"}, "db:27017", "another engine than MongoDB"),
        ({}, {"version": "7.0.77", "gitVersion": "0" * 40}, "db:27017", "another engine than MongoDB"),
        ({}, {"version": "7.0.14", "gitVersion": HEX}, "db:27017", None),
        ({}, {"version": "7.0.14"}, "db:27017", None),
        ({"internal": 5}, {"gitVersion": 5}, "cosmos.azure.com.example:27017", None),
        ({}, {"ferretdb": None}, "db:27017", "FerretDB"),
        ({}, {"ferretdb": {"version": 5}}, "db:27017", "FerretDB"),
    ],
)
def test_an_engine_is_told_by_what_it_adds_or_by_where_it_is(
    hello: dict[str, Any], build: dict[str, Any], host: str, named: str | None
) -> None:
    found = engine(hello, build, [host])
    assert (None if found is None else str(found)) == named
    assert found is None or isinstance(found, Engine)


def test_an_engine_that_calls_itself_mongodb_is_named_with_its_own_version() -> None:
    build = {"version": "7.0.77", "gitVersion": "none", "ferretdb": {"version": "v2.7.0"}}
    with TellingServer(listing=VALIDATED) as server:
        server.script("buildInfo", Reply(build), repeat=True)
        found = intact.doctor(server.uri())
    (said,) = lines(found, "server")
    assert said.what == "FerretDB 2.7.0, which calls itself MongoDB 7.0.77"
    assert said.level is Level.NOTE


def test_a_validator_of_another_engine_is_never_protection() -> None:
    build = {"version": "7.0.77", "ferretdb": {"version": "v2.7.0"}}
    with TellingServer(listing=VALIDATED) as server:
        server.script("buildInfo", Reply(build), repeat=True)
        found = intact.doctor(server.uri())
    (said,) = lines(found, "validators")
    assert said.level is Level.NOTE
    assert "FerretDB is not known to enforce them" in said.means
    with TellingServer(listing=VALIDATED) as server:
        (said,) = lines(intact.doctor(server.uri()), "validators")
    assert said.level is Level.OK, "MongoDB itself enforces them"


def test_a_validator_that_is_switched_off_is_none() -> None:
    listing = [{**each, "options": {**each["options"], "validationLevel": "off"}} for each in VALIDATED]
    with TellingServer(listing=listing) as server:
        assert lines(intact.doctor(server.uri()), "validators") == []


@pytest.mark.parametrize(
    "clock",
    [
        lambda now: int(now.timestamp() * 1000),
        lambda now: bson.Int64(now.timestamp() * 1000),
        lambda now: now.timestamp() * 1000,
        lambda now: now.timestamp(),
        lambda now: int(now.timestamp()),
        lambda now: bson.Timestamp(int(now.timestamp()), 1),
        lambda now: now,
    ],
)
def test_a_servers_clock_may_be_a_number(clock: Any) -> None:
    with TellingServer() as server:
        server.script("hello", *[Reply(server.hello | {"localTime": clock(dt.datetime.now(dt.UTC))})] * 9)
        found = intact.doctor(server.uri())
    (said,) = lines(found, "clock")
    assert said.level is Level.OK, said.what


def test_without_a_set_name_nothing_is_taken_for_a_replica_set() -> None:
    names: list[Any] = [None, 5, {}, "", "rs0"]
    assert [set_name({"setName": name}) for name in names] == ["", "", "", "", "rs0"]
    assert set_name({}) == ""
    with TellingServer(hello={"setName": None}) as server:
        found = intact.doctor(server.uri())
    assert lines(found, "topology")[0].what == "standalone server"


def test_snapshots_that_are_refused_end_no_run() -> None:
    with TellingServer() as server:
        server.script("collStats", Error(59, "no such command", "CommandNotFound"), repeat=True)
        server.script("aggregate", Error(238, "not implemented", "NotImplemented"), repeat=True)
        report = intact.check(server.uri(), model="delivery", reports=["billing"])
    assert not report.run.one_moment
    assert report.headline.documents_scanned > 0
