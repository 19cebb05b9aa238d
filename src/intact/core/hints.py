"""Commands that messages tell people to run: as they are pasted into a shell, and with the model that they need."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Final

DEFAULT_MODEL: Final = "delivery"
"""The model that a command takes where nobody names one."""


def argument(text: str) -> str:
    """Return a path or a name as one word of a shell; what begins with a dash would be taken for an option."""
    return shlex.quote(f"./{text}" if text.startswith("-") else text)


def command(*words: str | Path, model: str = "", usual: str = DEFAULT_MODEL) -> str:
    """Return a command of intact, to be pasted.

    Args:
        *words: What stands after ``intact``, options and paths too; they are quoted where they have to be.
        model: Name or file of the model that it needs; empty for none.
        usual: The model that it takes without being told.
    """
    named = [] if not model or _same(model, usual) else ["--model", argument(model)]
    said = (argument(str(each)) if isinstance(each, Path) else shlex.quote(each) for each in words)
    return " ".join(["intact", *said, *named])


def _same(one: str, other: str) -> bool:
    if one == other:
        return True
    try:
        return os.path.samefile(one, other)  # noqa: PTH121 - may be a name that no path can have
    except (OSError, ValueError):
        return False
