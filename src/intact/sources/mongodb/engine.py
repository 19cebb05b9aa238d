"""What answers: how a server greets, and which engine it is, whatever it calls itself.

Some engines speak MongoDB's protocol and take its version for their own. What they accept they need not keep to: a
validator may guard nothing, a snapshot may be the present. So the engine is named. A reply may hold anything, of any
type: what is not as MongoDB sends it counts as absent.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

_COMMIT: Final = re.compile("(?!0+$)[0-9a-f]{40}", re.IGNORECASE)
_COSMOS: Final = "Azure Cosmos DB"
_BY_HOST: Final = (
    (".cosmos.azure.com", _COSMOS),
    (".cosmos.azure.us", _COSMOS),
    (".cosmos.azure.cn", _COSMOS),
    (".documents.azure.com", _COSMOS),
    (".docdb.amazonaws.com", "Amazon DocumentDB"),
    (".docdb-elastic.amazonaws.com", "Amazon DocumentDB"),
    (".docdb.amazonaws.com.cn", "Amazon DocumentDB"),
)
_IN_BUILD: Final = (
    ("ferretdb", "FerretDB"),
    ("ferretdbVersion", "FerretDB"),
    ("secantusVersion", "SecantusDB"),
)
_IN_HELLO: Final = (("documentdb_versions", "DocumentDB"), ("cosmos_versions", _COSMOS))
_MOST_LETTERS: Final = 40


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine that only looks like MongoDB.

    Attributes:
        name: Its name.
        version: Its own version; empty where it does not say.
    """

    name: str
    version: str = ""

    def __str__(self) -> str:
        """Its name, with its version."""
        return f"{self.name} {self.version}".strip()


def set_name(hello: Mapping[str, Any]) -> str:
    """Return the name of the replica set; empty where it is a member of none."""
    name = hello.get("setName")
    return name if isinstance(name, str) else ""


def is_router(hello: Mapping[str, Any]) -> bool:
    """Whether a router (mongos) answers, or what takes itself for one."""
    return bool(hello.get("msg") == "isdbgrid")


def wire_version(hello: Mapping[str, Any]) -> int:
    """Return the newest wire version that it speaks; 0 where it does not say."""
    return int(number(hello.get("maxWireVersion")) or 0)


def number(value: object) -> float | None:
    """Return a number that a reply holds; None for what is none, or none that can be counted with."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if math.isfinite(value) else None


def count(value: object) -> int:
    """Return how many of something a reply says there are.

    Raises:
        ValueError: If it says no such thing.
    """
    found = number(value)
    if found is None or found < 0:
        raise ValueError("it is no number of things")
    return int(found)


def engine(hello: Mapping[str, Any], build: Mapping[str, Any], hosts: Sequence[str]) -> Engine | None:
    """Name the engine; None where nothing says that it is another one than MongoDB.

    Args:
        hello: How it greets.
        build: What it answers to ``buildInfo``; empty where it does not.
        hosts: Where it is.
    """
    for key, name in _IN_BUILD:
        if key in build:
            return Engine(name, _version(build[key]))
    inside = hello.get("internal")
    for key, name in _IN_HELLO:
        if isinstance(inside, Mapping) and key in inside:
            return Engine(name, _version(inside[key]))
    for end, name in _BY_HOST:
        if any(re.sub(r":\d+$", "", host).lower().endswith(end) for host in hosts):
            return Engine(name)
    commit = build.get("gitVersion")
    # Each MongoDB names the commit that it was built from.
    if isinstance(commit, str) and not _COMMIT.fullmatch(commit):
        return Engine("another engine than MongoDB")
    return None


def _version(value: object) -> str:
    """Find a version in what an engine adds to a reply: a text, a document with one, or a list of them."""
    if isinstance(value, Mapping):
        return _version(value.get("version"))
    if isinstance(value, list):
        return _version(value[0]) if value else ""
    return value.removeprefix("v")[:_MOST_LETTERS] if isinstance(value, str) else ""
