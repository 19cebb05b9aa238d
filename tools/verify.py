"""Run everything that must hold, one part after the other, and say at the end what failed and what was left out.

``make test`` runs this; with names of parts, only those are run: ``python -m tools.verify lint types``. How much the
tests try is a matter of ``INTACT_EFFORT``, which ``tests/support/effort.py`` explains.
"""

from __future__ import annotations

import importlib.util
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.support.effort import EFFORT, FULL, LEFT_FOR_CI, MISTAKE

ROOT: Final = Path(__file__).resolve().parents[1]
REQUIRE_ALL: Final = os.environ.get("INTACT_REQUIRE_ALL") == "1"
PYTEST: Final = "pytest --numprocesses=auto --maxprocesses=4 --dist=worksteal"
TRIED_AGAIN: Final = 5
"""So many tests that wait for the clock may fail and be run again; if more do, it is not for the machine's sake."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the whole.

    Attributes:
        command: What is run: a program of the virtual environment, or else one from the PATH.
        folder: Where it is run.
        env: Variables that it gets besides.
        rust: Whether it is about what is written in Rust, and needs a Rust that will do.
        tools: What it needs besides on the PATH.
    """

    command: str
    folder: str = "."
    env: Mapping[str, str] = field(default_factory=dict)
    rust: bool = False
    tools: tuple[str, ...] = ()

    @property
    def leaves_out(self) -> bool:
        """Whether it can leave out tests, and says which."""
        return self.command.startswith("pytest")


PARTS: Final = {
    "format": Part("ruff format --check ."),
    "lint": Part("ruff check ."),
    "types": Part("mypy"),
    "contracts": Part("lint-imports --no-logo"),
    "rust-format": Part(
        "cargo fmt --check --all --manifest-path fuzz/Cargo.toml", "native", rust=True, tools=("cargo-fmt",)
    ),
    "clippy": Part(
        "cargo clippy --quiet --locked --all-targets --all-features -- --deny warnings",
        "native",
        rust=True,
        tools=("cargo-clippy",),
    ),
    "tests": Part(PYTEST),
    # Once more, with the projector in pure Python, what depends on the projector; `tests` runs with the native one.
    # That both give the same columns is what tests/project shows, so the cases of the checks and a few worlds will do.
    "pure": Part(
        f"{PYTEST} -m 'not full' --ignore-glob=*/test_native_* --ignore=tests/project/test_matcher.py"
        " --ignore=tests/project/test_properties.py"
        " tests/project tests/checks/test_cases.py tests/checks/test_conditions.py tests/e2e/test_oracle.py",
        env={"INTACT_PROJECTOR": "pure", "INTACT_SEEDS": "30"},
    ),
    "fuzz": Part(
        f"python tools/fuzz.py --seconds {30 if EFFORT == FULL else 5} walker framing",
        rust=True,
        tools=("c++",),
    ),
}
"""What is run, by name."""


def main(names: list[str]) -> int:
    """Run the parts, all unless some are named, and sum up.

    Returns:
        The exit status: 0, or 1 if a part failed, 2 if there is no such part.
    """
    unknown = ", ".join(sorted(set(names) - set(PARTS)))
    if wrong := MISTAKE or (unknown and f"no such part: {unknown}; there are {', '.join(PARTS)}"):
        print(wrong, file=sys.stderr)
        return 2
    os.chdir(ROOT)
    names = names or list(PARTS)
    results: dict[str, bool] = {}
    reasons: list[str] = []
    again: list[str] = []
    lacking = without_rust() if any(PARTS[name].rust for name in names) else ""
    if lacking:
        reasons.append(f"what is written in Rust: it needs {lacking}")
    with tempfile.TemporaryDirectory() as folder:
        left_out = Path(folder) / "left-out"
        for name in names:
            if PARTS[name].rust and lacking:
                results |= {name: False} if REQUIRE_ALL else {}
            elif broken := [tool for tool in PARTS[name].tools if not works(tool)]:
                reasons.append(f"{name}: there is no {broken[0]} that works")
                results |= {name: False} if REQUIRE_ALL else {}
            elif name == "pure" and "tests" in names and not has_native():
                print("\n== pure: not run again, for all tests have run so", flush=True)
            else:
                results[name] = run(name, left_out, again)
                if PARTS[name].leaves_out and left_out.exists():
                    reasons += left_out.read_text().splitlines()
                    left_out.unlink()
                elif PARTS[name].leaves_out:
                    reasons.append(f"what {name} would have left out: it did not come to its end")
    return summarise(results, list(dict.fromkeys(reasons)), again)


