"""An audit that only takes time; it marks its beginning and its end, and ends with its starter as the real one does."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import NoReturn

from intact.cli import supervised as attended
from intact.operations.schedule.audit import ENDED


def mark(what: str) -> None:
    """Add a line to the marks, whole."""
    line = f"{what} {os.getpid()} {time.monotonic()} {' '.join(sys.argv[3:])}\n"
    descriptor = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(descriptor, line.encode())
    os.close(descriptor)


def interrupted(number: int, frame: object) -> None:
    """End without having come to the end."""
    mark("gone")
    sys.exit(130)


def main() -> NoReturn:
    """Take the time that was asked for."""
    signal.signal(signal.SIGTERM, interrupted)
    mark("begin")
    attended.attend(float(sys.argv[6]))  # behind the program, -m and the module: what the daemon agreed to
    time.sleep(float(sys.argv[2]))
    mark("end")
    sys.exit(ENDED)


if __name__ == "__main__":
    main()
