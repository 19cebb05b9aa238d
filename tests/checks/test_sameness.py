"""What counts as the same telephone number or text, and that buckets lose no pair of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import bson
import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat as Form

from intact.checks.context import Context, Read
from intact.checks.normalisation import groups, same_phone, same_text
from intact.core.paths import Path
from intact.engine import DuckEngine
from intact.model.specs import Collection, Link, Model
from intact.project import Column, Role, projector
from tests.oracle.duplicates import compared_email, compared_phone
from tests.oracle.values import identity
from tests.support.bsons import texts
from tests.support.effort import share

LINK = Link("people", Path(("v",)))
IN = "+919876543210"

PHONES = [
    ("9876543210", IN), ("+919876543210", IN), ("+91 98765 43210", IN), ("09876543210", IN), ("00919876543210", IN),
    ("919876543210", IN), ("(+91) 98765-43210", IN), (" 9876543210\u00a0", IN), ("tel:+91-98765-43210", IN),
    ("9876543210 ext 12", f"{IN};ext=12"), ("9876543210x12", f"{IN};ext=12"), ("9876543210;ext=12", f"{IN};ext=12"),
    ("+91 98765 43210 x 13", f"{IN};ext=13"), ("+91 (0) 98765 43210", IN),
    ("9876543210.0", IN), (" 9876543210.00 ", IN), ("9.87654321E9", IN), ("9.876543210e+09", IN),
    ("9876543210.000", IN), ("919876543210.0", IN), ("9.1987654321E11", IN), ("+919876543210.0", IN),
    ("9E99", "9" + "0" * 99), ("9E999", "9E999"),
    ("12.0", "12"), ("12.000", "12.000"), ("022.0000", "+910220000"), ("0E5", "0E5"), ("1,0", "1,0"),
    ("\uff19\uff18\uff17\uff16\uff15\uff14\uff13\uff12\uff11\uff10", IN), ("$9876543210", IN), ("$919876543210", IN),
    ("+1 650 253 0000", "+16502530000"), ("+1-650-253-0000", "+16502530000"), ("0222345678", "+91222345678"),
    ("12", "12"), (" 12 ", "12"), ("$12", "12"), ("12345678901234567890", "12345678901234567890"),
    ("call 5", "call 5"), ("Call 5", "Call 5"), ("\u0663", "\u0663"), ('$"$5"', '$"$5"'),
    ("", None), (" ", None), ("n/a", None), ("+", None), ("\u00bd", None), ("\u00b2", None),
    ("$true", "$true"), ("$0.5", "$0.5"), ('$["9876543210"]', '$["9876543210"]'), ('${"a":1}', '${"a":1}'),
    ("$-5", "-5"), ("$1e+20", "100000000000000000000"), ('${"$numberDecimal":"1E+34"}', "1" + "0" * 34),
    ('${"$numberDecimal":"0.1"}', '${"$numberDecimal":"0.1"}'),
    ('${"$numberDouble":"NaN"}', '${"$numberDouble":"NaN"}'),
]  # fmt: skip

TEXTS = [
    ("a@b.c", "a@b.c"), ("A@B.C", "a@b.c"), (" a@b.c\u3000", "a@b.c"), ("\u2003A@b.c\u0085", "a@b.c"),
    ("stra\u00dfe", "strasse"), ("STRASSE", "strasse"), ("STRA\u1e9eE", "strasse"),
    ("\u017ftra\u017f\u017fe", "strasse"), ("\u212aelvin", "kelvin"), ("\u0130", "i\u0307"),
    ("\u0131", "\u0131"), ("ΟΔΟΣ", "οδοσ"), ("οδος", "οδοσ"),
    ("\u13a0", "\u13a0"), ("\uab70", "\u13a0"), ("o\ufb03ce", "office"), ("a\u200b", "a\u200b"), ("a\u001f", "a\u001f"),
    ("", None), (" ", None), ("\u00a0\u2028", None), ('$"$A "', '$"$a"'), ("$5", "$5"), ("$true", "$true"),
    ('$["A"]', '$["A"]'), ('${"$oid":"65A1B2C3D4E5F60718293A4B"}', '${"$oid":"65A1B2C3D4E5F60718293A4B"}'),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "key"), PHONES)
def test_a_phone_is_compared_as_e164_or_as_its_text(raw: str, key: str | None) -> None:
    assert same_phone(raw, "IN") == key


@pytest.mark.parametrize(("raw", "key"), TEXTS)
def test_text_is_compared_folded_and_trimmed(raw: str, key: str | None) -> None:
    assert same_text(raw) == key


def test_without_a_region_only_international_numbers_are_numbers() -> None:
    assert same_phone("+91 98765 43210", None) == IN
    assert same_phone("98765 43210", None) == "98765 43210"


# ------------------------------------------------------------------------------------------------ buckets


def found(values: Sequence[Any], compare: str, region: str | None) -> set[frozenset[int]]:
    """Give the groups that the check finds, as sets of row numbers."""
    people = Collection("people", None, "person", "person")
    model = Model("m", "M", "", "m", None, region, "UTC", {"people": people}, {}, {}, (), ())
    reader = projector([Column(LINK.path, Role.KEY)])
    with DuckEngine(64_000_000) as engine:
        engine.create("people", reader.schema)
        engine.load("people", [reader.project(b"".join(bson.encode({"v": value}) for value in values)).rows])
        context = Context(engine, model, 0, {"people": Read(present=True, whole=True)})
        rows: dict[Any, set[int]] = defaultdict(set)
        for key, _, row in context.query(groups(context, LINK, compare, "TRUE")):
            rows[key].add(int(str(row)))
        return {frozenset(each) for each in rows.values()}


def naive(values: Sequence[Any], compare: str, region: str | None) -> set[frozenset[int]]:
    """Compare every value with every other, as the oracle does."""
    phones = compare == "phone"
    keys = [
        compared_phone(value, region)  # type: ignore[arg-type]  # phonenumbers takes None for no region
        if phones
        else compared_email(value)
        for value in values
    ]
    names = [None if key is None else identity(key) for key in keys]
    same = [
        frozenset(at for at, other in enumerate(names) if name is not None and other == name)
        for name in names
    ]
    return {each for each in same if len(each) > 1}


REGIONS = [
    "IN",
    "FI",
    "AR",
    "US",
    "GB",
    "SM",
    "AG",
    "HU",
    "BY",
    "KR",
    "BR",
    "JE",
    "NF",
    "DE",
    "CN",
    "JP",
    "IT",
    None,
]
TYPES = [phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE]
DIGITS = st.text("0123456789", min_size=1, max_size=13)
SPACE = st.sampled_from(["", " ", "\u00a0", "\n"])


def bases(region: str) -> Iterator[phonenumbers.PhoneNumber]:
    for kind in TYPES:
        number = phonenumbers.example_number_for_type(region, kind)
        if number is not None:
            yield number


@st.composite
def writings(draw: st.DrawFn, region: str | None) -> list[Any]:
    """Write a few numbers of a few countries in many ways."""
    countries = [draw(st.sampled_from([each for each in REGIONS if each])) for _ in range(2)]
    numbers = [number for country in [*countries, region or "IN"] for number in bases(country)]
    written: list[Any] = []
    for _ in range(draw(st.integers(2, 12))):
        number = draw(st.sampled_from(numbers))
        written += [draw(one_writing(number, region)) for _ in range(draw(st.integers(1, 4)))]
    loose = draw(st.lists(DIGITS, max_size=3))
    prefixes = [
        "",
        "0",
        "00",
        "+",
        "1",
        "8",
        "06",
        "+91",
        "+910",
        "0091",
        "+358",
        "+3580",
        "+54",
        "+549",
        "15",
    ]
    written += [
        prefix + digits
        for digits in loose
        for prefix in draw(st.lists(st.sampled_from(prefixes), max_size=4))
    ]
    return written + draw(st.lists(st.one_of(texts, st.integers(0, 10**12), st.floats(0, 1e25)), max_size=4))


@st.composite
def one_writing(draw: st.DrawFn, number: phonenumbers.PhoneNumber, region: str | None) -> Any:
    national = phonenumbers.national_significant_number(number)
    kept = national[-draw(st.sampled_from([20, 20, 20, 7, 6, 5])) :]
    forms = [
        *(
            phonenumbers.format_number(number, form)
            for form in (Form.E164, Form.INTERNATIONAL, Form.NATIONAL, Form.RFC3966)
        ),
        phonenumbers.format_out_of_country_calling_number(number, region or "IN"),
        f"+{number.country_code}{kept}",
        f"+{number.country_code} (0) {kept}",
        f"00{number.country_code}-{kept}",
        f"0{kept}",
        f"{number.country_code}{kept}",
        kept,
        f"{kept} ext. 5",
        f"({kept[:2]}) {kept[2:]}",
        kept.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")),
        int(f"{number.country_code}{kept}"),
        float(int(kept)),
        f"{int(kept)}.0",
        f"{int(kept)}.00",
        f"+{number.country_code}{kept}.0",
        f"{int(kept):E}",
        f"{int(kept):.12e}",
        f"{kept} ext. 6",
        f"+{number.country_code}{kept};ext=5",
    ]
    form = draw(st.sampled_from(forms))
    return form if not isinstance(form, str) else draw(SPACE) + form + draw(SPACE)


@pytest.mark.spread(5)
@pytest.mark.parametrize("region", REGIONS)
@given(data=st.data())
@settings(max_examples=share(12))
def test_buckets_lose_no_pair_of_numbers(region: str | None, data: st.DataObject) -> None:
    values = data.draw(writings(region))
    assert found(values, "phone", region) == naive(values, "phone", region)


LETTERS = ["s", "S", "ß", "ẞ", "ſ", "ss", "k", "K", "\u212a", "i", "I", "İ", "i\u0307", "ı", "σ", "ς", "Σ", "\u13a0",
           "\uab70", "ﬃ", "ffi", "é", "É", "e\u0301", "$", " ", "\u00a0", '"']  # fmt: skip


@given(st.lists(st.lists(st.sampled_from(LETTERS), max_size=2).map("".join), min_size=2, max_size=30))
@settings(max_examples=share(60))
def test_buckets_lose_no_pair_of_texts(values: list[str]) -> None:
    assert found(values, "text", None) == naive(values, "text", None)


@given(st.lists(st.one_of(texts, st.integers(0, 3), st.floats(0, 3), st.booleans(), st.none()), max_size=30))
@settings(max_examples=share(40))
def test_values_of_other_types_are_grouped_by_equality(values: list[Any]) -> None:
    assert found(values, "text", None) == naive(values, "text", None)


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_groups_are_the_same_however_many_values_are_compared_together(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("intact.checks.normalisation._AT_ONCE", at_once)
    texts = ["a", "A", "ß", "ss", "SS", "é", "É", "é", "k", "\u212a", "b"]
    assert found(texts, "text", None) == naive(texts, "text", None)
    phones = [f"987654321{last}{end}" for last in range(4) for end in ("", ".0", " x5", ";ext=5", "E0")]
    assert found(phones, "phone", "IN") == naive(phones, "phone", "IN")
