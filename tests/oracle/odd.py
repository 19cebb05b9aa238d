"""Values as they are found in databases: clean ones in many forms, and odd ones of every kind.

Every function takes the random generator first, and gives MISSING where the field is to be left out. What
they give can be encoded as BSON and comes back equal.
"""

import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from random import Random
from typing import Any

from bson.binary import Binary
from bson.code import Code
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from bson.max_key import MaxKey
from bson.min_key import MinKey
from bson.objectid import ObjectId
from bson.regex import Regex
from bson.timestamp import Timestamp

from tests.oracle.values import MISSING, digits, is_text, whole

_SPACE = [" ", "  ", "\t", "\n", "\u00a0", "\u2003", "\u0085", "\u3000"]


def a_uuid(rng: Random, subtype: int = 4) -> Binary:
    """Make a random UUID as binary data of a subtype."""
    return Binary(rng.randbytes(16), subtype)


def an_object_id(rng: Random) -> ObjectId:
    """Make a random ObjectId, which has a letter in its text more often than not."""
    return ObjectId(rng.randbytes(12))


def anything(rng: Random) -> Any:
    """Give a value of any BSON type."""
    return rng.choice(
        [
            None, True, False, 0, 1, -7, Int64(5), 2**40, 0.5, -0.0, float("nan"), float("inf"),
            Decimal128("0.5"), Decimal128("0.10"), Decimal128("NaN"), "", " ", "text", "straße", [], [None],
            {}, {"a": 1}, [[1]], an_object_id(rng), a_uuid(rng), a_uuid(rng, 3), Binary(b"abc", 0),
            b"\x00\x01", Binary(b"x", 128), datetime(2026, 1, 5, 4, 0), datetime(2026, 1, 5, 4, 0, 0, 123000),
            Regex("^a", "i"), Code("f()"), Code("f()", {"x": 1}), Timestamp(5, 1), MinKey(), MaxKey(),
        ]
    )  # fmt: skip


# ---------------------------------------------------------------------------------- keys and links


def clean_key(rng: Random, style: str, prefix: str, number: int) -> Any:
    """Make the key of a record in the style of its collection; another number makes another key."""
    makers: dict[str, Callable[[], Any]] = {
        "code": lambda: f"{prefix}-{number:04}",
        "mixed": lambda: f"{prefix.title()}{number}xY",
        "digits": lambda: str(1000 + number),
        "int": lambda: 1000 + number,
        "long": lambda: Int64(10**12 + number),
        "double": lambda: float(1000 + number),
        "decimal": lambda: Decimal128(f"{1000 + number}.00"),
        "hex": lambda: rng.randbytes(10).hex() + f"{number:04x}",
        "objectId": lambda: ObjectId(rng.randbytes(10) + number.to_bytes(2, "big")),
        "uuid text": lambda: str(uuid.UUID(bytes=rng.randbytes(14) + number.to_bytes(2, "big"))),
        "uuid4": lambda: Binary(rng.randbytes(14) + number.to_bytes(2, "big"), 4),
        "uuid3": lambda: Binary(rng.randbytes(14) + number.to_bytes(2, "big"), 3),
    }
    return makers[style]()


KEY_STYLES = (
    "code", "code", "mixed", "digits", "int", "long", "double", "decimal", "hex", "objectId", "uuid text",
    "uuid4", "uuid3",
)  # fmt: skip


def same_number(rng: Random, value: Any) -> Any:
    """Write a whole number as another BSON type; any other value stays."""
    number = whole(value)
    if number is None:
        return value
    forms: list[Any] = [float(number), Decimal128(digits(number)), Decimal128(f"{digits(number)}.00")]
    forms += [Int64(number)] if abs(number) < 2**63 else []
    forms += [number] if abs(number) < 2**31 else []
    return rng.choice([form for form in forms if whole(form) == number])


def other_type(rng: Random, value: Any) -> Any:
    """Give the same text as another BSON type, where there is one."""
    if is_text(value):
        text = value.strip()
        forms: list[Any] = []
        if ObjectId.is_valid(text):
            forms.append(ObjectId(text))
        if len(text) == 36 and text.count("-") == 4:
            forms += [Binary(uuid.UUID(text).bytes, subtype) for subtype in (3, 4)]
        if text.isascii() and text.isdecimal() and str(int(text)) == text:
            forms.append(same_number(rng, int(text)))
        if text.lower() in ("true", "false"):
            forms.append(text.lower() == "true")
        return rng.choice(forms) if forms else value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Binary) and value.subtype in (3, 4):
        text = str(uuid.UUID(bytes=bytes(value)))
        return rng.choice([text, text, Binary(bytes(value), 7 - value.subtype)])
    number = whole(value)
    if number is not None:
        return digits(number)
    return str(value) if isinstance(value, ObjectId) else value


def other_case(rng: Random, value: Any) -> Any:
    """Change the letter case of a text."""
    if not is_text(value):
        return value
    return rng.choice([value.upper(), value.lower(), value.swapcase(), value.title()])


