"""The lines at which a run fails: ``HIGH``, ``DOUBLE_BILLING>5``, ``overcharged>1000``, ``new:HIGH``."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Final

from intact.core.errors import UsageError
from intact.core.terms import SEVERITIES
from intact.model.names import suggestion

NONE: Final = "none"
"""What stands for no line at all."""

_GRAMMAR: Final = re.compile(
    r"\s*(?:(?P<prefix>[^\s:<>=]*)\s*:)?\s*(?P<name>[^:<>=]*?)\s*(?:(?P<sign>[<>=]+)(?P<number>.*))?"
)
_NUMBER: Final = re.compile(r"\s*([0-9]{1,20}(?:\.[0-9]{1,20})?)\s*")
_NEW: Final = "new"
_SHAPE: Final = "Write it like HIGH, DOUBLE_BILLING>5, overcharged>1000 or new:HIGH, in quotes in a shell."


class Subject(Enum):
    """What a line looks at."""

    SEVERITY = "severity"
    TYPE = "type"
    MONEY = "money"


@dataclass(frozen=True, slots=True)
class Threshold:
    """A line that a run must not cross.

    Attributes:
        subject: What it looks at.
        name: The severity (which includes the worse ones), the finding type, or the kind of money.
        most: How many findings, or how much money, it allows; 0 for none at all.
        new: Whether it looks only at what is new, or came back.
        currencies: Whether kinds of money end in their currency (``overcharged_EUR``). A line that names none is one
            for each of them.
    """

    subject: Subject
    name: str
    most: Decimal = Decimal(0)
    new: bool = False
    currencies: bool = False

    def __str__(self) -> str:
        shown = (
            self.name if not self.most and self.subject is not Subject.MONEY else f"{self.name}>{self.most:f}"
        )
        return f"{_NEW}:{shown}" if self.new else shown

    def looks_at(self, type_: str, severity: str, kind: str | None, *, new: bool) -> bool:
        """Tell whether it counts such a finding; ``kind`` is that of its money."""
        if self.new and not new:
            return False
        if self.subject is Subject.TYPE:
            return type_ == self.name
        if self.subject is Subject.MONEY:
            base = kind.rpartition("_")[0] if kind and self.currencies else None
            return self.name in {kind, base}
        return SEVERITIES.index(severity) <= SEVERITIES.index(self.name)


def parse_line(
    text: str, types: Collection[str], kinds: Collection[str], model: str, *, currencies: bool = False
) -> tuple[Threshold, ...]:
    """Read a line, as ``--fail-on`` has it.

    Args:
        text: ``[new:]NAME[>NUMBER]``; NAME is a finding type, a severity or a kind of money, or all of it ``none``.
        types: The finding types that there are.
        kinds: The kinds of money that there are.
        model: Name of the model, for the error.
        currencies: Whether a kind of money may be followed by a currency, as in ``overcharged_EUR``.

    Returns:
        The line; for a severity alone a line each for it and the worse ones, none for ``none``.

    Raises:
        UsageError: If it cannot be understood, or names what there is not.
    """
    if text.strip().lower() == NONE:
        return ()
    found = _GRAMMAR.fullmatch(text)
    if found is None:
        raise UsageError(f"{text!r} is no line at which a run could fail", hint=_SHAPE)
    prefix = found["prefix"]
    if prefix is not None and prefix.lower() != _NEW:
        raise UsageError(
            f"{text!r} begins with {prefix + ':'!r}, but only 'new:' can stand there", hint=_SHAPE
        )
    if found["name"].lower() in {NONE, ""}:
        raise UsageError(f"{text!r} names nothing at which a run could fail", hint=_SHAPE)
    subject, name = _subject(found["name"], types, kinds, model, currencies=currencies)
    most = _most(text, subject, found["sign"], found["number"])
    if subject is Subject.SEVERITY and found["sign"] is None and prefix is None:
        worse = SEVERITIES[: SEVERITIES.index(name) + 1]
        return tuple(Threshold(subject, each) for each in worse)
    return (Threshold(subject, name, most, prefix is not None, currencies and subject is Subject.MONEY),)


def _subject(
    name: str, types: Collection[str], kinds: Collection[str], model: str, *, currencies: bool
) -> tuple[Subject, str]:
    upper = name if name in types else name.upper()
    if upper in SEVERITIES:
        return Subject.SEVERITY, upper
    if upper in types:
        return Subject.TYPE, upper
    by_fold = {each.casefold(): each for each in kinds}
    if name.casefold() in by_fold:
        return Subject.MONEY, by_fold[name.casefold()]
    base, _, currency = name.rpartition("_")
    if currencies and base.casefold() in by_fold:
        return Subject.MONEY, f"{by_fold[base.casefold()]}_{currency.upper()}"
    known = [*sorted(types), *SEVERITIES, *sorted(kinds)]
    raise UsageError(
        f"{name!r} is neither a finding type of the model {model!r}, nor a severity, nor a kind of money",
        hint=suggestion(name, [*known, NONE]) or f"There are: {', '.join([*known, NONE])}.",
    )


def _most(text: str, subject: Subject, sign: str | None, number: str | None) -> Decimal:
    """Read how much a line allows."""
    if sign is None:
        return Decimal(0)
    if sign != ">":
        raise UsageError(f"{text!r} compares with {sign!r}, but only '>' can stand there", hint=_SHAPE)
    written = _NUMBER.fullmatch(number or "")
    if written is None:
        raise UsageError(f"{text!r} ends in no number, 0 or more", hint=_SHAPE)
    most = Decimal(written[1])
    if subject is not Subject.MONEY and most != most.to_integral_value():
        raise UsageError(f"{text!r} counts findings, of which there are only whole ones", hint=_SHAPE)
    return most
