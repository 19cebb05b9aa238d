r"""What the documents of a collection mostly look like, learned from some of them, as a regular expression.

A collection's documents have much the same fields in much the same order, so one regular expression over the
raw bytes can take nearly all of them apart at the speed of C. It is a guess about bytes: ``(.{4}[^\0]*\0)``
is a string only if its first four bytes say so. What the guess leaves open (the lengths of strings and
embedded documents) is captured as a :class:`Token` and looked at afterwards, for thousands of documents at
once, by :mod:`intact.project.matcher`. A document that matches and passes has exactly one reading, the
walker's; any other document is the walker's.

Everything in a pattern is optional and occurs once, in a fixed order, and each alternative begins with a type
code and a name, so a match never has two ways to try, whatever the bytes are. Atomic groups (``(?>...)``)
tell the regular expression engine so, and a failure takes no longer than a match.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from intact.core import values
from intact.core.paths import EACH, Path
from intact.project.elements import FIXED_SIZES, DamageError, Element, elements, int32

_MAX_WEIGHT: Final = 250  # fields of one document level that are learned; more make a pattern that takes long
_DOCUMENT_WEIGHT: Final = 10  # an embedded document counts for so many, as its pattern is long
_MAX_VARIANTS: Final = 8  # kinds (and sizes of binary values) of one field
_MAX_SIZES: Final = 2  # sizes of the strings of one kind and field: UUIDs and the like have one
_MAX_SIZE: Final = 256
_STRINGS: Final = (values.STRING, values.SYMBOL, values.CODE)
_DOCUMENTS: Final = (values.OBJECT, values.ARRAY)
_NO_SUBTYPE_2: Final = rb"[^\x02]"
_MANY: Final = rb"){0,1000}"  # longer arrays are walked, since matching takes memory for each element
_STRING: Final = rb".{4}[^\x00]*\x00"

Variant = tuple[int, int]
"""A type code, and the number of bytes of a binary value or string (:data:`ANY_SIZE` of strings of many)."""

ANY_SIZE: Final = -1

Shape = list[tuple[bytes, Variant, list["Shape"]]]
"""Of each field of a document its name, its variant, and the shapes of the wanted documents in it."""


@dataclass(slots=True)
class Want:
    """What is wanted at one place of a document.

    Attributes:
        value: Whether the value itself is.
        fields: What is wanted of the fields of the embedded document there.
        items: What is wanted of the elements of the array there, all of which are documents.
    """

    value: bool = False
    fields: dict[bytes, Want] = field(default_factory=dict)
    items: Want | None = None

    @classmethod
    def of(cls, paths: Iterable[Path]) -> Want | None:
        """Gather paths; None if one of them is of a kind that the walker alone can read."""
        root = cls(fields={b"_id": cls(value=True)})
        for path in paths:
            if path.steps.count(EACH) > 1 or path.steps[-1] == EACH:
                return None
            place = root
            for step in path.steps:
                if step == EACH:
                    place.items = place = place.items or cls()
                else:
                    place = place.fields.setdefault(step.encode(), cls())
            place.value = True
        return root

    def allows(self, kind: int) -> bool:
        """Whether the matcher can read a value of this kind here."""
        if self.items is not None:
            return kind in values.NULL_KINDS or (kind == values.ARRAY and not self.value and not self.fields)
        if kind == values.OBJECT:
            return not self.value
        return kind in FIXED_SIZES or kind in (values.STRING, values.SYMBOL, values.BINARY)


@dataclass(frozen=True, slots=True)
class Token:
    """What one group of a pattern captures.

    Attributes:
        path: The field names that lead to it.
        kind: Its type code.
        size: How many bytes it has; None where that varies, and the bytes begin with a length that has to be
            checked. Of a string of known size only the text is captured, of a value without bytes the type
            code.
        wanted: Whether its value or its kind is, or it is captured for its length alone.
    """

    path: tuple[bytes, ...]
    kind: int
    size: int | None
    wanted: bool


@dataclass(slots=True)
class ShapeLevel:
    """The fields that documents at one place have, in their order."""

    names: list[bytes] = field(default_factory=list)
    variants: dict[bytes, list[Variant]] = field(default_factory=dict)
    inner: dict[bytes, ShapeLevel] = field(default_factory=dict)

    def fits(self, shape: Shape) -> bool:
        """Whether a document of this shape can be added: the order of its fields must not contradict."""
        known = [self.names.index(name) for name, _, _ in shape if name in self.variants]
        new = [variant for name, variant, _ in shape if variant not in self.variants.get(name, ())]
        if known != sorted(known) or _weight(chain(new, *self.variants.values())) > _MAX_WEIGHT:
            return False
        for name, variant, inner in shape:
            variants = self.variants.get(name, [])
            if variant[0] not in _STRINGS and variant not in variants and len(variants) >= _MAX_VARIANTS:
                return False
            level = self.inner.get(name)
            if level is not None and not all(level.fits(each) for each in inner):
                return False
        return True

    def add(self, shape: Shape) -> bool:
        """Add a document's fields. Returns whether there was anything new in it."""
        new = False
        before = -1
        for name, variant, inner in shape:
            if name in self.variants:
                before = self.names.index(name)
            else:
                before += 1
                self.names.insert(before, name)
                self.variants[name] = []
                new = True
            new = _add_variant(self.variants[name], variant) or new
            for each in inner:
                level = self.inner.setdefault(name, ShapeLevel())
                if level.fits(each):
                    new = level.add(each) or new
        return new

    def pattern(
        self, want: Want | None, tokens: list[Token], path: tuple[bytes, ...] = (), *, capture: bool = True
    ) -> bytes:
        """Return the pattern of a whole document, adding its groups to ``tokens``."""
        parts = [rb".{4}"]
        for name in self.names:
            wanted = want.fields.get(name) if want is not None else None
            maker = _Maker(self.inner.get(name), wanted, tokens, (*path, name), capture)
            kinds = b"|".join(maker.variant(*variant) for variant in self.variants[name])
            parts.append(b"(?>" + kinds + b"|)")  # faster than a question mark
        return b"".join(parts) + rb"\x00"


