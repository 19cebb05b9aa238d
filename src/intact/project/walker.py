"""One document at a time, exactly: the specification of the projection.

:class:`Walker` reads a document's bytes from end to end, finds the values of the wanted paths as MongoDB
finds them, and gives the row. It is the plain way; what is faster (:mod:`intact.project.matcher`, the native
projector) must agree with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeVar

from intact.core import values
from intact.core.paths import EACH, Path
from intact.project.canonical import Note, canonical, cut
from intact.project.cells import READ, Cell, Cells, amount_cells, key_text, shown_text
from intact.project.columns import MAX_PROBLEMS, MAX_REPEATS, Column, Role
from intact.project.elements import DamageError, Element, document_end, elements, sound_elements

_ID: Final = b"_id"
_REMEMBERED: Final = 64  # documents looked into; of arrays there can be many more
_ABSENT: Final[Element] = (values.ABSENT, b"", 0, 0)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A value that cannot be taken in as it is. Its document stays."""

    what: str
    expected: str
    found: str
    position: int
    path: str


@dataclass(slots=True)
class DocumentRecord:
    """A document while it is read.

    Attributes:
        data: The block.
        names: Of the fields that are wanted, wherever they are.
        fields: The wanted fields of the document and of embedded ones that were looked into, by position: the
            first of each name, and the names that come again.
        repeats: The fields on wanted paths that are given twice, as paths; the first of them.
        noted: Where something cannot be taken in as it is: paths and positions.
        troubles: The first of these.
        reading: The path that is being read.
    """

    data: bytes
    names: frozenset[bytes]
    fields: dict[int, tuple[dict[bytes, Element], set[bytes]]] = field(default_factory=dict)
    repeats: dict[str, None] = field(default_factory=dict)
    noted: set[tuple[str, int]] = field(default_factory=set)
    troubles: list[Unreadable] = field(default_factory=list)
    reading: str = "_id"

    def note(self, what: str, expected: str, found: str, position: int) -> None:
        """Remember a trouble with the value at a position, once a path."""
        key = (self.reading, position)
        if key not in self.noted:
            self.noted.add(key)
            if len(self.troubles) < MAX_PROBLEMS:
                self.troubles.append(Unreadable(what, expected, found, position, self.reading))

    def apply(
        self, read: Callable[[int, bytes, int, int, Note], T], value: Element, where: tuple[bytes, ...]
    ) -> T:
        """Read a value that lies at ``where``."""
        try:
            return read(value[0], self.data, value[2], value[3], self.note)
        except DamageError as damage:
            damage.path = where + damage.path
            raise

    def look_up(self, start: int, end: int, name: bytes, where: tuple[bytes, ...]) -> Element:
        """Return the first field of a name in the document ``data[start:end]``, which lies at ``where``."""
        if start not in self.fields:
            self._look_into(start, end, where)
        first, again = self.fields[start]
        if name in again and len(self.repeats) < MAX_REPEATS:
            self.repeats[b".".join((*where, name)).decode(errors="backslashreplace")] = None
        return first.get(name, _ABSENT)

    def _look_into(self, start: int, end: int, where: tuple[bytes, ...]) -> None:
        """Read an embedded document. What was read before a break is remembered too."""
        if len(self.fields) == _REMEMBERED:
            self.fields.popitem()
        first: dict[bytes, Element] = {}
        again: set[bytes] = set()
        self.fields[start] = first, again
        try:
            for each in elements(self.data, start, end):
                name = each[1]
                if name in self.names:
                    if name in first:
                        again.add(name)
                    else:
                        first[name] = each
        except DamageError as damage:
            damage.path = where + damage.path
            raise

    def items(self, start: int, end: int, where: tuple[bytes, ...]) -> Iterator[Element]:
        """Read the elements of an array."""
        try:
            return sound_elements(self.data, start, end)
        except DamageError as damage:
            damage.path = where + damage.path
            raise


@dataclass(frozen=True, slots=True)
class Row:
    """A document that was read.

    Attributes:
        cells: In the order of the schema.
        repeats: The first fields that it gives more than once.
        damaged: How many problems it has.
        troubles: The first of them.
    """

    identity: str | None
    cells: list[Cell]
    repeats: tuple[str, ...]
    damaged: int
    troubles: Sequence[Unreadable]


