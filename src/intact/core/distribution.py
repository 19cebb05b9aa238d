"""Whose distribution this is: its name on the package index, its address, and how parts of it are installed.

On the index ``intact`` is a stranger's tool, so the distribution has another name than the module and the command. The
repository's address stands here and nowhere else; ``make docs`` writes it into the pages and ``pyproject.toml``.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from importlib.metadata import Distribution

NAME: Final = "intact-audit"
"""Of the distribution."""

SLUG: Final = "intact-audit/intact"
"""Owner and name of the repository."""

REPOSITORY: Final = f"https://github.com/{SLUG}"
SITE: Final = f"https://{SLUG.partition('/')[0]}.github.io/{SLUG.partition('/')[2]}"
"""Where the documentation is published."""

SCHEMAS: Final = f"https://raw.githubusercontent.com/{SLUG}/main/docs/schemas"

_TAKEN: Final = "intact"
"""The name on the index that is not ours."""


def requirement(*extras: str, version: str = "") -> str:
    """Return how pip is told to install intact, with extras, from its repository.

    Args:
        *extras: Names of extras.
        version: A released version; without it the newest state.
    """
    chosen = f"[{','.join(extras)}]" if extras else ""
    return f"{NAME}{chosen} @ git+{REPOSITORY}{f'@v{version}' if version else ''}"


def install_hint(*extras: str, prefix: str = sys.prefix) -> str:
    """Return a sentence that says how an extra is added to the intact that runs.

    Args:
        *extras: Names of extras.
        prefix: The environment; pipx and uv keep theirs to themselves, and put back what pip does there.
    """
    command = f'"{sys.executable}" -m pip install'
    if Path(prefix, "pipx_metadata.json").exists():
        command = "pipx install --force"
    elif Path(prefix, "uv-receipt.toml").exists():
        command = "uv tool install --force"
    return f"Install intact with it: {command} '{requirement(*extras)}'"


def stranger() -> str:
    """Return a sentence if a distribution that is called intact, and is not ours, lies in this environment."""
    found = _found(_TAKEN) if _may_be_here(_TAKEN) else None
    if found is None or _ours(found):
        return ""
    where = f" {found.version}" if found.version else ""
    return (
        f"The package intact{where} in this environment is another project's, and may replace files of this one "
        f"({NAME}): uninstall it ({_pip()} uninstall {_TAKEN}), then install {NAME} again."
    )


def _may_be_here(name: str) -> bool:
    """Say whether a distribution may lie in this environment, by the names of files alone: that takes no import."""
    for folder in sys.path:
        try:
            names = [each.name for each in Path(folder).iterdir()]
        except NotADirectoryError:
            return True  # an archive, which may hold one
        except OSError:
            continue
        if any(each.casefold().startswith((f"{name}-", f"{name}.")) for each in names):
            return True
    return False


def _pip() -> str:
    return f'"{sys.executable}" -m pip'


def _ours(found: Distribution) -> bool:
    """Whether it is an older one of ours, from before it was given a name of its own."""
    addresses = found.metadata.get_all("Project-URL") or []
    return any(re.search(rf"\b{re.escape(REPOSITORY)}\b", each) for each in addresses)


PYMONGO: Final = (4, 13)
"""The oldest PyMongo that intact runs with, as ``pyproject.toml`` has it."""

_MOTOR: Final = (3, 6)
"""The first Motor that runs with such a PyMongo."""

_DRIVERS: Final = frozenset({"bson", "gridfs", "motor", "pymongo"})


def conflict(error: BaseException) -> str:
    """Return a sentence if an import failed since the drivers that are installed do not fit intact, or each other.

    Args:
        error: What an import has raised.
    """
    if not isinstance(error, ImportError) or (error.name or "").partition(".")[0] not in _DRIVERS:
        return ""
    pymongo, motor = _installed("pymongo"), _installed("motor")
    old_motor = bool(motor) and _release(motor) < _MOTOR
    if pymongo and _release(pymongo) < PYMONGO:
        asked = f", as Motor {motor} wants it" if old_motor else ""
        what = f"PyMongo {pymongo} is installed{asked}, and intact needs {_dotted(PYMONGO)} or later"
    elif old_motor:
        what = f"Motor {motor} does not run with PyMongo {pymongo}, which intact needs"
    else:
        return ""
    where = f"{SITE}/how-to/application/"
    return f"{what}. Give intact an environment of its own, and leave the application's as it is: {where}"


def _installed(name: str) -> str:
    found = _found(name)
    return found.version if found else ""


def _found(name: str) -> Distribution | None:
    """Return a distribution of this environment; None where there is none of that name."""
    # Imported late: it takes as long as all else that `import intact` brings, and nearly no run asks for it.
    from importlib.metadata import PackageNotFoundError, distribution  # noqa: PLC0415 - it is slow to import

    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def _release(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)[:2]))


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
