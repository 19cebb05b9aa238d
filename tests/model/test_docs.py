"""``docs/model.md`` tells all of the format, and its examples are right."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from intact.checks import KINDS
from intact.model import parse
from intact.model.declarations import COLLECTION, ENTRIES, LINES, RECONCILIATION
from intact.model.header import TOP
from intact.model.node_reader import RESERVED
from intact.model.reports import CADENCES, REPORT
from intact.model.rules import COMMON, SEVERITY_NAMES
from intact.model.specs import Kind, OptionType
from tests.model.broken import SHOP

PAGE = (Path(__file__).parents[2] / "docs" / "model.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_kind_has_its_row_with_its_options(kind: Kind) -> None:
    """Those that must be given in bold, and no others."""
    row = re.search(rf"^\| `{kind.name}` \| [^|]+ \|(.*)\|$", PAGE, re.MULTILINE)
    assert row, f"docs/model.md has no row for {kind.name}"
    assert set(re.findall(r"`([\w-]+)`", row[1])) == set(kind.options)
    assert set(re.findall(r"\*\*`([\w-]+)`\*\*", row[1])) == {
        name for name, option in kind.options.items() if option.required
    }


def test_no_kind_is_told_that_is_not_there() -> None:
    """The rows end with the last kind."""
    table = PAGE.partition("| kind | about | options |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `([\w-]+)`", table, re.MULTILINE) == [
        kind.name for kind in sorted(KINDS, key=_place)
    ]


def _place(kind: Kind) -> int:
    return PAGE.index(f"| `{kind.name}` |")


def test_every_option_is_told() -> None:
    """With each of its choices."""
    table = PAGE.partition("| option | what it says |")[2].partition("\n\n")[0]
    told = set(re.findall(r"`([\w-]+)`", table))
    for kind in KINDS:
        for name, option in kind.options.items():
            assert name in told
            if option.type is OptionType.CHOICE:
                assert set(option.choices) <= told


@pytest.mark.parametrize(
    "name",
    sorted(
        {
            *TOP,
            *REPORT,
            *COLLECTION,
            *RECONCILIATION,
            *ENTRIES,
            *LINES,
            *COMMON,
            *CADENCES,
            *SEVERITY_NAMES,
            *RESERVED,
        }
    ),
)
def test_every_name_of_the_grammar_is_told(name: str) -> None:
    """In a table, in a sentence or in an example."""
    assert re.search(rf"`{name}`|^ *{name}:", PAGE, re.MULTILINE)


def test_the_whole_examples_load() -> None:
    """Those that begin as a model does."""
    whole = [example for example in EXAMPLES if example.startswith("intact:")]
    assert whole
    for example in whole:
        assert parse(example, KINDS).name


def test_every_form_of_a_figure_in_the_page_is_a_form() -> None:
    """As the shop, with its own names, has them all."""
    assert all(
        f"{{{form}:" in PAGE and f"{{{form}:" in SHOP.read_text()
        for form in ("count", "sum", "documents", "undated")
    )
