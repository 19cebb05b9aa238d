"""What a run found, as plain frozen records. Everything downstream reads these and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum

from intact.core.values import JsonValue
from intact.findings.changes import Changes
from intact.findings.verdict import Acceptance, BaselineUse, ThresholdOutcome

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
        money: Kind and amount at stake.
        check: Kind and target of the check that found it, as in the model.
        cause: Names of those of its ``fields`` that findings with one root cause share, such as the customer who is
            gone; empty where each is a cause of its own.
        when: The month (``2026-01``) or day (``2026-01-31``) that the fault is of, where it has one.
        state: ``confirmed`` or ``unconfirmed`` where the document was looked at again, see :class:`Section`; empty
            where all was read as of one moment, or from a dump.
        url: The page that explains it.
        status: ``new``, ``persisting`` or ``came back`` against the runs before; empty without a history.
        first_seen: When the first run found it; None without a history.
        since: When it last appeared: later than ``first_seen`` where it had been resolved; None without a history.
        accepted: By which entry of the baseline it does not fail the run; None where it is not accepted.
        by_changed_rule: Whether it is new to a rule that is new or was changed: the data may be as it was.
    """

    type: str
    severity: str
    report: str
    collection: str
    description: str
    fields: Mapping[str, JsonValue]
    fingerprint: str
    money: tuple[str, Decimal] | None = None
    check: str = ""
    cause: tuple[str, ...] = ()
    when: str | None = None
    state: str = ""
    url: str = ""
    status: str = ""
    first_seen: datetime | None = None
    since: datetime | None = None
    accepted: Acceptance | None = None
    by_changed_rule: bool = False

    def to_dict(self) -> dict[str, JsonValue]:
        """Return the finding in the shape of the JSON report.

        What intact adds to the fields of the type stands together under ``meta``: a model may name its own fields as
        it likes.
        """
        return {
            "type": self.type,
            "severity": self.severity,
            "collection": self.collection,
            **self.fields,
            "description": self.description,
            "fingerprint": self.fingerprint,
            "meta": {
                "check": self.check,
                "when": self.when,
                "money": None if self.money is None else {"kind": self.money[0], "amount": self.money[1]},
                "cause": list(self.cause),
                "state": self.state or None,
                "status": self.status or None,
                "first_seen": None if self.first_seen is None else utc_text(self.first_seen),
                "accepted": None if self.accepted is None else self.accepted.to_dict(),
                "page": self.url,
            },
        }


def utc_text(value: datetime) -> str:
    """Return a moment as ISO 8601 text in UTC."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class FindingExplanation:
    """What one rule's findings mean, from the page of its check and from the model.

    Attributes:
        type: The type of its findings.
        check: Kind and target, as in the model.
        what: What it finds.
        why: Why it matters.
        repair: How to repair it; the model's own words first, if it has any.
        cannot_see: What it cannot see.
        mongosh: A query for mongosh that shows the same faults, as far as the server can find them; may be empty.
        url: The page of the check.
    """

    type: str
    check: str
    severity: str
    what: str
    why: str
    repair: str
    cannot_see: str
    mongosh: str
    url: str


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
        documents: How many documents there were for it to judge; None where a collection was not read.
        values: How many of them, or of their values, it judged; None where that is not known.
        notes: What is to be said beside what it found, such as ``127 of 167 are ids of users (users.id)``, or that the
            rule is probably wrong.
    """

    check: str
    type: str
    status: Status
    findings: int
    reasons: tuple[str, ...] = ()
    line: int = 0
    documents: int | None = None
    values: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def coverage(self) -> str:
        """How much it judged, such as ``0 of 34,897``; empty where that is not known."""
        if self.documents is None or self.values is None:
            return ""
        word = "of" if self.values <= self.documents else "in"  # an array has several values
        return f"{self.values:,} {word} {self.documents:,}"


