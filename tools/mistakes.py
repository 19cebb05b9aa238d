"""The small mistakes that ``tools/mutate.py`` puts into a module: first into its SQL text, then into its Python.

Each is a change of a few characters that somebody could make: ``<`` for ``<=``, ``OR`` for ``AND``, ``min`` for
``max``, a condition or a statement that is left out. What does not compile is not among them.
"""

from __future__ import annotations

import ast
import io
import itertools
import re
import tokenize
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeGuard

SQL: Final = "SQL"
PYTHON: Final = "Python"

Change = tuple[int, int, str]
"""From which character to which, and what stands there instead."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in one module.

    Attributes:
        path: The module, from the root of the repository.
        line: Where it is, from 1.
        kind: :data:`SQL` or :data:`PYTHON`.
        before: The line as it is.
        after: The line with the mistake.
        text: The whole module with the mistake.
    """

    path: str
    line: int
    kind: str
    before: str
    after: str
    text: str


def mistakes(path: str, text: str, lines: set[int] | None = None) -> list[Mistake]:
    """Return every mistake that can be made in a module.

    Args:
        path: The module, from the root of the repository.
        text: What it holds.
        lines: Only in these lines, from 1; None for all.
    """
    tree = ast.parse(text)
    source = _Source(text)
    docs = {(node.lineno, node.col_offset) for node in map(_doc, ast.walk(tree)) if node}
    made = itertools.chain(
        ((SQL, each) for each in _in_sql(source, docs)), ((PYTHON, each) for each in _in_python(source, tree))
    )
    found: dict[str, Mistake] = {}
    for kind, (start, end, instead) in made:
        line = source.line(start)
        changed = text[:start] + instead + text[end:]
        if (lines is None or line in lines) and changed != text and _compiles(changed):
            before, after = source.lines[line - 1].strip(), changed.splitlines()[line - 1].strip()
            found.setdefault(changed, Mistake(path, line, kind, before, after, changed))
    return list(found.values())


class _Source:
    """A text in which places are given as Python's parser gives them: the line, and bytes or characters in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = text.splitlines()
        self._starts = [0, *itertools.accumulate(map(len, io.StringIO(text)))]

    def at(self, line: int, column: int) -> int:
        """Give the place of a character; the line from 1, the column from 0."""
        return self._starts[line - 1] + column

    def at_byte(self, line: int, column: int) -> int:
        """Give the place of a character by the bytes before it in its line, as the syntax tree counts."""
        begin = self.lines[line - 1].encode()[:column]
        return self.at(line, len(begin.decode()))

    def line(self, place: int) -> int:
        """Give the line of a place, from 1."""
        return self.text.count("\n", 0, place) + 1

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Give from where to where a part of the tree goes."""
        assert node.end_lineno is not None  # noqa: S101 - what is parsed from text has its end
        assert node.end_col_offset is not None  # noqa: S101 - see above
        return self.at_byte(node.lineno, node.col_offset), self.at_byte(node.end_lineno, node.end_col_offset)


