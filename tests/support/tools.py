"""Tools that tests need, where they are there and work; ``tools/working.sh`` decides, here as in the set-up."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path
from typing import Final

_SCRIPT: Final = Path(__file__).parents[2] / "tools" / "working.sh"


@cache
def working(*names: str) -> str:
    """Return the path of the first of these tools that works; empty if none does."""
    for name in names:
        found = subprocess.run(["sh", str(_SCRIPT), name], capture_output=True, text=True, check=False)
        if found.returncode == 0:
            return found.stdout.strip()
    return ""
