"""Run the command line: in this process, or as a user does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner, Result

from intact.cli.app import app

QUIET = dict.fromkeys(("NO_COLOR", "FORCE_COLOR", "COLUMNS", "INTACT_SOURCE", "INTACT_MODEL", "MONGODB_URI"))
PROGRAM = [sys.executable, "-m", "intact"]


def invoke(*arguments: str, **environment: str) -> Result:
    """Run in this process; stdout and stderr are apart."""
    runner = CliRunner()
    return runner.invoke(app, list(arguments), env={**QUIET, "INTACT_TRACEBACK": None, **environment})


def environment(**changes: str) -> dict[str, str]:
    """Give the environment of a process of its own."""
    kept = {name: value for name, value in os.environ.items() if name not in QUIET}
    return {**kept, "INTACT_TRACEBACK": "", **changes}


def run(*arguments: str | Path, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run as a process, its output into pipes."""
    return subprocess.run(
        [*PROGRAM, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=environment(**changes),
        timeout=120,
        check=False,
    )


def start(
    *arguments: str | Path, cwd: Path | None = None, stdin: int = subprocess.DEVNULL, **changes: str
) -> subprocess.Popen[str]:
    """Start a process, its output into pipes."""
    return subprocess.Popen(
        [*PROGRAM, *map(str, arguments)],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env=environment(**changes),
    )


def names(place: Path) -> list[str]:
    """Give what is in a directory."""
    return sorted(each.name for each in place.iterdir())
