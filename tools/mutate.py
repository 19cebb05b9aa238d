"""Put small mistakes into the lines that a change touches, one at a time, and see whether the tests beside them notice.

``python -m tools.mutate`` tries all lines that differ from main; ``--since REV`` those that differ from another
revision, and ``--all src/intact/ledger/history`` every line of these modules. ``--sample 40`` tries forty of the
mistakes, two of three in SQL, and with the same ``--seed`` the same ones. It works in a
copy: your files stay as they are.

First the tests are run once without a mistake, to learn which lines each of them reaches; that is kept in ``.cache``
until the package or the tests change. For a mistake the fastest that reach it are run, and the others if these pass.

A mistake that no test notices is printed with the line before and after. Either a test is missing, or the line makes no
difference; which of them it is, only a person can tell.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools import reached
from tools.mistakes import PYTHON, SQL, Mistake, mistakes

ROOT: Final = Path(__file__).resolve().parents[1]
HERE: Final = ROOT
"""Where this tool is: a test of it has another repository as its root."""

PACKAGE: Final = "src/intact"
TESTS: Final = "tests"
USUAL: Final = "run"
"""The room of tests for modules of no room that no tests are named after."""

LEAST_SECONDS: Final = 60.0
"""A run of tests gets so long at least, and :data:`SLOWER` times what it takes without a mistake: some never end."""

SLOWER: Final = 5
FIRST: Final = 10.0
"""So many seconds' worth of tests are run first for a mistake, the fastest."""
_HUNK: Final = re.compile(r"@@ -\S+ \+(\d+)(?:,(\d+))? @@")


class UnusableError(Exception):
    """Why nothing can be tried, in a sentence."""


def main(arguments: Sequence[str]) -> int:
    """Try mistakes, and print those that no test notices.

    Returns:
        The exit status: 0, or 1 if there are some, 2 if nothing could be tried.
    """
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--since", metavar="REV", help="lines that differ from this revision; from main by default"
    )
    which.add_argument("--all", nargs="+", metavar="PATH", help="every line of these modules and folders")
    parser.add_argument("--sample", type=int, metavar="N", help="only so many, two of three in SQL")
    parser.add_argument("--seed", type=int, default=0, help="which ones; 0 by default")
    parser.add_argument(
        "--tests", nargs="+", metavar="PATH", help="run these tests, not those beside a module"
    )
    parser.add_argument(
        "--longest",
        type=float,
        default=120.0,
        metavar="SECONDS",
        help="run so many seconds' worth of tests for a mistake, the fastest; 120 by default",
    )
    given = parser.parse_args(arguments)
    try:
        lines = every_line(given.all) if given.all else changed_lines(given.since)
        chosen = choose(found_in(lines), given.sample, given.seed)
        survived = try_all(chosen, given.tests, given.longest)
    except UnusableError as reason:
        print(reason, file=sys.stderr)
        return 2
    print(f"{len(chosen)} mistakes put in: {len(chosen) - survived} noticed, {survived} not.")
    return 1 if survived else 0


# --------------------------------------------------------------------------------------------------- which mistakes

Lines = Mapping[str, set[int] | None]
"""Lines by module; None for all of them."""


def every_line(paths: Sequence[str]) -> Lines:
    """Return the modules at these paths, which are files or folders."""
    found: dict[str, set[int] | None] = {}
    for path in (Path(each).resolve() for each in paths):
        modules = sorted(path.rglob("*.py")) if path.is_dir() else [path] if path.is_file() else []
        inside = [
            each.relative_to(ROOT).as_posix() for each in modules if each.is_relative_to(ROOT / PACKAGE)
        ]
        if not inside:
            raise UnusableError(f"{path} is no module of {PACKAGE}, and no folder of modules.")
        found |= dict.fromkeys(inside)
    return found


def changed_lines(since: str | None) -> Lines:
    """Return the lines of the package that differ from a revision, committed or not."""
    found: dict[str, set[int] | None] = {}
    path = ""
    for line in git(
        "diff", "--unified=0", "--no-color", "--no-ext-diff", since or branched(), "--", PACKAGE
    ).splitlines():
        if line.startswith("+++ "):
            path = line.removeprefix("+++ b/")
        elif (hunk := _HUNK.match(line)) and path.endswith(".py"):
            first, count = int(hunk[1]), int(hunk[2] or 1)
            lines = found.setdefault(path, set())
            assert lines is not None  # noqa: S101 - only whole files have none, and these are not in a diff
            lines.update(range(first, first + count))
    new = git("ls-files", "--others", "--exclude-standard", "--", PACKAGE).splitlines()
    return found | dict.fromkeys(each for each in new if each.endswith(".py"))


