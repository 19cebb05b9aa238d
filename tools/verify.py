"""Run everything that must hold, one part after the other, and say at the end what failed and what was left out.

``make test`` runs this; with names of parts, only those are run: ``python tools/verify.py lint types``.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
REQUIRE_ALL: Final = os.environ.get("INTACT_REQUIRE_ALL") == "1"

PARTS: Final = {
    "format": "ruff format --check .",
    "lint": "ruff check .",
    "types": "mypy",
    "contracts": "lint-imports --no-logo",
    "tests": "pytest --numprocesses=auto --maxprocesses=4 --dist=loadfile",
}
"""What is run, by name: programs of the virtual environment."""


def main(names: list[str]) -> int:
    """Run the parts, all unless some are named, and sum up.

    Returns:
        The exit status: 0, or 1 if a part failed, 2 if there is no such part.
    """
    unknown = set(names) - set(PARTS)
    if unknown:
        print(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory() as folder:
        left_out = Path(folder) / "left-out"
        results = {name: run(name, left_out) for name in names or PARTS}
        reasons = left_out.read_text().splitlines() if left_out.exists() else None
    return summarise(results, reasons)


def run(name: str, left_out: Path) -> bool:
    """Run a part, its output going where ours goes; whether it succeeded."""
    program, *arguments = PARTS[name].split()
    command = [str(Path(sys.executable).with_name(program)), *arguments]
    if name == "tests":
        command.append(f"--left-out={left_out}")
    print(f"\n== {name}: {PARTS[name]}", flush=True)
    begun = time.monotonic()
    # What changes how Python behaves (PYTHONUNBUFFERED hides faults) is not handed on: the result is everybody's.
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, check=False, env=env)  # noqa: S603 - a command of the table above
    ended = "ok" if done.returncode == 0 else "FAILED"
    if done.returncode < 0:
        ended += f" (ended by {signal.Signals(-done.returncode).name})"
    print(f"== {name}: {ended} in {time.monotonic() - begun:.0f} s", flush=True)
    return done.returncode == 0


def summarise(results: dict[str, bool], left_out: list[str] | None) -> int:
    """Print how each part ended and what was left out (None where that is not known); the exit status."""
    failed = [name for name, good in results.items() if not good]
    print()
    if "tests" in results and left_out is None:
        print("The tests did not come to their end, so it is not known what they left out.")
    elif left_out:
        print("!" * 78)
        print("!! LEFT OUT. The result below does not speak of:")
        for reason in left_out:
            print(f"!!   {reason}")
        print("!" * 78)
    elif "tests" in results:
        print("Nothing was left out.")
    said = " ".join(f"{name}: {'ok' if good else 'FAILED'}." for name, good in results.items())
    print(f"{said}{' Everything was required.' if REQUIRE_ALL else ''}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
