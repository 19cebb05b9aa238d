"""JSON written many at once: each value as it is written alone, amounts exact, whatever stands in the data."""

from __future__ import annotations

import json
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intact.reporters.finding_record import lines, visible, visible_lines
from tests.reporters.reports import json_values


def told(value: Any) -> Any:
    """Give a value so that two are equal if they are the same JSON: 1, 1.0 and 1.00 are, 1 and true are not."""
    if isinstance(value, list):
        return [told(each) for each in value]
    if isinstance(value, dict):
        return {key: told(each) for key, each in value.items()}
    number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    return ("number", Decimal(value)) if number else value


def read(text: str) -> Any:
    return told(json.loads(text, parse_float=Decimal))


@given(st.lists(json_values, max_size=5))
def test_every_value_is_read_back_from_its_line(values: list[Any]) -> None:
    written = lines(values)
    assert [read(each) for each in written] == told(values)
    assert all(each.isascii() and "\n" not in each for each in written)


@given(st.lists(json_values, max_size=5))
def test_what_is_shown_is_read_back_too(values: list[Any]) -> None:
    written = visible_lines(values)
    assert [read(each) for each in written] == told(values)
    assert all(each.isprintable() for each in written)


@given(st.lists(st.text(st.characters()), max_size=5))
def test_many_texts_are_written_as_each_alone(texts: list[str]) -> None:
    assert visible_lines(texts) == [visible(each) for each in texts]


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        ("12.50", "12.5"),
        ("1.2E+2", "120"),
        ("-0.10", "-0.1"),
        ("0.1234567890123456789012345678901234", "0.1234567890123456789012345678901234"),
    ],
)
def test_an_amount_is_a_number_in_lowest_terms(amount: str, written: str) -> None:
    nested = {"a": [Decimal(amount), {"b": Decimal(amount)}], "c": amount}
    assert lines([nested]) == [f'{{"a":[{written},{{"b":{written}}}],"c":"{amount}"}}']


def test_any_mapping_is_an_object() -> None:
    assert lines([MappingProxyType({"a": Decimal(1)})]) == ['{"a":1}']


def test_what_is_no_json_value_is_refused() -> None:
    with pytest.raises(TypeError, match="set is no JSON value"):
        lines([{1}])