def branched() -> str:
    """Return where this branch left main."""
    for main_ in ("main", "origin/main"):
        try:
            return git("merge-base", main_, "HEAD").strip()
        except UnusableError:
            continue
    raise UnusableError(
        "There is no branch called main. Say with --since from which revision on lines are changed."
    )


def git(*arguments: str) -> str:
    """Return what git prints."""
    command = ["git", "-c", "core.quotepath=off", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    if done.returncode:
        raise UnusableError(f"git {arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout


def found_in(lines: Lines) -> list[Mistake]:
    """Return all mistakes that can be made in these lines."""
    return [
        each
        for path in sorted(lines)
        for each in mistakes(path, (ROOT / path).read_text(encoding="utf-8"), lines[path])
    ]


def choose(all_: Sequence[Mistake], count: int | None, seed: int) -> list[Mistake]:
    """Return so many of them, those in SQL first: two of three, or more where there are too few others."""
    chance = random.Random(seed)  # noqa: S311 - the same ones for the same seed, not secret
    kinds = {kind: [each for each in all_ if each.kind == kind] for kind in (SQL, PYTHON)}
    if count is not None and count < len(all_):
        in_sql = min(len(kinds[SQL]), max(-(-2 * count // 3), count - len(kinds[PYTHON])))
        for kind, some in ((SQL, in_sql), (PYTHON, count - in_sql)):
            kinds[kind] = chance.sample(kinds[kind], some)
    return [
        each for kind in (SQL, PYTHON) for each in sorted(kinds[kind], key=lambda one: (one.path, one.line))
    ]


# ------------------------------------------------------------------------------------------------------ which tests


def beside(module: str, root: Path) -> list[str]:
    """Return the files of tests beside a module: those named after it first, then the others of its room.

    For ``src/intact/wing/A/b.py`` that is ``tests/A``, or ``tests/wing``; where neither is, those named
    after the module, wherever they are.

    Args:
        module: Its path from the root.
        root: Where the repository is.
    """
    room, name = Path(module).relative_to(PACKAGE).parent, Path(module).stem.strip("_")
    folders = [root / TESTS / part for part in reversed(room.parts)]
    folder = next((each for each in folders if each.is_dir()), root / TESTS)
    every = sorted(folder.rglob("test_*.py"))
    named = [each for each in every if name in each.stem]
    if folder == root / TESTS:
        every = sorted((root / TESTS / USUAL).rglob("test_*.py")) if not named else []
    return [each.relative_to(root).as_posix() for each in dict.fromkeys([*named, *every])]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run of tests ended.

    Attributes:
        good: Whether all tests passed.
        seconds: How long it took.
        told: The end of what was printed.
    """

    good: bool
    seconds: float
    told: str


def run(
    tests: Sequence[str], copy: Path, seconds: float | None = None, plugin: Mapping[str, str] | None = None
) -> Outcome:
    """Run tests until the first that fails, or until the time is over.

    Args:
        tests: Their files and folders.
        copy: Where the repository is.
        seconds: How long they may take.
        plugin: What the plugin is told by variables of the environment. Who learns sees all tests.
    """
    # A module is written several times in a second, often with the same length: compiled ones would not be renewed.
    paths = os.pathsep.join(map(str, (copy / "src", copy, HERE)))
    env = {**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1", **(plugin or {})}
    options = ["-q", "-p", "no:cacheprovider", "-p", reached.__name__]
    command = [sys.executable, "-m", "pytest", *options, *([] if reached.LEARN in env else ["-x"]), *tests]
    begun = time.monotonic()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(  # noqa: S603 - our own tests
            command,
            cwd=copy,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            code = -1
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)  # with whatever the tests have started
                process.wait()
        output.seek(0)
        told = output.read()[-4_000:].decode(errors="replace")
    return Outcome(code == 0, time.monotonic() - begun, told)


def run_cases(cases: Sequence[reached.Case], copy: Path) -> Outcome:
    """Run these tests, in their order, until the first that fails."""
    files = sorted({each.name.partition("::")[0] for each in cases})
    names = copy.parent / "names"
    names.write_text("".join(f"{each.name}\n" for each in cases), encoding="utf-8")
    most = max(LEAST_SECONDS, SLOWER * sum(each.seconds for each in cases))
    return run(files, copy, most, {reached.ONLY: str(names)})


def learn(tests: Sequence[str], copy: Path) -> list[reached.Case]:
    """Return what each of these tests reaches, from the cache where nothing has changed since.

    Raises:
        UnusableError: No test passes.
    """
    digest = hashlib.sha256("\0".join([sys.version, *tests]).encode())
    used = [*(copy / PACKAGE).rglob("*.py"), *(copy / TESTS).rglob("*.*")]
    for path in sorted(each for each in used if each.is_file()):
        digest.update(path.relative_to(copy).as_posix().encode() + b"\0" + path.read_bytes())
    page = ROOT / ".cache" / f"reached-{digest.hexdigest()[:16]}.json"
    told = ""
    if not page.is_file():
        page.parent.mkdir(exist_ok=True)
        print("Learning which tests reach which lines.", file=sys.stderr, flush=True)
        told = run(tests, copy, None, {reached.LEARN: str(page)}).told
    cases, failed = reached.read(page) if page.is_file() else ([], list(tests))
    if not cases:
        page.unlink(missing_ok=True)
        raise UnusableError(f"{told}\nThese tests fail without any mistake: {' '.join(failed)}")
    for each in failed:
        print(f"{each} fails without any mistake, and is left out.", file=sys.stderr)
    return cases


# ----------------------------------------------------------------------------------------------------------- trying


def try_all(chosen: Sequence[Mistake], tests: Sequence[str] | None, longest: float) -> int:
    """Put the mistakes into a copy, one at a time, print what no test notices, and return how many these are."""
    survived = 0
    with tempfile.TemporaryDirectory(prefix="intact-mutate-") as folder:
        copy = copied(Path(folder))
        beside_all = dict.fromkeys(test for each in chosen for test in tests or beside(each.path, copy))
        cases = learn(list(beside_all), copy) if beside_all else []
        for number, each in enumerate(chosen, start=1):
            noticed, tried = try_one(each, cases, copy, longest)
            place = f"{number} of {len(chosen)}: {each.path}:{each.line} ({each.kind})"
            print(f"{place} noticed: {noticed}" if noticed else told(place, each, tried), flush=True)
            survived += not noticed
    return survived


def try_one(one: Mistake, cases: Sequence[reached.Case], copy: Path, longest: float) -> tuple[str, int]:
    """Return which test has noticed a mistake, if any has, and how many were tried."""
    lines = reached.lines_of((copy / one.path).read_text(encoding="utf-8"), one.line)
    every = within(reached.in_order(cases, one.path, lines), longest)
    few = within(every, FIRST)
    for some in (few, every[len(few) :]):
        if some:
            outcome = with_mistake(one, copy, lambda: run_cases(some, copy))  # noqa: B023 - called at once
            if not outcome.good:
                return failed_in(outcome), len(every)
    return "", len(every)


def within(cases: Sequence[reached.Case], seconds: float) -> list[reached.Case]:
    """Return the first of these tests, which take so long together; one at least."""
    ends = itertools.accumulate(each.seconds for each in cases)
    return [
        case for place, (case, end) in enumerate(zip(cases, ends, strict=True)) if end <= seconds or not place
    ]


def failed_in(outcome: Outcome) -> str:
    """Return the name of the test that has failed."""
    found = re.findall(r"^(?:FAILED|ERROR) (\S+)", outcome.told, re.MULTILINE)
    return found[0] if found else "the tests do not begin, or do not end"


def told(place: str, one: Mistake, tried: int) -> str:
    """Return what is printed of a mistake that no test has noticed."""
    how = f"NOT NOTICED by {tried} tests" if tried else "NOT NOTICED: no test beside it reaches the module"
    return f"{place} {how}\n  - {one.before}\n  + {one.after}"


def with_mistake(one: Mistake, copy: Path, see: Callable[[], Outcome]) -> Outcome:
    """Return how tests end with a mistake, which is taken out again."""
    module = copy / one.path
    right = module.read_bytes()
    module.write_text(one.text, encoding="utf-8", newline="")
    try:
        return see()
    finally:
        module.write_bytes(right)


def copied(folder: Path) -> Path:
    """Copy what belongs to the repository, as it is now; what lies beside it for the tests is only linked."""
    copy = folder / "copy"
    for name in git("ls-files", "-co", "--exclude-standard", "-z").split("\0"):
        if name and (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    shared = ROOT.parent / "shared"
    if shared.is_dir():
        (folder / "shared").symlink_to(shared, target_is_directory=True)
    return copy


if __name__ == "__main__":
    # A run that is ended takes its copy and the tests in it along, as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    sys.exit(main(sys.argv[1:]))
