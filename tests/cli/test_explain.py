"""``intact explain``: every finding type and every kind of check has its page."""

from __future__ import annotations

import pytest

from intact.audit.explain import explain
from intact.audit.options import finding_types
from intact.checks import BY_NAME, KINDS
from intact.checks.pages import SECTIONS, page
from intact.core.errors import UsageError
from intact.model import load
from tests.cli.running import invoke

MODEL = load("delivery", KINDS)
NAMES = [*finding_types(MODEL), *BY_NAME]


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_explained_in_full(name: str) -> None:
    found = explain(name, MODEL)
    assert list(found.page.sections) == list(SECTIONS)
    assert all(found.page.sections.values())
    assert found.page.summary.endswith(".")
    result = invoke("explain", name)
    assert result.exit_code == 0
    assert all(f"\n{section}\n" in result.stdout for section in SECTIONS)


@pytest.mark.parametrize("name", finding_types(MODEL))
def test_every_finding_type_of_the_model_has_its_query(name: str) -> None:
    result = invoke("explain", name)
    if name == "UNREADABLE_VALUE":
        assert explain(name, MODEL).uses == ()
    else:
        assert "db." in result.stdout
        assert "Severity" in result.stdout


def test_a_type_with_several_checks_shows_each_query() -> None:
    text = invoke("explain", "INVALID_CUSTOMER_REFERENCE").stdout
    for collection in ("subscriptions_v2", "orders", "delivery_statuses"):
        assert f"// dangling-reference {collection}.customer_id" in text
        assert f"db.{collection}.aggregate" in text


@pytest.mark.parametrize("name", ["double_billing", "Double-Billing", "DOUBLE BILLING"])
def test_letter_case_and_separators_do_not_matter(name: str) -> None:
    assert explain(name, MODEL).name == "DOUBLE_BILLING"


def test_a_kind_lists_what_the_model_uses_it_for() -> None:
    found = explain("unmatched-link", MODEL)
    assert [use.finding for use in found.uses] == ["PHANTOM_DELIVERY_NO_ORDER", "BILLING_NO_SUBSCRIPTION"]
    assert "PHANTOM_DELIVERY_NO_ORDER" in invoke("explain", "unmatched-link").stdout


def test_another_models_names_are_known() -> None:
    northwind = load("northwind", KINDS)
    name = next(iter(finding_types(northwind)))
    assert invoke("explain", name, "--model", "northwind").exit_code == 0


@pytest.mark.parametrize(
    ("wrong", "right"), [("DOUBLE_BILING", "DOUBLE_BILLING"), ("dangling", "dangling-reference")]
)
def test_a_wrong_name_is_refused_with_the_nearest_one(wrong: str, right: str) -> None:
    result = invoke("explain", wrong)
    assert result.exit_code == 2
    assert f"Did you mean '{right}'?" in result.stderr


def test_a_name_that_is_like_nothing_says_where_all_are() -> None:
    with pytest.raises(UsageError, match="`intact explain` alone lists them all"):
        explain("zzzzzz", MODEL)


def test_without_a_name_all_are_listed() -> None:
    text = invoke("explain").stdout
    assert all(name in text for name in NAMES)


def test_output_fits_80_columns_but_for_queries() -> None:
    for name in NAMES:
        lines = invoke("explain", name).stdout.splitlines()
        assert all(len(line) <= 80 or "{" in line for line in lines)


def test_a_docstring_is_read_by_its_headings() -> None:
    found = page("First line.\n\n    What it finds\n        A.\n        B.\n\n    Example\n        ``x``\n")
    assert found.summary == "First line."
    assert found.sections == {"What it finds": "A.\nB.", "Example": "`x`"}
