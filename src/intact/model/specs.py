"""What a model declares, as plain frozen records.

A model is read by :func:`intact.model.load`; checks and the run use nothing but these records.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum

from intact.core.paths import EACH, Path
from intact.core.terms import Severity

ALL = "all"
"""Target of a check that covers every declared collection; and the finding types of a whole report."""


class Cadence(Enum):
    """How often a report is due."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


NEGATIVE = "_negative"
"""What is added to a name for what is negative: it stands apart, and settles nothing."""

Literal = str | bool | int | Decimal | None
"""A value that a condition compares with. Text compares in any letter case; None means missing or null."""


@dataclass(frozen=True, slots=True)
class Condition:
    """True where the value at ``path``, or an element of the array there, is one of ``allowed``, as in a query.

    All text is compared by Unicode case folding, white space counting; numbers by MongoDB's equality; a literal None is
    true for a missing, null or undefined value. A condition that names true or false asks a flag: where the value is
    neither a boolean nor one of the other literals, it is open.

    Attributes:
        path: Where the value is.
        allowed: What it may be.
        link: Whether the path is a declared reference; there None means a missing link, which an array without an
            element other than null is too.
    """

    path: Path
    allowed: tuple[Literal, ...]
    link: bool = False

    @property
    def asks_flag(self) -> bool:
        """Whether the condition needs a boolean."""
        return any(isinstance(literal, bool) for literal in self.allowed)


Conditions = tuple[Condition, ...]
"""Conditions that must all hold."""


@dataclass(frozen=True, slots=True)
class Link:
    """A path in a collection, written ``collection.path`` in a model."""

    collection: str
    path: Path

    def __str__(self) -> str:
        return f"{self.collection}.{self.path}"


def _names(path: Path) -> tuple[str, ...]:
    return tuple(step for step in path.steps if step != EACH)


def _begins(longer: tuple[str, ...], shorter: tuple[str, ...]) -> bool:
    return longer[: len(shorter)] == shorter


def overlap(one: Path, other: Path) -> bool:
    """Say whether one of two paths leads to the other, arrays on the way left out."""
    names, others = _names(one), _names(other)
    return _begins(names, others) or _begins(others, names)


@dataclass(frozen=True, slots=True)
class Collection:
    """A declared collection.

    Attributes:
        name: Its name in the database.
        key: The path of its key; None where it is only referred from.
        named: What findings call the key (``order_id``).
        noun: What people call a document of it (``order``).
        plural: What they call several of them; empty where the noun is not known.
        references: Target collection by path.
        values: Allowed texts by path.
        personal: Paths whose values are masked in every report, with all that lies under them.
        dated: The path of the date that a document is of, for "since when"; None where it has none.
        optional: Paths that may rightly have a value in no document.
    """

    name: str
    key: Path | None
    named: str
    noun: str
    references: Mapping[Path, str] = field(default_factory=dict)
    values: Mapping[Path, tuple[str, ...]] = field(default_factory=dict)
    line: int = 0
    personal: tuple[Path, ...] = ()
    dated: Path | None = None
    plural: str = ""
    optional: tuple[Path, ...] = ()

    @property
    def paths(self) -> frozenset[Path]:
        """The paths that the collection declares, whether a report reads them or not."""
        single = [path for path in (self.key, self.dated) if path]
        return frozenset((*single, *self.references, *self.values, *self.personal))

    def is_personal(self, path: Path) -> bool:
        """Say whether values at a path are personal: a personal path leads to it, or it leads to one."""
        return any(overlap(path, each) for each in self.personal)

    def hides_name(self, path: Path) -> bool:
        """Say whether a field's name is personal itself: it stands under a personal path, and no model declares it."""
        names = _names(path)
        inside = any(
            len(names) > len(_names(each)) and _begins(names, _names(each)) for each in self.personal
        )
        return inside and path not in self.paths


@dataclass(frozen=True, slots=True)
class Entries:
    """The booked side of a reconciliation: one entry (a bill) a period and subject.

    What ``where`` and ``unless`` leave out (a cancelled bill) is no entry.
    """

    collection: str
    link: Path
    period: Path
    amount: Path
    where: Conditions = ()
    unless: Conditions = ()
    currency: Path | None = None


