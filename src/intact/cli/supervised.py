"""A command that ends with the process that started it, however that ended.

Whoever started it holds the other end of its standard input, and writes a byte there now and then. When the end is
closed, or nothing comes for longer than agreed (the starter hangs, and others may take its work over), it ends.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
import time
from typing import Final, NoReturn

from intact.cli.app import app
from intact.cli.interruption import INTERRUPTED, own_process
from intact.operations.schedule.audit import DONE, ENDED

GRACE_SECONDS: Final = 20.0
"""How long a command has to end when it is told to; less than a claim lives without a beat."""


def run() -> NoReturn:
    """Run the command line of this process, after its first word: the seconds that may pass without a byte.

    An audit that came to its end ends this process with :data:`ENDED` more than its exit code.
    """
    attend(float(sys.argv.pop(1)))
    try:
        with own_process():
            app.main(prog_name="intact")
    except SystemExit as end:
        sys.exit(ENDED + end.code if end.code in DONE and isinstance(end.code, int) else end.code)


def attend(patience: float) -> None:
    """End this process when standard input is closed, or silent for so many seconds; comes back at once."""
    threading.Thread(target=_end_with_starter, args=(sys.stdin.fileno(), patience), daemon=True).start()


def _end_with_starter(descriptor: int, patience: float) -> None:
    # Windows cannot wait for a pipe for a limited time: there the process ends with its starter only.
    while sys.platform == "win32" or select.select([descriptor], [], [], patience)[0]:
        if not os.read(descriptor, 1024):
            break
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os._exit(INTERRUPTED)


if __name__ == "__main__":
    run()
