"""What findings mean and how they are repaired: in the model's own words, else in its nouns, else in the check's."""

from __future__ import annotations

import re
from typing import Final

import pytest

from intact.audit.explain import explain
from intact.audit.wording import explanations
from intact.checks import BY_NAME, KINDS
from intact.findings.records import FindingExplanation
from intact.model import load, parse
from intact.model.names import several

MODEL: Final = """
intact: 1
name: club
title: A club
collections:
  members: {key: _id, named: member, NOUN}
  fees: {key: _id, named: fee, noun: fee, references: {member: members}}
  visits: {key: _id, named: visit, noun: visit, references: {member: members}}
reconciliations:
  monthly:
    of: members
    entries: {collection: fees, link: member, period: month, amount: sum}
    lines: {collection: visits, link: member, date: on, amount: price}
reports:
  money:
    title: Money
    cadence: daily
    document: MONEY
    checks:
      - {double-entry: monthly, finding: TWICE, severity: high, description: "{lines}", ids: fees, OWN}
      - {unreconciled-amount: monthly, finding: DIFFERS, severity: high, description: "{delivered_orders}"}
      - {missing-entry: monthly, finding: NO_FEE, severity: high, ids: visits,
         description: "{delivered_orders} {orders_marked_billed}"}
      - {dangling-reference: fees.member, finding: LOST, severity: low, description: "{member}"}
    total: {all: {count: all}}
"""


def told(noun: str = "noun: member", own: str = "severity: high") -> dict[str, FindingExplanation]:
    """Give what the report of a club says of each type."""
    text = MODEL.replace("NOUN", noun).replace("severity: high, description: \"{lines}\", ids: fees, OWN",
                                               f"description: \"{{lines}}\", ids: fees, {own}")  # fmt: skip
    model = parse(text, KINDS, "club.yml")
    return {each.type: each for each in explanations(model.reports["money"], model, unreadable=False)}


def test_what_a_finding_means_is_said_in_the_nouns_of_the_model() -> None:
    found = told()
    assert found["TWICE"].what.startswith("Members with more than one fee in a calendar month.")
    assert found["NO_FEE"].what.startswith(
        "Members with visits in a calendar month that has ended, and without any fee"
    )
    assert found["LOST"].what.startswith("Fees whose `member` names one of the members that does not exist.")
    everything = " ".join(f"{each.what} {each.repair}" for each in found.values())
    assert not re.search(r"subject|entr(y|ies)|\blines\b|bill|order|deliver|subscription", everything)


def test_a_plural_that_is_not_english_is_the_models() -> None:
    assert told("noun: person, plural: people")["TWICE"].what.startswith("People with more than one fee")


@pytest.mark.parametrize(
    ("noun", "plural"),
    [("order", "orders"), ("delivery", "deliveries"), ("day", "days"), ("box", "boxes"),
     ("billing record", "billing records"),
     ("class", "classes"), ("branch", "branches")],
)  # fmt: skip
def test_a_plural_is_that_of_english_unless_it_is_said(noun: str, plural: str) -> None:
    assert several(noun) == plural


def test_without_a_noun_the_check_says_it_of_itself() -> None:
    assert told("dated: since")["TWICE"].what.startswith(
        "Subjects of a reconciliation with more than one entry"
    )


def test_the_models_own_words_replace_those_of_the_check() -> None:
    own = "severity: high, what: Paid twice., why: It is wrong., repair: Give it back."
    found = told(own=own)["TWICE"]
    assert (found.what, found.why, found.repair) == ("Paid twice.", "It is wrong.", "Give it back.")


def test_a_description_may_keep_the_names_that_findings_had() -> None:
    model = parse(MODEL.replace("NOUN", "noun: member").replace(", OWN", ""), KINDS, "club.yml")
    assert [rule.description for rule in model.reports["money"].rules][:3] == [
        "{lines}",
        "{lines}",
        "{lines} {lines_marked}",
    ]


def test_the_general_pages_know_no_milk_business() -> None:
    for kind in ("double-entry", "unreconciled-amount", "missing-entry"):
        assert not re.search("deliver|orders_marked_billed|Bill the", BY_NAME[kind].__doc__ or "")


def test_explain_says_of_a_type_what_its_rules_mean_and_of_a_kind_what_the_check_is() -> None:
    of_type, of_kind = explain("DOUBLE_BILLING"), explain("double-entry")
    assert of_type.sections["What it finds"][0].startswith("Subscriptions with more than one billing record")
    (repair,) = of_type.sections["How to repair"]
    assert repair.startswith("Keep the bill")
    assert "merge them" not in repair
    assert of_kind.sections["What it finds"][0].startswith("Subjects of a reconciliation")


def test_a_type_of_several_rules_says_what_each_of_them_means() -> None:
    assert len(explain("INVALID_CUSTOMER_REFERENCE").sections["What it finds"]) == 3


def test_the_shipped_model_keeps_the_names_of_its_fields() -> None:
    lines = load("delivery", KINDS).reconciliations["monthly_billing"].lines
    assert (lines.named, lines.marked_named) == ("delivered_orders", "orders_marked_billed")
