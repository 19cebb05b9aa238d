"""What `intact schedule run` costs while nothing is due: memory, and its share of a core.

`python -m benchmarks.idle [SECONDS]` starts the daemon on nothing, waits, and prints both; with an alerts file too, for
which it looks every 5 minutes whether something waits.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

SECONDS: Final = 300.0
SETTLED: Final = 45.0  # seconds after which it has read the model, has sent what waited, and waits
ALERTS: Final = "targets:\n  nobody:\n    url: json://127.0.0.1:9/\n"


@dataclass(frozen=True)
class Idle:
    """What was measured.

    Attributes:
        seconds: For how long.
        memory: MB (10**6 bytes) of the daemon.
        share: Per cent of a core, of the daemon and of all that it starts.
    """

    seconds: float
    memory: float
    share: float


def measure(seconds: float, *, alerts: bool, settled: float = SETTLED) -> Idle:
    """Let a daemon settle, then idle, and measure it with what it starts meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        words = ["schedule", "run", "/nowhere", "--history", str(Path(folder, "history.sqlite"))]
        if alerts:
            file = Path(folder, "alerts.yml")
            file.write_text(ALERTS, "utf-8")
            words += ["--alerts", str(file)]
        # The system counts what a process and its ended children have used when the process itself has ended.
        before = os.times()
        with subprocess.Popen([sys.executable, "-m", "intact", *words], stdout=subprocess.DEVNULL) as daemon:
            process = psutil.Process(daemon.pid)
            time.sleep(settled)
            at_first = _used(process)
            time.sleep(seconds)
            memory = process.memory_info().rss
            daemon.send_signal(signal.SIGTERM)
        after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return Idle(seconds, memory / 10**6, 100 * (used - at_first) / seconds)


def _used(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)


def main(seconds: float) -> None:
    """Measure and print."""
    for alerts in (False, True):
        found = measure(seconds, alerts=alerts)
        what = "with alerts" if alerts else "alone"
        print(f"idle {what} for {seconds:.0f} s: {found.memory:.0f} MB, {found.share:.3f} % of a core")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS)
