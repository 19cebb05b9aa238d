"""Letter case is folded as Unicode has it, by the engine too."""

from __future__ import annotations

import pytest

from intact.checks import sql
from intact.engine import DuckEngine

LETTERS = (
    "A",
    "\u00c4",
    "\u0130",
    "\u0131",
    "\u00df",
    "\u1e9e",
    "\u017f",
    "\u212a",
    "\u212b",
    "\ufb00",
    "\u03a3",
    "\u03c2",
    "\u01c5",
)
"""A dotted I, the Kelvin sign, a long s, a ligature, and others whose small letter is not what they fold to."""


@pytest.mark.parametrize(
    "literal", ["pending", "strasse", "i", "k", "ffs", "\u00e4\u00e5", "\u03c3", "\u01c6", "i\u0307"]
)
def test_a_text_is_a_literal_in_another_case_exactly_where_unicode_folds_it_to_that(literal: str) -> None:
    texts = {
        literal[:at] + letter + literal[at + 1 :] for at in range(len(literal)) for letter in LETTERS
    } | {
        literal.upper(),
        literal.title(),
        literal.replace("ss", "\u1e9e"),
        literal.replace("ff", "\ufb00").upper(),
    }
    with DuckEngine(64 * 2**20) as engine:
        for each in sorted(texts):
            query = f"SELECT {sql.folded(sql.text(each), literal)} = {sql.text(literal)}"
            assert list(engine.query(query)) == [(each.casefold() == literal,)], each
