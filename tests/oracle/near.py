"""Near misses: the same value as another type, in other letter case, or with other white space around it."""

from collections.abc import Mapping
from typing import Any

from bson.binary import Binary
from bson.objectid import ObjectId

from tests.oracle.records import Database
from tests.oracle.values import as_binary, digits, id_json, identity, is_null, is_text, order, trim, whole

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
    return nearest or _otherwise_written(db, collection, reference)


_FURTHER = ("byte-order", "notation", "rounding", "copy")


def _otherwise_written(db: Database, collection: str, reference: Any) -> dict[str, Any]:
    """Give the near match in another form: these are tried where nothing differs in type, case or white space only."""
    found = []
    for record in db.records[collection]:
        key = record.get("id")
        if isinstance(key, list) or is_null(key):
            continue
        for rank, same in enumerate((_byte_order, _notation, _rounded, _copy)):
            if same(reference, key) and identity(reference) != identity(key):
                found.append((rank, order(key), id_json(key)))
    if not found:
        return {}
    rank, _, value = min(found, key=lambda each: each[:2])
    return {"near_match": {"kind": _FURTHER[rank], "value": value}}


def _uuid_bytes(value: Any) -> tuple[int, bytes] | None:
    """Give the subtype and the bytes of a UUID: 4 for one that is text."""
    if isinstance(value, Binary) or hasattr(value, "bytes_le"):
        subtype, data = as_binary(value)
        return (subtype, data) if subtype in (3, 4) and len(data) == 16 else None
    text = _bare(value)
    return (4, bytes.fromhex(text)) if text and len(text) == 32 else None


def _bare(value: Any) -> str | None:
    """Give the hexadecimal digits of an id in whatever notation; None for anything else."""
    if isinstance(value, ObjectId):
        return str(value)
    if isinstance(value, Binary) or hasattr(value, "bytes_le"):
        subtype, data = as_binary(value)
        return bytes(data).hex() if subtype in (3, 4) and len(data) == 16 else None
    if isinstance(value, Mapping):
        spelt = [each for name, each in value.items() if name in ("$oid", "_str", "$uuid")]
        return _bare(spelt[0]) if len(value) == 1 and spelt and is_text(spelt[0]) else None
    if not is_text(value):
        return None
    text = trim(str(value))
    for before, after in (
        ('ObjectId("', '")'), ("ObjectId('", "')"), ('UUID("', '")'), ('{"$oid":"', '"}'), ('{"$oid": "', '"}'),
        ('{"$uuid":"', '"}'), ('{"$uuid": "', '"}'), ("urn:uuid:", ""), ("{", "}"), ('"', '"'),
    ):  # fmt: skip
        if text.startswith(before) and text.endswith(after) and len(text) > len(before + after):
            text = text[len(before) : len(text) - len(after)]
            break
    digits = text.lower()
    if len(digits) == 36 and [at for at, each in enumerate(digits) if each == "-"] == [8, 13, 18, 23]:
        digits = digits.replace("-", "")
    return digits if len(digits) in (24, 32) and set(digits) <= set("0123456789abcdef") else None


def _notation(reference: Any, key: Any) -> bool:
    bare = _bare(reference)
    return bare is not None and bare == _bare(key)


def _byte_order(reference: Any, key: Any) -> bool:
    one, other = _uuid_bytes(reference), _uuid_bytes(key)
    if one is None or other is None or 3 not in (one[0], other[0]):
        return False
    return one[1] != other[1] and not _meanings(*one).isdisjoint(_meanings(*other))


def _meanings(subtype: int, data: bytes) -> set[bytes]:
    if subtype == 4:
        return {data}
    csharp = data[3::-1] + data[5:3:-1] + data[7:5:-1] + data[8:]
    return {data, csharp, data[7::-1] + data[:7:-1]}


def _rounded(reference: Any, key: Any) -> bool:
    one, other = _large(reference), _large(key)
    return (
        one is not None
        and other is not None
        and one != other
        and float(one) == float(other)
        and (float(one) in (one, other))
    )


def _large(value: Any) -> int | None:
    number = whole(value)
    if number is None and is_text(value) and str(value).isascii() and str(value).removeprefix("-").isdigit():
        number = int(value) if not str(value).removeprefix("-").startswith("0") else None
    return int(number) if number is not None and 2**53 <= abs(number) < 10**20 else None


def _copy(reference: Any, key: Any) -> bool:
    if not isinstance(reference, Mapping):
        return False
    held = reference.get("id")
    return (
        not is_null(held)
        and not isinstance(held, list)
        and (identity(held) == identity(key) or bool(differences(held, key)))
    )


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
