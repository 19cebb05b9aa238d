"""Lets a run fail, and dies at a given moment of that; once for each moment there is.

``python -m tests.folder.failed OUT``: for 1, 2, 3 and so on begins a run in OUT/N and lets it fail in a process that is
killed at its N-th dealing with the file system; ends with the first that is not reached.
"""

from __future__ import annotations

import itertools
import os
import sys
from pathlib import Path

from intact.operations.folder import Folder
from tests.folder.killed import die_at


def main(out: Path) -> None:
    """Do so."""
    Folder(out).fail(Folder(out).begin("warm"), "so that importing is no dealing with the file system.", 2)
    for each in out.iterdir():
        each.unlink()
    for number in itertools.count(1):
        place = out / str(number)
        place.mkdir()
        child = os.fork()
        if not child:
            die_at(number)
            Folder(place).fail(Folder(place).begin("job"), "it failed.", 2)
            os._exit(0)
        if os.waitpid(child, 0)[1] == 0:
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]))
