"""A command that ends with the process that started it, however that ended: its standard input is closed then."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import Final, NoReturn

from intact.cli.app import INTERRUPTED, app

GRACE_SECONDS: Final = 20.0
"""How long a command has to end when it is told to; less than a claim lives without a beat."""


def run() -> NoReturn:
    """Run the command line of this process, as long as somebody holds the other end of standard input."""
    threading.Thread(target=_end_with_parent, args=(sys.stdin.fileno(),), daemon=True).start()
    app.main(prog_name="intact")


def _end_with_parent(descriptor: int) -> None:
    while os.read(descriptor, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os._exit(INTERRUPTED)


if __name__ == "__main__":
    run()
