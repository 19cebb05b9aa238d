"""The locked versions, for environments that a test makes."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

REQUIREMENTS: Final = Path(__file__).parents[2] / "requirements"


def constraints(folder: Path) -> list[str]:
    """Return options with which pip installs the locked versions; none where the newest are asked for.

    The hashes stay behind: with one of them pip wants one of everything, and a wheel that was just built has none.
    """
    if not os.environ.get("LOCKED", "1"):
        return []
    text = (REQUIREMENTS / "develop.txt").read_text(encoding="utf-8")
    pins = re.findall(r"^([a-z].*?) *\\$", text, re.MULTILINE)
    path = folder / "constraints.txt"
    path.write_text("".join(f"{pin}\n" for pin in pins), encoding="utf-8")
    return ["--constraint", str(path)]
