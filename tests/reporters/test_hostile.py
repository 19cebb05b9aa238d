"""Whatever a database holds is shown, harms nobody, and can be read back exactly, in every form."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pyarrow.parquet as pq
import pytest

from intact.findings import Report
from intact.reporters import FORMS
from tests.findings.test_words import HOSTILE
from tests.reporters import reports
from tests.reporters.readers import READERS, commands, packed, same, text_of, values, written
from tests.reporters.reports import finding, section

TEXTS = {
    **HOSTILE,
    "script": "<script>alert(1)</script>",
    "end of a script": "</script><img src=x onerror=alert(1)>",
    "comment": "<!-- a --> &amp; &#0; &lt;",
    "end of CDATA": "<![CDATA[a]]>b]]>",
    "formula": '=HYPERLINK("http://evil.example","a")',
    "plus": "+1+1",
    "minus": "-1+1|' /C calc'!A0",
    "at": "@SUM(1)",
    "tab before a formula": "\t=1+1",
    "formula behind a semicolon": 'a;"=1+1',
    "full-width formula": "\uff1d1+1",
    "workflow command": "::error file=a::b",
    "old workflow command": "##[error]a",
    "escaped line break": "a%0A::error::b%25",
    "Markdown": "[a](javascript:alert(1)) `b` **c** | d ~~e~~ ![f](g)",
    "backticks": "``` a ``",
    "console markup": "[bold]a[/bold]",
    "SARIF placeholder": "{0} {a} [b](1)",
    "backslash": "a\\b\\\\c\\u0041\\",
    "quotes": "\"a\" 'b'",
    "apostrophe": "'a",
    "comma": "a,b,,c",
    "number": "5",
    "leading zeros": "007",
    "long number": "12345678901234567890",
    "date": "1-2",
    "month": "MAR1",
    "share": "50%",
    "truth": "true",
    "nothing": "null",
    "no number": "NaN",
    "JSON": '{"$oid":"65a000000000000000000001"}',
    "list": "[1]",
    "empty": "",
    "spaces around": "  a  ",
    "only spaces": "   ",
    "emoji": "😀 अनिल Änne",
}
VALUES = {
    "int": 5,
    "large int": 2**63,
    "negative": -5,
    "decimal": Decimal("12.5"),
    "long decimal": Decimal("12345678901234567.89"),
    "boolean": True,
    "ObjectId": {"$oid": "65a000000000000000000001"},
    "not UTF-8": {"$invalidUtf8": "61ff"},
    "UUID": {"$binary": {"base64": "c0nZ8V1IRJ21xbnq7382Xw==", "subType": "04"}},
    "list": ["a", 1, None, {"b": "=1"}],
    "document": {"a\u202eb": "\u200b", "": ["<b>"]},
}
LINES = ("ndjson", "json", "csv", "junit", "sarif", "github", "console", "markdown")
"""Forms that people open in an editor or a terminal."""


def about(value: Any, text: str = "a") -> Report:
    """Make a report with one finding that has a value in all places where a value can be."""
    one = finding("BAD", description=f"It is {text}.", fields={"own": value, "document_id": value})
    return reports.report(section(issues=[replace(one, check="kind orders.id", cause=("own",))]))


def hostile(text: str) -> Report:
    """Make a report in which text of the database stands wherever it can."""
    made = about(text, text)
    (only,) = made.sections
    issues = [replace(each, collection=f"orders {text}") for each in only.issues]
    trouble = replace(reports.mixed().troubles[0], where=text, what=f"no {text}")
    run = replace(made.run, source=f"/dump/{text}", database=text, notes=(text,))
    return replace(
        made,
        run=run,
        sections=(replace(only, issues=issues, summary={"by_status": {text: 1}}),),
        troubles=(trouble,),
        troubles_total=1,
    )


def test_every_form_is_read_back() -> None:
    assert {form.name for form in FORMS} == {*READERS, "console"}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_text_is_read_back_exactly(name: str, text: str) -> None:
    assert same(text) in values(name, written(name, hostile(text)))


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
def test_a_value_of_another_type_is_read_back_exactly(name: str, value: Any) -> None:
    assert same(value) in values(name, written(name, about(value)))


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_the_console_shows_it(text: str) -> None:
    from intact.findings.words import harmless

    shown = re.sub(r"\s", "", text_of("console", hostile(text)))
    assert re.sub(r"\s", "", harmless(text)) in shown


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_nothing_that_cannot_be_seen_is_in_text(name: str, text: str) -> None:
    lines = text_of(name, hostile(text)).removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    assert [line for line in lines if not line.isprintable()] == []


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_no_cell_is_a_formula_wherever_it_is_cut(text: str) -> None:
    """Not even where a spreadsheet cuts at semicolons, as it does where numbers have a decimal comma."""
    for name, content in packed(written("csv-zip", hostile(text))).items():
        for line in content.decode("utf-8-sig").splitlines():
            for cell in re.split(r'[;\t]|,(?="|[^"]*$)', line):
                bare = cell.lstrip(" \"'") if not cell.lstrip(' "').startswith("'") else "'"
                number = re.fullmatch(r"-?\d+(\.\d+)?", bare)
                assert number or not bare.startswith(("=", "+", "-", "@", "\uff1d")), (name, cell)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_a_runner_sees_the_commands_that_were_meant_and_no_others(text: str) -> None:
    found = list(commands(written("github", hostile(text))))
    assert [level for level, _, _ in found] == ["warning", "warning", "notice"]
    assert [properties["title"].split(":")[0] for _, properties, _ in found] == [
        "Not checked",
        "BAD",
        "intact",
    ]


@pytest.mark.parametrize("name", ["json", "ndjson", "parquet"])
def test_a_megabyte_is_carried_whole_by_the_forms_for_machines(name: str) -> None:
    text = "x'<" * 350_000
    assert same(text) in values(name, written(name, about(text, text)))


@pytest.mark.parametrize("name", ["console", "github", "markdown", "junit", "sarif", "csv", "csv-zip"])
def test_a_megabyte_is_cut_where_people_read(name: str) -> None:
    text = "x'<" * 350_000
    report = about(text, text)
    assert len(written(name, report)) < 140_000
    assert "more characters; the JSON report has all of it)" in re.sub(r"\s+", " ", text_of(name, report))


def test_parquet_text_is_utf_8_even_where_the_data_are_not() -> None:
    table = pq.read_table(io.BytesIO(written("parquet", about("a\udc80b", "a\udc80b"))))
    assert table["description"].to_pylist() == ["It is a\\udc80b."]
