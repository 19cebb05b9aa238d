"""What a server's list of collections means for a run: which are read, which are skipped and why."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from intact.sources.base import CollectionInfo
from intact.sources.mongodb.facts import ListingEntry

_GRANT = "Then grant the role read on the database."
_SKIPPED_TYPES = {
    "view": "a view: its documents are those of other collections",
    "timeseries": "a time series: it is stored in compressed buckets, which intact does not read",
}


class PartialListing(Mapping[str, CollectionInfo]):
    """The collections of a server that does not let the user list them all.

    Any name may exist, so any name is found in it; whether there is such a collection shows when it is read.
    Iterating gives the names that are known.
    """

    def __init__(self, seen: Mapping[str, CollectionInfo]) -> None:
        self._seen = seen

    def __getitem__(self, name: str) -> CollectionInfo:
        return self._seen.get(name) or CollectionInfo(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._seen)

    def __len__(self) -> int:
        return len(self._seen)


def describe(entries: Sequence[Mapping[str, Any]]) -> dict[str, CollectionInfo]:
    """Turn the entries of listCollections into what the run needs to know, by name."""
    infos = (_describe(entry) for entry in entries)
    return {info.name: info for info in infos if info.name}


def no_collections(name: str, there: Sequence[str]) -> tuple[str, str]:
    """Say of a database that shows no collection what may be wrong: a sentence, and what to do.

    Args:
        name: The database.
        there: The databases that the user is shown; none where the server does not tell.
    """
    if name in there:
        return (
            f"the database {name!r} shows no collection",
            f"It is empty, or the user may not see them. {_GRANT}",
        )
    what = f"there is no database {name!r}, or it has no collections"
    folded = {each.casefold(): each for each in there}
    near = difflib.get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.7)
    if near:
        return what, f"Did you mean {folded[near[0]]!r}?"
    return what, f"Check its name: the case of the letters counts. Or the user may not see them. {_GRANT}"


def describe_entry(entry: Mapping[str, Any]) -> ListingEntry:
    """Turn one entry of listCollections into what ``intact doctor`` says of it."""
    options = entry.get("options")
    options = options if isinstance(options, Mapping) else {}
    return ListingEntry(
        name=str(entry.get("name", "")),
        kind=str(entry.get("type", "collection")),
        info=_describe(entry),
        capped=bool(options.get("capped")),
        validator=_action(options),
    )


def _action(options: Mapping[str, Any]) -> str:
    if not options.get("validator") or options.get("validationLevel") == "off":
        return ""
    return "warn" if options.get("validationAction") == "warn" else "error"


def _describe(entry: Mapping[str, Any]) -> CollectionInfo:
    name = str(entry.get("name", ""))
    if name.startswith("system."):
        return CollectionInfo(name, skip="it belongs to the server")
    options = entry.get("options")
    collation = options.get("collation") if isinstance(options, Mapping) else None
    bends_equality = isinstance(collation, Mapping) and collation.get("locale") != "simple"
    return CollectionInfo(
        name,
        skip=_SKIPPED_TYPES.get(str(entry.get("type")), ""),
        notes=(_collation(collation),) if bends_equality else (),
    )


def _collation(collation: Any) -> str:
    shown = ", ".join(f"{name} {collation[name]}" for name in ("locale", "strength") if name in collation)
    return f"It has a collation ({shown}): the server may find two texts equal that intact keeps apart."
