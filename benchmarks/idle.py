"""What `intact schedule run` costs while nothing is due: memory, and its share of a core.

`.venv/bin/python -m benchmarks.idle [SECONDS]` starts the daemon on nothing, waits, and prints both.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

SETTLED = 5.0  # seconds after which it has read the model, and waits


def main(seconds: float) -> None:
    """Print the memory and the processor time of an idle daemon."""
    with tempfile.TemporaryDirectory() as folder:
        history = Path(folder, "history.sqlite")
        words = ["schedule", "run", "/nowhere", "--history", str(history)]
        with subprocess.Popen([sys.executable, "-m", "intact", *words], stdout=subprocess.DEVNULL) as daemon:
            process = psutil.Process(daemon.pid)
            time.sleep(SETTLED)
            before = process.cpu_times()
            time.sleep(seconds)
            after, memory = process.cpu_times(), process.memory_info().rss
            daemon.send_signal(signal.SIGTERM)
    used = after.user + after.system - before.user - before.system
    print(f"idle for {seconds:.0f} s: {memory / 10**6:.0f} MB, {100 * used / seconds:.3f} % of a core")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 300.0)
