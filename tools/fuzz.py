"""Send whatever a fuzzer comes up with through the program, a while for each target.

``python tools/fuzz.py --seconds 30`` does it for half a minute a target. ``walker`` and ``framing`` are the native
projector under libFuzzer: what was learned is kept in ``.cache/fuzz``, so that the next time begins there; bytes that
make it panic are kept too, and named. ``dumps``, ``models`` and ``replies`` are property tests of whole runs, tried
with new examples round after round; each round's first line has the seed that does it again.
"""

from __future__ import annotations

import argparse
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, TextIO

ROOT: Final = Path(__file__).resolve().parents[1]
CRATE: Final = ROOT / "native"
PLACE: Final = ROOT / ".cache" / "fuzz"
TOOLS: Final = ROOT / ".cache" / "cargo"
NATIVE: Final = ("walker", "framing")
PROPERTIES: Final = {
    "dumps": "tests/sources/test_any_damage.py",
    "models": "tests/model/test_mutations.py",
    "replies": "tests/diagnosis/test_any_reply.py",
}
TARGETS: Final = (*NATIVE, *PROPERTIES)
VERSION: Final = "0.13.2"
"""Of cargo-fuzz."""

LARGEST: Final = 65_536  # bytes of an input; what lies beyond repeats what lies within
SLOWEST: Final = 20  # seconds that one input may take: none takes a thousandth of it
MEMORY: Final = 2_048  # megabytes
SLOWEST_ROUND: Final = 1_800  # seconds that a round may go on after the time is over: then something hangs


