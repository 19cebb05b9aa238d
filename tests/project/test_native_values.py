"""The native projector, value by value: numbers of any bits, and texts that are numbers or dates, nearly."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from intact.core import values
from intact.core.paths import Path
from intact.project import Column, Role
from tests.project.both import Both, needs_native
from tests.project.raw import frame, string
from tests.project.wild import DOUBLES, NO_SPACES, NUMERALS, SPACES, TEXTS, Wild

MANY = 100_000
AT_ONCE = 5_000
AMOUNT = [
    Column(Path.parse("a"), Role.AMOUNT),
    Column(Path.parse("a"), Role.KEY),
    Column(Path.parse("a"), Role.TEXT),
]
DATE = [Column(Path.parse("a"), Role.DATE)]
SINGLE = [role for role in Role if role is not Role.MONEY]
"""The roles that a value may have alone. Money is that of an array's elements: tests/project/test_money.py."""

EVERY_ROLE = [Column(Path.parse(f"a.{role.value}"), role) for role in SINGLE]
"""A path is declared in one of the roles that have ``@bad`` only, so each has its own."""

pytestmark = needs_native


def fields(kind: int, payloads: Iterable[bytes]) -> Iterable[bytes]:
    """A document a value, which is its field ``a``."""
    return (frame(bytes((kind,)) + b"a\0" + payload) for payload in payloads)


def texts(made: Iterable[str]) -> Iterable[bytes]:
    return fields(values.STRING, (string(each.encode()) for each in made))


def read(column: str, both: Both, data: Iterable[bytes]) -> int:
    """How many of the values are read, as the pure projector tells."""
    return sum(cell.is_valid for cell in both.pure.project(b"".join(data)).rows[column])


