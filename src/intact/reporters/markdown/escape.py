r"""Values in Markdown (CommonMark with GitHub's tables): shown exactly, obeyed never, and readable as plain text too.

Values stand in code spans, since nothing in them is markup there; sentences are escaped. Both are one line of visible
characters, so the exact value can be read back: take off the code span, and what mongosh reads as a value is that
value; anything else is a text, whose escapes (``\n``, ``\u202e``, ``\\``) are undone
(:func:`intact.findings.words.harmless`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from intact.core import mongosh
from intact.core.values import JsonValue
from intact.findings.words import clipped, harmless, is_doubtful, paragraphs

LONGEST: Final = 1_000
"""Characters of a value or a name that are shown."""
_WORDS: Final = 20_000
"""Characters of a sentence."""
_MARKUP: Final = re.compile(
    r"""[\\`*\[\]<>|~$]                    # always
    | (?<![^\W_])_ | _(?![^\W_])           # an underscore, but not within a word
    | &(?=\#?\w+;)                         # what would be read as an entity
    | :(?=//|[\w+-]+:) | \.(?<=www\.)      # what would become a link or a picture
    """,
    re.VERBOSE,
)
_MENTION: Final = re.compile(r"(?<![\w`])@(?=\\?\w)")
"""What calls somebody where the document is pasted into an issue; no escape helps against that, a code span does."""
_BLOCK: Final = re.compile(r"(?P<digits>\d{0,9})(?P<mark>[#+\-=.)])")
"""How a line begins that would be read as a heading, a list or a line."""
_HEADING_END: Final = re.compile(r"#+$")
_RUN: Final = re.compile("`+")


def text(words: str) -> str:
    """Write words that hold values of the database, to stand within a line."""
    return marked(harmless(clipped(words, _WORDS)))


def marked(words: str) -> str:
    """Write visible characters as text that is no markup, to stand within a line."""
    return _MENTION.sub("`@`", _MARKUP.sub(lambda found: f"\\{found[0]}", words))


def line(words: str) -> str:
    """Write a line of its own, or a heading's: none of it makes it a list, a rule or another heading."""
    escaped = text(words.lstrip(" "))  # CommonMark drops these, and finds a list or a heading behind them
    if (found := _BLOCK.match(escaped)) and (not found["digits"] or found["mark"] in ".)"):
        escaped = f"{found['digits']}\\{found['mark']}{escaped[found.end() :]}"
    return _HEADING_END.sub(lambda found: f"\\{found[0]}", escaped)


def prose(words: str) -> str:
    """Write the words of a page or a model, whose code spans stay code: paragraphs of one line each."""
    return "\n\n".join(map(_paragraph, paragraphs(words.replace("``", "`"))))


def _paragraph(words: str) -> str:
    first, *rest = words.split("`")
    if len(rest) % 2:  # a span that does not end
        return line(words)
    later = (text(part) if at % 2 else code(part) for at, part in enumerate(rest))
    return "".join([line(first) if rest else line(words), *later])


def code(words: str) -> str:
    """Write text as a code span, in which nothing is markup."""
    return _span(harmless(clipped(words, LONGEST)))


def value(shown: JsonValue, limit: int = LONGEST) -> str:
    """Write a finding's value as a code span from which the exact value can be read back.

    Args:
        shown: The value.
        limit: Characters after which it is cut, which is then said behind it.
    """
    plain = exact(shown)
    if len(plain) > limit:
        return f"{_span(plain[:limit])}{marked(clipped(plain, limit)[limit:])}"
    return _span(plain)


def exact(shown: JsonValue) -> str:
    """Write a value in visible characters as mongosh does, such that no other one is written so.

    A text stands as it is, or in quotes where it is blank, has white space at its ends, or looks like something else.
    """
    if isinstance(shown, str) and not is_doubtful(shown):
        return harmless(shown)
    return mongosh.literal(shown)


def _span(shown: str) -> str:
    """Put visible characters into a code span."""
    longest = max((len(run) for run in _RUN.findall(shown)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") or not shown.strip() else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[int] = ()) -> str:
    """Write a table.

    Args:
        head: Its columns' names, as Markdown.
        rows: Its cells, as Markdown without line breaks.
        right: Numbers of the columns that are flush right.
    """
    lines = [_row(head), _row(["---:" if at in right else "---" for at in range(len(head))])]
    return "\n".join([*lines, *map(_row, rows)]) + "\n"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(_cell(each) for each in cells)} |"


def _cell(words: str) -> str:
    r"""Escape the pipes in a cell: there ``\|`` is a pipe, in a code span too."""
    return re.sub(r"(\\*)\|", _pipe, words)


def _pipe(found: re.Match[str]) -> str:
    slashes = found[1]
    return found[0] if len(slashes) % 2 else f"{slashes}\\|"


def block(words: str, language: str) -> str:
    """Write lines to copy, in a fence that they cannot end."""
    longest = max((len(run) for run in _RUN.findall(words)), default=0)
    fence = "`" * max(3, longest + 1)
    lines = "\n".join(harmless_line(line) for line in words.splitlines())
    return f"{fence}{language}\n{lines}\n{fence}\n"


def harmless_line(words: str) -> str:
    """Return a line to copy; a backslash stays one, and what cannot be seen is an escape."""
    return "\\".join(harmless(part) for part in words.split("\\"))