def main(arguments: Sequence[str]) -> int:
    """Fuzz the targets one after the other; the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=3600, help="for each target")
    parser.add_argument(
        "targets", nargs="*", metavar="TARGET", help=f"{' or '.join(TARGETS)}; all by default"
    )
    given = parser.parse_args(arguments)
    if unknown := set(given.targets) - set(TARGETS):
        parser.error(f"there is no target {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
    targets = given.targets or TARGETS
    native = [each for each in targets if each in NATIVE]
    lacking = next((tool for tool in ("cargo", "c++") if native and not works(tool)), "")
    if lacking:
        print(
            f"Fuzzing {' and '.join(native)} needs a {lacking} that works, and there is none"
            " (https://rustup.rs has Rust).",
            file=sys.stderr,
        )
        return 1
    good = fuzz_native(native, given.seconds) if native else []
    good += [try_properties(each, given.seconds) for each in targets if each in PROPERTIES]
    return 0 if all(good) else 1


def fuzz_native(targets: Sequence[str], seconds: int) -> list[bool]:
    """Fuzz targets of the native projector; of each whether nothing was found."""
    environment = with_cargo_fuzz()
    version = subprocess.run(["cargo", "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S607 - from the PATH
    sanitizer = sanitizer_of(version)
    plant()
    return [fuzz(target, seconds, sanitizer, environment) for target in targets]


def try_properties(target: str, seconds: int) -> bool:
    """Try the property tests of a target with new examples until the time is over; whether nothing was found."""
    PLACE.mkdir(parents=True, exist_ok=True)
    log = PLACE / f"{target}.log"
    print(f"{target}: {seconds} seconds, log in {log.relative_to(ROOT)}", flush=True)
    end, tried = time.monotonic() + seconds, 0
    while (left := end - time.monotonic()) > 0:
        seed = secrets.randbits(32)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", PROPERTIES[target]]
        command += [
            "--hypothesis-profile=search",
            f"--hypothesis-seed={seed}",
            "--hypothesis-show-statistics",
        ]
        environment = {**os.environ, "INTACT_EFFORT": "full"}
        with log.open("w", encoding="utf-8") as output:
            print(" ".join(command[1:]), file=output, flush=True)
            ended_well = _ended_well(command, environment, output, left + SLOWEST_ROUND)
        said = log.read_text(encoding="utf-8", errors="replace")
        if not ended_well:
            print("\n".join(said.splitlines()[-60:]))
            print(f"{target}: FAILED; again with INTACT_EFFORT=full {' '.join(command[2:])}", flush=True)
            return False
        tried += examples(said)
    print(f"{target}: {tried:,} examples tried, nothing found", flush=True)
    return True


def _ended_well(command: Sequence[str], environment: dict[str, str], output: TextIO, seconds: float) -> bool:
    try:
        done = subprocess.run(  # noqa: S603 - made of constants of this file
            command, cwd=ROOT, env=environment, stdout=output, stderr=output, check=False, timeout=seconds
        )
    except subprocess.TimeoutExpired:
        print(f"\nstopped after {seconds:.0f} seconds: one of the examples hangs", file=output)
        return False
    return not done.returncode


def examples(said: str) -> int:
    """Return how many examples hypothesis says that it tried.

    Raises:
        ValueError: If it does not say, so that nobody takes a round that tried nothing for one that found nothing.
    """
    counts = [int(each) for each in re.findall(r"^ +- (\d+) passing, \d+ failing,", said, re.MULTILINE)]
    if not sum(counts):
        raise ValueError("hypothesis did not say how many examples it tried")
    return sum(counts)


def works(tool: str) -> bool:
    """Whether a tool is on the PATH and works."""
    command = ["sh", str(ROOT / "tools" / "working.sh"), tool]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603 - our own script


def with_cargo_fuzz() -> dict[str, str]:
    """Give an environment in which ``cargo fuzz`` is a command; installs it where it is not, into ``.cache``."""
    environment = {**os.environ, "PATH": f"{TOOLS / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    if shutil.which("cargo-fuzz", path=environment["PATH"]) is None:
        print(
            f"Installing cargo-fuzz {VERSION} into {TOOLS.relative_to(ROOT)}; this happens once.", flush=True
        )
        command = ["cargo", "install", "--quiet", "--locked", "--root", str(TOOLS), f"cargo-fuzz@{VERSION}"]
        subprocess.run(command, check=True)  # noqa: S603 - a command made of constants
    return environment


def sanitizer_of(version: str) -> str:
    """Choose the sanitizer that a version of cargo can have: that of addresses wants a nightly one."""
    return "address" if "nightly" in version else "none"


def plant() -> None:
    """Write the seeds: inputs to begin with."""
    command = [sys.executable, "-m", "native.fuzz.seed", str(PLACE / "seeds")]
    subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603 - a program of our own


def fuzz(target: str, seconds: int, sanitizer: str, environment: dict[str, str]) -> bool:
    """Fuzz a target, and say how far it came; whether nothing was found."""
    corpus, found = PLACE / "corpus" / target, PLACE / "found" / target
    for folder in (corpus, found):
        folder.mkdir(parents=True, exist_ok=True)
    command = [
        "cargo",
        "fuzz",
        "run",
        "--sanitizer",
        sanitizer,
        "--target-dir",
        str(PLACE / "target"),
        target,
    ]
    command += [str(corpus), str(PLACE / "seeds" / target), "--"]
    command += [f"-max_total_time={seconds}", f"-max_len={LARGEST}", f"-timeout={SLOWEST}"]
    command += [f"-rss_limit_mb={MEMORY}", f"-artifact_prefix={found}/", "-print_final_stats=1"]
    log = PLACE / f"{target}.log"
    print(f"{target}: {seconds} seconds, sanitizer {sanitizer}, log in {log.relative_to(ROOT)}", flush=True)
    with log.open("wb") as output:
        done = subprocess.run(  # noqa: S603 - made of the names above
            command, cwd=CRATE, env=environment, stdout=output, stderr=subprocess.STDOUT, check=False
        )
    said = log.read_text(encoding="utf-8", errors="replace")
    if done.returncode:
        print("\n".join(said.splitlines()[-60:]))
        print(
            f"{target}: FAILED; bytes that make it fail, if any, are in {found.relative_to(ROOT)}", flush=True
        )
        return False
    print(f"{target}: {summary(said)}", flush=True)
    return True


def summary(said: str) -> str:
    """Say how much was tried, from what libFuzzer said at the end.

    Raises:
        ValueError: If it did not say, so that nobody takes a fuzzer that tried nothing for one that found nothing.
    """
    runs = re.search(r"^stat::number_of_executed_units: *(\d+)", said, re.MULTILINE)
    reached = re.findall(r"\bcov: (\d+)", said)
    if runs is None or not int(runs[1]) or not reached:
        raise ValueError("the fuzzer did not say how many inputs it tried")
    return f"{int(runs[1]):,} inputs tried, {int(reached[-1]):,} places of the program reached, nothing found"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