@pytest.mark.spread(3)
@pytest.mark.parametrize(
    ("kind", "make"),
    [(values.DOUBLE, Wild.double), (values.DECIMAL, Wild.decimal)],
    ids=["double", "decimal"],
)
@pytest.mark.parametrize("seed", range(4))
def test_numbers_of_any_bits_are_the_same_amount_key_and_text(
    kind: int, make: Callable[[Wild], bytes], seed: int
) -> None:
    wild, both = Wild(seed), Both(AMOUNT)
    made = list(fields(kind, (make(wild) for _ in range(MANY // 4))))
    both.compare(made, AT_ONCE)
    assert both.compared == MANY // 4
    assert read("a@amount", both, made[:AT_ONCE]) > AT_ONCE // 10
    assert read("a@wide", both, made[:AT_ONCE]) > AT_ONCE // 10
    assert read("a@bad", both, made[:AT_ONCE]) > 0


@pytest.mark.spread(1)
@pytest.mark.parametrize("seed", range(2))
def test_numbers_of_nothing_but_random_bits_are_the_same(seed: int) -> None:
    chance = Wild(seed).chance
    both = Both(AMOUNT)
    both.compare(fields(values.DOUBLE, (chance.randbytes(8) for _ in range(MANY // 2))), AT_ONCE)
    both.compare(fields(values.DECIMAL, (chance.randbytes(16) for _ in range(MANY // 2))), AT_ONCE)
    both.compare(fields(values.LONG, (chance.randbytes(8) for _ in range(MANY // 4))), AT_ONCE)
    both.compare(fields(values.INT, (chance.randbytes(4) for _ in range(MANY // 4))), AT_ONCE)


def test_doubles_beside_the_powers_of_ten_and_of_two_are_the_same() -> None:
    """There shortest texts change their length, and so their form."""
    near: list[bytes] = []
    for power in [float(f"1e{exponent}") for exponent in range(-323, 309)] + [
        2.0**n for n in range(-1074, 1024)
    ]:
        bits = int.from_bytes(_bytes(power), "little")
        near += [(bits + step).to_bytes(8, "little") for step in range(-3, 4) if bits + step >= 0]
    both = Both(AMOUNT)
    both.compare(fields(values.DOUBLE, near), AT_ONCE)
    both.compare(fields(values.DOUBLE, map(_bytes, DOUBLES)))
    assert both.compared > 10_000


def _bytes(number: float) -> bytes:
    from struct import pack

    return pack("<d", number)


@pytest.mark.spread(1)
@pytest.mark.parametrize("seed", range(4))
def test_texts_that_are_numbers_nearly_are_the_same_amount(seed: int) -> None:
    wild, both = Wild(seed), Both(AMOUNT)
    made = list(texts(wild.amount_text() for _ in range(MANY // 4)))
    both.compare(made, AT_ONCE)
    assert read("a@amount", both, made[:AT_ONCE]) > AT_ONCE // 10
    assert read("a@wide", both, made[:AT_ONCE]) > AT_ONCE // 10
    assert read("a@bad", both, made[:AT_ONCE]) > AT_ONCE // 10


def test_every_kind_of_white_space_around_a_number_is_the_same() -> None:
    both = Both(AMOUNT)
    some = [f"{space}5{space}" for space in map(chr, [*range(0x3100), 0xFEFF])]
    some += [before + numeral + after for numeral in NUMERALS for before in SPACES for after in NO_SPACES]
    both.compare(texts(some), AT_ONCE)
    assert read("a@amount", both, texts(f"{space}5{space}" for space in SPACES)) == len(SPACES)


@pytest.mark.spread(1)
@pytest.mark.parametrize("seed", range(4))
def test_texts_that_are_dates_nearly_are_the_same_date(seed: int) -> None:
    wild, both = Wild(seed), Both(DATE)
    made = list(texts(wild.date_text() for _ in range(MANY // 4)))
    both.compare(made, AT_ONCE)
    assert read("a@date", both, made[:AT_ONCE]) > AT_ONCE // 5
    assert read("a@month", both, made[:AT_ONCE]) > AT_ONCE // 100
    assert read("a@bad", both, made[:AT_ONCE]) > AT_ONCE // 5


def test_every_day_and_week_of_some_years_is_the_same_date() -> None:
    """Also those that do not exist: the 31st of June, week 53 of a year of 52."""
    both = Both(DATE)
    for year in (0, 1, 4, 1600, 1899, 1900, 1969, 1970, 1999, 2000, 2020, 2024, 2026, 2032, 2100, 9998, 9999):
        days = [f"{year:04}-{month:02}-{day:02}" for month in range(14) for day in range(33)]
        weeks = [f"{year:04}-W{week:02}-{day}" for week in range(55) for day in range(9)]
        months = [f"{year:04}-{month:02}" for month in range(14)]
        both.compare(
            texts([*days, *weeks, *months, *(each.replace("-", "") for each in days + weeks)]), AT_ONCE
        )
    assert both.compared > 30_000


def test_dates_at_all_ends_are_the_same_date_and_the_same_text() -> None:
    both = Both([*DATE, Column(Path.parse("a"), Role.KEY)])
    edges = (
        0,
        -1,
        253_402_300_799_999,
        -62_135_596_800_000,
        2**63 - 1,
        -(2**63),
        1_700_000_000_000,
        951_782_400_000,
    )
    moments = {edge + step for edge in edges for step in range(-1_001, 1_002)}
    inside = [m.to_bytes(8, "little", signed=True) for m in sorted(moments) if -(2**63) <= m < 2**63]
    both.compare(fields(values.DATE, inside), AT_ONCE)
    wild = Wild(9).chance
    both.compare(fields(values.DATE, (wild.randbytes(8) for _ in range(20_000))), AT_ONCE)
    both.compare(
        fields(values.DATE, (wild.randrange(4 * 10**14).to_bytes(8, "little") for _ in range(50_000))),
        AT_ONCE,
    )


@pytest.mark.parametrize("kind", [values.STRING, values.SYMBOL, values.CODE])
def test_odd_texts_are_the_same_in_every_role(kind: int) -> None:
    both = Both(EVERY_ROLE)
    chance = Wild(4).chance
    some = [*TEXTS, *(chr(code).encode() for code in range(0x250)), *map(str.encode, NUMERALS)]
    some += [chance.randbytes(chance.randrange(8)) for _ in range(3_000)]
    some += [bytes(chance.choices(b"\xed\xa0\xbf\x80\xf0\x9f\xf4\x90\xc3\xe2a", k=5)) for _ in range(6_000)]
    for role in SINGLE:
        name = role.value.encode() + b"\0"
        both.compare(frame(b"\x03a\0" + frame(bytes((kind,)) + name + string(each))) for each in some)


def test_names_of_any_bytes_inside_a_key_are_the_same() -> None:
    both = Both([Column(Path.parse("a"), Role.KEY)])
    chance = Wild(6).chance
    names = [
        name
        for name in (*TEXTS, *(chance.randbytes(chance.randrange(6)) for _ in range(5_000)))
        if b"\0" not in name
    ]
    both.compare(frame(b"\x03a\0" + frame(b"\x0a" + name + b"\0")) for name in names)
    assert both.damaged > 1_000
