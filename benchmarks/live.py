"""What an audit of a server takes on top of the bare drain of the same cursors, near by and over a longer way.

It runs on mongo-java-server, which is no MongoDB, and keeps everything in memory: its cursors are as fast as they can
be, so what comes on top shows.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks import samples, server
from benchmarks.contenders import check_command
from benchmarks.latency import delayed
from benchmarks.measure import FailedError, Run, run

from tests.live.history import INDEXES
from tests.servers.java import UnavailableError

DRAIN: Final = "bare drain of the same cursors"
AUDIT: Final = "`intact check`"
REFERENCES: Final = tuple((name, field) for name, field in INDEXES if field != "id")
"""What has an index beside ``id``, as in a database that people work with."""
WAYS: Final = {"": 0.0, ", 50 ms away": 0.05}
"""How far away the server is, in seconds a round trip."""


@dataclass(frozen=True)
class Drained:
    """What was measured at one size: the runs by name."""

    orders: int
    documents: int
    runs: dict[str, list[Run]]


@dataclass(frozen=True)
class Live:
    """What was measured; what was left out and what failed, by name, with the reason."""

    measured: list[Drained] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


def measure(data: Path, sizes: Sequence[int], repeat: int, memory: str) -> Live:
    """Measure at each size, on a server of its own.

    Args:
        data: Where dumps are kept.
        sizes: In orders.
        repeat: How often each is run, after once to warm the server.
        memory: Budget of intact's engine.
    """
    result = Live()
    try:
        for orders in sorted(sizes):
            dump = samples.dump(data, orders, tame=True)
            print(f"  {dump.name}: filling the server", file=sys.stderr, flush=True)
            with server.filled(dump, references=REFERENCES) as uri:
                runs = _in_turn(uri, dump.name, repeat, memory, result.failed)
            result.measured.append(Drained(orders, samples.documents(dump), runs))
    except UnavailableError as error:
        result.left_out[AUDIT] = f"{server.NAME} cannot be run here: {error}"
    return result


def _in_turn(uri: str, name: str, repeat: int, memory: str, failed: dict[str, str]) -> dict[str, list[Run]]:
    """Run both, near by and over the longer way, one after the other, and all of them again."""
    runs: dict[str, list[Run]] = {}
    for number in range(repeat + 1):
        told = f"{number} of {repeat}" if number else "to warm the server"
        for away, seconds in WAYS.items():
            with delayed(int(uri.rpartition(":")[2]), seconds) as port:
                address = f"mongodb://127.0.0.1:{port}" if seconds else uri
                for who, command in _commands(address, memory).items():
                    print(f"  {name}: {who}{away}, {told}", file=sys.stderr, flush=True)
                    try:
                        took = run(command, expected={0, 1, 3})
                    except FailedError as error:
                        failed[f"{who}{away}"] = str(error)
                    else:
                        runs.setdefault(f"{who}{away}", []).extend([took] if number else [])
    return {who: done for who, done in runs.items() if who not in failed}


def _commands(uri: str, memory: str) -> dict[str, list[str]]:
    program = [sys.executable, "-m", "benchmarks.drain", uri, server.DATABASE]
    return {DRAIN: program, AUDIT: check_command(f"{uri}/{server.DATABASE}", memory)}
