"""What goes wrong, as one sentence a user can act on, without a secret in it."""

from __future__ import annotations

import errno
import os
import re
import traceback
from collections.abc import Sequence
from pathlib import PurePath
from typing import Final

import click

from intact.core.distribution import REPOSITORY, conflict
from intact.core.errors import IntactError, ModelError

ISSUES: Final = f"{REPOSITORY}/issues"
TRACEBACK: Final = "INTACT_TRACEBACK"
"""Environment variable that asks for the traceback of an unexpected error."""

_ENVIRONMENT: Final = ("INTACT_SOURCE", "MONGODB_URI")
_URI: Final = re.compile(r"\bmongodb(\+srv)?:/?/?[^\s'\"]*", re.IGNORECASE)
_URI_WITH_USER: Final = re.compile(r"\bmongodb(\+srv)?:[^\s'\"]*@[^\s'\"]*", re.IGNORECASE)
_USER_OF_NO_URI: Final = re.compile(
    r"(?<![^\s'\"])[^\s:@'\"]+:[^\s@'\"]*@(?=[\w.\[])"
)  # its scheme was forgotten
_HIDDEN: Final = "mongodb://..."
_LONGEST: Final = 500


def failure_of(error: Exception, arguments: Sequence[str]) -> str:
    """Return the text for stderr that says what went wrong.

    Args:
        error: Any error that ended the run.
        arguments: The command line, of which a database's URI must not be repeated.
    """
    if isinstance(error, IntactError):  # these name servers, and never hold a credential
        return without_secrets(f"intact: {_sentence(error)}", arguments)
    if isinstance(error, click.UsageError):
        text = _usage(error)
    elif isinstance(error, click.ClickException):
        text = f"intact: {error.format_message()}"
    elif isinstance(error, OSError) and error.errno == errno.ENOSPC:
        text = f"intact: {error.filename or 'standard output'}: there is no space left"
    elif told := conflict(error):
        return f"intact: {told}"
    elif os.environ.get(TRACEBACK):
        text = "".join(traceback.format_exception(error))
    else:
        text = _unexpected(error)
    return without_uris(without_secrets(text, arguments))


def without_secrets(text: str, arguments: Sequence[str] = ()) -> str:
    """Hide every URI with a user in it, and those that this process was given if they could hold a credential."""
    given = [*arguments, *(os.environ.get(name, "") for name in _ENVIRONMENT)]
    for each in sorted(given, key=len, reverse=True):
        uri = _URI.search(each)
        if uri and ("@" in each or "?" in each):
            for secret in _spellings(each[uri.start() :]):
                text = text.replace(secret, _HIDDEN)
    return _USER_OF_NO_URI.sub("...@", _URI_WITH_USER.sub(_HIDDEN, text))


def without_uris(text: str) -> str:
    """Hide every URI of a MongoDB, whole: user, password and options alike."""
    return _URI.sub(_HIDDEN, text)


def _spellings(secret: str) -> tuple[str, ...]:
    """Return the ways in which messages may write a text: as it is, as a literal, as a path, harmless."""
    from intact.findings.words import harmless

    as_path = str(PurePath(secret))
    return tuple(way for each in (secret, as_path) for way in (each, repr(each)[1:-1], harmless(each)))


def _usage(error: click.UsageError) -> str:
    """Return a usage error with the way to the help."""
    command = error.ctx.command_path if error.ctx else "intact"
    return f"intact: {error.format_message()}\nTry '{command} --help'."


def _sentence(error: IntactError) -> str:
    """Return an error's own lines (a model can have several mistakes), harmless whatever names they hold."""
    from intact.findings.words import harmless

    lines = str(error).split("\n") if isinstance(error, ModelError) else [str(error)]
    return "\n".join(harmless(line) for line in lines)


def _unexpected(error: Exception) -> str:
    """Return the sentence for an error that intact did not foresee."""
    from intact.findings.words import clipped, harmless

    what = clipped(harmless(f"{type(error).__name__}: {error}"), _LONGEST)
    return (
        f"intact: this is a fault in intact itself ({what}). Please report it at {ISSUES}; "
        f"{TRACEBACK}=1 shows where it happened."
    )
