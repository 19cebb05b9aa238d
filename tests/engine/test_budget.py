"""The memory that is taken if nobody says: read from a made-up machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from intact.engine import default_memory

GB = 10**9
GIB = 2**30


class Machine:
    """A ``/proc`` and a ``/sys`` of one's own."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def free(self, size: int) -> None:
        self.write("proc/meminfo", f"MemTotal: {4 * size // 1024} kB\nMemAvailable:   {size // 1024} kB\n")

    def groups(self, text: str) -> None:
        self.write("proc/self/cgroup", text)

    def write(self, path: str, text: object) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text}\n")

    @property
    def memory(self) -> int:
        return default_memory(self.root)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize(
    ("free", "budget"), [(24 * GIB, 6 * GIB), (4 * GIB, GIB), (3 * GB, GB), (GB // 2, GB), (0, GB)]
)
def test_a_quarter_of_what_is_free_and_at_least_one_gigabyte(
    machine: Machine, free: int, budget: int
) -> None:
    machine.free(free)
    assert machine.memory == budget


def test_one_gigabyte_where_nothing_is_told(machine: Machine) -> None:
    assert machine.memory == GB


@pytest.mark.parametrize("text", ["", "MemAvailable:\n", "MemAvailable: many kB\n", "nonsense\n\0\xff"])
def test_one_gigabyte_where_nonsense_is_told(machine: Machine, text: str) -> None:
    machine.write("proc/meminfo", text)
    machine.groups(text)
    assert machine.memory == GB


@pytest.mark.parametrize(
    ("limit", "budget"),
    [
        (16 * GIB, 4 * GIB),  # a quarter of the container, not of the machine
        (3 * GB, GB),
        (GB, GB * 2 // 3),  # 1 GB would be 1.5 GB of a process
        (600 * 10**6, 400 * 10**6),
        (60 * 10**6, 64 * 10**6),  # the engine's least
    ],
)
def test_a_containers_limit_of_version_2_is_heeded(machine: Machine, limit: int, budget: int) -> None:
    machine.free(64 * GIB)
    machine.groups("0::/")
    machine.write("sys/fs/cgroup/memory.max", limit)
    machine.write("sys/fs/cgroup/memory.current", 0)
    assert machine.memory == budget


def test_what_the_container_uses_is_not_free_but_for_the_cache(machine: Machine) -> None:
    machine.free(64 * GIB)
    machine.groups("0::/")
    machine.write("sys/fs/cgroup/memory.max", 20 * GIB)
    machine.write("sys/fs/cgroup/memory.current", 12 * GIB)
    assert machine.memory == 2 * GIB
    machine.write("sys/fs/cgroup/memory.stat", f"anon 5\ninactive_file {4 * GIB}\nactive_file 7")
    assert machine.memory == 3 * GIB


def test_the_limit_of_any_group_above_counts(machine: Machine) -> None:
    machine.free(64 * GIB)
    machine.groups("0::/system.slice/intact.service")
    machine.write("sys/fs/cgroup/system.slice/intact.service/memory.max", "max")
    machine.write("sys/fs/cgroup/system.slice/memory.max", 8 * GIB)
    machine.write("sys/fs/cgroup/memory.max", "max")
    assert machine.memory == 2 * GIB


def test_a_soft_limit_counts_too(machine: Machine) -> None:
    machine.free(64 * GIB)
    machine.groups("0::/a")
    machine.write("sys/fs/cgroup/a/memory.max", 32 * GIB)
    machine.write("sys/fs/cgroup/a/memory.high", 8 * GIB)
    assert machine.memory == 2 * GIB


def test_a_path_of_the_host_leads_to_the_containers_own_folder(machine: Machine) -> None:
    machine.free(64 * GIB)
    machine.groups("0::/kubepods/pod1/abc")
    machine.write("sys/fs/cgroup/memory.max", 8 * GIB)
    assert machine.memory == 2 * GIB


@pytest.mark.parametrize("path", ["/", "/docker/abc"])
def test_a_containers_limit_of_version_1_is_heeded(machine: Machine, path: str) -> None:
    machine.free(64 * GIB)
    machine.groups(f"9:name=systemd:/\n4:cpu,memory:{path}\n0::/")
    machine.write("sys/fs/cgroup/memory/memory.limit_in_bytes", 8 * GIB)
    machine.write("sys/fs/cgroup/memory/memory.usage_in_bytes", 4 * GIB)
    machine.write("sys/fs/cgroup/memory/memory.stat", f"cache 9\ntotal_inactive_file {2 * GIB}")
    assert machine.memory == int(1.5 * GIB)


@pytest.mark.parametrize("limit", ["max", 9223372036854771712, "", "-1"])
def test_a_group_without_a_limit_is_none(machine: Machine, limit: object) -> None:
    machine.free(24 * GIB)
    machine.groups("4:memory:/\n0::/")
    machine.write("sys/fs/cgroup/memory.max", limit)
    machine.write("sys/fs/cgroup/memory/memory.limit_in_bytes", limit)
    assert machine.memory == 6 * GIB


def test_a_limit_above_what_is_free_does_not_add_any(machine: Machine) -> None:
    machine.free(8 * GIB)
    machine.groups("0::/")
    machine.write("sys/fs/cgroup/memory.max", 64 * GIB)
    assert machine.memory == 2 * GIB


def test_on_this_machine_it_is_a_budget() -> None:
    assert 64 * 10**6 <= default_memory() < 2**50
