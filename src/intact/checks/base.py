"""What a check is: a module with a page, a grammar, the columns it reads, and the parts that find.

A check's module has a docstring with five headed paragraphs (what it finds, why it matters, example, how to repair,
what it cannot see), and the names of the :class:`Check` protocol. It knows no other check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from intact.core.paths import Path
from intact.core.values import JsonValue
from intact.model.specs import Collection, Conditions, Kind, Link, Model, Rule
from intact.project.columns import Column, Role

if TYPE_CHECKING:
    from intact.checks.context import Context

ID = Path(("_id",))
"""Where every document has its ``_id``."""

CONFIRMED = "confirmed"
"""State of a draft whose documents were looked at again and show the fault still."""

UNCONFIRMED = "unconfirmed"
"""State of a draft whose documents could not be looked at again."""

Need = tuple[str, Column]
"""A column of a collection."""


@dataclass(slots=True)
class Draft:
    """A finding as a check makes it; the evaluation adds what is the same for all.

    Attributes:
        collection: Where it is to be fixed.
        rows: Numbers of the documents that it affects, all in that collection.
        identity: What makes it this fault and no other (:func:`intact.findings.fingerprint.fingerprint`).
        fields: What it carries, in order.
        amount: The money at stake, if the rule says that there is any; negative where it is owed the other way.
        unreadable: The field that could not be read: this is an :data:`UNREADABLE` and not one of the rule's findings.
        cause: Names of the fields that findings with one root cause share; empty where each is a cause of its own.
        when: The month or day that the fault is of, ``2026-01`` or ``2026-01-31``.
        taken: From which path of the documents the values of fields were taken, by the fields' names; keys and
            references need not be told.
        beside: ``_id`` of further documents of the collection that decide about it.
        currency: Of the amount, where documents say it; empty where that is not known.
        state: :data:`CONFIRMED` or :data:`UNCONFIRMED`; empty where nothing has to be looked at again.
    """

    collection: str
    rows: Sequence[int]
    identity: tuple[str | None, ...]
    fields: dict[str, JsonValue]
    amount: Decimal | None = None
    unreadable: str = ""
    cause: tuple[str, ...] = ()
    when: str | None = None
    taken: dict[str, Path] = field(default_factory=dict)
    beside: tuple[str, ...] = ()
    state: str = ""
    currency: str | None = None


class PathUse(Enum):
    """What a check or figure takes a path for."""

    KEY = "key"
    REFERENCE = "reference"
    COMPARED = "compared value"
    CONDITION = "condition"
    ABSENCE = "condition on a missing value"
    AMOUNT = "amount"
    DATE = "date"
    DATED = "date of a document"
    SHOWN = "shown value"
    PERSONAL = "personal value"
    REFERRING = "reference to a record of a group"


@dataclass(frozen=True, slots=True)
class Rest:
    """A place on which a check or figure rests: where no document has a value there, it looks at nothing.

    Attributes:
        collection: Whose documents.
        paths: Paths that stand for each other; a value at one of them is enough.
        use: What they are taken for.
        sought: Whether a missing value there is what the check finds.
    """

    collection: str
    paths: tuple[Path, ...]
    use: PathUse
    sought: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """What a check judges in a collection.

    Attributes:
        collection: Whose documents it goes through.
        path: The path, in the role KEY, whose values it judges; None where it judges documents.
        where: SQL condition on the documents that it judges.
        count: SQL aggregate over :attr:`table` that counts, in place of the two above.
        table: The relation of the aggregate, quoted.
    """

    collection: str
    path: Path | None = None
    where: str = ""
    count: str = ""
    table: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A query of a check, with what it stands on.

    Attributes:
        run: Finds; called once.
        reads: Collections of which it judges what has been read; one that is absent leaves the part not evaluated, one
            that was read in part leaves it evaluated in part.
        whole: Collections in which it concludes from what is *not* there: without all of one, it is not evaluated.
        values: Paths from whose values it concludes that something is *not* there: where no document has a value at
            one of them, it is not evaluated.
    """

    run: Callable[[Context], Iterator[Draft]]
    reads: frozenset[str]
    whole: frozenset[str] = field(default_factory=frozenset)
    values: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Hop:
    """A step from documents to others that decide about the same draft.

    Attributes:
        collection: Where it starts.
        path: Whose values lead on.
        to: Where it leads.
        at: By which path documents there are found: those that hold one of the values.
    """

    collection: str
    path: Path
    to: str
    at: Path


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """The documents that decide about a draft: with these alone the check finds the same draft.

    It may name more than decide, and never fewer.

    Attributes:
        own: Whether the documents that the draft affects are among them, and those :attr:`Draft.beside` them.
        values: Collection, path and canonical value: all documents that hold the value there.
        chains: Hops, one after the other, from the documents that the draft affects.
    """

    own: bool = True
    values: tuple[tuple[str, Path, str], ...] = ()
    chains: tuple[tuple[Hop, ...], ...] = ()


class Check(Protocol):
    """What the module of a check has."""

    KIND: Kind
    __name__: str
    __doc__: str | None

    def columns(self, rule: Rule, model: Model) -> Iterable[Need]:
        """Return the columns that the check reads for a rule."""

    def parts(self, rule: Rule, model: Model) -> Sequence[Part]:
        """Return the queries that find, in the order in which their findings are reported."""

    def rests(self, rule: Rule, model: Model) -> Iterable[Rest]:
        """Return the places on which the check rests for a rule: all the paths that its columns are of."""

    def judges(self, rule: Rule, context: Context) -> Sequence[Judged]:
        """Return what the check judges for a rule."""

    def lookups(self, rule: Rule, model: Model, draft: Draft) -> Neighbourhood:
        """Return the documents that decide about a draft, to be looked at again where the database changes."""

    def mongosh(self, rule: Rule, model: Model) -> str:
        """Return a query for mongosh that shows the same faults, as far as the server can find them."""


