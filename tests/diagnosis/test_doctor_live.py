"""What ``intact doctor`` says of a server: each thing that matters, what it means, and the exit code."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pymongo import AsyncMongoClient

import intact
from intact.audit.doctor.inspection import LiveInspection
from intact.audit.doctor.records import Diagnosis, Level, Line
from intact.audit.doctor.rights import rights as rights_of
from intact.checks import KINDS
from intact.core.errors import SourceError
from intact.model import load
from intact.sources.mongodb.commands import ALLOWED
from intact.sources.mongodb.live import LiveSource
from tests.diagnosis.server import COLLECTIONS, LINKS, TellingServer
from tests.servers.fixtures import Mongo
from tests.servers.scripted import Close, Error, Reply, Silence

Document = dict[str, Any]
READ_HALF = [
    {"resource": {"db": "shop", "collection": name}, "actions": ["find", "listIndexes"]}
    for name in COLLECTIONS[:3]
] + [{"resource": {"db": "shop", "collection": ""}, "actions": ["listCollections"]}]


def doctor(server: TellingServer, **options: Any) -> Diagnosis:
    return intact.doctor(server.uri(), **options)


def lines(found: Diagnosis, subject: str) -> list[Line]:
    return [line for line in found.lines if line.subject == subject]


def line(found: Diagnosis, subject: str) -> Line:
    (one,) = lines(found, subject)
    return one


@pytest.fixture
def replica_set() -> Iterator[TellingServer]:
    with TellingServer() as server:
        server.be_replica_set("rs0")
        yield server


def test_a_replica_set_that_lacks_nothing_is_ready(replica_set: TellingServer) -> None:
    found = doctor(replica_set)
    assert {each.level for each in found.lines} == {Level.OK}
    assert (found.can_run, found.exit_code, found.documents) == (True, 0, 180)
    assert line(found, "server").what == "MongoDB 7.0.14"
    assert line(found, "topology").what == "replica set rs0 (1 primary), answered by its primary"
    assert line(found, "one moment").what == "yes: the server keeps 300 s of history"
    assert line(found, "data").what.startswith("about 180 documents, 18.0 kB; reading takes about ")
    assert [each.name for each in found.collections] == list(COLLECTIONS)
    assert all(each.present and each.unindexed == () for each in found.collections)


def test_nothing_is_sent_that_is_not_on_the_list_of_reading_commands(replica_set: TellingServer) -> None:
    doctor(replica_set)
    assert {each.name for each in replica_set.commands} <= set(ALLOWED)
    ours = [each for each in replica_set.commands if each.name not in {"hello", "endSessions", "ping"}]
    assert all(str(each.body["comment"]).startswith("intact ") for each in ours)


def test_few_commands_are_sent_and_one_batch_and_a_sample_of_each_collection_are_read(
    replica_set: TellingServer,
) -> None:
    doctor(replica_set)
    asked = [each for each in replica_set.commands if each.name not in {"hello", "endSessions", "ping"}]
    assert len(asked) <= 5 + 4 * len(COLLECTIONS)
    found = replica_set.named("find")
    assert all(each.body["singleBatch"] for each in found)
    limits = sorted(each.body["limit"] for each in found)
    assert limits == [1] * len(COLLECTIONS) + [500] * len(COLLECTIONS) + [2000]
    assert replica_set.named("getMore") == []


def test_a_standalone_shows_no_moment_and_can_be_audited() -> None:
    with TellingServer() as server:
        found = doctor(server)
        assert server.named("getParameter") == []
    assert line(found, "topology").what == "standalone server"
    moment = line(found, "one moment")
    assert moment.level is Level.NOTE
    assert "looked at again before it is reported" in moment.means
    assert found.exit_code == 0


def test_a_sharded_cluster_is_read_through_its_router() -> None:
    with TellingServer(hello={"msg": "isdbgrid"}) as server:
        found = doctor(server)
    assert line(found, "topology").what == "sharded cluster, read through mongos"
    assert line(found, "one moment").level is Level.OK


@pytest.mark.parametrize(
    ("window", "what"),
    [
        (0, "the server keeps no history (minSnapshotHistoryWindowInSeconds is 0)"),
        (None, "how long the server keeps its history is not known (the user has no right to ask)"),
    ],
)
def test_a_snapshot_window_that_does_not_help_is_said(window: int | None, what: str) -> None:
    with TellingServer(window=window) as server:
        server.be_replica_set("rs0")
        found = doctor(server)
    moment = line(found, "one moment")
    assert (moment.level, moment.what) == (Level.NOTE, what)
    assert found.exit_code == 0


def test_a_server_before_5_0_reads_no_moment() -> None:
    with TellingServer(version="4.4.29", hello={"maxWireVersion": 9}) as server:
        server.be_replica_set("rs0")
        found = doctor(server)
    assert line(found, "server").level is Level.NOTE
    assert line(found, "one moment").what == "before 5.0 there are no snapshots to read"


def test_a_server_that_is_too_old_is_refused_in_a_sentence() -> None:
    with TellingServer(hello={"maxWireVersion": 6}) as server, pytest.raises(SourceError) as caught:
        doctor(server)
    assert "MongoDB 4.4 or newer can be read" in str(caught.value)


def test_a_user_who_may_read_half_is_told_which_and_what_an_operator_types() -> None:
    with TellingServer(privileges=READ_HALF) as server:
        found = doctor(server)
    rights = line(found, "rights")
    assert rights.level is Level.PROBLEM
    assert rights.what == "the user may not read subscriptions_v2, delivery_statuses, billing_records"
    assert "checks cannot be made" in rights.means
    assert rights.remedy == (
        'db.getSiblingDB("admin").grantRolesToUser("<user>", [{role: "read", db: "shop"}])'
    )
    assert (found.can_run, found.exit_code) == (True, 3)


def test_a_user_who_may_read_nothing_stops_everything() -> None:
    with TellingServer(privileges=[{"resource": {"cluster": True}, "actions": ["listDatabases"]}]) as server:
        found = doctor(server)
    assert lines(found, "rights")[0].stops
    assert (found.can_run, found.exit_code) == (False, 2)


@pytest.mark.parametrize(
    "resource",
    [
        {"db": "shop", "collection": ""},
        {"db": "", "collection": ""},
        {"anyResource": True},
    ],
)
def test_a_right_to_all_collections_covers_each(resource: Document) -> None:
    with TellingServer(privileges=[{"resource": resource, "actions": ["find", "listCollections"]}]) as server:
        found = doctor(server)
    assert line(found, "rights").level is Level.OK


@pytest.mark.parametrize("resource", [{"db": "shop2", "collection": ""}, {"cluster": True}])
def test_a_right_elsewhere_covers_nothing_here(resource: Document) -> None:
    with TellingServer(privileges=[{"resource": resource, "actions": ["find", "listCollections"]}]) as server:
        found = doctor(server)
    assert not found.can_run


def test_a_user_who_may_write_is_advised_against() -> None:
    rights = [{"resource": {"db": "shop", "collection": ""}, "actions": ["find", "insert", "remove"]}]
    with TellingServer(privileges=rights) as server:
        found = doctor(server)
    assert line(found, "rights").level is Level.NOTE
    assert line(found, "rights").what == "the user may also change data (insert, remove)"


def test_a_server_without_users_is_noted() -> None:
    with TellingServer(privileges=None) as server:
        found = doctor(server)
    assert line(found, "rights").what == "the server asks for no user and no password"
    assert found.exit_code == 0


def test_a_server_that_does_not_tell_rights_leaves_them_open() -> None:
    with TellingServer() as server:
        server.script("connectionStatus", Error(59, "no such command", "CommandNotFound"))
        found = doctor(server)
    rights = line(found, "rights")
    assert rights.what == "what the user may do is not known: the server answers with error 59"
    assert rights.level is Level.NOTE
    assert "orders" in rights.means, "documents of it could be read"
    assert found.exit_code == 0


def test_a_sample_that_is_refused_is_no_ready() -> None:
    for refused, of in (
        (Error(13, "not authorized", "Unauthorized"), "orders"),
        (Error(1, "disk"), "users"),
    ):
        with TellingServer() as server:
            server.script(f"find:{of}", refused, repeat=True)
            found = doctor(server)
        (rights,) = lines(found, "rights")
        assert (rights.level, rights.stops) == (Level.PROBLEM, False)
        assert of in rights.what
        assert "checks cannot be made" in rights.means
        assert found.exit_code == 3


def test_samples_that_are_all_refused_stop_everything() -> None:
    with TellingServer() as server:
        server.script("find", Error(20, "no"), repeat=True)
        found = doctor(server)
    assert "the server answers with error 20" in lines(found, "rights")[0].what
    assert (found.can_run, found.exit_code) == (False, 2)


def test_a_server_that_never_answers_a_find_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("intact.sources.mongodb.survey.ANSWER_SECONDS", 0.5)
    with TellingServer() as server:
        server.script("find:orders", Silence(), repeat=True)
        found = doctor(server)
    assert "orders" in lines(found, "rights")[0].what
    assert "has not answered within 0.5 s" in lines(found, "rights")[0].what
    assert found.exit_code == 3


def test_what_has_been_read_counts_for_more_than_what_the_server_claims() -> None:
    for privileges in ([], [{"resource": {"db": "other", "collection": ""}, "actions": ["find"]}]):
        with TellingServer(privileges=privileges, lets_read=True) as server:
            found = doctor(server)
        rights = line(found, "rights")
        assert rights.level is Level.NOTE
        assert "and lets it be read" in rights.what
        assert found.exit_code == 0


def test_a_user_that_the_server_does_not_name_is_not_nobody() -> None:
    with TellingServer(privileges=None) as server:
        server.script("saslStart", Reply({"conversationId": 1, "done": True, "payload": b""}), repeat=True)
        survey_of = LiveSource.from_uri(server.uri())

        async def ask() -> Line:
            try:
                found = await survey_of.survey({"orders": []}, thorough=True)
            finally:
                await survey_of.close()
            case = LiveInspection(
                survey_of.info, load("delivery", KINDS), (), {}, replace(found, names_user=True)
            )
            (one,) = rights_of(case)
            return one

        said = asyncio.run(ask())
    assert said.what == "the server does not say who is logged in"
    assert "could be read" in said.means


def test_a_list_of_collections_that_is_refused_is_not_an_empty_one() -> None:
    with TellingServer() as server:
        server.script("listCollections", Error(13, "not authorized on shop", "Unauthorized"), repeat=True)
        report = intact.check(server.uri(), model="delivery", reports=["billing"])
    assert report.headline.documents_scanned > 0


@pytest.mark.parametrize("name", ["nosuch", "NoSuch"])
def test_a_database_that_shows_nothing_is_not_advised_against_in_its_own_name(name: str) -> None:
    with TellingServer([]) as server:
        server.script("listDatabases", Reply({"databases": [{"name": name}]}), repeat=True)
        with pytest.raises(SourceError) as caught:
            intact.doctor(server.uri(name))
    assert caught.value.message == f"the database {name!r} shows no collection"
    assert "may not see them" in caught.value.hint
    assert "Did you mean" not in str(caught.value)


def test_a_user_who_is_shown_no_collection_is_not_sent_to_another_database_only() -> None:
    with TellingServer([]) as server:
        server.script("listDatabases", Error(13, "not authorized", "Unauthorized"), repeat=True)
        with pytest.raises(SourceError) as caught:
            intact.check(server.uri(), model="delivery")
    assert "grant the role read" in caught.value.hint


def test_a_connection_that_closes_in_a_command_is_not_another_protocol() -> None:
    for command in ("connectionStatus", "buildInfo", "listCollections"):
        with TellingServer() as server:
            server.script(command, Close(), repeat=True)
            with pytest.raises(SourceError) as caught:
                doctor(server)
        assert caught.value.message == (
            f"the MongoDB at {server.address} closed the connection in the middle of a command"
        )
        assert "port" not in caught.value.hint


def test_collections_that_may_not_be_listed_are_a_problem() -> None:
    with TellingServer() as server:
        server.script("listCollections", Error(13, "not authorized on shop", "Unauthorized"), repeat=True)
        found = doctor(server)
    assert line(found, "collections").level is Level.PROBLEM
    assert {each.present for each in found.collections} == {None}
    assert found.exit_code == 3


def test_a_missing_collection_is_named_with_the_nearest_there_is() -> None:
    names = ["Orders", "customer_v2", *COLLECTIONS[2:]]
    with TellingServer(names) as server:
        found = doctor(server)
    missing = lines(found, "collections")[0]
    assert missing.what == (
        "there is no orders (did you mean Orders?), customers_v2 (did you mean customer_v2?)"
    )
    assert "checks cannot be made" in missing.means
    assert [each.present for each in found.collections[:3]] == [False, False, True]
    assert found.exit_code == 3


def test_another_database_than_was_meant_stops_everything() -> None:
    with TellingServer(["books", "authors"]) as server:
        found = doctor(server)
    assert found.exit_code == 2
    assert "it has: authors, books" in lines(found, "collections")[0].means


@pytest.mark.parametrize(
    ("meant", "hint"),
    [("SHOP", "Did you mean 'shop'?"), ("shopp", "Did you mean 'shop'?"), ("library", "Check its name")],
)
def test_a_database_that_is_not_there_is_told_with_the_nearest_there_is(meant: str, hint: str) -> None:
    with TellingServer([]) as server:
        server.script("listDatabases", Reply({"databases": [{"name": "admin"}, {"name": "shop"}]}))
        with pytest.raises(SourceError) as caught:
            intact.doctor(server.uri(meant))
    assert caught.value.message == f"there is no database {meant!r}, or it has no collections"
    assert caught.value.hint.startswith(hint)


def test_views_time_series_capped_collations_and_validators_are_told() -> None:
    kinds: dict[str, Document] = {
        "orders": {"type": "view", "options": {"viewOn": "all_orders"}},
        "customers_v2": {"type": "timeseries", "options": {"timeseries": {"timeField": "at"}}},
        "users": {"type": "collection", "options": {"capped": True, "size": 4096}},
        "subscriptions_v2": {"options": {"collation": {"locale": "en", "strength": 2}}},
        "billing_records": {"options": {"validator": {"id": {"$exists": True}}, "validationAction": "warn"}},
    }
    listing = [
        {"name": name, "type": "collection", "options": {}, **kinds.get(name, {})} for name in COLLECTIONS
    ]
    with TellingServer(listing=listing) as server:
        found = doctor(server)
        read = {
            each.collection for each in server.commands if each.name in {"aggregate", "listIndexes", "find"}
        }
    said = {(each.level, each.what): each.means for each in lines(found, "collections")}
    assert (Level.PROBLEM, "orders is a view: its documents are those of other collections") in said
    assert any(what.startswith("customers_v2 is a time series") for _, what in said)
    assert (Level.NOTE, "capped: users") in said
    assert "locale en, strength 2" in said[Level.NOTE, "subscriptions_v2"]
    assert line(found, "validators").what.endswith("billing_records (warns only)")
    assert not read & {"orders", "customers_v2"}
    assert found.exit_code == 3


def test_keys_and_references_without_an_index_are_named() -> None:
    indexes = {**LINKS, "orders": ("subscription_id",), "users": ("id", "customer_v2_id")}
    with TellingServer(indexes=indexes) as server:
        found = doctor(server)
    assert line(found, "indexes").what == "none for orders.id, orders.customer_id"
    assert found.collections[0].unindexed == ("id", "customer_id")


@pytest.mark.parametrize(
    "index",
    [
        {"key": {"id": 1}, "partialFilterExpression": {"status": "active"}},
        {"key": {"id": 1}, "hidden": True},
        {"key": {"id": 1}, "collation": {"locale": "en"}},
        {"key": {"status": 1, "id": 1}},
        {"key": {"id": "text"}},
    ],
)
def test_an_index_that_a_look_up_cannot_use_does_not_count(index: Document) -> None:
    usable = [{"v": 2, "name": f"{path}_1", "key": {path: 1}} for path in ("_id", *LINKS["orders"][1:])]
    with TellingServer() as server:
        reply = {"cursor": {"id": 0, "ns": "", "firstBatch": [*usable, {"v": 2, "name": "x", **index}]}}
        server.script("listIndexes:orders", Reply(reply))
        found = doctor(server)
    assert found.collections[0].unindexed == ("id",)


@pytest.mark.parametrize(
    "index",
    [{"key": {"id": -1, "status": 1}}, {"key": {"id": 1}, "sparse": True}, {"key": {"id": "hashed"}}],
)
def test_an_index_that_begins_with_the_path_counts(index: Document) -> None:
    usable = [{"v": 2, "name": f"{path}_1", "key": {path: 1}} for path in ("_id", *LINKS["orders"][1:])]
    with TellingServer() as server:
        reply = {"cursor": {"id": 0, "ns": "", "firstBatch": [*usable, {"v": 2, "name": "x", **index}]}}
        server.script("listIndexes:orders", Reply(reply))
        found = doctor(server)
    assert found.collections[0].unindexed == ()


def test_indexes_and_sizes_that_the_user_may_not_ask_for_are_not_guessed() -> None:
    with TellingServer() as server:
        for command in ("listIndexes", "aggregate", "count"):
            server.script(command, Error(13, "not authorized", "Unauthorized"), repeat=True)
        found = doctor(server)
    assert (found.documents, found.seconds) == (None, None)
    assert {each.unindexed for each in found.collections} == {None}
    assert line(found, "data").level is Level.NOTE


@pytest.mark.parametrize(("ahead", "what"), [(3600, "60 min ahead of"), (-90, "90 s behind")])
def test_a_clock_that_is_wrong_is_told(ahead: float, what: str) -> None:
    with TellingServer(ahead=ahead) as server:
        found = doctor(server)
    clock = line(found, "clock")
    assert clock.level is Level.NOTE
    assert what in clock.what


def test_a_lost_connection_is_a_sentence_and_no_diagnosis() -> None:
    with TellingServer() as server:
        server.script("connectionStatus", Close(), Close(), repeat=True)
        with pytest.raises(SourceError):
            doctor(server)


def test_a_run_says_in_its_header_what_matters_and_nothing_else() -> None:
    with TellingServer(privileges=READ_HALF, ahead=3600) as server:
        notes = intact.check(server.uri(), model="delivery", reports=["billing"]).run.notes
        asked = [each.name for each in server.commands if each.name in {"buildInfo", "connectionStatus"}]
    assert [note for note in notes if note.startswith("The user may not read ")]
    assert [note for note in notes if note.startswith("The server's clock is 60 min ahead")]
    assert asked == ["connectionStatus"]
    with TellingServer() as server:
        quiet = intact.check(server.uri(), model="delivery", reports=["billing"]).run.notes
    assert not [note for note in quiet if "clock" in note or "user" in note]


def test_a_connection_that_breaks_while_the_run_looks_at_the_server_does_not_end_it() -> None:
    with TellingServer() as server:
        server.script("connectionStatus", Close())
        report = intact.check(server.uri(), model="delivery", reports=["billing"])
    assert report.headline.documents_scanned > 0
    assert report.troubles_total == 0


def test_a_handle_of_the_users_own_is_examined_too() -> None:
    async def examine(uri: str) -> Diagnosis:
        async with AsyncMongoClient[Document](uri, tz_aware=True) as client:
            return await intact.doctor_async(client["shop"])

    with TellingServer() as server:
        found = asyncio.run(examine(server.uri()))
    assert found.source == f"mongodb://{server.address}/shop"
    assert found.exit_code == 0


def test_a_secondary_that_lags_is_told() -> None:
    from intact.audit.doctor import server as judged
    from intact.sources.base import SourceInfo
    from intact.sources.mongodb.facts import Rights, ServerMember, ServerSurvey, Topology

    now = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)
    members = (
        ServerMember("a:27017", "primary", now),
        ServerMember("b:27017", "secondary", now - dt.timedelta(minutes=10)),
        ServerMember("c:27017", "other"),
    )
    survey = ServerSurvey(
        version="8.0.0",
        wire=25,
        topology=Topology.REPLICA_SET,
        set_name="rs0",
        role="primary",
        members=members,
        preference="secondaryPreferred",
        clock=None,
        rights=Rights(logged_in=False),
    )
    model = load("delivery", KINDS)
    case = LiveInspection(SourceInfo("mongodb", "", "shop"), model, tuple(model.reports.values()), {}, survey)
    lag, topology = judged.members(case), judged.topology(case)
    assert lag is not None
    assert lag.what == "b:27017 is about 10 min behind the primary"
    assert topology.level is Level.NOTE
    assert "c:27017" in topology.means


def test_any_server_can_be_examined(mongo: Mongo) -> None:
    mongo.insert({name: [{"_id": number, "id": str(number)} for number in range(20)] for name in COLLECTIONS})
    mongo.handle["orders"].create_index("id")
    found = intact.doctor(mongo.uri)
    assert found.can_run
    assert found.documents == 20 * len(COLLECTIONS)
    assert found.seconds is not None
    assert found.collections[0].unindexed == ("subscription_id", "customer_id")
