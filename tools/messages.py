"""All sentences that the program can say, on one page: to be read once as somebody reads them, in a hurry.

``make messages`` writes it. A wing a chapter, a module a paragraph, each sentence with its line. What stands in braces
is filled in. SQL, markup, patterns and what is only for readers of the code are left out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

SOURCES: Final = Path(__file__).parents[1] / "src" / "intact"

_WORDS: Final = 3
"""So many spaces has a sentence at least; what has fewer is a word or a name."""

_OTHER: Final = re.compile(
    r"\s*\(?(SELECT|CREATE|INSERT|UPDATE|DELETE|DROP|PRAGMA|ALTER|CASE|WHERE|FROM|JOIN|LEFT JOIN|UNION|ORDER BY"
    r"|GROUP BY|QUALIFY|WINDOW|COPY|BEGIN|AND|OR|ON|IS|NOT)\b|\s*[<{}$\\(|.#]"
    r"|.*(\\\w|[<>=;]\s*$|=>|:=|\bNULLS\b|\bIS NULL\b)",
    re.DOTALL,
)
"""What SQL, markup, patterns and queries of mongosh begin with, or have in them."""


def sentences(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of each sentence in the source of a module."""
    tree = ast.parse(source)
    held = {*_docstrings(tree), *(id(part) for each in ast.walk(tree) for part in _parts(each))}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in held:
            text = _text(node)
            if text.count(" ") >= _WORDS and not _OTHER.match(text):
                yield node.lineno, " ".join(text.split())


def _docstrings(tree: ast.AST) -> Iterator[int]:
    """Yield what is written for readers of the code: every text that is a statement of its own."""
    yield from (id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr))


def _parts(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the texts within a text that is put together."""
    if isinstance(node, ast.JoinedStr):
        for part in node.values:
            yield part
            if isinstance(part, ast.FormattedValue) and part.format_spec is not None:
                yield part.format_spec


def _text(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    parts = (
        f"{{{ast.unparse(part.value)}}}"
        if isinstance(part, ast.FormattedValue)
        else str(getattr(part, "value", ""))
        for part in node.values
    )
    return "".join(parts)


def page(root: Path = SOURCES) -> str:
    """Return the page."""
    lines, wing = ["# What intact says"], ""
    for file in sorted(root.rglob("*.py")):
        place = file.relative_to(root)
        found = sorted(sentences(file.read_text(encoding="utf-8")))
        if found and place.parts[0] != wing:
            wing = place.parts[0]
            lines += ["", f"## {wing}"]
        if found:
            lines += ["", f"**{place.as_posix()}**", *(f"- {line}: {text}" for line, text in found)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")
