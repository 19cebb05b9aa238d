"""What asks a server about one document after the other: the user's sample code, and refscan.

Both need a server, and none that can be had from package registries is a MongoDB. They run on mongo-java-server, which
keeps everything in memory; ``intact check`` of the same server runs beside them. Sizes are small; what a larger one
would take is extrapolated by :mod:`benchmarks.page`, and said to be.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks import samples, server
from benchmarks.contenders import RIVALS, check_command, lacks, rivals_program
from benchmarks.measure import FailedError, Run, run

from tests.servers.java import UnavailableError

LIVE: Final = "`intact check` of that server"
SAMPLE_CODE: Final = "sample code of the user's document"
UNINDEXED: Final = f"{SAMPLE_CODE}, no index on `id`"
REFSCAN: Final = "refscan"

Asking = Callable[[str, Path], Run]
"""Runs something on the server with this URI, in this folder."""


@dataclass(frozen=True)
class Asked:
    """What was measured of one of them at one size."""

    name: str
    orders: int
    documents: int
    runs: list[Run]


@dataclass(frozen=True)
class OneByOne:
    """What was measured; what was left out and what failed, by name, with the reason."""

    measured: list[Asked] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


def measure(data: Path, sizes: Sequence[int], unindexed: Sequence[int], repeat: int, memory: str) -> OneByOne:
    """Measure at each size, on a server of its own.

    Args:
        data: Where dumps are kept.
        sizes: In orders, with an index on each ``id``.
        unindexed: The sizes at which the sample code is run without one, so that each look-up reads a collection.
        repeat: How often each is run, after once to warm the server.
        memory: Budget of intact's engine.
    """
    result = OneByOne()
    asking: dict[str, Asking] = {LIVE: lambda uri, _: _live(uri, memory), SAMPLE_CODE: _sample_code}
    if reason := lacks(rivals_program(data, "python"), "refscan"):
        result.left_out[REFSCAN] = reason
    else:
        asking[REFSCAN] = lambda uri, folder: _refscan(rivals_program(data, "refscan"), uri, folder)
    try:
        for orders in sorted(sizes):
            _ask(data, orders, repeat, asking, result, indexed=True)
        for orders in sorted(unindexed):
            _ask(data, orders, repeat, {UNINDEXED: _sample_code}, result, indexed=False)
    except UnavailableError as error:
        left = {*asking, UNINDEXED} - {asked.name for asked in result.measured}
        result.left_out.update(dict.fromkeys(sorted(left), f"{server.NAME} cannot be run here: {error}"))
    return result


def _ask(
    data: Path, orders: int, repeat: int, asking: dict[str, Asking], result: OneByOne, *, indexed: bool
) -> None:
    """Measure all of them on one server of one size; what fails is left out from then on."""
    dump = samples.dump(data, orders, tame=True)
    documents = samples.documents(dump)
    runs: dict[str, list[Run]] = {name: [] for name in asking if name not in result.failed}
    print(f"  {dump.name}: filling the server", file=sys.stderr, flush=True)
    with server.filled(dump, indexed=indexed) as uri:
        for number in range(repeat + 1):
            for name in list(runs):
                told = f"{number} of {repeat}" if number else "to warm the server"
                print(f"  {dump.name}: {name}, {told}", file=sys.stderr, flush=True)
                try:
                    with tempfile.TemporaryDirectory() as folder:
                        took = asking[name](uri, Path(folder))
                except FailedError as error:
                    result.failed[name] = f"at {orders:,} orders {error}"
                    del runs[name]
                else:
                    runs[name] += [took] if number else []
    result.measured.extend(Asked(name, orders, documents, done) for name, done in runs.items())


def _live(uri: str, memory: str) -> Run:
    return run(check_command(f"{uri}/{server.DATABASE}", memory), expected={0, 1, 3})


def _sample_code(uri: str, folder: Path) -> Run:
    program = str(RIVALS / "run_sample_code.py")
    return run([sys.executable, program, uri, server.DATABASE], folder=folder)


def _refscan(program: Path, uri: str, folder: Path) -> Run:
    schema = ["--schema", str(RIVALS / "refscan_schema.yml")]
    where = ["--database-name", server.DATABASE, "--mongo-uri", uri]
    return run([str(program.absolute()), "scan", *schema, *where], folder=folder)
