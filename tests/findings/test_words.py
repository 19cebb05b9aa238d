"""Values become words that are visible, harmless and exact."""

from __future__ import annotations

import codecs
import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intact.findings.words import amount_text, clipped, counted, harmless, near_match_text, value_text

HOSTILE = {
    "line break": "a\nb",
    "carriage return": "a\rb",
    "terminal escape": "\x1b[31mred\x1b[0m",
    "terminal title": "\x1b]0;owned\x07",
    "C1 control": "a\x9b31mb",
    "right-to-left override": "abc\u202etxt.exe",
    "isolate": "a\u2066b\u2069",
    "zero width": "ad\u200bmin",
    "joiner": "a\u200db",
    "byte order mark": "\ufeffid",
    "line separator": "a\u2028b",
    "no-break space": "a\u00a0b",
    "Hangul filler": "a\u3164b",
    "variation selector": "a\ufe0fb",
    "tag characters": "a\U000e0041b",
    "lone surrogate": "a\udc80b",
    "private use": "a\ue000b",
    "delete": "a\x7fb",
    "NUL": "a\x00b",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_shown_as_an_escape(text: str) -> None:
    shown = harmless(text)
    assert shown.isprintable()
    assert shown.isascii()
    assert codecs.decode(shown, "unicode_escape") == text


def test_a_backslash_in_the_data_is_told_from_an_escape() -> None:
    assert harmless("a\\nb") != harmless("a\nb")
    assert harmless("a\\nb") == "a\\\\nb"


@pytest.mark.parametrize(
    "text", ["", "o-17", "Änne Müller", "अनिल", "₹ 450.00", "[bold]x[/bold]", ":smile:", "a  b"]
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


@given(st.text(st.characters()))
def test_harmless_text_is_one_visible_line(text: str) -> None:
    shown = harmless(text)
    assert shown.isprintable()
    assert len(shown.splitlines()) <= 1
    assert not any(unicodedata.category(each) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for each in shown)


@given(st.text(st.characters()), st.text(st.characters()))
def test_two_texts_never_look_the_same(one: str, other: str) -> None:
    assert (harmless(one) == harmless(other)) == (one == other)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "0.00"),
        ("120", "120.00"),
        ("12.5", "12.50"),
        ("12.50", "12.50"),
        ("1234567.891", "1,234,567.891"),
        ("-3", "-3.00"),
        ("1.2E+2", "120.00"),
        ("0.1000000000000000000000000000000001", "0.10000000000000000000"),
        ("1E+6144", "1E+6144"),
        ("9999999999999999.99", "9999999999999999.99"),
    ],
)
def test_an_amount_has_at_least_two_decimals(amount: str, text: str) -> None:
    assert amount_text(Decimal(amount)) == text


def test_an_amount_names_its_currency() -> None:
    assert amount_text(Decimal("1234.5"), "INR") == "INR 1,234.50"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("o-1", "o-1"),
        ("", '""'),
        (" pending ", '" pending "'),
        (5, "5"),
        (True, "true"),
        (None, "none"),
        (Decimal("1.5"), "1.50"),
        ("65a000000000000000000001", "65a000000000000000000001"),
        ({"$oid": "65a000000000000000000001"}, 'ObjectId("65a000000000000000000001")'),
        ([1, "a"], '[1, "a"]'),
        ("77", '"77"'),
        ("true", '"true"'),
        ('ObjectId("65a000000000000000000001")', "'ObjectId(\"65a000000000000000000001\")'"),
        ("+919731020013x5", "+919731020013x5"),
        ("a\nb", "a\\nb"),
    ],
)
def test_a_value_is_shown_as_text(value: object, text: str) -> None:
    assert value_text(value) == text  # type: ignore[arg-type]


def test_a_value_can_be_quoted_to_tell_text_from_a_number() -> None:
    assert value_text("77", quoted=True) == '"77"'
    assert value_text(77, quoted=True) == "77"


def test_what_is_too_long_says_by_how_much() -> None:
    assert clipped("a" * 12, 10) == "a" * 10 + "... (2 more characters)"
    assert clipped("a" * 10, 10) == "a" * 10


def test_counts_agree_with_their_noun() -> None:
    assert [counted(number, "entry", "entries") for number in (0, 1, 1234)] == [
        "0 entries",
        "1 entry",
        "1,234 entries",
    ]


@pytest.mark.parametrize(
    ("near", "text"),
    [
        ({"kind": "type", "value": 77}, "near match: the number 77 exists (another type)"),
        ({"kind": "type", "value": True}, "near match: the boolean true exists (another type)"),
        ({"kind": "case", "value": "s-1"}, 'near match: the text "s-1" exists (another letter case)'),
        (
            {"kind": "type+whitespace", "value": {"$oid": "65a000000000000000000001"}},
            'near match: ObjectId("65a000000000000000000001") exists (another type, other white space)',
        ),
    ],
)
def test_a_near_match_says_what_there_is(near: dict[str, object], text: str) -> None:
    assert near_match_text(near) == text  # type: ignore[arg-type]
