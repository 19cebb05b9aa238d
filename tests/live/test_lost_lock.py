"""A run changes nothing in PyMongo, and cancels no call of it in a moment that would cost the client its lock."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from types import FunctionType, ModuleType
from typing import Any

import pymongo.lock
import pytest
from pymongo import AsyncMongoClient

from intact import check_async
from intact.core.errors import IntactError
from intact.sources.mongodb import calls as mongo_calls
from intact.sources.mongodb.calls import Calls
from tests.cli.conftest import AS_OF
from tests.live.history import planted_business
from tests.servers.scripted import Close, Command, Delay, Silence
from tests.servers.snapshots import SnapshotServer

AUDIT_OF_A_HANDLE = """
import asyncio, sys
from pymongo import AsyncMongoClient
from tests.live.test_lost_lock import attributes
before = attributes()
from intact import check_async
async def run():
    async with AsyncMongoClient(sys.argv[1]) as client:
        await check_async(client["shop"], model="delivery", as_of=sys.argv[2], history=None)
asyncio.run(run())
after = attributes()
print(sorted(name for name in before if after.get(name) is not before[name]))
"""
LATE = 60.0
"""Seconds in which each run here has ended, on a machine that has much else to do."""


def attributes() -> dict[str, Any]:
    """Each function and class of PyMongo that is loaded, and each function of these classes, by its whole name."""
    found: dict[str, Any] = {}
    for module in [each for name, each in sys.modules.items() if name.split(".")[0] in {"pymongo", "bson"}]:
        for name, value in vars(module).items():
            if isinstance(value, FunctionType | type | ModuleType):
                found[f"{module.__name__}.{name}"] = value
            if isinstance(value, type) and value.__module__ == module.__name__:
                also = {f"{module.__name__}.{name}.{each}": of for each, of in vars(value).items()}
                found |= {each: of for each, of in also.items() if isinstance(of, FunctionType | property)}
    return found


def test_after_a_check_of_the_users_handle_everything_in_pymongo_is_what_it_was_before() -> None:
    with SnapshotServer(planted_business(1, 10).store, topology="replica set") as server:
        ended = subprocess.run(
            [sys.executable, "-c", AUDIT_OF_A_HANDLE, server.uri(), AS_OF],
            capture_output=True,
            text=True,
            check=False,
            timeout=LATE,
        )
    assert (ended.stdout.strip(), ended.returncode) == ("[]", 0), ended.stderr
    assert len(attributes()) > 1000


async def leaves_before_it_has_the_lock_again(calls: Calls | None) -> bool:
    """Cancel who waits for a server, just when its time is over and another has the lock; say whether it leaves then.

    Whoever leaves gives the lock back: if it is another's by then, two tasks have it, or one that is gone for ever.
    """
    lock = pymongo.lock._async_create_lock()
    condition = pymongo.lock._async_create_condition(lock)

    async def wait() -> None:
        async with lock:
            await pymongo.lock._async_cond_wait(condition, 0.01)

    call = asyncio.create_task(wait()) if calls is None else calls.start(wait)
    waiting = call if calls is None else asyncio.create_task(calls.wait(asyncio.wait, [call]))
    await asyncio.sleep(0.001)
    async with lock:
        await asyncio.sleep(0.05)
        waiting.cancel()
        ending = asyncio.create_task(calls.end() if calls else asyncio.sleep(0))
        await asyncio.sleep(0.1)
        left = call.done()
    await asyncio.wait([waiting, call, ending])
    return left


def test_a_call_has_the_lock_again_before_it_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mongo_calls, "END_SECONDS", 0.05)  # then it would be broken off
    assert asyncio.run(leaves_before_it_has_the_lock_again(Calls(blocking=False))) is False


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="from Python 3.12 on nothing is lost")
def test_a_task_that_is_cancelled_as_any_other_leaves_without_the_lock() -> None:
    assert asyncio.run(leaves_before_it_has_the_lock_again(None)) is True


def test_a_call_that_no_server_answers_is_broken_off_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mongo_calls, "END_SECONDS", 0.05)

    async def end() -> bool:
        calls = Calls(blocking=False)
        call = calls.start(asyncio.Event().wait)
        await calls.end()
        return call.cancelled()

    assert asyncio.run(end()) is True


@pytest.mark.parametrize("lost", ["gone", "silent"])
@pytest.mark.parametrize("cancelled", [False, True], ids=["to the end", "cancelled"])
def test_a_run_whose_server_is_lost_ends_and_the_users_client_can_be_used(
    lost: str, cancelled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A replica set of which the driver waits for a member: the place where it lost its lock."""

    async def run(server: SnapshotServer) -> tuple[set[str], float]:
        loop, reached = asyncio.get_running_loop(), asyncio.Event()

        def between(command: Command) -> None:
            if command.name == "find" and not reached.is_set():
                loop.call_soon_threadsafe(reached.set)
                if lost == "silent":
                    server.script("find", Silence(), repeat=True)
                    server.script("getMore", Silence(), repeat=True)
                else:
                    server.script("hello", Close(), repeat=True)
                    server.script("find", Close(), repeat=True)

        server.between = between
        async with AsyncMongoClient[dict[str, Any]](server.uri(serverSelectionTimeoutMS=1500)) as client:
            await client.admin.command("ping")
            before = asyncio.all_tasks()
            audit = asyncio.create_task(
                check_async(client["shop"], model="delivery", as_of=AS_OF, history=None, max_duration=4)
            )
            if cancelled:
                await reached.wait()
                await asyncio.sleep(0.5)  # what waits for a server waits half a second at a time
                audit.cancel()
            begun = time.monotonic()
            await asyncio.wait([audit])
            took = time.monotonic() - begun
            if not audit.cancelled() and (error := audit.exception()):
                assert isinstance(error, IntactError)
            left = {str(each.get_coro()) for each in asyncio.all_tasks() - before if "Calls" in str(each)}
            for name in ("hello", "find", "getMore"):
                server.script(name, Delay(0))  # and then as usual
            await client.admin.command("ping")
        return left, took

    with SnapshotServer(planted_business(1, 40).store, topology="replica set", batch_documents=3) as server:
        left, took = asyncio.run(run(server))
    assert left == set()
    assert took < LATE
