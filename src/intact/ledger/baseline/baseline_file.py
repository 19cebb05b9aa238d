"""The file of accepted findings, read: blocks of a header and ``name: value`` lines, with every mistake's line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

import simplejson

from intact.core.errors import BaselineError
from intact.core.values import JsonValue
from intact.ledger.baseline.entries import Baseline, Condition, Entry, EntryProblem
from intact.model.names import listed, nearest

T = TypeVar("T")

FINDING: Final = "finding"
RULE: Final = "rule"
ANY: Final = "any"
"""Written for money of any amount."""

NAMES: Final = ("type", "what", "where", "reason", "owner", "accepted", "expires", "money")
"""What a line of an entry may be about, in the order in which they are written."""

_REPEATED: Final = ("where", "money")
_NEEDED: Final = ("reason", "owner", "accepted", "expires")
_HEADER: Final = re.compile(r"\[\s*(\S+)\s+(.*?)\s*\]")
_LINE: Final = re.compile(r"(\w[\w-]*)\s*:\s*(.*)")
_FINGERPRINT: Final = re.compile(r"[0-9a-f]{20}")
_TYPE: Final = re.compile(r"[A-Za-z0-9_]+")
_MARKER: Final = re.compile(r"(<{7}|\|{7}|={7}|>{7})(\s|$)")
MASKED: Final = "\u2022\u2022\u2022\u2022"


class EntryRow(NamedTuple):
    """A line of an entry: its number in the file, and what stands behind the colon."""

    number: int
    text: str


class EntryBlock(NamedTuple):
    """An entry as it stands in the file.

    Attributes:
        before: Comments and empty lines above it that are not its own.
        lines: Its own: comments right above it, its header, its lines.
        entry: What it says; None where that cannot be understood.
    """

    before: tuple[str, ...]
    lines: tuple[str, ...]
    entry: Entry | None


class Text(NamedTuple):
    """A whole file, of which every line is kept as it is.

    Attributes:
        blocks: The entries.
        rest: What stands after the last one.
        problems: What is wrong, in the order of the file.
    """

    blocks: tuple[EntryBlock, ...]
    rest: tuple[str, ...]
    problems: tuple[EntryProblem, ...]

    @property
    def entries(self) -> list[Entry]:
        """What could be understood."""
        return [block.entry for block in self.blocks if block.entry]

    def __str__(self) -> str:
        lines = [line for block in self.blocks for line in (*block.before, *block.lines)]
        return "\n".join([*lines, *self.rest])


def read_text(path: Path) -> Text:
    """Read a file, whatever is wrong in it.

    Raises:
        BaselineError: If it cannot be read, or is no text.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise BaselineError(
            "there is no such file of accepted findings",
            where=str(path),
            hint="`intact baseline accept` makes one.",
        ) from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise BaselineError(
            f"the accepted findings cannot be read ({reason})", where=str(path), hint="Name another file."
        ) from error
    try:
        return parse(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BaselineError(
            "the accepted findings are no UTF-8 text", where=f"{path}, line {line}", hint="Name another file."
        ) from error


def read_baseline(path: Path) -> Baseline:
    """Read a file that a run is to be judged by.

    Raises:
        BaselineError: If it cannot be read, or something in it cannot be understood.
    """
    text = read_text(path)
    require_sound(path, text)
    return Baseline(str(path), text.entries, text.problems)


def require_sound(path: Path, text: Text) -> None:
    """Refuse a file in which something cannot be understood.

    Raises:
        BaselineError: If that is so.
    """
    fatal = [each for each in text.problems if each.fatal]
    if fatal:
        more = f" The file has {len(fatal) - 1:,} more mistakes." if len(fatal) > 1 else ""
        raise BaselineError(
            fatal[0].what,
            where=f"{path}, line {fatal[0].line}",
            hint=f"Correct it; `intact baseline check` lists all that is wrong.{more}",
        )


def parse(text: str) -> Text:
    """Take a file apart; nothing of it is lost, and ``str`` gives it back."""
    blocks: list[EntryBlock] = []
    problems: list[EntryProblem] = []
    lines = text.split("\n")
    markers = [n for n, line in enumerate(lines, 1) if _MARKER.match(line)]
    starts = [n for n, line in enumerate(lines) if line.lstrip().startswith("[")]
    end = 0
    for place, start in enumerate(starts):
        until = _end(lines, start, starts[place + 1] if place + 1 < len(starts) else len(lines))
        own = _own(lines, end, start)
        problems += _strays(lines, end, own)
        entry, wrong = _entry(lines[start:until], start + 1)
        problems += wrong
        blocks.append(EntryBlock(tuple(lines[end:own]), tuple(lines[own:until]), entry))
        end = until
    problems += _strays(lines, end, len(lines))
    problems += _duplicates(blocks)
    if markers:  # what stands between them is said twice, and its mistakes are nobody's
        problems = [
            EntryProblem(n, "here is a merge conflict that was not settled") for n in _first(lines, markers)
        ]
    return Text(tuple(blocks), tuple(lines[end:]), tuple(sorted(problems, key=lambda each: each.line)))


def _first(lines: list[str], markers: list[int]) -> list[int]:
    """Return the lines at which conflicts begin; any other marker where no beginning is left."""
    return [n for n in markers if lines[n - 1].startswith("<")] or markers[:1]


def _end(lines: list[str], start: int, limit: int) -> int:
    """Return the line behind an entry: it ends with its last line that says something."""
    last = start
    for number in range(start + 1, limit):
        if _says(lines[number]):
            last = number
    return last + 1


def _own(lines: list[str], begin: int, header: int) -> int:
    """Return where the comments right above a header begin."""
    own = header
    while own > begin and lines[own - 1].lstrip().startswith("#"):
        own -= 1
    return own or header  # a comment from the first line on is the file's


def _says(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _strays(lines: list[str], begin: int, end: int) -> Iterator[EntryProblem]:
    for number in range(begin, end):
        if _says(lines[number]):
            yield EntryProblem(
                number + 1, "this line belongs to no entry; an entry begins with [finding ...] or [rule ...]"
            )


def _entry(lines: list[str], number: int) -> tuple[Entry | None, list[EntryProblem]]:
    """Read the lines of an entry, its header first."""
    rows, problems = _rows(lines[1:], number + 1)
    wrong = len(problems)
    header = _header(lines[0].strip(), number, rows, problems)
    problems += [
        EntryProblem(number, f"this entry has no {name!r}")
        for name in _NEEDED
        if name not in rows and not wrong
    ]
    reader = _Values(problems)
    where = reader.conditions(rows.get("where", []))
    accepted = reader.read(_one(rows, "accepted"), _moment)
    expires = reader.read(_one(rows, "expires"), date.fromisoformat)
    money = reader.money(rows.get("money", []))
    if accepted and expires and expires < accepted.date():
        problems.append(EntryProblem(rows["expires"][0].number, "this entry expires before it was accepted"))
    if header is None or accepted is None or expires is None or any(each.fatal for each in problems):
        return None, problems
    type_, fingerprint = header
    what = rows["what"][0].text if "what" in rows else ""
    reason, owner = rows["reason"][0].text, rows["owner"][0].text
    return Entry(type_, fingerprint, where, reason, owner, accepted, expires, money, what, number), problems


def _rows(lines: list[str], number: int) -> tuple[dict[str, list[EntryRow]], list[EntryProblem]]:
    """Read the lines under a header, of which the first has this number, by their names."""
    problems: list[EntryProblem] = []
    rows: dict[str, list[EntryRow]] = {}
    for at, line in enumerate(lines, number):
        if not _says(line):
            continue
        found = _LINE.fullmatch(line.strip())
        if found is None:
            problems.append(EntryProblem(at, "this is no line of an entry; write it as name: value"))
        elif found[1] not in NAMES:
            near = nearest(found[1], NAMES)
            meant = f"did you mean {near!r}?" if near else f"it may have {listed(NAMES)}"
            problems.append(EntryProblem(at, f"an entry has no {found[1]!r} ({meant})"))
        elif found[1] in rows and found[1] not in _REPEATED:
            problems.append(EntryProblem(at, f"{found[1]!r} stands twice in this entry"))
        elif not found[2] or not found[2].isprintable():
            problems.append(
                EntryProblem(at, f"{found[1]!r} is empty, or holds characters that nobody can see")
            )
        else:
            rows.setdefault(found[1], []).append(EntryRow(at, found[2]))
    return rows, problems


def _header(
    text: str, number: int, rows: dict[str, list[EntryRow]], problems: list[EntryProblem]
) -> tuple[str, str] | None:
    """Read a header; give the type, and the fingerprint where it names a finding."""
    found = _HEADER.fullmatch(text)
    kind, key = (found[1].lower(), found[2]) if found else ("", "")
    if kind not in {FINDING, RULE}:
        problems.append(EntryProblem(number, "an entry begins with [finding FINGERPRINT] or [rule TYPE]"))
        return None
    given = _one(rows, "type")
    if kind == RULE:
        if not _TYPE.fullmatch(key):
            problems.append(EntryProblem(number, f"{key!r} is no finding type"))
        if given:
            problems.append(EntryProblem(given.number, "a rule has its type in its header"))
        return key, ""
    if not _FINGERPRINT.fullmatch(key):
        problems.append(EntryProblem(number, f"{key!r} is no fingerprint: these have 20 hexadecimal digits"))
    if given is None:
        problems.append(EntryProblem(number, "this entry has no 'type'"))
        return None
    if not _TYPE.fullmatch(given.text):
        problems.append(EntryProblem(given.number, f"{given.text!r} is no finding type"))
    if "where" in rows:
        problems.append(
            EntryProblem(rows["where"][0].number, "an entry of one finding has no 'where'; a rule has")
        )
    return given.text, key


def _one(rows: dict[str, list[EntryRow]], name: str) -> EntryRow | None:
    return rows[name][0] if name in rows else None


class _Values:
    """Reads the values of an entry, and says what cannot be read."""

    def __init__(self, problems: list[EntryProblem]) -> None:
        self._problems = problems

    def read(self, row: EntryRow | None, read: Callable[[str], T]) -> T | None:
        """Read a value; None where there is none, or it cannot be read."""
        if row is None:
            return None
        try:
            return read(row.text)
        except (ValueError, OverflowError, InvalidOperation, RecursionError):
            self._problems.append(EntryProblem(row.number, f"{row.text!r} {_MEANT[read.__name__]}"))
            return None

    def conditions(self, rows: list[EntryRow]) -> tuple[Condition, ...]:
        """Read the conditions of a rule, and doubt those that can hardly be met."""
        found = []
        for row in rows:
            condition = self.read(row, parse_condition)
            if condition is None:
                continue
            found.append(condition)
            if isinstance(condition[1], str) and condition[1].startswith(MASKED):
                what = "this is a masked value, which may be another one in the next run"
                self._problems.append(EntryProblem(row.number, what, fatal=False))
        return tuple(found)

    def money(self, rows: list[EntryRow]) -> dict[str, Decimal] | None:
        """Read how much money is accepted: nothing where it is not said, None for any amount."""
        if any(row.text.lower() == ANY for row in rows):
            if len(rows) > 1:
                self._problems.append(
                    EntryProblem(rows[1].number, "'money: any' leaves no room for another amount")
                )
            return None
        found: dict[str, Decimal] = {}
        for row in rows:
            if (pair := self.read(row, _amount)) is None:
                continue
            if pair[0] in found:
                self._problems.append(EntryProblem(row.number, f"{pair[0]!r} stands twice in this entry"))
            found[pair[0]] = pair[1]
        return found


def parse_condition(text: str) -> Condition:
    """Read ``field = value``, the value as JSON or as it stands.

    Raises:
        ValueError: If it is neither.
    """
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise ValueError(text)
    return name.strip(), _value(value.strip())


def _value(text: str) -> JsonValue:
    """Read JSON; anything else is text as it stands."""
    try:
        found: JsonValue = simplejson.loads(text, use_decimal=True, parse_constant=_no_number)
    except ValueError:
        if text[0] in '"[{':
            raise
        return text
    return found


def _no_number(text: str) -> JsonValue:
    raise ValueError(text)


def _moment(text: str) -> datetime:
    """Read a moment; a day alone is its last second, so that what came back on that day is accepted."""
    if len(text) == len("2026-01-31"):
        return datetime.combine(date.fromisoformat(text), time(23, 59, 59), UTC)
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _amount(text: str) -> tuple[str, Decimal]:
    kind, _, number = text.rpartition(" ")
    amount = Decimal(number)
    if not kind.strip() or not amount.is_finite() or amount < 0 or not number.isascii():
        raise ValueError(text)
    return kind.strip(), amount


_MEANT: Final = {
    "parse_condition": "is no condition; write it as field = value, the value as JSON or as it is",
    "_moment": "is no moment; write it like 2026-01-31 or 2026-01-31T09:12Z",
    "fromisoformat": "is no day; write it like 2026-06-30",
    "_amount": "is no amount; write it like overcharged 1200.50, or any",
}


def _duplicates(blocks: list[EntryBlock]) -> Iterator[EntryProblem]:
    first: dict[str, int] = {}
    for entry in (block.entry for block in blocks if block.entry):
        if entry.key in first:
            what = (
                f"{entry.name} is accepted in line {first[entry.key]} already; the stricter of the two counts"
            )
            yield EntryProblem(entry.line, what, fatal=False)
        else:
            first[entry.key] = entry.line