def padded(rng: Random, value: Any) -> Any:
    """Put white space before or after a text."""
    if not is_text(value):
        return value
    return rng.choice(["", *_SPACE]) + value + rng.choice(_SPACE)


def near(rng: Random, value: Any) -> Any:
    """Change type, case and white space of a value, one of them or several."""
    changes = rng.sample([other_type, other_case, padded], rng.choice([1, 1, 1, 2, 2, 3]))
    for change in sorted(changes, key=[other_type, other_case, padded].index):
        value = change(rng, value)
    return value


def odd_key(rng: Random, value: Any, others: Sequence[Any]) -> Any:
    """Spoil a key: leave it out, share it, write it otherwise, or make it something that no key should be."""
    return rng.choice(
        [
            MISSING, None, "", " ", "\u00a0\t", same_number(rng, value), other_type(rng, value),
            near(rng, value), rng.choice(others), rng.choice(others), near(rng, rng.choice(others)),
            rng.random() < 0.5, rng.choice(["true", "False", "TRUE", " true "]), [value],
            [value, rng.choice(others)], [value, None], {"k": value},
            rng.choice([0, 0.0, -0.0, 0.5, Decimal128("0.5"), Decimal128("0.1"), 2**53 + 1, 2.0**53]),
            anything(rng),
        ]
    )  # fmt: skip


def odd_reference(rng: Random, value: Any, others: Sequence[Any]) -> Any:
    """Spoil a reference: lose it, write it otherwise, or put it into an array."""
    other = rng.choice(others)
    lost = rng.choice(
        ["lost", 987654, an_object_id(rng), a_uuid(rng), "LOST ", 1e300, Decimal128("0.25"), {"k": 1}]
    )
    return rng.choice(
        [
            MISSING, None, "", " ", lost, lost, other, other, same_number(rng, value), near(rng, value),
            near(rng, value), near(rng, other), [value], [value, other], [value, None], [lost, value],
            [lost, "gone"], [lost, lost, None], [near(rng, value)], [value, same_number(rng, value)],
            [value, "", " "], [], [None], [[value]], [[value, other], lost], {"k": value}, rng.random() < 0.5,
            rng.choice([0, 0.5, 2**53]), anything(rng),
        ]
    )  # fmt: skip


# ------------------------------------------------------------------------------- statuses and flags


def odd_status(rng: Random, status: str) -> Any:
    """Spoil a status: its case, its spelling, or its type."""
    words = [
        "pendng", "deliverd", "canceled", "Out For Delivery", "OUT-FOR-DELIVERY", "not delivered",
        "in_active", "done", "", "  ", "missing", "other", "Pending", "DELIVERED", "Cancelled", "aktiv",
        "stop", "conf irmed", "__",
    ]  # fmt: skip
    forms = [status.upper(), status.title(), status.upper(), padded(rng, status), f" {status.upper()} "]
    return rng.choice([*forms, *rng.sample(words, 4), MISSING, None, [status], [], 1, True, anything(rng)])


def odd_flag(rng: Random, flag: bool) -> Any:
    """Spoil a flag such as `billed`."""
    return rng.choice([not flag, False, MISSING, None, "yes", "", 1, 0, 0.0, "true", [flag], anything(rng)])


# ------------------------------------------------------------------------------------------ amounts


def clean_amount(rng: Random, amount: Decimal) -> Any:
    """Write an amount as one of the types in which it can be read exactly."""
    forms: list[Any] = [Decimal128(amount), Decimal128(f"{amount:.3f}"), str(amount), f" {amount} "]
    if Decimal(repr(float(amount))) == amount:
        forms += [float(amount)] * 4
    if amount == int(amount):
        forms += [int(amount), Int64(int(amount))] * 2
    return rng.choice(forms)


def odd_amount(rng: Random, amount: Decimal) -> Any:
    """Spoil an amount: another number, a number in a rare form, or no number at all."""
    numbers = [
        0, -5, 0.1, 0.30000000000000004, 1e300, 5e-324, -0.0, Int64(2**62), Decimal128("1E+6111"),
        Decimal128("-1E-6176"), Decimal128("0E+10"), Decimal128("9999999999999999999999999999999999"),
        float(amount) + 0.01, float(amount) + 0.02, clean_amount(rng, amount + Decimal("0.01")),
        clean_amount(rng, amount - Decimal("0.02")), " 12.50 ", "+7", "-3.25", "\u00a012.5\t", "007.50", "0",
    ]  # fmt: skip
    texts = ["1e3", ".5", "5.", "abc", "", " ", "1,000", "12.5.0", "₹5", "٣", "NaN", "--1", "0x10", "1_000"]
    others = [
        float("nan"),
        float("inf"),
        float("-inf"),
        Decimal128("NaN"),
        Decimal128("-Infinity"),
        True,
        False,
    ]
    wrong = [
        *rng.sample(texts, 4),
        *rng.sample(others, 3),
        anything(rng),
        {"amount": 5},
        [5],
        datetime(2026, 1, 1),
    ]
    return rng.choice([*rng.sample(numbers, 8), MISSING, None, *wrong])


