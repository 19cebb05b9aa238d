"""Keeps runs one after the other, all of one moment: ``python -m tests.folder.many FOLDER COUNT``."""

from __future__ import annotations

import sys
from pathlib import Path

from intact.operations.folder import Folder
from tests.folder.runs import run

for number in range(int(sys.argv[2])):
    print(Folder(Path(sys.argv[1]), keep=100).keep(run(findings=number)).name, flush=True)  # noqa: T201
