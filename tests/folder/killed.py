"""Keeps a run, and dies at a given moment; once for each moment there is.

``python -m tests.folder.killed BASE OUT DAY KEEP``: for 1, 2, 3 and so on copies the folder BASE to OUT/N and lets a
process keep the run of that day there that is killed at its N-th dealing with the file system; ends with the first that
is not reached.
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import sys
from pathlib import Path

from intact.operations.folder import Folder
from tests.folder.runs import run

EVENTS = ("open", "os.", "shutil.")


def die_at(number: int) -> None:
    """Let this process be killed when it deals with the file system for the N-th time."""
    left = [number]

    def count(event: str, arguments: tuple[object, ...]) -> None:
        if event.startswith(EVENTS):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)


def main(base: Path, out: Path, day: int, keep: int) -> None:
    warm = out / "warm"
    warm.mkdir()
    Folder(warm, keep=1).keep(run())  # so that importing is no dealing with the file system
    shutil.rmtree(warm)
    report = run(day)
    for number in itertools.count(1):
        place = out / str(number)
        shutil.copytree(base, place, symlinks=True)
        child = os.fork()
        if not child:
            die_at(number)
            Folder(place, keep=keep).keep(report)
            os._exit(0)
        if os.waitpid(child, 0)[1] == 0:
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
