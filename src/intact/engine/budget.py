"""How much memory the engine takes if nobody says: a share of what the machine, or the container, has free."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LEAST: Final = 64 * 10**6
"""The smallest budget of an engine, in bytes."""

USUAL_LEAST: Final = 10**9
"""The smallest budget that is chosen without being asked for, where no container forbids it."""

_SHARE: Final = 4
"""One part of so many of what is free: an audit is rarely all that a machine does."""

_UNLIMITED: Final = 1 << 60
"""From how many bytes on a limit is none; version 1 of control groups writes a number for it."""


def default_memory(root: Path = Path("/")) -> int:
    """Return the budget in bytes: a quarter of the free memory, at least 1 GB.

    The process takes half as much again as its engine's budget, so within a container the budget is at most two thirds
    of what the container leaves, and then it may be less than 1 GB.

    Args:
        root: Where ``proc`` and ``sys`` lie.
    """
    rooms = [room for group in _groups(root) if (room := group.room()) is not None]
    free = [each for each in (_free(root), *rooms) if each is not None]
    budget = max(USUAL_LEAST, min(free, default=0) // _SHARE)
    if rooms:
        budget = min(budget, min(rooms) * 2 // 3)
    return max(LEAST, budget)


def _free(root: Path) -> int | None:
    """Return how many bytes of memory the machine has free; None where it does not say."""
    for line in _text(root / "proc/meminfo").splitlines():
        name, _, rest = line.partition(":")
        if name == "MemAvailable" and (words := rest.split()) and words[0].isdecimal():
            return int(words[0]) * 1024
    if root != Path("/"):
        return None
    with contextlib.suppress(
        AttributeError, OSError, ValueError
    ):  # Windows has no sysconf, macOS not each name
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    return None


@dataclass(frozen=True, slots=True)
class _Group:
    """A control group that may limit memory: its folder, and the names that its version gives its files."""

    folder: Path
    limits: tuple[str, ...]
    used: str
    cache: str

    def room(self) -> int | None:
        """Return how many bytes its processes may still take; None where it has no limit.

        The cache of files that nobody looks at counts as free: the kernel gives it up first.
        """
        limits = [
            int(text)
            for name in self.limits
            if (text := _text(self.folder / name).strip()).isdecimal() and int(text) < _UNLIMITED
        ]
        if not limits:
            return None
        used = _text(self.folder / self.used).strip()
        return max(0, min(limits) - max(0, (int(used) if used.isdecimal() else 0) - self._given_up()))

    def _given_up(self) -> int:
        for line in _text(self.folder / "memory.stat").splitlines():
            words = line.split()
            if len(words) == 2 and words[0] == self.cache and words[1].isdecimal():
                return int(words[1])
        return 0


def _groups(root: Path) -> Iterator[_Group]:
    """Yield the control groups of this process and those above them, of both versions.

    In a container the path that the process is told may be the host's; then only the topmost folder is there.
    """
    mounted = root / "sys/fs/cgroup"
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if not controllers:
            for folder in _upwards(mounted, path):
                yield _Group(folder, ("memory.max", "memory.high"), "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            for folder in _upwards(mounted / "memory", path):
                yield _Group(
                    folder, ("memory.limit_in_bytes",), "memory.usage_in_bytes", "total_inactive_file"
                )


def _upwards(top: Path, path: str) -> Iterator[Path]:
    steps = [step for step in path.split("/") if step not in ("", ".", "..")]
    for count in range(len(steps), -1, -1):
        yield top.joinpath(*steps[:count])


def _text(path: Path) -> str:
    """Return a small file's text; empty where it cannot be read."""
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
