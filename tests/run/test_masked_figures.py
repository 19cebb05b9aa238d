"""Figures that count by a personal value can be read with the values shown and masked, and count the same."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

import intact
from intact.checks import KINDS
from intact.model import parse
from tests.support.memory import MemorySource

MODEL = """
intact: 1
name: people
title: People
collections:
  users: {key: _id, named: user_id, personal: PERSONAL, references: {boss: users}}
reports:
  r:
    title: R
    cadence: monthly
    document: R
    checks:
      - {missing-link: users.boss, finding: ALONE, severity: low, description: '{user_id} {who}', show: {who: name}}
    total: {all: {documents: users, where: {boss: null}}}
    summary:
      by_name: {documents: users, where: {boss: null}, by: name}
      named_ann: {count: ALONE, where: {who: Ann}}
"""
USERS = [
    {"_id": 1, "name": "Ann"},
    {"_id": 2, "name": "Ann"},
    {"_id": 3, "name": "Bo"},
    {"_id": 4, "name": "Cy", "boss": 1},
]


@pytest.mark.parametrize("personal", ["[name]", "[phone]"])
@pytest.mark.parametrize("shown", [True, False])
def test_figures_count_the_same_whether_personal_values_are_shown_or_masked(
    *, shown: bool, personal: str
) -> None:
    model = parse(MODEL.replace("PERSONAL", personal), KINDS)
    source = MemorySource({"users": USERS})
    report = intact.check(source, model=model, as_of=datetime(2026, 3, 1, tzinfo=UTC), show_personal=shown)
    (section,) = report.sections
    assert section.total == ("all", 3)
    assert section.summary["named_ann"] == 2
    by_name = section.summary["by_name"]
    assert isinstance(by_name, dict)
    assert sorted(by_name.values(), key=str) == [1, 2]
    hidden = personal == "[name]" and not shown
    assert (set(by_name) == {"Ann", "Bo"}) is not hidden
    assert any("Ann" in each.description for each in section.issues) is not hidden
