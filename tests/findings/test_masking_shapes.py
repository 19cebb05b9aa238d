"""No personal value of any document stands in any form, whatever shape the documents have; by property, over shapes."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import intact
from intact.checks import KINDS
from intact.core.errors import ModelError
from intact.findings.fingerprint import fingerprint
from intact.findings.notebook import to_html
from intact.model import parse
from intact.model.specs import Model
from intact.operations.alerts.notifications import Item, NotificationPart, write
from intact.reporters import FORMS
from tests.reporters.readers import text_of
from tests.support.memory import MemorySource

AS_OF = datetime(2026, 2, 1, tzinfo=UTC)
SECRET = "geheim"
MODEL = """
intact: 1
name: people
title: People
collections:
  people:
    key: id
    named: person_id
    personal: ['{personal}']
    optional: [contact, contact.kind, contact.items, contact.items.name, contact.items.name.first]
  orders:
    key: id
    named: order_id
    references: {{person: people, people: people}}
    optional: [person, people]
reports:
  people:
    title: People
    purpose: All of them.
    cadence: daily
    document: PEOPLE
    checks:
      - stale-state: people
        where: {{contact.kind: work}}
        finding: KIND
        severity: high
        description: 'Person {{person_id}} is {{above}}, {{below}}'
        show: {{above: contact, below: contact.items, name: contact.items.name, deep: contact.items.name.first}}
      - stale-state: people
        where: {{{plain}: true}}
        finding: FLAGGED
        severity: high
        description: 'Person {{person_id}}'
      - allowed-values: people.{plain}
        values: [allowed, home]
        finding: LISTED
        severity: high
        description: 'Person {{person_id}} has {{{last}}}'
      - duplicate-value: people.contact
        compare: exact
        ids: people
        list: {{lines: contact.items}}
        finding: SAME
        severity: high
        description: '{{contact}} is that of {{people}}'
      - missing-link: orders.person
        finding: SUM
        severity: high
        description: 'Order {{order_id}}'
        amount: lines[].total
        show: {{who: person}}
      - dangling-reference: orders.person
        finding: LOST
        severity: high
        description: 'Order {{order_id}} is of {{person}}'
      - unmatched-link: orders.people
        finding: NOBODY
        severity: high
        description: 'Order {{order_id}} is of {{people}}'
    total: {{people: {{count: all}}}}
    summary:
      by: {{documents: people, where: {{gone: null}}, by: {plain}}}
      kinds: {{documents: people, where: {{gone: null}}, by: contact.kind}}
"""
PERSONAL = ("contact.items.name", "contact.items[].name", "contact.items", "contact.items.name.first")
NUMBERS = count()


def model_of(personal: str, text: str = MODEL) -> Model:
    plain = personal.replace("[]", "")
    return parse(text.format(personal=personal, plain=plain, last=plain.rpartition(".")[2]), KINDS)


def secret(_: Any = None) -> str:
    return f"{SECRET}{next(NUMBERS)}@example.com"


leaves = st.builds(secret) | st.sampled_from([True, 7, None]) | st.builds(lambda: [secret(), [secret()]])
names = leaves | st.fixed_dictionaries({"first": leaves}) | st.builds(lambda: {secret(): secret()})
items = (
    names
    | st.lists(st.fixed_dictionaries({"name": names}), max_size=2)
    | st.fixed_dictionaries({"name": names})
)
"""What may stand where the model has ``contact.items``: lists, objects and plain values in each other's place."""


def contact(inner: Any, *, wrapped: bool) -> dict[str, Any]:
    made = {"items": inner, "kind": "work"}
    return {"contact": [made] if wrapped else made}


def bare(inner: Any, personal: str) -> Any:
    """Keep of what stands at ``contact.items`` only what is personal, so that each secret is one."""
    if personal == "contact.items":
        return inner
    if isinstance(inner, list):
        return [bare(each, personal) for each in inner if isinstance(each, dict)]
    if not isinstance(inner, dict) or "name" not in inner:
        return "plain"
    if not personal.endswith("first"):
        return inner
    name = inner["name"]
    return {"name": {"first": name["first"]} if isinstance(name, dict) and "first" in name else "plain"}


def told(report: intact.Report, home: Path) -> dict[str, str]:
    """Everything that is written of a report, by where."""
    said = {form.name: text_of(form.name, report) for form in FORMS}
    findings = [each for section in report.sections for each in section.issues]
    items_ = [Item(at, 0, False, replace(each, status="new")) for at, each in enumerate(findings)]
    letter = write([NotificationPart(1, "shop", "people", None, "", items_)], [], digest=False, zone=UTC)  # type: ignore[arg-type]  # any zone
    said["alert"] = f"{letter.title}\n{letter.body}" if letter else ""
    said["notebook"] = to_html(report)
    with sqlite3.connect(home / "history.sqlite") as history:
        said["history"] = "\n".join(history.iterdump())
    return said


