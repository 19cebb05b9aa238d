"""A fact that several wings need stands in one place."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from intact.core.amounts import add_money, tidy
from intact.core.terms import SEVERITIES, rank
from intact.findings.words import first_sentence
from tests.house.files import MODULES, SRC

TEXT = {path.relative_to(SRC).as_posix(): path.read_text(encoding="utf-8") for path in MODULES}


@pytest.mark.parametrize(
    ("fact", "pattern", "place"),
    [
        ("the severities in their order", r'= [\[(]\s*"CRITICAL",\s*"HIGH"|CRITICAL = ', "core/terms.py"),
        ("how a severity is ranked", r"SEVERITIES\.index\(.* else len\(", "core/terms.py"),
        ("the type of what cannot be read", r'= "UNREADABLE_VALUE"', "core/terms.py"),
        ("how exactly amounts are added", r"Context\(\s*prec=", "core/amounts.py"),
        ("how a sum of a kind of money grows", r"EXACT\.add\(\w[\w.]*\.get\(", "core/amounts.py"),
        (
            "how a file gets its name when all of it is written",
            r"part\.replace\(target\)",
            "core/whole_files.py",
        ),
        ("how money is put in order", r"money\w*\.items\(\), key=lambda \w+: -", "findings/words.py"),
        ("what share of a whole is told", r"less than 0\.1 %", "findings/words.py"),
        ("where a paragraph ends", r'r"\\n\\s\*\\n"', "findings/words.py"),
        ("where the first sentence ends", r"def _?first_sentence", "findings/words.py"),
        ("the types that a model's findings can have", r"def finding_types", "audit/options.py"),
    ],
)
def test_a_fact_stands_once(fact: str, pattern: str, place: str) -> None:
    assert [name for name, text in TEXT.items() if re.search(pattern, text)] == [place], fact


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Put it on a bill.\nOr mark it billed.", "Put it on a bill."),
        ("Is it billed? Then nothing is owed.", "Is it billed?"),
        ("One with 0.5 l. of milk", "One with 0.5 l. of milk"),
        ("No end", "No end"),
        ("", ""),
    ],
)
def test_the_first_sentence_ends_where_another_begins(text: str, first: str) -> None:
    assert first_sentence(text) == first


def test_the_worst_severity_ranks_first_and_what_is_none_last() -> None:
    assert sorted(["LOW", "", "CRITICAL", "MEDIUM", "HIGH"], key=rank) == [
        "CRITICAL",
        "HIGH",
        "MEDIUM",
        "LOW",
        "",
    ]
    assert SEVERITIES == ("CRITICAL", "HIGH", "MEDIUM", "LOW")


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        ("1.2E+2", "120"),
        ("12.50", "12.5"),
        ("0.00", "0"),
        ("-0.00", "0"),
        ("-3E+1", "-30"),
        ("1E+29", "1" + "0" * 29),
        ("1E+30", "1E+30"),
        ("1E-6176", "1E-6176"),
    ],
)
def test_an_amount_is_written_in_lowest_terms(amount: str, written: str) -> None:
    assert str(tidy(Decimal(amount))) == written


def test_sums_are_exact_from_the_greatest_amount_to_the_least() -> None:
    sums: dict[str, Decimal] = {}
    for amount in ("9E+6144", "1E-6176", "-9E+6144"):
        add_money(sums, ("overcharged", Decimal(amount)))
    add_money(sums, None)
    assert sums == {"overcharged": Decimal("1E-6176")}
