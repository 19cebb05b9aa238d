"""What a model has declared so far, and the names that stand for it."""

from __future__ import annotations

from dataclasses import dataclass, field

from intact.core.paths import Path
from intact.model.names import nearest, suggestion
from intact.model.node_reader import NodeReader
from intact.model.nodes import Node, TableNode, shortened
from intact.model.problems import Problems
from intact.model.specs import Collection, Condition, Conditions, Link, Literal, Reconciliation

A_DATE = "a date"
A_DAY = "a day"
_FLAG = "true or false"
_DATE_FORMS = {"instant": A_DATE, "day": A_DAY}


@dataclass(slots=True)
class Roles:
    """What each path is read as: an amount, a date, a day, or true or false; never two of these."""

    problems: Problems
    claimed: dict[tuple[str, Path], tuple[str, int]] = field(default_factory=dict)
    currencies: dict[tuple[str, Path], tuple[Path, int]] = field(default_factory=dict)

    def claim(self, collection: str, path: Path, role: str, line: int) -> None:
        """Note what a path is read as; ``role`` is ``an amount``, ``a date``, ``a day`` or ``true or false``."""
        before, at = self.claimed.setdefault((collection, path), (role, line))
        if before != role:
            first, later = sorted([(at, before), (line, role)])
            self.problems.add(
                later[0],
                f"{collection}.{path} is read as {later[1]} here and as {first[1]} in line {first[0]}",
                "A path can be read as one of them only.",
            )

    def claim_currency(self, collection: str, amount: Path, currency: Path, line: int) -> None:
        """Note in which currency an amount is: one in an array is aligned with one currency only."""
        before, at = self.currencies.setdefault((collection, amount), (currency, line))
        if before != currency and (before.is_list or currency.is_list):
            self.problems.add(
                line,
                f"{collection}.{amount} is in the currency at {currency} here and in that at {before} in line {at}",
                "An amount can be in one currency only.",
            )

    def links(self, role: str) -> frozenset[Link]:
        """Return the paths that are read as something."""
        return frozenset(Link(*place) for place, (claimed, _) in self.claimed.items() if claimed == role)


