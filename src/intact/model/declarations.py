"""The collections and reconciliations that a model declares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import TypeVar

from intact.core.paths import Path
from intact.model.names import several
from intact.model.node_reader import FIELD, OF_UNREADABLE, RESERVED, free_name
from intact.model.nodes import Node, TableNode, entries, shortened
from intact.model.scope import A_DATE, Scope
from intact.model.specs import ALL, Collection, Conditions, Entries, Lines, Reconciliation, overlap

_ID = Path(("_id",))
COLLECTION = ("key", "named", "noun", "plural", "references", "values", "personal", "dated", "optional")
RECONCILIATION = ("of", "entries", "lines", "tolerance")
ENTRIES = ("collection", "link", "period", "amount", "currency", "where", "unless")
ENTRIES_NEEDED = ("collection", "link", "period", "amount")
LINES = (
    "collection",
    "link",
    "date",
    "amount",
    "currency",
    "where",
    "unless",
    "named",
    "marked",
    "marked-named",
)
LINES_NEEDED = ("collection", "link", "date", "amount")

T = TypeVar("T")


def read_collections(scope: Scope, node: Node) -> None:
    """Read ``collections`` into the scope."""
    table = scope.table(node, "collections")
    if table is None:
        scope.problems.check()
        return
    if not table.entries:
        scope.problems.add(node.line, "expected at least one collection")
    for name, line, each in entries(table):
        if name == ALL or not name.strip() or "\0" in name or name.startswith("$"):
            scope.problems.add(line, f"'{shortened(name)}' cannot be the name of a collection")
        scope.collections[name] = _collection(scope, name, each, line)
    for name, collection in list(scope.collections.items()):
        given = table.entries[name]
        if isinstance(given, TableNode) and "references" in given.entries:
            _part(
                scope,
                name,
                "references",
                partial(_references, scope, collection, given.entries["references"]),
            )


def _collection(scope: Scope, name: str, node: Node, line: int) -> Collection:
    """Read one collection, without its references: these need the names of all."""
    before = len(scope.problems)
    table = scope.table(node, f"the collection {name}", COLLECTION)
    if len(scope.problems) > before:
        scope.doubt(name, *COLLECTION)
    given = table.entries if table is not None else {}
    key = _part(scope, name, "key", lambda: scope.path(given["key"], "a key")) if "key" in given else None
    named = _part(scope, name, "named", lambda: _named(scope, given["named"])) if "named" in given else None
    if named is None and key is not None:
        named = free_name(key, OF_UNREADABLE)
    elif not {"key", "named"} & given.keys() and not scope.doubts(name, "named"):
        scope.problems.add(line, f"the collection {name} needs 'named', since it has no 'key'")
        scope.doubt(name, "named")
    noun, plural = (
        scope.text(given[each], f"'{each}'") if each in given else None for each in ("noun", "plural")
    )
    if plural and "noun" not in given:
        scope.problems.add(given["plural"].line, "'plural' stands on 'noun', which is not given")
    values = (
        _part(scope, name, "values", lambda: _values(scope, given["values"])) if "values" in given else {}
    )
    personal = (
        _part(scope, name, "personal", lambda: _personal(scope, given["personal"], key))
        if "personal" in given
        else ()
    )
    dated = scope.date(given["dated"], name, "'dated'") if "dated" in given else None
    optional = _paths(scope, given["optional"], "'optional'") if "optional" in given else ()
    return Collection(
        name,
        key,
        named or "document",
        noun or f"document of {name}",
        {},
        values,
        line,
        personal,
        dated,
        (plural or several(noun)) if noun else "",
        optional,
    )


def _part(scope: Scope, collection: str, part: str, read: Callable[[], T]) -> T:
    """Read a part of a collection, and note if something in it could not be read."""
    before = len(scope.problems)
    found = read()
    if len(scope.problems) > before:
        scope.doubt(collection, part)
    return found


def _named(scope: Scope, node: Node) -> str | None:
    """Read what findings call the key."""
    named = scope.name(node, "the name of a field in findings", FIELD)
    if named in (*RESERVED, *OF_UNREADABLE):
        scope.problems.add(node.line, f"findings have a field '{named}' already")
    return named


def _paths(scope: Scope, node: Node, what: str) -> tuple[Path, ...]:
    """Read a list of paths, which may go through arrays."""
    found = scope.items(node, f"a list of paths for {what}")
    paths = [scope.path(each, what, each=True) for each in found or ()]
    scope.all_different(found or (), paths)
    return tuple(path for path in paths if path is not None)


def _personal(scope: Scope, node: Node, key: Path | None) -> tuple[Path, ...]:
    """Read the paths of personal values; keys are none, since a finding must name its document."""
    found = scope.items(node, "a list of paths for 'personal'")
    paths = [(each, scope.path(each, "'personal'", each=True)) for each in found or ()]
    for each, path in paths:
        named = next((of for of in (key, _ID) if path and of and overlap(path, of)), None)
        if path is not None and named is not None:
            part = "is the key" if path == named else f"overlaps with '{named}'"
            scope.problems.add(
                each.line,
                f"'{path}' {part}, by which findings name their documents",
                "Keys are always shown; leave it out, or name another key.",
            )
    scope.all_different(found or (), [path for _, path in paths])
    return tuple(path for _, path in paths if path is not None)


def _references(scope: Scope, collection: Collection, node: Node) -> None:
    """Read the references of a collection, and put them into the scope."""
    references: dict[Path, str] = {}
    for name, line, each in entries(scope.table(node, "references")):
        path = scope.path_of(name, line, "a reference", each=True)
        target = scope.collection(each)
        if path is None or target is None:
            continue
        if target.key is None and not scope.doubts(target.name, "key"):
            message = f"{target.name} has no key by which a reference could find its documents"
            hint = "The _id is a key too: write 'key: _id' if that is what the references hold."
            scope.problems.add(each.line, message, hint)
        if collection.is_personal(path):
            message = f"{collection.name}.{path} is declared as personal"
            hint = "References hold keys, and keys are always shown; take it out of 'personal'."
            scope.problems.add(line, message, hint)
        references[path] = target.name
    scope.collections[collection.name] = replace(collection, references=references)


def _values(scope: Scope, node: Node) -> dict[Path, tuple[str, ...]]:
    """Read the allowed texts by path."""
    table = scope.table(node, "values")
    found: dict[Path, tuple[str, ...]] = {}
    for name, line, each in entries(table):
        path = scope.path_of(name, line, "a list of allowed values")
        texts = scope.texts(each, f"the allowed values of {shortened(name)}")
        if path is not None:
            found[path] = texts or ()
    return found


def read_reconciliations(scope: Scope, node: Node) -> None:
    """Read ``reconciliations`` into the scope."""
    table = scope.table(node, "reconciliations")
    for name, line, each in entries(table):
        scope.fits(name, line, "the name of a reconciliation")
        scope.reconciliations[name] = _reconciliation(scope, name, each, line)


def _reconciliation(scope: Scope, name: str, node: Node, line: int) -> Reconciliation:
    table = scope.table(node, f"the reconciliation {name}", RECONCILIATION, ("of", "entries", "lines"))
    nowhere = Path((name,))
    booked, counted = Entries("", nowhere, nowhere, nowhere), Lines("", nowhere, nowhere, nowhere)
    of: Collection | None = None
    tolerance: Decimal | None = None
    if table is not None:
        given = table.entries
        of = scope.collection(given["of"]) if "of" in given else None
        booked = _entries(scope, given["entries"], of, booked) if "entries" in given else booked
        counted = _lines(scope, given["lines"], of, counted) if "lines" in given else counted
        tolerance = scope.decimal(given["tolerance"], "tolerance") if "tolerance" in given else None
    return Reconciliation(name, of.name if of else "", booked, counted, tolerance or Decimal(0), line)


def _entries(scope: Scope, node: Node, of: Collection | None, empty: Entries) -> Entries:
    table = scope.table(node, "entries", ENTRIES, ENTRIES_NEEDED)
    collection = (
        scope.collection(table.entries["collection"]) if table and "collection" in table.entries else None
    )
    if table is None or collection is None:
        return empty
    amount, currency = _priced(scope, table, collection)
    return Entries(
        collection.name,
        _link(scope, table, collection, of) or empty.link,
        _read_as(scope, table, collection, "period", A_DATE) or empty.period,
        amount or empty.amount,
        _conditions(scope, table, collection, "where"),
        _conditions(scope, table, collection, "unless"),
        currency,
    )


def _lines(scope: Scope, node: Node, of: Collection | None, empty: Lines) -> Lines:
    table = scope.table(node, "lines", LINES, LINES_NEEDED)
    collection = (
        scope.collection(table.entries["collection"]) if table and "collection" in table.entries else None
    )
    if table is None or collection is None:
        return empty
    amount, currency = _priced(scope, table, collection)
    return Lines(
        collection.name,
        _link(scope, table, collection, of) or empty.link,
        _read_as(scope, table, collection, "date", A_DATE) or empty.date,
        amount or empty.amount,
        _conditions(scope, table, collection, "where"),
        _read_as(scope, table, collection, "marked", "true or false"),
        _conditions(scope, table, collection, "unless"),
        _field(scope, table, "named") or empty.named,
        _field(scope, table, "marked-named") or empty.marked_named,
        node.line,
        currency,
    )


def _priced(scope: Scope, table: TableNode, collection: Collection) -> tuple[Path | None, Path | None]:
    """Read the paths of a side's amount and of its currency."""
    at, of = scope.priced(table, "amount")
    amount = None if at is None else scope.path(at, "'amount'", each=True)
    if amount is not None and at is not None:
        scope.roles.claim(collection.name, amount, "an amount", at.line)
    return amount, None if of is None else scope.currency(of, collection, amount)


def _field(scope: Scope, table: TableNode, name: str) -> str | None:
    """Read what findings call something."""
    if name not in table.entries or not (text := scope.text(table.entries[name], f"'{name}'")):
        return None
    return text if scope.new_field(text, table.entries[name].line) else None


def _conditions(scope: Scope, table: TableNode, collection: Collection, name: str) -> Conditions:
    """Read the conditions on the documents of a side."""
    return scope.conditions(table.entries[name], collection) if name in table.entries else ()


def _link(scope: Scope, table: TableNode, collection: Collection, of: Collection | None) -> Path | None:
    """Read the link of a side, which must be a declared reference to what the reconciliation is of."""
    if "link" not in table.entries or of is None:
        return None
    return scope.own_reference(table.entries["link"], collection, of.name)


def _read_as(scope: Scope, table: TableNode, collection: Collection, name: str, role: str) -> Path | None:
    """Read a path of a side, and what it is read as."""
    if name not in table.entries:
        return None
    if role == A_DATE:
        return scope.date(table.entries[name], collection.name, f"'{name}'")
    path = scope.path(table.entries[name], f"'{name}'")
    if path is not None:
        scope.roles.claim(collection.name, path, role, table.entries[name].line)
    return path
