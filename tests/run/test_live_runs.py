"""A run over a source that begins collections anew, ends in time, or is a server that changes under its hands."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path as FilePath
from typing import Any

import bson
import pytest

import intact
from intact.audit.ingest import reading_levels, reading_order
from intact.audit.options import settle
from intact.checks import KINDS
from intact.cli.check import READ_PREFERENCES
from intact.core.errors import UsageError
from intact.core.paths import Path
from intact.engine import DuckEngine
from intact.model import load
from intact.project import Column, Role, projector
from intact.sources.base import Block, CollectionInfo, End, Restart
from intact.sources.mongodb import settings as mongo_options
from tests.support.memory import MemorySource

ORDERS = [{"_id": number, "id": f"o{number}", "status": "odd"} for number in range(40)]


class Torn(MemorySource):
    """Hands on a part of the orders, takes it back, and hands on all of them."""

    async def read(self, wanted: Mapping[str, Sequence[Path]]) -> AsyncIterator[Any]:
        yield Block("orders", b"".join(map(bson.encode, [*ORDERS[:30], {"_id": "void", "id": 5}])))
        yield Block("orders", bson.encode({"_id": 1})[:-1] + b"\x07")
        yield Restart("orders")
        async for item in super().read(wanted):
            yield item
        yield End("orders")


@pytest.mark.parametrize("memory", ["64MB", "1GB"])
def test_what_was_taken_back_is_in_no_report(memory: str) -> None:
    torn = intact.check(Torn({"orders": ORDERS}), model="delivery", memory=memory)
    whole = intact.check(MemorySource({"orders": ORDERS}), model="delivery", memory=memory)
    assert torn.headline == whole.headline
    assert torn.collections == whole.collections
    assert torn.troubles == whole.troubles
    assert torn.troubles_total == whole.troubles_total
    assert torn.exit_code == whole.exit_code


@pytest.mark.parametrize("memory", [7 * 2**20, 2**30])
def test_a_table_that_is_forgotten_is_empty_and_can_be_filled_again(memory: int) -> None:
    made = projector([Column(Path(("n",)), Role.KEY)])

    def rows(first: int, count: int) -> Any:
        data = b"".join(bson.encode({"_id": n, "n": f"{n:0100}"}) for n in range(first, first + count))
        return made.project(data, 0).rows

    with DuckEngine(memory) as engine:
        engine.create("a", made.schema)
        engine.create("b", made.schema)
        for name in ("a", "b"):
            engine.load(name, [rows(0, 20_000)])
        engine.forget("a")
        assert engine.size("a") == 0
        engine.load("a", [rows(5, 3)])
        assert list(engine.query('SELECT count(*), min("_row"), max("_row") FROM "a"')) == [(3, 0, 2)]
        assert list(engine.query('SELECT count(*) FROM "b"')) == [(20_000,)]


class Slow(MemorySource):
    """Hands on a block every now and then."""

    async def collections(self) -> Mapping[str, CollectionInfo]:
        size = sum(len(bson.encode(order)) for order in ORDERS)
        return {name: CollectionInfo(name, size) for name in self._data}

    async def read(self, wanted: Mapping[str, Sequence[Path]]) -> AsyncIterator[Any]:
        done = {name for name in wanted if name != "orders"}
        for name in done:
            yield End(name)
        async for item in super().read({"orders": wanted["orders"]}):
            await asyncio.sleep(0.5)
            yield item
        yield End("orders")


def test_time_that_is_over_ends_the_run_with_what_was_done_and_says_what_was_not() -> None:
    source = Slow({"orders": ORDERS, "users": [], "customers": []}, at_once=4)
    begun = time.monotonic()
    report = intact.check(source, model="delivery", max_duration="2s", fail_on="none")
    assert time.monotonic() - begun < 4
    assert report.exit_code == 3
    (trouble,) = (each for each in report.troubles if "time for the run" in each.what)
    assert trouble.collection == "orders"
    read = report.headline.documents_scanned
    assert 0 < read < 40
    assert f"{read} of about 40 documents were read" in trouble.what.replace("39 ", "40 ").replace(
        "41 ", "40 "
    )
    assert not next(each for each in report.collections if each.name == "orders").whole


def test_a_run_that_is_done_in_time_is_whole(tmp_path: FilePath) -> None:
    (tmp_path / "orders.bson").write_bytes(b"".join(map(bson.encode, ORDERS)))
    report = intact.check(tmp_path / "orders.bson", model="delivery", max_duration=60)
    assert not any("time for the run" in each.what for each in report.troubles)
    assert next(each for each in report.collections if each.name == "orders").whole


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("30m", 1800), ("2h", 7200), ("1.5h", 5400), ("1d", 86400), (45, 45), ("45", 45)],
)
def test_durations(text: Any, seconds: float) -> None:
    assert settle(MemorySource({}), {"max_duration": text}).max_duration == seconds


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"max_duration": "0"}, "duration"),
        ({"max_duration": "-5m"}, "duration"),
        ({"max_duration": "soon"}, "duration"),
        ({"max_rate": "0MB"}, "rate"),
        ({"max_rate": "fast"}, "rate"),
        ({"read_preference": "secondaryprefered"}, "'secondaryPreferred'"),
    ],
)
def test_nonsense_is_refused_with_a_sentence(options: Any, word: str) -> None:
    with pytest.raises(UsageError, match=word):
        intact.check("mongodb://localhost/shop", **options)


def test_the_command_line_knows_the_same_read_preferences() -> None:
    assert READ_PREFERENCES == mongo_options.READ_PREFERENCES


def test_collections_that_do_not_refer_to_each_other_are_read_together() -> None:
    model = load("delivery", KINDS)
    names = list(model.collections)
    levels = reading_levels(model, names)
    assert sorted(name for level in levels for name in level) == sorted(names)
    place = {name: number for number, level in enumerate(levels) for name in level}
    order = reading_order(model, names)
    for name, collection in model.collections.items():
        for target in set(collection.references.values()) & set(names) - {name}:
            # Two that refer to each other keep the order that they have anyway.
            assert place[target] > place[name] or order.index(target) < order.index(name)
    assert len(levels) < len(names)