@dataclass(frozen=True, slots=True)
class Section:
    """One report.

    Attributes:
        name: Its key in the JSON report.
        total: Name and value of its total.
        issues: The findings; at most the run's limit of each type. They may lie on the disk: go through them, and do
            not make a list of them.
        counts: How many findings there are of each type, whatever the limit.
        summary: Its summary figures, as JSON values (sums are Decimal).
        outcomes: How its checks ended, in the model's order.
        actions: The action items of the model.
        done: Those of them that the run itself does.
        document: Name of its document without date (``BILLING_ORPHAN_REPORT``).
        explanations: What the findings mean, one a rule.
        vanished: How many candidates, on a database that was not read as of one moment, were gone when their documents
            were looked at again; they are no findings.
        unconfirmed: How many of the findings could not be looked at again.
        accepted: How many findings of each type the baseline accepts; only types that have any.
        failing: How many of each type make the run fail; only types that have any.
        figures: How much the figures over documents judged, and those over findings that say nothing.
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
    explanations: tuple[FindingExplanation, ...] = ()
    vanished: int = 0
    unconfirmed: int = 0
    done: tuple[str, ...] = ()
    accepted: Mapping[str, int] = field(default_factory=dict)
    failing: Mapping[str, int] = field(default_factory=dict)
    figures: tuple[Outcome, ...] = ()

    @property
    def coverage(self) -> str:
        """How much the check judged that judged the least; empty where that is not known."""
        known = [each for each in self.outcomes if each.coverage]
        least = min(known, key=lambda each: (each.values or 0) / (each.documents or 1), default=None)
        return "" if least is None else least.coverage

    def explanation(self, finding: Finding) -> FindingExplanation | None:
        """Return what a finding of this report means; None for one that no rule made."""
        mine = [each for each in self.explanations if each.type == finding.type]
        return next((each for each in mine if each.check == finding.check), mine[0] if mine else None)


@dataclass(frozen=True, slots=True)
class Repeat:
    """A document that gives a field more than once; the first counts.

    Attributes:
        document_id: Its ``_id``, as a JSON value; None where it has none.
        fields: The names of the fields, as paths.
    """

    document_id: JsonValue
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotRead:
    """A collection of the source that no rule of the model reads.

    Attributes:
        bytes: How large it is in the source; None where that is not known.
        reason: Why it could not be read anyway (a view, a time series); mostly empty.
        beside: The collection of the model whose name is much like its own; empty where none is.
    """

    name: str
    bytes: int | None
    reason: str = ""
    beside: str = ""


@dataclass(frozen=True, slots=True)
class CollectionRead:
    """What was read of one collection.

    Attributes:
        documents: How many documents were seen, lost ones included.
        lost: How many of them could not be taken in.
        repeated: How many give a field twice that the audit reads.
        repeats: The first of these documents.
        present: Whether the source has the collection.
        whole: Whether all of it was read: present, to its end, without a lost document.
        note: Why not, or what else to know; empty mostly.
        copies: How many more were the same, byte for byte, as one of these.
    """

    name: str
    documents: int
    lost: int
    repeated: int
    present: bool
    whole: bool
    note: str = ""
    repeats: tuple[Repeat, ...] = ()
    copies: int = 0


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

    ``total_critical_issues`` is the sum that the model declares, whatever the severity of what it adds up; ``critical``
    counts the findings that are critical. ``new`` and ``resolved`` count against the run before; None without a
    history.
    """

    total_critical_issues: int
    documents_scanned: int
    documents_affected: int
    money_at_stake: Mapping[str, Decimal]
    new: int | None = None
    resolved: int | None = None
    critical: int = 0


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
        one_moment: Whether all collections were read as of one moment.
        notes: What a reader should know of the source, a sentence each.
        moment: The moment as of which a server was read, where it was one.
        read_from: When reading a server began; None for files.
        read_until: When reading it, and looking again, had ended.
        personal: Whether personal fields are shown as they are; otherwise they are masked.
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
    moment: datetime | None = None
    read_from: datetime | None = None
    read_until: datetime | None = None
    personal: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a run.

    Attributes:
        run: What was run.
        headline: The numbers on top.
        sections: The reports, in the model's order.
        collections: What was read.
        not_read: What no rule reads of what the source has: those whose names are like one that is read come first;
            at most some hundred (``not_read_total`` counts all).
        troubles: What could not be read (at most some hundred are listed; ``troubles_total`` counts all).
        fail_on: Finding types, severities or thresholds at which a run fails.
        failing: How many findings make this one fail, each once; accepted ones do not.
        changes: What changed since the run before; None without a history.
        thresholds: The same as ``fail_on``, each with the true number.
        baseline: What became of the baseline; None without one.
    """

    run: RunInfo
    headline: Headline
    sections: tuple[Section, ...]
    collections: tuple[CollectionRead, ...]
    troubles: tuple[Trouble, ...] = ()
    troubles_total: int = 0
    fail_on: tuple[str, ...] = ()
    failing: int = 0
    changes: Changes | None = None
    thresholds: tuple[ThresholdOutcome, ...] = ()
    baseline: BaselineUse | None = None
    not_read: tuple[NotRead, ...] = ()
    not_read_total: int = 0
    _by_name: Mapping[str, Section] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {section.name: section for section in self.sections})

    def __getitem__(self, name: str) -> Section:
        """Return the report of that name.

        Raises:
            KeyError: If the run did not make it.
        """
        return self._by_name[name]

    @property
    def accepted(self) -> int:
        """How many findings the baseline accepts."""
        return sum(sum(section.accepted.values()) for section in self.sections)

    @property
    def complete(self) -> bool:
        """Whether all that was asked could be checked."""
        return not self.troubles_total and not self.not_evaluated

    @property
    def not_evaluated(self) -> tuple[Outcome, ...]:
        """Return the checks of which all or a part was not evaluated."""
        return tuple(o for section in self.sections for o in section.outcomes if o.reasons)

    @property
    def exit_code(self) -> int:
        """1 with a finding at or above ``fail_on``, else 3 where part could not be checked, else 0."""
        if self.failing:
            return 1
        return 0 if self.complete else 3

    def to_dict(self) -> dict[str, JsonValue]:
        """Return the whole report in the shape of the JSON report; amounts are Decimal."""
        from intact.findings.document import to_document  # noqa: PLC0415 - it reads these records

        return to_document(self)

    def _repr_html_(self) -> str:
        """Show the report in a notebook."""
        from intact.findings.notebook import to_html  # noqa: PLC0415 - it reads these records

        return to_html(self)
