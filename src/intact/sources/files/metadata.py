"""What ``mongodump`` tells of a collection beside its documents, and which collections are not read."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from intact.core.errors import SourceError

INTERNAL_DATABASES: Final = frozenset({"admin", "config", "local"})
"""The server's own databases, which are read only when named."""

NOT_ONE_MOMENT: Final = (
    "A dump taken without --oplog is not of one moment: collections were read one after another."
)
HAS_OPLOG: Final = (
    "The dump has an oplog, which intact does not roll forward: its collections are not of one moment."
)

_NAME_ONE: Final = "Name the one to audit with --database."

UNREADABLE: Final = "Its metadata cannot be read: whether it is a view or has a collation is not known."
NO_METADATA: Final = "It has no metadata: whether it is a view or has a collation is not known."


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is known of a collection.

    Attributes:
        name: Its real name, where the metadata tell it.
        skip: Why it is not read; empty where it is.
        notes: What a reader of the report should know.
    """

    name: str | None = None
    skip: str = ""
    notes: tuple[str, ...] = ()


def choose_database(names: Collection[str], wanted: str | None, label: str) -> str:
    """Choose the database to read.

    Args:
        names: The databases that there are, at least one.
        wanted: The one that the user named.
        label: Where they are.

    Raises:
        SourceError: If it is not there, or if none was named and there are several.
    """
    listed = ", ".join(sorted(names))
    if wanted is not None:
        if wanted in names:
            return wanted
        raise SourceError(f"it has no database {wanted!r}", where=label, hint=f"It has {listed}.")
    own = sorted(set(names) - INTERNAL_DATABASES)
    if len(own) == 1:
        return own[0]
    if own:
        raise SourceError(f"it holds {len(own)} databases: {', '.join(own)}", where=label, hint=_NAME_ONE)
    raise SourceError(
        f"it holds nothing but the server's own databases: {listed}", where=label, hint=_NAME_ONE
    )


def read_metadata(text: bytes | str) -> Metadata:
    """Read a ``metadata.json``, or the same text inside an archive. What cannot be read becomes a note."""
    if not text.strip():
        return Metadata()
    try:
        content: Any = json.loads(text)
    except (ValueError, RecursionError):
        return Metadata(notes=(UNREADABLE,))
    if not isinstance(content, dict):
        return Metadata(notes=(UNREADABLE,))
    name = content.get("collectionName")
    options = content.get("options")
    options = options if isinstance(options, dict) else {}
    return Metadata(
        name=name if isinstance(name, str) and name else None,
        skip=_skip(str(content.get("type", "")), options),
        notes=_notes(options),
    )


def skip_by_name(collection: str) -> str:
    """Why a collection is not read, as far as its name tells; empty where it is read."""
    if collection.startswith("system.buckets."):
        return "the compressed buckets of a time series, which intact does not read"
    if collection.startswith("system."):
        return "it belongs to the server"
    return "users and roles of the server" if collection.startswith("$admin.") else ""


def skip_by_type(kind: str) -> str:
    """Why a collection is not read, as far as its type tells; empty where it is read."""
    if kind == "view":
        return "a view: its documents are those of other collections"
    if kind == "timeseries":
        return "a time series: it is stored in compressed buckets, which intact does not read"
    return ""


def _skip(kind: str, options: dict[str, Any]) -> str:
    if "viewOn" in options:
        return f"a view on {options['viewOn']}: its documents are those of other collections"
    return skip_by_type("timeseries" if "timeseries" in options else kind)


def _notes(options: dict[str, Any]) -> tuple[str, ...]:
    collation = options.get("collation")
    if not isinstance(collation, dict) or collation.get("locale", "simple") == "simple":
        return ()
    shown = [f"{name} {_plain(collation[name])}" for name in ("locale", "strength") if name in collation]
    what = f"It has a collation ({', '.join(shown)})"
    return (f"{what}: the server may find two texts equal that intact keeps apart.",)


def _plain(value: Any) -> Any:
    """A number without what Extended JSON wraps around it."""
    return next(iter(value.values())) if isinstance(value, dict) and len(value) == 1 else value
