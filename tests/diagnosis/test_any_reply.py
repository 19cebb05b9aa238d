"""Whatever a server answers, of whatever type, the doctor and an audit end with a sentence or with a result."""

from __future__ import annotations

import datetime as dt
from typing import Any

import bson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import intact
from intact.core.errors import IntactError
from tests.diagnosis.server import TellingServer
from tests.servers.scripted import Reply
from tests.support.effort import share

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.text(max_size=8),
    st.binary(max_size=8),
    st.datetimes(min_value=dt.datetime(1, 1, 2), max_value=dt.datetime(9999, 12, 30)),
    st.sampled_from([bson.ObjectId(b"x" * 12), bson.Timestamp(1, 1), bson.Decimal128("NaN"), bson.MinKey()]),
    st.sampled_from([bson.DatetimeMS(2**62), bson.Regex("x"), bson.Code("x"), 2**31, -1, 10**12]),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=4,
)
ABSENT = object()
REPLIES: dict[str, dict[str, Any]] = {
    "buildInfo": {
        "version": "7.0.14",
        "gitVersion": "x",
        "ferretdb": {"version": "v2"},
        "secantusVersion": "1",
    },
    "connectionStatus": {
        "authInfo": {
            "authenticatedUsers": [{"user": "bob", "db": "admin"}],
            "authenticatedUserPrivileges": [
                {"resource": {"db": "shop", "collection": "", "cluster": False}, "actions": ["find"]}
            ],
        }
    },
    "getParameter": {"minSnapshotHistoryWindowInSeconds": 300},
    "listIndexes": {"cursor": {"id": 0, "ns": "shop.x", "firstBatch": [{"key": {"id": 1}, "hidden": False}]}},
    "collStats": {"count": 30, "size": 3000},
    "count": {"n": 30},
    "aggregate": {"cursor": {"id": 0, "ns": "", "firstBatch": [{"storageStats": {"count": 1, "size": 1}}]}},
    "listCollections": {
        "cursor": {
            "id": 0,
            "ns": "shop.$cmd.listCollections",
            "firstBatch": [
                {
                    "name": name,
                    "type": "collection",
                    "options": {"capped": False, "collation": {"locale": "en"}, "validator": {"a": 1}},
                    "info": {"uuid": bson.Binary(b"x" * 16, 4)},
                }
                for name in ("orders", "users")
            ],
        }
    },
    "hello": {
        "localTime": dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        "setName": "rs0",
        "me": "127.0.0.1:1",
        "msg": "isdbgrid",
        "maxWireVersion": 21,
        "internal": {"documentdb_versions": ["1"]},
        "lastWrite": {"lastWriteDate": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)},
    },
}


def paths(value: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a reply."""
    items: Any = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return [before, *(path for name, inner in items for path in paths(inner, (*before, name)))]


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """The same reply with something else in one place, or nothing."""
    if not path:
        return new
    items = value.items() if isinstance(value, dict) else enumerate(value)
    made = [
        (name, changed(inner, path[1:], new) if name == path[0] else inner)
        for name, inner in items
        if not (name == path[0] and len(path) == 1 and new is ABSENT)
    ]
    return dict(made) if isinstance(value, dict) else [inner for _, inner in made]


@st.composite
def lies(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A command, and a reply to it that is wrong in one place or several."""
    command = draw(st.sampled_from(sorted(REPLIES)))
    reply: Any = REPLIES[command]
    for _ in range(draw(st.integers(1, 2))):
        places = [path for path in paths(reply) if path]
        if places:
            reply = changed(reply, draw(st.sampled_from(places)), draw(st.just(ABSENT) | values))
    return command, reply


@settings(max_examples=share(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(lies(), min_size=1, max_size=3))
def test_the_doctor_ends_with_a_sentence_or_a_result_whatever_the_server_answers(
    told: list[tuple[str, dict[str, Any]]],
) -> None:
    with TellingServer() as server:
        for command, reply in told:
            document = {**server.hello, **reply} if command == "hello" else reply
            server.script(command, Reply(document), repeat=True)
        try:
            found = intact.doctor(server.uri(serverSelectionTimeoutMS=300))
        except IntactError as error:
            assert error.message
            return
    assert found.exit_code in {0, 2, 3}
    assert all(each.what for each in found.lines)


@settings(max_examples=share(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(lies(), min_size=1, max_size=3))
def test_an_audit_ends_with_a_sentence_or_a_result_whatever_the_server_answers(
    told: list[tuple[str, dict[str, Any]]],
) -> None:
    with TellingServer() as server:
        for command, reply in told:
            document = {**server.hello, **reply} if command == "hello" else reply
            server.script(command, Reply(document), repeat=True)
        try:
            report = intact.check(
                server.uri(serverSelectionTimeoutMS=300),
                model="delivery",
                reports=["billing"],
                max_duration="20s",
            )
        except IntactError as error:
            assert error.message
            return
    assert report.headline.documents_scanned >= 0
