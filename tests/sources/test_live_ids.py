"""Documents with ``_id`` of every type, read in ranges: each comes once, however the ranges are cut."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import bson
import pytest
from bson.code import Code
from bson.max_key import MaxKey
from bson.min_key import MinKey
from hypothesis import given
from hypothesis import strategies as st

from intact.sources.mongodb import handle as mongo_handle
from intact.sources.mongodb import ranges as mongo_ranges
from intact.sources.mongodb import scan_plan as mongo_work
from intact.sources.mongodb.errors import DRIVER_ERRORS
from intact.sources.mongodb.handle import Handle
from intact.sources.mongodb.ranges import Bound, Range, cut, how_many
from tests.servers.fixtures import Mongo
from tests.servers.matching import matches
from tests.servers.reading import read
from tests.servers.scripted import Error
from tests.servers.snapshots import SnapshotServer
from tests.servers.store import Store

IDS: list[Any] = [
    MinKey(),
    None,
    *range(-3, 12),
    *(bson.Int64(2**53 + step) for step in range(-2, 3)),
    *(number + 0.5 for number in range(-3, 8)),
    *(bson.Decimal128(f"{number}.25") for number in range(-3, 8)),
    float("nan"),
    float("inf"),
    float("-inf"),
    bson.Int64(2**63 - 1),
    bson.Decimal128("1E+6000"),
    bson.Decimal128("9007199254740993.5"),
    5e-324,
    *(chr(letter) * 3 for letter in range(97, 115)),
    "",
    "é",
    "$where",
    *({"a": number} for number in range(6)),
    {"a": 1, "b": {"c": [1, "x", None]}},
    {"b": 1},
    {},
    *(bson.Binary(bytes([number])) for number in range(6)),
    *(bson.Binary(uuid.UUID(int=number).bytes, kind) for number in range(3) for kind in (3, 4)),
    *(bson.ObjectId(f"{number:024x}") for number in range(20)),
    False,
    True,
    *(dt.datetime(2026, 1, day) for day in range(1, 12)),
    dt.datetime(1, 1, 1),
    *(bson.Timestamp(second, 1) for second in range(5)),
    Code("a"),
    Code("b"),
    MaxKey(),
]
"""Types of all brackets that an ``_id`` can be of; none equal to another one."""


@pytest.fixture
def ranges(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[None]:
    """Let a hundred documents be read in ranges, and see that they are."""
    made: list[int] = []

    def watched(sampled: list[bytes], count: int) -> list[Range]:
        found = cut(sampled, count)
        made.append(len(found))
        return found

    asked = Handle.documents

    async def patient(self: Handle, *arguments: Any, **options: Any) -> Any:
        for _ in range(50):  # mongo-java-server refuses a $sample now and then
            with suppress(*DRIVER_ERRORS):
                return await asked(self, *arguments, **options)
        return await asked(self, *arguments, **options)

    monkeypatch.setattr(Handle, "documents", patient)
    monkeypatch.setattr(mongo_work, "cut", watched)
    monkeypatch.setattr(mongo_ranges, "WORTH_RANGES", 10)
    monkeypatch.setattr(mongo_ranges, "PER_RANGE", 2)
    monkeypatch.setattr(mongo_ranges, "MOST_RANGES", request.param)
    monkeypatch.setattr(mongo_handle, "BATCH_DOCUMENTS", 3)
    yield
    assert made
    assert all(count > request.param / 2 for count in made)


# mongo-java-server cannot sort code, and compares large numbers by what a double holds of them.
BEYOND_JAVA = [Code("a"), Code("b"), bson.Decimal128("9007199254740993.5"), bson.Decimal128("1E+6000")]
BEYOND_JAVA += [bson.Int64(2**53 + step) for step in range(-2, 3)] + [bson.Int64(2**63 - 1)]


def shuffled(*without: Any) -> list[dict[str, Any]]:
    left_out = [bson.encode({"": each}) for each in without]
    ids = [each for each in IDS if bson.encode({"": each}) not in left_out]
    documents = [{"_id": each, "n": number} for number, each in enumerate(ids)]
    random.Random(1).shuffle(documents)
    return documents


def expected(*without: Any) -> list[bytes]:
    return sorted(bson.encode(each) for each in shuffled(*without))


@pytest.mark.parametrize("ranges", [2, 3, 7, 20, 60], indirect=True)
def test_no_document_is_lost_or_read_twice_on_a_server_that_was_not_written_here(
    java_mongo: Mongo, ranges: None
) -> None:
    java_mongo.insert({"orders": shuffled(*BEYOND_JAVA)})
    result = read(java_mongo.uri, {"orders": ["n"]})
    assert result.faults == []
    assert sorted(result.documents("orders")) == expected(*BEYOND_JAVA)


@pytest.mark.parametrize("ranges", [2, 7, 60], indirect=True)
def test_nor_where_ranges_break_off_in_their_middle(java_mongo: Mongo, ranges: None) -> None:
    java_mongo.insert({"orders": shuffled(*BEYOND_JAVA)})
    with java_mongo.failing("getMore", mode={"times": 12}, errorCode=43):
        result = read(java_mongo.uri, {"orders": ["n"]})
    assert result.faults == []
    assert result.restarts == []
    assert sorted(result.documents("orders")) == expected(*BEYOND_JAVA)


@pytest.mark.parametrize("ranges", [2, 7, 60], indirect=True)
def test_nor_as_of_one_moment(ranges: None) -> None:
    with SnapshotServer(Store({"orders": shuffled()})) as server:
        server.script("getMore:orders", *[Error(11602), Error(43)] * 4)
        result = read(server.uri(), {"orders": ["n"]})
    assert result.info.one_moment
    assert sorted(result.documents("orders")) == expected()


@given(st.lists(st.sampled_from(range(len(IDS))), max_size=40), st.integers(1, 30))
def test_every_document_is_in_exactly_one_range_wherever_the_bounds_lie(drawn: list[int], count: int) -> None:
    from tests.servers.bson_order import key

    sampled = [{"_id": IDS[number]} for number in drawn]
    sampled.sort(key=lambda document: key(document["_id"]))  # as the server sorts them
    made = cut([bson.encode(document) for document in sampled], count)
    assert len(made) <= max(1, count)
    for each in IDS:
        document = bson.decode(bson.encode({"_id": each}))
        assert sum(matches(document, range_.filter()) for range_ in made) == 1


@given(st.sampled_from(range(len(IDS))), st.sampled_from(range(len(IDS))))
def test_what_is_left_behind_a_document_is_the_rest_of_its_range(at: int, other: int) -> None:
    from tests.servers.bson_order import key

    whole = Range(None, Bound(IDS[at]))
    left = whole.after(Bound(IDS[other]))
    for each in IDS:
        document = bson.decode(bson.encode({"_id": each}))
        assert matches(document, left.filter()) == (key(IDS[other]) < key(each) < key(IDS[at]))


def test_a_bound_that_the_driver_cannot_write_as_it_was_is_not_one() -> None:
    undefined = bson.encode({"_id": None}).replace(b"\x0a_id", b"\x06_id")
    assert cut([undefined], 2) == [Range()]


@pytest.mark.parametrize(("documents", "count"), [(None, 1), (0, 1), (199_999, 1), (200_000, 2), (10**9, 16)])
def test_small_collections_are_read_as_a_whole_and_large_ones_in_a_few_ranges(
    documents: int | None, count: int
) -> None:
    assert how_many(documents) == count
