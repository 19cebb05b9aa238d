"""The paths of a command that is printed for another scheduler, so that they hold where it runs them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import click

READ: Final = ("baseline", "alerts", "config")
WRITTEN: Final = ("outputs", "documents", "folder")
"""Parameters of `intact check` that name files or folders."""

STATE: Final = Path("/var/lib/intact")
"""Where what systemd and Kubernetes run may write."""


def absolute(text: str) -> str:
    """Return a path from the root; a separator at its end stays, since it means a directory."""
    ended = text.endswith((os.sep, os.altsep or os.sep))
    whole = os.path.normpath(Path.cwd() / Path(text).expanduser())
    return whole + os.sep if ended and whole != os.sep else whole


def in_repository(text: str) -> str:
    """Return a path as seen from the root of the Git repository that is worked in; as it is where it is outside."""
    root = next((each for each in (Path.cwd(), *Path.cwd().parents) if (each / ".git").exists()), None)
    whole = Path(absolute(text))
    if root is None or not whole.is_relative_to(root):
        return text
    return whole.relative_to(root).as_posix() + ("/" if text.endswith(("/", os.sep)) else "")


def located(words: Sequence[str], change: Callable[[str], str], names: Sequence[str]) -> list[str]:
    """Return options of `intact check` with other paths; the words as they are if that changes none of them.

    Args:
        words: The options, which are right.
        change: Gives a path for a path.
        names: Which parameters are changed.
    """
    given = list(_given(words))
    changed = [
        (param, change(value) if param.name in names and isinstance(value, str) else value)
        for param, value in given
    ]
    return list(words) if changed == given else [word for each in changed for word in _said(*each)]


def paths(words: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return the paths that options of `intact check` name."""
    return [str(value) for param, value in _given(words) if param.name in names]


def folders_written(words: Sequence[str], more: Sequence[str]) -> list[str]:
    """Return the absolute folders, outside of the scheduler's own, into which a command writes.

    Args:
        words: Its options.
        more: Folders into which it writes beside.
    """
    found = [str(Path(each).parent) for each in paths(words, ["outputs"]) if not each.endswith(os.sep)]
    found += [each.rstrip(os.sep) for each in paths(words, ["outputs"]) if each.endswith(os.sep)]
    found += [*paths(words, ["documents", "folder"]), *more]
    return sorted({each for each in found if os.path.isabs(each) and not Path(each).is_relative_to(STATE)})  # noqa: PTH117 - of a text


def _given(words: Sequence[str]) -> Iterator[tuple[click.Option, Any]]:
    """Yield each option that the words give, with its text."""
    from intact.cli.check import check

    context = click.Context(check)
    values, _, _ = check.make_parser(context).parse_args(list(words))
    for param in check.params:
        if isinstance(param, click.Option) and param.name in values:
            value = values[param.name]
            for each in value if isinstance(value, list) else [value]:
                yield param, each


def _said(param: click.Option, value: object) -> tuple[str, ...]:
    name = max(param.opts, key=len)
    return (name,) if param.is_flag else (name, str(value))
