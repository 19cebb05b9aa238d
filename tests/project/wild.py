"""Documents that nobody would write: of all types, deep, odd, and often broken; the same for the same seed.

hypothesis finds small surprises; this makes many large ones, a hundred thousand in the time of a test.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from random import Random
from struct import pack

from intact.core import values
from intact.core.paths import Path
from intact.project import Column, Role
from tests.project.raw import frame, string
from tests.project.strategies import COLUMNS, SIMPLE

Typed = tuple[int, bytes]
"""A type code, and the bytes of a value."""

NAMES = (b"a", b"b", b"l", b"x", b"o", b"k", b"n", b"_id")
ODD_NAMES = (b"", b"$oid", b"\xff", "ü.".encode(), b"a.b", b"0", b"$", b"\xed\xa0\x80", b'"\\\n', b"A", b"ab")

SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2005\u200a\u2028\u2029\u202f\u205f\u3000"
NO_SPACES = "\x1c\x1d\x1e\x1f\u180e\u200b\u2060\ufeff\0"
"""White space to some programming languages, and not to Unicode."""

DOUBLES = (
    0.0, -0.0, 1.0, -1.0, 0.1, 0.1 + 0.2, 5e-324, 2.2250738585072014e-308, 2.225073858507201e-308, 1e-18, 1e-19,
    1.5e-18, 99999999999.99, 1e11, -1e11, 99999999999.99998, 1e15, 1e16, 123456789012345680.0, 1e21, 1e22, 1e23,
    2.0**53, 2.0**53 + 2, 2.0**63, 2.0**64, -(2.0**63), 1.7976931348623157e308, math.inf, -math.inf, math.nan,
    9007199254740993.0, 4.35, 0.001, 1e-5, 1e-4, 1.0000000000000002, 5e-7,
)  # fmt: skip
TEXTS = (
    b"", b"$", b"$5", b'${"$oid":"0123456789abcdef01234567"}', b"pending", b"x" * 255, b"x" * 256, b"x" * 257,
    "ü".encode() * 256, "ü".encode() * 257, "𝒳".encode() * 257, b"$" + b"x" * 260, b"a\0b", b"\0",
    b'"\\/\b\f\n\r\t', b"\x7f\x1f\x01", "\u2028\u2029\ufeff\ufffd".encode(), b"\xff", b"\xc3", b"\xc3(",
    b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf", b"x" * 256 + b"\xff", b"\xe2\x82", b"5\xff",
    b"2026-01\xff", b"\xf0\x9f\x98",
    b"ok \xf8\x88\x80\x80\x80",
)  # fmt: skip
NUMERALS = (
    "1e5", "1E5", ".5", "5.", "+", "-", "+-5", "--5", "0x10", "NaN", "Infinity", "1_000", "1,000", "1.2.3", "٣", "５",
    "1 2", "²", "0" * 60, "-0", "+0.0", "9" * 11, "9" * 12, "-" + "9" * 11 + "." + "9" * 18, "0." + "0" * 17 + "1",
    "0." + "0" * 18 + "1", "1." + "0" * 30, "9" * 400, "0." + "9" * 400, "₹5", "5 %", "−5",
)  # fmt: skip


class Wild:
    """Makes documents.

    Args:
        seed: Another one makes others.
        broken: How many of the documents to break, as a share.
    """

    def __init__(self, seed: int, *, broken: float = 0.3) -> None:
        self.chance = Random(seed)
        self._broken = broken
        self._makers = self._weighted()

    def documents(self, count: int) -> Iterator[bytes]:
        """Make documents whose own length is right, whatever is in them."""
        for _ in range(count):
            inside = self._fields(self.chance.choice((0, 1, 3, 6, 6, 9)), 0)
            if self.chance.random() < self._broken:
                inside = self._damaged(inside)
            end = b"\1" if self.chance.random() < 0.005 else b"\0"
            yield frame(inside)[:-1] + end

    def double(self) -> bytes:
        """Make a double: remarkable, of any bits, or money."""
        chance = self.chance
        match chance.randrange(5):
            case 0:
                return pack("<d", chance.choice(DOUBLES))
            case 1 | 2:
                return chance.randbytes(8)
            case 3:
                return pack("<d", chance.randrange(-(10**13), 10**13) / 100)
        return pack("<d", float(f"{chance.randrange(10**17)}e{chance.randrange(-340, 309)}"))

    def decimal(self) -> bytes:
        """Make a decimal128: money, of any bits, at its limits, or no number."""
        chance = self.chance
        sign = chance.getrandbits(1) << 127
        match chance.randrange(4):
            case 0:
                return chance.randbytes(16)
            case 1:
                coefficient, exponent = (
                    chance.randrange(10 ** chance.randrange(1, 35)),
                    chance.randrange(-40, 20),
                )
            case 2:
                coefficient = chance.choice((0, 1, 10**34 - 1, 10**34, 10**33, 2**113 - 1, 5 * 10**20))
                exponent = chance.choice((-6176, 6111, -18, -19, 0, 10, 11, 5000, -5000, -33, -34))
            case _:
                return (sign | chance.getrandbits(5) << 122 | chance.getrandbits(111)).to_bytes(16, "little")
        return (sign | exponent + 6176 << 113 | coefficient).to_bytes(16, "little")

    def amount_text(self) -> str:
        """Make text that is a number, nearly."""
        chance = self.chance
        if chance.random() < 0.2:
            text = chance.choice(NUMERALS)
        else:
            text = chance.choice(("", "", "-", "+")) + str(chance.randrange(10 ** chance.randrange(1, 25)))
            text = "0" * (chance.randrange(4) // 3) + text
            if chance.random() < 0.6:
                text += "." + str(chance.randrange(10 ** chance.randrange(1, 25)))
        if chance.random() < 0.4:
            text = self._spaces() + text + self._spaces()
        return self.mutated(text) if chance.random() < 0.15 else text

    def date_text(self) -> str:
        """Make text that is a date, nearly, often: ISO 8601 in its many forms."""
        chance = self.chance
        year, month, day = self._digits(4, 0, 9999), self._digits(2, 0, 13), self._digits(2, 0, 32)
        week = self._digits(2, 0, 54)
        forms = (
            f"{year}-{month}-{day}", f"{year}-{month}-{day}", f"{year}{month}{day}", f"{year}-{month}",
            f"{year}-W{week}", f"{year}-W{week}-{chance.randrange(9)}", f"{year}W{week}{chance.randrange(9)}",
            f"{year}W{week}", year,
        )  # fmt: skip
        text = chance.choice(forms)
        if chance.random() < 0.7:
            text += chance.choice("TTTt  x") + self._clock()
            if chance.random() < 0.3:
                text += chance.choice(".,;") + self._digits(chance.choice((0, 1, 3, 3, 6, 9, 20)), 0, None)
            if chance.random() < 0.6:
                text += chance.choice(("Z", "z", " Z", "+" + self._clock(), "-" + self._clock(), "+5", "UTC"))
        return self.mutated(text) if chance.random() < 0.2 else text

    def mutated(self, text: str) -> str:
        """Change a character or two."""
        for _ in range(self.chance.randrange(1, 3)):
            at = self.chance.randrange(len(text) + 1)
            new = self.chance.choice("0123456789-+:.,TtZz W" + SPACES + NO_SPACES + "٣é")
            text = text[:at] + self.chance.choice(("", new)) + text[at + self.chance.randrange(2) :]
        return text

    def value(self, level: int) -> Typed:
        """Make a value of any type."""
        kind, make = self.chance.choice(self._makers)
        return kind, make(level)

    def _weighted(self) -> list[tuple[int, Callable[[int], bytes]]]:
        """Give how values are made, the usual types more often."""
        chance = self.chance
        makers: list[tuple[int, int, Callable[[int], bytes]]] = [
            (8, values.STRING, lambda _: string(self._text())),
            (4, values.DOUBLE, lambda _: self.double()),
            (4, values.DECIMAL, lambda _: self.decimal()),
            (5, values.OBJECT, self._object),
            (7, values.ARRAY, self._array),
            (2, values.INT, lambda _: pack("<i", chance.choice((0, 1, -1, 5, 2**31 - 1, -(2**31))))),
            (3, values.LONG, lambda _: self._long()),
            (3, values.DATE, lambda _: self._date()),
            (2, values.NULL, lambda _: b""),
            (1, values.UNDEFINED, lambda _: b""),
            (2, values.BOOL, lambda _: bytes((chance.choice((0, 0, 0, 1, 1, 1, 1, 2)),))),
            (2, values.OBJECT_ID, lambda _: chance.randbytes(12)),
            (2, values.BINARY, lambda _: self._binary()),
            (1, values.REGEX, lambda _: self._cstring() + self._cstring()),
            (1, values.DB_POINTER, lambda _: string(self._text()) + chance.randbytes(12)),
            (1, values.CODE, lambda _: string(self._text())),
            (1, values.SYMBOL, lambda _: string(self._text())),
            (1, values.CODE_WITH_SCOPE, self._code),
            (1, values.TIMESTAMP, lambda _: chance.randbytes(8)),
            (1, values.MIN_KEY, lambda _: b""),
            (1, values.MAX_KEY, lambda _: b""),
        ]
        return [(kind, make) for weight, kind, make in makers for _ in range(weight)]

    def _text(self) -> bytes:
        chance = self.chance
        match chance.randrange(6):
            case 0:
                return chance.choice(TEXTS)
            case 1:
                return chance.randbytes(chance.randrange(6))
            case 2 | 3:
                return self.amount_text().encode()
            case 4:
                return self.date_text().encode()
        return "".join(map(chr, chance.choices(range(0x20, 0x2FF), k=chance.choice((1, 3, 8, 300))))).encode()

    def _fields(self, count: int, level: int) -> bytes:
        """Make fields, some of them twice."""
        fields = []
        for _ in range(count):
            name = self.chance.choice(NAMES if self.chance.random() < 0.9 else ODD_NAMES)
            kind, payload = self.value(level + 1)
            fields.append(bytes((kind,)) + name + b"\0" + payload)
        return b"".join(fields)

    def _object(self, level: int) -> bytes:
        if self.chance.random() < 0.01:
            return self._deep()
        return frame(self._fields(self.chance.randrange(5) if level < 5 else 0, level))

    def _array(self, level: int) -> bytes:
        """Make an array: of anything, or of documents that mostly look alike; its names are its numbers, nearly."""
        chance = self.chance
        items = []
        alike = chance.random() < 0.6
        for at in range(chance.choice((0, 1, 2, 3, 5)) if level < 5 else 0):
            kind, payload = (
                (values.OBJECT, frame(self._fields(2, level + 1)))
                if alike and chance.random() < 0.9
                else self.value(level + 1)
            )
            name = b"%d" % at if chance.random() < 0.95 else chance.choice(ODD_NAMES)
            items.append(bytes((kind,)) + name + b"\0" + payload)
        return frame(b"".join(items))

    def _deep(self) -> bytes:
        """Make a value of about as many levels as are read, or of many more."""
        inside = frame(self._fields(1, 9))
        for _ in range(self.chance.choice((100, 196, 197, 198, 199, 200, 201, 202, 600))):
            inside = frame(self.chance.choice((b"\x03", b"\x03", b"\x04")) + b"a\0" + inside)
        return inside

    def _long(self) -> bytes:
        near = self.chance.choice((0, 10**11, -(10**11), 2**53, 2**63 - 5, -(2**63) + 5))
        return pack("<q", near + self.chance.randrange(-5, 5))

    def _date(self) -> bytes:
        chance = self.chance
        near = chance.choice(
            (
                0,
                253_402_300_800_000,
                -62_135_596_800_000,
                2**63 - 5,
                -(2**63) + 5,
                chance.randrange(2 * 10**12),
            )
        )
        return pack("<q", near + chance.randrange(-5, 5))

    def _binary(self) -> bytes:
        chance = self.chance
        content = chance.randbytes(chance.choice((0, 1, 2, 3, 16, 200)))
        subtype = chance.choice((0, 2, 3, 4, 5, 128, 255))
        if subtype == 2 and chance.random() < 0.8:
            content = pack("<i", len(content)) + content
        return pack("<iB", len(content), subtype) + content

    def _code(self, level: int) -> bytes:
        inside = string(self._text()) + frame(
            self._fields(self.chance.randrange(3) if level < 5 else 0, level)
        )
        return pack("<i", len(inside) + 4 + (self.chance.random() < 0.03)) + inside

    def _cstring(self) -> bytes:
        return self._text().replace(b"\0", b"") + b"\0"

    def _damaged(self, inside: bytes) -> bytes:
        """Change a few bytes, or the length of something."""
        chance, broken = self.chance, bytearray(inside)
        for _ in range(chance.randrange(1, 3)):
            at = chance.randrange(len(broken) + 1)
            match chance.randrange(6):
                case 0 | 1:
                    broken[at : at + 1] = bytes((chance.randrange(256),))
                case 2:
                    broken[at : at + 4] = pack(
                        "<i", chance.choice((-1, 0, 1, 4, 5, 255, 2**31 - 1, -(2**31)))
                    )
                case 3:
                    del broken[at : at + chance.randrange(1, 9)]
                case 4:
                    broken[at:at] = chance.randbytes(chance.randrange(1, 9))
                case 5:
                    del broken[at:]
        return bytes(broken)

    def _digits(self, count: int, low: int, high: int | None) -> str:
        """Make a number of so many digits, mostly within what it may be."""
        if high is None:
            return "".join(self.chance.choices("0123456789", k=count))
        chance = self.chance
        number = chance.randint(low + 1, high - 1) if chance.random() < 0.92 else chance.choice((low, high))
        return f"{number:0{count}}"

    def _clock(self) -> str:
        """Make a time of day."""
        parts = [self._digits(2, 0, 24), self._digits(2, 0, 60), self._digits(2, 0, 60)]
        return self.chance.choice((":", ":", "")).join(parts[: self.chance.choice((1, 2, 3, 3))])

    def _spaces(self) -> str:
        some = SPACES if self.chance.random() < 0.9 else NO_SPACES
        return "".join(self.chance.choices(some, k=self.chance.randrange(4)))


def _columns(role: Role, *paths: str) -> list[Column]:
    return [Column(Path.parse(path), role) for path in paths]


def _money(paths: Mapping[str, str]) -> list[Column]:
    """Make columns of amounts in arrays, and of their currencies."""
    return [
        column
        for amount, currency in paths.items()
        for column in (
            Column(Path.parse(amount), Role.AMOUNT),
            Column(Path.parse(amount), Role.MONEY, Path.parse(currency)),
            Column(Path.parse(currency), Role.KEY),
        )
    ]


COLUMN_SETS: dict[str, list[Column]] = {
    "everything": COLUMNS,
    "what a matcher can read": SIMPLE,
    "every role at the top": [
        *_columns(Role.KEY, "a", "b", "_id"),
        *_columns(Role.TEXT, "a", "x", "k"),
        *_columns(Role.AMOUNT, "a", "x", "b"),
        *_columns(Role.DATE, "k", "l"),
        *_columns(Role.FLAG, "n", "o"),
        *_columns(Role.MATCH, "a", "k", "n"),
    ],
    "every role inside": [
        *_columns(Role.KEY, "o.a", "o.a.b", "l.x"),
        *_columns(Role.TEXT, "a.b", "l.x"),
        *_columns(Role.AMOUNT, "o.x", "a.x", "l.a"),
        *_columns(Role.DATE, "o.k", "b.b"),
        *_columns(Role.FLAG, "o.n", "a.a"),
        *_columns(Role.MATCH, "a.b", "l.x", "o.a.b", "l.a"),
    ],
    "through arrays": [
        *_columns(Role.KEY, "l[]", "l[].x", "l[].o.x", "a[].b", "o.l[].a", "l[].l[].x", "b[]"),
        *_columns(Role.AMOUNT, "l[]", "l[].x", "l[].o.x", "a[].b", "o.l[].a", "l[].l[].x", "l[].l[]"),
    ],
    "money in arrays": [
        *_money({"l[].x": "l[].a", "l[].o.x": "l[].o.a", "a[].b": "a[].x", "o.l[].a": "o.l[].b", "l[]": "l[].x"}),
        *_money({"l[].l[].x": "l[].a", "l[].l[]": "l[].l[].x", "a[].l[].x": "a[].l[].k", "b[].x": "b[].b.a"}),
    ],
    "odd names": [
        *(Column(Path(steps), Role.KEY) for steps in (("",), ("a.b",), ("$oid",), ("ü.",), ("a", ""), ("o", "$"))),
        *(Column(Path(steps), Role.AMOUNT) for steps in (("",), ("0",), ("l", "0"))),
        *(Column(Path(steps), Role.TEXT) for steps in (("A",), ("ab",))),
    ],
    "one key": _columns(Role.KEY, "a"),
    "nothing": [],
}  # fmt: skip
"""Columns in which documents are looked at: every role, at the top, inside, and through arrays."""