def _weight(variants: Iterable[Variant]) -> int:
    return sum(_DOCUMENT_WEIGHT if kind in _DOCUMENTS else 1 for kind, _ in variants)


def _add_variant(variants: list[Variant], variant: Variant) -> bool:
    """Add a variant of a field. Returns whether it was new."""
    kind, size = variant
    general = (kind, ANY_SIZE)
    if variant in variants or general in variants:
        return False
    if kind in _STRINGS:
        known = [each for each in variants if each[0] == kind]
        if len(known) == _MAX_SIZES or not 0 < size <= _MAX_SIZE:
            variants[:] = [each for each in variants if each[0] != kind]
            variant = general
    variants.append(variant)
    return True


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes the pattern of a field."""

    inner: ShapeLevel | None
    want: Want | None
    tokens: list[Token]
    path: tuple[bytes, ...]
    capture: bool

    def variant(self, kind: int, size: int) -> bytes:
        """Return the pattern of the field with a value of this kind."""
        code = re.escape(bytes((kind,)))
        name = re.escape(self.path[-1]) + rb"\x00"
        if kind in _STRINGS and size == ANY_SIZE:
            return code + name + self._group(kind, None, _STRING)
        if kind in _STRINGS:
            text = self._group(kind, size, b".{%d}" % size, only_if_wanted=True)
            return code + name + re.escape((size + 1).to_bytes(4, "little")) + text + rb"\x00"
        if kind in _DOCUMENTS:
            token = len(self.tokens)
            body = self._document(kind)
            if not self.capture:
                return code + name + body
            self.tokens.insert(token, Token(self.path, kind, None, self.want is not None))
            return code + name + b"(" + body + b")"
        if kind == values.BINARY:
            content = re.escape(size.to_bytes(4, "little")) + _NO_SUBTYPE_2 + b".{%d}" % size
            return code + name + self._group(kind, size + 5, content, only_if_wanted=True)
        size = FIXED_SIZES[kind]
        if not size:
            return self._group(kind, 1, code, only_if_wanted=True) + name
        content = rb"[\x00\x01]" if kind == values.BOOL else b".{%d}" % size
        return code + name + self._group(kind, size, content, only_if_wanted=True)

    def _group(self, kind: int, size: int | None, content: bytes, *, only_if_wanted: bool = False) -> bytes:
        wanted = self.want is not None and (self.want.value or self.want.items is not None)
        if not self.capture or (only_if_wanted and not wanted):
            return content
        self.tokens.append(Token(self.path, kind, size, wanted))
        return b"(" + content + b")"

    def _document(self, kind: int) -> bytes:
        """Return the pattern of an embedded document or array: the learned one if something in it is wanted."""
        if self.want is None:
            return _ANY_DOCUMENT
        level = self.inner or ShapeLevel()
        if kind == values.OBJECT:
            return level.pattern(self.want, self.tokens, self.path, capture=self.capture)
        return rb".{4}(?>" + item_pattern(level, self.want.items, [], capture=False) + _MANY + rb"\x00"


def item_pattern(level: ShapeLevel, want: Want | None, tokens: list[Token], *, capture: bool = True) -> bytes:
    """Return the pattern of an array's element that is a document; the whole of it is the first token."""
    if capture:
        tokens.append(Token((), values.OBJECT, None, wanted=False))
    body = level.pattern(want, tokens, capture=capture)
    return rb"\x03[0-9]+\x00" + (b"(" + body + b")" if capture else body)


