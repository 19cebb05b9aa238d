"""Who may read: the token, and under which name the server may be asked for."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from intact.core.errors import UsageError

VARIABLE: Final = "INTACT_SERVE_TOKEN"
"""Environment variable with the token."""

LEAST: Final = 16
"""Characters that a token has at least: what protects reports should not be guessed."""

_LARGEST: Final = 4096


@dataclass(frozen=True, slots=True)
class Guard:
    """What is asked of whoever reads.

    Attributes:
        token: The token; None where everybody who can connect may read.
        hosts: The names under which the server may be asked for, in lower case; empty for any. Without that, any page
            that somebody opens in a browser could have its own name point here, and read the reports.
    """

    token: str | None = field(default=None, repr=False)
    hosts: frozenset[str] = frozenset()

    def knows(self, host: str) -> bool:
        """Tell whether a request's ``Host`` is a name of this server."""
        return not self.hosts or _without_port(host).lower() in self.hosts

    def admits(self, authorization: str) -> bool:
        """Tell whether a request's ``Authorization`` has the token, in a time that tells nothing of it.

        Either ``Bearer TOKEN``, or ``Basic`` with the token as password and any name, which is what browsers ask for.
        """
        if self.token is None:
            return True
        scheme, _, given = authorization.partition(" ")
        if scheme.lower() == "basic":
            given = _password(given)
        elif scheme.lower() != "bearer":
            given = ""
        return hmac.compare_digest(_digest(given.strip()), _digest(self.token))


def read_token(file: Path | None, environment: Mapping[str, str]) -> str | None:
    """Return the token that a file has, or else the environment; None where there is none.

    Raises:
        UsageError: If it cannot be read, is empty, or can be guessed.
    """
    if file is None:
        where, token = VARIABLE, environment.get(VARIABLE)
        if token is None:
            return None
    else:
        where, token = str(file), _of_file(file)
    token = token.strip()
    if len(token) < LEAST or not token.isascii() or not token.isprintable() or " " in token:
        raise UsageError(
            f"a token has {LEAST} characters or more, letters, digits and signs, without a blank",
            where=where,
            hint="Make one with: python -c 'import secrets; print(secrets.token_urlsafe())'",
        )
    return token


def _of_file(file: Path) -> str:
    try:
        with file.open("rb") as content:
            return content.read(_LARGEST).decode("ascii", errors="replace")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"the token cannot be read ({reason})", where=str(file)) from error


def _digest(text: str) -> bytes:
    """Return something of a length that does not depend on the text's."""
    return hashlib.sha256(text.encode("utf-8", errors="surrogateescape")).digest()


def _password(encoded: str) -> str:
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return text.partition(":")[2]


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host.partition("]")[0][1:]
    return host.partition(":")[0] if host.count(":") == 1 else host
