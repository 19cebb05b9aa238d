"""The numbers that sum up a report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from intact.core.terms import UNREADABLE
from intact.model.names import listed
from intact.model.nodes import Items, Node, Scalar, TableNode
from intact.model.rules import EVERYWHERE, UNREADABLE_FIELDS, Drafted, read_field_values
from intact.model.scope import Scope
from intact.model.specs import (
    ALL,
    CountDocuments,
    CountFindings,
    FigureSpec,
    Link,
    LinkedSum,
    SumFindings,
    UndatedLines,
)

FORMS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "count": (("count",), ("where", "unless")),
    "sum": (("sum", "of"), ("where", "unless")),
    "linked": (("sum", "through", "unmatched"), ("currency",)),
    "documents": (("documents", "where"), ("by",)),
    "undated": (("undated",), ()),
}
"""The forms of a figure: names that it needs, and names that it may have."""

NAMES = ("count", "sum", "documents", "undated")


@dataclass(frozen=True, slots=True)
class Types:
    """The finding types of a report, and what each carries; None where that is not known.

    ``places`` tells of each where the values are that its findings show.
    """

    fields: Mapping[str, frozenset[str] | None]
    places: Mapping[str, Mapping[str, Link]]

    @classmethod
    def of(cls, drafted: list[Drafted]) -> Types:
        """Gather the types of a report's checks. A type of several checks carries what all of them carry."""
        fields: dict[str, frozenset[str] | None] = {UNREADABLE: UNREADABLE_FIELDS | EVERYWHERE}
        places: dict[str, dict[str, Link]] = {}
        for each in drafted:
            if each.finding is None:
                continue
            shown = dict(places.get(each.finding, each.shown).items() & each.shown.items())
            places[each.finding] = shown
            own = None if each.fields is None else each.fields | EVERYWHERE
            before = fields.get(each.finding, own)
            fields[each.finding] = None if before is None or own is None else before & own
        return cls(fields, places)

    def known(self, types: tuple[str, ...]) -> list[frozenset[str] | None]:
        """Return the fields of each of these types; of all types, what any of them has."""
        if types:
            return [self.fields[name] for name in types]
        every: set[str] = set()
        for fields in self.fields.values():
            if fields is None:
                return [None]
            every |= fields
        return [frozenset(every)]

    def shown(self, types: tuple[str, ...]) -> dict[str, Link]:
        """Return where the values of fields are, of those that all types which have them take from one place."""
        found: dict[str, set[Link | None]] = {}
        for type_ in types or self.fields:
            places = self.places.get(type_, {})
            for name in {*(self.fields[type_] or ()), *places}:
                found.setdefault(name, set()).add(places.get(name))
        single = {name: next(iter(places)) for name, places in found.items() if len(places) == 1}
        return {name: place for name, place in single.items() if place is not None}


def read_figure(scope: Scope, name: str, node: Node, types: Types) -> FigureSpec | None:
    """Read one figure."""
    table = scope.table(node, f"the figure {name}")
    form = None if table is None else _form(scope, name, table)
    if table is None or form is None:
        return None
    needed, allowed = FORMS[form]
    if scope.table(node, f"the figure {name}", (*needed, *allowed), needed) is None:
        return None
    if any(each not in table.entries for each in needed):
        return None
    match form:
        case "count":
            return _count(scope, table, types)
        case "sum":
            return _sum(scope, table, types)
        case "linked":
            return _linked(scope, table)
        case "documents":
            return _documents(scope, table)
        case _:
            known = list(scope.reconciliations)
            found = scope.one_of(table.entries["undated"], "declared reconciliation", known)
            return None if found is None else UndatedLines(found)


def _form(scope: Scope, name: str, table: TableNode) -> str | None:
    """Tell the form of a figure by its names."""
    given = [each for each in NAMES if each in table.entries]
    if len(given) == 1:
        linked = "through" in table.entries or "unmatched" in table.entries
        return "linked" if given[0] == "sum" and linked else given[0]
    if given:
        scope.problems.add(table.lines[given[1]], f"the figure {name} cannot be both {listed(given)}")
    elif table.entries:
        first = next(iter(table.entries))
        scope.problems.unknown(table.lines[first], f"'{first}' is nothing that a figure can be", first, NAMES)
    else:
        scope.problems.add(
            table.line, f"the figure {name} does not say what it is", f"Known: {', '.join(NAMES)}."
        )
    return None


def _types(scope: Scope, node: Node, types: Types) -> tuple[str, ...] | None:
    """Read ``all``, a finding type of the report, or a list of them; all types are the empty tuple."""
    if isinstance(node, Scalar) and node.value == ALL:
        return ()
    nodes = node.items if isinstance(node, Items) and node.items else (node,)
    found = [scope.one_of(each, "finding type of this report", list(types.fields)) for each in nodes]
    scope.all_different(nodes, found)
    return None if None in found else tuple(name for name in found if name is not None)


def _count(scope: Scope, table: TableNode, types: Types) -> CountFindings | None:
    found = _types(scope, table.entries["count"], types)
    if found is None:
        return None
    known, shown = types.known(found), types.shown(found)
    where, unless = (
        read_field_values(scope, table.entries[name], known, shown) if name in table.entries else {}
        for name in ("where", "unless")
    )
    return CountFindings(found, where, unless)


def _sum(scope: Scope, table: TableNode, types: Types) -> SumFindings | None:
    name = scope.text(table.entries["sum"], "the field to sum")
    counted = _count(
        scope, TableNode(table.line, {**table.entries, "count": table.entries["of"]}, table.lines), types
    )
    if name is None or counted is None:
        return None
    for fields in types.known(counted.types):
        if fields is not None and name not in fields:
            message = f"these findings have no field '{name}'"
            scope.problems.unknown(table.entries["sum"].line, message, name, sorted(fields - EVERYWHERE))
            return None
    return SumFindings(name, counted.types, counted.where, counted.unless)


def _documents(scope: Scope, table: TableNode) -> CountDocuments | None:
    collection = scope.collection(table.entries["documents"])
    if collection is None:
        return None
    where = scope.conditions(table.entries["where"], collection)
    by = scope.path(table.entries["by"], "'by'") if "by" in table.entries else None
    return CountDocuments(collection.name, where, by)


def _linked(scope: Scope, table: TableNode) -> LinkedSum | None:
    """Read a sum over documents that lead, link by link, to a document without a partner."""
    summed, of = scope.priced(table, "sum")
    amount = None if summed is None else scope.link(summed, "an amount, such as bills.total", each=True)
    steps = scope.items(table.entries["through"], "a list of references for 'through'") or ()
    through = [scope.reference(each) for each in steps]
    unmatched = scope.reference(table.entries["unmatched"])
    if amount is None or unmatched is None or None in through or not through:
        return None
    scope.roles.claim(amount.collection, amount.path, "an amount", table.entries["sum"].line)
    at = amount.collection
    for node, link in zip((*steps, table.entries["unmatched"]), (*through, unmatched), strict=True):
        if link is not None and link.collection != at:
            scope.problems.add(
                node.line, f"expected a reference of {at}, for that is where the way has led, found {link}"
            )
            return None
        at = scope.collections[at].references[link.path] if link is not None else at
    currency = None
    if of is not None:
        currency = scope.currency(of, scope.collections[amount.collection], amount.path)
    return LinkedSum(amount, tuple(link for link in through if isinstance(link, Link)), unmatched, currency)


def is_count(figure: FigureSpec) -> bool:
    """Whether a figure is a single whole number."""
    return not isinstance(figure, SumFindings | LinkedSum) and not (
        isinstance(figure, CountDocuments) and figure.by is not None
    )
