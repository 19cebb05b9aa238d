"""The report for machines: one JSON document in the shape of the user's own file, amounts exact.

Written in pieces, so that a million findings never are one string. All of it is ASCII: what a terminal would
obey, or an eye would not see, stands as a JSON escape.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

import simplejson

from intact.core.values import JsonValue
from intact.findings import Finding, Report, Section
from intact.findings.document import head, issue, section_head

_ENCODER: Final = simplejson.JSONEncoder(use_decimal=True, allow_nan=False, indent=2)
_AT_ONCE: Final = 500
"""Findings in one piece of text."""


def render(report: Report) -> Iterator[str]:
    """Yield the report as indented JSON, ending with a line break."""
    yield _text(head(report), 0)[:-2] + ',\n  "reports": {'
    for number, section in enumerate(report.sections):
        yield from _section(section, ",\n" if number else "\n")
    yield "\n  }\n}\n" if report.sections else "}\n}\n"


def _section(section: Section, before: str) -> Iterator[str]:
    """Yield one report: its total first, then its issues a few hundred at a time, then the rest."""
    name, total = section.total
    rest = section_head(section)
    del rest[name]
    yield f'{before}    {_text(section.name, 0)}: {{\n      {_text(name, 0)}: {total},\n      "issues": ['
    issues = iter(section.issues)
    comma = "\n"
    while some := _some(issues):
        yield comma + _body(some, 6)
        comma = ",\n"
    yield ("\n      ]" if section.issues else "]") + ",\n" + _body(rest, 4) + "\n    }"


def _some(issues: Iterator[Finding]) -> list[JsonValue]:
    """Take the next few hundred."""
    return [issue(each) for each in islice(issues, _AT_ONCE)]


def _body(value: JsonValue, indent: int) -> str:
    """Return the lines between the brackets of a list or object that stands ``indent`` columns further in."""
    return _text(value, indent)[2 : -indent - 2]


def _text(value: JsonValue, indent: int) -> str:
    """Return a value as JSON; its lines but the first stand ``indent`` columns further in."""
    text: str = _ENCODER.encode(value)
    return text.replace("\n", "\n" + " " * indent) if indent else text
