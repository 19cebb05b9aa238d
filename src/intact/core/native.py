"""The native part, where it is installed: a distribution of its own, ``intact-native``, always of the same version.

Everything works without it, only slower. ``INTACT_PROJECTOR`` in the environment decides: ``pure`` leaves it out,
``native`` demands it; by default it runs where it is there.
"""

from __future__ import annotations

import os
from importlib import import_module
from types import ModuleType
from typing import Final

from intact.core.errors import UsageError
from intact.core.version import __version__

VARIABLE: Final = "INTACT_PROJECTOR"
"""The environment variable that decides."""

HOW: Final = (
    f"Run `pip install ./native` in the sources of version {__version__}, or `make native` in a checkout."
)
"""How to install it."""


_ABSENT: Final = "intact-native is not installed"


def _load() -> tuple[ModuleType | None, str]:
    try:
        module = import_module("intact_native")
    except Exception as error:  # noqa: BLE001 - whatever a damaged module does, all goes on without it
        if isinstance(error, ModuleNotFoundError) and error.name == "intact_native":
            return None, _ABSENT
        what = " ".join(f"{type(error).__name__}: {error}".split())
        return None, f"intact-native cannot be loaded ({what})"
    version = getattr(module, "__version__", "unknown")
    if version != __version__:
        return None, f"intact-native is of version {version}, not {__version__}"
    if not all(hasattr(module, name) for name in ("Projector", "hop", "recurring", "numbers", "Keys")):
        return None, "intact-native cannot be used (a part of it is missing)"
    return module, ""


MODULE, REASON = _load()
"""The module, if it is there and of this version; and if not, why, a sentence without full stop."""


def chosen() -> ModuleType | None:
    """Return the native module if it is to run; None where all is done in Python.

    Raises:
        UsageError: If the environment demands what is not there, or says what cannot be.
    """
    wish = os.environ.get(VARIABLE, "")
    if wish == "pure":
        return None
    if wish not in {"", "native"}:
        raise UsageError(f"{VARIABLE} is {wish!r}, and can only be 'native' or 'pure'")
    if wish and MODULE is None:
        raise UsageError(f"{VARIABLE} demands the native projector, but {REASON}", hint=HOW)
    return MODULE


def advice() -> str:
    """Say what to do about a native part that is installed and cannot run, as a sentence or two; empty otherwise."""
    if MODULE is not None or REASON == _ABSENT or os.environ.get(VARIABLE) == "pure":
        return ""
    return f"{REASON}, so the slower projector in Python ran. {HOW}"


def why_not() -> str:
    """Say in a few words why the native part does not run; empty where it does."""
    return f"{VARIABLE}=pure" if os.environ.get(VARIABLE) == "pure" else REASON
