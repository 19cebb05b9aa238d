"""The checks of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from intact.core.paths import Path
from intact.core.terms import SEVERITIES, UNREADABLE, Severity
from intact.model import templates
from intact.model.names import listed, nearest, suggestion
from intact.model.node_reader import FIELD, FINDING, OF_UNREADABLE, RESERVED, free_name
from intact.model.nodes import Node, Scalar, TableNode, entries, shortened
from intact.model.options import OptionReader
from intact.model.scope import Scope
from intact.model.specs import (
    ALL,
    NEGATIVE,
    Collection,
    Kind,
    Lines,
    Link,
    Literal,
    Money,
    OptionType,
    Rule,
    TargetType,
)

COMMON = ("finding", "severity", "description", "money", "money-unless", "what", "why", "repair", "as")
"""What every check has, beside its kind and the options of this."""

NEEDED = ("finding", "severity", "description")

TAKEN = (UNREADABLE, "NONE")
"""What no finding can be called: ``--fail-on none`` is for none."""

OF_OLD = {"delivered_orders": "named", "orders_marked_billed": "marked_named"}
"""What findings of every reconciliation had before models could name it; descriptions may still say it."""

UNREADABLE_FIELDS = frozenset({"collection", "document_id", *OF_UNREADABLE})
EVERYWHERE = frozenset({"collection", "severity"})
"""Fields that figures can ask of any finding."""

SEVERITY_NAMES = tuple(each.lower() for each in SEVERITIES)


@dataclass(frozen=True, slots=True)
class Drafted:
    """A check as far as it could be read.

    Attributes:
        finding: The type of its findings, if that could be read.
        fields: What its findings carry; None where that is not known.
        rule: The whole, if all of it could be read.
    """

    finding: str | None
    fields: frozenset[str] | None
    rule: Rule | None

    @property
    def shown(self) -> dict[str, Link]:
        """What its findings show: the name in the finding, and where the value is."""
        return {} if self.rule is None else _shown(self.rule.target, self.rule.options)


def _shown(target: Link | str, options: Mapping[str, object]) -> dict[str, Link]:
    collection, show = target if isinstance(target, str) else target.collection, options.get("show")
    return {name: Link(collection, path) for name, path in show.items()} if isinstance(show, dict) else {}


def read_rules(scope: Scope, node: Node, kinds: Mapping[str, Kind]) -> list[Drafted]:
    """Read the list under ``checks``."""
    found = scope.items(node, "a list of checks")
    return [_Check(scope, kinds, each).read() for each in found or ()]


class _Check:
    """Reads one check."""

    def __init__(self, scope: Scope, kinds: Mapping[str, Kind], node: Node) -> None:
        self.scope = scope
        self.kinds = kinds
        self.node = node
        self.fields: set[str] = set()
        self.fields_known = True
        self.collection: Collection | None = None
        self.link: Link | None = None
        self.named = ""
        self.lines: Lines | None = None

    def read(self) -> Drafted:
        """Read the check; what is wrong is noted."""
        table = self.scope.table(self.node, "a check")
        if table is None:
            return Drafted(None, None, None)
        finding = self._finding(table)
        kind = self._kind(table)
        if kind is None:
            return Drafted(finding, None, None)
        self._names(table, kind)
        target = self._target(table.entries[kind.name], kind)
        if target is None:
            return Drafted(finding, None, None)
        self._own_fields(table, kind)
        options = OptionReader(self.scope, kind, self.collection, self.link, self.fields).read(table)
        rule = self._rule(table, kind, target, finding, options)
        return Drafted(finding, frozenset(self.fields) if self.fields_known else None, rule)

    def _finding(self, table: TableNode) -> str | None:
        node = table.entries.get("finding")
        name = None if node is None else self.scope.name(node, "the type of a finding", FINDING)
        if node is not None and name is not None and (name in TAKEN or name.lower() in SEVERITY_NAMES):
            self.scope.problems.add(
                node.line, f"'{name}' cannot be the type of a finding: it has a meaning already"
            )
        return name

    def _kind(self, table: TableNode) -> Kind | None:
        """Find out which check this is."""
        given = [name for name in table.entries if name in self.kinds]
        if len(given) == 1:
            return self.kinds[given[0]]
        problems = self.scope.problems
        if given:
            problems.add(
                table.lines[given[1]], f"this is one check, and cannot be both {listed(given)}",
                "Begin another check with '- '.",
            )  # fmt: skip
            return None
        options = {option for kind in self.kinds.values() for option in kind.options}
        strange = [name for name in table.entries if name not in options and name not in COMMON]
        near = [name for name in strange if nearest(name, self.kinds)]
        for name in near[:1] or strange[:1]:
            problems.unknown(table.lines[name], f"there is no check '{shortened(name)}'", name, self.kinds)
        if not strange:
            problems.add(
                table.line, "this does not say which check it is", f"Known: {', '.join(self.kinds)}."
            )
        return None

    def _names(self, table: TableNode, kind: Kind) -> None:
        """Note what this kind of check does not have, and what every check needs."""
        known = [*kind.options, *COMMON]
        for name, line, _ in entries(table):
            if name not in known and name != kind.name:
                hint = suggestion(name, known)
                if not hint:
                    hint = f"Known: {', '.join(known)}."
                self.scope.problems.add(line, f"{kind.name} has no option '{shortened(name)}'", hint)
        if "as" in table.entries and kind.target not in (TargetType.LINK, TargetType.REFERENCE):
            self.scope.problems.add(
                table.lines["as"], f"{kind.name} is about no path, to which 'as' could give a name"
            )
        for name in NEEDED:
            if name not in table.entries:
                self.scope.problems.add(table.line, f"{kind.name} needs '{name}'")

    def _target(self, node: Node, kind: Kind) -> Link | str | None:
        """Read what the check is about."""
        scope = self.scope
        match kind.target:
            case TargetType.LINK | TargetType.REFERENCE:
                expected = kind.target.value
                reference = kind.target is TargetType.REFERENCE
                self.link = scope.reference(node, expected) if reference else scope.link(node, expected)
                if self.link is not None:
                    self.collection = scope.collections[self.link.collection]
                return self.link
            case TargetType.RECONCILIATION:
                return scope.one_of(node, "declared reconciliation", list(scope.reconciliations))
            case TargetType.COLLECTIONS if isinstance(node, Scalar) and node.value == ALL:
                return ALL
            case _:
                self.collection = scope.collection(node)
        if (
            self.collection is not None
            and self.collection.key is None
            and kind.target is TargetType.COLLECTIONS
        ):
            scope.problems.add(node.line, f"{self.collection.name} has no key")
        return None if self.collection is None else self.collection.name

    def _own_fields(self, table: TableNode, kind: Kind) -> None:
        """Collect the fields that findings have before the options add theirs."""
        if kind.target is not TargetType.RECONCILIATION:
            self.fields.update(kind.fields)
        of_group = any(option.type is OptionType.NAME for option in kind.options.values())
        pair = any(option.type is OptionType.REFERENCE for option in kind.options.values())
        if kind.target is TargetType.RECONCILIATION:
            self._fields_of_reconciliation(table, kind, of_group=of_group)
        if self.collection is None:
            return
        if not of_group and kind.target is not TargetType.COLLECTIONS:
            self._field(table, kind, self.collection)
        if self.link is not None:
            other = self.scope.collections.get(self.collection.references.get(self.link.path, ""))
            if pair and other is not None:
                self._field(table, kind, other)
            else:
                self._name_value(table, kind, self.link.path)

    def _fields_of_reconciliation(self, table: TableNode, kind: Kind, *, of_group: bool) -> None:
        """Add what names the subject, and the entry where a finding is about one."""
        node = table.entries[kind.name]
        reconciliation = self.scope.reconciliations[str(node.value if isinstance(node, Scalar) else "")]
        lines = reconciliation.lines
        own = {"lines": lines.named, "lines_marked": lines.marked_named}
        for name in (own.get(name, name) for name in kind.fields):
            if name in self.fields:
                message = f"findings of this check would have two fields '{name}'"
                self.scope.problems.add(lines.line, message, "Give the lines another 'named'.")
            self.fields.add(name)
        if reconciliation.by_currency:
            self.fields.add("currency")
        self.lines = lines
        for name in (
            [reconciliation.of] if of_group else [reconciliation.of, reconciliation.entries.collection]
        ):
            collection = self.scope.collections.get(name)
            if collection is None:
                self.fields_known = False
            else:
                self._field(table, kind, collection)

    def _name_value(self, table: TableNode, kind: Kind, path: Path) -> None:
        """Settle what findings call the value at the path that the check is about."""
        node = table.entries.get("as")
        if node is not None:
            name = self.scope.name(node, "the name of a field in findings", FIELD)
            if name is not None and self.scope.new_field(name, node.line, self.fields):
                self.named = name
        else:
            self.named = free_name(path, self.fields) or ""
            if not self.named:
                self.scope.problems.add(
                    table.lines[kind.name],
                    f"findings of this check have no free name for the value of '{path}'",
                    "Name it with 'as'.",
                )
        self.fields.add(self.named)

    def _field(self, table: TableNode, kind: Kind, source: Collection) -> None:
        """Add the name of a record; two values cannot have one name."""
        name = source.named
        if self.scope.doubts(source.name, "named"):
            self.fields_known = False
        elif name in self.fields or name in RESERVED:
            self.scope.problems.add(
                table.lines[kind.name],
                f"findings of this check would have two fields '{name}'",
                "Give the collection another 'named'.",
            )
        self.fields.add(name)

    def _rule(
        self,
        table: TableNode,
        kind: Kind,
        target: Link | str,
        finding: str | None,
        options: Mapping[str, object],
    ) -> Rule | None:
        """Read what every check has, and put it all together."""
        scope, given = self.scope, table.entries
        severity = (
            scope.choice(given["severity"], "severity", SEVERITY_NAMES) if "severity" in given else None
        )
        description = scope.text(given["description"], "a description") if "description" in given else None
        if description is not None:
            description = self._renamed(description)
            self._template(description, given["description"].line)
        money = self._money(table, kind) if "money" in given else None
        known = frozenset(self.fields) if self.fields_known else None
        shown = _shown(target, options)
        unless = (
            read_field_values(scope, given["money-unless"], [known], shown) if "money-unless" in given else {}
        )
        if "money-unless" in given and "money" not in given:
            scope.problems.add(
                table.lines["money-unless"], "'money-unless' stands on 'money', which is not given"
            )
        what, why, repair = (
            scope.text(given[name], f"'{name}'", lines=True) or "" if name in given else ""
            for name in ("what", "why", "repair")
        )
        if finding is None or severity is None or description is None:
            return None
        return Rule(
            kind.name, target, finding, Severity(severity.upper()), description, options, money, unless, repair,
            table.line, self.named, what, why,
        )  # fmt: skip

    def _renamed(self, description: str) -> str:
        """Call fields as the model does, where a description has the names that they had before."""
        for name, attribute in OF_OLD.items() if self.lines else ():
            if name not in self.fields:
                description = description.replace(f"{{{name}}}", f"{{{getattr(self.lines, attribute)}}}")
        return description

    def _template(self, description: str, line: int) -> None:
        """Note the fields of a description that its findings do not have."""
        try:
            names = templates.fields(description)
        except ValueError as error:
            message, _, hint = str(error).partition("; ")
            self.scope.problems.add(line, message, f"{hint[0].upper()}{hint[1:]}.")
            return
        for name in names:
            if self.fields_known and name not in self.fields:
                message = f"findings of this check have no field '{shortened(name)}'"
                self.scope.problems.unknown(line, message, name, sorted(self.fields))

    def _money(self, table: TableNode, kind: Kind) -> Money | None:
        """Read the kind of money at stake: one name, or one for either sign."""
        node = table.entries["money"]
        if kind.target is not TargetType.RECONCILIATION and not set(kind.amounts) & table.entries.keys():
            message = f"this {kind.name} has no amount that could be at stake"
            hint = f"Give it '{kind.amounts[0]}'." if kind.amounts else ""
            self.scope.problems.add(table.lines["money"], message, hint)
        if isinstance(node, Scalar):
            name = self.scope.name(node, "a kind of money")
            return None if name is None else Money(name, f"{name}{NEGATIVE}")
        signs = self.scope.table(node, "'money'", ("over", "under"), ("over", "under"))
        names = {sign: self.scope.name(each, "a kind of money") for sign, _, each in entries(signs)}
        over, under = names.get("over"), names.get("under")
        if over is None or under is None:
            return None
        return Money(over, under if under != over else f"{over}{NEGATIVE}")


def read_field_values(
    scope: Scope, node: Node, known: Sequence[frozenset[str] | None], shown: Mapping[str, Link]
) -> dict[str, tuple[Literal, ...]]:
    """Read conditions on the fields of findings.

    Args:
        scope: What has been read.
        node: The conditions.
        known: The fields of some finding types; each must be one of all of them.
        shown: Where the values of fields are that only show one.
    """
    table = scope.table(node, "conditions on the fields of findings")
    if table is not None and not table.entries:
        scope.problems.add(node.line, "expected at least one condition")
    found: dict[str, tuple[Literal, ...]] = {}
    for name, line, each in entries(table):
        values = scope.literals(each, f"'{shortened(name)}'")
        lacking = [fields for fields in known if fields is not None and name not in fields]
        if lacking:
            scope.problems.unknown(
                line, f"these findings have no field '{shortened(name)}'", name, sorted(lacking[0])
            )
        elif values is not None:
            if name in shown:
                place = shown[name]
                scope.among(scope.collections[place.collection], place.path, values, line)
            found[name] = values
    return found
