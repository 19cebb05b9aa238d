"""What a run found, as plain frozen records. Everything downstream reads these and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum

from intact.values import JsonValue

SCHEMA_VERSION = 1
"""Version of the JSON report; raised when a key changes its meaning or goes away."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to fix.

    Attributes:
        type: ``UNBILLED_ORDER`` and so on.
        severity: ``CRITICAL``, ``HIGH``, ``MEDIUM`` or ``LOW``.
        report: Name of the report that it belongs to.
        collection: Where it is to be fixed.
        description: One line.
        fields: The record's ids and what else the type carries, in order, as JSON values (amounts are Decimal);
            ``document_id`` or ``document_ids`` among them.
        fingerprint: 20 hexadecimal digits, the same from run to run while the fault stays the same.
        money: Amount at stake, by kind.
    """

    type: str
    severity: str
    report: str
    collection: str
    description: str
    fields: Mapping[str, JsonValue]
    fingerprint: str
    money: tuple[str, Decimal] | None = None

    def to_dict(self) -> dict[str, JsonValue]:
        """Give the finding in the shape of the JSON report."""
        return {
            "type": self.type,
            "severity": self.severity,
            "collection": self.collection,
            **self.fields,
            "description": self.description,
            "fingerprint": self.fingerprint,
        }


class Status(Enum):
    """How a check ended."""

    CLEAN = "clean"
    VIOLATED = "violated"
    NOT_EVALUATED = "not evaluated"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one check of a report ended.

    Attributes:
        check: Kind and target, as in the model: ``dangling-reference orders.customer_id``.
        type: The type of its findings.
        status: Clean, violated, or not evaluated. A check that found something and could not be evaluated in part is
            violated, with the reasons given.
        findings: How many it made of that type; values that it could not read are findings of their own.
        reasons: Why it, or a part of it, was not evaluated; empty where all of it was.
        line: Line in the model file.
    """

    check: str
    type: str
    status: Status
    findings: int
    reasons: tuple[str, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """One report.

    Attributes:
        name: Its key in the JSON report.
        total: Name and value of its total.
        issues: The findings; at most the run's limit of each type.
        counts: How many findings there are of each type, whatever the limit.
        summary: Its summary figures, as JSON values (sums are Decimal).
        outcomes: How its checks ended, in the model's order.
        actions: The action items of the model.
        document: Name of its document without date (``BILLING_ORPHAN_REPORT``).
    """

    name: str
    title: str
    purpose: str
    cadence: str
    document: str
    total: tuple[str, int]
    issues: Sequence[Finding]
    counts: Mapping[str, int]
    summary: Mapping[str, JsonValue]
    outcomes: tuple[Outcome, ...]
    actions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CollectionRead:
    """What was read of one collection.

    Attributes:
        documents: How many documents were seen, lost ones included.
        lost: How many of them could not be taken in.
        repeated: How many give a field twice that the audit reads.
        present: Whether the source has the collection.
        whole: Whether all of it was read: present, to its end, without a lost document.
        note: Why not, or what else to know; empty mostly.
    """

    name: str
    documents: int
    lost: int
    repeated: int
    present: bool
    whole: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that could not be read: part of the source, a document, a value.

    Attributes:
        collection: Where; None for the source as a whole.
        what: One sentence.
        where: File and offset, or the document's id and path.
        hint: What to do; may be empty.
        documents: How many documents it concerns; None where unknown.
    """

    collection: str | None
    what: str
    where: str
    hint: str = ""
    documents: int | None = 1


@dataclass(frozen=True, slots=True)
class Headline:
    """The numbers on top.

    ``new`` and ``resolved`` count against the run before; None without a history.
    """

    total_critical_issues: int
    documents_scanned: int
    documents_affected: int
    money_at_stake: Mapping[str, Decimal]
    new: int | None = None
    resolved: int | None = None


@dataclass(frozen=True, slots=True)
class RunInfo:
    """What was run, on what, when.

    Attributes:
        generated_at: When the run ended (UTC).
        as_of: The moment from which ages and periods are counted (UTC).
        seconds: How long it took.
        version: Version of intact.
        projector: Which projector ran.
        engine: Which engine ran.
        model: Name of the model, and the file it is from.
        source: Label of the source, never with a credential.
        notes: What a reader should know of the source, a sentence each.
    """

    generated_at: datetime
    as_of: datetime
    seconds: float
    version: str
    projector: str
    engine: str
    model: str
    model_title: str
    model_file: str
    currency: str | None
    source: str
    source_kind: str
    database: str | None
    one_moment: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a run.

    Attributes:
        run: What was run.
        headline: The numbers on top.
        sections: The reports, in the model's order.
        collections: What was read.
        troubles: What could not be read (at most some hundred are listed; ``troubles_total`` counts all).
        fail_on: Finding types (or severities) at which a run fails.
        failing: How many findings are of those.
    """

    run: RunInfo
    headline: Headline
    sections: tuple[Section, ...]
    collections: tuple[CollectionRead, ...]
    troubles: tuple[Trouble, ...] = ()
    troubles_total: int = 0
    fail_on: tuple[str, ...] = ()
    failing: int = 0
    _by_name: Mapping[str, Section] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {section.name: section for section in self.sections})

    def __getitem__(self, name: str) -> Section:
        """Give the report of that name.

        Raises:
            KeyError: If the run did not make it.
        """
        return self._by_name[name]

    @property
    def complete(self) -> bool:
        """Whether all that was asked could be checked."""
        return not self.troubles_total and not self.not_evaluated

    @property
    def not_evaluated(self) -> tuple[Outcome, ...]:
        """Give the checks of which all or a part was not evaluated."""
        return tuple(o for section in self.sections for o in section.outcomes if o.reasons)

    @property
    def exit_code(self) -> int:
        """1 with a finding at or above ``fail_on``, else 3 where part could not be checked, else 0."""
        if self.failing:
            return 1
        return 0 if self.complete else 3

    def to_dict(self) -> dict[str, JsonValue]:
        """Give the whole report in the shape of the JSON report; amounts are Decimal."""
        from intact.findings.document import to_document  # noqa: PLC0415 - it reads these records

        return to_document(self)

    def _repr_html_(self) -> str:
        """Show the report in a notebook."""
        from intact.findings.notebook import to_html  # noqa: PLC0415 - it reads these records

        return to_html(self)
