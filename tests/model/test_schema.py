"""The published JSON Schema is the one that the loader's grammar gives, and is as strict."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from intact.checks import KINDS
from intact.model import json_schema, shipped, source_text
from intact.model.specs import Kind, Option, OptionType, TargetType
from tests.model.broken import CASES, SHOP, SYNTAX, Case

PUBLISHED = Path(__file__).parents[2] / "docs" / "schemas" / "model-1.json"
REGENERATE = """docs/schemas/model-1.json is not what the checks declare. Write it anew:
python -c 'import json, intact.checks, intact.model; print(json.dumps(intact.model.json_schema(
    intact.checks.KINDS), indent=2, ensure_ascii=False))' > docs/schemas/model-1.json"""

VALIDATOR = Draft202012Validator(json_schema(KINDS))


def _plain(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def _objects(schema: Any, at: str = "$") -> Iterator[tuple[str, dict[str, Any]]]:
    """All schemas inside a schema."""
    if isinstance(schema, dict):
        yield at, schema
        for name, each in schema.items():
            yield from _objects(each, f"{at}.{name}")
    elif isinstance(schema, list):
        for number, each in enumerate(schema):
            yield from _objects(each, f"{at}[{number}]")


def test_the_published_schema_is_the_generated_one() -> None:
    """A new check or option changes it."""
    published = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    assert published == json.loads(json.dumps(json_schema(KINDS))), REGENERATE


def test_the_schema_is_a_schema() -> None:
    """Of the draft that it names."""
    Draft202012Validator.check_schema(json_schema(KINDS))


@pytest.mark.parametrize("name", shipped())
def test_shipped_models_validate_and_name_the_schema(name: str) -> None:
    """So editors help with them from the first line on."""
    text = source_text(name)
    assert list(VALIDATOR.iter_errors(_plain(text))) == []
    assert text.splitlines()[0] == f"# yaml-language-server: $schema={json_schema(KINDS)['$id']}"


def test_the_shop_validates() -> None:
    """It uses every kind of check and every option."""
    text = SHOP.read_text(encoding="utf-8")
    assert list(VALIDATOR.iter_errors(_plain(text))) == []
    for kind in KINDS:
        assert f"- {kind.name}:" in text
    assert {option for kind in KINDS for option in kind.options if f"{option}:" not in text} == set()


@pytest.mark.parametrize("case", [case for case in CASES if case not in SYNTAX], ids=lambda case: case.name)
def test_a_structural_mistake_is_refused_by_the_schema_too(case: Case) -> None:
    """And only those: what the schema cannot know is marked in the table."""
    assert (list(VALIDATOR.iter_errors(_plain(case.text))) != []) is case.structural


def test_every_object_is_closed() -> None:
    """Nothing unknown passes: an object has known names, or names of a known form."""
    for at, schema in _objects(json_schema(KINDS)):
        if schema.get("type") == "object":
            assert schema["additionalProperties"] is False or "propertyNames" in schema, at


def test_everything_is_described() -> None:
    """Editors show the descriptions."""
    schema = json_schema(KINDS)
    definitions = schema["$defs"]
    assert isinstance(definitions, dict)
    for at, each in _objects(schema):
        for name, value in (
            each.get("properties", {}).items() if isinstance(each.get("properties"), dict) else ()
        ):
            target = definitions[value["$ref"].rpartition("/")[2]] if "$ref" in value else value
            assert value.get("description") or target.get("description"), f"{at}.{name}"


def test_every_reference_inside_the_schema_leads_somewhere_and_no_definition_is_left_over() -> None:
    """Editors give up on a schema with a dangling reference."""
    schema = json_schema(KINDS)
    used = {str(each["$ref"]).removeprefix("#/$defs/") for _, each in _objects(schema) if "$ref" in each}
    definitions = schema["$defs"]
    assert isinstance(definitions, dict)
    assert used == set(definitions)


def test_a_new_check_needs_no_change_in_the_schema_or_the_loader() -> None:
    """Every type of option has its schema."""
    options = {
        each.value.replace(" ", "-"): Option(each, "What it does.", choices=("one", "two"))
        for each in OptionType
    }
    schema = json_schema([*KINDS, Kind("new-check", TargetType.COLLECTION, options)])
    Draft202012Validator.check_schema(schema)
    definitions = schema["$defs"]
    assert isinstance(definitions, dict)
    assert set(options) < set(definitions["check-new-check"]["properties"])
