"""Documents as the mongo shell prints them, ``{_id: ObjectId("…"), n: NumberLong(5)}``: recognised, and not read.

Their text is a program's, and what a call in it stands for only the shell knows for certain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_TOKEN: Final = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<comment>//[^\n]*|/\*.*?\*/)
  | (?P<text>"(?:[^"\\]|\\.)*+")
  | (?P<single>'(?:[^'\\]|\\.)*+'|`(?:[^`\\]|\\.)*+`)
  | (?P<pattern>/(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*+\])++/[a-z]*)
  | (?P<hexadecimal>[-+]?0[xX][0-9a-fA-F]+)
  | (?P<number>-?(?:\d+(?:\.\d+)?)(?:[eE][-+]?\d+)?(?![\w.]))
  | (?P<loose>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))
  | (?P<name>[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*)
  | (?P<mark>[{}\[\]():,])
    """,
    re.VERBOSE | re.DOTALL,
)
_OPENING: Final = {"}": "{", "]": "[", ")": "("}
_JSON_WORDS: Final = frozenset({"true", "false", "null"})
_SHELL_WORDS: Final = frozenset({"undefined", "MinKey", "MaxKey", "NaN", "Infinity", "new"})
_KINDS: Final = {
    "comment": "comments",
    "single": "single quotes",
    "pattern": "/patterns/",
    "hexadecimal": "hexadecimal numbers",
    "loose": "numbers that are none in JSON",
}

UNFINISHED: Final = "unfinished"
"""What is said of a document that goes on where the text ends."""


@dataclass(frozen=True, slots=True)
class ShellDocument:
    """A document in the shell's syntax: where it ends, and which kinds of it make it none in JSON."""

    end: int
    kinds: frozenset[str]


def shell_document(text: str, at: int) -> ShellDocument | str | None:
    """Return the document in the shell's syntax that begins at a place of a text.

    Returns:
        The document; :data:`UNFINISHED` if the text ends before it does; None if there is none, or if nothing in it is
        other than in JSON.
    """
    if not text.startswith("{", at):
        return None
    opened: list[str] = []
    kinds: set[str] = set()
    before = ""
    for kind, token, end in _tokens(text, at):
        if kind == "space":
            continue
        if kind == "mark" and not _balanced(token, opened):
            return None
        found = _kinds(kind, token, before, text, end)
        if found is None:
            return None
        kinds.update(found)
        before = before if kind == "comment" else token
        if not opened:
            return ShellDocument(end, frozenset(kinds)) if kinds else None
    return UNFINISHED


def _balanced(mark: str, opened: list[str]) -> bool:
    """Take in a mark, and return whether it may stand here."""
    if mark in _OPENING:
        return bool(opened) and opened.pop() == _OPENING[mark]
    if mark in _OPENING.values():
        opened.append(mark)
    return True


def _kinds(kind: str, token: str, before: str, text: str, end: int) -> tuple[str, ...] | None:
    """Return in which ways a token is none of JSON; None where it is none of the shell either."""
    if kind == "name":
        return _named(text, token, end)
    if kind == "other":
        return None
    if token in _OPENING and before == ",":
        return ("trailing commas",)
    return (_KINDS[kind],) if kind in _KINDS else ()


def _tokens(text: str, at: int) -> Iterator[tuple[str, str, int]]:
    """Yield kind, text and end of each token; an ``other`` where there is none, unless the text may end in it."""
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            if text[at] not in "\"'`/":
                yield "other", text[at], at + 1
            return
        yield found.lastgroup or "other", found[0], found.end()
        at = found.end()


def _named(text: str, name: str, end: int) -> tuple[str, ...] | None:
    """Return what a name is: a call, a field's name, a word of the shell; None where it is none of these."""
    rest = text[end : end + 40].lstrip()
    if rest.startswith("("):
        return (f"{name}(…)",) if name[0].isupper() else None
    if rest.startswith(":"):
        return ("names without quotes",)
    if name in _JSON_WORDS:
        return ()
    if name in _SHELL_WORDS:
        return () if name == "new" else (name,)
    return () if end == len(text) else None
