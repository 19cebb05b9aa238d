"""The data: sample businesses as dumps, written once and kept."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from tests.sample_data import FAULT_KINDS

AS_OF: Final = "2026-11-22"
SEED: Final = 3
FAULTS: Final = 20
"""How many faults of each kind are planted in a dump that is audited."""

TAME: Final = 5
"""How many in a tame one."""


def dump(data: Path, orders: int, *, tame: bool = False) -> Path:
    """Give the folder of a size's dump; it is written unless it is there.

    Args:
        data: Where dumps are kept.
        orders: The size.
        tame: Without the faults that end the user's sample code (a record without ``id``, a value of a type that it
            does not expect) or that forbid a unique index on ``id``.
    """
    folder = data / (f"tame-{orders}" if tame else f"{orders}")
    if not (folder / "planted.json").exists():
        print(f"  {folder.name}: writing the sample", file=sys.stderr, flush=True)
        command = [sys.executable, "-m", "tests.sample_data", str(folder), "--orders", str(orders), "--force"]
        command += ["--seed", str(SEED), "--faults", _tame() if tame else str(FAULTS), "--as-of", AS_OF]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder


def _tame() -> str:
    kinds = [
        kind for kind in FAULT_KINDS if not kind.startswith(("MISSING_ID", "DUPLICATE_ID", "UNREADABLE"))
    ]
    return ",".join(f"{kind}={TAME}" for kind in kinds)


def files(folder: Path) -> list[Path]:
    """Give the ``.bson`` files of a dump."""
    return sorted(folder.rglob("*.bson"))


def planted(folder: Path) -> dict[str, Any]:
    """Give what is known of a dump: its documents by collection, its planted findings by type."""
    found: dict[str, Any] = json.loads((folder / "planted.json").read_text("utf-8"))
    return found


def size(folder: Path) -> float:
    """Give the MB (10**6 bytes) of a dump."""
    return sum(path.stat().st_size for path in files(folder)) / 1e6


def documents(folder: Path) -> int:
    """Give the number of documents of a dump."""
    return sum(planted(folder)["documents"].values())


def warm(folder: Path) -> None:
    """Read all files once, so that nobody pays for the disk: all are measured from the page cache."""
    for path in files(folder):
        with path.open("rb") as file:
            while file.read(1 << 22):
                pass
