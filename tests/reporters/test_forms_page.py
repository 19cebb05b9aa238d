"""The table of docs/forms.md says what the forms carry, and gives a reason for everything that one of them lacks."""

from __future__ import annotations

import json
import re

import pytest

from intact.reporters import FORMS
from intact.reporters.csv_report import COMMON, SOMETIMES
from intact.reporters.parquet import SCHEMA
from tests.reporters import forms_page

PAGE = forms_page.PAGE.read_text("utf-8")


def test_the_table_in_the_docs_is_true() -> None:
    assert forms_page.page() == PAGE, "python -m tests.reporters.forms_page"


@pytest.mark.parametrize("form", ["json", "ndjson", "parquet", "sarif"])
def test_a_form_for_programs_carries_everything(form: str) -> None:
    assert [part for part in forms_page.PARTS if not forms_page.carried(form, part)] == []


def test_no_reason_is_given_for_what_is_there() -> None:
    for form, reasons in forms_page.REASONS.items():
        missing = {part for part in forms_page.PARTS if not forms_page.carried(form, part)}
        assert set(reasons) - {"*"} <= missing, form
        assert "*" not in reasons or missing - set(reasons), form


def test_every_form_and_suffix_is_in_the_docs() -> None:
    assert [form.name for form in FORMS if f"| `{form.name}` |" not in PAGE] == []


def test_the_columns_in_the_docs_are_the_columns() -> None:
    section = PAGE.partition("## CSV")[2].partition("## Parquet")[0]
    assert tuple(re.findall(r"`(\w+)`", section)[: len(COMMON) + len(SOMETIMES)]) == (*COMMON, *SOMETIMES)
    rows = PAGE.partition("## Parquet")[2].partition("```")[0].split("\n")
    named = [
        name for row in rows if row.startswith("| `") for name in re.findall(r"`(\w+)`", row.split("|")[1])
    ]
    assert sorted(named) == sorted(SCHEMA.names)


def test_the_reader_in_the_docs_reads_cells() -> None:
    source = re.search(r"(  def value\(cell\):\n.*?)\n\n", PAGE, re.DOTALL)
    assert source
    given: dict[str, object] = {"json": json, "Decimal": float}
    exec("\n".join(line[2:] for line in source[1].split("\n")), given)  # noqa: S102 - the docs' own words
    value = given["value"]
    assert callable(value)
    assert [value(cell) for cell in ("'007", "7", "null", "'", "o-1", '"a\\u202eb"')] == [
        "007",
        7,
        None,
        "",
        "o-1",
        "a\u202eb",
    ]
