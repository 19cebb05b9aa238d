"""What is to be known of a rule beside its findings is said by every form that knows of rules, and so is its advice."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from html import unescape
from typing import Any, Final

import pytest

from intact.audit.explain import explain
from intact.audit.run import check
from intact.checks import KINDS
from intact.findings import Report
from intact.model import load
from intact.reporters import FORMS
from tests.reporters.readers import text_of, unescaped, written
from tests.run.world import AS_OF, bill, clean, order
from tests.support.memory import MemorySource

ALL: Final = [form.name for form in FORMS]
WITH_RULES: Final = [name for name in ALL if name not in {"csv", "parquet"}]
"""Forms that say more than a row a finding."""
WITH_ADVICE: Final = [name for name in WITH_RULES if name != "console"]

ELSEWHERE: Final = "11 of 11 are ids of users (users.id)"
NEARLY_ALL: Final = "11 of 12 references find nothing: the rule probably names the wrong field or collection"
ALL_OF_THEM: Final = "all of them: the rule probably names the wrong field"
NOTHING_APART: Final = "`billed` is true in all 12 documents of orders: the condition tells nothing apart"
"""Of a rule that finds something, of one that finds all, and of one that finds nothing."""


def audit(data: Mapping[str, Sequence[Any]]) -> Report:
    return check(MemorySource(data), model=load("delivery", KINDS), as_of=AS_OF)


@cache
def misfit() -> Report:
    """Two bills of which no document has a subscription_id, orders of users, and none of them pending."""
    bills = [bill(number) for number in (1, 2)]
    for each in bills:
        each["sub_id"] = each.pop("subscription_id")
    orders = [order(number, customer_id="u1" if number > 1 else "c1") for number in range(1, 13)]
    return audit(clean() | {"billing_records": bills, "orders": orders})


def plain(name: str, report: Report) -> str:
    """Give what a form says, in one line and without the form's own signs."""
    all_ = (
        text_of(name, report)
        if any(each.issues for each in report.sections)
        else written(name, report).decode(errors="replace")
    )
    text = unescape(re.sub(r"</?(code|em|strong|br|span)[^>]*>", "", all_))
    if name in {"markdown", "github"}:
        text = unescaped(text)
    return re.sub(r"\s+", " ", re.sub(r"`|%0A|\\n", " ", text.replace("%25", "%")))


def says(name: str, report: Report, sentence: str) -> bool:
    return re.sub(r"[\s`\"\\]+", " ", sentence) in re.sub(r"[\s`\"\\]+", " ", plain(name, report))


@pytest.mark.parametrize("note", [ELSEWHERE, NEARLY_ALL, ALL_OF_THEM, NOTHING_APART])
@pytest.mark.parametrize("name", WITH_RULES)
def test_what_is_to_be_known_of_a_rule_is_said_in_words_that_suit_every_note(name: str, note: str) -> None:
    report = misfit()
    assert says(name, report, note)
    assert "doubt" not in plain(name, report).lower()  # where a value is found is no doubt


@pytest.mark.parametrize("name", WITH_RULES)
def test_without_a_note_nothing_is_said_of_rules(name: str) -> None:
    said = plain(name, audit(clean()))
    assert not re.search(r"about (the|these) rules|more to know of a rule|Note:", said)


@pytest.mark.parametrize("name", WITH_ADVICE)
def test_bills_of_which_none_has_the_link_are_not_to_be_cancelled(name: str) -> None:
    report = misfit()
    assert report["billing"].counts == {"BILLING_NO_SUBSCRIPTION": 2}
    advice = (
        "Check first which field is meant: `subscription_id` is in none of 2 documents of billing_records; `sub_id` is"
        " in 2."
    )
    assert says(name, report, advice)
    assert not re.search("cancel the bill|give the money back", plain(name, report))


@pytest.mark.parametrize("name", WITH_ADVICE)
def test_a_bill_without_a_link_among_others_keeps_its_advice(name: str) -> None:
    report = audit(clean() | {"billing_records": [bill(1), bill(2, subscription_id=None)]})
    assert report["billing"].counts == {"BILLING_NO_SUBSCRIPTION": 1}
    assert says(name, report, "Find out for which subscription the bill was and correct its subscription_id.")
    assert not says(name, report, "Check first")


@pytest.mark.parametrize("name", WITH_ADVICE)
def test_where_nearly_all_dangle_the_rule_is_to_be_checked_before_its_advice_is_followed(name: str) -> None:
    assert says(name, misfit(), f"Check first whether the rule is right: {NEARLY_ALL}.")


def test_explain_says_what_to_check_where_a_rule_finds_all() -> None:
    repairs = explain("BILLING_NO_SUBSCRIPTION").sections["How to repair"]
    assert len(repairs) == 1
    assert repairs[0].endswith(
        "If it finds all of them, check first which field is meant: `subscription_id` of billing_records may have"
        " another name in the data."
    )
    assert not any("check first" in each for each in explain("DOUBLE_BILLING").sections["How to repair"])
