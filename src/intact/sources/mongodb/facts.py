"""What a server tells of itself before anything is read: plain records.

:mod:`intact.sources.mongodb.survey` asks for it.

What it does not tell is an :class:`Unknown` with its reason, never a guess.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Final, Protocol, runtime_checkable

from intact.core.paths import Path
from intact.sources.base import Block, CollectionInfo, Fault
from intact.sources.mongodb.engine import Engine

WRITES: Final = frozenset(
    {"insert", "update", "remove", "dropCollection", "dropDatabase", "renameCollectionSameDB", "createIndex"}
)
"""Actions that change data; an audit needs none of them."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that the server did not tell.

    Attributes:
        why: What stands in the way, the end of a sentence ("the user has no right to ask").
    """

    why: str


NO_RIGHT: Final = "the user has no right to ask"
"""Why most things are unknown that are."""


class Topology(Enum):
    """What answers at the address."""

    STANDALONE = "standalone"
    REPLICA_SET = "replica set"
    SHARDED = "sharded cluster"


@dataclass(frozen=True, slots=True)
class ServerMember:
    """A server that the driver knows of.

    Attributes:
        address: Its host and port.
        role: ``primary``, ``secondary``, ``arbiter``, ``mongos``, ``standalone``, or ``other`` (a member that starts
            up or recovers, a server that is not there).
        last_write: When it last wrote, by its own clock; None where it does not say.
    """

    address: str
    role: str
    last_write: datetime | None = None


@dataclass(frozen=True, slots=True)
class ServerClock:
    """The server's clock against ours.

    Attributes:
        ahead: Seconds by which the server's clock is ahead of ours; negative where it is behind.
        give_or_take: Half of the round trip in which this was measured, in seconds.
    """

    ahead: float
    give_or_take: float


@dataclass(frozen=True, slots=True)
class Privilege:
    """Actions that the user may do, and where.

    Attributes:
        database: The database; empty for all.
        collection: The collection; empty for all but the ``system.`` ones.
        everywhere: Whether it is for every resource of any kind.
        cluster: Whether it is for the deployment as a whole.
        actions: What may be done.
    """

    actions: frozenset[str]
    database: str = ""
    collection: str = ""
    everywhere: bool = False
    cluster: bool = False


@dataclass(frozen=True, slots=True)
class Rights:
    """What the server lets us do.

    Attributes:
        logged_in: Whether there is a user; without one the server asks nobody who they are.
        privileges: What this user may do.
    """

    logged_in: bool
    privileges: tuple[Privilege, ...] = ()

    def may(self, action: str, database: str, collection: str) -> bool:
        """Whether an action on a collection is allowed."""
        return not self.logged_in or any(
            action in each.actions and _covers(each, database, collection) for each in self.privileges
        )

    def writes(self, database: str) -> frozenset[str]:
        """The actions by which the user could change data in a database."""
        here = (
            each
            for each in self.privileges
            if each.everywhere or (not each.cluster and each.database in {"", database})
        )
        return WRITES.intersection(action for each in here for action in each.actions)


def _covers(privilege: Privilege, database: str, collection: str) -> bool:
    if privilege.everywhere or privilege.cluster:
        return privilege.everywhere
    named = privilege.collection == collection
    all_of_them = not privilege.collection and not collection.startswith("system.")
    return privilege.database in {"", database} and (named or all_of_them)


@dataclass(frozen=True, slots=True)
class Surveyed:
    """A collection, as the server describes it.

    Attributes:
        documents: About how many documents it has.
        size: Their bytes, uncompressed.
        indexed: The paths by which documents can be looked up, dotted, without the steps into arrays.
    """

    documents: int | Unknown
    size: int | Unknown
    indexed: frozenset[str] | Unknown


@dataclass(frozen=True, slots=True)
class ListingEntry:
    """A collection as listCollections has it.

    Attributes:
        name: Its name.
        kind: ``collection``, ``view`` or ``timeseries``.
        capped: Whether old documents make room for new ones.
        validator: Whether the server checks what is written: empty if not, else its action (``error``, ``warn``).
        info: What it means for a run.
    """

    name: str
    kind: str
    info: CollectionInfo
    capped: bool = False
    validator: str = ""


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast one batch came.

    Attributes:
        collection: Of which collection.
        documents: How many documents it had.
        seconds: How long it took, without the round trip.
    """

    collection: str
    documents: int
    seconds: float


@dataclass(frozen=True, slots=True)
class ServerSurvey:
    """All of it.

    Attributes:
        version: The server's version, as it writes it.
        wire: The newest wire version that it speaks: 9 is 4.4, 13 is 5.0.
        topology: What it is.
        set_name: The name of the replica set; empty where it is none.
        role: The role of the member that answered.
        members: Every server that the driver knows of.
        preference: The read preference of the run, by its name in URIs.
        clock: The server's clock against ours; None where it does not say.
        window: For how many seconds the server keeps what was, so that a long scan sees one moment.
        rights: What the user may do.
        entries: The collections of the database; Unknown where they may not be listed.
        collections: More of those that the run reads, by name.
        speed: How fast one batch came; None where none was read.
        engine: Which engine it is that only looks like MongoDB; None where it is MongoDB, as far as can be seen.
        reading: Whether a document could be asked for, by collection that was tried; Unknown with the reason if not.
        names_user: Whether the URI names a user.
    """

    version: str | Unknown
    wire: int
    topology: Topology
    set_name: str
    role: str
    members: tuple[ServerMember, ...]
    preference: str
    clock: ServerClock | None
    rights: Rights | Unknown
    window: float | Unknown = field(default=Unknown("it was not asked for"))
    entries: Sequence[ListingEntry] | Unknown = field(default=Unknown("it was not asked for"))
    collections: Mapping[str, Surveyed] = field(default_factory=dict)
    speed: Speed | None = None
    engine: Engine | None = None
    reading: Mapping[str, bool | Unknown] = field(default_factory=dict)
    names_user: bool = False


@runtime_checkable
class Surveyable(Protocol):
    """A source that can say more of itself than its collections: a server."""

    async def survey(self, wanted: Mapping[str, Sequence[Path]], *, thorough: bool) -> ServerSurvey:
        """Ask the server about itself, by reading commands only.

        Args:
            wanted: For each collection that a run reads, the paths that it reads.
            thorough: Whether to look at every collection and to read one batch; otherwise two commands are sent.

        Raises:
            SourceError: If the server cannot be reached, or turns the user away.
        """

    def sample(self, names: Sequence[str]) -> AsyncIterator[Block | Fault]:
        """Read some documents of collections as a whole: the first and the last by ``_id``, each once.

        Yields:
            A block a collection that has documents; a fault where they could not be read in time.
        """

    async def sizes(self, names: Sequence[str]) -> Mapping[str, int]:
        """Return the bytes of collections, as far as the server tells them in a little time."""


def leading_path(index: Mapping[str, Any]) -> str:
    """Return the path by which an index finds documents with any value; empty where it does not.

    Args:
        index: An entry of listIndexes.
    """
    keys = index.get("key")
    collation = index.get("collation")
    simple = not isinstance(collation, Mapping) or collation.get("locale") == "simple"
    partial = "partialFilterExpression" in index
    if not isinstance(keys, Mapping) or partial or index.get("hidden") or not simple:
        return ""
    path, kind = next(iter(keys.items()), ("", None))
    return str(path) if kind in (1, -1, "hashed") else ""