@dataclass(frozen=True, slots=True)
class Lines:
    """The counted side of a reconciliation: what the entries should add up to (the delivered orders).

    ``marked`` is a flag that says of a line that it has been booked. Findings call the number of lines ``named``, and
    that of the marked ones ``marked_named``.
    """

    collection: str
    link: Path
    date: Path
    amount: Path
    where: Conditions = ()
    marked: Path | None = None
    unless: Conditions = ()
    named: str = "lines"
    marked_named: str = "lines_marked"
    line: int = 0
    currency: Path | None = None


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Entries against lines, per subject (``of``) and calendar month in the model's time zone."""

    name: str
    of: str
    entries: Entries
    lines: Lines
    tolerance: Decimal
    line: int = 0

    @property
    def by_currency(self) -> bool:
        """Whether its periods are told apart by currency."""
        return self.entries.currency is not None or self.lines.currency is not None


@dataclass(frozen=True, slots=True)
class Money:
    """The kind of money that a finding puts at stake; ``under`` is the kind of a negative amount.

    The two are never the same: what is owed one way does not settle what is owed the other way.
    """

    over: str
    under: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry under a report's ``checks``.

    Attributes:
        kind: The check's name (``missing-link``).
        target: What the check is about: a link, a collection, a reconciliation's name, or :data:`ALL`.
        finding: The type of its findings.
        severity: Their severity.
        description: One line with ``{fields}`` of the finding.
        options: The options that the check's kind declares, by name, typed as their :class:`OptionType` says.
            What is not given is not in the mapping.
        money: The kind of money at stake, if any.
        money_unless: Conditions on the finding's shown fields under which no money is at stake.
        what: What a finding means; empty where the check says it.
        why: Why it matters; empty where the check says it.
        repair: How to repair it, in place of what the check says; empty where that says it all.
        line: Line in the model file.
        named: What findings call the value at the path that the check is about; empty where it is about no path.
    """

    kind: str
    target: Link | str
    finding: str
    severity: Severity
    description: str
    options: Mapping[str, object] = field(default_factory=dict)
    money: Money | None = None
    money_unless: Mapping[str, tuple[Literal, ...]] = field(default_factory=dict)
    repair: str = ""
    line: int = 0
    named: str = ""
    what: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class CountFindings:
    """Figure: how many findings of these types (empty: all) have fields with these values."""

    types: tuple[str, ...]
    where: Mapping[str, tuple[Literal, ...]] = field(default_factory=dict)
    unless: Mapping[str, tuple[Literal, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SumFindings:
    """Figure: the sum of a field over the findings of these types."""

    name: str
    types: tuple[str, ...]
    where: Mapping[str, tuple[Literal, ...]] = field(default_factory=dict)
    unless: Mapping[str, tuple[Literal, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CountDocuments:
    """Figure: how many documents fulfil the conditions; with ``by``, counted by the text at that path."""

    collection: str
    where: Conditions
    by: Path | None = None


@dataclass(frozen=True, slots=True)
class LinkedSum:
    """Figure: the sum of ``amount`` over documents that lead, link by link, to a document without a partner.

    ``through`` leads from the amount's collection to that of ``unmatched``, whose link there finds nothing.
    Each amount counts once.
    """

    amount: Link
    through: tuple[Link, ...]
    unmatched: Link
    currency: Path | None = None


@dataclass(frozen=True, slots=True)
class UndatedLines:
    """Figure: how many lines of a reconciliation name a subject and have no readable date."""

    reconciliation: str


FigureSpec = CountFindings | SumFindings | CountDocuments | LinkedSum | UndatedLines


@dataclass(frozen=True, slots=True)
class ReportSpec:
    """A report: its checks, the numbers that sum it up, and what is to be done; ``done`` are the actions of the run."""

    name: str
    title: str
    purpose: str
    cadence: Cadence
    document: str
    rules: tuple[Rule, ...]
    total: tuple[str, FigureSpec]
    summary: Mapping[str, FigureSpec]
    actions: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class Model:
    """A whole model file.

    Attributes:
        file: Where it was read from, for messages.
        currency: ISO 4217 code of amounts whose document names none, or None.
        region: ISO 3166 code for phone numbers without a country code, or None.
        timezone: IANA name of the zone whose calendar months are the periods.
        fail_on: Finding types that make a run fail; the severities that do where the model names no type.
        headline: ``(report, figure)`` pairs that "Total Critical Issues Found" adds up.
        days: Dates that name calendar days, in UTC, whatever the time zone.
    """

    name: str
    title: str
    about: str
    file: str
    currency: str | None
    region: str | None
    timezone: str
    collections: Mapping[str, Collection]
    reconciliations: Mapping[str, Reconciliation]
    reports: Mapping[str, ReportSpec]
    fail_on: tuple[str, ...]
    headline: tuple[tuple[str, str], ...]
    days: frozenset[Link] = frozenset()

    def by_currency(self, rule: Rule) -> bool:
        """Whether findings of a rule say in which currency their amounts are."""
        declared = self.reconciliations.get(rule.target) if isinstance(rule.target, str) else None
        return "currency" in rule.options or (declared is not None and declared.by_currency)

    @property
    def currencies(self) -> bool:
        """Whether the currency of amounts stands in the documents."""
        figures = (figure for report in self.reports.values() for figure in report.summary.values())
        return any(
            self.by_currency(rule) for report in self.reports.values() for rule in report.rules
        ) or any(isinstance(figure, LinkedSum) and figure.currency for figure in figures)


class TargetType(Enum):
    """What stands behind a check's name in a model."""

    LINK = "a collection and a path, such as orders.status"
    REFERENCE = "a collection and one of its declared references, such as orders.customer_id"
    COLLECTION = "a declared collection"
    COLLECTIONS = "all, or a declared collection"
    RECONCILIATION = "a declared reconciliation"


