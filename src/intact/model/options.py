"""The options of a check, as its :class:`~intact.model.specs.Kind` declares them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from intact.core.paths import Path
from intact.model.node_reader import RESERVED
from intact.model.nodes import Node, TableNode, entries, shortened
from intact.model.scope import Scope
from intact.model.specs import Collection, Kind, Link, Option, OptionType


@dataclass(slots=True)
class OptionReader:
    """Reads the options of one check.

    Attributes:
        collection: The collection that the check is about; None where it is about all or about a reconciliation.
        target: The link that it is about, if it is about one.
        fields: Names of fields that its findings have; what options add is added.
    """

    scope: Scope
    kind: Kind
    collection: Collection | None
    target: Link | None
    fields: set[str]
    found: dict[str, object] = field(default_factory=dict)

    def read(self, table: TableNode) -> Mapping[str, object]:
        """Read the options that are given, and note those that are missing."""
        table = self._priced(table)
        last = OptionType.LINKED_CONDITIONS  # needs to know the reference
        for name, option in sorted(self.kind.options.items(), key=lambda each: each[1].type is last):
            if name in table.entries:
                value = self._value(option, name, table)
                if value is not None:
                    self.found[name] = value
            elif option.required:
                self.scope.problems.add(table.line, f"{self.kind.name} needs '{name}'")
            elif option.type is OptionType.VALUES:
                self._default_values(table, name)
        return self.found

    def _priced(self, table: TableNode) -> TableNode:
        """Take the long form of an amount apart, into the amount and its currency."""
        given = dict(table.entries)
        for name in self.kind.amounts:
            parts = dict(zip((name, "currency"), self.scope.priced(table, name), strict=True))
            given |= {each: node for each, node in parts.items() if node is not None}
        return replace(table, entries=given)

    def _value(self, option: Option, name: str, table: TableNode) -> object:
        """Read one option by its type."""
        scope, node, what = self.scope, table.entries[name], f"'{name}'"
        match option.type:
            case OptionType.INTEGER:
                return scope.integer(node, what)
            case OptionType.TEXT:
                return scope.text(node, what)
            case OptionType.NAME:
                return self._new_field(scope.text(node, what), node.line)
            case OptionType.CHOICE:
                return scope.choice(node, f"choice for {what}", option.choices)
            case OptionType.VALUES:
                return scope.texts(node, what)
            case OptionType.REFERENCE:
                return self._back(node)
            case OptionType.NAMED_REFERENCE:
                return self._named_reference(node, name)
            case OptionType.LINKED_CONDITIONS:
                return self._linked_conditions(node, name, table)
            case _:
                return self._of_collection(option, node, name)

    def _of_collection(self, option: Option, node: Node, name: str) -> object:
        """Read an option about paths in the collection of the check."""
        if self.collection is None:
            return None
        match option.type:
            case OptionType.CONDITIONS:
                return self.scope.conditions(node, self.collection) or None
            case OptionType.SHOW:
                return self._show(node, name)
            case OptionType.CURRENCY:
                return self._currency(node, name)
            case OptionType.DATES:
                return self._paths(option, node, name)
            case _:
                return self._path(option, node, name)

    def _path(self, option: Option, node: Node, name: str) -> Path | None:
        """Read a path, and what it is read as."""
        if option.type in (OptionType.DATE, OptionType.DATES) and self.collection is not None:
            return self.scope.date(node, self.collection.name, f"'{name}'")
        amount = option.type is OptionType.AMOUNT
        path = self.scope.path(node, f"'{name}'", each=amount)
        if path is not None and amount and self.collection is not None:
            self.scope.roles.claim(self.collection.name, path, "an amount", node.line)
        return path

    def _currency(self, node: Node, name: str) -> Path | None:
        """Read the path of a currency; findings have it by this name."""
        if self.collection is None:
            return None
        self._new_field(name, node.line)
        amount = self.found.get("amount")
        return self.scope.currency(node, self.collection, amount if isinstance(amount, Path) else None)

    def _paths(self, option: Option, node: Node, name: str) -> tuple[Path, ...] | None:
        found = self.scope.items(node, f"a list of paths for '{name}'")
        if found is None:
            return None
        paths = [self._path(option, each, name) for each in found]
        self.scope.all_different(found, paths)
        return tuple(path for path in paths if path is not None)

    def _show(self, node: Node, name: str) -> Mapping[str, Path] | None:
        """Read values to show: name in the finding, and path."""
        table = self.scope.table(node, f"'{name}'")
        shown: dict[str, Path] = {}
        for field_name, line, each in entries(table):
            own = f"{field_name}_value" if field_name in RESERVED else field_name
            new = self._new_field(own, line)
            path = self.scope.path(each, f"'{name}'")
            if new is not None and path is not None:
                shown[new] = path
        return shown or None

    def _new_field(self, name: str | None, line: int) -> str | None:
        """Take the name of a field that an option adds to the findings."""
        if name is None or not self.scope.new_field(name, line, self.fields):
            return None
        self.fields.add(name)
        return name

    def _back(self, node: Node) -> Link | None:
        """Read a reference that leads back to the collection of the check, from where its own target leads."""
        if self.target is None or self.collection is None:
            return self.scope.reference(node)
        other = self.collection.references.get(self.target.path, "")
        link = self.scope.reference(node, to=self.collection.name)
        if link is not None and link.collection != other:
            known = [
                f"{other}.{path}"
                for path, target in self.scope.collections[other].references.items()
                if target == self.collection.name
            ]
            message = f"{link} does not lead back: {self.target} leads to {other}"
            self.scope.problems.unknown(node.line, message, str(link), known)
        return link

    def _named_reference(self, node: Node, name: str) -> tuple[str, Link] | None:
        """Read a reference to the collection of the check, and what findings call the number of those who refer."""
        table = self.scope.table(node, f"'{name}'")
        if table is None or self.collection is None:
            return None
        if len(table.entries) != 1:
            self.scope.problems.add(node.line, f"expected one name and one reference for '{name}'")
            return None
        ((field_name, line, each),) = entries(table)
        new = self._new_field(field_name, line)
        link = self.scope.reference(each, to=self.collection.name)
        return None if new is None or link is None else (new, link)

    def _linked_conditions(self, node: Node, name: str, table: TableNode) -> object:
        """Read conditions on the documents of the reference that another option names."""
        other = next((n for n, o in self.kind.options.items() if o.type is OptionType.NAMED_REFERENCE), name)
        given = self.found.get(other)
        if isinstance(given, tuple) and isinstance(given[1], Link):
            return self.scope.conditions(node, self.scope.collections[given[1].collection]) or None
        if other not in table.entries:
            self.scope.problems.add(node.line, f"'{name}' stands on '{other}', which is not given")
        return None

    def _default_values(self, table: TableNode, name: str) -> None:
        """Note where the values that an option falls back to are not declared."""
        if self.target is None or self.collection is None or self.target.path in self.collection.values:
            return
        known = [f"{self.collection.name}.{path}" for path in self.collection.values]
        message = f"{self.collection.name} declares no values for {shortened(str(self.target.path))}"
        line = table.lines[self.kind.name]
        if known:
            self.scope.problems.unknown(line, message, str(self.target), known)
        else:
            self.scope.problems.add(line, message, f"Declare them there, or give '{name}' here.")
