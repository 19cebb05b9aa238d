"""The native projector over time: in threads at once, beside other threads, and in memory that stays as it is."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from intact.project import Batch, Column, Role
from intact.project.pure import PureProjector
from tests.project.both import difference, needs_native
from tests.project.wild import COLUMN_SETS, Wild
from tests.support.native import native_projector

ROOT = Path(__file__).parents[2]
COLUMNS = COLUMN_SETS["everything"]
MEMORY = """
import psutil
from tests.support.native import native_projector
from tests.project.wild import COLUMN_SETS, Wild

projector = native_projector(COLUMN_SETS["everything"])
block = b"".join(Wild(1).documents(400))
process = psutil.Process()

def project(count):
    for _ in range(count):
        assert projector.project(block).damaged
    return process.memory_info().rss

before = project(200)
print(len(block), before, project(2_000))
"""
GROWTH = 16_000_000
"""Bytes by which 2,000 blocks may let the process grow: 8,000 a block, where one is of 100,000 and gives more."""

pytestmark = needs_native


def test_it_says_that_several_threads_may_use_it() -> None:
    assert native_projector(COLUMNS).parallel
    assert not PureProjector(COLUMNS).parallel


def test_four_threads_at_once_get_what_one_after_the_other_gets() -> None:
    projector = native_projector(COLUMNS)
    blocks = [b"".join(Wild(seed).documents(100)) for seed in range(40)]
    start = threading.Barrier(4)

    def work(number: int) -> list[Batch]:
        start.wait()
        return [
            projector.project(block, number) for block in (*blocks[number * 10 :], *blocks[: number * 10])
        ]

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(work, range(4)))
    for number, batches in enumerate(found):
        expected = [
            projector.project(block, number) for block in (*blocks[number * 10 :], *blocks[: number * 10])
        ]
        assert [difference(*pair) for pair in zip(batches, expected, strict=True)] == [""] * len(blocks)
    slow = PureProjector(COLUMNS, learn=False)
    assert difference(found[0][0], slow.project(blocks[0], 0)) == ""


def test_another_thread_goes_on_while_a_block_is_projected() -> None:
    """If the interpreter were held, the other thread could wake up once at most while one call lasts."""
    projector = native_projector(COLUMNS)
    block = b"".join(Wild(2, broken=0).documents(2_000)) * 40
    turns = 0
    done = threading.Event()

    def other() -> None:
        nonlocal turns
        while not done.is_set():
            time.sleep(0.0005)
            turns += 1

    thread = threading.Thread(target=other)
    thread.start()
    most = 0
    try:
        for _ in range(50):
            before = turns
            projector.project(block)
            most = max(most, turns - before)
            if most >= 10:
                break
    finally:
        done.set()
        thread.join()
    assert most >= 10


@pytest.mark.full("two thousand blocks")
def test_two_thousand_blocks_leave_nothing_in_memory() -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEMORY], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    size, before, after = map(int, done.stdout.split())
    assert size > 80_000
    assert after - before < GROWTH


def test_rows_outlive_their_block_and_their_projector() -> None:
    projector = native_projector(COLUMNS)
    block = bytearray(b"".join(Wild(3).documents(200)))
    rows = projector.project(memoryview(bytes(block))).rows
    before = rows.to_pylist()
    del projector
    for _ in range(5):
        native_projector(COLUMNS).project(bytes(len(block)))
    rows.validate(full=True)
    assert rows.to_pylist() == before


def test_a_path_through_an_array_is_refused_in_the_same_roles_with_the_same_words() -> None:
    from intact.core.paths import Path as FieldPath

    for role in Role:
        columns = [Column(FieldPath.parse("items[].name"), role)]
        said = []
        for make in (native_projector, PureProjector):
            try:
                make(columns)
            except ValueError as error:
                said.append(str(error))
            else:
                said.append("")
        assert said[0] == said[1]
        assert bool(said[0]) == (role not in (Role.KEY, Role.AMOUNT))


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_column_that_is_wanted_more_than_once_is_there_once(count: int) -> None:
    columns = COLUMN_SETS["every role at the top"] * count
    block = b"".join(Wild(8).documents(50))
    native, pure = native_projector(columns), PureProjector(columns, learn=False)
    assert difference(native.project(block), pure.project(block)) == ""