class OptionType(Enum):
    """What an option of a check takes, and the Python type it becomes in :attr:`Rule.options`."""

    CONDITIONS = "conditions"  # tuple[Condition, ...], on the target's collection
    SHOW = "show"  # Mapping[str, Path]: name in the finding -> path in the target's collection
    AMOUNT = "amount"  # Path in the target's collection that is read as an amount; it may go through an array
    CURRENCY = "currency"  # Path in the target's collection whose text says in which currency the amount is
    DATE = "date"  # Path in the target's collection that is read as a date
    DATES = "dates"  # tuple[Path, ...] in the target's collection that are read as dates
    REFERENCE = "reference"  # Link to a declared reference that leads back; findings name the two records
    NAMED_REFERENCE = (
        "named reference"  # tuple[str, Link]: name in the finding -> a declared reference to the target
    )
    LINKED_CONDITIONS = "linked conditions"  # tuple[Condition, ...], on the collection of a NAMED_REFERENCE
    INTEGER = "integer"  # int, not negative
    TEXT = "text"  # str
    NAME = "name"  # str: what findings call the ids of a group; the id of a single record is not in them then
    CHOICE = "choice"  # str, one of Option.choices
    VALUES = "values"  # tuple[str, ...]; by default those that the collection declares for the target's path


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a check.

    Attributes:
        type: What it takes.
        about: One sentence for the JSON Schema and the documentation.
        required: Whether it must be given.
        choices: For :attr:`OptionType.CHOICE`.
    """

    type: OptionType
    about: str
    required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """The grammar of a check, which the check itself declares; the loader and the JSON Schema follow it.

    Attributes:
        name: As written in models.
        target: What stands behind the name.
        options: Its own options, beside those that every check has (finding, severity, description, money,
            money-unless, what, why, repair).
        fields: Names that a description may use, beside the names of the record, of the reference, of SHOW options
            and of NAMED_REFERENCE options: what the check itself puts into its findings.
    """

    name: str
    target: TargetType
    options: Mapping[str, Option] = field(default_factory=dict)
    fields: tuple[str, ...] = ()

    @property
    def amounts(self) -> tuple[str, ...]:
        """Options whose amount can be the money at stake; a reconciliation has amounts without an option."""
        return tuple(name for name, option in self.options.items() if option.type is OptionType.AMOUNT)
