"""Which fault a finding is about, the same from run to run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence


def fingerprint(type_: str, collection: str, identity: Sequence[str | None]) -> str:
    """Give the 20 hexadecimal digits that name a fault.

    Args:
        type_: The finding's type.
        collection: Where the fault is.
        identity: What makes it this fault and no other, as canonical text: a document's ``_id``, and the value that
            is wrong; or what the members of a group share. Never what changes while the fault stays: an age, an
            amount, a count.
    """
    name = json.dumps([type_, collection, *identity], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(name.encode()).hexdigest()[:20]
