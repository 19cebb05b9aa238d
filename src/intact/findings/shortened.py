"""Findings with values so long that no one could open a form with them: cut, with what is left out and where it is.

The forms for programs (JSON, NDJSON, Parquet) have every value whole. All others show what a reader can take in, and
say how much more there is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from intact.core.values import JsonValue
from intact.findings.records import Finding
from intact.findings.words import WHOLE, clipped

LONGEST: Final = 1_000
"""Characters of one text."""
LISTED: Final = 100
"""Elements of one list, and fields of one document."""
DEPTH: Final = 20
"""Levels of documents and lists within each other."""


def shortened(
    value: JsonValue, longest: int = LONGEST, listed: int = LISTED, depth: int = DEPTH
) -> JsonValue:
    """Return a value in which no text, list or document is long; what is cut says how much more there is."""
    if isinstance(value, str):
        return clipped(value, longest)
    if not isinstance(value, list | dict):
        return value
    if not depth:
        return f"... (more levels; {WHOLE})"
    more = len(value) - listed
    left_out = f"... ({more:,} more; {WHOLE})"
    if isinstance(value, list):
        some: list[JsonValue] = [shortened(each, longest, listed, depth - 1) for each in value[:listed]]
        return [*some, left_out] if more > 0 else some
    made: dict[str, JsonValue] = {}
    for name in list(value)[:listed]:
        made[clipped(name, longest)] = shortened(value[name], longest, listed, depth - 1)
    return {**made, "...": left_out} if more > 0 else made


def short_fields(
    fields: Mapping[str, JsonValue], longest: int = LONGEST, listed: int = LISTED
) -> dict[str, JsonValue]:
    """Return the fields of a finding, none of them longer than a form can show."""
    return {clipped(name, longest): shortened(value, longest, listed) for name, value in fields.items()}


def short_finding(finding: Finding) -> Finding:
    """Return a finding of which a form can show everything."""
    return replace(
        finding, description=clipped(finding.description, LONGEST), fields=short_fields(finding.fields)
    )
