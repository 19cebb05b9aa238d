"""The files of the repository, as the house's tests look at them."""

from __future__ import annotations

import os
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "intact"
MODULES = sorted(SRC.rglob("*.py"))
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("changelog.d/*.md")])
_NOT_OURS = {".git", ".venv", ".cache", "build", "dist", "demo", "__pycache__", "node_modules"}


def name(path: Path) -> str:
    """Give a path as tests are called."""
    return path.relative_to(ROOT).as_posix()


@cache
def files() -> tuple[Path, ...]:
    """Every file that belongs to the repository, or would if it were committed."""
    listed = subprocess.run(
        ["git", "ls-files", "-coz", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0 and listed.stdout:
        found = [ROOT / each for each in listed.stdout.split("\0") if each]
        return tuple(each for each in found if each.is_file())
    walked: list[Path] = []  # the source distribution has no git
    for folder, below, names in os.walk(ROOT):
        below[:] = [each for each in below if each not in _NOT_OURS and not each.endswith("_cache")]
        walked += [Path(folder, each) for each in names]
    return tuple(walked)
