"""What a check is: a module with a page, a grammar, the columns it reads, and the parts that find.

A check's module has a docstring with five headed paragraphs (what it finds, why it matters, example, how to repair,
what it cannot see), and the names of the :class:`Check` protocol. It knows no other check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from intact.model.types import Collection, Conditions, Kind, Link, Model, Rule
from intact.paths import Path
from intact.project.columns import Column, Role
from intact.values import JsonValue

if TYPE_CHECKING:
    from intact.checks.context import Context

UNREADABLE = "UNREADABLE_VALUE"
"""Type of the finding that every check makes of a value on which it depends and which it cannot read."""

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
    """

    collection: str
    rows: Sequence[int]
    identity: tuple[str | None, ...]
    fields: dict[str, JsonValue]
    amount: Decimal | None = None
    unreadable: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A query of a check, with what it stands on.

    Attributes:
        run: Finds; called once.
        reads: Collections of which it judges what has been read; one that is absent leaves the part not evaluated, one
            that was read in part leaves it evaluated in part.
        whole: Collections in which it concludes from what is *not* there: without all of one, it is not evaluated.
    """

    run: Callable[[Context], Iterator[Draft]]
    reads: frozenset[str]
    whole: frozenset[str] = field(default_factory=frozenset)


class Check(Protocol):
    """What the module of a check has."""

    KIND: Kind
    __name__: str
    __doc__: str | None

    def columns(self, rule: Rule, model: Model) -> Iterable[Need]:
        """Give the columns that the check reads for a rule."""

    def parts(self, rule: Rule, model: Model) -> Sequence[Part]:
        """Give the queries that find, in the order in which their findings are reported."""

    def mongosh(self, rule: Rule, model: Model) -> str:
        """Give a query for mongosh that shows the same faults, as far as the server can find them."""


def target_link(rule: Rule) -> Link:
    """Give the target of a rule that is about a path."""
    if not isinstance(rule.target, Link):
        raise TypeError(f"{rule.kind} needs a path as its target")
    return rule.target


def target_name(rule: Rule) -> str:
    """Give the target of a rule that is about a collection, all of them, or a reconciliation."""
    if isinstance(rule.target, Link):
        raise TypeError(f"{rule.kind} needs a name as its target")
    return rule.target


def conditions(rule: Rule, option: str) -> Conditions:
    """Give the conditions of an option; none where it is not given."""
    value = rule.options.get(option, ())
    return value if isinstance(value, tuple) else ()


def shown_paths(rule: Rule, option: str = "show") -> dict[str, Path]:
    """Give the values that a rule shows: name in the finding, and path."""
    value = rule.options.get(option, {})
    return dict(value) if isinstance(value, dict) else {}


def key_columns(collection: Collection) -> Iterator[Need]:
    """Give the columns that name the documents of a collection and by which they are found."""
    if collection.key is not None:
        yield collection.name, Column(collection.key, Role.KEY)


def condition_columns(collection: str, given: Conditions) -> Iterator[Need]:
    """Give the columns that conditions compare."""
    for condition in given:
        for literal in condition.allowed:
            if isinstance(literal, bool):
                yield collection, Column(condition.path, Role.FLAG)
            elif isinstance(literal, str):
                yield collection, Column(condition.path, Role.TEXT)
            else:
                yield collection, Column(condition.path, Role.KEY)


def document_columns(rule: Rule, model: Model, collection: str) -> Iterator[Need]:
    """Give the columns of what most checks say about a document: its name, conditions, shown values, amount."""
    yield from key_columns(model.collections[collection])
    for option in ("where", "unless"):
        yield from condition_columns(collection, conditions(rule, option))
    for path in shown_paths(rule).values():
        yield collection, Column(path, Role.TEXT)
    amount = rule.options.get("amount")
    if isinstance(amount, Path):
        yield collection, Column(amount, Role.AMOUNT)
