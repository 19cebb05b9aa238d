"""The JSON Schema of alerts files, by which editors complete and check them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from intact.core.distribution import SCHEMAS
from intact.core.terms import SEVERITIES
from intact.core.values import JsonValue
from intact.model.node_reader import FINDING, NAME
from intact.operations.alerts.config import CAUSE, DAYS, FINGERPRINT, TYPE

Schema = dict[str, JsonValue]

VERSION: Final = 1
"""Version of the format; the file may say it as ``intact``."""

SCHEMA_ID: Final = f"{SCHEMAS}/alerts-{VERSION}.json"

_CLOCK: Final = "([01]?[0-9]|2[0-3]):[0-5][0-9]"
_HOURS: Final = rf"^\s*{_CLOCK}\s*-\s*{_CLOCK}\s*$"
_WEB: Final = r"^([Hh][Tt][Tt][Pp][Ss]?://|\$\{)"
_SEVERITIES: Final = [*(each.lower() for each in SEVERITIES), *SEVERITIES]
_TEXT: Final = r"\S"


def _any_case(*words: str) -> str:
    """Return the pattern of one of some words, in capitals or not: JSON Schema has no flag for that."""
    return "|".join("".join(f"[{c}{c.upper()}]" for c in word) for word in words)


_DIGEST: Final = (
    rf"^\s*(({_any_case('daily')})(\s+{_CLOCK})?|({_any_case('weekly')})(\s+({_any_case(*DAYS)}))?(\s+{_CLOCK})?"
    rf"|{_any_case('none')})\s*$"
)


def json_schema() -> Schema:
    """Return the JSON Schema of alerts files (draft 2020-12).

    What only the reader knows it does not say: which services Apprise has, which variables are set, which time zones,
    finding types and reports there are.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "Alerts of intact",
        **_closed(_top(), ["targets"]),
        "$defs": {
            "target": {"description": "One who is told.", **_closed(_target(), ["url"])},
            "quiet-hours": {
                "description": "Hours in which nothing is sent, and what is sent all the same.",
                **_closed(
                    {
                        "hours": _text("From when to when; over midnight too: `22:00-07:00`.", _HOURS),
                        "except": _which("What is sent all the same: types and severities, or `all`, or `none`."),
                    },
                    ["hours"],
                ),
            },
            "snooze": {
                "description": "What nobody is told of for a while.",
                **_closed(
                    {
                        "what": _text(
                            "A finding type, a cause such as `customer_id=c-17`, or a fingerprint.",
                            "|".join(f"^({each.pattern})$" for each in (TYPE, CAUSE, FINGERPRINT)),
                        ),
                        "until": _text(
                            "Until when: a day, or a moment.", r"^\s*[0-9]{4}-?([0-9]{2}-?[0-9]{2}|W[0-9]{2})"
                        ),
                        "why": {"description": "For who reads the file."},
                    },
                    ["what", "until"],
                ),
            },
        },
    }  # fmt: skip


def _top() -> dict[str, Schema]:
    return {
        "intact": {"const": VERSION, "description": "Version of the format."},
        "name": _text("By which targets are remembered; by default the file's path."),
        "timezone": _text("Of all hours and dates in the file, such as `Asia/Kolkata`; UTC by default."),
        "link": _text("Stands in each message; by default the first file that the run wrote.", _WEB),
        "dead-mans-switch": _text(
            "A URL that is asked for after each run, with `/fail` added after one that was not good.", _WEB
        ),
        "quiet": _quiet("Hours in which nothing is sent, for all targets that have none of their own."),
        "targets": {
            "type": "object",
            "description": "Who is told, by name.",
            "propertyNames": {"pattern": f"^{NAME}$", "not": {"const": "dead-mans-switch"}},
            "additionalProperties": {"$ref": "#/$defs/target"},
            "minProperties": 1,
        },
        "snooze": {
            "type": "array",
            "items": {"$ref": "#/$defs/snooze"},
            "description": "What nobody is told of for a while.",
        },
    }


def _target() -> dict[str, Schema]:
    return {
        "url": _text("Where to, as Apprise writes it; `${NAME}` comes from the environment.", _TEXT),
        "types": _list(_name(FINDING), "Only these finding types."),
        "severity": {
            "enum": [*_SEVERITIES],
            "description": "Only findings of this severity, and worse ones.",
        },
        "reports": _list(_name(NAME), "Only the findings of these reports."),
        "at-once": _which(
            "What is told as soon as it is found: types and severities, or `all`, or `none`. By default what the model "
            "says a run fails at."
        ),
        "digest": _text(
            "When the rest is told: `daily`, `daily 08:00`, `weekly monday 08:00`, or `none` for never.", _DIGEST
        ),
        "quiet": _quiet("Hours in which nothing is sent."),
        "failures": {"type": "boolean", "description": "Whether it is told of runs that failed."},
        "all-clear": {"type": "boolean", "description": "Whether it is told when nothing is left."},
    }  # fmt: skip


def _closed(properties: Mapping[str, Schema], required: Sequence[str]) -> Schema:
    return {
        "type": "object",
        "properties": {**properties},
        "required": [*required],
        "additionalProperties": False,
    }


def _text(description: str, pattern: str = _TEXT) -> Schema:
    return {"type": "string", "pattern": pattern, "description": description}


def _name(pattern: str) -> Schema:
    return {"type": "string", "pattern": f"^{pattern}$"}


def _list(items: Schema, description: str) -> Schema:
    return {"type": "array", "items": items, "minItems": 1, "description": description}


def _which(description: str) -> Schema:
    """Return the schema of types and severities, or one word for all or none of them."""
    names: Schema = {"anyOf": [{"enum": [*_SEVERITIES]}, _name(FINDING)]}
    return {
        "oneOf": [{"enum": ["all", "none"]}, {"type": "array", "items": names, "minItems": 1}],
        "description": description,
    }


def _quiet(description: str) -> Schema:
    return {
        "oneOf": [{"type": "string", "pattern": _HOURS}, {"$ref": "#/$defs/quiet-hours"}],
        "description": description,
    }
