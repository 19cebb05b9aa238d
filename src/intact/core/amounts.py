"""Amounts of money, exact however large or small they are."""

from __future__ import annotations

from decimal import Context, Decimal
from typing import Final

EXACT: Final = Context(prec=12_400)
"""Holds the sum of any amounts exactly: a decimal128 spans 10**6144 down to 10**-6176, 12,321 digits."""

_PLAIN_EXPONENT: Final = 30
_ZERO: Final = Decimal(0)


def is_whole(amount: Decimal) -> bool:
    """Return whether an amount is written out as a whole number; a larger one keeps its exponent."""
    return amount.is_finite() and amount.adjusted() < _PLAIN_EXPONENT and amount == amount.to_integral_value()


def tidy(amount: Decimal) -> Decimal:
    """Return an amount in lowest terms and, of everyday size, without an exponent: 120 for 1.2E+2, 12.5 for 12.50."""
    lowest = amount.normalize(EXACT)
    return Decimal(int(lowest)) if is_whole(lowest) else lowest


def add_money(sums: dict[str, Decimal], money: tuple[str, Decimal] | None) -> None:
    """Add what a finding puts at stake, if anything, to the sum of its kind."""
    if money:
        kind, amount = money
        sums[kind] = EXACT.add(sums.get(kind, _ZERO), amount)
