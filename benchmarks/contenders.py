"""What is measured on the same files: the whole audit, and what it is held against."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks import samples
from benchmarks.measure import Contender, absent

HERE: Final = Path(__file__).parent
RIVALS: Final = HERE / "rivals"

CHECK: Final = "intact check"
WALK: Final = "bare walk"
DECODE: Final = "bson.decode_all"
ARROW: Final = "PyMongoArrow, DuckDB, SQL by hand"


def intact_check(memory: str, report: Path, *, named: bool = False) -> Contender:
    """Give the whole audit, from process start to exit, with the report written as JSON.

    Args:
        memory: Budget of the engine.
        report: Where to write it.
        named: Whether the name tells the budget.
    """

    def command(dump: Path) -> Sequence[str]:
        return [*check_command(str(dump), memory), "--output", str(report)]

    name = f"{CHECK} --memory {memory}" if named else CHECK
    return Contender(name, command, expected=frozenset({0, 1, 3}))


def check_command(source: str, memory: str) -> list[str]:
    """Give the command line of an audit."""
    # Recorded as ever, and not among the user's runs.
    history = HERE.parent / ".cache" / "bench" / "history.sqlite"
    options = ["--as-of", samples.AS_OF, "--memory", memory, "--quiet", "--history", str(history)]
    return [sys.executable, "-m", "intact", "check", source, *options]


def bare_walk(data: Path) -> Contender:
    """Give the walk over every element, built where there is a compiler for it."""
    cargo = shutil.which("cargo")
    if cargo is None or subprocess.run([cargo, "--version"], capture_output=True, check=False).returncode:
        return absent(WALK, "there is no cargo on the PATH to build it")
    target = data / "walk"
    build = ["build", "--release", "--locked", "--quiet", "--target-dir", str(target)]
    manifest = ["--manifest-path", str(HERE / "walk" / "Cargo.toml")]
    done = subprocess.run([cargo, *build, *manifest], capture_output=True, text=True, check=False)
    if done.returncode:
        return absent(WALK, f"cargo could not build it: {_last(done.stderr)}")
    return Contender(WALK, lambda dump: [str(target / "release" / "walk"), *map(str, samples.files(dump))])


def decode_all(largest: int) -> Contender:
    """Give PyMongo's decoder."""
    program = str(RIVALS / "decode_all.py")
    return Contender(DECODE, lambda dump: [sys.executable, program, str(dump)], largest=largest)


def arrow_sql(data: Path, report: Path) -> Contender:
    """Give PyMongoArrow with hand-written SQL, in the rivals' environment."""
    program, python = str(RIVALS / "arrow_sql.py"), rivals_program(data, "python")
    if reason := lacks(python, "pymongoarrow", "duckdb"):
        return absent(ARROW, reason)
    return Contender(ARROW, lambda dump: [str(python), "-W", "ignore", program, str(dump), str(report)])


def projector_alone(threads: int, *, pure: bool = False) -> Contender:
    """Give the projector without what is around it: the one that intact uses, or the pure one."""
    program = str(HERE / "projector_alone.py")
    name = f"{'pure ' if pure else ''}projector, {threads} thread{'s' * (threads != 1)}"
    environment = {"INTACT_PROJECTOR": "pure"} if pure else {}
    return Contender(
        name, lambda dump: [sys.executable, program, str(dump), str(threads)], environment=environment
    )


def rivals_program(data: Path, name: str) -> Path:
    """Give a program of the rivals' environment, which ``make bench`` makes.

    They have one of their own: PyMongoArrow wants an older pyarrow than intact runs with.
    """
    windows = os.name == "nt"
    return data / "rivals" / ("Scripts" if windows else "bin") / (f"{name}.exe" if windows else name)


def lacks(python: Path, *modules: str) -> str:
    """Say what a Python cannot import; nothing if it can."""
    if not python.exists():
        return "the rivals' environment is not there; `make bench` makes it"
    command = [str(python), "-W", "ignore", "-c", f"import {', '.join(modules)}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return f"the rivals' environment is not whole: {_last(done.stderr)}" if done.returncode else ""


def _last(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "it did not say why"
