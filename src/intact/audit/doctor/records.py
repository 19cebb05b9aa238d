"""What ``intact doctor`` says, as plain frozen records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

SCHEMA_VERSION: Final = 1
"""Version of the JSON document: raised when a key changes its meaning or goes away."""


class Level(Enum):
    """What a line means for an audit."""

    PROBLEM = "problem"
    NOTE = "note"
    OK = "ok"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at.

    Attributes:
        subject: What it is about, a word or two (``rights``, ``collections``).
        level: Whether it is in the way: a PROBLEM leaves something out of the audit, a NOTE is worth knowing.
        what: What is so, a phrase without full stop.
        means: What that means for an audit, sentences; empty where it means nothing.
        remedy: What an operator can type to change it, a command; empty where there is none.
        stops: Whether no audit is possible with it.
    """

    subject: str
    level: Level
    what: str
    means: str = ""
    remedy: str = ""
    stops: bool = False


@dataclass(frozen=True, slots=True)
class Examined:
    """A collection of the model, as the source has it.

    Attributes:
        name: Its name.
        present: Whether the source has it; None where nobody can tell.
        documents: About how many documents it has; None where unknown.
        bytes: How many bytes it takes, as the source counts them; None where unknown.
        skip: Why an audit does not read it; empty where it does.
        unindexed: Paths by which an audit looks documents up and that no index serves; None where unknown.
    """

    name: str
    present: bool | None
    documents: int | None = None
    bytes: int | None = None
    skip: str = ""
    unindexed: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class DeclaredPath:
    """A path of the model, as the documents of its collection have it.

    Attributes:
        documents: How many documents have a value other than null there.
        of: How many documents were read.
        types: How many have a value of each type there, by MongoDB's names.
        values: How many values refer, where it is a reference that is looked up; None elsewhere.
        found: How many of them find something; None where it is no such reference.
        meant: The paths that were probably meant where it has no value, and in how many documents they are.
    """

    collection: str
    path: str
    documents: int
    of: int
    types: Mapping[str, int]
    values: int | None = None
    found: int | None = None
    meant: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Withheld:
    """A check or a figure that would not be evaluated, or not in full: kind and target, its finding type, and why."""

    check: str
    type: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fit:
    """How a model fits the documents that are there.

    Attributes:
        paths: Each declared path of the collections that are there.
        withheld: What would not be evaluated.
        lost: How many troubles reading has met.
        sample: Whether only a sample of the documents was read, as of a server.
    """

    paths: tuple[DeclaredPath, ...]
    withheld: tuple[Withheld, ...] = ()
    lost: int = 0
    sample: bool = False


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What an audit of a source with a model would meet.

    Attributes:
        source: Where the data is, without credentials.
        kind: ``dump``, ``archive``, ``bson``, ``extended-json`` or ``mongodb``.
        database: The database, where known.
        model: Name of the model.
        lines: What was looked at, the gravest first.
        collections: Every collection of the model, in its order.
        documents: About how many documents an audit reads; None where unknown.
        seconds: About how long reading them takes; None where unknown.
        fit: How the model fits all documents of a dump, or a sample of a server's; None where no audit is possible.
    """

    source: str
    kind: str
    database: str | None
    model: str
    lines: tuple[Line, ...]
    collections: tuple[Examined, ...] = field(default=())
    documents: int | None = None
    seconds: float | None = None
    fit: Fit | None = None

    @property
    def can_run(self) -> bool:
        """Whether an audit is possible at all."""
        return not any(line.stops for line in self.lines)

    @property
    def exit_code(self) -> int:
        """What ``intact doctor`` ends with: 0 nothing is in the way, 3 something would be left out, 2 no audit."""
        if not self.can_run:
            return 2
        return 3 if any(line.level is Level.PROBLEM for line in self.lines) else 0


def gravest_first(lines: list[Line]) -> tuple[Line, ...]:
    """Order lines by their level; those of one level stay as they are."""
    order = list(Level)
    return tuple(sorted(lines, key=lambda line: (not line.stops, order.index(line.level))))
