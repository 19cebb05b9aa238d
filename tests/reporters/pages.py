"""Markdown documents as a reader sees them: parsed by markdown-it, CommonMark with GitHub's tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.reporters.readers import code_value

_PARSER = MarkdownIt("commonmark").enable("table")


@dataclass
class Part:
    """What stands under one heading.

    Attributes:
        words: Each paragraph and item of a list, as text.
        codes: The values of all code spans in them.
        tables: Rows of cells, the head first; a cell is its text and the values of its code spans.
        blocks: What stands in fences.
    """

    heading: str
    level: int = 0
    words: list[str] = field(default_factory=list)
    codes: list[Any] = field(default_factory=list)
    tables: list[list[list[tuple[str, list[Any]]]]] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)

    def column(self, name: str) -> list[list[Any]]:
        """Give the values in the column of that name, row by row, of the last table that has it."""
        for head, *rows in reversed(self.tables):
            names = [text for text, _ in head]
            if name in names:
                return [row[names.index(name)][1] for row in rows]
        raise KeyError(name)

    def texts(self, name: str) -> list[str]:
        """Give the text in the column of that name."""
        for head, *rows in reversed(self.tables):
            names = [text for text, _ in head]
            if name in names:
                return [row[names.index(name)][0] for row in rows]
        raise KeyError(name)

    def after(self, question: str) -> str:
        """Give the answer to a question of the beginning."""
        return next(each.removeprefix(question).strip() for each in self.words if each.startswith(question))


def parse(text: str) -> list[Part]:
    """Take a document apart by its headings."""
    parts = [Part("")]
    tokens = _PARSER.parse(text)
    inside = ""
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            parts.append(Part(_text(tokens[at + 1]), int(token.tag[1])))
            inside = "heading"
        elif token.type in {"heading_close", "table_close"}:
            inside = ""
        elif token.type == "table_open":
            parts[-1].tables.append([])
            inside = "table"
        elif token.type == "tr_open":
            parts[-1].tables[-1].append([])
        elif token.type == "fence":
            parts[-1].blocks.append(token.content)
        elif token.type == "inline" and inside == "table":
            parts[-1].tables[-1][-1].append((_text(token), list(_codes(token))))
        elif token.type == "inline" and not inside:
            parts[-1].words.append(_text(token))
            parts[-1].codes += _codes(token)
    return parts


def part(text: str, heading: str) -> Part:
    """Give the part whose heading begins so."""
    return next(each for each in parse(text) if each.heading.startswith(heading))


def kinds(text: str) -> set[str]:
    """Name all kinds of tokens, to see that nothing became markup."""
    return {each.type for token in _PARSER.parse(text) for each in (token, *(token.children or ()))}


def _text(token: Token) -> str:
    return "".join(child.content for child in token.children or () if child.type in {"text", "code_inline"})


def _codes(token: Token) -> Iterator[Any]:
    return (code_value(child.content) for child in token.children or () if child.type == "code_inline")
