"""What findings call a value never takes the place of another field, and every field of a document can be named."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

import intact
from intact.checks import KINDS
from intact.core.errors import ModelError
from intact.findings import Finding
from intact.model import parse
from intact.model.node_reader import RESERVED
from tests.support.memory import MemorySource

MODEL = """
intact: 1
name: names
title: Names
collections:
  authors: {key: _id}
  posts: {key: _id, references: {REFERENCE: authors}, values: {VALUES: [one, ""]}}
reports:
  r:
    title: R
    cadence: monthly
    document: R
    checks:
      - {CHECK, finding: FOUND, severity: high, description: DESCRIPTION}
    total: {found: {count: all}}
"""
OWN = ("type", "severity", "collection", "description", "fingerprint", "meta", "document_id")


def found(
    check: str,
    document: dict[str, Any],
    *others: dict[str, Any],
    reference: str = "by",
    values: str = "state",
    description: str = "d",
) -> list[Finding]:
    text = MODEL.replace("REFERENCE", reference).replace("VALUES", values)
    text = text.replace("CHECK", check).replace("DESCRIPTION", description)
    source = MemorySource({"authors": [{"_id": 1}], "posts": [{"_id": 7, **document}, *others]})
    report = intact.check(
        source, model=parse(text, KINDS), as_of=datetime(2026, 3, 1, tzinfo=UTC), show_personal=True
    )
    return list(report.sections[0].issues)


@pytest.mark.parametrize("name", RESERVED)
def test_a_field_of_any_name_can_be_checked(name: str) -> None:
    (finding,) = found(
        f"allowed-values: posts.{name}", {name: "two"}, values=name, description=f'"{{{name}_value}}"'
    )
    made = finding.to_dict()
    assert made[f"{name}_value"] == "two"
    assert finding.description == "two"
    assert (made["type"], made["severity"], made["collection"]) == ("FOUND", "HIGH", "posts")
    assert made["document_id"] == 7
    assert set(OWN) <= set(made)


@pytest.mark.parametrize("name", RESERVED)
def test_a_field_of_any_name_can_be_referred_by_and_shown(name: str) -> None:
    (finding,) = found(f"dangling-reference: posts.{name}", {name: 5}, reference=name)
    assert finding.to_dict()[f"{name}_value"] == 5
    (shown,) = found(f"dangling-reference: posts.by, show: {{{name}: {name}}}", {"by": 5, name: "seen"})
    assert shown.to_dict()[f"{name}_value"] == "seen"
    assert (shown.type, shown.to_dict()["type"]) == ("FOUND", "FOUND")


@pytest.mark.parametrize("path", ["author._id", "_author.id_", "a.b._id"])
def test_a_reference_that_ends_in_id_works_without_another_name(path: str) -> None:
    steps = path.split(".")
    inner: Any = 5
    for step in reversed(steps):
        inner = {step: inner}
    (finding,) = found(f"dangling-reference: posts.{path}", inner, reference=path)
    named = {"author._id": "author_id", "_author.id_": "id_", "a.b._id": "a_b_id"}[path]
    assert finding.fields == {"_id": 7, named: 5, "document_id": 7}


@pytest.mark.parametrize("kind", ["dangling-reference", "unmatched-link"])
def test_as_gives_the_value_its_name(kind: str) -> None:
    (finding,) = found(
        f"{kind}: posts.author._id, as: writer",
        {"author": {"_id": 5}},
        reference="author._id",
        description='"{writer}"',
    )
    assert finding.fields["writer"] == 5
    assert finding.description == "5"


@pytest.mark.parametrize(
    ("check", "words"),
    [
        ("dangling-reference: posts.by, as: type", "have a field 'type' already"),
        ("dangling-reference: posts.by, as: _id", "have a field '_id' already"),
        ("stale-state: posts, where: {by: null}, as: x", "is about no path"),
        ("dangling-reference: posts.by, as: a.b", "cannot be"),
    ],
)
def test_a_name_that_cannot_be_is_refused_with_a_sentence(check: str, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        found(check, {})


def test_an_empty_text_can_be_an_allowed_value() -> None:
    assert found("allowed-values: posts.state", {"state": ""}) == []
    (finding,) = found("allowed-values: posts.state", {"state": " "})
    assert finding.fields["state"] == " "
    # A state that no document had would be a rule that looked at nothing.
    (finding,) = found("allowed-values: posts.state", {}, {"_id": 8, "state": ""})
    assert finding.fields["state"] is None


def test_a_key_called_as_a_field_of_findings_has_a_name_of_its_own() -> None:
    text = MODEL.replace("REFERENCE", "by").replace("VALUES", "state").replace("DESCRIPTION", "d")
    for key in ("type", "value", "field", "report"):
        made = parse(
            text.replace("{key: _id}", f"{{key: {key}}}").replace("CHECK", "dangling-reference: posts.by"),
            KINDS,
        )
        assert made.collections["authors"].named == f"{key}_value"