class Scope(NodeReader):
    """Reads nodes that name what the model declares."""

    def __init__(self, problems: Problems) -> None:
        super().__init__(problems)
        self.collections: dict[str, Collection] = {}
        self.reconciliations: dict[str, Reconciliation] = {}
        self.roles = Roles(problems)
        self._doubtful: set[tuple[str, str]] = set()

    def doubt(self, collection: str, *parts: str) -> None:
        """Note parts of a collection (``references``, ``values``, …) of which something could not be read."""
        self._doubtful.update((collection, part) for part in parts)

    def doubts(self, collection: str, part: str) -> bool:
        """Say whether a part of a collection is known in part only, so that what is not known may be right."""
        return (collection, part) in self._doubtful

    def refuse_personal(self) -> None:
        """Note personal paths that are read as an amount or a date: these are added up and counted in, so they show."""
        for (name, path), (role, line) in self.roles.claimed.items():
            if role != _FLAG and self.collections[name].is_personal(path):
                message = f"{name}.{path} is declared as personal, and is read as {role} here"
                hint = "Amounts and dates stand in reports as they are; take it out of 'personal', or do not read it."
                self.problems.add(line, message, hint)

    def date(self, node: Node, collection: str, what: str) -> Path | None:
        """Read a path that is read as a date: its text, or a mapping that says whether it names days or instants."""
        role, at = A_DATE, node
        if isinstance(node, TableNode):
            if self.table(node, what, ("path", "as"), ("path",)) is None or "path" not in node.entries:
                return None
            at = node.entries["path"]
            if "as" in node.entries:
                form = self.choice(node.entries["as"], "form of a date", tuple(_DATE_FORMS))
                role = _DATE_FORMS.get(form or "", A_DATE)
        path = self.path(at, what)
        if path is not None:
            self.roles.claim(collection, path, role, at.line)
        return path

    def collection(self, node: Node) -> Collection | None:
        """Read the name of a declared collection."""
        name = self.one_of(node, "declared collection", list(self.collections))
        return None if name is None else self.collections[name]

    def split(self, node: Node, what: str) -> tuple[Collection, str] | None:
        """Split ``collection.path`` at the longest name of a declared collection."""
        text = self.text(node, what)
        if text is None:
            return None
        found = [name for name in self.collections if text.startswith(f"{name}.")]
        if found:
            name = max(found, key=len)
            return self.collections[name], text[len(name) + 1 :]
        first, dot, rest = text.partition(".")
        if text in self.collections or not dot:
            self.problems.add(
                node.line, f"expected {what}, found '{shortened(text)}'", "Write it as collection.path."
            )
        else:
            near = nearest(first, self.collections)
            hint = f"Did you mean '{near}.{rest}'?" if near else suggestion(first, self.collections)
            self.problems.add(node.line, f"'{shortened(first)}' is no declared collection", hint)
        return None

    def link(self, node: Node, what: str, *, each: bool = False) -> Link | None:
        """Read ``collection.path``."""
        parts = self.split(node, what)
        path = None if parts is None else self.path_of(parts[1], node.line, what, each=each)
        return None if parts is None or path is None else Link(parts[0].name, path)

    def reference(self, node: Node, what: str = "a declared reference", *, to: str = "") -> Link | None:
        """Read ``collection.path`` of a declared reference, which leads to the collection ``to`` if that is given."""
        link = self.link(node, what, each=True)
        if link is None:
            return None
        target = self.collections[link.collection].references.get(link.path)
        if target is None and self.doubts(link.collection, "references"):
            return None
        if target is None or (to and target != to):
            known = [
                f"{one.name}.{path}"
                for one in self.collections.values()
                for path, target in one.references.items()
                if not to or target == to
            ]
            if target is None:
                message = f"{link} is not declared as a reference"
            else:
                message = f"{link} leads to {target}; expected a reference to {to}"
            self.problems.unknown(node.line, message, str(link), known)
            return None
        return link

    def own_reference(self, node: Node, collection: Collection, to: str) -> Path | None:
        """Read the path of a declared reference of a collection, which leads to the collection ``to``."""
        path = self.path(node, "a reference", each=True)
        if path is None or (path in collection.references and collection.references[path] == to):
            return path
        if path not in collection.references and self.doubts(collection.name, "references"):
            return None
        known = [str(each) for each, target in collection.references.items() if target == to]
        message = f"'{path}' is not declared as a reference of {collection.name} to {to}"
        self.problems.unknown(node.line, message, str(path), known)
        return None

    def priced(self, table: TableNode, name: str) -> tuple[Node | None, Node | None]:
        """Return where the path of an amount stands, and where that of its currency: in its long form or beside it."""
        amount, beside = table.entries.get(name), table.entries.get("currency")
        if not isinstance(amount, TableNode):
            return amount, beside
        self.table(amount, f"'{name}'", ("path", "currency"), ("path",))
        own = amount.entries.get("currency")
        if own is not None and beside is not None:
            self.problems.add(
                beside.line, f"the currency of '{name}' is given twice", "Leave out one of them."
            )
        return amount.entries.get("path"), own or beside

    def currency(self, node: Node, collection: Collection, amount: Path | None) -> Path | None:
        """Read the path of the currency of an amount: of the document, or of the array's element that it lies in."""
        path = self.path(node, "a currency", each=True)
        if path is not None and amount is not None:
            if path.is_list and not path.is_beside(amount):
                self.problems.add(
                    node.line,
                    f"'{path}' does not say of each '{amount}' in which currency it is",
                    "Name a field of the document, or of the elements of an array through which the amount goes:"
                    " items[].currency for items[].total.",
                )
                return None
            self.roles.claim_currency(collection.name, amount, path, node.line)
        if path is not None and collection.is_personal(path):
            message = f"{collection.name}.{path} is declared as personal, and is read as a currency here"
            self.problems.add(
                node.line, message, "Currencies stand in reports as they are; take it out of 'personal'."
            )
        return path

    def conditions(self, node: Node, collection: Collection) -> Conditions:
        """Read conditions on the documents of a collection."""
        table = self.table(node, "conditions")
        if table is None:
            return ()
        if not table.entries:
            self.problems.add(node.line, "expected at least one condition, such as {status: pending}")
        found: list[Condition] = []
        for name, each in table.entries.items():
            path = self.path_of(name, table.lines[name], "a condition")
            values = self.literals(each, f"'{shortened(name)}'")
            if path is not None and values is not None:
                self._compared(collection, path, values, each.line)
                found.append(Condition(path, values, link=path in collection.references))
        return tuple(found)

    def _compared(self, collection: Collection, path: Path, values: tuple[Literal, ...], line: int) -> None:
        """Note what a condition compares a path with."""
        for value in values:
            if isinstance(value, bool):
                self.roles.claim(collection.name, path, _FLAG, line)
        self.among(collection, path, values, line)

    def among(self, collection: Collection, path: Path, values: tuple[Literal, ...], line: int) -> None:
        """Note what is none of the values that a collection declares for a path."""
        declared = () if self.doubts(collection.name, "values") else collection.values.get(path)
        known = {value.casefold() for value in declared or ()}
        for value in values:
            if declared and value is not None and not (isinstance(value, str) and value.casefold() in known):
                message = f"'{value}' is none of the values that {collection.name} declares for {path}"
                self.problems.unknown(line, message, str(value), declared)
