"""Secrets of an alerts file: put in from the environment, and kept out of everything that is said."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from intact.core.distribution import REPOSITORY
from intact.model.names import nearest
from intact.model.problems import Problems

HIDDEN: Final = "..."

_VARIABLE: Final = re.compile(r"\$\{([^}]*)(\}?)")
_NAME: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\|quote)?")
_URL: Final = re.compile(r"[a-z][a-z0-9+.-]*://[^\s'\"]*", re.IGNORECASE)
_SHORT: Final = 4
_PART: Final = 8


class Variables:
    """The environment, as an alerts file names it.

    Attributes:
        secrets: The values that were put in.
    """

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self.secrets: list[str] = []

    def filled(self, text: str, line: int) -> str | None:
        """Put ``${NAME}`` in, and ``${NAME|quote}`` percent-encoded; None, and noted, where one is not set."""
        before = len(self._problems)
        filled = _VARIABLE.sub(lambda found: self._value(found, line), text)
        return filled if len(self._problems) == before else None

    def _value(self, found: re.Match[str], line: int) -> str:
        name = _NAME.fullmatch(found[1])
        if not name or not found[2]:
            self._problems.add(line, "a '${' begins no variable", "Write ${NAME} or ${NAME|quote}.")
            return ""
        value = os.environ.get(name[1])
        if not value:
            near = nearest(name[1], os.environ)
            state = "is not set" if value is None else "is empty"
            hint = f"Did you mean '{near}'?" if near and value is None else ""
            self._problems.add(line, f"the environment variable {name[1]} {state}", hint)
            return ""
        self.secrets.append(value)
        return quote(value, safe="") if name[2] else value


def secrets_of(url: str) -> list[str]:
    """Return what of a URL must not be shown: all of it, and its longer parts but the server's name."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        host = ""
    parts = [part for part in re.split(r"[/:@?&=]+", url) if len(part) >= _PART and part.lower() != host]
    return [url, *parts]


def without(text: str, secrets: Iterable[str]) -> str:
    """Hide secrets, in any way in which a URL may spell them, and any URL."""
    spelt = {way for each in secrets for way in (each, quote(each, safe=""), quote(each), unquote(each))}
    for each in sorted(spelt, key=len, reverse=True):
        if len(each) >= _SHORT:
            text = text.replace(each, HIDDEN)
    # Our own address is in hints, and no secret.
    return _URL.sub(lambda found: found[0] if REPOSITORY in found[0] else HIDDEN, text)
