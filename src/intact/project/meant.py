"""Which of the fields that occur was probably meant by a name that does not.

Names that are spelt alike come first: in other letter case or with other separators, in the plural, with one or two
letters wrong. Then come names that share a word with the wrong one (``total_amount`` and ``amount``), then fields that
can have its role: dates for a date, numbers for an amount. Of a reference only its name is judged: whoever looks for a
subscription is not helped by the id of a customer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from intact.core import values
from intact.core.paths import Path
from intact.project.columns import Role

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+|\d+|[^\W\d_]+")
_IDENTITY: Final = frozenset({"id", "uuid", "guid", "oid", "ref", "key"})
_TIME: Final = frozenset(
    {"at", "date", "day", "month", "period", "week", "quarter", "year", "time", "datetime", "timestamp"}
    | {"due", "until", "since", "from", "when", "on"}
)
_MONEY: Final = frozenset(
    {"amount", "total", "subtotal", "sum", "price", "cost", "charge", "fee", "value", "balance"}
    | {"payable", "net", "gross", "tax"}
)
_IDLE: Final = frozenset(
    {
        "a",
        "an",
        "the",
        "of",
        "is",
        "has",
        "was",
        "at",
        "by",
        "on",
        "to",
        "in",
        "for",
        "and",
        "no",
        "nr",
        "date",
    }
)
_SAME: Final = (
    frozenset({"month", "period", "cycle"}),
    frozenset({"amount", "total", "sum"}),
    frozenset({"price", "cost", "fee", "charge"}),
    frozenset({"status", "state"}),
    frozenset({"phone", "mobile", "telephone", "tel", "cell"}),
    frozenset({"email", "mail"}),
)
_NUMBERS: Final = (values.DOUBLE, values.INT, values.LONG, values.DECIMAL)
_DATES: Final = (values.DATE, values.TIMESTAMP)
_COMPARED: Final = 40  # letters; longer names are not compared letter by letter
_TWO_WRONG: Final = 6  # from so many letters on, two may be wrong
_ONE_WRONG: Final = 3


@dataclass(frozen=True, slots=True)
class NameCandidate:
    """A field that occurs.

    Attributes:
        name: Its name.
        documents: How many documents have a value other than null there.
        kinds: How many documents have a value of each kind there.
        declared: Whether the model uses it already.
    """

    name: str
    documents: int
    kinds: Mapping[int, int]
    declared: bool


def ranked(wrong: str, fields: Sequence[NameCandidate], role: Role | None) -> list[NameCandidate]:
    """Return the fields that were probably meant, the likeliest first.

    Args:
        wrong: The name that has a value nowhere.
        fields: The fields beside it.
        role: What its value is used as; None for whatever it is.
    """
    there = [each for each in fields if each.documents and each.name != wrong and _writable(each.name)]
    if alike := [(distance, each) for each in there if (distance := _distance(wrong, each.name)) is not None]:
        return [each for _, each in sorted(alike, key=lambda found: (found[0], *_by(found[1], role)))]
    free = [each for each in there if not each.declared]
    own = words_of(wrong)
    near = [
        (shared, each) for each in free if (shared := _shared(own, each.name)) and _suits(each, role, own)
    ]
    found = [each for _, each in sorted(near, key=lambda found: (-found[0], *_by(found[1], role)))]
    if any(each.name == wrong and each.kinds for each in fields):
        return found  # the name is right, and null everywhere: no other field of its kind was meant
    return found + _of_role(role, own, [each for each in free if each not in found], alone=not found)


def _of_role(
    role: Role | None, words: Sequence[str], fields: Iterable[NameCandidate], *, alone: bool
) -> list[NameCandidate]:
    """Return the fields that can have a role, those in most documents first."""
    if role in {
        None,
        Role.TEXT,
        Role.KEY,
    }:  # any id can stand where an id is sought: that it is one says nothing
        return []
    able = [each for each in fields if _suits(each, role, words)]
    if role is Role.AMOUNT:
        money = [each for each in able if _MONEY.intersection(words_of(each.name))]
        able = money or (able if alone else [])
    return sorted(able, key=lambda each: (-each.documents, each.name))


def _by(field: NameCandidate, role: Role | None) -> tuple[bool, int, str]:
    """Return what decides between fields whose names are as near."""
    return role is not None and not _suits(field, role, ()), -field.documents, field.name


def _suits(field: NameCandidate, role: Role | None, words: Sequence[str]) -> bool:
    """Tell whether a field can have a role."""
    own = words_of(field.name)
    if role is Role.FLAG:
        return _mostly(field, (values.BOOL,))
    if role is Role.AMOUNT:
        return _mostly(field, _NUMBERS) or (
            _mostly(field, (values.STRING,)) and bool(_MONEY.intersection(own))
        )
    if role is Role.DATE:
        speaks = bool(_TIME.intersection(own)) and _mostly(field, (values.STRING, *_DATES))
        return speaks or _mostly(field, _DATES)
    if role is Role.KEY and _IDENTITY.intersection(words[-1:]):
        return len(own) > 1 and own[-1] in _IDENTITY
    return True


def _mostly(field: NameCandidate, kinds: Iterable[int]) -> bool:
    """Tell whether at least half of the values of a field are of some kinds."""
    return 2 * sum(field.kinds.get(kind, 0) for kind in kinds) >= field.documents


def _writable(name: str) -> bool:
    """Tell whether a name can stand in a path of a model."""
    try:
        path = Path.parse(name)
    except ValueError:
        return False
    return path.steps == (name,) and name.isprintable() and not name.startswith("$")


def words_of(name: str) -> list[str]:
    """Return the words of a name, in lower case and in the singular."""
    return [_singular(word.casefold()) for word in _WORD.findall(name)]


def _singular(word: str) -> str:
    if len(word) <= _ONE_WRONG or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("ses", "xes", "ches", "shes")) else word.removesuffix("s")


def _shared(words: Sequence[str], name: str) -> int:
    """Count the telling words that two names share, words of the same meaning included."""
    own = set(words_of(name))
    telling = {word for word in words if word not in _IDLE and word not in _IDENTITY and not word.isdecimal()}
    same = sum(1 for word in telling if word in own)
    begun = sum(1 for word in telling - own if any(_begin_alike(word, other) for other in own))
    return (
        2 * same
        + begun
        + sum(1 for group in _SAME if telling & group and own & group and not telling & own & group)
    )


def _begin_alike(word: str, other: str) -> bool:
    """Tell whether one of two words is the beginning of the other: ``ord`` and ``order``."""
    shorter, longer = sorted((word, other), key=len)
    return len(shorter) >= _ONE_WRONG and longer.startswith(shorter)


def alike(one: str, other: str) -> bool:
    """Tell whether two names are spelt alike: in other letter case, in the plural, or with a letter or two wrong."""
    return _distance(one, other) is not None


def _distance(wrong: str, name: str) -> int | None:
    """Return how many letters differ between two names that are spelt alike; None for others."""
    one, other = "".join(words_of(wrong)), "".join(words_of(name))
    if one == other and one:
        return 0
    one, other = _plain(wrong), _plain(name)
    if one == other and one:
        return 0
    shorter = min(len(one), len(other))
    if shorter < _ONE_WRONG or max(len(one), len(other)) > _COMPARED:
        return None
    allowed = 2 if shorter >= _TWO_WRONG else 1
    if abs(len(one) - len(other)) > allowed:
        return None
    distance = _edits(one, other)
    return distance if distance <= allowed else None


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _edits(one: str, other: str) -> int:
    """Count the letters to add, drop, change or swap with the next one, to make one text the other."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        above, row = row, [at]
        for place, its in enumerate(other, 1):
            cost = min(above[place] + 1, row[-1] + 1, above[place - 1] + (letter != its))
            if at > 1 and place > 1 and letter == other[place - 2] and one[at - 2] == its:
                cost = min(cost, before[place - 2] + 1)
            row.append(cost)
        before = above
    return row[-1]
