"""Pieces of which the JSON Schema of the report is made."""

from __future__ import annotations

from typing import Final

from intact.core.values import JsonValue

Schema = dict[str, JsonValue]

_MOMENT: Final = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$"


def object_of(properties: Schema) -> Schema:
    """Return an object with these properties; others may come with a later version of intact."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
    }


def list_of(description: str, items: Schema) -> Schema:
    """Return an array of these."""
    return {"type": "array", "description": description, "items": items}


def texts(description: str) -> Schema:
    """Return an array of texts."""
    return list_of(description, {"type": "string"})


def text(description: str) -> Schema:
    """Return a text."""
    return {"type": "string", "description": description}


def text_or_null(description: str) -> Schema:
    """Return a text or null."""
    return {"type": ["string", "null"], "description": description}


def count(description: str) -> Schema:
    """Return a whole number that is not negative."""
    return {"type": "integer", "minimum": 0, **({"description": description} if description else {})}


def counts(description: str) -> Schema:
    """Return such numbers by name."""
    return {"type": "object", "description": description, "additionalProperties": count("")}


def count_or_null(description: str) -> Schema:
    """Return such a number, or null."""
    return {"type": ["integer", "null"], "minimum": 0, "description": description}


def moment(description: str) -> Schema:
    """Return a moment in UTC."""
    return {"type": "string", "format": "date-time", "pattern": _MOMENT, "description": description}


def flag(description: str) -> Schema:
    """Return true or false."""
    return {"type": "boolean", "description": description}


def one_of(values: list[JsonValue], description: str) -> Schema:
    """Return one of these values."""
    return {"enum": values, "description": description}


def amounts(description: str) -> Schema:
    """Return amounts of money by kind."""
    return {"type": "object", "description": description, "additionalProperties": {"type": "number"}}


def nullable(description: str, schema: Schema) -> Schema:
    """Return what is described, or null."""
    return {"description": description, "oneOf": [{"type": "null"}, schema]}
