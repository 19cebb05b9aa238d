"""The small parts: values, names, templates."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intact.model import templates
from intact.model.names import listed, nearest, suggestion
from intact.model.scalars import value_of


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("", None), ("~", None), ("null", None), ("NULL", None), ("nULL", "nULL"), ("none", "none"),
        ("true", True), ("True", True), ("FALSE", False), ("yes", "yes"), ("no", "no"), ("on", "on"), ("off", "off"),
        ("0", 0), ("-17", -17), ("+5", 5), ("007", 7), ("0x1F", 31), ("0o17", 15), ("0b1", "0b1"), ("1_000", "1_000"),
        ("0.10", Decimal("0.10")), ("1e3", Decimal("1e3")), (".5", Decimal("0.5")), ("5.", Decimal(5)),
        ("1:30", "1:30"),
        ("2026-01-01", "2026-01-01"), ("1.2.3", "1.2.3"), (".", "."), ("-", "-"), ("e5", "e5"), ("٣", "٣"),
        ("9" * 34, int("9" * 34)),
    ],
)  # fmt: skip
def test_plain_words_are_what_yaml_1_2_calls_them(word: str, value: object) -> None:
    """Numbers are exact."""
    assert value_of(word) == value
    assert type(value_of(word)) is type(value)


@pytest.mark.parametrize(
    "word", [".inf", "-.INF", ".nan", "9" * 35, "9" * 10_000, "1e6145", "1e-7000", "0x" + "f" * 200]
)
def test_numbers_that_no_document_can_hold_are_refused(word: str) -> None:
    """With a sentence, however long they are."""
    with pytest.raises(ValueError, match="is no number"):
        value_of(word)


@given(st.text())
def test_any_word_has_a_value_or_a_sentence(word: str) -> None:
    """Never another exception."""
    try:
        value_of(word)
    except ValueError as error:
        assert "is no number" in str(error)


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("oders", "orders"),
        ("CUSTOMER ID", "customer_id"),
        ("customer-id", "customer_id"),
        ("xyzzy", None),
        ("", None),
    ],
)
def test_the_nearest_name(wrong: str, meant: str | None) -> None:
    """Letter case and separators count for nothing."""
    assert nearest(wrong, ["orders", "customer_id", "status"]) == meant


def test_hints() -> None:
    """The nearest, else all if they are few, else nothing."""
    assert suggestion("oders", ["orders"]) == "Did you mean 'orders'?"
    assert suggestion("xyzzy", ["orders", "bills"]) == "Known: orders, bills."
    assert suggestion("xyzzy", [f"name{n}" for n in range(100)]) == ""
    assert suggestion("xyzzy", []) == ""
    assert [listed(names) for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


def test_a_template_names_its_fields_and_takes_their_values() -> None:
    """A doubled brace is a brace."""
    template = "Order {order_id} of {customer-id}: {{{count}}}"
    assert templates.fields(template) == ("order_id", "customer-id", "count")
    values = {"order_id": "o{1}", "customer-id": "c", "count": "2"}
    assert templates.fill(template, values) == "Order o{1} of c: {2}"


@pytest.mark.parametrize("template", ["{", "}", "{a", "a}", "{a{b}", "{a}}", "{{a}"])
def test_a_brace_alone_is_refused(template: str) -> None:
    """It is a field that was not finished."""
    with pytest.raises(ValueError, match="stands alone"):
        templates.fields(template)


@given(st.text())
def test_a_text_with_its_braces_doubled_is_itself(text: str) -> None:
    """Whatever is in it."""
    template = text.replace("{", "{{").replace("}", "}}")
    assert templates.fields(template) == ()
    assert templates.fill(template, {}) == text


def test_what_a_finding_does_not_have_is_null() -> None:
    """Some fields are there only when they have something to say."""
    assert templates.fill("{a} {b}", {"a": "1"}) == "1 null"
