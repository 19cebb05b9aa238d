"""Near misses: the same value as another type, in other letter case, or with other white space around it."""

from typing import Any

from bson.binary import Binary
from bson.objectid import ObjectId

from tests.oracle.records import Database
from tests.oracle.values import as_binary, digits, id_json, identity, is_text, order, trim, whole

_KINDS = ("type", "case", "whitespace")


def near_match(db: Database, collection: str, reference: Any) -> dict[str, Any]:
    """Give the finding's field `near_match` for a reference that finds nothing, or no field at all."""
    best: tuple[Any, ...] | None = None
    nearest: dict[str, Any] = {}
    for record in db.records[collection]:
        key = record.get("id")
        kinds = differences(reference, key)
        if not kinds:
            continue
        rank = (len(kinds), [_KINDS.index(kind) for kind in kinds], order(key))
        if best is None or rank < best:
            best = rank
            nearest = {"near_match": {"kind": "+".join(kinds), "value": id_json(key)}}
    return nearest


def differences(reference: Any, key: Any) -> list[str]:
    """Say in what a key differs from the reference; empty where it is equal or something else altogether."""
    left, right = _family_and_text(reference), _family_and_text(key)
    if left is None or right is None or identity(reference) == identity(key):
        return []
    (left_family, left_text), (right_family, right_text) = left, right
    left_core, right_core = trim(left_text), trim(right_text)
    if left_core.casefold() != right_core.casefold():
        return []
    kinds = []
    if left_family != right_family:
        kinds.append("type")
    if left_core != right_core:
        kinds.append("case")
    if _ends(left_text) != _ends(right_text):
        kinds.append("whitespace")
    return kinds


def _family_and_text(value: Any) -> tuple[str, str] | None:
    """Give the type and the text of a value that can be nearly another; None for all others."""
    if is_text(value):
        return "string", str(value)
    if isinstance(value, ObjectId):
        return "objectId", str(value)
    if isinstance(value, bool):
        return "bool", str(value).lower()
    if isinstance(value, Binary) or hasattr(value, "bytes_le"):
        subtype, data = as_binary(value)
        if subtype not in (3, 4) or len(data) != 16:
            return None
        text = data.hex()
        return f"uuid{subtype}", "-".join([text[:8], text[8:12], text[12:16], text[16:20], text[20:]])
    number = whole(value)
    return None if number is None else ("number", digits(number))


def _ends(text: str) -> tuple[str, str]:
    """Give the white space before and after a text; all of it stands before a text of nothing else."""
    core = trim(text)
    if not core:
        return text, ""
    start = text.index(core)
    return text[:start], text[start + len(core) :]