def odd_items(rng: Random, items: list[Any]) -> Any:
    """Spoil the list of items."""
    amount = odd_amount(rng, Decimal(5))
    spoiled = {} if amount is MISSING else {"total": amount}
    return rng.choice(
        [
            MISSING, None, [], {}, "2 milk", {"total": 5}, 5, True, [None], [*items, None], ["milk", *items],
            [*items, 5], [items], [{}, *items], [*items, {"name": "curd"}], [{"total": None}, *items],
            anything(rng), [*items, spoiled], [spoiled, "x", *items],
        ]
    )  # fmt: skip


# -------------------------------------------------------------------------------------------- dates


def clean_date(rng: Random, date: datetime) -> Any:
    """Write a moment as a BSON date or as ISO 8601 text, with a zone or without."""
    aware = date.replace(tzinfo=UTC)
    east = aware.astimezone(timezone(timedelta(hours=5, minutes=30)))
    west = aware.astimezone(timezone(timedelta(hours=-8)))
    texts = [
        date.isoformat(),
        f"{date.isoformat()}Z",
        east.isoformat(),
        west.isoformat(),
        f"{date:%Y-%m-%d %H:%M}",
    ]
    return rng.choice([date, date, date, *texts, f"{date:%Y-%m-%dT%H:%M:%S}.500Z"])


def odd_date(rng: Random, date: datetime) -> Any:
    """Spoil a date: another moment, less of it, or no date at all."""
    shifted = date + timedelta(days=rng.choice([-400, -91, -90, -31, 31, 62]))
    edge = date.replace(day=1, hour=0, minute=0)
    edges = [edge - timedelta(milliseconds=1), edge, edge - timedelta(hours=3), edge - timedelta(hours=6)]
    good = [
        f"{date:%Y-%m}", f"{date:%Y-%m-%d}", clean_date(rng, shifted), rng.choice(edges),
        f"{date:%Y-%m}-01T02:30:00+05:30", f"{date:%Y-%m}-01T00:00:00-04:00", f"{shifted:%Y-%m}",
        f"{shifted:%Y-%m-%d}",
    ]  # fmt: skip
    bad = [
        "", " ", "yesterday", "2026-13-01", "2026-02-30", "2026-00", "2026", "01/02/2026", "Jan 2026", 202601,
        1767225600, 1.5, Int64(1767225600000), True, [date], {"date": date}, Timestamp(1767225600, 1),
        anything(rng),
    ]  # fmt: skip
    return rng.choice([*good, *rng.sample(bad, 5), MISSING, None])


# ------------------------------------------------------------------------------ phones, emails, names


def clean_phone(rng: Random, number: int) -> Any:
    """Write an Indian mobile number (ten digits) in one of its many forms."""
    text = str(number)
    return rng.choice(
        [
            text, text, f"+91{text}", f"+91{text}", f"0{text}", f"+91 {text[:5]} {text[5:]}",
            f"{text[:5]}-{text[5:]}", f"0091{text}", f"(+91) {text[:3]} {text[3:]}", f" {text} ",
            f"+91 {text} ext. 5", f"tel:+91-{text}", number, Int64(number), float(number), Decimal128(text),
            f"91{text}",
        ]
    )  # fmt: skip


def odd_phone(rng: Random, others: Sequence[int]) -> Any:
    """Spoil a phone: another one's number, a blank, something that is no phone, or no text."""
    other = rng.choice(others)
    few = [
        "",
        " ",
        "n/a",
        "-",
        "+",
        "12",
        "12 ",
        12,
        "100",
        "ask 5 pm",
        "12345678",
        "1234567890123456789",
        "٩٨٧٦٥٤٣٢١٠",
    ]
    rare = [
        "+1 650 253 0000",
        "+16502530000",
        "1-800-FLOWERS",
        0.5,
        Decimal128("0.5"),
        True,
        [str(other)],
        [],
        {"p": 1},
    ]
    known = [clean_phone(rng, other) for _ in range(6)]
    return rng.choice([*known, *rng.sample(few, 4), *rng.sample(rare, 2), MISSING, None, anything(rng)])


def odd_email(rng: Random, email: str, others: Sequence[str]) -> Any:
    """Spoil an email: another one's, in other case or with white space, a blank, or no text."""
    other = rng.choice(others)
    same = [other, other.upper(), f" {other}", f"{other.title()}\u00a0", other.replace("ss", "ß")]
    return rng.choice([*same, email.upper(), "", " ", MISSING, None, 5, 5.0, ["a"], {"e": 1}, anything(rng)])


def odd_name(rng: Random) -> Any:
    """Spoil a name, which is only shown."""
    return rng.choice(
        [MISSING, None, "", 5, 0.5, ["A", "B"], {"first": "A"}, datetime(2025, 1, 1), anything(rng)]
    )
