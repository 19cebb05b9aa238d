"""Personal values, masked: what was there cannot be read from it, and two people can still be told apart."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from typing import Final

from intact.values import JsonValue

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
