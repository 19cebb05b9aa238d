"""Descriptions with ``{fields}``: ``Order {order_id} is unbilled``. ``{{`` and ``}}`` stand for a brace."""

from __future__ import annotations

import re
from collections.abc import Mapping

_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


def fields(template: str) -> tuple[str, ...]:
    """Return the names of the fields in a template, in order.

    Raises:
        ValueError: With a sentence, if a brace stands alone.
    """
    found: list[str] = []
    for piece in _PIECE.finditer(template):
        if piece[0] in "{}":
            raise ValueError(
                f"the brace '{piece[0]}' stands alone; write {{name}} for a field, or the brace twice"
            )
        if piece[1] is not None:
            found.append(piece[1])
    return tuple(found)


def fill(template: str, values: Mapping[str, str]) -> str:
    """Put the texts of fields into a template that :func:`fields` accepts; a field that is not there is ``null``."""
    return _PIECE.sub(
        lambda piece: piece[0][0] if piece[1] is None else values.get(piece[1], "null"), template
    )
