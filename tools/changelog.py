"""Move the fragments of ``changelog.d`` into ``CHANGELOG.md``, under the version that is released.

``python tools/changelog.py 0.2.0`` does it.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
KINDS: Final = ("security", "removed", "changed", "added", "fixed")
"""Kinds of changes, in the order in which a reader needs to know."""

MARK: Final = "<!-- releases -->"


def fragments(folder: Path) -> dict[str, list[Path]]:
    """Give the fragments by kind, in the order of their names.

    Raises:
        ValueError: If a file is of no kind.
    """
    found: dict[str, list[Path]] = {kind: [] for kind in KINDS}
    for path in sorted(folder.glob("*.md")):
        if path.name == "README.md":
            continue
        _, kind, _ = (*path.name.rsplit(".", 2), "", "")[:3]
        if kind not in found:
            raise ValueError(f"{path.name}: its name has to end in .KIND.md; kinds are {', '.join(KINDS)}")
        found[kind].append(path)
    return {kind: paths for kind, paths in found.items() if paths}


def release(version: str, day: str, found: dict[str, list[Path]]) -> str:
    """Give the section of a release."""
    lines = [f"## {version} ({day})", ""]
    for kind, paths in found.items():
        lines += [f"### {kind.capitalize()}", ""]
        for path in paths:
            text = path.read_text(encoding="utf-8").strip()
            lines.append("* " + text.replace("\n", "\n  "))
        lines.append("")
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Write the section, and remove the fragments; the exit status."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    found = fragments(ROOT / "changelog.d")
    if not found:
        print("there is no fragment in changelog.d, so there is nothing to release", file=sys.stderr)
        return 1
    changelog = ROOT / "CHANGELOG.md"
    before, mark, after = changelog.read_text(encoding="utf-8").partition(MARK)
    section = release(arguments[0], datetime.now(UTC).date().isoformat(), found)
    changelog.write_text(f"{before}{mark}\n\n{section}{after}", encoding="utf-8")
    for path in (path for paths in found.values() for path in paths):
        path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
