"""The page of a kind of check: its docstring, read."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from intact.core.distribution import SITE

SECTIONS: Final = ("What it finds", "Why it matters", "Example", "How to repair", "What it cannot see")
"""The headed paragraphs of every check's page."""

"""Where the documentation is published."""


@dataclass(frozen=True, slots=True)
class Page:
    """The page of a kind of check: its first line, and its sections by their headings."""

    summary: str
    sections: Mapping[str, str]


def page(docstring: str) -> Page:
    """Read a check's docstring: a line, and sections whose headings stand alone on a line."""
    lines = inspect.cleandoc(docstring).splitlines()
    sections: dict[str, list[str]] = {}
    current: list[str] = []
    for line in lines[1:]:
        if line.strip() in SECTIONS:
            current = sections.setdefault(line.strip(), [])
        else:
            current.append(line)
    bodies = {
        name: inspect.cleandoc("\n" + "\n".join(body)).replace("``", "`") for name, body in sections.items()
    }
    return Page(lines[0] if lines else "", bodies)


def url(kind: str) -> str:
    """Return the address of the page of a kind of check."""
    return f"{SITE}/checks/{kind}/"


UNREADABLE_KIND: Final = "unreadable-value"
"""What the page of the finding that every check may make is called."""

UNREADABLE_PAGE: Final = """A value on which a finding or a figure depends, and which is not what it must be.

What it finds
    An amount that is other text, a boolean, NaN or infinite; `items` that is no list, or an item that is no
    object; a date that is none; a flag such as `billed` that is no boolean. Once a document and field. Values
    that nothing depends on are not asked.

Why it matters
    The rest of the document is still judged, and an unreadable amount counts 0: the sums are too low by what
    nobody can read. The finding that needed the amount carries `amount_complete: false`.

Example
    `{"id": "o-9", "items": [{"total": "twelve"}]}` is an unbilled order of 0: `field` is `items[].total`,
    `value` is `"twelve"`, `value_type` is `string`.

How to repair
    Look at the document, find out what the value should have been (the code that wrote it knows), and write
    that with its right type. If many documents have it, repair the code first.

What it cannot see
    A value that can be read and is wrong: 1200 where 120 was meant, a date in the wrong year.
"""
