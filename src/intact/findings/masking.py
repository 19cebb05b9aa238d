"""Personal values, masked: what was there cannot be read from it, and two people can still be told apart."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from intact.core.values import JsonValue

KEY_VARIABLE: Final = "INTACT_MASK_KEY"
"""Environment variable with a secret text: runs with the same one mask a value in the same way."""

_SIGN: Final = "\u2022\u2022\u2022\u2022"
_DIGITS: Final = 10  # of 16: among 100,000 values two are taken for one in one run of 200


class Mask:
    """Masks values. Equal values get equal tags, within the run or wherever the same key is given.

    A tag is keyed: from a bare hash of a phone number one could find the number by trying all of them.

    Args:
        key: A secret; from :data:`KEY_VARIABLE`, else made up for this run, where it is None.
    """

    def __init__(self, key: str | None = None) -> None:
        given = os.environ.get(KEY_VARIABLE) if key is None else key
        self._key = given.encode() if given else secrets.token_bytes(32)

    def __call__(self, value: JsonValue) -> JsonValue:
        """Mask a value; a list element by element. None stays None: that nothing is there is nobody's secret."""
        if value is None:
            return None
        if isinstance(value, list):
            return [self(each) for each in value]
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=True, default=str)
        tag = hmac.new(self._key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
        return f"{_SIGN} {tag[:_DIGITS]}"


def replaced_within(
    value: JsonValue, leads: Iterable[Sequence[str]], replace: Callable[[JsonValue], JsonValue]
) -> JsonValue:
    """Return a document, or a list of some, with what lies at some places of it replaced; other values as they are.

    Args:
        value: The value.
        leads: Field names that lead to each place, through any arrays.
        replace: Gives what stands there instead.
    """
    there = [tuple(each) for each in leads]
    if isinstance(value, list):
        return [replaced_within(each, there, replace) for each in value]
    if not isinstance(value, dict):
        return value
    made: dict[str, JsonValue] = {}
    for name, each in value.items():
        rest = [lead[1:] for lead in there if lead[0] == name]
        made[name] = (
            each if not rest else replace(each) if () in rest else replaced_within(each, rest, replace)
        )
    return made
