"""What people read first: worst on top, with true counts."""

from __future__ import annotations

from decimal import Decimal

from intact.findings import Outcome, Status, Trouble
from intact.findings.digest import (
    digest,
    failing_types,
    findings_total,
    listed_total,
    troubles_by_what,
    unchecked,
)
from tests.reporters import reports
from tests.reporters.reports import finding, section


def test_the_report_that_fails_the_run_stands_on_top() -> None:
    many = section("duplicates", [finding("DUPLICATE_ID", "CRITICAL") for _ in range(9)])
    one = section("billing", [finding("DOUBLE_BILLING", "CRITICAL")])
    found = digest(reports.report(section("clean"), many, one, failing=1))
    assert [each.section.name for each in found] == ["billing", "duplicates", "clean"]


def test_without_a_failure_severity_decides() -> None:
    low = section("low", [finding("A", "MEDIUM") for _ in range(9)])
    high = section("high", [finding("B", "HIGH")])
    assert [each.section.name for each in digest(reports.report(low, high))] == ["high", "low"]


def test_types_are_sorted_worst_first() -> None:
    issues = [finding("M", "MEDIUM"), finding("H", "HIGH"), finding("C", "CRITICAL"), finding("F", "HIGH")]
    (found,) = digest(reports.report(section(issues=issues), fail_on=("F",)))
    assert [(kind.type, kind.failing) for kind in found.types] == [
        ("F", True),
        ("C", False),
        ("H", False),
        ("M", False),
    ]
    assert found.count("HIGH") == 2


def test_a_severity_in_fail_on_includes_the_worse_ones() -> None:
    issues = [finding("M", "MEDIUM"), finding("H", "HIGH"), finding("C", "CRITICAL")]
    sections = digest(reports.report(section(issues=issues), fail_on=("HIGH",)))
    assert failing_types(sections) == {"C": 1, "H": 1}


def test_the_same_type_in_two_reports_is_added_up() -> None:
    made = reports.report(section("a", [finding("U")]), section("b", [finding("U")]), fail_on=("U",))
    assert failing_types(digest(made)) == {"U": 2}


def test_examples_with_the_most_money_at_stake_come_first() -> None:
    issues = [finding("D", description=str(n), money=("overcharged", Decimal(n))) for n in (3, 500, 40, 7)]
    (kind,) = digest(reports.report(section(issues=issues)))[0].types
    assert [each.description for each in kind.examples] == ["500", "40", "7"]
    assert kind.money == {"overcharged": Decimal(550)}


def test_money_of_a_limited_type_is_not_added_up() -> None:
    issues = [finding("D", money=("overcharged", Decimal(3)))]
    (kind,) = digest(reports.report(section(issues=issues, counts={"D": 2})))[0].types
    assert kind.money == {}
    assert kind.count == 2


def test_a_type_of_which_none_is_listed_is_still_counted() -> None:
    made = reports.report(section(issues=[], counts={"D": 7}))
    (kind,) = digest(made)[0].types
    assert (kind.count, kind.severity, kind.examples) == (7, "", ())
    assert (findings_total(made), listed_total(made)) == (7, 0)


def test_a_reason_stands_once_for_all_its_checks() -> None:
    outcomes = tuple(Outcome(f"c {n}", f"T{n}", Status.NOT_EVALUATED, 0, ("no users",)) for n in range(3))
    (found,) = unchecked(reports.report(section(outcomes=outcomes)))
    assert (found.reason, len(found.outcomes)) == ("no users", 3)


def test_troubles_that_say_the_same_are_one() -> None:
    same = [Trouble("orders", "broken", f"byte {n}") for n in range(3)]
    found = troubles_by_what([*same, Trouble("users", "broken", "byte 1")])
    assert {key: len(group) for key, group in found.items()} == {
        ("orders", "broken"): 3,
        ("users", "broken"): 1,
    }