def without_rust() -> str:
    """Say which Rust is needed where there is none that will do; empty where there is."""
    command = ["sh", "tools/native.sh", ".venv", "--check"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603 - our own


def works(tool: str) -> bool:
    """Whether a tool is on the PATH and works."""
    command = ["sh", "tools/working.sh", tool]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603 - our own


def has_native() -> bool:
    """Whether the native projector is installed."""
    return importlib.util.find_spec("intact_native") is not None


def run(name: str, left_out: Path, again: list[str]) -> bool:
    """Run a part, its output going where ours goes; whether it succeeded.

    Args:
        name: Of the part.
        left_out: Where tests write what they leave out.
        again: Gets the tests that passed only when they were run again.
    """
    part = PARTS[name]
    outcomes = left_out.with_name("outcomes")
    more = [f"--left-out={left_out}", f"--outcomes={outcomes}"] if part.leaves_out else []
    print(f"\n== {name}: {part.command}", flush=True)
    begun = time.monotonic()
    status = started(part, [*shlex.split(part.command), *more])
    if status == 1 and part.leaves_out and (failed := to_try_again(read(outcomes))):
        print(f"\n== {name}: again, alone, for they wait for the clock: {', '.join(failed)}", flush=True)
        status = started(part, ["pytest", "--again", f"--outcomes={outcomes}", *failed])
        passed = {test for outcome, _, test in read(outcomes) if outcome == "passed"}
        status = status or int(not passed >= set(failed))  # one that was left out has not passed
        again += failed if status == 0 else []
    ended = "ok" if status == 0 else "FAILED"
    if status < 0:
        ended += f" (ended by {signal.Signals(-status).name})"
    print(f"== {name}: {ended} in {time.monotonic() - begun:.0f} s", flush=True)
    return status == 0


def started(part: Part, words: list[str]) -> int:
    """Run a command of a part; its exit status."""
    program, *arguments = words
    own = Path(sys.executable).with_name(program)
    # What changes how Python behaves (PYTHONUNBUFFERED hides faults) is not handed on: the result is everybody's.
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    env |= {"PYO3_PYTHON": sys.executable} if part.rust else {}  # not whichever Python is first on the PATH
    command = [str(own) if own.exists() else program, *arguments]
    done = subprocess.run(command, check=False, cwd=part.folder, env={**env, **part.env})  # noqa: S603 - see PARTS
    return done.returncode


def read(outcomes: Path) -> list[tuple[str, str, str]]:
    """Return how each test ended, its mark and its name, and take the file away; nothing where none was written."""
    lines = outcomes.read_text(encoding="utf-8").splitlines() if outcomes.exists() else []
    outcomes.unlink(missing_ok=True)
    return [(outcome, mark, test) for outcome, mark, test in (line.split(" ", 2) for line in lines)]


def to_try_again(outcomes: list[tuple[str, str, str]]) -> list[str]:
    """Return the tests that failed, if they are few and all of them wait for the clock; otherwise none."""
    failed = {test: mark for outcome, mark, test in outcomes if outcome == "failed"}
    may = len(failed) <= TRIED_AGAIN and set(failed.values()) == {"clock"}
    return list(failed) if may else []


def summarise(results: dict[str, bool], left_out: list[str], again: Sequence[str] = ()) -> int:
    """Print how each part ended, what was left out and what passed only when run again; the exit status."""
    failed = [name for name, good in results.items() if not good]
    for_ci = [line.removeprefix(LEFT_FOR_CI) for line in left_out if line.startswith(LEFT_FOR_CI)]
    lacking = [line for line in left_out if not line.startswith(LEFT_FOR_CI)]
    print()
    if for_ci:
        print("Left for CI, or for INTACT_EFFORT=full make test:")
        for line in for_ci:
            print(f"   {line}")
    if lacking:
        print("!" * 78)
        print("!! LEFT OUT. The result below does not speak of:")
        for reason in lacking:
            print(f"!!   {reason}")
        print("!" * 78)
    elif "tests" in results:
        print(f"Nothing {'else ' if for_ci else ''}was left out.")
    for test in again:
        print(f"!! passed only when run again, alone: {test}; a test that waits for the clock, look at it")
    said = " ".join(f"{name}: {'ok' if good else 'FAILED'}." for name, good in results.items())
    print(f"{said}{' Everything was required.' if REQUIRE_ALL else ''}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
