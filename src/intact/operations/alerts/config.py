"""What an alerts file says: who is told of what, when, and what is snoozed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from intact.core.terms import SEVERITIES, rank
from intact.model.names import suggestion

DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Names:
    """Finding types and severities; a severity stands for the worse ones too.

    Attributes:
        all: Whether everything is meant.
    """

    names: frozenset[str] = frozenset()
    all: bool = False

    def take(self, type_: str, severity: str) -> bool:
        """Say whether a finding is among them."""
        least = max((rank(each) for each in self.names if each in SEVERITIES), default=-1)
        return self.all or type_ in self.names or rank(severity) <= least


@dataclass(frozen=True, slots=True)
class Digest:
    """When the rest is told: once a day, or once a week.

    Attributes:
        day: Of the week, 0 for Monday; None for every day.
    """

    day: int | None
    at: time


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours in which nobody is told; they may go over midnight."""

    begin: time
    end: time
    but: Names = Names()


@dataclass(frozen=True, slots=True)
class Target:
    """One receiver.

    Attributes:
        url: Where to, for Apprise, with its secrets: never shown.
        types: Types of findings that are told; empty for all.
        severity: The least severity that is told.
        reports: Reports whose findings are told; empty for all.
        at_once: What is told at once; None for what the model says a run fails at.
        digest: When the rest is told; None for never.
        failures: Whether it is told of runs that failed or were incomplete.
        all_clear: Whether it is told when nothing is left.
    """

    name: str
    line: int
    url: str
    types: frozenset[str] = frozenset()
    severity: str = SEVERITIES[-1]
    reports: frozenset[str] = frozenset()
    at_once: Names | None = None
    digest: Digest | None = None
    quiet: Quiet | None = None
    failures: bool = True
    all_clear: bool = True

    def takes(self, type_: str, severity: str, report: str) -> bool:
        """Say whether it is told of such a finding at all."""
        return (
            (not self.types or type_ in self.types)
            and rank(severity) <= rank(self.severity)
            and (not self.reports or report in self.reports)
        )


FINGERPRINT: Final = re.compile("[0-9a-f]{6,20}")
TYPE: Final = re.compile("[A-Z][A-Z0-9_]*")
CAUSE: Final = re.compile("[^=]+=.+")
"""What can be snoozed: a fingerprint or its beginning, a type, a cause such as ``customer_id=c-17``."""


@dataclass(frozen=True, slots=True)
class Snooze:
    """Findings of which nobody is told before ``until``."""

    what: str
    until: datetime

    def covers(self, type_: str, fingerprint: str, cause: Iterable[tuple[str, str]], now: datetime) -> bool:
        """Say whether a finding is snoozed; ``cause`` has names and values, as texts."""
        if now >= self.until:
            return False
        if "=" in self.what:
            name, _, value = self.what.partition("=")
            return (name, value) in cause
        return self.what == type_ or (
            FINGERPRINT.fullmatch(self.what) is not None and fingerprint.startswith(self.what)
        )


@dataclass(frozen=True, slots=True)
class Word:
    """A name in the file that only a model can judge.

    Attributes:
        kind: ``type`` or ``report``.
    """

    kind: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Config:
    """An alerts file.

    Attributes:
        file: The file, as messages name it.
        identity: What its targets are remembered by: the file's own ``name``, else its absolute path.
        link: Where the report is to be found; may be empty.
        switch: URL of the dead man's switch; may be empty. Secret, as are the targets' URLs.
        problems: What is wrong with the file, a sentence with file and line each. What it concerns is left out above.
        secrets: Texts that must never be shown.
    """

    file: str
    identity: str
    zone: ZoneInfo
    targets: tuple[Target, ...] = ()
    snoozes: tuple[Snooze, ...] = ()
    link: str = ""
    switch: str = ""
    problems: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    words: tuple[Word, ...] = ()

    def doubts(self, types: Collection[str], reports: Collection[str], model: str) -> Iterator[str]:
        """Name the types and reports that a model does not have; of those nobody would ever be told."""
        for word in self.words:
            known = types if word.kind == "type" else reports
            if word.text not in known:
                what = "finding type" if word.kind == "type" else "report"
                hint = suggestion(word.text, sorted(known))
                sentence = f"{self.file}:{word.line}: the model {model} has no {what} '{word.text}'. {hint}"
                yield sentence.strip()
