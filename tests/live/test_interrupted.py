"""A run that is interrupted ends its cursors before it ends itself, whatever is on its way just then."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from intact import check_async
from tests.cli.conftest import AS_OF
from tests.cli.running import PROGRAM, environment
from tests.live.history import planted_business
from tests.servers.scripted import Command
from tests.servers.snapshots import SnapshotServer

SLOW = 0.25
"""Seconds that the server takes for an answer once the run is interrupted: it is on its way then."""


@pytest.fixture(params=["standalone", "replica set"])
def server(request: pytest.FixtureRequest) -> Iterator[SnapshotServer]:
    store = planted_business(1, 40).store
    with SnapshotServer(store, topology=request.param, batch_documents=3) as made:
        yield made


@pytest.mark.covering
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(("name", "at"), [("find", 1), ("find", 3), ("getMore", 1), ("getMore", 9)])
def test_an_interrupted_program_leaves_no_cursor(
    server: SnapshotServer, number: signal.Signals, name: str, at: int
) -> None:
    seen: list[str] = []
    running: list[subprocess.Popen[str]] = []

    def between(command: Command) -> None:
        seen.append(command.name)
        if command.name == name and seen.count(name) == at:
            running[0].send_signal(number)
            time.sleep(SLOW)

    server.between = between
    command = [*PROGRAM, "check", server.uri(), "--as-of", AS_OF, "--no-history", "--quiet"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    ) as process:
        running.append(process)
        stdout, stderr = process.communicate(timeout=60)
    assert seen.count(name) >= at, "it was never interrupted"
    assert (process.returncode, stdout) == (130, "")
    assert stderr.strip() == "intact: interrupted; no report was left half-written."
    assert server.open_cursors == 0


@pytest.mark.parametrize("at", [1, 3, 9, 20])
def test_a_cancelled_audit_of_the_users_own_handle_leaves_no_cursor(server: SnapshotServer, at: int) -> None:
    """The client lives on, so only the run itself ends its cursors: the driver's background task does not run."""

    async def run() -> int:
        loop, reached = asyncio.get_running_loop(), asyncio.Event()
        commands = iter(range(10**6))

        def between(command: Command) -> None:
            if command.name in {"find", "getMore"} and next(commands) == at:
                loop.call_soon_threadsafe(reached.set)
                time.sleep(SLOW)

        server.between = between
        client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(server.uri())
        client._kill_cursors_executor.close()  # the background task
        async with client:
            audit = asyncio.create_task(
                check_async(client["shop"], model="delivery", as_of=AS_OF, history=None)
            )
            await reached.wait()
            audit.cancel()
            await asyncio.wait([audit])
            assert audit.cancelled()
            return server.open_cursors

    assert asyncio.run(run()) == 0
