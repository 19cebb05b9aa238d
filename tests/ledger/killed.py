"""Opens a history, and dies at a given moment; once for each moment there is.

``python -m tests.ledger.killed FILE OUT``: for 1, 2, 3 and so on copies the history to OUT/N.sqlite and lets a process
open it that is killed at its N-th statement; ends with the first that is not reached.
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import sqlite3
import sys
from functools import partial
from pathlib import Path
from typing import Any

from intact.ledger.history import Store


class Quick(sqlite3.Connection):
    """A connection that does not wait for the disk: a process is killed, and nobody cuts the power."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.execute("PRAGMA synchronous = OFF")


def die_at(number: int) -> None:
    """Let this process be killed at the N-th statement."""
    left = [number]

    def count(statement: str) -> None:
        del statement
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    class Traced(Quick):
        def __init__(self, *arguments: Any, **more: Any) -> None:
            super().__init__(*arguments, **more)
            self.execute("PRAGMA cache_size = 2")  # so that what was changed is in the file before its end
            self.set_trace_callback(count)

    setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Traced))  # noqa: B010 - mypy refuses the other way


def main(history: Path, out: Path) -> None:
    for number in itertools.count(1):
        path = out / f"{number}.sqlite"
        shutil.copyfile(history, path)
        child = os.fork()
        if not child:
            die_at(number)
            Store(path)
            os._exit(0)
        if os.waitpid(child, 0)[1] == 0:
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
