"""Write the lock files anew: the versions, with their hashes, that `make demo`, `make test` and CI install.

``python tools/lock.py`` does it, with uv, which it installs into ``.cache``. The newest versions are taken that fit
``pyproject.toml``, for each Python and system that intact promises. Where pip is told to fetch from another index, so
is uv; the index is not written down.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
FOLDER: Final = ROOT / "requirements"
TOOLS: Final = ROOT / ".cache" / "lock"

LOCKS: Final[Mapping[str, tuple[str, ...]]] = {
    "develop": ("--group", "develop", "--extra", "alerts", "--extra", "schedule", "--extra", "serve"),
    # What a user has, and what builds it: of the versions that the tests run with.
    "run": ("--group", "build", "--constraints", "requirements/develop.txt"),
    # In an environment of its own, since it asks for older versions.
    "bench": ("--only-group", "bench"),
}
"""Options of uv by the lock file's name, in the order in which they are written."""


def main() -> int:
    """Write all lock files; the exit status."""
    uv = install_uv()
    for name, options in LOCKS.items():
        subprocess.run(command(uv, name, options), cwd=ROOT, env=environment(), check=True)  # noqa: S603 - made of constants
        print(f"requirements/{name}.txt")
    return 0


def install_uv() -> Path:
    """Install uv into an environment of its own; return its path."""
    subprocess.run([sys.executable, "-m", "venv", str(TOOLS)], check=True)  # noqa: S603 - made of constants
    programs = TOOLS / ("Scripts" if os.name == "nt" else "bin")
    pip = [str(programs / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--upgrade", "uv"], check=True)  # noqa: S603 - made of constants
    return programs / "uv"


def command(uv: Path, name: str, options: tuple[str, ...]) -> list[str]:
    """Return the command that writes one lock file."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    oldest = project["requires-python"].removeprefix(">=")
    written = ["--output-file", f"requirements/{name}.txt", "--custom-compile-command", "make lock"]
    # A configuration of the user's would be in the file without being in the project.
    common = ["--quiet", "--no-config", "--upgrade", "--universal", "--generate-hashes", "--no-annotate"]
    whole = [] if "--only-group" in options else ["pyproject.toml"]
    groups = ["--group" if each == "--only-group" else each for each in options]
    return [str(uv), "pip", "compile", *common, "--python-version", oldest, *written, *groups, *whole]


def environment() -> dict[str, str]:
    """Return the environment for uv: with the index and the certificates that pip is told to use."""
    given = dict(os.environ)
    for variable, key in (("UV_DEFAULT_INDEX", "index-url"), ("SSL_CERT_FILE", "cert")):
        if variable not in given and (value := pip_setting(key)):
            given[variable] = value
    return given


def pip_setting(key: str) -> str:
    """Return what pip's environment or configuration says of a setting; empty if nothing."""
    for section in (":env:", "install", "global"):
        asked = [sys.executable, "-m", "pip", "config", "get", f"{section}.{key}"]
        done = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603 - made of constants
        if done.returncode == 0:
            return done.stdout.strip()
    return ""


if __name__ == "__main__":
    sys.exit(main())