class Walker:
    """Reads rows for a set of columns."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._plans = [
            _Plan(path, [column for column in columns if column.path == path])
            for path in sorted({column.path for column in columns})
        ]
        paths = {path for column in columns for path in (column.path, column.currency) if path}
        steps = {step.encode() for path in paths for step in path.steps}
        self._names = frozenset({_ID, *steps})

    def read(self, data: bytes, start: int, end: int) -> Row:
        """Read the document that fills ``data[start:end]``, by its length.

        Raises:
            BrokenDocumentError: If what is read of it is not BSON.
        """
        record = DocumentRecord(data, self._names)
        try:
            document_end(data, start, end)
            identity = record.look_up(start, end, _ID, ())
            text = record.apply(key_text, identity, (_ID,))
            cells: list[Cell] = [text]
            for plan in self._plans:
                record.reading = plan.name
                plan.read(record, start, end, cells)
        except DamageError as damage:
            raise BrokenDocumentError(damage, _identity(record, start)) from None
        return Row(text, cells, tuple(record.repeats), len(record.noted), record.troubles)


class BrokenDocumentError(Exception):
    """A document that is no BSON, and its ``_id`` where that could be read before the break."""

    def __init__(self, damage: DamageError, identity: str | None) -> None:
        super().__init__(damage.what)
        self.damage = damage
        self.identity = identity


def _identity(record: DocumentRecord, start: int) -> str | None:
    """Return the ``_id`` of a broken document."""
    first, _ = record.fields.get(start, ({}, set()))
    kind, _, begin, end = first.get(_ID, _ABSENT)
    try:
        return key_text(kind, record.data, begin, end, lambda *_: None)
    except DamageError:
        return None


class _Plan:
    """A path with its roles."""

    def __init__(self, path: Path, columns: Sequence[Column]) -> None:
        roles = [role for role in Role if any(column.role is role for column in columns)]
        if path.is_list and not {Role.KEY, Role.AMOUNT, Role.MONEY}.issuperset(roles):
            raise ValueError(f"{path} goes through an array, so it can only be a key or an amount")
        currency = next((column.currency for column in columns if column.currency), None)
        if (Role.MONEY in roles) != (currency is not None and Role.AMOUNT in roles):
            raise ValueError(f"{path} can only be money if it is an amount, too, and has a currency")
        self.name = str(path)
        self._is_key = Role.KEY in roles
        self._is_listed = path.is_list and Role.AMOUNT in roles
        self._is_matched = Role.MATCH in roles
        self._readers = [READ[role] for role in roles if role in READ and not path.is_list]
        self._names = tuple(step.encode() for step in path.steps if step != EACH)
        self._parts: list[tuple[bytes, ...]] = [()]  # the names up to each array, and after the last
        self._arrays: list[str] = []  # the path of each array
        for count, step in enumerate(path.steps):
            if step == EACH:
                self._arrays.append(str(Path(path.steps[:count])))
                self._parts.append(())
            else:
                self._parts[-1] += (step.encode(),)
        self._currency = None if currency is None else _CurrencyPlan.of(currency, path)

    def read(self, record: DocumentRecord, start: int, end: int, cells: list[Cell]) -> None:
        """Append the cells of the document ``data[start:end]``."""
        top: Element = (values.OBJECT, b"", start, end)
        place = _resolve(record, top, self._parts[0], ())
        cells.append(place.value[0])
        if self._is_key:
            cells.extend(self._key_cells(record, top, place))
        if self._is_listed:
            cells.extend(self._list_cells(record, place))
        for read in self._readers:
            cells.extend(record.apply(read, place.value, place.where))
        if self._is_matched:
            cells.append(self._match_cell(record, top, place))

    def _key_cells(self, record: DocumentRecord, top: Element, place: _Place) -> Cells:
        """Return ``@key`` and ``@each``."""
        if place.met or self._arrays:
            found = _values(record, top, self._names, ())
            each = dict.fromkeys(record.apply(key_text, value, where) for value, where in found)
            return None, list(each) if each or place.value[0] == values.ARRAY else None
        kind, _, start, end = place.value
        if kind != values.ARRAY:
            return record.apply(key_text, place.value, place.where), None
        texts = [
            record.apply(key_text, item, (*place.where, item[1]))
            for item in record.items(start, end, place.where)
        ]
        return record.apply(key_text, place.value, place.where), texts

    def _match_cell(self, record: DocumentRecord, top: Element, place: _Place) -> Cell:
        """Return ``@match``."""
        if place.value[0] != values.ARRAY:
            return None
        found = _values(record, top, self._names, (), with_absent=True)
        return list(dict.fromkeys(record.apply(key_text, value, where) for value, where in found))

    def _list_cells(self, record: DocumentRecord, container: _Place) -> Cells:
        """Return ``@amount``, ``@kinds``, ``@wide`` and ``@bad`` of an amount in arrays."""
        if container.value[0] in values.NULL_KINDS:
            return (None,) * (4 if self._currency is None else 5)
        gathered = _Amounts([], [], [], [], [])
        self._gather(record, container, 1, gathered)
        money = () if self._currency is None else (gathered.money,)
        return gathered.amounts, gathered.kinds, gathered.wide or None, gathered.bad or None, *money

    def _gather(self, record: DocumentRecord, container: _Place, level: int, out: _Amounts) -> None:
        """Gather the amounts in the container of the ``level``-th array of the path."""
        kind, _, start, end = container.value
        if kind in values.NULL_KINDS:
            return
        if kind != values.ARRAY or container.met:
            out.add_bad(record, self._arrays[level - 1], container)
            return
        rest = self._parts[level]
        last = level == len(self._arrays)
        for item in record.items(start, end, container.where):
            place = _Place(item, (*container.where, item[1]), met=False)
            if self._currency and self._currency.level == level:
                out.currency, out.type = self._currency.read(record, place)
            if last and not rest:
                out.add(record, self.name, place)
            elif item[0] != values.OBJECT:
                out.add_bad(record, self._arrays[level - 1], place)
            elif last:
                out.add(record, self.name, _resolve(record, item, rest, place.where))
            else:
                self._gather(record, _resolve(record, item, rest, place.where), level + 1, out)


@dataclass(frozen=True, slots=True)
class _CurrencyPlan:
    """Where the currency of amounts in arrays stands: names in the elements of the ``level``-th array."""

    name: str
    level: int
    names: tuple[bytes, ...]

    @classmethod
    def of(cls, path: Path, amount: Path) -> _CurrencyPlan:
        """Make it ready.

        Raises:
            ValueError: If the currency does not stand in an element in which the amount lies.
        """
        if not path.is_beside(amount):
            raise ValueError(f"{path} is not in the elements of the arrays in which {amount} lies")
        level = path.steps.count(EACH)
        begin = max(at for at, step in enumerate(path.steps) if step == EACH) + 1
        return cls(str(path), level, tuple(step.encode() for step in path.steps[begin:]))

    def read(self, record: DocumentRecord, item: _Place) -> tuple[str | None, int]:
        """Return the text and the kind of the currency of an element."""
        place = _resolve(record, item.value, self.names, item.where)
        amount, record.reading = record.reading, self.name
        text = record.apply(shown_text, place.value, place.where)
        record.reading = amount
        return text, place.value[0]


@dataclass(slots=True)
class _Amounts:
    """The amounts of one document, gathered from its arrays; those that follow are in the currency named last."""

    amounts: list[Cell]
    kinds: list[int]
    wide: list[str]
    bad: list[dict[str, Cell]]
    money: list[dict[str, Cell]]
    currency: str | None = None
    type: int = values.ABSENT

    def add(self, record: DocumentRecord, path: str, place: _Place) -> None:
        """Add the value at the end of the path."""
        narrow, wide, bad = record.apply(amount_cells, place.value, place.where)
        self.kinds.append(place.value[0])
        self.amounts.append(narrow)
        if wide is not None:
            self.wide.append(wide)
        if bad is not None:
            self.bad.append({"field": path, "kind": place.value[0], "text": bad})
        self.money.append(
            {
                "currency": self.currency,
                "type": self.type,
                "kind": place.value[0],
                "amount": narrow,
                "wide": wide,
            }
        )

    def add_bad(self, record: DocumentRecord, path: str, place: _Place) -> None:
        """Add what is no array or no object."""
        text = cut(record.apply(canonical, place.value, place.where))
        self.bad.append({"field": path, "kind": place.value[0], "text": text})


class _Place(NamedTuple):
    """A value, the names that lead to it, and whether it is an array met before the end of the path."""

    value: Element
    where: tuple[bytes, ...]
    met: bool


def _resolve(
    record: DocumentRecord, value: Element, names: tuple[bytes, ...], where: tuple[bytes, ...]
) -> _Place:
    """Follow names into embedded documents: to the value there, or to an array that is met on the way."""
    for name in names:
        kind, _, start, end = value
        if kind == values.ARRAY:
            return _Place(value, where, met=True)
        if kind != values.OBJECT:
            return _Place(_ABSENT, where, met=False)
        value = record.look_up(start, end, name, where)
        where = (*where, name)
    return _Place(value, where, met=False)


def _values(
    record: DocumentRecord,
    value: Element,
    names: tuple[bytes, ...],
    where: tuple[bytes, ...],
    *,
    with_absent: bool = False,
) -> Iterator[tuple[Element, tuple[bytes, ...]]]:
    """Yield all values that MongoDB sees at a path: it looks into arrays, one level at each name.

    Args:
        record: The document.
        value: Where the path begins.
        names: The path.
        where: The names that lead to ``value``.
        with_absent: Whether to give an absent value where the path leads into a document and ends before its end.
    """
    kind, _, start, end = value
    if kind == values.ARRAY:
        for item in record.items(start, end, where):
            place = (*where, item[1])
            if not names:
                yield item, place
            elif item[0] == values.OBJECT:
                yield from _values(record, item, names, place, with_absent=with_absent)
    elif names and kind == values.OBJECT:
        found = record.look_up(start, end, names[0], where)
        yield from _values(record, found, names[1:], (*where, names[0]), with_absent=with_absent)
    elif names or kind == values.ABSENT:
        if with_absent:
            yield _ABSENT, where
    else:
        yield value, where
