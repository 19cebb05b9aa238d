"""Where there is no POSIX: what a Windows lacks is hidden, and the rooms that live for months are used all the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import environment
from tests.house.files import ROOT

WITHOUT = """
import errno, importlib, os, sys, types
import intact.cli.app
import tests.folder.runs
for name in sys.argv[1:]:
    if name.startswith("intact."):
        importlib.import_module(name)
# What is not ours has been imported by now: it decides for itself what system it is on.
for name in [name for name in sys.modules if name.partition(".")[0] in {"intact", "tests"}]:
    del sys.modules[name]
for name in ("fcntl", "resource", "pwd", "grp", "termios"):
    sys.modules[name] = None  # importing it fails from now on
locks = {}  # of (device, file): who holds which byte

def locking(descriptor, mode, count):
    facts = os.fstat(descriptor)
    key = facts.st_dev, facts.st_ino, os.lseek(descriptor, 0, os.SEEK_CUR)
    if mode == 0:
        if locks.pop(key, None) is None:
            raise OSError(errno.EACCES, "Permission denied")
    elif locks.get(key) not in (None, descriptor) and _open(locks[key]):
        raise OSError(errno.EACCES, "Permission denied")
    else:
        locks[key] = descriptor

def _open(descriptor):
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True

sys.modules["msvcrt"] = types.SimpleNamespace(locking=locking, LK_NBLCK=2, LK_UNLCK=0)
sys.platform = "win32"
for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_DIRECTORY", "O_CLOEXEC", "fork", "getuid", "geteuid", "sched_getaffinity"):
    if hasattr(os, name):
        delattr(os, name)
os.supports_dir_fd.clear()
"""


def ran(program: str, *arguments: object) -> str:
    """Run a program on a machine that pretends to be no POSIX system, and give what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT + program, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=environment(),
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.spread(2)
@pytest.mark.parametrize(
    "room",
    [
        "operations/folder",
        "operations/schedule",
        "operations/serve",
        "ledger/history",
        "operations/alerts",
        "cli",
    ],
)
def test_a_room_can_be_imported_where_there_is_no_posix(room: str) -> None:
    names = [
        ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)
        for path in sorted((ROOT / "src" / "intact" / room).rglob("*.py"))
        if path.stem not in {"__init__", "__main__"}
    ]
    program = "for name in sys.argv[1:]:\n    importlib.import_module(name)\nprint(len(sys.argv) - 1)"
    assert int(ran(program, *names)) == len(names) > 3


def test_runs_are_kept_noted_and_listed_where_there_is_no_posix(tmp_path: Path) -> None:
    program = """
from pathlib import Path
from intact.operations.folder import Folder, listing
from tests.folder.runs import run
place = Folder(Path(sys.argv[1]), keep=2)
place.try_out()
for day in range(3):
    place.keep(run(day), place.begin("job"))
place.fail(place.begin("job"), "it failed.", 2)
going = place.begin("another")
found = listing(place.path)
print(len(found.runs), [each.why for each in found.failures], [each.job for each in found.going])
going.let_go()
print([each.why for each in listing(place.path).failures if each.job == "another"])
"""
    first, second = ran(program, tmp_path).splitlines()
    assert first == "2 ['it failed.'] ['another']"
    assert second == "['It never said how it ended: it was killed, or its machine went down.']"