@pytest.mark.parametrize("personal", PERSONAL)
@settings(max_examples=2, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(inner=st.lists(items, min_size=5, max_size=9), wrapped=st.booleans(), listed=st.booleans())
def test_nothing_under_or_above_a_personal_path_stands_anywhere(
    personal: str, inner: list[Any], wrapped: bool, listed: bool, tmp_path: Path
) -> None:
    home = tmp_path / str(next(NUMBERS))
    home.mkdir()
    people = [
        {"_id": at, "id": f"p-{at}", **contact(bare(each, personal), wrapped=wrapped)}
        for at, each in enumerate([*inner, inner[0]])
    ]
    copies = [{key: value for key, value in each.items() if key != "_id"} for each in people]
    orders: list[dict[str, Any]] = [
        {"_id": at, "id": f"o-{at}", "person": [each] if listed else each, "people": [each]}
        for at, each in enumerate(copies)
    ]
    orders.append({"_id": "none", "id": "o-none", "lines": {"total": 1}})
    source = MemorySource({"people": people, "orders": orders})
    model = model_of(personal)
    report = intact.check(source, model=model, as_of=AS_OF, history=str(home / "history.sqlite"))
    assert {each.type for each in report["people"].issues} >= {"KIND", "SAME", "NOBODY"}
    assert [where for where, text in told(report, home).items() if SECRET in text] == []


def test_what_is_shown_when_it_is_asked_for_has_the_same_fingerprints() -> None:
    people = [{"_id": 1, "id": "p-1", **contact({"name": secret()}, wrapped=False)}]
    orders = [{"_id": 1, "id": "o-1", "person": people[0] | {"id": "lost"}}]
    model = model_of("contact.items.name")
    shown, masked = (
        intact.check(
            MemorySource({"people": people, "orders": orders}), model=model, as_of=AS_OF, show_personal=each
        )
        for each in (True, False)
    )
    assert SECRET in text_of("json", shown)
    assert SECRET not in text_of("json", masked)
    assert [each.fingerprint for each in shown["people"].issues] == [
        each.fingerprint for each in masked["people"].issues
    ]


def test_no_fingerprint_can_be_guessed_from_the_personal_values_of_a_copy() -> None:
    """The copy of a person stands where the reference should be; who knows all but the name tries names."""
    model = model_of("contact.items.name")
    found = []
    for name in ("Asha", "Ravi"):
        orders = [{"_id": 1, "id": "o-1", "person": {"id": "lost", "contact": {"items": {"name": name}}}}]
        source = MemorySource(
            {"people": [{"_id": 1, "id": "p-1", "contact": {"kind": "home"}}], "orders": orders}
        )
        issues = intact.check(source, model=model, as_of=AS_OF)["people"].issues
        found.append([each.fingerprint for each in issues if each.type == "LOST"])
    bare_text = '${"id":"lost","contact":{"items":{"name":null}}}'
    assert (
        found == [[fingerprint("LOST", "orders", ("1", "person", bare_text))]] * 2
        or found[0] == found[1] != []
    )


AMOUNTS = MODEL.replace("    optional: [person,", "    personal: ['lines[].name']\n    optional: [person,")


@pytest.mark.parametrize(
    "lines", [{"name": secret()}, [secret()], [{"total": 1}, secret()], secret(), [[{"name": secret()}]]]
)
def test_a_container_that_cannot_be_read_does_not_tell_what_is_personal_in_it(lines: Any) -> None:
    data = {
        "people": [{"_id": 1, "id": "p-1", "contact": {"kind": "home"}}],
        "orders": [{"_id": 1, "id": "o-1", "lines": lines}],
    }
    model = model_of("contact.items.name", AMOUNTS)
    report = intact.check(MemorySource(data), model=model, as_of=AS_OF)
    assert [each.fields["field"] for each in report["people"].issues if each.type == "UNREADABLE_VALUE"]
    assert SECRET not in text_of("json", report)


@pytest.mark.parametrize("personal", ["id", "id.email", "_id", "_id.email", "id[].email"])
def test_a_path_that_overlaps_with_the_key_cannot_be_personal(personal: str) -> None:
    """A finding names its document by the key, which would then be shown."""
    with pytest.raises(ModelError, match="by which findings name their documents"):
        model_of(personal)


def test_the_key_below_a_personal_path_is_refused_too() -> None:
    text = MODEL.replace("key: id\n    named: person_id", "key: login.email\n    named: person_id")
    with pytest.raises(ModelError, match=r"'login' overlaps with 'login\.email', by which findings name"):
        model_of("login", text)


def test_field_names_under_a_personal_path_are_not_proposed() -> None:
    """Numbers of telephones may be the names of fields: ``{"phones": {"+919876543210": "home"}}``."""
    text = MODEL.replace("contact.items, contact.items.name, contact.items.name.first]", "contact.items]")
    people = [
        {"_id": at, "id": f"p-{at}", "contact": {"items": {"names": "x", "nam": "y"}, "kind": "work"}}
        for at in range(3)
    ]
    model = model_of("contact.items", text)
    report = intact.check(MemorySource({"people": people, "orders": []}), model=model, as_of=AS_OF)
    written = text_of("json", report)
    assert "contact.items.name.first" in written or "contact.items.name" in written
    assert "`contact.items.nam`" not in written
    assert "`contact.items.names`" not in written
