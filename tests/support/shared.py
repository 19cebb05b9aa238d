"""What takes long to make, and is made once for all processes of a run: wheels, environments, the site."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


def shared(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder that whichever process comes first has filled; the others wait for it."""
    base = factory.getbasetemp()  # of a worker of xdist it lies in that of the run
    place = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / f"shared-{name}"
    with place.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.with_suffix(".made").exists():
            shutil.rmtree(place, ignore_errors=True)  # whoever was here before has failed
            place.mkdir()
            make(place)
            place.with_suffix(".made").touch()
    return place
