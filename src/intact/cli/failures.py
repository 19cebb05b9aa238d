"""What goes wrong, as one sentence a user can act on, without a secret in it."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import threading
import traceback
from collections.abc import Iterator, Sequence
from typing import Final

import click

from intact.errors import IntactError

ISSUES: Final = "https://github.com/intact-audit/intact/issues"
TRACEBACK: Final = "INTACT_TRACEBACK"
"""Environment variable that asks for the traceback of an unexpected error."""

_ENVIRONMENT: Final = ("INTACT_SOURCE", "MONGODB_URI")
_URI: Final = re.compile(r"\bmongodb(\+srv)?:/?/?[^\s'\"]*", re.IGNORECASE)
_HIDDEN: Final = "mongodb://..."
_LONGEST: Final = 500


def failure_of(error: Exception, arguments: Sequence[str]) -> str:
    """Give the text for stderr that says what went wrong.

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
    elif os.environ.get(TRACEBACK):
        text = "".join(traceback.format_exception(error))
    else:
        text = _unexpected(error)
    return without_uris(without_secrets(text, arguments))


def without_uris(text: str) -> str:
    """Hide every URI of a MongoDB, whole: user, password and options alike."""
    return _URI.sub(_HIDDEN, text)


def without_secrets(text: str, arguments: Sequence[str] = ()) -> str:
    """Hide the URIs that this process was given, if they could hold a credential."""
    given = [*arguments, *(os.environ.get(name, "") for name in _ENVIRONMENT)]
    for each in sorted(given, key=len, reverse=True):
        uri = _URI.search(each)
        if uri and ("@" in each or "?" in each):
            secret = each[uri.start() :]
            text = text.replace(secret, _HIDDEN).replace(repr(secret)[1:-1], _HIDDEN)
    return text


def interrupted() -> None:
    """Say that the run was interrupted."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a second one ends what is still being cleaned up
    with contextlib.suppress(OSError):
        click.echo("intact: interrupted; no report was written.", err=True)


@contextlib.contextmanager
def terminable() -> Iterator[None]:
    """Let SIGTERM end a run as Ctrl-C does: cleaned up, with nothing half-written."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(each) for each in signals]
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        for each, handler in zip(signals, before, strict=True):
            signal.signal(each, handler)


def _usage(error: click.UsageError) -> str:
    """Give a usage error with the way to the help."""
    command = error.ctx.command_path if error.ctx else "intact"
    return f"intact: {error.format_message()}\nTry '{command} --help'."


def _sentence(error: IntactError) -> str:
    """Give an error's own lines (a model can have several mistakes), harmless whatever names they hold."""
    from intact.findings.words import harmless

    return "\n".join(harmless(line) for line in str(error).split("\n"))


def _unexpected(error: Exception) -> str:
    """Give the sentence for an error that intact did not foresee."""
    from intact.findings.words import clipped, harmless

    what = clipped(harmless(f"{type(error).__name__}: {error}"), _LONGEST)
    return (
        f"intact: this is a fault in intact itself ({what}). Please report it at {ISSUES}; "
        f"{TRACEBACK}=1 shows where it happened."
    )