def _any_document(levels: int) -> bytes:
    """Return the pattern of some embedded document or array without looking at its names, so many levels deep.

    What it lets through is only where it ends; the length that the document gives must agree.
    """
    sizes: dict[int, list[int]] = {}
    for kind, size in FIXED_SIZES.items():
        sizes.setdefault(size, []).append(kind)
    kinds = [_one_of(codes) + rb"[^\x00]*\x00" + b".{%d}" % size for size, codes in sizes.items()]
    kinds.append(_one_of(_STRINGS) + rb"[^\x00]*\x00" + _STRING)
    kinds.append(rb"\x05[^\x00]*\x00\x10\x00\x00\x00" + _NO_SUBTYPE_2 + rb".{16}")  # a UUID
    if levels > 1:
        kinds.append(_one_of(_DOCUMENTS) + rb"[^\x00]*\x00" + _any_document(levels - 1))
    return rb".{4}(?>" + b"|".join(kinds) + _MANY + rb"\x00"


def _one_of(codes: Iterable[int]) -> bytes:
    return b"[" + b"".join(b"\\x%02x" % code for code in codes) + b"]"


_ANY_DOCUMENT: Final = _any_document(3)


def shape(data: bytes, start: int, end: int, want: Want | None) -> Shape | None:
    """Return the shape of a document; None where it is none that the matcher could read."""
    try:
        found = list(elements(data, start, end))
    except DamageError:
        return None
    result: Shape = []
    for kind, name, begin, stop in found:
        wanted = want.fields.get(name) if want is not None else None
        if (wanted is not None and not wanted.allows(kind)) or (wanted is None and not _skippable(kind)):
            return None
        inner = _inner_shapes(data, (kind, name, begin, stop), wanted)
        if inner is None:
            return None
        size = int32(data, begin)[0] - (kind in _STRINGS) if kind in _STRINGS or kind == values.BINARY else 0
        result.append((name, (kind, size), inner))
    return result


def _skippable(kind: int) -> bool:
    return kind in FIXED_SIZES or kind in _STRINGS or kind in _DOCUMENTS or kind == values.BINARY


def _inner_shapes(data: bytes, element: Element, want: Want | None) -> list[Shape] | None:
    """Return the shapes of the wanted documents in a value."""
    kind, _, start, end = element
    if want is None or kind not in _DOCUMENTS:
        return []
    if kind == values.OBJECT:
        one = shape(data, start, end, want)
        return None if one is None else [one]
    try:
        items = list(elements(data, start, end))
    except DamageError:
        return None
    shapes = [
        shape(data, begin, stop, want.items) if code == values.OBJECT else None
        for code, _, begin, stop in items
    ]
    return [each for each in shapes if each is not None] if None not in shapes else None
