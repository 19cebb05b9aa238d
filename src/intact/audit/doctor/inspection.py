"""What a judgement is made of: the model, what it reads, and what the source says of itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from intact.audit.evaluate import needs
from intact.checks import BY_NAME
from intact.core.counts import counted
from intact.core.paths import Path
from intact.model.specs import Model, ReportSpec
from intact.sources.base import CollectionInfo, SourceInfo
from intact.sources.mongodb.facts import ServerSurvey

_LISTED = 6


@dataclass(frozen=True, slots=True)
class Inspection:
    """One source, to be audited with one model.

    Attributes:
        info: What the report's header would say of the source.
        model: The model.
        reports: Those of its reports that are to be made.
        listed: The collections that the source has, as far as they are known.
    """

    info: SourceInfo
    model: Model
    reports: Sequence[ReportSpec]
    listed: Mapping[str, CollectionInfo]

    @property
    def wanted(self) -> dict[str, list[Path]]:
        """For each collection that an audit reads, the paths that it reads, in the order of the model."""
        return wanted_by(self.model, self.reports)

    def checks_on(self, names: Collection[str]) -> str:
        """Say how many checks read one of these collections, and so are not made, or not in full, without it."""
        rules = [rule for report in self.reports for rule in report.rules]
        touched = [
            rule
            for rule in rules
            if any(name in names for name, _ in BY_NAME[rule.kind].columns(rule, self.model))
        ]
        return f"{len(touched)} of {counted(len(rules), 'check')}"


@dataclass(frozen=True, slots=True)
class LiveInspection(Inspection):
    """The same for a server, with what it says of itself."""

    survey: ServerSurvey

    @property
    def database(self) -> str:
        """The database that is read."""
        return self.info.database or ""


def wanted_by(model: Model, reports: Collection[ReportSpec]) -> dict[str, list[Path]]:
    """Give, for each collection that these reports read, the paths, in the order of the model."""
    columns = needs(model, reports)
    return {
        name: sorted({column.path for column in columns[name]})
        for name in model.collections
        if name in columns
    }


def listing(names: Sequence[str]) -> str:
    """Write names one after the other, many only in part."""
    shown = ", ".join(names[:_LISTED])
    return shown if len(names) <= _LISTED else f"{shown} and {len(names) - _LISTED} more"