def _compiles(text: str) -> bool:
    try:
        compile(text, "mistake", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


def _doc(node: ast.AST) -> ast.expr | None:
    """Give a text that stands alone: it documents what is above it."""
    alone = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return node.value if alone and isinstance(node, ast.Expr) else None


# ------------------------------------------------------------------------------------------------------------- SQL

_IS_SQL: Final = re.compile(
    r"\b(?:SELECT|FROM|WHERE|JOIN|HAVING|EXISTS|DISTINCT|UNION|WHEN|ORDER BY|GROUP BY|IS (?:NOT )?NULL|AND|OR|NOT)\b"
)
_IN_SQL: Final = tuple(
    (re.compile(pattern), instead)
    for pattern, instead in (
        (r"(?<= )=(?= )", ("<>",)),
        (r"(?<= )<>(?= )", ("=",)),
        (r"(?<= )<(?= )", ("<=", ">")),
        (r"(?<= )<=(?= )", ("<",)),
        (r"(?<= )>(?= )", (">=", "<")),
        (r"(?<= )>=(?= )", (">",)),
        (r"\bAND\b", ("OR",)),
        (r"(?<!INSERT )(?<!CREATE )\bOR\b", ("AND",)),
        (r"\bIS NULL\b", ("IS NOT NULL",)),
        (r"\bIS NOT NULL\b", ("IS NULL",)),
        (r"\bIS NOT\b(?! NULL)", ("IS",)),
        (r"\bLEFT JOIN\b", ("JOIN",)),
        (r"(?<!LEFT )(?<!CROSS )(?<!ANTI )(?<!SEMI )\bJOIN\b", ("LEFT JOIN",)),
        (r"\bDISTINCT ", ("",)),
        (r"\bUNION ALL\b", ("UNION",)),
        (r"\bUNION\b(?! ALL)", ("UNION ALL",)),
        (r"\bmin(?=\()", ("max",)),
        (r"\bmax(?=\()", ("min",)),
        (r"\bcount\(\*\)", ("sum(1)", "count(*) - 1")),
        (r"(?<=\bcount\()(?!\*|DISTINCT)[^()]+(?=\))", ("*",)),
        (r"\bWHERE (?=\S)", ("WHERE TRUE OR ",)),
        (r"\bHAVING (?=\S)", ("HAVING TRUE OR ",)),
        (r"(?<!IS )(?<!IF )\bNOT (?!NULL)", ("",)),
        (r"\bEXISTS (?=\()", ("NOT EXISTS ",)),
        (r"\bTRUE\b", ("FALSE",)),
        (r"\bFALSE\b", ("TRUE",)),
        (r" DESC\b", ("",)),
    )
)
_NUMBER: Final = re.compile(r"(?<![\w.{$'\[])[0-9]{1,9}(?![\w.}'\]])")
_BESIDE: Final = {tokenize.NL, tokenize.COMMENT}


def _in_sql(source: _Source, docs: set[tuple[int, int]]) -> Iterator[Change]:
    for run in _texts(source, docs):
        if not _IS_SQL.search(" ".join(source.text[start:end] for start, end in run)):
            continue
        for start, end in run:
            part = source.text[start:end]
            for pattern, instead in _IN_SQL:
                for found in pattern.finditer(part):
                    yield from ((start + found.start(), start + found.end(), each) for each in instead)
            for found in _NUMBER.finditer(part):
                yield from _beside(start + found.start(), start + found.end(), int(found[0]))


def _texts(source: _Source, docs: set[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """Yield the texts of a module, those together that stand side by side and make one."""
    run: list[tuple[int, int]] = []
    depth = 0
    begin = (0, 0)
    # Until Python 3.11 an f-string is one token; since then it begins, goes on and ends with tokens of their own.
    starts, ends = (getattr(tokenize, f"FSTRING_{each}", None) for each in ("START", "END"))
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type == starts:
            begin = begin if depth else token.start
            depth += 1
        elif token.type == ends:
            depth -= 1
        if depth:
            continue
        if token.type in {tokenize.STRING, ends}:
            first = token.start if token.type == tokenize.STRING else begin
            if first not in docs:
                run.append((source.at(*first), source.at(*token.end)))
        elif token.type not in _BESIDE:
            yield run
            run = []
    yield run


def _beside(start: int, end: int, number: int) -> Iterator[Change]:
    yield start, end, str(number + 1)
    if number:
        yield start, end, str(number - 1)


# ---------------------------------------------------------------------------------------------------------- Python

_COMPARED: Final[dict[type[ast.cmpop], tuple[str, tuple[str, ...]]]] = {
    ast.Eq: ("==", ("!=",)),
    ast.NotEq: ("!=", ("==",)),
    ast.Lt: ("<", ("<=", ">")),
    ast.LtE: ("<=", ("<",)),
    ast.Gt: (">", (">=", "<")),
    ast.GtE: (">=", (">",)),
    ast.Is: ("is", ("is not",)),
    ast.IsNot: (r"is\s+not", ("is",)),
    ast.In: ("in", ("not in",)),
    ast.NotIn: (r"not\s+in", ("in",)),
}
_OTHER_NAME: Final = {"min": "max", "max": "min", "any": "all", "all": "any"}


def _in_python(source: _Source, tree: ast.Module) -> Iterator[Change]:
    named = Counter(each.id for each in ast.walk(tree) if isinstance(each, ast.Name) and _is_stored(each))
    for node in _running(tree):
        if isinstance(node, ast.expr):
            yield from _in_expression(source, node)
        elif _is_dropped(node, named):
            yield *source.span(node), "pass"
        elif isinstance(node, ast.If) and isinstance(node.test, ast.Name | ast.Call | ast.Attribute):
            start, end = source.span(node.test)
            yield start, end, f"not {source.text[start:end]}"


def _in_expression(source: _Source, node: ast.expr) -> Iterator[Change]:
    match node:
        case ast.Compare():
            yield from _compared(source, node)
        case ast.BoolOp():
            was, instead = (r"\band\b", "or") if isinstance(node.op, ast.And) else (r"\bor\b", "and")
            for one, other in itertools.pairwise(node.values):
                yield from _between(source, one, other, was, (instead,))
        case ast.UnaryOp(op=ast.Not()):
            yield source.span(node)[0], source.span(node.operand)[0], ""
        case ast.Call(func=ast.Name(id=name) as called) if name in _OTHER_NAME:
            yield *source.span(called), _OTHER_NAME[name]
        case ast.Constant(value=bool(value)):
            yield *source.span(node), str(not value)
        case ast.Constant(value=int(value)):
            yield from _beside(*source.span(node), value)


def _is_stored(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)


def _is_dropped(node: ast.AST, named: Mapping[str, int]) -> TypeGuard[ast.stmt]:
    """Whether a statement can be left out, and not only for every test to fail: a name has a value without it."""
    if isinstance(node, ast.Assign):
        return all(not isinstance(each, ast.Name) or named[each.id] > 1 for each in node.targets)
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Call | ast.Await)
    return isinstance(node, ast.AugAssign | ast.Continue | ast.Break | ast.Delete | ast.Raise)


def _running(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield what runs: no types, no docs, nothing inside an f-string, whose places Python 3.11 does not tell.

    An f-string's text can be SQL, and is tried as such.
    """
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.JoinedStr) or _doc(node):
            continue
        yield node
        types = {id(getattr(node, name, None)) for name in ("annotation", "returns")}
        waiting += [each for each in ast.iter_child_nodes(node) if id(each) not in types]


def _compared(source: _Source, node: ast.Compare) -> Iterator[Change]:
    sides: Sequence[ast.expr] = (node.left, *node.comparators)
    for (one, other), operator in zip(itertools.pairwise(sides), node.ops, strict=True):
        was, instead = _COMPARED[type(operator)]
        yield from _between(source, one, other, was, instead)


def _between(
    source: _Source, one: ast.expr, other: ast.expr, was: str, instead: Sequence[str]
) -> Iterator[Change]:
    start, end = source.span(one)[1], source.span(other)[0]
    if found := re.search(was, source.text[start:end]):
        yield from ((start + found.start(), start + found.end(), each) for each in instead)