def target_link(rule: Rule) -> Link:
    """Return the target of a rule that is about a path."""
    if not isinstance(rule.target, Link):
        raise TypeError(f"{rule.kind} needs a path as its target")
    return rule.target


def target_name(rule: Rule) -> str:
    """Return the target of a rule that is about a collection, all of them, or a reconciliation."""
    if isinstance(rule.target, Link):
        raise TypeError(f"{rule.kind} needs a name as its target")
    return rule.target


def conditions(rule: Rule, option: str) -> Conditions:
    """Return the conditions of an option; none where it is not given."""
    value = rule.options.get(option, ())
    return value if isinstance(value, tuple) else ()


def shown_paths(rule: Rule, option: str = "show") -> dict[str, Path]:
    """Return the values that a rule shows: name in the finding, and path."""
    value = rule.options.get(option, {})
    return dict(value) if isinstance(value, dict) else {}


def currency_path(rule: Rule) -> Path | None:
    """Return the path of the currency of a rule's amount."""
    path = rule.options.get("currency")
    return path if isinstance(path, Path) else None


def key_path(collection: Collection) -> Path:
    """Return the path by which documents of a collection are referred to."""
    return collection.key or ID


def to_target(link: Link, model: Model) -> Hop:
    """Return the hop along a declared reference."""
    target = model.collections[model.collections[link.collection].references[link.path]]
    return Hop(link.collection, link.path, target.name, key_path(target))


def key_columns(collection: Collection) -> Iterator[Need]:
    """Yield the columns that name the documents of a collection and by which they are found."""
    if collection.key is not None:
        yield collection.name, Column(collection.key, Role.KEY)


def condition_columns(collection: str, given: Conditions) -> Iterator[Need]:
    """Yield the columns that conditions compare."""
    for condition in given:
        yield collection, Column(condition.path, Role.MATCH)
        for literal in condition.allowed:
            if isinstance(literal, bool):
                yield collection, Column(condition.path, Role.FLAG)
            elif isinstance(literal, str):
                yield collection, Column(condition.path, Role.TEXT)
            elif literal is not None or condition.link:
                yield collection, Column(condition.path, Role.KEY)


def document_columns(rule: Rule, model: Model, collection: str) -> Iterator[Need]:
    """Yield the columns of what most checks say about a document: its name, conditions, shown values, amount."""
    yield from key_columns(model.collections[collection])
    for option in ("where", "unless"):
        yield from condition_columns(collection, conditions(rule, option))
    for path in shown_paths(rule).values():
        yield collection, Column(path, Role.TEXT)
    if (dated := model.collections[collection].dated) is not None:
        yield collection, Column(dated, Role.DATE)
    amount = rule.options.get("amount")
    if isinstance(amount, Path):
        yield from amount_columns(collection, amount, currency_path(rule))


def amount_columns(collection: str, amount: Path, currency: Path | None) -> Iterator[Need]:
    """Yield the columns of an amount and its currency."""
    yield collection, Column(amount, Role.AMOUNT)
    if currency is None:
        return
    if currency.is_list:
        yield collection, Column(amount, Role.MONEY, currency)
        yield collection, Column(currency, Role.KEY)  # by which it is known whether there is any
    else:
        yield collection, Column(currency, Role.TEXT)


def key_rests(
    collection: Collection, use: PathUse = PathUse.SHOWN, *, sought: bool = False
) -> Iterator[Rest]:
    """Yield the key of a collection, by which its documents are named, or found."""
    if collection.key is not None:
        yield Rest(collection.name, (collection.key,), use, sought)


def target_rests(link: Link, model: Model, *, sought: bool = False) -> Iterator[Rest]:
    """Yield a declared reference, and the key that it should find."""
    yield Rest(link.collection, (link.path,), PathUse.REFERENCE, sought)
    yield from key_rests(
        model.collections[model.collections[link.collection].references[link.path]], PathUse.KEY
    )


def condition_rests(collection: str, given: Conditions) -> Iterator[Rest]:
    """Yield the paths that conditions compare."""
    for condition in given:
        use = PathUse.ABSENCE if None in condition.allowed else PathUse.CONDITION
        yield Rest(collection, (condition.path,), use)


def collection_rests(collection: Collection) -> Iterator[Rest]:
    """Yield what is said of each document of a collection, and what is kept from being said."""
    yield from key_rests(collection)
    for path in collection.personal:
        yield Rest(collection.name, (path,), PathUse.PERSONAL)


def document_rests(rule: Rule, model: Model, collection: str) -> Iterator[Rest]:
    """Yield the places of what most checks say about a document: its name, conditions, shown values, amount."""
    declared = model.collections[collection]
    for option in ("where", "unless"):
        yield from condition_rests(collection, conditions(rule, option))
    amount = rule.options.get("amount")
    if isinstance(amount, Path):
        yield Rest(collection, (amount,), PathUse.AMOUNT)
    if (currency := currency_path(rule)) is not None:
        yield Rest(collection, (currency,), PathUse.AMOUNT)
    yield from collection_rests(declared)
    for path in shown_paths(rule).values():
        yield Rest(collection, (path,), PathUse.SHOWN)
    if declared.dated is not None:
        yield Rest(collection, (declared.dated,), PathUse.DATED)


def key_values(link: Link, model: Model) -> tuple[Link, ...]:
    """Return the key that a declared reference should find: with none anywhere, nothing could be found."""
    target = model.collections[model.collections[link.collection].references[link.path]]
    return () if target.key is None else (Link(target.name, target.key),)
