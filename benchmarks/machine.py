"""What it was measured on, and with."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Final

from benchmarks.contenders import rivals_program

_RIVALS: Final = """
from importlib.metadata import version
print("rivals: " + ", ".join(f"{name} {version(name)}" for name in ("pymongoarrow", "pyarrow", "duckdb", "refscan")))
"""


def machine() -> str:
    """Give the machine: processors, model, memory, kernel, and how busy it is."""
    kernel = f"{platform.system()} {platform.release()}"
    busy = f"load average at the start {os.getloadavg()[0]:.1f}"
    return f"{os.cpu_count()} processors ({_model()}), {_memory()}, {kernel}, {busy}"


def versions(data: Path) -> str:
    """Give the versions of what runs, as far as it is there."""
    found = [f"Python {platform.python_version()}"]
    found += [f"{name} {version(name)}" for name in ("duckdb", "pyarrow", "pymongo", "motor")]
    found += [_printed(["rustc", "--version"]).split(" (", maxsplit=1)[0]]
    found += [_printed([str(rivals_program(data, "python")), "-c", _RIVALS])]
    return ", ".join(filter(None, found))


def _printed(command: list[str]) -> str:
    if shutil.which(command[0]) is None:
        return ""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def _model() -> str:
    return _field(Path("/proc/cpuinfo"), "model name") or platform.processor() or platform.machine()


def _memory() -> str:
    kilobytes = _field(Path("/proc/meminfo"), "MemTotal").split(" ")[0]
    return f"{int(kilobytes) * 1024 / 1e9:.0f} GB" if kilobytes.isdecimal() else "memory unknown"


def _field(path: Path, name: str) -> str:
    """Give the first value of a field in a file of ``name: value`` lines; nothing where there is none."""
    if not path.exists():
        return ""
    for line in path.read_text("utf-8").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""
