"""Run an audit of a server of the tests, in small batches and several ranges, and take apart what it says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest

from intact import check
from intact.checks import KINDS
from intact.findings import Report, to_document
from intact.model import load
from intact.model.specs import Model
from intact.sources.base import Source
from intact.sources.mongodb import ranges as mongo_ranges
from intact.sources.mongodb.live import LiveSource
from tests.live.history import name_of
from tests.live.office import AS_OF, Document
from tests.sample_data import Identity

SECONDS = 5.0
"""How long a server may take for one answer."""


@cache
def _model() -> Model:
    return load("delivery", KINDS)


@dataclass(slots=True)
class Audit:
    """An audit, with its findings by what makes each of them itself.

    Attributes:
        issues: Every finding, with the report it is in.
    """

    report: Report
    document: Document
    issues: dict[Identity, tuple[str, Document]] = field(default_factory=dict)

    def of_state(self, *states: str | None) -> frozenset[Identity]:
        """The findings of some states."""
        return frozenset(name for name, (_, issue) in self.issues.items() if issue["meta"]["state"] in states)

    @property
    def found(self) -> frozenset[Identity]:
        """All findings."""
        return frozenset(self.issues)

    @property
    def vanished(self) -> int:
        """How many candidates were gone when they were looked at again."""
        return sum(section.vanished for section in self.report.sections)


@contextmanager
def many_ranges(documents: int = 30) -> Iterator[None]:
    """Let collections of so many documents be read in several ranges, as large ones are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mongo_ranges, "WORTH_RANGES", documents)
        patch.setattr(mongo_ranges, "PER_RANGE", documents // 2)
        yield


def audit(source: str | Source, **options: Any) -> Audit:
    """Audit a server, or another source, with the shipped model."""
    if isinstance(source, str):
        source = live = LiveSource.from_uri(source)
        live.patience = SECONDS
    report = check(source, model=_model(), as_of=AS_OF, show_personal=True, **options)
    document: dict[str, Any] = to_document(report)
    reports: Mapping[str, Any] = document["reports"]
    result = Audit(report, document)
    for name, part in reports.items():
        for issue in part["issues"]:
            result.issues[name_of(name, issue)] = (name, issue)
    return result
