"""What a source has and no rule reads, which an audit says once: it may be where the business goes on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from intact.audit.evaluate import needs
from intact.findings.records import NotRead
from intact.model.specs import Model
from intact.project.meant import alike, words_of
from intact.sources.base import CollectionInfo, Source
from intact.sources.mongodb.facts import Surveyable

MOST: Final = 100
"""So many collections are listed; all are counted."""

_VERSIONS: Final = frozenset(
    {
        "v",
        "old",
        "new",
        "bak",
        "backup",
        "copy",
        "archive",
        "archived",
        "history",
        "tmp",
        "temp",
        "legacy",
        "test",
    }
)
_DIGITS: Final = re.compile(r"\d+")


async def sizes(source: Source, model: Model, available: Mapping[str, CollectionInfo]) -> Mapping[str, int]:
    """Ask a server how large the collections are that no rule of a model reads; other sources have said it."""
    if not isinstance(source, Surveyable):
        return {}
    read = needs(model, model.reports.values())
    return await source.sizes(
        [name for name in available if name not in read and not available[name].skip][:MOST]
    )


def not_read(
    model: Model, available: Mapping[str, CollectionInfo], known: Mapping[str, int] = MappingProxyType({})
) -> tuple[tuple[NotRead, ...], int]:
    """Return the collections of a source that no rule of a model reads, and how many there are.

    Those whose name is like the name of one that is read come first, then those that could be read, the largest first.

    Args:
        model: The model.
        available: What the source has.
        known: The bytes of some collections, where the source does not say them when it lists them.
    """
    read = list(needs(model, model.reports.values()))
    found = [
        NotRead(name, known.get(name, info.size), info.skip, "" if info.skip else _beside(name, read))
        for name, info in ((name, available[name]) for name in available)
        if name not in read
    ]
    found.sort(key=lambda each: (not each.beside, bool(each.reason), -(each.bytes or 0), each.name))
    return tuple(found[:MOST]), len(found)


def _beside(name: str, read: Iterable[str]) -> str:
    """Return the collection whose name this one is like: but for a few letters, or for what says which version."""
    mine = _subject(name)
    return next((each for each in read if alike(name, each) or (mine and mine == _subject(each))), "")


def _subject(name: str) -> tuple[str, ...]:
    """Return the words of a name that do not say which version of it this is."""
    return tuple(word for word in words_of(name) if word not in _VERSIONS and not _DIGITS.fullmatch(word))
