"""What is audited, by which model: the one identity by which runs are told apart, as far as it may be written down."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from intact.core.errors import UsageError
from intact.sources.mongodb.uri import is_mongodb_uri, read_uri

if TYPE_CHECKING:
    from intact.findings.records import Report

VARIABLE: Final = "INTACT_SOURCE"
"""Environment variable that holds the source where it must not be seen."""

VARIABLES: Final = (VARIABLE, "MONGODB_URI")
"""Environment variables from which the source is taken, in this order."""

_SERVER: Final = re.compile(r"\s*(mongodb(\+srv)?:|(?![a-z]:\\)[^\s/\\]*:\S*@)", re.IGNORECASE)
_SECRET: Final = re.compile(r"mongodb(\+srv)?:|:\S*@", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AuditId:
    """What makes runs comparable.

    Attributes:
        model: By which model.
        subject: Name of the database; where there is none, the place of the data.
        reports: Which reports are made, where that makes it another audit.
    """

    model: str
    subject: str
    reports: tuple[str, ...] = ()

    @classmethod
    def of(cls, report: Report) -> Self:
        """Return that of a run."""
        run = report.run
        return cls(
            run.model, run.database or run.source, tuple(sorted(each.name for each in report.sections))
        )

    def __str__(self) -> str:
        which = f", {', '.join(self.reports)}" if self.reports else ""
        return f"{self.subject} by the model {self.model}{which}"

    def number(self, database: sqlite3.Connection) -> int | None:
        """Return by which number a history knows it, whichever reports are made; None where it does not."""
        known = "SELECT id FROM audit WHERE model = ? AND subject = ?"
        row = database.execute(known, (self.model, self.subject)).fetchone()
        return None if row is None else int(row[0])


def is_server(source: str) -> bool:
    """Whether a text is meant as the URI of a server, even where it is written wrongly."""
    return bool(_SERVER.match(source))


def may_be_secret(text: str) -> bool:
    """Whether a text may hold a credential."""
    return bool(_SECRET.search(text))


def subject_of(source: str | None, environment: Mapping[str, str]) -> str:
    """Return what tells a source from others, without credentials.

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
