"""What is audited, as far as it may be written down."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from intact.core.errors import UsageError
from intact.sources.mongodb.uri import is_mongodb_uri, read_uri

VARIABLE: Final = "INTACT_SOURCE"
"""Environment variable that holds the source where it must not be seen."""

VARIABLES: Final = (VARIABLE, "MONGODB_URI")
"""Environment variables from which the source is taken, in this order."""

_SERVER: Final = re.compile(r"\s*(mongodb(\+srv)?:|(?![a-z]:\\)[^\s/\\]*:\S*@)", re.IGNORECASE)
_SECRET: Final = re.compile(r"mongodb(\+srv)?:|:\S*@", re.IGNORECASE)


def is_server(source: str) -> bool:
    """Whether a text is meant as the URI of a server, even where it is written wrongly."""
    return bool(_SERVER.match(source))


def may_be_secret(text: str) -> bool:
    """Whether a text may hold a credential."""
    return bool(_SECRET.search(text))


def subject_of(source: str | None, environment: Mapping[str, str]) -> str:
    """Give what tells a source from others, without credentials.

    Args:
        source: What was named; None for what the environment says.
        environment: The environment.

    Raises:
        UsageError: If there is none, or it can be read only once.
        SourceError: If it is a URI that cannot be read.
    """
    given = source or next((environment[name] for name in VARIABLES if environment.get(name)), None)
    if given is None:
        raise UsageError(
            "there is nothing to audit",
            hint=f"Name a source, or set {VARIABLE} or MONGODB_URI in the environment.",
        )
    if given == "-":
        raise UsageError("standard input can be read only once", hint="Name a database, a dump or a file.")
    if is_mongodb_uri(given) or is_server(given):
        return read_uri(given.strip()).label()
    return str(Path(given).absolute())
