"""How fast is an audit, and how much memory does it take? Ratios from one run, never a verdict.

``make bench`` runs it: for each size a sample dump is written once (and kept), then ``intact check`` of it, from
process start to exit with the JSON report written, and ``bson.decode_all`` of the same files are run in turn, each
in a process of its own. Processor time is compared too, since it depends less on what else the machine is doing.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

AS_OF = "2026-11-22"
SEED, FAULTS = 3, 20

DECODE_ALL = """
import pathlib, sys, bson
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.bson")):
    bson.decode_all(path.read_bytes())
"""


@dataclass(frozen=True)
class Run:
    """One process: seconds of wall clock and of processor, and its peak memory in MB (10**6 bytes)."""

    wall: float
    processor: float
    memory: float


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--orders", type=int, nargs="+", default=[250_000, 1_000_000], help="sizes, in orders"
    )
    parser.add_argument("--repeat", type=int, default=3, help="how often each is run; medians are printed")
    parser.add_argument(
        "--decode-up-to",
        type=int,
        default=1_000_000,
        metavar="ORDERS",
        help="larger sizes are not decoded: decode_all holds all documents of a file in memory",
    )
    parser.add_argument("--memory", default="512MB", help="budget of the engine")
    parser.add_argument("--data", type=Path, default=Path(".cache/bench"), help="where dumps are kept")
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, {os.cpu_count()} processors, {platform.platform()}")
    print(
        f"intact check --memory {options.memory} of a sample dump, against bson.decode_all of the same files\n"
    )
    print(
        "   orders  documents     MB |  check s    cpu s  peak MB | decode s    cpu s |  wall x  cpu x | us/document"
    )
    for orders in options.orders:
        decode = orders <= options.decode_up_to
        print(_line(orders, options.repeat, options.memory, options.data, decode=decode), flush=True)


def _line(orders: int, repeat: int, memory: str, data: Path, *, decode: bool) -> str:
    """Measure one size."""
    dump = _sample(data, orders)
    size = sum(path.stat().st_size for path in dump.rglob("*.bson")) / 1e6
    checks, decodes = [], []
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        check = [
            sys.executable,
            "-m",
            "intact",
            "check",
            str(dump),
            "--as-of",
            AS_OF,
            "--memory",
            memory,
            "--quiet",
        ]
        for _ in range(repeat):
            checks.append(_run([*check, "--output", str(report)], expected={0, 1}))
            if decode:
                decodes.append(_run([sys.executable, "-c", DECODE_ALL, str(dump)], expected={0}))
        documents = json.loads(report.read_text("utf-8"))["headline"]["documents_scanned"]
    wall, cpu = _median(checks, "wall"), _median(checks, "processor")
    line = (
        f"{orders:9,} {documents:10,} {size:6.0f} | {wall:8.2f} {cpu:8.2f} {_median(checks, 'memory'):8.0f}"
    )
    if decode:
        walls = statistics.median(a.wall / b.wall for a, b in zip(checks, decodes, strict=True))
        cpus = statistics.median(a.processor / b.processor for a, b in zip(checks, decodes, strict=True))
        line += f" | {_median(decodes, 'wall'):8.2f} {_median(decodes, 'processor'):8.2f} | {walls:7.2f} {cpus:6.2f}"
    else:
        line += f" | {'-':>8} {'-':>8} | {'-':>7} {'-':>6}"
    return f"{line} | {cpu / documents * 1e6:11.2f}"


def _sample(data: Path, orders: int) -> Path:
    """Write the dump of a size, unless it is there."""
    dump = data / f"{orders}"
    if not (dump / "planted.json").exists():
        command = [sys.executable, "-m", "intact.sample", str(dump), "--orders", str(orders), "--force"]
        command += ["--seed", str(SEED), "--faults", str(FAULTS), "--as-of", AS_OF]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return dump


def _run(command: Sequence[str], *, expected: set[int]) -> Run:
    """Run a process to its end and let the operating system say what it took."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in expected:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is bytes on macOS, KiB elsewhere
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit / 1e6)


def _median(runs: Sequence[Run], name: str) -> float:
    values: list[float] = [getattr(run, name) for run in runs]
    return statistics.median(values)


if __name__ == "__main__":
    main()
