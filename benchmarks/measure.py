"""Run programs to their end, and let the operating system say what they took."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

LAUNCH: Final = str(Path(__file__).with_name("launch.py"))


TOLD: Final = 20
"""How many of the last lines of a program that failed are told."""


class FailedError(Exception):
    """A program ended as it should not; its last line."""


@dataclass(frozen=True)
class Run:
    """One process.

    Attributes:
        wall: Seconds from its start to its exit.
        processor: Seconds of processor time, of all its threads.
        memory: Its peak memory in MB (10**6 bytes).
        said: What it printed as one line of JSON, the last.
    """

    wall: float
    processor: float
    memory: float
    said: Mapping[str, Any]


@dataclass(frozen=True)
class Contender:
    """Something that is measured, or the reason why it cannot be.

    Attributes:
        name: What the tables call it.
        command: The program for a folder of ``.bson`` files.
        expected: With which codes it may exit.
        environment: What is added to the environment.
        left_out: Why it cannot run here; empty where it can.
        largest: The largest size that it is run at, in orders; None for no limit.
    """

    name: str
    command: Callable[[Path], Sequence[str]]
    expected: frozenset[int] = frozenset({0})
    environment: Mapping[str, str] = field(default_factory=dict)
    left_out: str = ""
    largest: int | None = None

    def run(self, data: Path) -> Run:
        """Run it once."""
        return run(self.command(data), self.expected, self.environment)


def absent(name: str, reason: str) -> Contender:
    """Give a contender that cannot run here."""
    return Contender(name, lambda _: (), left_out=reason)


def run(
    command: Sequence[str],
    expected: Iterable[int] = (0,),
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Run:
    """Run a process.

    Raises:
        FailedError: If it ends with a code that is not expected.
    """
    with tempfile.NamedTemporaryFile() as took:
        launch = [sys.executable, "-I", "-S", LAUNCH, took.name, *command]
        done = subprocess.run(
            launch,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=os.environ | (environment or {}),
            cwd=folder,
            check=False,
        )
        lines = done.stdout.decode("utf-8", "replace").splitlines()
        found = json.loads(took.read() or '{"code": null}')
    code = found.pop("code")
    if code not in expected:
        print("\n".join([f"{' '.join(command)} ended with {code}:", *lines[-TOLD:]]), file=sys.stderr)
        raise FailedError(f"it failed ({lines[-1].strip() if lines else f'code {code}'})")
    return Run(**found, said=json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {})


def in_turn(
    contenders: Sequence[Contender], data: Path, repeat: int
) -> tuple[dict[str, list[Run]], dict[str, str]]:
    """Run contenders one after the other, and all of them again, so that each round saw the same machine.

    Returns:
        The runs by name; of those that failed, by name, how.
    """
    runs: dict[str, list[Run]] = {contender.name: [] for contender in contenders}
    failed: dict[str, str] = {}
    for number in range(1, repeat + 1):
        for contender in contenders:
            if contender.name in failed:
                continue
            print(f"  {data.name}: {contender.name}, {number} of {repeat}", file=sys.stderr, flush=True)
            try:
                runs[contender.name].append(contender.run(data))
            except FailedError as error:
                failed[contender.name] = str(error)
                del runs[contender.name]
    return runs, failed


def median(runs: Sequence[Run], value: Callable[[Run], float]) -> float:
    """Give the median of a value over runs."""
    return statistics.median(map(value, runs))


def ratio(runs: Sequence[Run], others: Sequence[Run], value: Callable[[Run], float]) -> float:
    """Give the median of the ratios of the rounds: each is of two runs of one round."""
    return statistics.median(value(one) / value(other) for one, other in zip(runs, others, strict=True))
